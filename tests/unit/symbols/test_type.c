// Types against gdb: their spelling and size for every global of the programs; members, bit fields and variants by the bytes that the
// compiler laid down for them.
#include "support.h"

#include <unistd.h>

#define PROGRAM(name) PROGRAMS_DIR "/" name

struct fixture {
	struct modules *modules;
	struct module *module;
};

static struct fixture fixture_open(const char *path)
{
	struct fixture fixture = { .modules = modules_create() };
	fixture.module = add_program(fixture.modules, path);
	return fixture;
}

static const struct variable *variable_of(const struct fixture *fixture, const char *name)
{
	const struct variable *variable = modules_find_variable(fixture->modules, name, 0);
	if (!variable)
		fail_msg("no variable %s", name);
	return variable;
}

static const struct type_member *member_of(const struct type *type, const char *name)
{
	size_t count = 0;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (members[i].name && str_equal(members[i].name, name))
			return &members[i];
	fail_msg("no member %s", name);
	return NULL;
}

// ---- Spelling and size -------------------------------------------------------------------------------------------

static char *without_blanks(const char *text)
{
	struct str kept = STR_INIT;
	for (; *text; text++)
		if (*text != ' ')
			str_char(&kept, *text);
	return str_take(&kept);
}

// One "whatis" and one "print sizeof" of gdb for each name, a line each.
static char *gdb_types(const char *path, const char *const *names, size_t count)
{
	_cleanup_str_ struct str commands = STR_INIT;
	for (size_t i = 0; i < count; i++)
		str_printf(&commands, " -ex 'whatis %s' -ex 'output sizeof(%s)' -ex 'echo \\n'", names[i], names[i]);
	return output_of("LD_PRELOAD= gdb -nx -batch %s '%s' 2>&1", str_text(&commands), path);
}

static void compare_with_gdb(const char *path, const char *const *names, size_t count)
{
	if (!is_installed("gdb"))
		skip();
	struct fixture fixture = fixture_open(path);
	_cleanup_free_ char *text = gdb_types(path, names, count);
	char *rest = text;
	for (size_t i = 0; i < count; i++) {
		char *spelling = strsep(&rest, "\n"), *size = strsep(&rest, "\n");
		assert_non_null(size);
		const struct type *type = variable_of(&fixture, names[i])->type;
		_cleanup_free_ char *name = type_name(type);
		// gdb is not of one mind about blanks in "char *const" and "int[3]".
		_cleanup_free_ char *ours = without_blanks(name), *theirs = without_blanks(spelling + strlen("type = "));
		if (!str_equal(ours, theirs))
			fail_msg("%s: %s is \"%s\", gdb says \"%s\"", path, names[i], name, spelling);
		// The size of a reference is its target's.
		if (type->kind == TYPE_REFERENCE)
			type = type->target;
		if (type_resolve(type)->size != strtoull(size, NULL, 0))
			fail_msg("%s: %s has %zu bytes, gdb says %s", path, names[i], (size_t)type->size, size);
	}
	modules_destroy(fixture.modules);
}

static const char *const c_names[] = {
	"bits", "packed", "anonymous", "flexible", "loop", "colour", "text", "fixed", "table", "spin", "both", "grid", "row", "names", "places",
	"origin", "nothing", "callback", "op", "deep", "old", "handlers", "mixed", "z", "extended", "real", "giant", "broad", "yes", "byte",
	"small", "any", "wide", "whole", "fixed_row", "sole", "hidden_count", "per_thread", "odd", "lanes", "quad",
};

static void names_and_sizes_of_c_types_are_gdbs(void **state)
{
	(void)state;
	compare_with_gdb(PROGRAM("symbols_types"), c_names, ARRAY_SIZE(c_names));
	compare_with_gdb(PROGRAM("symbols_types-dwarf4"), c_names, ARRAY_SIZE(c_names));
	compare_with_gdb(PROGRAM("symbols_types-units"), c_names, ARRAY_SIZE(c_names));
	compare_with_gdb(PROGRAM("symbols_types-dwarf3"), c_names, ARRAY_SIZE(c_names));
}

static void names_and_sizes_of_clangs_types_are_gdbs(void **state)
{
	(void)state;
	char path[] = "/tmp/ptdap-symbols-clang-XXXXXX";
	if (!is_installed("clang"))
		skip();
	close(mkstemp(path));
	_cleanup_free_ char *text = output_of("clang -w -g -O0 -no-pie -o %s " SOURCE_DIR "/tests/programs/symbols_types.c 2>&1", path);
	assert_string_equal(text, "");
	compare_with_gdb(path, c_names, ARRAY_SIZE(c_names) - 1);
	unlink(path);
}

static void names_and_sizes_of_cpp_types_are_gdbs(void **state)
{
	(void)state;
	static const char *const names[] = { "chimera", "box", "heads", "reference", "rvalue", "text",
					     "array_reference", "zoo::population", "zoo::Being::count" };
	compare_with_gdb(PROGRAM("symbols_classes"), names, ARRAY_SIZE(names));
	compare_with_gdb(PROGRAM("symbols_classes-dwarf4"), names, ARRAY_SIZE(names));
}

static void declarations_read_as_c(void **state)
{
	(void)state;
	static const struct {
		const char *variable, *text;
	} cases[] = {
		{ "row", "int (*x)[3]" }, { "callback", "void (*x)(int)" }, { "deep", "int (*(*x)(char, ...))[2]" },
		{ "names", "char *x[5]" }, { "table", "const char * const *x" }, { "grid", "int x[2][3][4]" },
		{ "loop", "struct loop x" }, { "old", "void (*x)()" }, { "handlers", "int (*x[3])(void)" }, { "fixed", "char * const x" },
	};
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = type_declaration(variable_of(&fixture, cases[i].variable)->type, "x");
		assert_string_equal(text, cases[i].text);
	}
	modules_destroy(fixture.modules);
}

// ---- Bits --------------------------------------------------------------------------------------------------------

static uint64_t global_address(const struct fixture *fixture, const char *name)
{
	struct symbol symbol;
	assert_true(modules_symbol_named(fixture->modules, name, &symbol));
	return symbol.address;
}

static uint64_t file_bits(const char *path, uint64_t address, unsigned bit, unsigned size)
{
	_cleanup_free_ char *text = output_of("LD_PRELOAD= gdb -nx -batch -ex 'x/16xb %#llx' '%s'", (unsigned long long)address, path);
	uint8_t bytes[16] = { 0 };
	size_t count = 0;
	for (char *at = strchr(text, ':'); at && count < sizeof(bytes);) {
		at = strpbrk(at, "\t\n");
		if (at && *at == '\n') {
			at = strchr(at, ':');
			continue;
		}
		if (at)
			bytes[count++] = (uint8_t)strtoul(at++, &at, 16);
	}
	uint64_t value = 0;
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)(bytes[(bit + i) / 8] >> (bit + i) % 8 & 1) << i;
	return value;
}

static void bit_fields_are_where_the_compiler_put_them(void **state)
{
	(void)state;
	static const struct {
		const char *variable, *member;
		unsigned bits;
		uint64_t value;
	} cases[] = {
		{ "bits", "low", 3, 5 }, { "bits", "middle", 5, 29 }, { "bits", "high", 40, 1ull << 39 | 77 },
		{ "bits", "flag", 1, 1 }, { "bits", "last", 7, 100 }, { "packed", "a", 3, 6 },
		{ "packed", "b", 62, 0x2123456789abcdefull }, { "packed", "c", 7, 99 },
	};
	static const char *const programs[] = { "symbols_types", "symbols_types-dwarf4", "symbols_types-units", "symbols_types-dwarf3" };
	for (size_t p = 0; p < ARRAY_SIZE(programs); p++) {
		_cleanup_free_ char *path = xasprintf(PROGRAMS_DIR "/%s", programs[p]);
		struct fixture fixture = fixture_open(path);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			const struct type *type = variable_of(&fixture, cases[i].variable)->type;
			const struct type_member *member = member_of(type, cases[i].member);
			assert_int_equal(member->bit_size, cases[i].bits);
			// Never beyond the struct.
			assert_true(member->offset * 8 + member->bit_offset + member->bit_size <= type->size * 8);
			uint64_t address = global_address(&fixture, cases[i].variable) + member->offset;
			if (file_bits(path, address, member->bit_offset, member->bit_size) != cases[i].value)
				fail_msg("%s: %s.%s at %zu:%u", path, cases[i].variable, cases[i].member, (size_t)member->offset, member->bit_offset);
		}
		assert_int_equal(member_of(variable_of(&fixture, "packed")->type, "d")->bit_size, 0);
		modules_destroy(fixture.modules);
	}
}

// ---- Members and enumerators -------------------------------------------------------------------------------------

static void anonymous_members_have_no_name(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	size_t count = 0, inner_count = 0;
	const struct type_member *members = type_members(variable_of(&fixture, "anonymous")->type, &count);
	assert_int_equal(count, 3);
	assert_null(members[1].name);
	assert_int_equal(members[1].type->kind, TYPE_UNION);
	const struct type_member *inner = type_members(members[1].type, &inner_count);
	assert_int_equal(inner_count, 3);
	assert_int_equal(inner[2].type->kind, TYPE_STRUCT);
	assert_int_equal(members[1].offset, 4);
	modules_destroy(fixture.modules);
}

static void arrays_have_a_type_for_each_dimension(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	const struct type *grid = variable_of(&fixture, "grid")->type;
	assert_int_equal(grid->count, 2);
	assert_int_equal(grid->target->count, 3);
	assert_int_equal(grid->target->target->count, 4);
	assert_int_equal(grid->target->target->size, 16);
	const struct type *data = member_of(variable_of(&fixture, "flexible")->type, "data")->type;
	assert_false(data->has_count);
	assert_true(variable_of(&fixture, "lanes")->type->target->is_vector || type_strip(variable_of(&fixture, "lanes")->type)->is_vector);
	modules_destroy(fixture.modules);
}

static void enumerators_have_their_values(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	size_t count = 0;
	const struct type_enumerator *list = type_enumerators(variable_of(&fixture, "colour")->type, &count);
	assert_int_equal(count, 3);
	assert_string_equal(list[1].name, "GREEN");
	assert_int_equal(list[1].value, 5);
	assert_int_equal(list[2].value, -1);
	assert_true(type_strip(variable_of(&fixture, "colour")->type)->is_signed);
	modules_destroy(fixture.modules);
}

static void classes_have_bases_first_and_statics_without_place(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_classes"));
	size_t count = 0;
	const struct type *chimera = variable_of(&fixture, "chimera")->type;
	const struct type_member *members = type_members(chimera, &count);
	assert_true(count >= 5);
	assert_true(members[0].is_base && members[1].is_base && !members[0].is_virtual_base);
	assert_string_equal(members[1].type->name, "zoo::Finned");
	size_t winged_count = 0;
	const struct type_member *winged = type_members(members[0].type, &winged_count);
	assert_true(winged[0].is_base && winged[0].is_virtual_base);
	const struct type *being = winged[0].type;
	assert_true(member_of(being, "count")->is_static);
	assert_true(member_of(being, "limit")->is_static);
	assert_false(member_of(being, "legs")->is_static);
	assert_true(member_of(being, "_vptr.Being")->is_artificial);
	modules_destroy(fixture.modules);
}

static void nullptr_and_pointers_to_members_have_their_sizes(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_classes"));
	const struct type *nothing = variable_of(&fixture, "null_value")->type, *eat = variable_of(&fixture, "eat")->type;
	assert_int_equal(nothing->kind, TYPE_UNSPECIFIED);
	assert_int_equal(nothing->size, 8);
	assert_int_equal(eat->kind, TYPE_MEMBER_POINTER);
	assert_int_equal(eat->size, 16);
	_cleanup_free_ char *name = type_name(eat);
	assert_string_equal(name, "int (zoo::Chimera::*)(const zoo::Chimera *, int)");
	modules_destroy(fixture.modules);
}

static void rust_enums_have_variants_and_discriminants(void **state)
{
	(void)state;
	if (access(PROGRAM("symbols_enums"), R_OK))
		skip();
	struct fixture fixture = fixture_open(PROGRAM("symbols_enums"));
	const struct type *shape = modules_find_type(fixture.modules, "symbols_enums::Shape", 0);
	assert_non_null(shape);
	assert_int_equal(shape->language, LANGUAGE_RUST);
	assert_non_null(type_discriminant(shape));
	const struct type_member *circle = member_of(shape, "Circle"), *empty = member_of(shape, "Empty");
	assert_true(circle->has_discriminant && empty->has_discriminant);
	assert_int_equal(circle->discriminant, 0);
	assert_int_equal(empty->discriminant, 2);
	_cleanup_free_ char *name = type_name(shape);
	assert_string_equal(name, "symbols_enums::Shape");
	const struct type *field = member_of(circle->type, "__0")->type;
	assert_int_equal(field->kind, TYPE_FLOAT);
	const struct type *number = NULL;
	int64_t value = 0;
	assert_true(modules_find_enumerator(fixture.modules, "Signed::Low", 0, &number, &value));
	assert_int_equal(value, -5);
	modules_destroy(fixture.modules);
}

// ---- Derived, stripped, resolved ---------------------------------------------------------------------------------

static void derived_types_are_the_same_each_time(void **state)
{
	(void)state;
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	const struct type *point = modules_find_type(fixture.modules, "struct point", 0);
	const struct type *pointer = type_pointer_to(point), *array = type_array_of(point, 3);
	assert_ptr_equal(pointer, type_pointer_to(point));
	assert_ptr_equal(array, type_array_of(point, 3));
	assert_ptr_not_equal(array, type_array_of(point, 4));
	assert_int_equal(array->size, 24);
	_cleanup_free_ char *name = type_name(type_pointer_to(array));
	assert_string_equal(name, "struct point (*)[3]");
	assert_ptr_equal(type_strip(NULL), type_void());
	assert_ptr_equal(type_strip(variable_of(&fixture, "origin")->type), point);
	assert_int_equal(type_array_of(point, UINT64_MAX)->size, 0);
	modules_destroy(fixture.modules);
}

static void types_are_found_as_users_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum type_kind kind;
		uint64_t size;
	} cases[] = {
		{ "int", TYPE_INTEGER, 4 }, { "unsigned long", TYPE_INTEGER, 8 }, { "long unsigned int", TYPE_INTEGER, 8 },
		{ "short", TYPE_INTEGER, 2 }, { "unsigned", TYPE_INTEGER, 4 }, { "char", TYPE_CHAR, 1 }, { "long double", TYPE_FLOAT, 16 },
		{ "struct point", TYPE_STRUCT, 8 }, { "point", TYPE_STRUCT, 8 }, { "place", TYPE_TYPEDEF, 8 }, { "enum colour", TYPE_ENUM, 4 },
		{ "_Bool", TYPE_BOOL, 1 }, { "__int128", TYPE_INTEGER, 16 },
	};
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct type *type = modules_find_type(fixture.modules, cases[i].name, 0);
		if (!type || type->kind != cases[i].kind || type->size != cases[i].size)
			fail_msg("%s", cases[i].name);
	}
	assert_null(modules_find_type(fixture.modules, "no_such_type", 0));
	assert_null(modules_find_type(fixture.modules, "union point", 0));
	assert_null(modules_find_type(fixture.modules, "long long long", 0));
	modules_destroy(fixture.modules);
}

static void nested_and_template_types_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t size;
	} cases[] = { { "zoo::Chimera", 0 }, { "zoo::Chimera::Egg", 2 }, { "zoo::Chimera::Age", 8 }, { "zoo::Box<int, 3>", 12 },
		      { "zoo::Box", 12 }, { "zoo::Food", 1 }, { "std::string", 32 } };
	struct fixture fixture = fixture_open(PROGRAM("symbols_classes"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct type *type = modules_find_type(fixture.modules, cases[i].name, 0);
		if (!type || (cases[i].size && type->size != cases[i].size))
			fail_msg("%s", cases[i].name);
	}
	modules_destroy(fixture.modules);
}

static void declarations_are_completed_by_other_modules(void **state)
{
	(void)state;
	char library[] = "/tmp/ptdap-symbols-opaque-XXXXXX";
	close(mkstemp(library));
	_cleanup_free_ char *text = output_of("printf 'struct opaque { long a, b; } thing;' | gcc -g -shared -fPIC -x c -o %s - 2>&1", library);
	assert_string_equal(text, "");
	struct fixture fixture = fixture_open(PROGRAM("symbols_types"));
	const struct type *hidden = member_of(variable_of(&fixture, "loop")->type, "hidden")->type->target;
	size_t count = 0;
	assert_true(hidden->is_declaration);
	assert_ptr_equal(type_resolve(hidden), hidden);
	type_members(hidden, &count);
	assert_int_equal(count, 0);
	struct module *other = NULL;
	assert_null(modules_add(fixture.modules, &(struct module_spec){ .path = library, .start = 0x7f0000000000 }, &other));
	assert_int_equal(type_resolve(hidden)->size, 16);
	type_members(hidden, &count);
	assert_int_equal(count, 2);
	modules_remove(fixture.modules, other);
	assert_ptr_equal(type_resolve(hidden), hidden);
	modules_destroy(fixture.modules);
	unlink(library);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_sizes_of_c_types_are_gdbs),
		cmocka_unit_test(names_and_sizes_of_clangs_types_are_gdbs),
		cmocka_unit_test(names_and_sizes_of_cpp_types_are_gdbs),
		cmocka_unit_test(declarations_read_as_c),
		cmocka_unit_test(bit_fields_are_where_the_compiler_put_them),
		cmocka_unit_test(anonymous_members_have_no_name),
		cmocka_unit_test(arrays_have_a_type_for_each_dimension),
		cmocka_unit_test(enumerators_have_their_values),
		cmocka_unit_test(classes_have_bases_first_and_statics_without_place),
		cmocka_unit_test(nullptr_and_pointers_to_members_have_their_sizes),
		cmocka_unit_test(rust_enums_have_variants_and_discriminants),
		cmocka_unit_test(derived_types_are_the_same_each_time),
		cmocka_unit_test(types_are_found_as_users_write_them),
		cmocka_unit_test(nested_and_template_types_are_found),
		cmocka_unit_test(declarations_are_completed_by_other_modules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

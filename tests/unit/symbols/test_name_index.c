// Finding definitions by name: the index itself, what the lookups of module.h make of it, and completion.
#include "support.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "engine/symbols/location.h"
#include "engine/symbols/name_index.h"

#ifndef ROUNDS
#define ROUNDS 60
#endif
#define PROGRAM(name) PROGRAMS_DIR "/" name

static struct modules *open_modules(const char *path, struct module **module_ret)
{
	struct modules *modules = modules_create();
	*module_ret = add_program(modules, path);
	return modules;
}

static size_t count_of(struct module *module, enum name_kind kind, const char *name)
{
	const uint64_t *offsets = NULL;
	return name_index_find(module, kind, name, &offsets);
}

static void the_index_knows_definitions_and_no_declarations(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_types"), &module);
	assert_int_equal(count_of(module, NAME_FUNCTION, "main"), 1);
	assert_int_equal(count_of(module, NAME_VARIABLE, "grid"), 1);
	assert_int_equal(count_of(module, NAME_VARIABLE, "whole_elsewhere"), 0);
	assert_int_equal(count_of(module, NAME_TYPE, "point"), 1);
	assert_int_equal(count_of(module, NAME_TYPE, "opaque"), 0);
	assert_int_equal(count_of(module, NAME_ENUMERATOR, "GREEN"), 1);
	assert_int_equal(count_of(module, NAME_FUNCTION, "grid"), 0);
	assert_int_equal(count_of(module, NAME_VARIABLE, ""), 0);
	modules_destroy(modules);
}

static void template_arguments_do_not_count(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes"), &module);
	assert_true(count_of(module, NAME_TYPE, "Box") > 0);
	assert_int_equal(count_of(module, NAME_TYPE, "Box<int, 3>"), 0);
	assert_true(count_of(module, NAME_FUNCTION, "eat") > 0);
	modules_destroy(modules);
}

// Counted by readelf: one entry for each abstract origin of an inlined subroutine.
static void inlined_copies_are_all_there(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_optimised"), &module);
	const uint64_t *functions = NULL, *copies = NULL;
	size_t count = name_index_find(module, NAME_FUNCTION, "twice", &functions);
	assert_true(count > 0);
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += name_index_inlined_copies(module, functions[i], &copies);
	_cleanup_free_ char *text = output_of("readelf --debug-dump=info '%s' | grep -c 'DW_TAG_inlined_subroutine'", PROGRAM("symbols_optimised"));
	assert_int_equal(found, strtoul(text, NULL, 10));
	assert_int_equal(name_index_inlined_copies(module, 12345678, &copies), 0);
	modules_destroy(modules);
}

// ---- Lookups -----------------------------------------------------------------------------------------------------

static uint64_t address_of(struct modules *modules, const char *function)
{
	struct symbol symbol;
	if (!modules_symbol_named(modules, function, &symbol))
		fail_msg("no symbol %s", function);
	return symbol.address;
}

static void variables_are_found_from_the_scopes_around(void **state)
{
	(void)state;
	static const struct {
		const char *name, *found;
		bool is_inside;
	} cases[] = {
		{ "zoo::population", "zoo::population", false }, { "population", "zoo::population", true },
		{ "population", "zoo::population", false }, { "::chimera", "chimera", true }, { "chimera", "chimera", true },
		{ "zoo::Being::count", "zoo::Being::count", false }, { "count", "zoo::Being::count", true },
		{ "secret", "zoo::(anonymous namespace)::secret", true }, { "symbols_classes.cpp::box", "box", false },
		{ "zoo::Being::limit", "zoo::Being::limit", false }, { "zoo::Chimera::limit", "zoo::Being::limit", false },
		{ "other.cpp::box", NULL, false }, { "zoo::nothing", NULL, true }, { "heads::x", NULL, false }, { "::", NULL, false },
		{ "", NULL, false },
	};
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes"), &module);
	uint64_t inside = address_of(modules, "zoo::Chimera::eat"), outside = address_of(modules, "main");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct variable *variable = modules_find_variable(modules, cases[i].name, cases[i].is_inside ? inside : outside);
		const char *found = variable ? variable->qualified_name : "nothing";
		if (!str_equal(found, cases[i].found ? cases[i].found : "nothing"))
			fail_msg("\"%s\" finds %s", cases[i].name, found);
	}
	modules_destroy(modules);
}

static void constants_of_classes_have_values(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes-dwarf4"), &module);
	_cleanup_arena_ struct arena *arena = arena_create();
	struct location location;
	const struct variable *limit = modules_find_variable(modules, "zoo::Being::limit", 0);
	assert_non_null(limit);
	assert_null(variable_locate(limit, NULL, arena, &location));
	int number = 0;
	assert_true(location.pieces[0].kind == LOCATION_BYTES);
	memcpy(&number, location.pieces[0].bytes, sizeof(number));
	assert_int_equal(number, 99);
	modules_destroy(modules);
}

// A file-local name that two units have: each sees its own.
static void the_own_unit_comes_first(void **state)
{
	(void)state;
	char path[] = "/tmp/ptdap-names-XXXXXX";
	close(mkstemp(path));
	_cleanup_free_ char *text = output_of(
		"cd /tmp && printf 'static int same = 1; struct s { int a; }; struct s sa; int fa(void) { return same + sa.a; } int main(void) { return 0; }' >%s.a.c &&"
		"printf 'static int same = 2; struct s { long b[3]; }; struct s sb; int fb(void) { return same + (int)sb.b[0]; }' >%s.b.c &&"
		"gcc -g -no-pie -o %s %s.a.c %s.b.c 2>&1; rm -f %s.a.c %s.b.c", path, path, path, path, path, path, path);
	assert_string_equal(text, "");
	struct module *module;
	struct modules *modules = open_modules(path, &module);
	const struct variable *a = modules_find_variable(modules, "same", address_of(modules, "fa"));
	const struct variable *b = modules_find_variable(modules, "same", address_of(modules, "fb"));
	assert_ptr_not_equal(a, b);
	assert_true(str_ends(a->declared_file->path, ".a.c"));
	assert_true(str_ends(b->declared_file->path, ".b.c"));
	assert_int_equal(modules_find_type(modules, "struct s", address_of(modules, "fb"))->size, 24);
	assert_int_equal(modules_find_type(modules, "struct s", address_of(modules, "fa"))->size, 4);
	_cleanup_free_ char *name = xasprintf("%s.b.c::same", path + strlen("/tmp/"));
	assert_ptr_equal(modules_find_variable(modules, name, address_of(modules, "fa")), b);
	modules_destroy(modules);
	unlink(path);
}

static void functions_have_entry_and_type(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes"), &module);
	uint64_t entry = 0;
	const struct type *type = NULL;
	assert_true(modules_find_function(modules, "zoo::Chimera::eat", 0, &entry, &type));
	assert_int_equal(entry, address_of(modules, "zoo::Chimera::eat"));
	assert_int_equal(type->kind, TYPE_FUNCTION);
	size_t count = 0;
	const struct type_member *parameters = type_members(type, &count);
	assert_int_equal(count, 2);
	assert_true(parameters[0].is_artificial);
	assert_false(modules_find_function(modules, "no_such", 0, &entry, &type));
	modules_destroy(modules);
}

static void enumerators_are_found_by_either_spelling(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool is_found;
		int64_t value;
	} cases[] = {
		{ "zoo::Food::Meat", true, 200 }, { "zoo::LOUD", true, 7 }, { "zoo::Sound::LOUD", true, 7 }, { "LOUD", true, 7 },
		{ "zoo::Chimera::ANGRY", true, 32 }, { "zoo::Chimera::Mood::CALM", true, 31 }, { "zoo::QUIETER", false, 0 },
	};
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes"), &module);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct type *type = NULL;
		int64_t value = 0;
		bool is_found = modules_find_enumerator(modules, cases[i].name, 0, &type, &value);
		if (is_found != cases[i].is_found || value != cases[i].value || (is_found && type->kind != TYPE_ENUM))
			fail_msg("%s", cases[i].name);
	}
	modules_destroy(modules);
}

static void types_and_enumerators_of_a_function_are_found_in_it(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_types"), &module);
	uint64_t inside = address_of(modules, "main");
	const struct type *type = modules_find_type(modules, "struct local", inside);
	assert_non_null(type);
	assert_int_equal(type->size, 1);
	assert_null(modules_find_type(modules, "struct local", 0));
	int64_t value = 0;
	assert_true(modules_find_enumerator(modules, "SECOND", inside, &type, &value));
	assert_int_equal(value, 42);
	modules_destroy(modules);
}

// ---- Completion --------------------------------------------------------------------------------------------------

static bool has_name(const char **names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

static void completion_offers_locals_first(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_types"), &module);
	_cleanup_arena_ struct arena *arena = arena_create();
	const char **names = NULL;
	size_t count = modules_complete(modules, "s", address_of(modules, "main"), 100, arena, &names);
	assert_string_equal(names[0], "sizes");
	assert_true(has_name(names, count, "spin") && has_name(names, count, "small"));
	assert_int_equal(modules_complete(modules, "s", address_of(modules, "main"), 2, arena, &names), 2);
	assert_int_equal(modules_complete(modules, "no_such_name", address_of(modules, "main"), 9, arena, &names), 0);
	modules_destroy(modules);
}

static void completion_knows_scopes(void **state)
{
	(void)state;
	struct module *module;
	struct modules *modules = open_modules(PROGRAM("symbols_classes"), &module);
	_cleanup_arena_ struct arena *arena = arena_create();
	const char **names = NULL;
	size_t count = modules_complete(modules, "zoo::p", 0, 100, arena, &names);
	assert_true(has_name(names, count, "zoo::population"));
	assert_false(has_name(names, count, "zoo::printf"));
	modules_destroy(modules);
}

// ---- Broken files ------------------------------------------------------------------------------------------------

static void use_everything(struct modules *modules, uint64_t address)
{
	static const char *const names[] = { "bits", "packed", "anonymous", "loop", "grid", "deep", "mixed", "places", "lanes", "odd" };
	_cleanup_arena_ struct arena *arena = arena_create();
	const struct variable **list = NULL;
	struct location_context context = { .pc = address, .function = modules_function_at(modules, address) };
	size_t count = modules_unit_globals(modules, address, arena, &list);
	for (size_t i = 0; i < count; i++) {
		struct location location;
		size_t members = 0;
		uint64_t elements = 0;
		error_destroy(variable_locate(list[i], &context, arena, &location));
		error_destroy(type_runtime_count(list[i]->type, &context, &elements));
		free(type_name(list[i]->type));
		type_members(list[i]->type, &members);
		type_enumerators(list[i]->type, &members);
		type_discriminant(list[i]->type);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		modules_find_variable(modules, names[i], address);
	modules_find_type(modules, "struct point", address);
	if (context.function)
		function_variables(context.function, address, arena, &list);
}

// Bytes of the file's second half (debug sections and symbols) are changed at random; nothing may crash or hang.
static void changed_bytes_give_no_crash(void **state)
{
	(void)state;
	static const char *const programs[] = { "symbols_types", "symbols_types-units", "symbols_classes-dwarf4", "symbols_optimised" };
	uint64_t seed = 88172645463325252ull;
	for (unsigned round = 0; round < ROUNDS; round++) {
		_cleanup_free_ char *path = xasprintf(PROGRAMS_DIR "/%s", programs[round % ARRAY_SIZE(programs)]);
		static uint8_t bytes[1 << 20];
		FILE *file = fopen(path, "r");
		assert_non_null(file);
		size_t size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		for (unsigned i = 0; i < 40; i++) {
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			bytes[0x3000 + seed % (size - 0x3000)] = (uint8_t)(seed >> 40);
		}
		struct modules *modules = modules_create();
		struct module *module = NULL;
		struct error *error = modules_add(modules, &(struct module_spec){ .path = "broken", .is_executable = true, .image = bytes,
										   .image_size = size }, &module);
		if (!error) {
			struct symbol symbol = { .address = 0x401106 };
			modules_symbol_named(modules, "main", &symbol);
			use_everything(modules, symbol.address);
		}
		error_destroy(error);
		modules_destroy(modules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_knows_definitions_and_no_declarations),
		cmocka_unit_test(template_arguments_do_not_count),
		cmocka_unit_test(inlined_copies_are_all_there),
		cmocka_unit_test(variables_are_found_from_the_scopes_around),
		cmocka_unit_test(constants_of_classes_have_values),
		cmocka_unit_test(the_own_unit_comes_first),
		cmocka_unit_test(functions_have_entry_and_type),
		cmocka_unit_test(enumerators_are_found_by_either_spelling),
		cmocka_unit_test(types_and_enumerators_of_a_function_are_found_in_it),
		cmocka_unit_test(completion_offers_locals_first),
		cmocka_unit_test(completion_knows_scopes),
		cmocka_unit_test(changed_bytes_give_no_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Functions and inlined copies by address (compared with addr2line), their names, and breakpoints by function name (with gdb).
#include "support.h"

#define SOURCES SOURCE_DIR "/tests/programs/"

// ---- By address --------------------------------------------------------------------------------------------------

// addr2line takes static functions' names from the symbols, and for methods of local classes the function around them.
static bool same_function(const struct function *function, const char *name)
{
	if (str_equal(function->name, name) || (function->linkage_name && str_equal(function->linkage_name, name)))
		return true;
	if (str_starts(name, "_ZZ4main"))
		return str_starts(function->qualified_name, "main::");
	return str_starts(name, "_ZL") ? strstr(name, function->name) != NULL : str_starts(function->qualified_name, name);
}

// Padding behind a function is nobody's, whatever addr2line says.
static bool is_padding(struct modules *modules, uint64_t address)
{
	struct symbol symbol;
	return !modules_symbol_at(modules, address, &symbol) || address >= symbol.address + symbol.size;
}

// addr2line prints the address, then name and place of each instance, innermost first. *at: the line behind the address.
static bool same_chain(const struct function *function, char **lines, size_t count)
{
	size_t given = 0;
	// Without DWARF addr2line names the symbol, and "?" for the line.
	if (!function)
		return !count || strchr(lines[1], '?');
	unsigned call_line = 0;
	for (const struct function *at = function; at; at = at->outer, given++) {
		if (given * 2 + 1 >= count || !same_function(at, lines[given * 2]))
			return false;
		// An outer instance stands at the line where the inner one was called.
		const char *colon = strrchr(lines[given * 2 + 1], ':');
		if (given && colon && strtoul(colon + 1, NULL, 10) != call_line)
			return false;
		call_line = at->call_line;
	}
	return given * 2 == count;
}

static size_t compare_chunk(struct modules *modules, uint64_t address, char **lines, size_t count, unsigned *wrong)
{
	const struct function *function = modules_function_at(modules, address);
	if (!same_chain(function, lines, count) && (function || !is_padding(modules, address)) && ++*wrong < 10) {
		print_message("%#lx: addr2line", address);
		for (size_t i = 0; i < count; i++)
			print_message(" %s", lines[i]);
		print_message("\n   ours");
		for (const struct function *at = function; at; at = at->outer)
			print_message(" %s called at %u", at->qualified_name, at->call_line);
		print_message("\n");
	}
	if (function) {
		assert_true(function->start <= address && address < function->end);
		assert_ptr_equal(function, modules_function_at(modules, address));
	}
	return function != NULL;
}

static void compare_functions(const char *program)
{
	if (!is_installed("addr2line"))
		skip();
	_cleanup_free_ char *section = output_of("readelf -SW '%s' | sed -n 's/.* \\.text *PROGBITS *//p'", program);
	uint64_t start = 0, size = 0;
	assert_int_equal(sscanf(section, "%lx %*x %lx", &start, &size), 2);
	_cleanup_free_ char *text = output_of("seq %lu 5 %lu | xargs printf '%%x\\n' | addr2line -a -f -i -e '%s'", start, start + size - 1, program);
	struct modules *modules = modules_create();
	add_program(modules, program);
	char *lines[64];
	size_t count = 0, known = 0;
	unsigned wrong = 0;
	uint64_t address = 0;
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
		if (!str_starts(at, "0x")) {
			if (count < ARRAY_SIZE(lines))
				lines[count++] = at;
			continue;
		}
		if (address)
			known += compare_chunk(modules, address, lines, count, &wrong);
		address = strtoull(at, NULL, 16);
		count = 0;
	}
	modules_destroy(modules);
	assert_true(known > 5);
	if (wrong)
		fail_msg("%s: %u addresses differ", program, wrong);
}

#define AS_ADDR2LINE(name, program) \
	static void functions_and_copies_are_those_of_addr2line_##name(void **state) \
	{ \
		(void)state; \
		compare_functions(PROGRAMS_DIR "/" program); \
	}
AS_ADDR2LINE(c, "steps")
AS_ADDR2LINE(c_optimised, "steps-O2")
AS_ADDR2LINE(c_dwarf4, "steps-dwarf4")
AS_ADDR2LINE(inlined, "unwind_inlined")
AS_ADDR2LINE(cpp, "shapes")
AS_ADDR2LINE(cpp_optimised, "symbols_overloads-O2")
AS_ADDR2LINE(collected, "symbols_overloads-sections")

static uint64_t address_of(struct modules *modules, const char *source, const char *text)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *relative = xasprintf("tests/programs/%s", source);
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, NULL, source, line_of(relative, text), 0, arena, &locations, &count));
	return locations[0].address;
}

static void check_names(const char *program)
{
	struct modules *modules = modules_create();
	add_program(modules, program);
	const char *source = "symbols_overloads.cpp";
	const struct function *hidden = modules_function_at(modules, address_of(modules, source, "int hidden"));
	assert_string_equal(hidden->qualified_name, "outer::(anonymous namespace)::hidden");
	assert_string_equal(hidden->name, "hidden");
	assert_int_equal(hidden->language, LANGUAGE_CPP);
	assert_int_equal(hidden->declared_line, line_of("tests/programs/symbols_overloads.cpp", "int hidden"));
	assert_true(str_ends(hidden->declared_file->path, "/tests/programs/symbols_overloads.cpp"));
	const struct function *open = modules_function_at(modules, address_of(modules, source, "struct lid"));
	assert_string_equal(open->qualified_name, "outer::box::lid::open");
	const struct function *less = modules_function_at(modules, address_of(modules, source, "operator<"));
	assert_string_equal(less->qualified_name, "outer::box::operator<");
	const struct function *largest = modules_function_at(modules, address_of(modules, source, "// in largest"));
	assert_true(str_starts(largest->qualified_name, "outer::largest<"));
	const struct function *run = modules_function_at(modules, address_of(modules, source, "// local class"));
	assert_string_equal(run->name, "run");
	const struct function *lambda = modules_function_at(modules, address_of(modules, source, "return x + worker"));
	assert_string_equal(lambda->qualified_name, "main::{lambda}::operator()");
	assert_string_equal(run->qualified_name, "main::local::run");
	modules_destroy(modules);
}

static void names_are_qualified(void **state)
{
	(void)state;
	check_names(PROGRAMS_DIR "/symbols_overloads");
	check_names(PROGRAMS_DIR "/symbols_overloads-types");
	check_names(PROGRAMS_DIR "/symbols_overloads-zlib");
}

static void rust_names_have_their_modules(void **state)
{
	(void)state;
	if (access(PROGRAMS_DIR "/guesses", F_OK) != 0)
		skip();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/guesses");
	uint64_t address = address_of(modules, "guesses.rs", "// difference");
	const struct function *judge = modules_function_at(modules, address);
	assert_string_equal(judge->qualified_name, "guesses::judge");
	assert_int_equal(judge->language, LANGUAGE_RUST);
	assert_int_equal(modules_language_at(modules, address), LANGUAGE_RUST);
	struct symbol symbol;
	assert_true(modules_symbol_at(modules, address, &symbol));
	assert_string_equal(symbol_demangle(symbol.module, symbol.name), "guesses::judge");
	assert_true(modules_symbol_named(modules, "guesses::judge", &symbol));
	modules_destroy(modules);
}

// ---- By name -----------------------------------------------------------------------------------------------------

// gdb's addresses for "break NAME", as text, sorted: "0x1139 0x1180 ".
static char *gdb_places(const char *program, const char *name)
{
	return output_of("gdb -nx -batch -ex 'break %s' -ex 'info breakpoints' '%s' 2>/dev/null | grep -v '^Breakpoint' | "
			 "grep -o ' 0x[0-9a-f]*' | sed 's/ 0x0*//' | sort -u | tr '\\n' ' '", name, program);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *our_places(const char *program, const char *name)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, program);
	struct code_location *locations = NULL;
	size_t count = 0;
	error_destroy(modules_resolve_function(modules, NULL, name, arena, &locations, &count));
	const char **texts = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		texts[i] = arena_printf(arena, "%lx ", locations[i].address);
	if (count)
		qsort(texts, count, sizeof(*texts), compare_text);
	struct str text = STR_INIT;
	for (size_t i = 0; i < count; i++)
		str_add(&text, texts[i]);
	modules_destroy(modules);
	return str_take(&text);
}

static unsigned compare_name(const char *program, const char *name)
{
	_cleanup_free_ char *expected = gdb_places(program, name), *ours = our_places(program, name);
	if (str_equal(expected, ours))
		return 0;
	print_message("%s of %s\n  gdb:  %s\n  ours: %s\n", name, program, expected, ours);
	return 1;
}

static void function_breakpoints_are_where_gdb_puts_them(void **state)
{
	(void)state;
	static const struct {
		const char *program, *name;
	} cases[] = {
		{ "steps", "main" },
		{ "steps", "factorial" },
		{ "steps", "steps.c:twice" },
		{ "steps", "no_such_function" },
		{ "steps-O2", "main" },
		{ "steps-O2", "jumps" },
		{ "steps-noframe", "factorial" },
		{ "steps-static", "main" },
		{ "several_files", "list_is_empty" },
		{ "symbols_overloads", "outer::f" },
		{ "symbols_overloads", "f" },
		{ "symbols_overloads", "f(int)" },
		{ "symbols_overloads", "outer::f(double)" },
		{ "symbols_overloads", "_ZN5outer1fEi" },
		{ "symbols_overloads", "largest" },
		{ "symbols_overloads", "outer::largest<int>" },
		{ "symbols_overloads", "box::get" },
		{ "symbols_overloads", "outer::box::box" },
		{ "symbols_overloads", "outer::box::~box" },
		{ "symbols_overloads", "outer::box::operator<" },
		{ "symbols_overloads", "outer::box::lid::open" },
		{ "symbols_overloads", "hidden" },
		{ "symbols_overloads-types", "box::get" },
		{ "symbols_overloads-nopie", "f" },
		{ "unwind_inlined", "outer" },
	};
	if (!is_installed("gdb"))
		skip();
	unsigned wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *program = xasprintf(PROGRAMS_DIR "/%s", cases[i].program);
		wrong += compare_name(program, cases[i].name);
	}
	assert_int_equal(wrong, 0);
}

static void a_function_breakpoint_takes_in_the_inlined_copies(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/unwind_inlined");
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_function(modules, NULL, "inner", arena, &locations, &count));
	assert_int_equal(count, 1);
	const struct function *inner = modules_function_at(modules, locations[0].address);
	assert_true(inner->is_inlined);
	assert_string_equal(inner->name, "inner");
	assert_string_equal(inner->outer->name, "middle");
	assert_string_equal(inner->outer->outer->name, "outer");
	assert_int_equal(inner->call_line, line_of("tests/programs/unwind_inlined.c", "middle's call"));
	modules_destroy(modules);
}

static void functions_without_dwarf_come_from_symbols(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *program = xasprintf(PROGRAMS_DIR "/nodebug.%d", getpid());
	free(output_of("strip -g -o '%s' " PROGRAMS_DIR "/steps", program));
	struct modules *modules = modules_create();
	add_program(modules, program);
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_function(modules, NULL, "factorial", arena, &locations, &count));
	assert_int_equal(count, 1);
	// push %rbp; mov %rsp,%rbp
	assert_true(locations[0].address == nm_address(program, "factorial") + 4);
	assert_null(locations[0].file);
	assert_string_equal(locations[0].function, "factorial");
	assert_null(modules_function_at(modules, locations[0].address));
	assert_string_equal(modules_function_name(modules, locations[0].address, arena), "factorial");
	unlink(program);
	modules_destroy(modules);
}

static void an_address_is_a_place_too(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/steps");
	uint64_t address = address_of(modules, "steps.c", "// multiplies");
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_function(modules, NULL, arena_printf(arena, "*%#lx", address), arena, &locations, &count));
	assert_true(count == 1 && locations[0].address == address);
	assert_int_equal(locations[0].line, line_of("tests/programs/steps.c", "// multiplies"));
	struct error *error = modules_resolve_function(modules, NULL, "*0xzz", arena, &locations, &count);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_INVALID);
	error_destroy(error);
	modules_destroy(modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_c),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_c_optimised),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_c_dwarf4),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_inlined),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_cpp),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_cpp_optimised),
		cmocka_unit_test(functions_and_copies_are_those_of_addr2line_collected),
		cmocka_unit_test(names_are_qualified),
		cmocka_unit_test(rust_names_have_their_modules),
		cmocka_unit_test(function_breakpoints_are_where_gdb_puts_them),
		cmocka_unit_test(a_function_breakpoint_takes_in_the_inlined_copies),
		cmocka_unit_test(functions_without_dwarf_come_from_symbols),
		cmocka_unit_test(an_address_is_a_place_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Breakpoints by file and line: the same places as gdb finds, for every line of whole programs.
#include "support.h"

#define SOURCES SOURCE_DIR "/tests/programs/"

struct addresses {
	uint64_t list[64];
	size_t count;
};

static void add_address(struct addresses *addresses, uint64_t address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->list[i] == address)
			return;
	if (addresses->count < ARRAY_SIZE(addresses->list))
		addresses->list[addresses->count++] = address;
}

static bool has_address(const struct addresses *addresses, uint64_t address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->list[i] == address)
			return true;
	return false;
}

// gdb's breakpoint addresses for lines [1, last], index by line.
static void ask_gdb(const char *program, const char *source, unsigned last, struct addresses *by_line)
{
	struct str script = STR_INIT;
	for (unsigned line = 1; line <= last; line++)
		str_printf(&script, "echo LINE %u\\n\nbreak %s:%u\ninfo breakpoints\ndelete\n", line, source, line);
	_cleanup_free_ char *path = xasprintf("%s.%d.gdb", program, getpid());
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(str_text(&script), file);
	fclose(file);
	str_deinit(&script);
	_cleanup_free_ char *text = output_of("gdb -nx -batch -x '%s' '%s' 2>/dev/null", path, program);
	unlink(path);
	unsigned line = 0;
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
		if (sscanf(at, "LINE %u", &line) == 1)
			continue;
		char *address = strstr(at, " 0x");
		if (line && line <= last && address && !str_starts(at, "Breakpoint "))
			add_address(&by_line[line], strtoull(address, NULL, 16));
	}
}

static unsigned count_lines(const char *source)
{
	FILE *file = fopen(source, "r");
	assert_non_null(file);
	unsigned count = 0;
	for (int character; (character = fgetc(file)) != EOF;)
		count += character == '\n';
	fclose(file);
	return count;
}

static void compare_line(struct modules *modules, const char *source, unsigned line, const struct addresses *expected, unsigned *wrong)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct code_location *locations = NULL;
	size_t count = 0;
	error_destroy(modules_resolve_line(modules, NULL, source, line, 0, arena, &locations, &count));
	bool is_equal = count == expected->count;
	for (size_t i = 0; i < count; i++)
		is_equal = is_equal && has_address(expected, locations[i].address);
	if (is_equal)
		return;
	(*wrong)++;
	print_message("%s:%u\n  ours:", source, line);
	for (size_t i = 0; i < count; i++)
		print_message(" %#lx (line %u, %s)", locations[i].address, locations[i].line, locations[i].function);
	print_message("\n  gdb's:");
	for (size_t i = 0; i < expected->count; i++)
		print_message(" %#lx", expected->list[i]);
	print_message("\n");
}

static void compare_program(const char *program, const char *source)
{
	unsigned last = count_lines(source), wrong = 0;
	struct addresses *expected = xcalloc(last + 1, sizeof(*expected));
	ask_gdb(program, source, last, expected);
	struct modules *modules = modules_create();
	add_program(modules, program);
	size_t known = 0;
	for (unsigned line = 1; line <= last; line++) {
		compare_line(modules, source, line, &expected[line], &wrong);
		known += expected[line].count;
	}
	free(expected);
	modules_destroy(modules);
	assert_true(known > 3);
	if (wrong)
		fail_msg("%s: %u lines differ", program, wrong);
}

#define AS_GDB(name, program, source) \
	static void lines_are_where_gdb_puts_them_##name(void **state) \
	{ \
		(void)state; \
		if (!is_installed("gdb")) \
			skip(); \
		compare_program(PROGRAMS_DIR "/" program, SOURCES source); \
	}

AS_GDB(c, "steps", "steps.c")
AS_GDB(c_dwarf4, "steps-dwarf4", "steps.c")
AS_GDB(c_optimised, "steps-O2", "steps.c")
AS_GDB(c_static, "steps-static", "steps.c")
AS_GDB(c_files_main, "several_files", "several_files/main.c")
AS_GDB(c_files_other, "several_files", "several_files/sum.c")
AS_GDB(header, "several_files", "several_files/list.h")
AS_GDB(cpp, "shapes", "shapes.cpp")
AS_GDB(templates, "symbols_overloads", "symbols_overloads.cpp")
AS_GDB(cpp_optimised, "symbols_overloads-O2", "symbols_overloads.cpp")
AS_GDB(nopie, "symbols_overloads-nopie", "symbols_overloads.cpp")
AS_GDB(collected, "symbols_overloads-sections", "symbols_overloads.cpp")
AS_GDB(type_units, "symbols_overloads-types", "symbols_overloads.cpp")
AS_GDB(compressed, "symbols_overloads-zlib", "symbols_overloads.cpp")

// What the build has no rule for: the same source by clang.
static void compare_clang(const char *name, const char *flags)
{
	if (!is_installed("gdb") || !is_installed("clang++"))
		skip();
	_cleanup_free_ char *program = xasprintf(PROGRAMS_DIR "/symbols_overloads-%s.%d", name, getpid());
	free(output_of("clang++ %s -o '%s' " SOURCES "symbols_overloads.cpp", flags, program));
	compare_program(program, SOURCES "symbols_overloads.cpp");
	unlink(program);
}

static void lines_are_where_gdb_puts_them_clang_dwarf5(void **state)
{
	(void)state;
	compare_clang("clang5", "-g -gdwarf-5 -O0");
}

static void lines_are_where_gdb_puts_them_clang_dwarf4(void **state)
{
	(void)state;
	compare_clang("clang4", "-g -gdwarf-4 -O0");
}

static void lines_are_where_gdb_puts_them_clang_optimised(void **state)
{
	(void)state;
	compare_clang("clangO2", "-g -O2");
}

static void lines_are_where_gdb_puts_them_rust(void **state)
{
	(void)state;
	if (!is_installed("gdb") || access(PROGRAMS_DIR "/guesses", F_OK) != 0)
		skip();
	compare_program(PROGRAMS_DIR "/guesses", SOURCES "guesses.rs");
}

// ---- What gdb has no say in --------------------------------------------------------------------------------------

static void a_column_selects_a_statement(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/steps");
	unsigned line = line_of("tests/programs/steps.c", "one line loop");
	struct line_column *columns = NULL;
	struct code_location *locations = NULL;
	size_t column_count = 0, count = 0;
	assert_null(modules_breakable_lines(modules, SOURCES "steps.c", line, line, arena, &columns, &column_count));
	assert_true(column_count >= 3);
	uint64_t last = 0;
	for (size_t i = 0; i < column_count; i++) {
		assert_int_equal(columns[i].line, line);
		assert_true(i == 0 || columns[i].column > columns[i - 1].column);
		assert_null(modules_resolve_line(modules, NULL, SOURCES "steps.c", line, columns[i].column, arena, &locations, &count));
		assert_int_equal(count, 1);
		assert_int_equal(locations[0].column, columns[i].column);
		assert_true(locations[0].address != last);
		last = locations[0].address;
	}
	modules_destroy(modules);
}

static size_t places_of(struct modules *modules, const char *path, unsigned line, struct arena *arena)
{
	struct code_location *locations = NULL;
	size_t count = 0;
	struct error *error = modules_resolve_line(modules, NULL, path, line, 0, arena, &locations, &count);
	if (error)
		assert_int_equal(error->code, ERROR_NOT_FOUND);
	error_destroy(error);
	return count;
}

static void a_path_matches_by_its_last_components(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/several_files");
	unsigned line = line_of("tests/programs/several_files/sum.c", "// adds");
	assert_int_equal(places_of(modules, "sum.c", line, arena), 1);
	assert_int_equal(places_of(modules, "several_files/sum.c", line, arena), 1);
	assert_int_equal(places_of(modules, "/somewhere/else/several_files/sum.c", line, arena), 1);
	assert_int_equal(places_of(modules, SOURCES "../programs/./several_files/sum.c", line, arena), 1);
	assert_int_equal(places_of(modules, "um.c", line, arena), 0);
	assert_int_equal(places_of(modules, "several_files", line, arena), 0);
	assert_int_equal(places_of(modules, "", line, arena), 0);
	modules_destroy(modules);
}

static void a_symlink_names_the_same_file(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *link = xasprintf(PROGRAMS_DIR "/other_name.%d.c", getpid());
	assert_int_equal(symlink(SOURCES "several_files/sum.c", link), 0);
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/several_files");
	size_t count = places_of(modules, link, line_of("tests/programs/several_files/sum.c", "// adds"), arena);
	unlink(link);
	modules_destroy(modules);
	assert_int_equal(count, 1);
}

static void a_program_built_through_a_symlink_is_found_by_the_real_path(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *link = xasprintf(PROGRAMS_DIR "/built_by.%d.c", getpid()), *program = xasprintf("%s.out", link);
	assert_int_equal(symlink(SOURCES "spins.c", link), 0);
	free(output_of("gcc -g -o '%s' '%s' -pthread", program, link));
	struct modules *modules = modules_create();
	add_program(modules, program);
	size_t count = places_of(modules, SOURCES "spins.c", line_of("tests/programs/spins.c", "int main"), arena);
	unlink(link);
	unlink(program);
	modules_destroy(modules);
	assert_int_equal(count, 1);
}

static void a_relative_build_folder_is_found_from_the_program(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *folder = xasprintf(PROGRAMS_DIR "/relative.%d", getpid());
	_cleanup_free_ char *source = xasprintf("%s/src/it.c", folder), *program = xasprintf("%s/bin/it", folder);
	free(output_of("mkdir -p '%s/src' '%s/bin' && cp " SOURCES "spins.c '%s' && cd '%s' && "
		       "gcc -g -fdebug-prefix-map='%s=.' -o bin/it src/it.c -pthread", folder, folder, source, folder, folder));
	struct modules *modules = modules_create();
	add_program(modules, program);
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, NULL, "it.c", line_of("tests/programs/spins.c", "int main"), 0, arena, &locations, &count));
	char *real = realpath(source, NULL);
	free(output_of("rm -r '%s'", folder));
	assert_int_equal(count, 1);
	assert_string_equal(locations[0].file->path, real);
	free(real);
	modules_destroy(modules);
}

static void code_that_the_linker_dropped_has_no_place(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/symbols_overloads-sections");
	unsigned line = line_of("tests/programs/symbols_overloads.cpp", "// collected");
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, NULL, SOURCES "symbols_overloads.cpp", line, 0, arena, &locations, &count));
	for (size_t i = 0; i < count; i++)
		assert_true(locations[i].line > line);
	modules_destroy(modules);
}

static void a_line_behind_all_code_is_an_error(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, PROGRAMS_DIR "/steps");
	assert_int_equal(places_of(modules, SOURCES "steps.c", 100000, arena), 0);
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, module, SOURCES "steps.c", 20, 0, arena, &locations, &count));
	assert_ptr_equal(locations[0].module, module);
	modules_destroy(modules);
}

static void breakable_lines_are_sorted_and_hold_code_only(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/steps");
	struct line_column *lines = NULL;
	size_t count = 0;
	assert_null(modules_breakable_lines(modules, SOURCES "steps.c", 1, 1000, arena, &lines, &count));
	unsigned comment = line_of("tests/programs/steps.c", "// variant: O2"), code = line_of("tests/programs/steps.c", "// bottom");
	bool has_code = false;
	for (size_t i = 0; i < count; i++) {
		assert_true(!i || lines[i].line > lines[i - 1].line ||
			    (lines[i].line == lines[i - 1].line && lines[i].column > lines[i - 1].column));
		assert_int_not_equal(lines[i].line, comment);
		has_code = has_code || lines[i].line == code;
	}
	assert_true(has_code);
	modules_destroy(modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_where_gdb_puts_them_c),
		cmocka_unit_test(lines_are_where_gdb_puts_them_c_dwarf4),
		cmocka_unit_test(lines_are_where_gdb_puts_them_c_optimised),
		cmocka_unit_test(lines_are_where_gdb_puts_them_c_static),
		cmocka_unit_test(lines_are_where_gdb_puts_them_c_files_main),
		cmocka_unit_test(lines_are_where_gdb_puts_them_c_files_other),
		cmocka_unit_test(lines_are_where_gdb_puts_them_header),
		cmocka_unit_test(lines_are_where_gdb_puts_them_cpp),
		cmocka_unit_test(lines_are_where_gdb_puts_them_templates),
		cmocka_unit_test(lines_are_where_gdb_puts_them_cpp_optimised),
		cmocka_unit_test(lines_are_where_gdb_puts_them_nopie),
		cmocka_unit_test(lines_are_where_gdb_puts_them_collected),
		cmocka_unit_test(lines_are_where_gdb_puts_them_type_units),
		cmocka_unit_test(lines_are_where_gdb_puts_them_compressed),
		cmocka_unit_test(lines_are_where_gdb_puts_them_clang_dwarf5),
		cmocka_unit_test(lines_are_where_gdb_puts_them_clang_dwarf4),
		cmocka_unit_test(lines_are_where_gdb_puts_them_clang_optimised),
		cmocka_unit_test(lines_are_where_gdb_puts_them_rust),
		cmocka_unit_test(a_column_selects_a_statement),
		cmocka_unit_test(a_path_matches_by_its_last_components),
		cmocka_unit_test(a_symlink_names_the_same_file),
		cmocka_unit_test(a_program_built_through_a_symlink_is_found_by_the_real_path),
		cmocka_unit_test(a_relative_build_folder_is_found_from_the_program),
		cmocka_unit_test(code_that_the_linker_dropped_has_no_place),
		cmocka_unit_test(a_line_behind_all_code_is_an_error),
		cmocka_unit_test(breakable_lines_are_sorted_and_hold_code_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Addresses to lines and back over whole programs, compared with gdb.
#include "support.h"

#include "engine/symbols/line_table.h"

#define SOURCES SOURCE_DIR "/tests/programs/"

struct answer {
	unsigned line;   // 0: gdb knows none
	char file[64];
};

static void text_range(const char *program, uint64_t *start_ret, uint64_t *size_ret)
{
	_cleanup_free_ char *text = output_of("readelf -SW '%s' | sed -n 's/.* \\.text *PROGBITS *//p'", program);
	assert_int_equal(sscanf(text, "%lx %*x %lx", start_ret, size_ret), 2);
}

// "info line *ADDRESS" for every `step`-th address.
static void ask_gdb(const char *program, uint64_t start, size_t count, unsigned step, struct answer *answers)
{
	_cleanup_free_ char *path = xasprintf("%s.%d.lines", program, getpid());
	FILE *script = fopen(path, "w");
	assert_non_null(script);
	for (size_t i = 0; i < count; i++)
		fprintf(script, "echo AT %zu\\n\ninfo line *%#lx\n", i, start + i * step);
	fclose(script);
	_cleanup_free_ char *text = output_of("gdb -nx -batch -x '%s' '%s' 2>/dev/null", path, program);
	unlink(path);
	size_t index = 0;
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
		if (sscanf(at, "AT %zu", &index) != 1 && index < count)
			sscanf(at, "Line %u of \"%63[^\"]\"", &answers[index].line, answers[index].file);
}

// Returns how many addresses have code without a line (line 0): gdb gives those the line before.
static size_t compare_program(const char *program)
{
	enum { STEP = 3 };
	if (!is_installed("gdb"))
		skip();
	uint64_t start = 0, size = 0;
	text_range(program, &start, &size);
	size_t count = (size_t)(size / STEP), compared = 0, wrong = 0, line_less = 0;
	struct answer *answers = xcalloc(count, sizeof(*answers));
	ask_gdb(program, start, count, STEP, answers);
	struct modules *modules = modules_create();
	add_program(modules, program);
	for (size_t i = 0; i < count; i++) {
		struct line_position position = { 0 };
		uint64_t address = start + i * STEP;
		bool is_known = modules_line_at(modules, address, &position);
		if (is_known && !position.line) {
			line_less++;
			continue;
		}
		compared += answers[i].line != 0;
		bool is_equal = is_known == (answers[i].line != 0) &&
				(!is_known || (position.line == answers[i].line && str_ends(position.file->path, strrchr(answers[i].file, '/') ? strrchr(answers[i].file, '/') + 1 : answers[i].file)));
		if (is_known)
			assert_true(position.start <= address && address < position.end);
		if (!is_equal && ++wrong < 20)
			print_message("%#lx: gdb line %u of %s, ours %u of %s\n", address, answers[i].line, answers[i].file, position.line,
				      position.file ? position.file->path : "-");
	}
	free(answers);
	modules_destroy(modules);
	assert_true(compared > 5);
	if (wrong)
		fail_msg("%s: %zu of %zu differ", program, wrong, compared);
	return line_less;
}

#define AS_GDB(name, program) \
	static void addresses_have_the_lines_gdb_gives_##name(void **state) \
	{ \
		(void)state; \
		assert_int_equal(compare_program(PROGRAMS_DIR "/" program), 0); \
	}
AS_GDB(c, "steps")
AS_GDB(c_optimised, "steps-O2")
AS_GDB(c_dwarf4, "steps-dwarf4")
AS_GDB(files, "several_files")
AS_GDB(cpp, "symbols_overloads")
AS_GDB(cpp_optimised, "symbols_overloads-O2")
AS_GDB(compressed, "symbols_overloads-zlib")
AS_GDB(collected, "symbols_overloads-sections")

// clang's optimised code has rows of line 0.
static void addresses_have_the_lines_gdb_gives_clang(void **state)
{
	(void)state;
	if (!is_installed("clang"))
		skip();
	_cleanup_free_ char *program = xasprintf(PROGRAMS_DIR "/steps-clang.%d", getpid());
	free(output_of("clang -g -O2 -o '%s' " SOURCES "steps.c", program));
	size_t line_less = compare_program(program);
	unlink(program);
	assert_true(line_less > 0);
}

static uint64_t address_of(struct modules *modules, const char *source, const char *text)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *relative = xasprintf("tests/programs/%s", source);
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, NULL, source, line_of(relative, text), 0, arena, &locations, &count));
	return locations[0].address;
}

static void a_line_range_spans_all_rows_of_a_line(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/steps");
	uint64_t address = address_of(modules, "steps.c", "one line loop"), start = 0, end = 0;
	assert_true(modules_line_range(modules, address, &start, &end));
	assert_true(start == address);
	struct line_position first, inside, behind;
	assert_true(modules_line_at(modules, address, &first));
	assert_true(end > first.end);   // the loop's rows are several
	for (uint64_t at = start; at < end; at++) {
		uint64_t start_there = 0, end_there = 0;
		assert_true(modules_line_at(modules, at, &inside));
		assert_int_equal(inside.line, first.line);
		assert_true(modules_line_range(modules, at, &start_there, &end_there));
		assert_true(start_there == start && end_there == end);
	}
	assert_true(modules_line_at(modules, end, &behind));
	assert_int_not_equal(behind.line, first.line);
	modules_destroy(modules);
}

static void statements_start_at_rows_alone(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	add_program(modules, PROGRAMS_DIR "/steps");
	uint64_t address = address_of(modules, "steps.c", "// multiplies");
	assert_true(modules_is_statement_start(modules, address));
	assert_false(modules_is_statement_start(modules, address + 1));
	assert_false(modules_is_statement_start(modules, 8));
	modules_destroy(modules);
}

static void sources_are_unique_absolute_and_real(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, PROGRAMS_DIR "/several_files");
	const struct source_file **files = NULL;
	size_t count = module_sources(module, arena, &files), ours = 0;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(files[i]->path[0], '/');
		ours += str_starts(files[i]->path, SOURCES "several_files/");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(files[i]->path, files[j]->path);
	}
	assert_int_equal(ours, 4);
	modules_destroy(modules);
}

static void a_stripped_program_has_no_lines(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, "/bin/ls");
	struct line_position position;
	uint64_t start = 0, end = 0;
	assert_false(modules_line_at(modules, module_entry(module), &position));
	assert_false(modules_line_range(modules, module_entry(module), &start, &end));
	assert_int_equal(module_debug_info(module), MODULE_DEBUG_NONE);
	assert_non_null(module_debug_status(module));
	modules_destroy(modules);
}

// Broken copies of .debug_line: whatever they say, the reader comes to an end within its bytes.
static void broken_line_programs_end(void **state)
{
	(void)state;
	uint64_t offset = 0, size = 0;
	_cleanup_free_ char *text = output_of("readelf -SW " PROGRAMS_DIR "/steps | sed -n 's/.* \\.debug_line *PROGBITS *//p'");
	assert_int_equal(sscanf(text, "%*x %lx %lx", &offset, &size), 2);
	_cleanup_free_ char *image = output_of("cat " PROGRAMS_DIR "/steps");
	_cleanup_free_ char *length_text = output_of("stat -c %%s " PROGRAMS_DIR "/steps");
	size_t length = strtoul(length_text, NULL, 10);
	uint32_t seed = 12345;
	for (int round = 0; round < 300; round++) {
		_cleanup_free_ uint8_t *copy = xmemdup(image, length);
		for (int change = 0; change < 4; change++) {
			seed = seed * 1664525 + 1013904223;
			copy[offset + (seed >> 8) % size] = (uint8_t)(seed >> 24);
		}
		_cleanup_arena_ struct arena *arena = arena_create();
		struct modules *modules = modules_create();
		struct module *module = NULL;
		struct module_spec spec = { .path = "/broken", .image = copy, .image_size = length };
		assert_null(modules_add(modules, &spec, &module));
		struct line_position position;
		for (uint64_t at = 0x1100; at < 0x1300; at += 8)
			if (modules_line_at(modules, at, &position))
				assert_true(position.start <= at && at < position.end);
		struct code_location *locations = NULL;
		size_t count = 0;
		error_destroy(modules_resolve_line(modules, NULL, "steps.c", 20, 0, arena, &locations, &count));
		modules_destroy(modules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_c),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_c_optimised),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_c_dwarf4),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_files),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_cpp),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_cpp_optimised),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_compressed),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_collected),
		cmocka_unit_test(addresses_have_the_lines_gdb_gives_clang),
		cmocka_unit_test(a_line_range_spans_all_rows_of_a_line),
		cmocka_unit_test(statements_start_at_rows_alone),
		cmocka_unit_test(sources_are_unique_absolute_and_real),
		cmocka_unit_test(a_stripped_program_has_no_lines),
		cmocka_unit_test(broken_line_programs_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

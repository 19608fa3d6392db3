#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/inspect/fake.h"

static void program_is_described_with_its_symbols(void **state)
{
	struct fake *fake = *state;
	struct module_info *modules;
	struct module *module = fake_load(fake, PROGRAMS_DIR "/steps", 0x55550000);
	assert_int_equal(debugger_modules(&fake->debugger, fake->arena, &modules), 1);
	assert_string_equal(modules[0].name, "steps");
	assert_string_equal(modules[0].path, PROGRAMS_DIR "/steps");
	assert_int_equal(modules[0].id, module->id);
	assert_int_equal(modules[0].start, 0x55550000);
	assert_true(modules[0].has_debug_info);
	assert_false(modules[0].is_system);
	assert_string_equal(modules[0].symbol_status, "Symbols loaded");
	assert_string_equal(modules[0].symbol_file, PROGRAMS_DIR "/steps");
}

static void libraries_of_the_system_are_told_by_their_path(void **state)
{
	struct fake *fake = *state;
	struct module_info *infos;
	struct module *module;
	struct module_spec spec = { .file_path = PROGRAMS_DIR "/steps", .path = "/usr/lib/x/libthing.so", .start = 0x10000000, .end = 0x10010000 };
	assert_null(modules_add(fake->debugger.space.modules, &spec, &module));
	spec.path = "/usr/local/lib/libmine.so";
	spec.start = 0x20000000, spec.end = 0x20010000;
	assert_null(modules_add(fake->debugger.space.modules, &spec, &module));
	assert_int_equal(debugger_modules(&fake->debugger, fake->arena, &infos), 2);
	assert_true(infos[0].is_system);
	assert_string_equal(infos[0].name, "libthing.so");
	assert_false(infos[1].is_system);
}

static void sources_are_sorted_and_unique(void **state)
{
	struct fake *fake = *state;
	struct source_info *sources;
	fake_load(fake, PROGRAMS_DIR "/steps", 0x55550000);
	size_t count = debugger_sources(&fake->debugger, fake->arena, &sources), found = 0;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || strcmp(sources[i - 1].path, sources[i].path) < 0);
		if (str_equal(sources[i].path, SOURCE_DIR "/tests/programs/steps.c")) {
			found++;
			assert_true(sources[i].is_present);
		}
	}
	assert_int_equal(found, 1);
}

static void lines_with_code_are_places_for_breakpoints(void **state)
{
	struct fake *fake = *state;
	struct line_location *locations = NULL;
	size_t count = 0;
	fake_load(fake, PROGRAMS_DIR "/steps", 0x55550000);
	assert_null(debugger_breakpoint_locations(&fake->debugger, SOURCE_DIR "/tests/programs/steps.c", 12, 16, fake->arena, &locations, &count));
	assert_true(count >= 3);
	for (size_t i = 0; i < count; i++)
		assert_in_range(locations[i].line, 12, 16);
	assert_fails(debugger_breakpoint_locations(&fake->debugger, "/no/such.c", 1, 9, fake->arena, &locations, &count), ERROR_NOT_FOUND, NULL);
}

static void without_modules_there_is_nothing(void **state)
{
	struct fake *fake = *state;
	struct module_info *modules;
	struct source_info *sources;
	assert_int_equal(debugger_modules(&fake->debugger, fake->arena, &modules), 0);
	assert_int_equal(debugger_sources(&fake->debugger, fake->arena, &sources), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(program_is_described_with_its_symbols),
		TEST(libraries_of_the_system_are_told_by_their_path),
		TEST(sources_are_sorted_and_unique),
		TEST(lines_with_code_are_places_for_breakpoints),
		TEST(without_modules_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/inspect/fake.h"

static void reads_up_to_the_first_hole(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[32];
	size_t got = 99;
	fake_map(fake, 0x10000, 4096, 0xab);
	assert_null(debugger_read_memory(&fake->debugger, 0x10ff0, bytes, 32, &got));
	assert_int_equal(got, 16);
	assert_int_equal(bytes[15], 0xab);
	assert_null(debugger_read_memory(&fake->debugger, 0x11000, bytes, 32, &got));
	assert_int_equal(got, 0);
}

static void there_is_no_memory_before_launch_or_after_the_end(void **state)
{
	struct fake *fake = *state;
	uint8_t byte = 0;
	size_t size = 99;
	fake_map(fake, 0x10000, 4096, 0);
	static const enum debugger_phase phases[] = { PHASE_IDLE, PHASE_ENDED };
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		fake->debugger.phase = phases[i];
		assert_fails(debugger_read_memory(&fake->debugger, 0x10000, &byte, 1, &size), ERROR_STATE, NULL);
		assert_fails(debugger_write_memory(&fake->debugger, 0x10000, &byte, 1, true, &size), ERROR_STATE, NULL);
		assert_int_equal(debugger_next_readable(&fake->debugger, 0x10000, 0x20000), 0x20000);
	}
	assert_int_equal(size, 99);
	fake->debugger.phase = PHASE_RUNNING;
	assert_null(debugger_read_memory(&fake->debugger, 0x10000, &byte, 1, &size));
	assert_int_equal(size, 1);
}

static void breakpoints_are_hidden_and_survive_writes(void **state)
{
	struct fake *fake = *state;
	uint8_t *raw = fake_map(fake, 0x10000, 4096, 0x90);
	uint8_t bytes[3];
	size_t size;
	assert_null(memory_patch(fake->debugger.space.memory, 0x10001, 0xcc));
	assert_null(debugger_read_memory(&fake->debugger, 0x10000, bytes, 3, &size));
	assert_memory_equal(bytes, "\x90\x90\x90", 3);
	assert_null(debugger_write_memory(&fake->debugger, 0x10000, "\x01\x02\x03", 3, false, &size));
	assert_memory_equal(raw, "\x01\xcc\x03", 3);
	assert_null(debugger_read_memory(&fake->debugger, 0x10000, bytes, 3, &size));
	assert_memory_equal(bytes, "\x01\x02\x03", 3);
}

static void writing_tells_the_listener_what_changed(void **state)
{
	struct fake *fake = *state;
	size_t written;
	fake_map(fake, 0x10000, 4096, 0);
	assert_null(debugger_write_memory(&fake->debugger, 0x10010, "abcd", 4, false, &written));
	assert_int_equal(written, 4);
	assert_int_equal(fake->changed_address, 0x10010);
	assert_int_equal(fake->changed_size, 4);
	assert_null(debugger_write_memory(&fake->debugger, 0x10010, "", 0, false, &written));
	assert_int_equal(written, 0);
	assert_int_equal(fake->changed_count, 1);
}

static void write_that_does_not_fit_changes_all_or_what_is_allowed(void **state)
{
	struct fake *fake = *state;
	uint8_t *raw = fake_map(fake, 0x10000, 4096, 0x55);
	size_t written = 99;
	assert_fails(debugger_write_memory(&fake->debugger, 0x10ffe, "abcd", 4, false, &written), ERROR_FAULT, NULL);
	assert_memory_equal(raw + 0xffe, "\x55\x55", 2);
	assert_int_equal(written, 99);
	assert_int_equal(fake->changed_count, 0);
	assert_null(debugger_write_memory(&fake->debugger, 0x10ffe, "abcd", 4, true, &written));
	assert_int_equal(written, 2);
	assert_memory_equal(raw + 0xffe, "ab", 2);
	assert_int_equal(fake->changed_size, 2);
	assert_fails(debugger_write_memory(&fake->debugger, 0x11000, "abcd", 4, true, &written), ERROR_FAULT, NULL);
}

static void failed_write_into_read_only_memory_is_undone(void **state)
{
	struct fake *fake = *state;
	uint8_t *raw = fake_map(fake, 0x10000, 4096, 0x55);
	size_t written;
	fake_map(fake, 0x11000, 4096, 0x66);
	fake->regions.items[1].is_read_only = true;
	assert_fails(debugger_write_memory(&fake->debugger, 0x10ffe, "abcd", 4, false, &written), ERROR_FAULT, "nothing was changed");
	assert_memory_equal(raw + 0xffe, "\x55\x55", 2);
}

static void next_readable_address_is_the_start_of_the_next_mapping(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, 0x40000, 4096, 0);
	assert_int_equal(debugger_next_readable(&fake->debugger, 0x10010, 0x80000), 0x40000);
	assert_int_equal(debugger_next_readable(&fake->debugger, 0x40010, 0x80000), 0x40010);
	assert_int_equal(debugger_next_readable(&fake->debugger, 0x41000, 0x80000), 0x80000);
	assert_int_equal(debugger_next_readable(&fake->debugger, 0x10010, 0x30000), 0x30000);
	assert_int_equal(debugger_next_readable(&fake->debugger, UINT64_MAX - 10, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(reads_up_to_the_first_hole),
		TEST(there_is_no_memory_before_launch_or_after_the_end),
		TEST(breakpoints_are_hidden_and_survive_writes),
		TEST(writing_tells_the_listener_what_changed),
		TEST(write_that_does_not_fit_changes_all_or_what_is_allowed),
		TEST(failed_write_into_read_only_memory_is_undone),
		TEST(next_readable_address_is_the_start_of_the_next_mapping),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

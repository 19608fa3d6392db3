#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/target/memory.h"

// A debuggee with one mapping [BASE, BASE + sizeof(bytes)) and counted transfers.
enum { BASE = 0x10000, SIZE = 5 * 4096 + 100 };

struct fake {
	uint8_t bytes[SIZE];
	uint64_t base;
	unsigned reads;
	size_t writable;   // from the start
	struct memory *memory;
};

static size_t fake_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct fake *fake = data;
	fake->reads++;
	uint64_t offset = address - fake->base;
	if (offset >= SIZE)
		return 0;
	size = size < SIZE - offset ? size : SIZE - offset;
	memcpy(bytes, fake->bytes + offset, size);
	return size;
}

static size_t fake_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct fake *fake = data;
	uint64_t offset = address - fake->base;
	if (offset >= fake->writable)
		return 0;
	size = size < fake->writable - offset ? size : fake->writable - offset;
	memcpy(fake->bytes + offset, bytes, size);
	return size;
}

static struct memory_io fake_io(struct fake *fake)
{
	return (struct memory_io){ .read = fake_read, .write = fake_write, .data = fake };
}

static int setup(void **state)
{
	struct fake *fake = test_calloc(1, sizeof(*fake));
	for (size_t i = 0; i < SIZE; i++)
		fake->bytes[i] = (uint8_t)(i % 251 + 1);
	fake->base = BASE;
	fake->writable = SIZE;
	fake->memory = memory_create(fake_io(fake));
	*state = fake;
	return 0;
}

static int teardown(void **state)
{
	struct fake *fake = *state;
	memory_destroy(fake->memory);
	test_free(fake);
	return 0;
}

static void assert_fault(struct error *error, uint64_t address)
{
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_FAULT);
	assert_int_equal(error->address, address);
	error_destroy(error);
}

static void reads_of_one_page_cost_one_transfer(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[16];
	for (uint64_t at = BASE; at < BASE + 4096; at += 16) {
		assert_null(memory_read(fake->memory, at, bytes, 16));
		assert_memory_equal(bytes, fake->bytes + (at - BASE), 16);
	}
	assert_int_equal(fake->reads, 1);
	fake->bytes[0]++;
	memory_forget(fake->memory);
	assert_null(memory_read(fake->memory, BASE, bytes, 1));
	assert_int_equal(bytes[0], fake->bytes[0]);
}

static void without_caching_every_read_sees_the_present(void **state)
{
	struct fake *fake = *state;
	uint8_t byte;
	assert_null(memory_read(fake->memory, BASE, &byte, 1));
	memory_set_caching(fake->memory, false);
	for (unsigned i = 0; i < 3; i++) {
		fake->bytes[0]++;
		assert_null(memory_read(fake->memory, BASE, &byte, 1));
		assert_int_equal(byte, fake->bytes[0]);
	}
}

static void more_pages_than_the_cache_holds_are_read(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[2];
	for (unsigned round = 0; round < 1000; round++) {
		fake->base = BASE + (uint64_t)round * 4096;
		assert_null(memory_read(fake->memory, fake->base + 10, bytes, 2));
		assert_memory_equal(bytes, fake->bytes + 10, 2);
	}
}

static void faults_name_the_first_unreadable_address(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[SIZE + 10];
	assert_fault(memory_read(fake->memory, BASE + SIZE - 3, bytes, 8), BASE + SIZE);
	assert_fault(memory_read(fake->memory, BASE, bytes, sizeof(bytes)), BASE + SIZE);
	assert_fault(memory_read(fake->memory, BASE - 2, bytes, 8), BASE - 2);
	assert_fault(memory_read(fake->memory, 0, bytes, 1), 0);
	assert_int_equal(memory_read_some(fake->memory, BASE + SIZE - 3, bytes, 8), 3);
	assert_memory_equal(bytes, fake->bytes + SIZE - 3, 3);
	assert_int_equal(memory_read_some(fake->memory, BASE, bytes, sizeof(bytes)), SIZE);
	assert_memory_equal(bytes, fake->bytes, SIZE);
}

static void mapping_that_starts_inside_a_page_is_readable(void **state)
{
	struct fake *fake = *state;
	fake->base = BASE + 0x800;
	uint8_t bytes[8];
	assert_null(memory_read(fake->memory, fake->base, bytes, 8));
	assert_memory_equal(bytes, fake->bytes, 8);
}

static void ranges_do_not_wrap_around_the_address_space(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[64] = { 0 };
	fake->base = -(uint64_t)SIZE;
	assert_int_equal(memory_read_some(fake->memory, UINT64_MAX - 7, bytes, 64), 8);
	assert_memory_equal(bytes, fake->bytes + SIZE - 8, 8);
	assert_int_equal(memory_write_some(fake->memory, UINT64_MAX - 7, bytes, 64), 8);
}

static void strings_cross_pages_and_end_at_nul(void **state)
{
	struct fake *fake = *state;
	_cleanup_str_ struct str text = STR_INIT;
	bool is_cut = true;
	fake->bytes[9000] = 0;
	assert_null(memory_read_string(fake->memory, BASE + 10, 100000, &text, &is_cut));
	assert_false(is_cut);
	assert_int_equal(text.length, 8990);
	assert_memory_equal(text.data, fake->bytes + 10, 8991);
}

static void strings_are_cut_at_the_limit_and_at_unreadable_memory(void **state)
{
	struct fake *fake = *state;
	_cleanup_str_ struct str text = STR_INIT;
	bool is_cut = false;
	fake->bytes[20] = 0;
	assert_null(memory_read_string(fake->memory, BASE, 20, &text, &is_cut));
	assert_true(is_cut);
	assert_int_equal(text.length, 20);
	assert_null(memory_read_string(fake->memory, BASE, 21, &text, &is_cut));
	assert_false(is_cut);
	assert_int_equal(text.length, 40);
	assert_null(memory_read_string(fake->memory, BASE + SIZE - 5, 100, &text, &is_cut));
	assert_true(is_cut);
	assert_int_equal(text.length, 45);
	assert_fault(memory_read_string(fake->memory, BASE + SIZE, 100, &text, NULL), BASE + SIZE);
	assert_int_equal(text.length, 45);
}

static void patches_are_hidden_from_reads(void **state)
{
	struct fake *fake = *state;
	uint8_t before[SIZE], bytes[SIZE];
	memcpy(before, fake->bytes, SIZE);
	const uint64_t offsets[] = { 4096, 0, 4095, 9000, SIZE - 1 };
	for (unsigned i = 0; i < 5; i++)
		assert_null(memory_patch(fake->memory, BASE + offsets[i], 0xcc));
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(fake->bytes[offsets[i]], 0xcc);
		assert_true(memory_is_patched(fake->memory, BASE + offsets[i]));
		assert_int_equal(memory_read_raw(fake->memory, BASE + offsets[i], bytes, 1), 1);
		assert_int_equal(bytes[0], 0xcc);
		assert_null(memory_read(fake->memory, BASE + offsets[i], bytes, 1));
		assert_int_equal(bytes[0], before[offsets[i]]);
	}
	assert_false(memory_is_patched(fake->memory, BASE + 1));
	assert_null(memory_read(fake->memory, BASE, bytes, SIZE));
	assert_memory_equal(bytes, before, SIZE);
	for (unsigned i = 0; i < 5; i++)
		assert_null(memory_unpatch(fake->memory, BASE + offsets[i]));
	assert_memory_equal(fake->bytes, before, SIZE);
}

static void writes_go_under_patches(void **state)
{
	struct fake *fake = *state;
	uint8_t bytes[16], wanted[16];
	memset(wanted, 0x5a, sizeof(wanted));
	assert_null(memory_read(fake->memory, BASE + 4090, bytes, 16));
	assert_null(memory_patch(fake->memory, BASE + 4092, 0xcc));
	assert_null(memory_patch(fake->memory, BASE + 4099, 0xcc));
	assert_null(memory_write(fake->memory, BASE + 4090, wanted, 16));
	assert_int_equal(fake->bytes[4092], 0xcc);
	assert_int_equal(fake->bytes[4099], 0xcc);
	assert_null(memory_read(fake->memory, BASE + 4090, bytes, 16));
	assert_memory_equal(bytes, wanted, 16);
	memory_forget(fake->memory);
	assert_null(memory_read(fake->memory, BASE + 4090, bytes, 16));
	assert_memory_equal(bytes, wanted, 16);
	assert_null(memory_unpatch(fake->memory, BASE + 4099));
	assert_null(memory_unpatch(fake->memory, BASE + 4092));
	assert_memory_equal(fake->bytes + 4090, wanted, 16);
}

static void short_writes_name_the_address_and_change_no_more(void **state)
{
	struct fake *fake = *state;
	uint8_t wanted[16] = { 0 }, byte;
	fake->writable = 4100;
	assert_null(memory_patch(fake->memory, BASE + 4098, 0xcc));
	assert_fault(memory_write(fake->memory, BASE + 4090, wanted, 16), BASE + 4100);
	assert_null(memory_read(fake->memory, BASE + 4098, &byte, 1));
	assert_int_equal(byte, 0);
	assert_null(memory_read(fake->memory, BASE + 4100, &byte, 1));
	assert_int_equal(byte, 4100 % 251 + 1);
	assert_fault(memory_patch(fake->memory, BASE + 4200, 0xcc), BASE + 4200);
	assert_false(memory_is_patched(fake->memory, BASE + 4200));
}

static void bytes_that_the_debuggee_wrote_over_a_patch_stay(void **state)
{
	struct fake *fake = *state;
	uint8_t byte;
	assert_null(memory_patch(fake->memory, BASE, 0xcc));
	fake->bytes[0] = 0x90;
	assert_null(memory_read(fake->memory, BASE, &byte, 1));
	assert_int_equal(byte, 0x90);
	assert_null(memory_unpatch(fake->memory, BASE));
	assert_int_equal(fake->bytes[0], 0x90);
}

static void patch_of_a_page_that_is_gone_is_forgotten(void **state)
{
	struct fake *fake = *state;
	assert_null(memory_patch(fake->memory, BASE, 0xcc));
	fake->base = BASE + 0x100000;
	assert_fault(memory_unpatch(fake->memory, BASE), BASE);
	assert_false(memory_is_patched(fake->memory, BASE));
}

static void copies_are_unpatched_and_dropped_patches_are_gone(void **state)
{
	struct fake *fake = *state, copy;
	assert_null(memory_patch(fake->memory, BASE + 7, 0xcc));
	memcpy(&copy, fake, sizeof(copy));
	memory_unpatch_copy(fake->memory, fake_io(&copy));
	assert_int_equal(copy.bytes[7], 8);
	assert_int_equal(fake->bytes[7], 0xcc);
	memory_drop_patches(fake->memory);
	uint8_t byte;
	assert_null(memory_read(fake->memory, BASE + 7, &byte, 1));
	assert_int_equal(byte, 0xcc);
	assert_false(memory_is_patched(fake->memory, BASE + 7));
}

// A fork copies the int3s; until its first stop is seen, the parent may have gone on and lost some of them.
static void copy_made_before_a_patch_was_lifted_is_unpatched(void **state)
{
	struct fake *fake = *state, copy;
	assert_null(memory_patch(fake->memory, BASE + 7, 0xcc));
	memcpy(&copy, fake, sizeof(copy));
	assert_null(memory_unpatch(fake->memory, BASE + 7));
	memory_unpatch_copy(fake->memory, fake_io(&copy));
	assert_int_equal(copy.bytes[7], 8);
	copy.bytes[7] = 0xcc;
	memory_forget_lifted(fake->memory);
	memory_unpatch_copy(fake->memory, fake_io(&copy));
	assert_int_equal(copy.bytes[7], 0xcc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(reads_of_one_page_cost_one_transfer),
		TEST(without_caching_every_read_sees_the_present),
		TEST(more_pages_than_the_cache_holds_are_read),
		TEST(faults_name_the_first_unreadable_address),
		TEST(mapping_that_starts_inside_a_page_is_readable),
		TEST(ranges_do_not_wrap_around_the_address_space),
		TEST(strings_cross_pages_and_end_at_nul),
		TEST(strings_are_cut_at_the_limit_and_at_unreadable_memory),
		TEST(patches_are_hidden_from_reads),
		TEST(writes_go_under_patches),
		TEST(short_writes_name_the_address_and_change_no_more),
		TEST(bytes_that_the_debuggee_wrote_over_a_patch_stay),
		TEST(patch_of_a_page_that_is_gone_is_forgotten),
		TEST(copies_are_unpatched_and_dropped_patches_are_gone),
		TEST(copy_made_before_a_patch_was_lifted_is_unpatched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

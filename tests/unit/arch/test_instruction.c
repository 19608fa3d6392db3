// Decoding, classification, targets, and decoding backwards.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/vec.h"
#include "engine/arch/instruction.h"
#include "tests/unit/arch/objdump.h"

enum { ADDRESS = 0x401000, INDIRECT = 1, RIP_RELATIVE = 2 };

static const struct {
	uint8_t length;
	enum instruction_class class;
	unsigned flags;
	uint64_t target;   // 0: none
	uint8_t bytes[INSTRUCTION_MAX];
} table[] = {
	{ 1, INSTRUCTION_OTHER, 0, 0, { 0x90 } },
	{ 1, INSTRUCTION_OTHER, 0, 0, { 0x55 } },
	{ 4, INSTRUCTION_OTHER, 0, 0, { 0xf3, 0x0f, 0x1e, 0xfa } },
	{ 7, INSTRUCTION_OTHER, RIP_RELATIVE, 0, { 0x48, 0x8d, 0x3d, 1, 2, 3, 4 } },
	{ 11, INSTRUCTION_OTHER, RIP_RELATIVE, 0, { 0x48, 0xc7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ 8, INSTRUCTION_OTHER, RIP_RELATIVE, 0, { 0xc5, 0xfc, 0x10, 0x05, 1, 2, 3, 4 } },
	{ 10, INSTRUCTION_OTHER, RIP_RELATIVE, 0, { 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x05, 1, 2, 3, 4 } },
	{ 8, INSTRUCTION_OTHER, 0, 0, { 0x48, 0x8b, 0x04, 0x25, 1, 2, 3, 4 } },   // absolute, not rip-relative
	{ 10, INSTRUCTION_OTHER, 0, 0, { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ 5, INSTRUCTION_CALL, 0, ADDRESS + 5 + 0x1000, { 0xe8, 0x00, 0x10, 0x00, 0x00 } },
	{ 6, INSTRUCTION_CALL, 0, ADDRESS + 6 - 2, { 0xf2, 0xe8, 0xfe, 0xff, 0xff, 0xff } },
	{ 2, INSTRUCTION_CALL, INDIRECT, 0, { 0xff, 0xd0 } },
	{ 6, INSTRUCTION_CALL, INDIRECT | RIP_RELATIVE, 0, { 0xff, 0x15, 1, 2, 3, 4 } },
	{ 2, INSTRUCTION_JUMP, 0, ADDRESS, { 0xeb, 0xfe } },
	{ 5, INSTRUCTION_JUMP, 0, ADDRESS + 5 - 5, { 0xe9, 0xfb, 0xff, 0xff, 0xff } },
	{ 3, INSTRUCTION_JUMP, INDIRECT, 0, { 0x3e, 0xff, 0xe0 } },
	{ 6, INSTRUCTION_JUMP, INDIRECT | RIP_RELATIVE, 0, { 0xff, 0x25, 1, 2, 3, 4 } },
	{ 2, INSTRUCTION_BRANCH, 0, ADDRESS + 2 + 0x10, { 0x74, 0x10 } },
	{ 6, INSTRUCTION_BRANCH, 0, ADDRESS + 6 + 0x100, { 0x0f, 0x8f, 0x00, 0x01, 0x00, 0x00 } },
	{ 2, INSTRUCTION_BRANCH, 0, ADDRESS + 2 + 0x10, { 0xe3, 0x10 } },
	{ 3, INSTRUCTION_BRANCH, 0, ADDRESS + 3 + 0x10, { 0x67, 0xe3, 0x10 } },
	{ 2, INSTRUCTION_BRANCH, 0, ADDRESS + 2 - 0x10, { 0xe0, 0xf0 } },
	{ 1, INSTRUCTION_RETURN, 0, 0, { 0xc3 } },
	{ 2, INSTRUCTION_RETURN, 0, 0, { 0xf3, 0xc3 } },
	{ 3, INSTRUCTION_RETURN, 0, 0, { 0xc2, 8, 0 } },
	{ 1, INSTRUCTION_OTHER, 0, 0, { 0xcb } },         // far
	{ 2, INSTRUCTION_OTHER, 0, 0, { 0xff, 0x18 } },   // far
	{ 2, INSTRUCTION_OTHER, 0, 0, { 0xff, 0x28 } },   // far
	{ 6, INSTRUCTION_OTHER, 0, 0, { 0xc7, 0xf8, 1, 0, 0, 0 } },   // xbegin
	{ 2, INSTRUCTION_SYSCALL, 0, 0, { 0x0f, 0x05 } },
	{ 2, INSTRUCTION_SYSCALL, 0, 0, { 0x0f, 0x34 } },
	{ 2, INSTRUCTION_SYSCALL, 0, 0, { 0xcd, 0x80 } },
	{ 2, INSTRUCTION_TRAP, 0, 0, { 0xcd, 0x03 } },
	{ 1, INSTRUCTION_TRAP, 0, 0, { 0xcc } },
	{ 1, INSTRUCTION_TRAP, 0, 0, { 0xf1 } },
	{ 1, INSTRUCTION_TRAP, 0, 0, { 0xf4 } },
	{ 2, INSTRUCTION_TRAP, 0, 0, { 0x0f, 0x0b } },
	{ 3, INSTRUCTION_TRAP, 0, 0, { 0x0f, 0x22, 0xd8 } },          // mov cr3, rax
	{ 1, INSTRUCTION_PUSHF, 0, 0, { 0x9c } },
	{ 2, INSTRUCTION_PUSHF, 0, 0, { 0x66, 0x9c } },
	{ 1, INSTRUCTION_POPF, 0, 0, { 0x9d } },
	{ 2, INSTRUCTION_POPF, 0, 0, { 0x48, 0xcf } },
};

static void lengths_classes_and_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct instruction instruction;
		assert_null(instruction_decode(table[i].bytes, INSTRUCTION_MAX, ADDRESS, &instruction));
		if (instruction.class != table[i].class || instruction.length != table[i].length)
			fprintf(stderr, "row %zu\n", i);
		assert_int_equal(instruction.length, table[i].length);
		assert_int_equal(instruction.class, table[i].class);
		assert_int_equal(instruction.is_indirect, (table[i].flags & INDIRECT) != 0);
		assert_int_equal(instruction.is_rip_relative, (table[i].flags & RIP_RELATIVE) != 0);
		assert_int_equal(instruction.has_target, table[i].target != 0);
		if (table[i].target)
			assert_int_equal(instruction.target, table[i].target);
		assert_memory_equal(instruction.bytes, table[i].bytes, table[i].length);
	}
}

static void what_is_cut_or_invalid_is_a_format_error(void **state)
{
	(void)state;
	static const uint8_t invalid[] = { 0x06 };
	for (size_t i = 0; i <= ARRAY_SIZE(table); i++) {
		struct instruction instruction = { .length = 77 };
		const uint8_t *bytes = i < ARRAY_SIZE(table) ? table[i].bytes : invalid;
		size_t size = i < ARRAY_SIZE(table) ? table[i].length - 1u : sizeof(invalid);
		_cleanup_error_ struct error *error = instruction_decode(bytes, size, ADDRESS, &instruction);
		assert_non_null(error);
		assert_int_equal(error->code, ERROR_FORMAT);
		assert_int_equal(instruction.length, 77);
	}
}

// .text of a real program and where objdump says that its instructions start.
struct text {
	VEC(uint8_t) bytes;
	VEC(uint64_t) starts;
};

static bool text_load(struct text *text, const char *program)
{
	struct objdump_line line;
	FILE *file = objdump_open(program);
	if (!file)
		return false;
	while (objdump_next(file, &line)) {
		*vec_push(&text->starts) = line.address;
		for (size_t i = 0; i < line.length; i++)
			*vec_push(&text->bytes) = line.bytes[i];
	}
	pclose(file);
	size_t count = text->starts.count;
	return count > 1000 && text->starts.items[count - 1] - text->starts.items[0] < text->bytes.count;
}

static void text_deinit(struct text *text)
{
	vec_deinit(&text->bytes);
	vec_deinit(&text->starts);
}

static const uint8_t *text_at(const struct text *text, uint64_t address)
{
	return text->bytes.items + (address - text->starts.items[0]);
}

static void boundaries_are_found_from_a_known_start(void **state)
{
	(void)state;
	struct text text = { VEC_INIT, VEC_INIT };
	if (!text_load(&text, "/bin/ls"))
		skip();
	const uint64_t *starts = text.starts.items;
	for (size_t i = 300; i < text.starts.count; i += 17) {
		uint64_t found[20];
		uint64_t start = starts[i - 40 - i % 200];
		size_t count = instruction_starts_before(text_at(&text, start), start, starts[i], found, 20);
		assert_int_equal(count, 20);
		assert_memory_equal(found, &starts[i - 20], sizeof(found));
	}
	uint64_t few[20];
	assert_int_equal(instruction_starts_before(text_at(&text, starts[5]), starts[5], starts[8], few, 20), 3);
	assert_memory_equal(few, &starts[5], 3 * sizeof(few[0]));
	assert_int_equal(instruction_starts_before(text_at(&text, starts[5]), starts[5], starts[5], few, 20), 0);
	assert_int_equal(instruction_starts_before(text_at(&text, starts[5]), starts[5], starts[8], few, 0), 0);
	text_deinit(&text);
}

// From any byte, also from inside an instruction: the code falls into step.
static void boundaries_are_found_from_anywhere_well_before(void **state)
{
	(void)state;
	struct text text = { VEC_INIT, VEC_INIT };
	if (!text_load(&text, "/bin/ls"))
		skip();
	const uint64_t *starts = text.starts.items;
	size_t total = 0, right = 0;
	for (size_t i = 300; i < text.starts.count; i += 7) {
		uint64_t found[10];
		uint64_t start = starts[i] - 150 - i % 64;
		size_t count = instruction_starts_before(text_at(&text, start), start, starts[i], found, 10);
		total++;
		right += count == 10 && memcmp(found, &starts[i - 10], sizeof(found)) == 0;
		assert_true(count == 10);
	}
	assert_true(total > 1000);
	assert_true(right * 1000 > total * 995);
	text_deinit(&text);
}

// So near that the sweep often runs past the address: then the most likely chain must be found.
static void boundaries_are_guessed_from_close_by(void **state)
{
	(void)state;
	struct text text = { VEC_INIT, VEC_INIT };
	if (!text_load(&text, "/bin/ls"))
		skip();
	const uint64_t *starts = text.starts.items;
	size_t total = 0, right = 0;
	for (size_t i = 300; i < text.starts.count; i++) {
		uint64_t found[2];
		uint64_t start = starts[i - 5] + 1;
		if (starts[i - 4] == start)
			continue;   // a boundary
		size_t count = instruction_starts_before(text_at(&text, start), start, starts[i], found, 2);
		total++;
		right += count == 2 && memcmp(found, &starts[i - 2], sizeof(found)) == 0;
	}
	assert_true(total > 1000);
	assert_true(right * 100 > total * 92);
	text_deinit(&text);
}

static void the_last_one_ends_at_the_address_even_in_garbage(void **state)
{
	(void)state;
	uint8_t bytes[200];
	uint32_t seed = 1;
	int found_some = 0;
	for (int round = 0; round < 300; round++) {
		uint64_t found[16];
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		size_t size = 1 + seed % sizeof(bytes);
		size_t count = instruction_starts_before(bytes, ADDRESS, ADDRESS + size, found, 16);
		assert_in_range(count, 0, 16);
		found_some += count > 0;
		for (size_t i = 0; i < count; i++) {
			struct instruction instruction;
			uint64_t end = i + 1 < count ? found[i + 1] : ADDRESS + size;
			size_t offset = found[i] - ADDRESS;
			assert_true(found[i] >= ADDRESS && found[i] < end);
			_cleanup_error_ struct error *error =
				instruction_decode(bytes + offset, size - offset, found[i], &instruction);
			assert_int_equal(end - found[i], error ? 1 : instruction.length);
		}
	}
	assert_true(found_some > 150);   // of 300: before many random places no instruction can end
}

static void straight_instructions_fall_through_in_one_go(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool is_straight;
	} rows[] = {
		{ "\x48\x89\xd8", 3, true },           // mov rax, rbx
		{ "\x55", 1, true },                    // push rbp
		{ "\xa4", 1, true },                    // movsb
		{ "\xf3\xa4", 2, false },               // rep movsb
		{ "\xf3\x0f\x10\x07", 4, true },        // movss xmm0, [rdi]: the same prefix, another meaning
		{ "\xcb", 1, false },                   // far ret
		{ "\xc7\xf8\0\0\0\0", 6, false },       // xbegin
		{ "\x74\x02", 2, false },               // je
		{ "\x0f\x05", 2, false },               // syscall
		{ "\xcc", 1, false },                   // int3
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct instruction instruction;
		assert_null(instruction_decode((const uint8_t *)rows[i].bytes, rows[i].size, 0x1000, &instruction));
		assert_int_equal(instruction.is_straight, rows[i].is_straight);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight_instructions_fall_through_in_one_go),
		cmocka_unit_test(lengths_classes_and_targets),
		cmocka_unit_test(what_is_cut_or_invalid_is_a_format_error),
		cmocka_unit_test(boundaries_are_found_from_a_known_start),
		cmocka_unit_test(boundaries_are_found_from_anywhere_well_before),
		cmocka_unit_test(boundaries_are_guessed_from_close_by),
		cmocka_unit_test(the_last_one_ends_at_the_address_even_in_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

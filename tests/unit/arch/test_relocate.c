// Relocation, checked by doing: the original and the moved bytes run on the processor with the same input, and all
// registers, flags, xmm registers and memory must come out equal.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "engine/arch/instruction.h"
#include "tests/unit/arch/native.h"

// An opcode with a ModRM byte. digit: the opcode extension in its reg field, or -1 if any register may stand there.
struct encoding {
	uint8_t mandatory;   // 66, f2, f3 that selects the instruction, or 0
	uint8_t escape;      // 0: one byte; 0x0f: two bytes
	uint8_t opcode;
	int8_t digit;
	uint8_t immediate;   // bytes; 4 is cut to 2 by a 66 prefix
	bool memory_only;
	bool fixed_size;     // no 66 prefix for this one
};

static const struct encoding encodings[] = {
	{ .opcode = 0x00, .digit = -1 }, { .opcode = 0x01, .digit = -1 }, { .opcode = 0x02, .digit = -1 },
	{ .opcode = 0x03, .digit = -1 }, { .opcode = 0x0b, .digit = -1 }, { .opcode = 0x11, .digit = -1 },
	{ .opcode = 0x13, .digit = -1 }, { .opcode = 0x1b, .digit = -1 }, { .opcode = 0x21, .digit = -1 },
	{ .opcode = 0x23, .digit = -1 }, { .opcode = 0x29, .digit = -1 }, { .opcode = 0x2b, .digit = -1 },
	{ .opcode = 0x31, .digit = -1 }, { .opcode = 0x33, .digit = -1 }, { .opcode = 0x39, .digit = -1 },
	{ .opcode = 0x3b, .digit = -1 }, { .opcode = 0x63, .digit = -1 }, { .opcode = 0x84, .digit = -1 },
	{ .opcode = 0x85, .digit = -1 }, { .opcode = 0x87, .digit = -1 }, { .opcode = 0x88, .digit = -1 },
	{ .opcode = 0x89, .digit = -1 }, { .opcode = 0x8a, .digit = -1 }, { .opcode = 0x8b, .digit = -1 },
	{ .opcode = 0x8d, .digit = -1, .memory_only = true },
	{ .opcode = 0x69, .digit = -1, .immediate = 4 }, { .opcode = 0x6b, .digit = -1, .immediate = 1 },
	{ .opcode = 0x80, .digit = 0, .immediate = 1 }, { .opcode = 0x80, .digit = 7, .immediate = 1 },
	{ .opcode = 0x81, .digit = 0, .immediate = 4 }, { .opcode = 0x81, .digit = 1, .immediate = 4 },
	{ .opcode = 0x81, .digit = 2, .immediate = 4 }, { .opcode = 0x81, .digit = 3, .immediate = 4 },
	{ .opcode = 0x81, .digit = 4, .immediate = 4 }, { .opcode = 0x81, .digit = 5, .immediate = 4 },
	{ .opcode = 0x81, .digit = 6, .immediate = 4 }, { .opcode = 0x81, .digit = 7, .immediate = 4 },
	{ .opcode = 0x83, .digit = 0, .immediate = 1 }, { .opcode = 0x83, .digit = 5, .immediate = 1 },
	{ .opcode = 0x83, .digit = 7, .immediate = 1 }, { .opcode = 0xc0, .digit = 4, .immediate = 1 },
	{ .opcode = 0xc1, .digit = 0, .immediate = 1 }, { .opcode = 0xc1, .digit = 5, .immediate = 1 },
	{ .opcode = 0xc1, .digit = 7, .immediate = 1 }, { .opcode = 0xd1, .digit = 4 }, { .opcode = 0xd3, .digit = 1 },
	{ .opcode = 0xc6, .digit = 0, .immediate = 1 }, { .opcode = 0xc7, .digit = 0, .immediate = 4 },
	{ .opcode = 0xf6, .digit = 0, .immediate = 1 }, { .opcode = 0xf7, .digit = 0, .immediate = 4 },
	{ .opcode = 0xf7, .digit = 2 }, { .opcode = 0xf7, .digit = 3 }, { .opcode = 0xf7, .digit = 4 },
	{ .opcode = 0xf7, .digit = 5 }, { .opcode = 0xfe, .digit = 0 }, { .opcode = 0xff, .digit = 0 },
	{ .opcode = 0xff, .digit = 1 }, { .opcode = 0xff, .digit = 6 }, { .opcode = 0x8f, .digit = 0, .memory_only = true },
	{ .escape = 0x0f, .opcode = 0x44, .digit = -1 }, { .escape = 0x0f, .opcode = 0x4f, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0x92, .digit = 0 }, { .escape = 0x0f, .opcode = 0x9e, .digit = 0 },
	{ .escape = 0x0f, .opcode = 0xa4, .digit = -1, .immediate = 1 }, { .escape = 0x0f, .opcode = 0xaf, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0xb0, .digit = -1 }, { .escape = 0x0f, .opcode = 0xb1, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0xb6, .digit = -1 }, { .escape = 0x0f, .opcode = 0xb7, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0xba, .digit = 4, .immediate = 1 }, { .escape = 0x0f, .opcode = 0xba, .digit = 7, .immediate = 1 },
	{ .escape = 0x0f, .opcode = 0xbd, .digit = -1 }, { .escape = 0x0f, .opcode = 0xbe, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0xbf, .digit = -1 }, { .escape = 0x0f, .opcode = 0xc1, .digit = -1 },
	{ .escape = 0x0f, .opcode = 0x1f, .digit = 0 },
	{ .escape = 0x0f, .opcode = 0x10, .digit = -1, .fixed_size = true },
	{ .escape = 0x0f, .opcode = 0x11, .digit = -1, .fixed_size = true },
	{ .escape = 0x0f, .opcode = 0x28, .digit = -1, .fixed_size = true },
	{ .escape = 0x0f, .opcode = 0x57, .digit = -1, .fixed_size = true },
	{ .escape = 0x0f, .opcode = 0xc6, .digit = -1, .immediate = 1, .fixed_size = true },
	{ .mandatory = 0x66, .escape = 0x0f, .opcode = 0x6f, .digit = -1, .fixed_size = true },
	{ .mandatory = 0x66, .escape = 0x0f, .opcode = 0xfe, .digit = -1, .fixed_size = true },
	{ .mandatory = 0x66, .escape = 0x0f, .opcode = 0x70, .digit = -1, .immediate = 1, .fixed_size = true },
	{ .mandatory = 0x66, .escape = 0x0f, .opcode = 0xd6, .digit = -1, .fixed_size = true },
	{ .mandatory = 0xf2, .escape = 0x0f, .opcode = 0x10, .digit = -1, .fixed_size = true },
	{ .mandatory = 0xf2, .escape = 0x0f, .opcode = 0x2a, .digit = -1, .fixed_size = true },
	{ .mandatory = 0xf2, .escape = 0x0f, .opcode = 0x58, .digit = -1, .fixed_size = true },
	{ .mandatory = 0xf3, .escape = 0x0f, .opcode = 0x11, .digit = -1, .fixed_size = true },
	{ .mandatory = 0xf3, .escape = 0x0f, .opcode = 0x6f, .digit = -1, .fixed_size = true },
};

enum addressing { BY_RIP, BY_EIP, BY_BASE, BY_STACK, BY_REGISTER, ADDRESSING_COUNT };

static uint8_t *put_prefixes(const struct encoding *encoding, enum addressing addressing, unsigned size, uint8_t *to)
{
	if (addressing == BY_EIP)
		*to++ = 0x67;
	if (size == 2)
		*to++ = 0x66;
	if (encoding->mandatory)
		*to++ = encoding->mandatory;
	// REX.W, and REX.R where any register may stand (not for r8..r15 as a base: those are random numbers)
	uint8_t rex = (uint8_t)((size == 8 ? 0x48 : 0) | (encoding->digit < 0 && (random_u64() & 1) ? 0x44 : 0));
	if (rex)
		*to++ = rex;
	if (encoding->escape)
		*to++ = encoding->escape;
	*to++ = encoding->opcode;
	return to;
}

// Puts the instruction together at `to`, which is at `address`. Memory operands lie in the stage's data, 16-aligned.
static size_t assemble(const struct encoding *encoding, enum addressing addressing, unsigned size, const struct stage *stage,
		       const struct user_regs_struct *registers, uint64_t address, uint8_t *bytes)
{
	uint8_t *to = put_prefixes(encoding, addressing, size, bytes);
	unsigned reg = encoding->digit >= 0 ? (unsigned)encoding->digit : (unsigned)(random_u64() % 8);
	size_t immediate = encoding->immediate == 4 && size == 2 ? 2 : encoding->immediate;
	uint64_t operand = stage_address(stage, STAGE_DATA + 0x100 + random_u64() % 64 * 16);
	switch (addressing) {
	case BY_RIP:
	case BY_EIP: {
		*to++ = (uint8_t)(reg << 3 | 5);
		int32_t disp = (int32_t)(operand - (address + (uint64_t)(to + 4 - bytes) + immediate));
		memcpy(to, &disp, sizeof(disp));
		to += sizeof(disp);
		break;
	}
	case BY_BASE: {   // [rbx+disp32]
		*to++ = (uint8_t)(0x80 | reg << 3 | 3);
		int32_t disp = (int32_t)(operand - registers->rbx);
		memcpy(to, &disp, sizeof(disp));
		to += sizeof(disp);
		break;
	}
	case BY_STACK:   // [rsp+disp8]
		*to++ = (uint8_t)(0x40 | reg << 3 | 4);
		*to++ = 0x24;
		*to++ = 0x40;
		break;
	default:   // a register, not rsp
		*to++ = (uint8_t)(0xc0 | reg << 3 | (random_u64() & 3));
	}
	for (size_t i = 0; i < immediate; i++)
		*to++ = (uint8_t)random_u64();
	return (size_t)(to - bytes);
}

static void assert_same_outcome(struct native_result *expected, struct native_result *actual)
{
	assert_int_equal(expected->signal, SIGTRAP);
	assert_int_equal(actual->signal, SIGTRAP);
	assert_memory_equal(&expected->registers, &actual->registers, sizeof(expected->registers));
	assert_memory_equal(expected->xmm, actual->xmm, XMM_SIZE);
}

// Runs the bytes at their address and then from `slot`.
static void compare_runs(struct stage *stage, const uint8_t *bytes, size_t length, uint8_t *slot,
			 const struct user_regs_struct *registers)
{
	static uint8_t after[2 * STAGE_PAGE];
	uint8_t xmm[XMM_SIZE];
	for (size_t i = 0; i < sizeof(xmm); i++)
		xmm[i] = (uint8_t)(i * 7 & 0x3f);
	uint8_t *code = (uint8_t *)(uintptr_t)registers->rip;
	memcpy(code, bytes, length);
	stage_reset(stage);
	struct native_result original = { .signal = 0 };
	native_run(registers, xmm, &original);
	memcpy(after, stage->base + STAGE_DATA, sizeof(after));

	struct instruction instruction;
	assert_null(instruction_decode(bytes, length, registers->rip, &instruction));
	assert_int_equal(instruction.length, length);
	uint8_t relocated[INSTRUCTION_SLOT_MAX];
	size_t body, size;
	assert_null(instruction_relocate(&instruction, (uint64_t)(uintptr_t)slot, relocated, &body, &size));
	assert_int_equal(body, length);
	assert_true(size <= INSTRUCTION_SLOT_MAX);
	memcpy(slot, relocated, size);
	stage_reset(stage);
	struct user_regs_struct moved = *registers;
	moved.rip = (uint64_t)(uintptr_t)slot;
	struct native_result result = { .signal = 0 };
	native_run(&moved, xmm, &result);
	assert_same_outcome(&original, &result);
	assert_memory_equal(stage->base + STAGE_DATA, after, sizeof(after));
	memset(code, 0xcc, length);
}

static uint64_t code_address(const struct stage *stage)
{
	return stage_address(stage, STAGE_CODE + 0x100 + random_u64() % 0x1000);
}

static size_t compare_encodings(struct stage *stage, uint8_t *slot, enum addressing addressing)
{
	static const unsigned sizes[] = { 2, 4, 8 };
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			const struct encoding *encoding = &encodings[i];
			if ((encoding->fixed_size && sizes[j] == 2) || (encoding->memory_only && addressing == BY_REGISTER))
				continue;
			uint8_t bytes[INSTRUCTION_MAX];
			struct user_regs_struct registers = stage_registers(stage, code_address(stage));
			size_t length = assemble(encoding, addressing, sizes[j], stage, &registers, registers.rip, bytes);
			if (encoding->fixed_size && addressing == BY_STACK)
				registers.rsp &= ~15ull;
			compare_runs(stage, bytes, length, slot, &registers);
			count++;
		}
	}
	return count;
}

static void relocated_code_does_what_the_original_does(void **state)
{
	(void)state;
	struct stage stage;
	assert_true(stage_init(&stage, 0));
	size_t count = 0;
	for (int round = 0; round < 3; round++)
		for (int addressing = 0; addressing < ADDRESSING_COUNT; addressing++)
			if (addressing != BY_EIP)
				count += compare_encodings(&stage, stage.base + STAGE_SLOT + random_u64() % 0x1000, addressing);
	assert_true(count > 1000);
	stage_deinit(&stage);
}

static void eip_relative_operands_are_found_from_low_slots(void **state)
{
	(void)state;
	struct stage stage;
	assert_true(stage_init(&stage, MAP_32BIT));
	assert_true(compare_encodings(&stage, stage.base + STAGE_SLOT, BY_EIP) > 200);
	assert_true(compare_encodings(&stage, stage.base + STAGE_SLOT, BY_RIP) > 200);
	stage_deinit(&stage);
}

static uint8_t *map_near(const uint8_t *base, int64_t distance)
{
	uint8_t *page = mmap((void *)((uintptr_t)base + (uintptr_t)distance), 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

static void slots_may_be_almost_two_gib_away(void **state)
{
	(void)state;
	struct stage stage;
	assert_true(stage_init(&stage, 0));
	uint8_t *slot = map_near(stage.base, -(INT64_C(0x7fff) << 16));
	if (!slot)
		skip();
	assert_true(compare_encodings(&stage, slot, BY_RIP) > 200);
	munmap(slot, 0x1000);
	stage_deinit(&stage);
}

// Whole instructions without a ModRM byte, or with prefixes that the table does not make.
static void instructions_without_operands_run_from_a_slot(void **state)
{
	(void)state;
	static const struct {
		uint8_t length;
		uint8_t bytes[INSTRUCTION_MAX];
	} table[] = {
		{ 1, { 0x90 } }, { 4, { 0xf3, 0x0f, 0x1e, 0xfa } }, { 1, { 0x55 } }, { 1, { 0x5d } }, { 2, { 0x41, 0x57 } },
		{ 1, { 0xc9 } }, { 1, { 0x98 } }, { 2, { 0x48, 0x98 } }, { 1, { 0x99 } }, { 2, { 0x48, 0x99 } }, { 1, { 0x9c } },
		{ 1, { 0x9e } }, { 1, { 0x9f } }, { 1, { 0xf8 } }, { 1, { 0xf9 } }, { 1, { 0xf5 } }, { 1, { 0x91 } },
		{ 2, { 0x48, 0x93 } }, { 5, { 0x68, 1, 2, 3, 4 } }, { 2, { 0x6a, 0xff } }, { 1, { 0xa4 } }, { 1, { 0xaa } },
		{ 2, { 0xf3, 0xa4 } }, { 3, { 0xf3, 0x48, 0xab } }, { 2, { 0xf2, 0xae } }, { 2, { 0xf3, 0xa6 } }, { 1, { 0xac } },
		{ 10, { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 } }, { 5, { 0xbe, 1, 2, 3, 4 } }, { 4, { 0x66, 0xbe, 1, 2 } },
		{ 5, { 0x05, 9, 8, 7, 6 } }, { 6, { 0x48, 0x3d, 9, 8, 7, 6 } }, { 4, { 0xc8, 0x10, 0, 0 } },
		{ 9, { 0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0 } },   // mov rax, fs:[0]
		{ 5, { 0xf0, 0x48, 0x0f, 0xc1, 0x03 } },               // lock xadd [rbx], rax
		{ 2, { 0x0f, 0xca } },
	};
	struct stage stage;
	assert_true(stage_init(&stage, 0));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct user_regs_struct registers = stage_registers(&stage, code_address(&stage));
		compare_runs(&stage, table[i].bytes, table[i].length, stage.base + STAGE_SLOT, &registers);
	}
	stage_deinit(&stage);
}

// The displacement stands at byte `at` and is followed by nothing.
static void compare_vector(struct stage *stage, uint8_t *bytes, size_t at)
{
	for (int i = 0; i < 20; i++) {
		struct user_regs_struct registers = stage_registers(stage, code_address(stage));
		uint64_t operand = stage_address(stage, STAGE_DATA + 0x100 + random_u64() % 64 * 16);
		int32_t disp = (int32_t)(operand - registers.rip - at - 4);
		memcpy(bytes + at, &disp, sizeof(disp));
		compare_runs(stage, bytes, at + 4, stage->base + STAGE_SLOT, &registers);
	}
}

static void vex_and_evex_operands_are_found(void **state)
{
	(void)state;
	struct stage stage;
	assert_true(stage_init(&stage, 0));
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx"))
		skip();
	compare_vector(&stage, (uint8_t[8]){ 0xc5, 0xf8, 0x10, 0x05 }, 4);         // vmovups xmm0, [rip+d]
	compare_vector(&stage, (uint8_t[8]){ 0xc5, 0xf8, 0x11, 0x1d }, 4);         // vmovups [rip+d], xmm3
	compare_vector(&stage, (uint8_t[9]){ 0xc4, 0xe1, 0x79, 0xfe, 0x05 }, 5);   // vpaddd xmm0, xmm0, [rip+d]
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
		compare_vector(&stage, (uint8_t[10]){ 0x62, 0xf1, 0x7c, 0x08, 0x10, 0x05 }, 6);   // vmovups xmm0, [rip+d]
		compare_vector(&stage, (uint8_t[10]){ 0x62, 0xf1, 0x7c, 0x48, 0x11, 0x1d }, 6);   // vmovups [rip+d], zmm3
	}
	stage_deinit(&stage);
}

static void expect_refusal(const uint8_t *bytes, size_t size, uint64_t slot)
{
	struct instruction instruction;
	uint8_t code[INSTRUCTION_SLOT_MAX];
	size_t body = 99, total = 99;
	assert_null(instruction_decode(bytes, size, 0x401000, &instruction));
	struct error *error = instruction_relocate(&instruction, slot, code, &body, &total);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_UNSUPPORTED);
	assert_int_equal(body, 99);
	assert_int_equal(total, 99);
	error_destroy(error);
}

static void what_must_be_emulated_or_traps_is_refused(void **state)
{
	(void)state;
	static const uint8_t table[][INSTRUCTION_MAX] = {
		{ 0xe8, 1, 2, 3, 4 }, { 0xeb, 5 }, { 0x74, 5 }, { 0xe3, 5 }, { 0xe2, 5 }, { 0xc3 }, { 0xc2, 8, 0 }, { 0xff, 0xd0 },
		{ 0xff, 0x25, 1, 2, 3, 4 }, { 0xcc }, { 0x0f, 0x0b }, { 0xf4 }, { 0xf1 }, { 0xcd, 3 }, { 0xff, 0x1b }, { 0xff, 0x2b },
	};
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		expect_refusal(table[i], INSTRUCTION_MAX, 0x500000);
}

static void an_operand_out_of_reach_is_refused(void **state)
{
	(void)state;
	const uint8_t lea[] = { 0x48, 0x8d, 0x3d, 0x00, 0x10, 0x00, 0x00 };
	struct instruction instruction;
	uint8_t slot[INSTRUCTION_SLOT_MAX];
	size_t body, size;
	assert_null(instruction_decode(lea, sizeof(lea), 0x401000, &instruction));
	// new displacement = 0x401000 + 0x1000 - slot: exactly the most negative one, and one less
	uint64_t farthest = 0x402000 + UINT64_C(0x80000000);
	assert_null(instruction_relocate(&instruction, farthest, slot, &body, &size));
	expect_refusal(lea, sizeof(lea), farthest + 1);
	expect_refusal(lea, sizeof(lea), UINT64_C(0x7f0000000000));
	assert_null(instruction_relocate(&instruction, 0x402000 - UINT64_C(0x7fffffff), slot, &body, &size));
	expect_refusal(lea, sizeof(lea), 0x402000 - UINT64_C(0x80000000));
}

static void xbegin_keeps_its_fallback_address(void **state)
{
	(void)state;
	const uint8_t xbegin[] = { 0xc7, 0xf8, 0x10, 0x00, 0x00, 0x00 };
	struct instruction instruction;
	uint8_t slot[INSTRUCTION_SLOT_MAX];
	size_t body, size;
	int32_t moved;
	assert_null(instruction_decode(xbegin, sizeof(xbegin), 0x401000, &instruction));
	assert_null(instruction_relocate(&instruction, 0x400000, slot, &body, &size));
	memcpy(&moved, slot + 2, sizeof(moved));
	assert_int_equal(moved, 0x1010);
}

int main(void)
{
	native_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relocated_code_does_what_the_original_does),
		cmocka_unit_test(eip_relative_operands_are_found_from_low_slots),
		cmocka_unit_test(slots_may_be_almost_two_gib_away),
		cmocka_unit_test(instructions_without_operands_run_from_a_slot),
		cmocka_unit_test(vex_and_evex_operands_are_found),
		cmocka_unit_test(what_must_be_emulated_or_traps_is_refused),
		cmocka_unit_test(an_operand_out_of_reach_is_refused),
		cmocka_unit_test(xbegin_keeps_its_fallback_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

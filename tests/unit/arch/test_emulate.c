// Emulation, compared with the processor: the same instruction, registers, flags and memory, once executed and once emulated.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/memory.h"
#include "engine/arch/instruction.h"
#include "tests/unit/arch/native.h"

static struct stage stage;      // anywhere
static struct stage low_stage;  // below 2 GiB, for 67 prefixes

static __thread uint64_t thread_words[64];   // reached through fs

static bool is_readable(uint64_t address, size_t size)
{
	const struct stage *stages[] = { &stage, &low_stage };
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		if (address >= stage_address(stages[i], 0) && address + size <= stage_address(stages[i], STAGE_SIZE))
			return true;
	uint64_t words = (uint64_t)(uintptr_t)thread_words;
	return address >= words && address + size <= words + sizeof(thread_words);
}

static struct error *read_memory(void *data, uint64_t address, void *bytes, size_t size)
{
	(void)data;
	if (!is_readable(address, size))
		return error_fault(address, "not mapped");
	memcpy(bytes, (const void *)(uintptr_t)address, size);
	return NULL;
}

static struct error *write_memory(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data;
	if (!is_readable(address, size))
		return error_fault(address, "not mapped");
	memcpy((void *)(uintptr_t)address, bytes, size);
	return NULL;
}

static const struct instruction_memory memory = { NULL, read_memory, write_memory };

static void print_case(const uint8_t *bytes, size_t length)
{
	fprintf(stderr, "instruction:");
	for (size_t i = 0; i < length; i++)
		fprintf(stderr, " %02x", bytes[i]);
	fprintf(stderr, "\n");
}

static void assert_registers(const struct user_regs_struct *expected, const struct user_regs_struct *actual, const uint8_t *bytes,
			     size_t length)
{
	if (memcmp(expected, actual, sizeof(*expected)) != 0)
		print_case(bytes, length);
	for (size_t i = 0; i < sizeof(*expected); i += 8)
		assert_memory_equal((const char *)expected + i, (const char *)actual + i, 8);
}

static struct user_regs_struct with_bases(struct user_regs_struct registers)
{
	syscall(SYS_arch_prctl, ARCH_GET_FS, &registers.fs_base);
	syscall(SYS_arch_prctl, ARCH_GET_GS, &registers.gs_base);
	return registers;
}

// The instruction at registers->rip in stage `on`. If the processor faults at the instruction itself, the emulator must
// answer with an error and change nothing.
static void compare(struct stage *on, const uint8_t *bytes, size_t length, const struct user_regs_struct *input)
{
	static uint8_t after[2 * STAGE_PAGE];
	static const uint8_t xmm[XMM_SIZE];
	uint8_t *code = (uint8_t *)(uintptr_t)input->rip;
	memcpy(code, bytes, length);
	stage_reset(on);
	struct native_result real = { .registers = with_bases((struct user_regs_struct){ 0 }) };
	native_run(input, xmm, &real);
	memcpy(after, on->base + STAGE_DATA, sizeof(after));

	struct instruction instruction;
	assert_null(instruction_decode(bytes, length, input->rip, &instruction));
	assert_int_equal(instruction.length, length);
	stage_reset(on);
	struct user_regs_struct registers = with_bases(*input);
	const struct user_regs_struct before = registers;
	bool done = false;
	uint64_t successor = 0;
	struct error *unknown = instruction_successor(&instruction, &registers, &memory, &successor);
	struct error *error = instruction_emulate(&instruction, &registers, &memory, &done);
	memset(code, 0xcc, length);
	if (!error)
		assert_null(unknown);
	error_destroy(unknown);
	if (real.signal != SIGTRAP && real.registers.rip == input->rip) {
		if (!error)
			print_case(bytes, length);
		assert_non_null(error);
		assert_int_equal(error->code, ERROR_FAULT);
		error_destroy(error);
		assert_registers(&before, &registers, bytes, length);
		assert_memory_equal(on->base + STAGE_DATA, on->memory, sizeof(on->memory));
		return;
	}
	if (error || !done)
		print_case(bytes, length);
	assert_null(error);
	assert_true(done);
	registers.eflags &= ~UINT64_C(0x10000);          // RF: a fault at the target sets it in the frame
	real.registers.eflags &= ~UINT64_C(0x10000);
	assert_registers(&real.registers, &registers, bytes, length);
	assert_memory_equal(on->base + STAGE_DATA, after, sizeof(after));
	assert_int_equal(successor, registers.rip);
}

static struct user_regs_struct registers_on(const struct stage *on)
{
	return stage_registers(on, stage_address(on, STAGE_CODE + 0x400 + random_u64() % 0x800));
}

static uint64_t landing(const struct stage *on)
{
	return stage_address(on, STAGE_SLOT + random_u64() % 0x1f00);
}

static void put_word(struct stage *on, uint64_t address, uint64_t value)
{
	memcpy(on->memory + (address - stage_address(on, STAGE_DATA)), &value, sizeof(value));
}

static size_t put_disp(uint8_t *bytes, size_t length, int32_t disp)
{
	memcpy(bytes + length, &disp, sizeof(disp));
	return length + sizeof(disp);
}

static void every_condition_with_random_flags(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16 * 64; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		uint8_t near[6] = { 0x0f, (uint8_t)(0x80 | (i & 15)) };
		uint8_t brief[2] = { (uint8_t)(0x70 | (i & 15)), (uint8_t)(random_u64() & 0x7f) };
		put_disp(near, 2, (int32_t)(random_u64() % 0x400));
		compare(&stage, near, sizeof(near), &registers);
		compare(&stage, brief, sizeof(brief), &registers);
	}
}

static void branch_taken_agrees_with_the_processor(void **state)
{
	(void)state;
	unsigned taken_count = 0;
	for (unsigned i = 0; i < 16 * 32; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		uint8_t bytes[2] = { (uint8_t)(0x70 | (i & 15)), 0x20 };
		uint8_t xmm[XMM_SIZE] = { 0 };
		struct native_result real = { .signal = 0 };
		struct instruction instruction;
		memcpy((void *)(uintptr_t)registers.rip, bytes, sizeof(bytes));
		native_run(&registers, xmm, &real);
		memset((void *)(uintptr_t)registers.rip, 0xcc, sizeof(bytes));
		assert_null(instruction_decode(bytes, sizeof(bytes), registers.rip, &instruction));
		bool taken = instruction_branch_taken(&instruction, &registers);
		assert_int_equal(taken, real.registers.rip == instruction.target);
		taken_count += taken;
	}
	assert_in_range(taken_count, 100, 412);
}

static void loops_and_jrcxz(void **state)
{
	(void)state;
	const uint64_t counts[] = { 0, 1, 2, 0x100000000, 0x100000001, 0xffffffff, UINT64_MAX };
	for (uint8_t opcode = 0xe0; opcode <= 0xe3; opcode++) {
		for (size_t i = 0; i < 4 * ARRAY_SIZE(counts); i++) {
			struct user_regs_struct registers = registers_on(&stage);
			registers.rcx = counts[i % ARRAY_SIZE(counts)];
			compare(&stage, (uint8_t[]){ opcode, 0x30 }, 2, &registers);
			compare(&stage, (uint8_t[]){ 0x67, opcode, 0x30 }, 3, &registers);
			compare(&stage, (uint8_t[]){ opcode, 0x90 }, 2, &registers);
		}
	}
}

static void direct_jumps_and_calls(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		uint8_t bytes[8] = { 0xe9 };
		put_disp(bytes, 1, (int32_t)(landing(&stage) - registers.rip - 5));
		compare(&stage, bytes, 5, &registers);
		bytes[0] = 0xe8;
		compare(&stage, bytes, 5, &registers);
		uint8_t prefixed[8] = { 0xf2, 0xe8 };   // bnd call
		put_disp(prefixed, 2, (int32_t)(landing(&stage) - registers.rip - 6));
		compare(&stage, prefixed, 6, &registers);
		uint8_t tls[8] = { 0x66, 0x48, 0xe8 };  // data16 rex.W call, as for __tls_get_addr
		put_disp(tls, 3, (int32_t)(landing(&stage) - registers.rip - 7));
		compare(&stage, tls, 7, &registers);
		compare(&stage, (uint8_t[]){ 0xeb, 0x44 }, 2, &registers);
	}
}

static void calls_and_jumps_through_registers(void **state)
{
	(void)state;
	for (unsigned reg = 0; reg < 16; reg++) {
		for (uint8_t digit = 2; digit <= 4; digit += 2) {
			struct user_regs_struct registers = registers_on(&stage);
			unsigned long long *const by_number[] = {
				&registers.rax, &registers.rcx, &registers.rdx, &registers.rbx, &registers.rsp, &registers.rbp,
				&registers.rsi, &registers.rdi, &registers.r8,	&registers.r9,	&registers.r10, &registers.r11,
				&registers.r12, &registers.r13, &registers.r14, &registers.r15,
			};
			uint8_t bytes[] = { (uint8_t)(0x40 | reg >> 3), 0xff, (uint8_t)(0xc0 | digit << 3 | (reg & 7)) };
			if (reg == 4)
				put_word(&stage, registers.rsp, UINT64_C(0xcccccccccccccccc));   // lands on the stack
			else
				*by_number[reg] = landing(&stage);
			compare(&stage, bytes, 3, &registers);
			if (reg == 4)
				continue;
			*by_number[reg] = UINT64_C(0x123456789abcdef0);   // not canonical: faults at the branch
			compare(&stage, bytes, 3, &registers);
		}
	}
}

static void calls_and_jumps_through_memory(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		uint8_t modrm = i & 1 ? 0x20 : 0x10;
		struct user_regs_struct registers = registers_on(&stage);
		uint64_t word = stage_address(&stage, STAGE_DATA + 0x200);
		put_word(&stage, word, landing(&stage));
		uint8_t by_rip[6] = { 0xff, (uint8_t)(modrm | 5) };
		put_disp(by_rip, 2, (int32_t)(word - registers.rip - 6));
		compare(&stage, by_rip, 6, &registers);
		uint8_t by_base[6] = { 0xff, (uint8_t)(0x80 | modrm | 3) };
		put_disp(by_base, 2, (int32_t)(word - registers.rbx));
		compare(&stage, by_base, 6, &registers);
		uint8_t by_index[8] = { 0x42, 0xff, (uint8_t)(0x80 | modrm | 4), 0xc3 };   // [rbx+r8*8+disp]
		registers.r8 = random_u64() % 16;
		put_disp(by_index, 4, (int32_t)(word - registers.rbx - 8 * registers.r8));
		compare(&stage, by_index, 8, &registers);
		put_word(&stage, registers.rsp + 16, landing(&stage));
		compare(&stage, (uint8_t[]){ 0xff, (uint8_t)(0x40 | modrm | 4), 0x24, 16 }, 4, &registers);
		registers.rbx = 16;   // nothing is mapped there
		compare(&stage, (uint8_t[]){ 0xff, (uint8_t)(modrm | 3) }, 2, &registers);
	}
}

static void address_size_prefix_cuts_addresses(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		uint8_t modrm = i & 1 ? 0x20 : 0x10;
		struct user_regs_struct registers = registers_on(&low_stage);
		uint64_t word = stage_address(&low_stage, STAGE_DATA + 0x200);
		put_word(&low_stage, word, landing(&low_stage));
		uint8_t by_eip[7] = { 0x67, 0xff, (uint8_t)(modrm | 5) };
		put_disp(by_eip, 3, (int32_t)(word - registers.rip - 7));
		compare(&low_stage, by_eip, 7, &registers);
		registers.rax = word | UINT64_C(0x1234567800000000);
		compare(&low_stage, (uint8_t[]){ 0x67, 0xff, modrm }, 3, &registers);
	}
}

static void segment_bases_count(void **state)
{
	(void)state;
	struct user_regs_struct registers = with_bases(registers_on(&stage));
	thread_words[5] = landing(&stage);
	int32_t disp = (int32_t)((uint64_t)(uintptr_t)&thread_words[5] - registers.fs_base);
	uint8_t through_fs[8] = { 0x64, 0xff, 0x14, 0x25 };
	put_disp(through_fs, 4, disp);
	compare(&stage, through_fs, 8, &registers);
	through_fs[2] = 0x24;
	compare(&stage, through_fs, 8, &registers);

	syscall(SYS_arch_prctl, ARCH_SET_GS, stage_address(&stage, STAGE_DATA));
	put_word(&stage, stage_address(&stage, STAGE_DATA + 0x340), landing(&stage));
	registers.rax = 0x300;
	compare(&stage, (uint8_t[]){ 0x65, 0xff, 0x50, 0x40 }, 4, &registers);
	compare(&stage, (uint8_t[]){ 0x65, 0xff, 0x60, 0x40 }, 4, &registers);
	compare(&stage, (uint8_t[]){ 0x65, 0x48, 0x8d, 0x50, 0x40 }, 5, &registers);   // lea looks at no segment
	syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
}

static void returns(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		put_word(&stage, registers.rsp, i % 8 ? landing(&stage) : UINT64_C(0x8000000000001234));
		compare(&stage, (uint8_t[]){ 0xc3 }, 1, &registers);
		compare(&stage, (uint8_t[]){ 0xf3, 0xc3 }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0xf2, 0xc3 }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0xc2, (uint8_t)(random_u64() & 0xf8), 1 }, 3, &registers);
		compare(&stage, (uint8_t[]){ 0xc2, 0xff, 0xff }, 3, &registers);
	}
}

// Where 66 counts (AMD), the target has 16 bits and nothing can be mapped there: the processor faults behind the branch.
static void operand_size_prefix_before_transfers(void **state)
{
	(void)state;
	struct user_regs_struct registers = registers_on(&stage);
	registers.rax = landing(&stage);
	put_word(&stage, registers.rsp, landing(&stage));
	put_word(&stage, registers.rbx, landing(&stage));
	compare(&stage, (uint8_t[]){ 0x66, 0xff, 0xe0 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xff, 0xd0 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xff, 0x23 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xff, 0x13 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xc3 }, 2, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xc2, 8, 0 }, 4, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0xeb, 0x10 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0x48, 0xc3 }, 3, &registers);
	for (uint8_t condition = 0x70; condition < 0x80; condition++)
		compare(&stage, (uint8_t[]){ 0x66, condition, 0x10 }, 3, &registers);
	for (uint8_t opcode = 0xe0; opcode <= 0xe3; opcode++)
		compare(&stage, (uint8_t[]){ 0x66, opcode, 0x10 }, 3, &registers);
}

static void operand_size_prefix_before_direct_transfers(void **state)
{
	(void)state;
	struct instruction instruction;
	const uint8_t call[] = { 0x66, 0xe8, 0x10, 0x20, 0x00, 0x00 };   // four or six bytes long
	struct user_regs_struct registers = registers_on(&stage);
	assert_null(instruction_decode(call, sizeof(call), registers.rip, &instruction));
	compare(&stage, call, instruction.length, &registers);
	const uint8_t jump[] = { 0x66, 0xe9, 0x10, 0x20, 0x00, 0x00 };
	compare(&stage, jump, instruction.length, &registers);
}

static void pushes_and_pops(void **state)
{
	(void)state;
	for (uint8_t reg = 0; reg < 8; reg++) {
		struct user_regs_struct registers = registers_on(&stage);
		const uint8_t push = (uint8_t)(0x50 | reg), pop = (uint8_t)(0x58 | reg);
		compare(&stage, (uint8_t[]){ push }, 1, &registers);
		compare(&stage, (uint8_t[]){ 0x41, push }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0x66, push }, 2, &registers);
		compare(&stage, (uint8_t[]){ pop }, 1, &registers);
		compare(&stage, (uint8_t[]){ 0x41, pop }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0x66, pop }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0xff, (uint8_t)(0xf0 | reg) }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0x8f, (uint8_t)(0xc0 | reg) }, 2, &registers);
		registers.rsp = 8;
		compare(&stage, (uint8_t[]){ push }, 1, &registers);
		compare(&stage, (uint8_t[]){ pop }, 1, &registers);
	}
}

static void moves_between_registers(void **state)
{
	(void)state;
	static const uint8_t opcodes[] = { 0x88, 0x89, 0x8a, 0x8b };
	static const uint8_t prefixes[] = { 0x00, 0x66, 0x40, 0x41, 0x44, 0x48, 0x4d };
	for (int i = 0; i < 600; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		uint8_t bytes[3] = { prefixes[random_u64() % ARRAY_SIZE(prefixes)], opcodes[random_u64() % 4],
				     (uint8_t)(0xc0 | random_u64()) };
		bool has_prefix = bytes[0] != 0;
		compare(&stage, bytes + !has_prefix, has_prefix ? 3 : 2, &registers);
	}
}

static void effective_addresses(void **state)
{
	(void)state;
	static const uint8_t prefixes[] = { 0x66, 0x40, 0x43, 0x48, 0x4f, 0x49 };
	for (int i = 0; i < 600; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		// 67 or 3e (ignored), prefix, lea, ModRM with any SIB and disp8 or disp32
		uint8_t bytes[10] = { i & 1 ? 0x67 : 0x3e, prefixes[random_u64() % ARRAY_SIZE(prefixes)], 0x8d };
		bytes[3] = (uint8_t)((i & 2 ? 0x40 : 0x80) | (random_u64() & 0x38) | 4);
		bytes[4] = (uint8_t)random_u64();
		put_disp(bytes, 5, (int32_t)random_u64());
		compare(&stage, bytes, i & 2 ? 6 : 9, &registers);
		bytes[3] = (uint8_t)((random_u64() & 0x38) | 5);   // rip-relative
		put_disp(bytes, 4, (int32_t)random_u64());
		compare(&stage, bytes, 8, &registers);
	}
}

static void frames_are_set_up_and_left(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct user_regs_struct registers = registers_on(&stage);
		uint8_t modrm = i & 1 ? 0xec : 0xc4;   // sub rsp / add rsp
		compare(&stage, (uint8_t[]){ 0xc9 }, 1, &registers);
		compare(&stage, (uint8_t[]){ 0x66, 0xc9 }, 2, &registers);
		compare(&stage, (uint8_t[]){ 0x48, 0x83, modrm, (uint8_t)random_u64() }, 4, &registers);
		uint8_t wide[7] = { 0x48, 0x81, modrm };
		put_disp(wide, 3, (int32_t)random_u64());
		compare(&stage, wide, 7, &registers);
		registers.rsp = 0x10;
		compare(&stage, (uint8_t[]){ 0x48, 0x83, modrm, 0x10 }, 4, &registers);   // to zero: no borrow
		registers.rsp = i % 3 == 0 ? 0x10 : i % 3 == 1 ? (uint64_t)INT64_MIN + 8 : UINT64_MAX - 4;
		compare(&stage, (uint8_t[]){ 0x48, 0x83, modrm, (uint8_t)random_u64() }, 4, &registers);
	}
}

static void nops_go_on(void **state)
{
	(void)state;
	struct user_regs_struct registers = registers_on(&stage);
	compare(&stage, (uint8_t[]){ 0x90 }, 1, &registers);
	compare(&stage, (uint8_t[]){ 0xf3, 0x0f, 0x1e, 0xfa }, 4, &registers);
	compare(&stage, (uint8_t[]){ 0x0f, 0x1f, 0x00 }, 3, &registers);
	compare(&stage, (uint8_t[]){ 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 }, 10, &registers);
}

static void other_instructions_are_left_to_the_processor(void **state)
{
	(void)state;
	static const uint8_t table[][INSTRUCTION_MAX] = {
		{ 0x0f, 0x05 }, { 0xcc }, { 0x9c }, { 0x9d }, { 0x48, 0x8b, 0x03 }, { 0x48, 0x89, 0x03 }, { 0x01, 0xd8 }, { 0x83, 0xec, 8 },
		{ 0xff, 0x33 }, { 0x6a, 0 }, { 0xff, 0x1b }, { 0xff, 0x2b }, { 0xcb }, { 0x0f, 0xa0 }, { 0x8c, 0xd8 }, { 0x48, 0xcf },
	};
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct user_regs_struct registers = registers_on(&stage);
		const struct user_regs_struct before = registers;
		struct instruction instruction;
		bool done = true;
		assert_null(instruction_decode(table[i], INSTRUCTION_MAX, registers.rip, &instruction));
		assert_null(instruction_emulate(&instruction, &registers, &memory, &done));
		assert_false(done);
		assert_memory_equal(&before, &registers, sizeof(before));
	}
}

static int set_up(void **state)
{
	(void)state;
	return stage_init(&stage, 0) && stage_init(&low_stage, MAP_32BIT) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	stage_deinit(&stage);
	stage_deinit(&low_stage);
	return 0;
}

int main(void)
{
	native_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_condition_with_random_flags),
		cmocka_unit_test(branch_taken_agrees_with_the_processor),
		cmocka_unit_test(loops_and_jrcxz),
		cmocka_unit_test(direct_jumps_and_calls),
		cmocka_unit_test(calls_and_jumps_through_registers),
		cmocka_unit_test(calls_and_jumps_through_memory),
		cmocka_unit_test(address_size_prefix_cuts_addresses),
		cmocka_unit_test(segment_bases_count),
		cmocka_unit_test(returns),
		cmocka_unit_test(operand_size_prefix_before_transfers),
		cmocka_unit_test(operand_size_prefix_before_direct_transfers),
		cmocka_unit_test(pushes_and_pops),
		cmocka_unit_test(moves_between_registers),
		cmocka_unit_test(effective_addresses),
		cmocka_unit_test(frames_are_set_up_and_left),
		cmocka_unit_test(nops_go_on),
		cmocka_unit_test(other_instructions_are_left_to_the_processor),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

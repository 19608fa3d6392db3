#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/unwind/snapshot.h"

static void snapshot_of(struct snapshot *snapshot, const char *command)
{
	snapshot_open(snapshot, command);
	assert_false(snapshot_read(snapshot, "end"));
	snapshot_load(snapshot);
}

static const struct frame *next_physical(struct unwinder *unwinder, size_t *index)
{
	const struct frame *frame;
	while ((frame = unwinder_frame(unwinder, (*index)++)) && frame->is_inlined)
		;
	return frame;
}

// The nth frame that is no inlined copy.
static const struct frame *physical(struct unwinder *unwinder, size_t n)
{
	size_t index = 0;
	const struct frame *frame;
	do
		frame = next_physical(unwinder, &index);
	while (frame && n--);
	return frame;
}

// Every return address that libgcc's unwinder found in the process itself, in order, and no frame more.
static void assert_same_chain(struct snapshot *snapshot)
{
	struct unwinder *unwinder = unwinder_create(snapshot->modules, snapshot->memory, &snapshot->registers);
	size_t index = 0, i = 0;
	uint64_t wanted;
	assert_non_null(next_physical(unwinder, &index));
	for (; snapshot_expects(snapshot, "chain", i, &wanted); i++) {
		const struct frame *frame = next_physical(unwinder, &index);
		assert_non_null(frame);
		assert_int_equal(frame->pc, wanted);
		assert_false(frame->is_artificial);
	}
	assert_true(i > 12);
	assert_null(next_physical(unwinder, &index));
	unwinder_destroy(unwinder);
}

static void omitted_frame_pointers_alloca_qsort_and_handler_on_its_own_stack(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls 10");
	assert_same_chain(&snapshot);
	snapshot_close(&snapshot);
}

static void functions_with_frame_pointer(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls-fp 10");
	assert_same_chain(&snapshot);
	snapshot_close(&snapshot);
}

static void exceptions_thrown_through_templates_and_lambdas(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_throws");
	assert_same_chain(&snapshot);
	snapshot_close(&snapshot);
}

static void signal_frame_gives_all_registers_and_exact_pc_of_the_interrupted(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls 3");
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	const struct frame *frame = NULL;
	unsigned signals = 0;
	for (size_t i = 0; (frame = unwinder_frame(unwinder, i)); i++) {
		if (!frame->is_signal_frame)
			continue;
		const struct frame *interrupted = unwinder_frame(unwinder, i + 1);
		assert_non_null(interrupted);
		assert_int_equal(interrupted->lookup_pc, interrupted->pc);
		assert_int_equal(interrupted->registers.known, (1u << DWARF_REGISTER_COUNT) - 1);
		assert_int_not_equal(interrupted->registers.saved_at[0], 0);
		signals++;
	}
	assert_int_equal(signals, 1);
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

static void saved_registers_say_where_they_are(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls-fp 5");
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	const struct frame *frame = physical(unwinder, 1);
	assert_non_null(frame);
	const int saved[] = { DWARF_RBP, DWARF_RIP };
	for (unsigned i = 0; i < 2; i++) {
		uint64_t value;
		assert_true(frame->registers.known >> saved[i] & 1);
		assert_null(memory_read(snapshot.memory, frame->registers.saved_at[saved[i]], &value, 8));
		assert_int_equal(value, frame->registers.value[saved[i]]);
	}
	assert_int_equal(frame->registers.value[DWARF_RSP], unwinder_frame(unwinder, 0)->cfa);
	for (int i = 0; i < 12; i++)   // caller-saved: rax rdx rcx rsi rdi r8-r11
		if (i != 3 && i != DWARF_RBP && i != DWARF_RSP)
			assert_false(frame->registers.known >> i & 1);
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

// `recurse` (and main behind it) must be found depth + 1 times; without CFI nobody else can say more.
static void assert_recursion(const char *program, unsigned depth, bool is_unwindable_elsewhere)
{
	struct snapshot snapshot;
	snapshot_of(&snapshot, program);
	uint64_t recurse = 0;
	assert_true(snapshot_expects(&snapshot, "recurse", 0, &recurse));
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	unsigned found = 0, artificial = 0;
	size_t count = unwinder_count(unwinder, 1000);
	for (size_t i = 0; i < count; i++) {
		const struct frame *frame = unwinder_frame(unwinder, i);
		found += frame->lookup_pc >= recurse && frame->lookup_pc - recurse < 110;
		artificial += frame->is_artificial;
	}
	assert_int_equal(found, depth + 1);
	assert_int_equal(artificial, 0);
	assert_true(!is_unwindable_elsewhere || count > depth + 10);
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

static void call_frame_information_in_debug_frame_alone(void **state)
{
	(void)state;
	assert_recursion(PROGRAMS_DIR "/unwind_calls-debugframe 7", 7, true);
}

static void frame_pointers_without_call_frame_information(void **state)
{
	(void)state;
	assert_recursion(PROGRAMS_DIR "/unwind_calls-nocfi 7", 7, true);
}

static void hundred_thousand_frames(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, "ulimit -s 65536; exec " PROGRAMS_DIR "/unwind_calls 100000");
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	bool is_complete;
	assert_int_equal(unwinder_count(unwinder, 20), 20);
	assert_true(unwinder_known(unwinder, &is_complete) < 40);
	assert_false(is_complete);
	size_t count = unwinder_count(unwinder, 1000000);
	assert_true(count > 100010 && count < 100040);
	assert_int_equal(unwinder_known(unwinder, &is_complete), count);
	assert_true(is_complete);
	assert_null(unwinder_frame(unwinder, count));
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

static void call_through_null_comes_from_its_caller(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls 3");
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	const struct frame *frame = unwinder_frame(unwinder, 0);
	assert_non_null(frame);
	// As if frame 1 had called address 0 (or a bad one) instead of the function of frame 0.
	struct user_regs_struct registers = snapshot.registers;
	registers.rsp = frame->cfa - 8;
	uint64_t caller_pc = physical(unwinder, 1)->pc, caller_cfa = physical(unwinder, 1)->cfa;
	unwinder_destroy(unwinder);
	const uint64_t bad[] = { 0, 0x1234, 0xdead000000000000 };
	for (unsigned i = 0; i < 3; i++) {
		registers.rip = bad[i];
		unwinder = unwinder_create(snapshot.modules, snapshot.memory, &registers);
		assert_true(unwinder_frame(unwinder, 0)->is_artificial);
		assert_non_null(unwinder_frame(unwinder, 1));
		assert_int_equal(unwinder_frame(unwinder, 1)->pc, caller_pc);
		assert_int_equal(unwinder_frame(unwinder, 1)->cfa, caller_cfa);
		assert_false(unwinder_frame(unwinder, 1)->is_artificial);
		unwinder_destroy(unwinder);
	}
	snapshot_close(&snapshot);
}

// handler, signal frame, the bad pc, its caller, start_thread, clone: and that is all.
static void assert_bad_call_in_a_thread(const char *program)
{
	struct snapshot snapshot;
	snapshot_of(&snapshot, program);
	uint64_t caller = 0;
	assert_true(snapshot_expects(&snapshot, "caller", 0, &caller));
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	assert_true(physical(unwinder, 2) && physical(unwinder, 2)->is_signal_frame);
	const struct frame *bad = physical(unwinder, 3), *outer = physical(unwinder, 4);
	assert_true(bad && outer);
	assert_int_equal(bad->lookup_pc, bad->pc);
	assert_int_equal(bad->registers.known, (1u << DWARF_REGISTER_COUNT) - 1);
	assert_true(outer->pc > caller && outer->pc - caller < 100);
	assert_false(outer->is_artificial);
	assert_non_null(physical(unwinder, 6));
	assert_null(physical(unwinder, 7));
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

static void signal_in_a_call_through_null_in_a_thread(void **state)
{
	(void)state;
	assert_bad_call_in_a_thread(PROGRAMS_DIR "/unwind_bad_call");
}

static void signal_in_a_call_into_data(void **state)
{
	(void)state;
	assert_bad_call_in_a_thread(PROGRAMS_DIR "/unwind_bad_call-data");
}

static void signal_trampoline_without_call_frame_information(void **state)
{
	(void)state;
	assert_bad_call_in_a_thread(PROGRAMS_DIR "/unwind_bad_call-restorer");
}

static void caller_and_cfa_agree_with_the_frames(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls 3");
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	const struct frame *first = unwinder_frame(unwinder, 0);
	uint64_t cfa;
	assert_null(unwind_cfa(snapshot.modules, snapshot.memory, &snapshot.registers, &cfa));
	assert_int_equal(cfa, first->cfa);
	struct frame_registers registers;
	frame_registers_from_user(&registers, &snapshot.registers);
	bool is_signal;
	assert_null(unwind_caller(snapshot.modules, snapshot.memory, &registers, first->pc, true, &registers, &cfa, &is_signal));
	assert_false(is_signal);
	assert_int_equal(cfa, first->cfa);
	assert_int_equal(registers.value[DWARF_RIP], physical(unwinder, 1)->pc);
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

static void broken_stacks_end(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_of(&snapshot, PROGRAMS_DIR "/unwind_calls 30");
	unsigned seed = 1;
	for (unsigned round = 0; round < 300; round++) {
		struct user_regs_struct registers = snapshot.registers;
		for (unsigned i = 0; i < 200; i++) {
			size_t region = (size_t)rand_r(&seed) % snapshot.regions.count;
			struct snapshot_region *hit = &snapshot.regions.items[region];
			if (!hit->is_mapped && hit->size > 4096)
				((uint8_t *)hit->bytes)[((registers.rsp - hit->start) + (size_t)rand_r(&seed) % 4096) % hit->size] =
					(uint8_t)rand_r(&seed);
		}
		memory_forget(snapshot.memory);
		if (round % 3 == 0)
			registers.rip += (uint64_t)(rand_r(&seed) % 4096);
		if (round % 5 == 0)
			registers.rsp = (uint64_t)rand_r(&seed) << (round % 40);
		struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &registers);
		size_t count = unwinder_count(unwinder, 100000);
		assert_true(count >= 1 && count < 100000);
		unwinder_destroy(unwinder);
	}
	snapshot_close(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(omitted_frame_pointers_alloca_qsort_and_handler_on_its_own_stack),
		cmocka_unit_test(functions_with_frame_pointer),
		cmocka_unit_test(exceptions_thrown_through_templates_and_lambdas),
		cmocka_unit_test(signal_frame_gives_all_registers_and_exact_pc_of_the_interrupted),
		cmocka_unit_test(saved_registers_say_where_they_are),
		cmocka_unit_test(call_frame_information_in_debug_frame_alone),
		cmocka_unit_test(frame_pointers_without_call_frame_information),
		cmocka_unit_test(hundred_thousand_frames),
		cmocka_unit_test(call_through_null_comes_from_its_caller),
		cmocka_unit_test(signal_in_a_call_through_null_in_a_thread),
		cmocka_unit_test(signal_in_a_call_into_data),
		cmocka_unit_test(signal_trampoline_without_call_frame_information),
		cmocka_unit_test(caller_and_cfa_agree_with_the_frames),
		cmocka_unit_test(broken_stacks_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/unwind/snapshot.h"

static const int callee_saved[] = { 3, DWARF_RBP, DWARF_RSP, 12, 13, 14, 15 };

struct main_frame {
	uint64_t start, cfa;
	struct frame_registers registers;   // as they were when main's own code ran last
	bool has_run;
	bool is_all_known;                  // callee-saved registers must be recovered, not only be right where they are
};

static bool has_registers_of_main(const struct main_frame *wanted, const struct frame_registers *registers)
{
	for (unsigned i = 0; i < ARRAY_SIZE(callee_saved); i++) {
		int number = callee_saved[i];
		bool is_known = registers->known >> number & 1;
		if (is_known ? registers->value[number] != wanted->registers.value[number] : wanted->is_all_known)
			return false;
	}
	return true;
}

// Is there a frame with main's CFA, a pc in main and the registers that main had?
static bool reaches_main(struct snapshot *snapshot, struct main_frame *wanted)
{
	struct unwinder *unwinder = unwinder_create(snapshot->modules, snapshot->memory, &snapshot->registers);
	bool is_found = false;
	const struct frame *frame;
	for (size_t i = 0; i < 50 && !is_found && (frame = unwinder_frame(unwinder, i)); i++) {
		is_found = frame->cfa == wanted->cfa && frame->lookup_pc - wanted->start < 1000 && !frame->is_artificial;
		if (is_found && i == 0) {
			wanted->registers = frame->registers;
			wanted->has_run = true;
		}
		if (is_found && wanted->has_run)
			is_found = has_registers_of_main(wanted, &frame->registers);
	}
	unwinder_destroy(unwinder);
	return is_found;
}

// This step's stack is the last region but those of the files, which were made at the first step.
static void forget_stack(struct snapshot *snapshot)
{
	for (size_t i = snapshot->regions.count; i--;) {
		if (snapshot->regions.items[i].start == snapshot->registers.rsp - 256) {
			free((void *)snapshot->regions.items[i].bytes);
			vec_remove(&snapshot->regions, i);
			return;
		}
	}
}

static void main_is_reached_from_every_instruction(const char *program, unsigned minimum, bool is_all_known)
{
	struct snapshot snapshot;
	snapshot_open(&snapshot, program);
	struct main_frame wanted = { .is_all_known = is_all_known };
	unsigned steps = 0, lost = 0;
	while (snapshot_read(&snapshot, "memory")) {
		if (!snapshot.registers.rip)
			continue;   // the vdso comes before the first step
		if (!snapshot.modules)
			snapshot_load(&snapshot);
		memory_forget(snapshot.memory);
		assert_true(snapshot_expects(&snapshot, "main", 0, &wanted.start) && snapshot_expects(&snapshot, "cfa", 0, &wanted.cfa));
		steps++;
		if (!reaches_main(&snapshot, &wanted)) {
			lost++;
			_cleanup_str_ struct str text = STR_INIT;
			modules_symbolise(snapshot.modules, snapshot.registers.rip, &text);
			print_message("lost at 0x%llx %s\n", snapshot.registers.rip, str_text(&text));
		}
		forget_stack(&snapshot);
	}
	assert_true(wanted.has_run);
	assert_true(steps > minimum);
	assert_int_equal(lost, 0);
	snapshot_close(&snapshot);
}

static void lazily_bound_plt_and_libc(void **state)
{
	(void)state;
	main_is_reached_from_every_instruction(PROGRAMS_DIR "/unwind_steps", 1000, true);
}

static void plt_sec_with_branch_targets(void **state)
{
	(void)state;
	main_is_reached_from_every_instruction(PROGRAMS_DIR "/unwind_steps-now", 200, true);
}

static void static_program(void **state)
{
	(void)state;
	main_is_reached_from_every_instruction(PROGRAMS_DIR "/unwind_steps-static", 200, true);
}

static void frame_pointers_without_call_frame_information_even_in_the_plt(void **state)
{
	(void)state;
	main_is_reached_from_every_instruction(PROGRAMS_DIR "/unwind_steps-nocfi", 1000, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lazily_bound_plt_and_libc),
		cmocka_unit_test(plt_sec_with_branch_targets),
		cmocka_unit_test(static_program),
		cmocka_unit_test(frame_pointers_without_call_frame_information_even_in_the_plt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

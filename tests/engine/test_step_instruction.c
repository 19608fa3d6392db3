// Instruction steps: what the trap flag must not change, and the instructions that are more than one step.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/session.h"

#define ASSEMBLY_C SOURCE_DIR "/tests/programs/step_assembly.c"
#define STEPS_C SOURCE_DIR "/tests/programs/steps.c"

static uint64_t address_of(struct session *session, const char *symbol)
{
	char expression[64];
	snprintf(expression, sizeof(expression), "(unsigned long)&%s", symbol);
	return strtoull(session_value(session, expression), NULL, 0);
}

static void begin(struct session *session)
{
	session_begin_at(session, PROGRAM("step_assembly"), ASSEMBLY_C, "// first");
}

static void break_at(struct session *session, uint64_t address)
{
	struct breakpoint_spec spec = { .address = address };
	struct breakpoint_info info;
	assert_null(debugger_set_instruction_breakpoints(session->debugger, &spec, address ? 1 : 0, &info));
}

// Stops at the symbol; its site stays there or not.
static void run_to(struct session *session, const char *symbol, bool keeps_site)
{
	break_at(session, address_of(session, symbol));
	session_continue(session);
	assert_int_equal(session->stop.reason, STOP_INSTRUCTION_BREAKPOINT);
	if (!keeps_site)
		break_at(session, 0);
}

static void step_instruction(struct session *session, enum step_kind kind, const char *symbol)
{
	session_step(session, kind, STEP_INSTRUCTION);
	assert_int_equal(session->stop.reason, STOP_STEP);
	assert_int_equal(session->stop.pc, address_of(session, symbol));
}

// Every instruction with and without a breakpoint on it.
static void trap_flag_is_not_seen_by_the_program(void **state)
{
	(void)state;
	for (int keeps_site = 0; keeps_site < 2; keeps_site++) {
		struct session session;
		begin(&session);
		run_to(&session, "at_syscall", keeps_site);
		step_instruction(&session, STEP_IN, "after_syscall");
		assert_int_equal(strtoull(session_value(&session, "$r11"), NULL, 0) & 0x100, 0);
		assert_int_equal(strtoull(session_value(&session, "$rcx"), NULL, 0), address_of(&session, "after_syscall"));
		run_to(&session, "at_pushf", keeps_site);
		step_instruction(&session, STEP_IN, "after_pushf");
		run_to(&session, "at_popf", keeps_site);
		step_instruction(&session, STEP_IN, "after_popf");
		break_at(&session, 0);
		session_continue_to_exit(&session);
		assert_string_equal(session.out.data, "0 0 source\n");
		session_deinit(&session);
	}
}

static void repeated_instruction_is_a_step_in_each_round_and_one_step_over(void **state)
{
	(void)state;
	for (int keeps_site = 0; keeps_site < 2; keeps_site++) {
		struct session session;
		begin(&session);
		run_to(&session, "at_movs", keeps_site);
		step_instruction(&session, STEP_OVER, "after_movs");
		assert_string_equal(session_value(&session, "$rcx"), "0x0");
		session_deinit(&session);
	}
	struct session session;
	begin(&session);
	run_to(&session, "at_movs", false);
	step_instruction(&session, STEP_IN, "at_movs");
	assert_string_equal(session_value(&session, "$rcx"), "0x3f");
	session_deinit(&session);
}

static void call_is_entered_stepped_over_and_returned_from(void **state)
{
	struct session session;
	(void)state;
	begin(&session);
	session_break_line(&session, ASSEMBLY_C, line_of(ASSEMBLY_C, "calls plain"), NULL, NULL, NULL);
	session_continue(&session);
	uint64_t entry = address_of(&session, "plain");
	unsigned line = session_line(&session, 0);
	for (int i = 0; i < 10 && session.stop.pc != entry; i++)
		session_step(&session, STEP_IN, STEP_INSTRUCTION);
	assert_int_equal(session.stop.pc, entry);
	for (int i = 0; i < 5; i++)
		session_step(&session, STEP_IN, STEP_INSTRUCTION);   // the last one is the return
	assert_string_equal(session_function(&session, 0), "main");
	assert_true(session_line(&session, 0) >= line);
	session_deinit(&session);
}

static void function_without_line_information_is_stepped_over(void **state)
{
	struct session session;
	(void)state;
	begin(&session);
	session_break_line(&session, ASSEMBLY_C, line_of(ASSEMBLY_C, "calls plain"), NULL, NULL, NULL);
	session_continue(&session);
	session_step(&session, STEP_IN, STEP_LINE);
	assert_int_equal(session_line(&session, 0), line_of(ASSEMBLY_C, "// prints"));
	session_deinit(&session);
}

static void next_goes_over_a_system_call_in_its_line(void **state)
{
	struct session session;
	(void)state;
	begin(&session);
	session_step(&session, STEP_OVER, STEP_LINE);
	session_step(&session, STEP_OVER, STEP_LINE);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session_line(&session, 0), line_of(ASSEMBLY_C, "before copy"));
	session_continue_to_exit(&session);
	assert_string_equal(session.out.data, "0 0 source\n");
	session_deinit(&session);
}

static void every_instruction_of_the_program_can_be_stepped_from_the_first_on(void **state)
{
	struct session session;
	struct launch_spec spec = { .program = PROGRAM("steps-static"), .disable_aslr = true, .stop_on_entry = true };
	(void)state;
	session_init(&session);
	session_launch_spec(&session, &spec);
	session_start(&session);
	session_wait_stop(&session);
	for (int i = 0; i < 2000; i++) {
		session_step(&session, STEP_IN, STEP_INSTRUCTION);
		assert_int_equal(session.stop.reason, STOP_STEP);
	}
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 0);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trap_flag_is_not_seen_by_the_program),
		cmocka_unit_test(repeated_instruction_is_a_step_in_each_round_and_one_step_over),
		cmocka_unit_test(call_is_entered_stepped_over_and_returned_from),
		cmocka_unit_test(function_without_line_information_is_stepped_over),
		cmocka_unit_test(next_goes_over_a_system_call_in_its_line),
		cmocka_unit_test(every_instruction_of_the_program_can_be_stepped_from_the_first_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Steps where control does not only go down and come back: contexts that hand it to each other, and signals faster than our stops.
#include "tests/engine/session.h"

#define CONTEXTS_C SOURCE_DIR "/tests/programs/step_contexts.c"
#define STORM_C SOURCE_DIR "/tests/programs/step_storm.c"

static void next_over_swapcontext_ends_in_the_same_context(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_contexts"), CONTEXTS_C, "// counts");
	session_step_to(&session, STEP_OVER, "circle", CONTEXTS_C, "// calls hand_on");
	session_step_to(&session, STEP_IN, "hand_on", CONTEXTS_C, "ucontext_t *next");
	session_step_to(&session, STEP_OVER, "hand_on", CONTEXTS_C, "// hands on");
	session_step_to(&session, STEP_OVER, "hand_on", CONTEXTS_C, "// is back");   // by way of the other and of main
	assert_string_equal(session_value(&session, "id"), "0");
	assert_string_equal(session_value(&session, "done"), "0");
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 3);
	session_deinit(&session);
}

// In the second round the other one, whose stack is next to ours, comes back to the same pc before us.
static void step_in_circle(enum step_kind kind, const char *from, const char *to)
{
	struct session session;
	session_begin_at(&session, PROGRAM("step_contexts"), CONTEXTS_C, "// starts a round");
	session_break_line(&session, CONTEXTS_C, line_of(CONTEXTS_C, from), "id == 0", "== 2", NULL);
	session_continue(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	session_clear_breakpoints(&session, CONTEXTS_C);
	session_step(&session, kind, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_STEP);
	assert_int_equal(session_line(&session, 0), line_of(CONTEXTS_C, to));
	assert_string_equal(session_value(&session, "id"), "0");
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 3);
	session_deinit(&session);
}

static void the_same_return_in_another_context_ends_no_step(void **state)
{
	(void)state;
	step_in_circle(STEP_OVER, "// hands on", "// is back");
	step_in_circle(STEP_OUT, "// hands on", "// counts again");   // the call is the last of its line
	step_in_circle(STEP_OVER, "// calls hand_on", "// counts again");
}

// It never comes back: the step ends with the program.
static void next_in_a_context_that_is_left_for_good_lets_the_program_run(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_contexts"), CONTEXTS_C, "// starts a round");
	session_break_line(&session, CONTEXTS_C, line_of(CONTEXTS_C, "// hands on"), "id == 1", "== 3", NULL);
	session_continue(&session);
	session.is_stopped = false;
	assert_null(debugger_step(session.debugger, session.stop.tid, STEP_OVER, STEP_LINE));
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 3);
	session_deinit(&session);
}

static void a_storm_of_signals_does_not_hold_steps_up(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_storm"), STORM_C, "// first");
	session_step_to(&session, STEP_OVER, "main", STORM_C, "// second");
	session_step_to(&session, STEP_IN, "work", STORM_C, "// begins");
	assert_string_equal(session_value(&session, "x"), "8");
	session_step_to(&session, STEP_OVER, "work", STORM_C, "// adds");
	session_step_to(&session, STEP_OVER, "work", STORM_C, "// loops");
	session_step_to(&session, STEP_OVER, "work", STORM_C, "// ends");
	assert_string_equal(session_value(&session, "sum"), "11");
	session_step_to(&session, STEP_OUT, "main", STORM_C, "// second");
	session_step_to(&session, STEP_OVER, "main", STORM_C, "// third");
	for (int i = 0; i < 20; i++) {
		session_step(&session, STEP_IN, STEP_INSTRUCTION);
		assert_int_equal(session.stop.reason, STOP_STEP);
		assert_string_not_equal(session_function(&session, 0), "tick");
	}
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 3);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_over_swapcontext_ends_in_the_same_context),
		cmocka_unit_test(the_same_return_in_another_context_ends_no_step),
		cmocka_unit_test(next_in_a_context_that_is_left_for_good_lets_the_program_run),
		cmocka_unit_test(a_storm_of_signals_does_not_hold_steps_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Steps of one thread among many, and steps in a storm of signals.
#include <stdlib.h>

#include "tests/engine/session.h"

#define SOURCE(name) SOURCE_DIR "/tests/programs/" name
#define THREADS_C SOURCE("step_threads.c")
#define SIGNALS_C SOURCE("step_signals.c")

static void one_thread_steps_through_code_that_twenty_others_run(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_threads"), THREADS_C, "calls shared");
	session_step_to(&session, STEP_IN, "shared", THREADS_C, "in shared");
	assert_string_equal(session_value(&session, "x"), "7");
	session_step_to(&session, STEP_OVER, "shared", THREADS_C, "middle of shared");
	session_step_to(&session, STEP_OVER, "shared", THREADS_C, "end of shared");
	assert_string_equal(session_value(&session, "result"), "14");
	session_step_to(&session, STEP_OUT, "main", THREADS_C, "calls shared");
	session_step_to(&session, STEP_OVER, "main", THREADS_C, "calls again");
	session_step_to(&session, STEP_IN, "shared", THREADS_C, "in shared");
	assert_string_equal(session_value(&session, "x"), "8");
	session_step(&session, STEP_OVER, STEP_STATEMENT);
	session_step(&session, STEP_OVER, STEP_INSTRUCTION);
	assert_string_equal(session_value(&session, "x"), "8");
	session_step_to(&session, STEP_OUT, "main", THREADS_C, "calls again");
	session_deinit(&session);
}

static void others_run_while_a_call_blocks(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_threads"), THREADS_C, "starts filler");
	session_step_to(&session, STEP_OVER, "main", THREADS_C, "// reads");
	session_step_to(&session, STEP_OVER, "main", THREADS_C, "joins filler");   // the filler has to run
	session_step_to(&session, STEP_OVER, "main", THREADS_C, "// over");
	session_step(&session, STEP_OVER, STEP_LINE);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session_line(&session, 0), line_of(THREADS_C, "others[i], NULL);	// joins"));
	session_step(&session, STEP_OVER, STEP_LINE);   // one of them is joined
	session_continue_to_exit(&session);
	assert_string_equal(session.out.data, "30 x\n");
	session_deinit(&session);
}

static void breakpoint_of_another_thread_ends_the_step(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_threads"), THREADS_C, "// reads");
	pid_t tid = session.stop.tid;
	session_break_line(&session, THREADS_C, line_of(THREADS_C, "// fills"), NULL, NULL, NULL);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_not_equal(session.stop.tid, tid);
	assert_string_equal(session_function(&session, 0), "fill");
	// The step is over: main does not stop behind its line.
	session_clear_breakpoints(&session, THREADS_C);
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void step_out_of_a_threads_start_function_lets_the_program_run(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_threads"), THREADS_C, "end of fill");
	session_step(&session, STEP_OVER, STEP_LINE);
	session.is_stopped = false;
	assert_null(debugger_step(session.debugger, session.stop.tid, STEP_OVER, STEP_LINE));
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 0);
	session_deinit(&session);
}

static void step_of_a_thread_that_waits_in_a_system_call_leads_out_of_it(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_threads"), THREADS_C, "// fills");
	pid_t filler = session.stop.tid;
	session_break_line(&session, THREADS_C, line_of(THREADS_C, "joins filler"), NULL, NULL, NULL);
	session.stop.tid = session.pid;   // main, in read (2)
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.tid, session.pid);
	assert_int_not_equal(session.stop.tid, filler);
	assert_string_equal(session_function(&session, 0), "main");
	session_continue_to_exit(&session);
	assert_string_equal(session.out.data, "30 x\n");   // the interrupted call was restarted
	session_deinit(&session);
}

// ---- signals ------------------------------------------------------------------------------------------------------------

static void steps_go_on_through_handlers(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_signals"), SIGNALS_C, "// first");
	session_step_to(&session, STEP_OVER, "main", SIGNALS_C, "// second");
	session_step_to(&session, STEP_IN, "work", SIGNALS_C, "in work");
	assert_string_equal(session_value(&session, "x"), "2");
	session_step_to(&session, STEP_OVER, "work", SIGNALS_C, "one line loop");
	session_step_to(&session, STEP_OVER, "work", SIGNALS_C, "end of work");
	assert_string_equal(session_value(&session, "x"), "2");
	session_step_to(&session, STEP_OUT, "main", SIGNALS_C, "// second");
	session_step_to(&session, STEP_OVER, "main", SIGNALS_C, "// third");
	session_step_to(&session, STEP_IN, "work", SIGNALS_C, "in work");
	assert_string_equal(session_value(&session, "x"), "3");
	session_step_to(&session, STEP_OUT, "main", SIGNALS_C, "// third");
	session_step_to(&session, STEP_IN, "work", SIGNALS_C, "in work");
	assert_string_equal(session_value(&session, "x"), "4");
	session_step_to(&session, STEP_OUT, "main", SIGNALS_C, "// third");
	session_step_to(&session, STEP_OVER, "main", SIGNALS_C, "// spins");
	session_step_to(&session, STEP_OVER, "main", SIGNALS_C, "// nops");
	session_step_to(&session, STEP_OVER, "main", SIGNALS_C, "// ends");
	assert_true(atoi(session_value(&session, "ticks")) > 0);
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 0);
	session_deinit(&session);
}

static void instruction_steps_go_on_through_handlers(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_signals"), SIGNALS_C, "// first");
	session_step_to(&session, STEP_IN, "work", SIGNALS_C, "in work");   // not the handler's
	for (int i = 0; i < 300; i++) {
		session_step(&session, STEP_IN, STEP_INSTRUCTION);
		assert_int_equal(session.stop.reason, STOP_STEP);
		assert_string_not_equal(session_function(&session, 0), "tick");
	}
	session_deinit(&session);
}

static void statement_steps_go_on_through_handlers(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_signals"), SIGNALS_C, "// first");
	session_step_to(&session, STEP_IN, "work", SIGNALS_C, "in work");   // not the handler's
	session_step(&session, STEP_OVER, STEP_STATEMENT);
	for (int i = 0; i < 12; i++) {
		session_step(&session, STEP_IN, STEP_STATEMENT);
		assert_string_equal(session_function(&session, 0), "work");
		assert_string_equal(session_value(&session, "x"), "1");
		assert_int_equal(session_line(&session, 0), line_of(SIGNALS_C, "one line loop"));
	}
	session_deinit(&session);
}

static void breakpoint_in_a_handler_ends_the_step(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_signals"), SIGNALS_C, "// spins");
	int id = session_break_line(&session, SIGNALS_C, line_of(SIGNALS_C, "in tick"), NULL, NULL, NULL);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(session.stop.breakpoint_ids[0], id);
	assert_string_equal(session_function(&session, 0), "tick");
	session_clear_breakpoints(&session, SIGNALS_C);
	session_step_to(&session, STEP_OVER, "tick", SIGNALS_C, "tick works");
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_steps_through_code_that_twenty_others_run),
		cmocka_unit_test(others_run_while_a_call_blocks),
		cmocka_unit_test(breakpoint_of_another_thread_ends_the_step),
		cmocka_unit_test(step_out_of_a_threads_start_function_lets_the_program_run),
		cmocka_unit_test(step_of_a_thread_that_waits_in_a_system_call_leads_out_of_it),
		cmocka_unit_test(steps_go_on_through_handlers),
		cmocka_unit_test(instruction_steps_go_on_through_handlers),
		cmocka_unit_test(statement_steps_go_on_through_handlers),
		cmocka_unit_test(breakpoint_in_a_handler_ends_the_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Launch, stops and the end of real processes.
#include "tests/engine/session.h"

#define STEPS_C SOURCE_DIR "/tests/programs/steps.c"

static void program_runs_to_its_end_and_reports_its_exit_code(void **state)
{
	struct session session;
	static const char *const arguments[] = { "7", NULL };
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("exits_with_code"), arguments);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 7);
	assert_int_equal(session.signo, 0);
	session_deinit(&session);
}

static void entry_stop_is_at_the_first_instruction(void **state)
{
	struct session session;
	struct launch_spec spec = { .program = PROGRAM("steps"), .disable_aslr = true, .stop_on_entry = true };
	(void)state;
	session_init(&session);
	session_launch_spec(&session, &spec);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_ENTRY);
	assert_string_equal(session_function(&session, 0), "_start");
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void line_breakpoint_stops_where_it_is_set(void **state)
{
	struct session session;
	unsigned line = line_of(STEPS_C, "in twice");
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("steps"), NULL);
	int id = session_break_line(&session, STEPS_C, line, NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(session.stop.breakpoint_ids[0], id);
	assert_string_equal(session_function(&session, 0), "twice");
	assert_int_equal(session_line(&session, 0), line);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_runs_to_its_end_and_reports_its_exit_code),
		cmocka_unit_test(entry_stop_is_at_the_first_instruction),
		cmocka_unit_test(line_breakpoint_stops_where_it_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

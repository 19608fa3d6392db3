// SIGKILL at any moment, and the end of the debugger in any phase: the end is told once, nothing hangs, nothing is left.
#include "tests/engine/child.h"

#define SPINS_C SOURCE_DIR "/tests/programs/spins.c"
#define PASSES_C SOURCE_DIR "/tests/programs/stops_passes.c"

static void assert_nothing_left(pid_t pid)
{
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void run_spins(struct session *session)
{
	session_init(session);
	session_launch(session, PROGRAM("spins"), NULL);
	session_start(session);
	while (!strstr(str_text(&session->out), "ready"))
		loop_turn(session->loop);
}

static void finish_killed(struct session *session)
{
	while (!session->has_ended)
		loop_turn(session->loop);
	assert_int_equal(session->signo, SIGKILL);
	pid_t pid = session->pid;
	session_deinit(session);
	assert_nothing_left(pid);
}

static void killed_while_running(void **state)
{
	struct session session;
	(void)state;
	run_spins(&session);
	kill(session.pid, SIGKILL);
	finish_killed(&session);
}

static void killed_while_stopped(void **state)
{
	struct session session;
	(void)state;
	run_spins(&session);
	assert_null(debugger_pause(session.debugger, 0));
	session_wait_stop(&session);
	kill(session.pid, SIGKILL);
	finish_killed(&session);
}

static void killed_while_stopping(void **state)
{
	struct session session;
	(void)state;
	run_spins(&session);
	kill(session.pid, SIGKILL);
	assert_null(debugger_pause(session.debugger, 0));
	finish_killed(&session);
}

static void killed_before_a_resume_that_does_not_know_it(void **state)
{
	struct session session;
	(void)state;
	run_spins(&session);
	assert_null(debugger_pause(session.debugger, 0));
	session_wait_stop(&session);
	kill(session.pid, SIGKILL);
	assert_null(debugger_continue(session.debugger));
	finish_killed(&session);
}

static void killed_before_a_step(void **state)
{
	struct session session;
	(void)state;
	run_spins(&session);
	assert_null(debugger_pause(session.debugger, 0));
	session_wait_stop(&session);
	kill(session.pid, SIGKILL);
	struct error *error = debugger_step(session.debugger, session.pid, STEP_OVER, STEP_LINE);
	error_destroy(error);
	finish_killed(&session);
}

static void killed_in_a_storm_of_steps(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct session session;
		run_spins(&session);
		session_break_line(&session, SPINS_C, line_of(SPINS_C, "// turns"), NULL, NULL, NULL);
		session_wait_stop(&session);
		for (int i = 0; i < round; i++)
			session_step(&session, STEP_OVER, i % 2 ? STEP_LINE : STEP_INSTRUCTION);
		session.is_stopped = false;
		assert_null(debugger_step(session.debugger, session.stop.tid, STEP_OVER, STEP_LINE));
		kill(session.pid, SIGKILL);
		finish_killed(&session);
	}
}

static void killed_in_a_storm_of_hits(void **state)
{
	static const char *const arguments[] = { "8", "1000000", NULL };
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct session session;
		session_init(&session);
		session_launch(&session, PROGRAM("stops_passes"), arguments);
		session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), "sum < 0", NULL, NULL);
		session_start(&session);
		for (int i = 0; i < 50 + round * 7; i++)
			loop_turn(session.loop);
		kill(session.pid, SIGKILL);
		finish_killed(&session);
	}
}

static void killed_in_a_syscall_stop(void **state)
{
	struct debugger_catches catches = { .syscall_entry = true, .syscall_entry_set = "write" };
	const char *filter;
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("makes_syscalls"), NULL);
	assert_null(debugger_set_catches(session.debugger, &catches, &filter));
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_SYSCALL);
	kill(session.pid, SIGKILL);
	finish_killed(&session);
}

static void killed_while_detaching(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct session session;
		run_spins(&session);
		session.is_done = false;
		kill(session.pid, SIGKILL);
		session_detach(&session);
		while (!session.has_ended && debugger_state(session.debugger) != DEBUGGER_ENDED)
			loop_turn(session.loop);
		pid_t pid = session.pid;
		session_deinit(&session);
		waitpid(pid, NULL, 0);
	}
}

static void kill_request_ends_a_stopped_program(void **state)
{
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("spins"), NULL);
	debugger_kill(session.debugger);
	finish_killed(&session);
}

static void destroying_the_debugger_kills_what_it_launched(void **state)
{
	(void)state;
	for (int phase = 0; phase < 6; phase++) {
		struct session session;
		session_init(&session);
		session_launch(&session, PROGRAM("spins"), NULL);
		pid_t pid = session.pid;
		if (phase > 0)
			session_start(&session);
		while (phase > 1 && !strstr(str_text(&session.out), "ready"))
			loop_turn(session.loop);
		if (phase > 2)
			assert_null(debugger_pause(session.debugger, 0));
		if (phase > 3)
			session_wait_stop(&session);
		if (phase == 5)
			assert_null(debugger_step(session.debugger, pid, STEP_OVER, STEP_LINE));
		session_deinit(&session);
		assert_nothing_left(pid);
	}
}

static void destroying_the_debugger_after_a_failed_launch(void **state)
{
	struct launch_spec missing = { .program = "/no/such/program" };
	struct launch_spec folder = { .program = PROGRAM("spins"), .cwd = "/no/such/folder" };
	(void)state;
	struct session session;
	session_init(&session);
	session_launch_spec(&session, &missing);
	assert_non_null(session.done_error);
	session_launch_spec(&session, &folder);
	assert_non_null(session.done_error);
	session_launch(&session, PROGRAM("spins"), NULL);
	pid_t pid = session.pid;
	session_deinit(&session);
	assert_nothing_left(pid);
}

static void killed_with_many_threads_while_all_are_stopped(void **state)
{
	static const char *const arguments[] = { "50", NULL };
	(void)state;
	struct session session;
	session_init(&session);
	session_launch(&session, PROGRAM("runs_threads"), arguments);
	session_start(&session);
	while (session.threads_started < 51)
		loop_turn(session.loop);
	error_destroy(debugger_pause(session.debugger, 0));
	session_wait_stop_or_exit(&session);
	kill(session.pid, SIGKILL);
	while (!session.has_ended)
		loop_turn(session.loop);
	assert_int_equal(session.threads_ended, session.threads_started);
	pid_t pid = session.pid;
	session_deinit(&session);
	assert_nothing_left(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_while_running),
		cmocka_unit_test(killed_while_stopped),
		cmocka_unit_test(killed_while_stopping),
		cmocka_unit_test(killed_before_a_resume_that_does_not_know_it),
		cmocka_unit_test(killed_before_a_step),
		cmocka_unit_test(killed_in_a_storm_of_steps),
		cmocka_unit_test(killed_in_a_storm_of_hits),
		cmocka_unit_test(killed_in_a_syscall_stop),
		cmocka_unit_test(killed_while_detaching),
		cmocka_unit_test(kill_request_ends_a_stopped_program),
		cmocka_unit_test(destroying_the_debugger_kills_what_it_launched),
		cmocka_unit_test(destroying_the_debugger_after_a_failed_launch),
		cmocka_unit_test(killed_with_many_threads_while_all_are_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// exec: from the leader, from another thread, while everything is being stopped, of scripts; what comes after it.
#include "tests/engine/child.h"

#define STEPS_C SOURCE_DIR "/tests/programs/steps.c"
#define RUNS_C SOURCE_DIR "/tests/programs/runs_another.c"

static void run_to_code(const char *const *arguments, int code)
{
	struct session session;
	session_init(&session);
	session_launch(&session, PROGRAM("runs_another"), arguments);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.signo, 0);
	assert_int_equal(session.exit_code, code);
	session_deinit(&session);
}

static void exit_code_after_exec(void **state)
{
	static const char *const arguments[] = { PROGRAM("exits_with_code"), "21", NULL };
	(void)state;
	run_to_code(arguments, 21);
}

static void exit_code_after_exec_by_another_thread(void **state)
{
	static const char *const arguments[] = { "thread", PROGRAM("exits_with_code"), "21", NULL };
	(void)state;
	run_to_code(arguments, 21);
}

static void exit_code_after_exec_of_a_shell(void **state)
{
	static const char *const arguments[] = { "/bin/sh", "-c", "exit 21", NULL };
	static const char *const threaded[] = { "thread", "/bin/sh", "-c", "exit 21", NULL };
	(void)state;
	run_to_code(arguments, 21);
	run_to_code(threaded, 21);
}

static char *write_script(void)
{
	static char path[] = "/tmp/ptdap_script_XXXXXX";
	strcpy(path, "/tmp/ptdap_script_XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(write(fd, "#!/bin/sh\nexit 23\n", 18) == 18);
	fchmod(fd, 0755);
	close(fd);
	return path;
}

static void exit_code_of_a_script(void **state)
{
	(void)state;
	char *script = write_script();
	const char *const arguments[] = { script, NULL };
	const char *const threaded[] = { "thread", script, NULL };
	run_to_code(arguments, 23);
	run_to_code(threaded, 23);
	struct session session;
	session_init(&session);
	session_launch(&session, script, NULL);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 23);
	session_deinit(&session);
	unlink(script);
}

static void breakpoints_are_set_in_the_new_program(const char *const *arguments)
{
	struct session session;
	struct breakpoint_spec spec = { .line = line_of(STEPS_C, "in twice") };
	struct breakpoint_info info;
	session_init(&session);
	session_launch(&session, PROGRAM("runs_another"), arguments);
	assert_null(debugger_set_line_breakpoints(session.debugger, STEPS_C, &spec, 1, &info));
	assert_false(info.is_verified);
	session_break_line(&session, RUNS_C, line_of(RUNS_C, "// execs"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_string_equal(session_function(&session, 0), "runs");
	session_continue(&session);
	assert_string_equal(session_function(&session, 0), "twice");
	assert_int_equal(session.stop.tid, session.pid);
	session_clear_breakpoints(&session, STEPS_C);
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void breakpoints_after_exec(void **state)
{
	static const char *const arguments[] = { PROGRAM("steps"), NULL };
	static const char *const threaded[] = { "thread", PROGRAM("steps"), NULL };
	(void)state;
	breakpoints_are_set_in_the_new_program(arguments);
	breakpoints_are_set_in_the_new_program(threaded);
}

static void exec_is_a_stop_if_wanted(void **state)
{
	static const char *const arguments[] = { "thread", PROGRAM("exits_with_code"), "21", NULL };
	struct debugger_catches catches = { .exec = true };
	const char *filter;
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("runs_another"), arguments);
	assert_null(debugger_set_catches(session.debugger, &catches, &filter));
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_EXEC);
	assert_int_equal(session.threads_started - session.threads_ended, 1);
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 21);
	session_deinit(&session);
}

// The pause comes at a different moment each round.
static void pausing_around_an_exec(void **state)
{
	static const char *const arguments[] = { "thread", PROGRAM("exits_with_code"), "21", NULL };
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct session session;
		session_init(&session);
		session_launch(&session, PROGRAM("runs_another"), arguments);
		session_start(&session);
		for (int i = 0; i < round && !session.has_ended; i++)
			loop_turn(session.loop);
		while (!session.has_ended) {
			error_destroy(debugger_pause(session.debugger, 0));
			session_wait_stop_or_exit(&session);
			if (session.has_ended)
				break;
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
			for (int i = 0; i < 3 && !session.has_ended; i++)
				loop_turn(session.loop);
		}
		assert_int_equal(session.exit_code, 21);
		session_deinit(&session);
	}
}

static void return_of_exec_is_an_execve(void **state)
{
	static const char *const arguments[] = { PROGRAM("exits_with_code"), "0", NULL };
	static const char *const threaded[] = { "thread", PROGRAM("exits_with_code"), "0", NULL };
	struct debugger_catches catches = { .syscall_return = true, .syscall_return_set = "execve" };
	(void)state;
	for (int round = 0; round < 2; round++) {
		const char *filter;
		struct session session;
		session_init(&session);
		session_launch(&session, PROGRAM("runs_another"), round ? threaded : arguments);
		assert_null(debugger_set_catches(session.debugger, &catches, &filter));
		session_start(&session);
		session_wait_stop(&session);   // not the one that launched it
		assert_int_equal(session.stop.reason, STOP_SYSCALL);
		assert_int_equal(session.stop.syscall.number, 59);
		assert_int_equal(session.stop.syscall.result, 0);
		assert_true(session.stop.syscall.arguments[0] != 0);
		session_continue_to_exit(&session);
		session_deinit(&session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_after_exec),
		cmocka_unit_test(exit_code_after_exec_by_another_thread),
		cmocka_unit_test(exit_code_after_exec_of_a_shell),
		cmocka_unit_test(exit_code_of_a_script),
		cmocka_unit_test(breakpoints_after_exec),
		cmocka_unit_test(exec_is_a_stop_if_wanted),
		cmocka_unit_test(pausing_around_an_exec),
		cmocka_unit_test(return_of_exec_is_an_execve),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

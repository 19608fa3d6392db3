// A stand-in that becomes the program, and what may befall it on the way.
#include "engine/terminal.h"
#include "tests/engine/child.h"

struct arrival {
	struct terminal *terminal;
	bool has_come;
	char *error;
	pid_t stand_in;
};

static void on_arrival(void *data, struct error *error)
{
	struct arrival *arrival = data;
	arrival->has_come = true;
	arrival->error = error ? xstrdup(error->message) : NULL;
	error_destroy(error);
}

static void start_stand_in(struct session *session, struct arrival *arrival)
{
	*arrival = (struct arrival){ 0 };
	session_init(session);
	assert_null(terminal_create(session->loop, on_arrival, arrival, &arrival->terminal));
	arrival->stand_in = fork();
	if (!arrival->stand_in) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		_exit(terminal_stand_in(terminal_address(arrival->terminal)));
	}
	session_turn_until(session, &arrival->has_come);
	assert_null(arrival->error);
}

static void on_done(void *data, struct error *error)
{
	struct session *session = data;
	free(session->done_error);
	session->is_done = true;
	session->done_error = error ? xstrdup(error->message) : NULL;
	error_destroy(error);
}

static void launch(struct session *session, struct arrival *arrival, bool no_debug)
{
	static const char *const arguments[] = { "7", NULL };
	struct launch_spec spec = { .program = PROGRAM("exits_with_code"), .arguments = arguments, .terminal = arrival->terminal, .no_debug = no_debug,
				    .disable_aslr = true };
	session->is_done = false;
	debugger_launch(session->debugger, &spec, on_done, session);
	terminal_destroy(arrival->terminal, "over");
}

static void launch_and_wait(struct session *session, struct arrival *arrival, bool no_debug)
{
	launch(session, arrival, no_debug);
	session_turn_until(session, &session->is_done);
}

// A stand-in that has arrived and does not get on.
static void start_stopped(struct session *session, struct arrival *arrival)
{
	start_stand_in(session, arrival);
	kill(arrival->stand_in, SIGSTOP);
	await_state(arrival->stand_in, 'T');
}

static void a_stand_in_becomes_the_program(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stand_in(&session, &arrival);
	launch_and_wait(&session, &arrival, false);
	assert_null(session.done_error);
	assert_int_equal(debugger_state(session.debugger), DEBUGGER_STOPPED);
	assert_int_equal(debugger_pid(session.debugger), arrival.stand_in);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 7);
	session_deinit(&session);
}

static void a_stand_in_runs_a_program_without_debugging(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stand_in(&session, &arrival);
	launch_and_wait(&session, &arrival, true);
	assert_null(session.done_error);
	assert_int_not_equal(debugger_pid(session.debugger), arrival.stand_in);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 7);
	session_deinit(&session);
	waitpid(arrival.stand_in, NULL, 0);   // unless the debugger has: here it is our child, too. protocol.terminal sees what a shell gets
}

static void a_stand_in_that_is_dead_is_not_seized(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stand_in(&session, &arrival);
	kill(arrival.stand_in, SIGKILL);
	await_state(arrival.stand_in, 'Z');
	launch_and_wait(&session, &arrival, false);
	assert_string_equal(session.done_error, "ptdap ended in the terminal before it became the program; was the terminal closed?");
	session_deinit(&session);
	waitpid(arrival.stand_in, NULL, WNOHANG);
}

static void a_stand_in_that_is_killed_on_its_way_fails_the_launch(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stopped(&session, &arrival);
	launch(&session, &arrival, false);
	kill(arrival.stand_in, SIGKILL);
	session_turn_until(&session, &session.is_done);
	assert_string_equal(session.done_error, "the program was killed by signal 9 in the terminal before it had started");
	assert_int_equal(debugger_pid(session.debugger), 0);
	session_launch(&session, PROGRAM("exits_with_code"), NULL);   // as good as before
	session_deinit(&session);
}

static void a_stand_in_that_is_stopped_becomes_the_program_when_it_goes_on(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stopped(&session, &arrival);
	launch(&session, &arrival, false);
	kill(arrival.stand_in, SIGCONT);
	session_turn_until(&session, &session.is_done);
	assert_null(session.done_error);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 7);
	session_deinit(&session);
}

static void a_debugger_that_is_destroyed_takes_a_stand_in_on_its_way_along(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	start_stopped(&session, &arrival);
	launch(&session, &arrival, false);
	session_deinit(&session);
	assert_int_equal(kill(arrival.stand_in, 0), -1);
}

static void a_debugger_that_is_destroyed_leaves_no_undebugged_program(void **state)
{
	struct session session;
	struct arrival arrival;
	int status = 0;
	(void)state;
	start_stopped(&session, &arrival);
	launch(&session, &arrival, true);
	session_deinit(&session);
	kill(arrival.stand_in, SIGCONT);
	assert_int_equal(waitpid(arrival.stand_in, &status, 0), arrival.stand_in);
	assert_int_equal(WEXITSTATUS(status), 1);   // it was not started
}

static void killing_before_it_has_started_is_a_failed_launch(void **state)
{
	struct session session;
	struct arrival arrival;
	(void)state;
	for (int no_debug = 0; no_debug < 2; no_debug++) {
		start_stopped(&session, &arrival);
		launch(&session, &arrival, no_debug);
		debugger_kill(session.debugger);
		kill(arrival.stand_in, SIGCONT);
		session_turn_until(&session, &session.is_done);
		assert_string_equal(session.done_error, "the program was ended while it started");
		session_deinit(&session);
		waitpid(arrival.stand_in, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stand_in_becomes_the_program),
		cmocka_unit_test(a_stand_in_runs_a_program_without_debugging),
		cmocka_unit_test(a_stand_in_that_is_dead_is_not_seized),
		cmocka_unit_test(a_stand_in_that_is_killed_on_its_way_fails_the_launch),
		cmocka_unit_test(a_stand_in_that_is_stopped_becomes_the_program_when_it_goes_on),
		cmocka_unit_test(a_debugger_that_is_destroyed_takes_a_stand_in_on_its_way_along),
		cmocka_unit_test(a_debugger_that_is_destroyed_leaves_no_undebugged_program),
		cmocka_unit_test(killing_before_it_has_started_is_a_failed_launch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

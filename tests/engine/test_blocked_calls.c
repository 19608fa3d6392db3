// Calls that a thread waits in, while something is done to it there: calls of ours, breakpoints behind it.
#include <sys/syscall.h>

#include "engine/run/site.h"
#include "tests/engine/child.h"

// ---- calls with a signal mask of their own ----------------------------------------------------------------------------------------
// The kernel has two masks of a thread in such a call. PTRACE_GETSIGMASK tells the one to return to, PTRACE_SETSIGMASK sets the one that
// counts and forgets the other: kernel/ptrace.c.

enum moment { BEFORE_OUR_CALL, BEHIND_OUR_CALL, WHEN_IT_RUNS, MOMENTS };

static const char *const waits[] = { "sigsuspend", "pselect", "ppoll", "epoll_pwait" };

static void await_output(struct session *session, const char *text)
{
	while (!strstr(str_text(&session->out), text))
		session_turn_briefly(session);
}

static void launch_waiting(struct session *session, const char *call)
{
	const char *const arguments[] = { call, NULL };
	session_init(session);
	session_launch(session, PROGRAM("waits_with_mask"), arguments);
	session_start(session);
	await_output(session, "ready\n");
	await_state(session->pid, 'S');
}

static void pause_there(struct session *session)
{
	session->is_stopped = false;
	assert_null(debugger_pause(session->debugger, 0));
	session_wait_stop(session);
	assert_int_equal(session->stop.reason, STOP_PAUSE);
}

static void go_on(struct session *session)
{
	session->is_stopped = false;
	assert_null(debugger_continue(session->debugger));
}

static void call_of_ours(struct session *session)
{
	static const uint64_t arguments[6] = { 0 };
	int64_t result = 0;
	assert_null(inject_syscall(debugger_thread(session->debugger, session->pid), SYS_getpid, arguments, &result));
	assert_int_equal(result, session->pid);
}

static void assert_handled(struct session *session, const char *call)
{
	unsigned early = 0;
	char mask[8] = "";
	session_wait_exit(session);
	const char *line = strstr(str_text(&session->out), "handled");
	if (!line || sscanf(line, "handled 1 inside 1 early %u mask %7s", &early, mask) != 2 || strcmp(mask, "kept") != 0)
		fail_msg("%s: %s", call, str_text(&session->out));
	// epoll_wait() and its kin are interrupted by any stop: signal (7).
	if (early && strcmp(call, "epoll_pwait") != 0)
		fail_msg("%s returned early", call);
}

static void a_call_of_ours_keeps_the_mask_of_the_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		for (enum moment moment = 0; moment < MOMENTS; moment++) {
			struct session session;
			launch_waiting(&session, waits[i]);
			pause_there(&session);
			if (moment == BEFORE_OUR_CALL)
				kill(session.pid, SIGUSR1);
			call_of_ours(&session);
			call_of_ours(&session);
			if (moment == BEHIND_OUR_CALL)
				kill(session.pid, SIGUSR1);
			go_on(&session);
			if (moment == WHEN_IT_RUNS) {
				await_state(session.pid, 'S');
				kill(session.pid, SIGUSR1);
			}
			assert_handled(&session, waits[i]);
			session_deinit(&session);
		}
	}
}

static void a_stop_at_the_signal_keeps_the_mask_of_the_wait(void **state)
{
	const struct debugger_catches catches = { .signals = true, .signal_set = "USR1" };
	const char *filter;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		struct session session;
		launch_waiting(&session, waits[i]);
		assert_null(debugger_set_catches(session.debugger, &catches, &filter));
		kill(session.pid, SIGUSR1);
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_SIGNAL);
		go_on(&session);
		assert_handled(&session, waits[i]);
		session_deinit(&session);
	}
}

// The kernel gives a signal only from the stop at which it told of it: a call in between would lose it.
static void no_call_of_ours_is_made_before_a_signal_is_delivered(void **state)
{
	const struct debugger_catches catches = { .signals = true, .signal_set = "USR1" };
	static const uint64_t arguments[6] = { 0 };
	const char *filter;
	struct session session;
	int64_t result;
	(void)state;
	launch_waiting(&session, "pselect");
	assert_null(debugger_set_catches(session.debugger, &catches, &filter));
	kill(session.pid, SIGUSR1);
	session_wait_stop(&session);
	struct error *error = inject_syscall(debugger_thread(session.debugger, session.pid), SYS_getpid, arguments, &result);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_STATE);
	error_destroy(error);
	go_on(&session);
	assert_handled(&session, "pselect");
	session_deinit(&session);
}

// ---- breakpoints where a thread waits ---------------------------------------------------------------------------------------------

static void set_breakpoint(struct session *session, uint64_t address)
{
	struct breakpoint_info info;
	struct breakpoint_spec spec = { .address = address };
	assert_null(debugger_set_instruction_breakpoints(session->debugger, &spec, address ? 1 : 0, &info));
	assert_true(!address || info.is_verified);
}

// It stands behind its instruction only on the face of it: the kernel goes back and restarts the call, whose return then is a hit.
static void a_breakpoint_behind_a_call_is_hit_when_the_call_returns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		struct session session;
		launch_waiting(&session, waits[i]);
		pause_there(&session);
		set_breakpoint(&session, session.stop.pc);
		uint64_t behind = session.stop.pc;
		go_on(&session);
		await_state(session.pid, 'S');
		kill(session.pid, SIGUSR1);
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_INSTRUCTION_BREAKPOINT);
		assert_int_equal(session.stop.pc, behind);
		set_breakpoint(&session, 0);
		go_on(&session);
		assert_handled(&session, waits[i]);
		session_deinit(&session);
	}
}

static void breakpoints_behind_calls_do_not_end_them(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	pid_t tids[64];
	struct breakpoint_info infos[64];
	struct breakpoint_spec specs[64] = { 0 };
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	await_all(child.pid, 'S');
	session_init(&session);
	session_attach(&session, child.pid);
	assert_null(session.done_error);
	session_start(&session);
	session_wait_stop(&session);
	size_t count = tasks_of(child.pid, tids);
	for (size_t i = 0; i < count; i++)
		specs[i].address = thread_pc(debugger_thread(session.debugger, tids[i]));
	assert_null(debugger_set_instruction_breakpoints(session.debugger, specs, count, infos));
	go_on(&session);
	await_all(child.pid, 'S');
	child_say(&child);   // the leader reads, and its return alone is a hit
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_INSTRUCTION_BREAKPOINT);
	assert_int_equal(session.stop.tid, child.pid);
	set_breakpoint(&session, 0);
	session_detach(&session);
	child_expect(&child, "still there");
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	assert_int_equal(child_end(&child), 0);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_of_ours_keeps_the_mask_of_the_wait),
		cmocka_unit_test(a_stop_at_the_signal_keeps_the_mask_of_the_wait),
		cmocka_unit_test(no_call_of_ours_is_made_before_a_signal_is_delivered),
		cmocka_unit_test(a_breakpoint_behind_a_call_is_hit_when_the_call_returns),
		cmocka_unit_test(breakpoints_behind_calls_do_not_end_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

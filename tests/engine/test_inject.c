// Rules that tamper with calls, on programs that notice.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/run/state.h"
#include "tests/engine/session.h"

static void set_rules(struct session *session, const char *inject, const char *trace)
{
	struct syscall_rule_spec rules[2];
	size_t count = 0, bad;
	if (inject)
		rules[count++] = (struct syscall_rule_spec){ SYSCALL_ACTION_INJECT, inject };
	if (trace)
		rules[count++] = (struct syscall_rule_spec){ SYSCALL_ACTION_TRACE, trace };
	struct error *error = debugger_set_syscall_rules(session->debugger, rules, count, &bad);
	if (error)
		fail_msg("%s: %s", inject, error->message);
}

static void launch(struct session *session, const char *argument, const char *inject, const char *trace, enum syscall_filter filter)
{
	const char *const arguments[] = { argument, NULL };
	session_init(session);
	session_launch_spec(session, &(struct launch_spec){ .program = PROGRAM("meets_injections"), .arguments = argument ? arguments : NULL,
							     .syscall_filter = filter });
	set_rules(session, inject, trace);
	session_start(session);
}

static void expect_output(const char *inject, enum syscall_filter filter, const char *part)
{
	struct session session;
	launch(&session, NULL, inject, NULL, filter);
	session_wait_exit(&session);
	if (!strstr(str_text(&session.out), part))
		fail_msg("%s: not \"%s\" but: %s", inject, part, str_text(&session.out));
	assert_int_equal(session.exit_code, 0);
	session_deinit(&session);
}

// The numbers are what strace -e inject= makes of the same program.
static void calls_fail_as_in_strace(void **state)
{
	static const struct {
		const char *inject, *part;
	} cases[] = {
		{ "getppid:error=EPERM", "parents 1 1 1 1 1 1 1 1\n" },
		{ "getppid:error=2:when=2", "parents 0 2 0 0 0 0 0 0\n" },
		{ "getppid:error=eio:when=2+", "parents 0 5 5 5 5 5 5 5\n" },
		{ "getppid:error=EIO:when=2+3", "parents 0 5 0 0 5 0 0 5\n" },
		{ "getppid:error=EIO:when=1..3+2", "parents 5 0 5 0 0 0 0 0\n" },
		{ "getppid:error=EIO:when=3..5", "parents 0 0 5 5 5 0 0 0\n" },
		{ "getppid:error=EIO:when=7..5000+", "parents 0 0 0 0 0 0 5 5\n" },
		{ "getppid:error=EIO #3", "parents 0 0 5 0 0 0 0 0\n" },
		{ "getppid:retval=0:when=2; getppid:error=EIO:when=3", "parents 0 0 5 0 0 0 0 0\n" },
		{ "getppid:error=EIO if $arg[0] == 1 && 0", "parents 0 0 0 0 0 0 0 0\n" },
		{ "mmap:error=ENOMEM:when=2..4 if $arg.length == 4711", "refused 0\n" },
		{ "mmap:error=ENOMEM:when=1..4 if $arg.length == 4711", "refused 4\n" },
		{ "read:error=EINTR:when=1..3 if $arg.count == 8", "interrupted 3 read 5 hello\n" },
		{ "getppid:signal=SIGUSR1:when=2+", "parents 0 0 0 0 0 0 0 0\nsignals 7\n" },
		{ "getppid:signal=10:error=EACCES:when=4", "parents 0 0 0 13 0 0 0 0\nsignals 1\n" },
		{ "getppid:delay_enter=1ms:delay_exit=500", "parents 0 0 0 0 0 0 0 0\nsignals 0\n" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_output(cases[i].inject, SYSCALL_FILTER_OFF, cases[i].part);
		expect_output(cases[i].inject, SYSCALL_FILTER_ON, cases[i].part);
	}
}

static void a_skipped_unlink_removes_nothing(void **state)
{
	char path[] = "/tmp/ptdap_inject_XXXXXX";
	struct session session;
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	launch(&session, path, "unlink:retval=0", "unlink", SYSCALL_FILTER_OFF);
	session_wait_exit(&session);
	assert_non_null(strstr(str_text(&session.out), "unlink 0\n"));
	assert_int_equal(access(path, F_OK), 0);
	assert_true(session.last_syscall.is_injected && session.last_syscall.is_skipped);
	assert_int_equal(session.last_syscall.result, 0);
	session_deinit(&session);
	launch(&session, path, NULL, "unlink", SYSCALL_FILTER_OFF);
	session_wait_exit(&session);
	assert_false(session.last_syscall.is_injected);
	assert_int_equal(access(path, F_OK), -1);
	session_deinit(&session);
}

static void what_was_done_stands_in_the_text(void **state)
{
	static const struct {
		const char *inject, *text;
	} cases[] = {
		{ "getppid:error=EIO", "getppid() = -1 EIO (Input/output error) (INJECTED)" },
		{ "getppid:retval=0x10", "getppid() = 16 (INJECTED)" },
		{ "getppid:retval=16:delay_exit=10us", "getppid() = 16 (INJECTED) (DELAYED)" },
		{ "getppid:retval=16:delay_enter=.1ms:when=9+; getppid:retval=17", "getppid() = 17 (INJECTED)" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str text = STR_INIT;
		struct session session;
		launch(&session, NULL, cases[i].inject, "getppid", SYSCALL_FILTER_OFF);
		session_wait_exit(&session);
		assert_int_equal(session.syscalls, 8);
		syscall_format(&session.last_syscall, &(struct syscall_context){ 0 }, &text);
		assert_string_equal(str_text(&text), cases[i].text);
		session_deinit(&session);
	}
}

static void a_delay_takes_its_time(void **state)
{
	static const char *const rules[] = { "getppid:delay_enter=60ms", "getppid:delay_exit=60ms", "getppid:delay_enter=30ms:delay_exit=30000" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct session session;
		long took = 0;
		launch(&session, "threads", rules[i], NULL, SYSCALL_FILTER_OFF);
		session_wait_exit(&session);
		assert_int_equal(sscanf(str_text(&session.out), "took %ld", &took), 1);
		assert_true(took >= 60000);
		session_deinit(&session);
	}
}

// The thread stands in front of its call, for an hour.
static pid_t wait_for_delay(struct session *session)
{
	struct thread **threads;
	pid_t tid = 0;
	while (!tid) {
		session_turn_briefly(session);
		size_t count = debugger_members(session->debugger, &threads);
		for (size_t i = 0; i < count; i++)
			tid = threads[i]->delay_timer ? threads[i]->tid : tid;
		free(threads);
	}
	return tid;
}

static void a_delay_holds_one_thread_alone(void **state)
{
	struct session session;
	(void)state;
	launch(&session, "threads", "getppid:delay_enter=3600s", NULL, SYSCALL_FILTER_OFF);
	pid_t tid = wait_for_delay(&session);
	assert_null(debugger_pause(session.debugger, tid));
	session_wait_stop(&session);
	long before = atol(session_value(&session, "(long)worked"));
	while (atol(session_value(&session, "(long)worked")) == before) {   // the other thread runs meanwhile
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
		assert_int_equal(wait_for_delay(&session), tid);
		assert_null(debugger_pause(session.debugger, tid));
		session_wait_stop(&session);
		assert_int_equal(session.stop.tid, tid);
		assert_int_equal(session.stop.reason, STOP_PAUSE);
	}
	session.is_stopped = false;
	debugger_kill(session.debugger);
	session_wait_exit(&session);
	assert_int_equal(session.signo, SIGKILL);
	session_deinit(&session);
}

// It ends while everything is stopped, and the thread goes on with the rest.
static void a_delay_ends_during_a_stop(void **state)
{
	struct session session;
	(void)state;
	launch(&session, "threads", "getppid:delay_enter=200ms", NULL, SYSCALL_FILTER_OFF);
	pid_t tid = wait_for_delay(&session);
	assert_null(debugger_pause(session.debugger, tid));
	session_wait_stop(&session);
	while (debugger_thread(session.debugger, tid)->delay_us)
		session_turn_briefly(&session);
	assert_int_equal(debugger_thread(session.debugger, tid)->state, THREAD_STOPPED);
	session_continue_to_exit(&session);
	assert_non_null(strstr(str_text(&session.out), "took"));
	session_deinit(&session);
}

static void a_delayed_thread_is_let_go(void **state)
{
	struct session session;
	(void)state;
	launch(&session, "threads", "getppid:delay_enter=3600s:error=EIO", NULL, SYSCALL_FILTER_OFF);
	wait_for_delay(&session);
	session_detach(&session);
	while (!strstr(str_text(&session.out), "took"))
		session_turn_briefly(&session);
	session_deinit(&session);
}

// A program that nobody here wrote.
static void a_shell_cannot_fork(void **state)
{
	static const char *const arguments[] = { "-c", "cat /etc/passwd 2>&1; echo $?", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch_spec(&session, &(struct launch_spec){ .program = "/bin/sh", .arguments = arguments });
	set_rules(&session, "clone,fork,vfork,clone3:error=EAGAIN", NULL);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_not_equal(session.exit_code, 0);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_fail_as_in_strace),
		cmocka_unit_test(a_skipped_unlink_removes_nothing),
		cmocka_unit_test(what_was_done_stands_in_the_text),
		cmocka_unit_test(a_delay_takes_its_time),
		cmocka_unit_test(a_delay_holds_one_thread_alone),
		cmocka_unit_test(a_delay_ends_during_a_stop),
		cmocka_unit_test(a_delayed_thread_is_let_go),
		cmocka_unit_test(a_shell_cannot_fork),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

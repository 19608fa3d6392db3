// Attaching to what cannot be attached to, and to processes of other namespaces.
#include "tests/engine/child.h"

#define BLOCKED_C SOURCE_DIR "/tests/programs/stops_blocked.c"

static void refused(pid_t pid, const char *words)
{
	struct session session;
	session_init(&session);
	session_attach(&session, pid);
	assert_non_null(session.done_error);
	assert_non_null(strstr(session.done_error, words));
	assert_int_equal(debugger_state(session.debugger), DEBUGGER_IDLE);
	session_deinit(&session);
}

static void impossible_processes_are_refused(void **state)
{
	(void)state;
	refused(0, "not a process id");
	refused(-5, "not a process id");
	refused(4194303, "no process 4194303");
	refused(getpid(), "the debugger itself");
	pid_t zombie = fork();
	if (!zombie)
		_exit(0);
	await_state(zombie, 'Z');
	refused(zombie, "zombie");
	waitpid(zombie, NULL, 0);
}

static void a_process_with_another_tracer_is_refused(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	char number[16];
	char words[64];
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	snprintf(number, sizeof(number), "%d", child.pid);
	const char *const strace[] = { "strace", "-qq", "-o", "/dev/null", "-p", number, NULL };
	struct child tracer;
	child_start(&tracer, strace);
	while (atoi(status_of(child.pid, "TracerPid:")) != tracer.pid) {
		if (waitpid(tracer.pid, NULL, WNOHANG)) {
			child_kill(&child);
			skip();
		}
		usleep(1000);
	}
	snprintf(words, sizeof(words), "already traced by process %d", tracer.pid);
	refused(child.pid, words);
	child_kill(&tracer);
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	child_end(&child);
}

static void attaching_twice_is_refused(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	session_init(&session);
	session_attach(&session, child.pid);
	assert_null(session.done_error);
	session_attach(&session, child.pid);
	assert_non_null(strstr(session.done_error, "being debugged already"));
	refused(child.pid, "already traced by process");
	session_deinit(&session);
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	child_end(&child);
}

static pid_t child_named(pid_t parent, const char *name)
{
	char path[64];
	int pid = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid && strcmp(status_of(pid, "Name:"), name) == 0 ? pid : 0;
}

static void a_process_in_other_namespaces(void **state)
{
	static const char *const arguments[] = { "unshare", "-pfm", PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	(void)state;
	if (geteuid() != 0 || system("unshare -pfm true 2>/dev/null") != 0)
		skip();   // a container may forbid it to root too
	child_start(&child, arguments);
	child_expect(&child, "ready");
	pid_t pid = child_named(child.pid, "stops_blocked");
	assert_true(pid > 0);
	session_init(&session);
	session_attach(&session, pid);
	if (session.done_error)
		fail_msg("%s", session.done_error);
	session_start(&session);
	session_wait_stop(&session);
	session_break_line(&session, BLOCKED_C, line_of(BLOCKED_C, "puts(\"still there\")"), NULL, NULL, NULL);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	child_say(&child);
	session_wait_stop(&session);
	assert_string_equal(session_function(&session, 0), "main");
	session_detach(&session);
	session_deinit(&session);
	child_expect(&child, "still there");
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	child_end(&child);
}

static void killed_while_attaching(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct child child;
		struct session session;
		child_start(&child, arguments);
		child_expect(&child, "ready");
		session_init(&session);
		kill(child.pid, SIGKILL);
		session_attach(&session, child.pid);
		if (session.done_error) {
			session_deinit(&session);
		} else {
			while (!session.has_ended)
				loop_turn(session.loop);
			session_deinit(&session);
		}
		child_close(&child);
		fclose(child.from);
		waitpid(child.pid, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_processes_are_refused),
		cmocka_unit_test(a_process_with_another_tracer_is_refused),
		cmocka_unit_test(attaching_twice_is_refused),
		cmocka_unit_test(a_process_in_other_namespaces),
		cmocka_unit_test(killed_while_attaching),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

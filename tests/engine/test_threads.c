// Threads that start and end in storms, a leader that ends first, group stops: the debugger knows who is there.
#include <sched.h>

#include "tests/engine/child.h"

#define PASSES_C SOURCE_DIR "/tests/programs/churns_threads.c"
#define CPUS_C SOURCE_DIR "/tests/programs/keeps_cpus.c"
#define LEADER_C SOURCE_DIR "/tests/programs/stops_leader_exits.c"

static size_t thread_count(struct session *session)
{
	struct thread_info *threads;
	struct arena *arena = arena_create();
	size_t count = debugger_threads(session->debugger, arena, &threads);
	arena_destroy(arena);
	return count;
}

// Pauses now and then until the end.
static void disturb(struct session *session)
{
	for (unsigned turns = 1; !session->has_ended; turns = turns % 13 + 1) {
		for (unsigned i = 0; i < turns && !session->has_ended; i++)
			loop_turn(session->loop);
		if (session->has_ended)
			return;
		if (!session->is_stopped)
			error_destroy(debugger_pause(session->debugger, 0));
		session_wait_stop_or_exit(session);
		if (session->has_ended)
			return;
		assert_int_equal(thread_count(session), session->threads_started - session->threads_ended);
		session->is_stopped = false;
		assert_null(debugger_continue(session->debugger));
	}
}

static void pausing_in_a_storm_of_threads(void **state)
{
	static const char *const arguments[] = { "2000", "50", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("churns_threads"), arguments);
	session_start(&session);
	disturb(&session);
	assert_string_equal(str_text(&session.out), "passed 2000\n");
	assert_int_equal(session.exit_code, 0);
	assert_int_equal(session.threads_started, 2051);
	assert_int_equal(session.threads_ended, 2051);
	session_deinit(&session);
}

static void hits_in_a_storm_of_threads(void **state)
{
	static const char *const arguments[] = { "1000", "50", NULL };
	struct session session;
	unsigned lines = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("churns_threads"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, "hit");
	session_start(&session);
	disturb(&session);
	for (const char *at = str_text(&session.console); (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 1000);
	assert_string_equal(str_text(&session.out), "passed 1000\n");
	session_deinit(&session);
}

static void stops_in_a_storm_of_threads(void **state)
{
	static const char *const arguments[] = { "200", "20", NULL };
	struct session session;
	unsigned stops = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("churns_threads"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, NULL);
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; session_wait_stop_or_exit(&session)) {
		assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
		stops++;
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_int_equal(stops, 200);
	session_deinit(&session);
}

static void attach_to_and_detach_from_a_storm_of_threads(void **state)
{
	static const char *const arguments[] = { PROGRAM("churns_threads"), "100000000", "20", NULL };
	struct child child;
	(void)state;
	child_start(&child, arguments);
	while (strtol(status_of(child.pid, "Threads:"), NULL, 10) < 15)
		usleep(100);
	for (int round = 0; round < 20; round++) {
		struct session session;
		session_init(&session);
		session_attach(&session, child.pid);
		if (session.done_error)
			fail_msg("round %d: %s; wait status 0x%x", round, session.done_error, (unsigned)child_end(&child));
		session_start(&session);
		session_wait_stop(&session);
		session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, NULL);
		session_continue(&session);
		assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
		if (round % 2) {
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		session_detach(&session);
		session_deinit(&session);
		assert_string_equal(status_of(child.pid, "TracerPid:"), "0");
	}
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
	child_kill(&child);
}

static void leader_exits_first(bool is_attached, int *code)
{
	static const char *const arguments[] = { PROGRAM("stops_leader_exits"), NULL };
	struct child child;
	struct session session;
	child_start(&child, arguments);
	child_expect(&child, "alone");
	await_state(child.pid, 'Z');
	session_init(&session);
	session_attach(&session, child.pid);
	if (session.done_error)
		fail_msg("%s", session.done_error);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(thread_count(&session), 1);
	assert_int_not_equal(session.stop.tid, child.pid);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	if (is_attached) {
		child_close(&child);
		session_wait_exit(&session);
		*code = session.exit_code;
		session_deinit(&session);   // whose wait reaped our child
		fclose(child.from);
		return;
	}
	session_detach(&session);
	session_deinit(&session);
	int status = child_end(&child);
	*code = WEXITSTATUS(status);
}

static void attach_to_a_process_whose_leader_is_gone(void **state)
{
	int code;
	(void)state;
	leader_exits_first(true, &code);
	assert_int_equal(code, 5);
	leader_exits_first(false, &code);
	assert_int_equal(code, 5);
}

static void the_others_go_on_when_the_leader_ends(void **state)
{
	struct session session;
	int ends[2];
	char path[64];
	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), ends[0]);
	struct launch_spec spec = { .program = PROGRAM("stops_leader_exits"), .stdio = { path }, .disable_aslr = true };
	session_init(&session);
	session_launch_spec(&session, &spec);
	close(ends[0]);
	session_start(&session);
	while (!strstr(str_text(&session.out), "alone"))
		loop_turn(session.loop);
	assert_null(debugger_pause(session.debugger, 0));
	session_wait_stop(&session);
	assert_int_not_equal(session.stop.tid, session.pid);
	assert_int_equal(thread_count(&session), 1);
	session_break_line(&session, LEADER_C, line_of(LEADER_C, "// goes on"), NULL, NULL, NULL);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	assert_int_equal(write(ends[1], "x", 1), 1);
	session_wait_stop(&session);
	assert_string_equal(session_function(&session, 0), "goes_on");
	close(ends[1]);
	session_continue_to_exit(&session);
	assert_int_equal(session.exit_code, 5);
	assert_int_equal(session.threads_started, 2);
	assert_int_equal(session.threads_ended, 2);
	session_deinit(&session);
}

static void a_group_stop_holds_and_continues(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	session_init(&session);
	session_attach(&session, child.pid);
	session_start(&session);
	session_wait_stop(&session);
	session.is_stopped = false;
	struct debugger_catches none = { 0 };
	const char *filter;
	assert_null(debugger_set_catches(session.debugger, &none, &filter));
	assert_null(debugger_continue(session.debugger));
	for (int round = 0; round < 5; round++) {
		kill(child.pid, SIGSTOP);
		for (int i = 0; i < 3; i++) {
			session.is_stopped = false;
			assert_null(debugger_pause(session.debugger, 0));
			session_wait_stop(&session);
			assert_int_equal(thread_count(&session), 7);
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		kill(child.pid, SIGCONT);
		child_say(&child);
		// It answers only if it runs, and the loop must turn for that.
		fcntl(fileno(child.from), F_SETFL, O_NONBLOCK);
		char line[64] = "";
		while (!fgets(line, sizeof(line), child.from)) {
			clearerr(child.from);
			assert_null(debugger_pause(session.debugger, 0));
			session_wait_stop(&session);
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		assert_string_equal(line, "still there\n");
		fcntl(fileno(child.from), F_SETFL, 0);
	}
	session_detach(&session);
	session_deinit(&session);
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	assert_int_equal(child_end(&child), 0);
}

// While stops come fast, the thread and we share one CPU.
static void the_program_keeps_its_cpus(void **state)
{
	cpu_set_t all;
	char expected[64];
	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	int cpus = CPU_COUNT(&all);
	for (int is_traced = 0; is_traced < 2; is_traced++) {
		struct session session;
		static const struct syscall_rule_spec every = { SYSCALL_ACTION_TRACE, "" };
		size_t bad;
		session_init(&session);
		session_launch(&session, PROGRAM("keeps_cpus"), NULL);
		session_break_line(&session, CPUS_C, line_of(CPUS_C, "// quick"), "sink < 0", NULL, NULL);
		session_break_line(&session, CPUS_C, line_of(CPUS_C, "// has chosen"), NULL, NULL, NULL);
		if (is_traced)
			assert_null(debugger_set_syscall_rules(session.debugger, &every, 1, &bad));
		session_start(&session);
		session_wait_stop(&session);
		int seen[3] = { 0 };
		sscanf(str_text(&session.out), "%d %d %d", &seen[0], &seen[1], &seen[2]);
		assert_int_equal(seen[0], cpus);
		assert_int_equal(seen[1], cpus);
		if (is_traced)
			assert_int_equal(seen[2], cpus);
		snprintf(expected, sizeof(expected), "%s", status_of(session.pid, "Cpus_allowed_list:"));
		if (cpus > 1)
			assert_int_equal(strspn(expected, "01"), strlen(expected));   // the one that it has chosen
		session_continue_to_exit(&session);
		session_deinit(&session);
	}
	cpu_set_t after;
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&all, &after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pausing_in_a_storm_of_threads),
		cmocka_unit_test(hits_in_a_storm_of_threads),
		cmocka_unit_test(stops_in_a_storm_of_threads),
		cmocka_unit_test(attach_to_and_detach_from_a_storm_of_threads),
		cmocka_unit_test(attach_to_a_process_whose_leader_is_gone),
		cmocka_unit_test(the_others_go_on_when_the_leader_ends),
		cmocka_unit_test(a_group_stop_holds_and_continues),
		cmocka_unit_test(the_program_keeps_its_cpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

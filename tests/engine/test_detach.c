// After a detach the process is as it was before the attach: text, mappings, signals, and the calls it waits in.
#include "tests/engine/child.h"

#define BLOCKED_C SOURCE_DIR "/tests/programs/stops_blocked.c"
#define PASSES_C SOURCE_DIR "/tests/programs/stops_passes.c"
#define CHILDREN_C SOURCE_DIR "/tests/programs/stops_children.c"

// Every mapping with its bounds and permissions, and what the executable ones contain.
static void take_picture(pid_t pid, struct str *str)
{
	char path[64];
	char line[512];
	char page[4096];
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	int memory = open(path, O_RDONLY);
	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start;
		unsigned long end;
		char permissions[5];
		str_append(str, line, strlen(line));
		if (sscanf(line, "%lx-%lx %4s", &start, &end, permissions) != 3 || permissions[2] != 'x')
			continue;
		for (; start < end; start += sizeof(page)) {
			ssize_t size = pread(memory, page, sizeof(page), (off_t)start);
			if (size != sizeof(page))
				str_printf(str, "0x%lx: %zd bytes can be read (%s)\n", start, size, size < 0 ? strerror(errno) : "cut");
			else
				str_append(str, page, sizeof(page));
		}
	}
	close(memory);
	fclose(maps);
	static const char *const fields[] = { "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "TracerPid:", "Threads:", "Cpus_allowed:" };
	pid_t tids[64];
	size_t count = tasks_of(pid, tids);
	for (size_t i = 0; i < count * ARRAY_SIZE(fields); i++) {
		pid_t tid = tids[i / ARRAY_SIZE(fields)];
		const char *field = fields[i % ARRAY_SIZE(fields)];
		str_printf(str, "%d %s %s\n", tid, field, status_of(tid, field));
	}
}

static void assert_same_picture(const struct str *before, const struct str *after)
{
	if (before->length != after->length) {
		const char *a = str_text(before);
		const char *b = str_text(after);
		size_t at = 0;
		while (a[at] == b[at])
			at++;
		fail_msg("before: %.300s\nafter: %.300s", a + at, b + at);
	}
	assert_memory_equal(str_text(before), str_text(after), before->length);
}

static void start_blocked(struct child *child)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	child_start(child, arguments);
	child_expect(child, "ready");
	await_all(child->pid, 'S');
}

static void attach(struct session *session, pid_t pid)
{
	session_init(session);
	session_attach(session, pid);
	if (session->done_error)
		fail_msg("%s", session->done_error);
	session_start(session);
	session_wait_stop(session);
}

static void finish_blocked(struct child *child)
{
	child_close(child);
	child_expect(child, "0 0 0 0 0 0 ");
	assert_int_equal(child_end(child), 0);
}

static void waiting_threads_notice_nothing(void **state)
{
	struct child child;
	struct session session;
	_cleanup_str_ struct str before = STR_INIT;
	_cleanup_str_ struct str after = STR_INIT;
	(void)state;
	start_blocked(&child);
	take_picture(child.pid, &before);
	for (int round = 0; round < 10; round++) {
		attach(&session, child.pid);
		if (round % 2) {
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
			assert_null(debugger_pause(session.debugger, 0));
			session_wait_stop(&session);
		}
		session_detach(&session);
		session_deinit(&session);
		await_all(child.pid, 'S');
	}
	take_picture(child.pid, &after);
	assert_same_picture(&before, &after);
	child_say(&child);
	child_expect(&child, "still there");
	finish_blocked(&child);
}

static void breakpoints_leave_no_trace(void **state)
{
	struct child child;
	struct session session;
	_cleanup_str_ struct str before = STR_INIT;
	_cleanup_str_ struct str after = STR_INIT;
	(void)state;
	start_blocked(&child);
	child_say(&child);
	child_expect(&child, "still there");
	await_all(child.pid, 'S');
	take_picture(child.pid, &before);
	attach(&session, child.pid);
	session_break_line(&session, BLOCKED_C, line_of(BLOCKED_C, "puts(\"still there\")"), NULL, NULL, NULL);
	assert_true(session_break_function(&session, "write") > 0);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	child_say(&child);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	session_continue(&session);
	assert_int_equal(session.stop.reason, STOP_FUNCTION_BREAKPOINT);
	session_step(&session, STEP_OVER, STEP_INSTRUCTION);
	session_step(&session, STEP_OVER, STEP_INSTRUCTION);
	session_detach(&session);
	session_deinit(&session);
	child_expect(&child, "still there");
	await_all(child.pid, 'S');
	take_picture(child.pid, &after);
	assert_same_picture(&before, &after);
	finish_blocked(&child);
}

// glibc starts a thread with all signals blocked.
static void await_open_masks(pid_t pid)
{
	pid_t tids[64];
	size_t count = tasks_of(pid, tids);
	for (size_t i = 0; i < count; i++)
		while (strtoull(status_of(tids[i], "SigBlk:"), NULL, 16))
			usleep(100);
}

static void slot_pages_are_given_back(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_passes"), "8", "100000000", NULL };
	struct child child;
	(void)state;
	child_start(&child, arguments);
	while (strtol(status_of(child.pid, "Threads:"), NULL, 10) < 9)
		usleep(100);
	await_state(child.pid, 'S');
	await_open_masks(child.pid);
	_cleanup_str_ struct str before = STR_INIT;
	take_picture(child.pid, &before);
	for (int round = 0; round < 10; round++) {
		_cleanup_str_ struct str after = STR_INIT;
		struct session session;
		attach(&session, child.pid);
		session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), round % 2 ? "sum < 0" : NULL, NULL, NULL);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
		if (round % 2)
			for (int i = 0; i < 50; i++)
				loop_turn(session.loop);
		else
			session_wait_stop(&session);
		session_detach(&session);
		session_deinit(&session);
		take_picture(child.pid, &after);
		assert_same_picture(&before, &after);
	}
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
	child_kill(&child);
}

static void start_passing(struct child *child, struct str *before)
{
	static const char *const arguments[] = { PROGRAM("stops_passes"), "1", "100000000", NULL };
	child_start(child, arguments);
	while (strtol(status_of(child->pid, "Threads:"), NULL, 10) < 2)
		usleep(100);
	await_state(child->pid, 'S');
	await_open_masks(child->pid);
	take_picture(child->pid, before);
}

static void assert_stopped_as_before(struct child *child, const struct str *before)
{
	_cleanup_str_ struct str after = STR_INIT;
	await_all(child->pid, 'T');
	take_picture(child->pid, &after);
	assert_same_picture(before, &after);
	child_kill(child);
}

static void nothing(void *data)
{
	(void)data;
}

static void slot_pages_of_a_stopped_process_are_given_back(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		_cleanup_str_ struct str before = STR_INIT;
		struct child child;
		struct session session;
		start_passing(&child, &before);
		attach(&session, child.pid);
		session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), "sum < 0", NULL, NULL);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
		for (int i = 0; i < 20; i++)
			loop_turn(session.loop);
		kill(child.pid, SIGSTOP);
		do {   // no event tells that the signal was taken: look again soon
			loop_add_timer(session.loop, 1, nothing, NULL);
			loop_turn(session.loop);
		} while (strtoull(status_of(child.pid, "ShdPnd:"), NULL, 16));
		for (int pause = 0; pause < 2; pause++) {
			session.is_stopped = false;
			assert_null(debugger_pause(session.debugger, 0));
			session_wait_stop(&session);
			if (!pause)
				assert_null(debugger_continue(session.debugger));
		}
		session_detach(&session);
		session_deinit(&session);
		assert_stopped_as_before(&child, &before);
	}
}

// Our calls in the debuggee block what they can; SIGSTOP comes all the same, and belongs to the program.
static void a_stop_signal_survives_our_calls(void **state)
{
	(void)state;
	for (int hits = 0; hits < 2; hits++) {   // none: the page is still to be mapped; one: it is unmapped
		_cleanup_str_ struct str before = STR_INIT;
		struct child child;
		struct session session;
		start_passing(&child, &before);
		attach(&session, child.pid);
		session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, NULL);
		for (int i = 0; i <= hits; i++)
			session_continue(&session);
		kill(child.pid, SIGSTOP);
		if (!hits) {
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		session_detach(&session);
		session_deinit(&session);
		assert_stopped_as_before(&child, &before);
	}
}

static void destroying_the_debugger_detaches(void **state)
{
	struct child child;
	struct session session;
	(void)state;
	for (int phase = 0; phase < 4; phase++) {
		_cleanup_str_ struct str before = STR_INIT;
		_cleanup_str_ struct str after = STR_INIT;
		start_blocked(&child);
		take_picture(child.pid, &before);
		session_init(&session);
		session_attach(&session, child.pid);
		if (phase > 0) {
			session_start(&session);
			session_wait_stop(&session);
			session_break_line(&session, BLOCKED_C, line_of(BLOCKED_C, "puts(\"still there\")"), NULL, NULL, NULL);
		}
		if (phase > 1)
			assert_null(debugger_continue(session.debugger));
		if (phase > 2)
			assert_null(debugger_pause(session.debugger, 0));
		session_deinit(&session);
		await_all(child.pid, 'S');
		take_picture(child.pid, &after);
		assert_same_picture(&before, &after);
		finish_blocked(&child);
	}
}

static void a_stopped_process_stays_stopped(void **state)
{
	(void)state;
	for (int round = 0; round < 6; round++) {
		struct child child;
		struct session session;
		start_blocked(&child);
		kill(child.pid, SIGSTOP);
		await_state(child.pid, 'T');
		attach(&session, child.pid);
		if (round % 3 > 0) {
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		if (round % 3 > 1) {
			assert_null(debugger_pause(session.debugger, 0));
			session_wait_stop(&session);
		}
		if (round < 3)
			session_detach(&session);
		session_deinit(&session);
		await_all(child.pid, 'T');
		kill(child.pid, SIGCONT);
		child_say(&child);
		child_expect(&child, "still there");
		finish_blocked(&child);
	}
}

static void no_matter(void *data, struct error *error)
{
	(void)data;
	assert_null(error);
}

static void left_stopped_if_wanted(void **state)
{
	struct child child;
	struct session session;
	(void)state;
	start_blocked(&child);
	attach(&session, child.pid);
	session_break_line(&session, BLOCKED_C, line_of(BLOCKED_C, "puts(\"still there\")"), NULL, NULL, NULL);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	child_say(&child);
	session_wait_stop(&session);
	debugger_detach(session.debugger, true, no_matter, NULL);
	session_deinit(&session);
	await_state(child.pid, 'T');
	kill(child.pid, SIGCONT);
	child_expect(&child, "still there");
	finish_blocked(&child);
}

static void a_signal_that_was_about_to_come_is_not_lost(void **state)
{
	static const char *const arguments[] = { PROGRAM("waits_for_signal"), NULL };
	(void)state;
	for (int round = 0; round < 4; round++) {
		struct debugger_catches catches = { .signals = true };
		const char *filter;
		struct child child;
		struct session session;
		child_start(&child, arguments);
		await_state(child.pid, 'S');
		while (strtoull(status_of(child.pid, "SigCgt:"), NULL, 16) == 0)
			usleep(50);
		await_state(child.pid, 'S');
		attach(&session, child.pid);
		catches.signal_set = "TERM";
		assert_null(debugger_set_catches(session.debugger, &catches, &filter));
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
		kill(child.pid, SIGTERM);
		if (round % 2) {
			session_wait_stop(&session);
			assert_int_equal(session.stop.reason, STOP_SIGNAL);
		}
		if (round < 2)
			session_detach(&session);
		session_deinit(&session);
		int status = child_end(&child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
	}
}

static void detaching_during_a_vfork(void **state)
{
	static const char *const arguments[] = { "sleep", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_children"), arguments);
	session_break_line(&session, CHILDREN_C, line_of(CHILDREN_C, "// shared"), NULL, NULL, NULL);
	session_start(&session);
	int child = 0;
	while (!child || state_of(child) != 'S') {
		char path[64];
		loop_add_timer(session.loop, 1, nothing, NULL);   // no event tells that the child sleeps: look again soon
		loop_turn(session.loop);
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", session.pid, session.pid);
		FILE *file = fopen(path, "r");
		if (file && fscanf(file, "%d", &child) != 1)
			child = 0;
		if (file)
			fclose(file);
	}
	session_detach(&session);
	assert_string_equal(status_of(child, "TracerPid:"), "0");
	kill(child, SIGKILL);
	while (!strstr(str_text(&session.out), "-9 2"))
		loop_turn(session.loop);
	session_deinit(&session);
	waitpid(session.pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_threads_notice_nothing),
		cmocka_unit_test(breakpoints_leave_no_trace),
		cmocka_unit_test(slot_pages_are_given_back),
		cmocka_unit_test(slot_pages_of_a_stopped_process_are_given_back),
		cmocka_unit_test(a_stop_signal_survives_our_calls),
		cmocka_unit_test(destroying_the_debugger_detaches),
		cmocka_unit_test(a_stopped_process_stays_stopped),
		cmocka_unit_test(left_stopped_if_wanted),
		cmocka_unit_test(a_signal_that_was_about_to_come_is_not_lost),
		cmocka_unit_test(detaching_during_a_vfork),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

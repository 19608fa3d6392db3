// Children: those of fork run free and unpatched, those that share our memory run on through our breakpoints.
#include "tests/engine/child.h"

#define CHILDREN_C SOURCE_DIR "/tests/programs/stops_children.c"

static void child_is_not_disturbed(const char *kind, const char *condition)
{
	const char *const arguments[] = { kind, NULL };
	struct session session;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_children"), arguments);
	session_break_line(&session, CHILDREN_C, line_of(CHILDREN_C, "// shared"), condition, NULL, NULL);
	session_start(&session);
	if (!condition) {
		session_wait_stop(&session);   // the parent's own call
		assert_int_equal(session.stop.tid, session.pid);
		session_continue_to_exit(&session);
	} else {
		session_wait_exit(&session);
	}
	assert_int_equal(session.exit_code, 0);
	assert_string_equal(str_text(&session.out), "41 2\n");
	session_deinit(&session);
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
}

static void forked_child_runs_free(void **state)
{
	(void)state;
	child_is_not_disturbed("fork", NULL);
	child_is_not_disturbed("fork", "passed < 0");
}

static void vforked_child_passes_our_breakpoints(void **state)
{
	(void)state;
	child_is_not_disturbed("vfork", NULL);
	child_is_not_disturbed("vfork", "passed < 0");
}

static void child_in_our_memory_passes_our_breakpoints(void **state)
{
	(void)state;
	child_is_not_disturbed("memory", NULL);
	child_is_not_disturbed("quiet", NULL);
}

static void system_runs_its_command(void **state)
{
	(void)state;
	child_is_not_disturbed("system", NULL);
}

static pid_t only_child_of(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *file = fopen(path, "r");
	int child = 0;
	assert_non_null(file);
	if (fscanf(file, "%d", &child) != 1)
		child = 0;
	fclose(file);
	return child;
}

static void start_sleeping_vfork(struct session *session, pid_t *child)
{
	static const char *const arguments[] = { "sleep", NULL };
	session_init(session);
	session_launch(session, PROGRAM("stops_children"), arguments);
	session_break_line(session, CHILDREN_C, line_of(CHILDREN_C, "// shared"), NULL, NULL, NULL);
	session_start(session);
	while (!(*child = only_child_of(session->pid)) || state_of(*child) != 'S')
		session_turn_briefly(session);
}

static void pause_stops_while_a_vforked_child_sleeps(void **state)
{
	struct session session;
	pid_t child;
	(void)state;
	start_sleeping_vfork(&session, &child);
	for (int i = 0; i < 3; i++) {
		assert_null(debugger_pause(session.debugger, 0));
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_PAUSE);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	kill(child, SIGKILL);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	session_continue_to_exit(&session);
	assert_string_equal(str_text(&session.out), "-9 2\n");
	session_deinit(&session);
}

static void child_may_die_while_all_are_stopped(void **state)
{
	struct session session;
	pid_t child;
	(void)state;
	start_sleeping_vfork(&session, &child);
	assert_null(debugger_pause(session.debugger, 0));
	session_wait_stop(&session);
	kill(child, SIGKILL);
	while (state_of(session.pid) != 't')   // its parent leaves vfork and is held
		session_turn_briefly(&session);
	session_continue(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	session_deinit(&session);
}

static void destroying_the_debugger_during_a_vfork(void **state)
{
	struct session session;
	pid_t child;
	(void)state;
	start_sleeping_vfork(&session, &child);
	pid_t pid = session.pid;
	session_deinit(&session);
	assert_int_equal(kill(pid, 0), -1);
	kill(child, SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forked_child_runs_free),
		cmocka_unit_test(vforked_child_passes_our_breakpoints),
		cmocka_unit_test(child_in_our_memory_passes_our_breakpoints),
		cmocka_unit_test(system_runs_its_command),
		cmocka_unit_test(pause_stops_while_a_vforked_child_sleeps),
		cmocka_unit_test(child_may_die_while_all_are_stopped),
		cmocka_unit_test(destroying_the_debugger_during_a_vfork),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

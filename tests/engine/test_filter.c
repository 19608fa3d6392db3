// With the kernel's filter the same calls stop as without it, and neither the program nor its children notice.
#include "tests/engine/child.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "engine/run/state.h"

static void choose(struct session *session, const char *entry, const char *back)
{
	struct debugger_catches catches = { .syscall_entry = entry, .syscall_entry_set = entry, .syscall_return = back,
					    .syscall_return_set = back };
	const char *filter;
	assert_null(debugger_set_catches(session->debugger, &catches, &filter));
}

static void launch(struct session *session, const char *program, const char *const *arguments, enum syscall_filter filter)
{
	struct launch_spec spec = { .program = program, .arguments = arguments, .disable_aslr = true, .syscall_filter = filter };
	session_init(session);
	session_launch_spec(session, &spec);
	assert_null(session->done_error);
}

static void note(struct session *session, struct str *events)
{
	const struct syscall_event *event = &session->stop.syscall;
	assert_int_equal(session->stop.reason, STOP_SYSCALL);
	bool is_return = event->phase == SYSCALL_RETURN;
	str_printf(events, "%s %s %d; ", is_return ? "return" : "entry", syscall_name(event->abi, event->number),
		   is_return && event->is_error ? (int)event->result : 0);
}

static void go_on(struct session *session)
{
	session->is_stopped = false;
	assert_null(debugger_continue(session->debugger));
	session_wait_stop_or_exit(session);
}

// What happens from the start to the end, and what the program says.
static void watch(const char *const *arguments, const char *entry, const char *back, enum syscall_filter filter, struct str *events)
{
	struct session session;
	launch(&session, PROGRAM("filters_calls"), arguments, filter);
	choose(&session, entry, back);
	session_start(&session);
	assert_int_equal(session.debugger->filter.is_installed, filter != SYSCALL_FILTER_OFF);
	for (session_wait_stop_or_exit(&session); !session.has_ended; go_on(&session))
		note(&session, events);
	str_printf(events, "exit %d %d; says %s", session.exit_code, session.signo, str_text(&session.out));
	session_deinit(&session);
}

static void same_events(const char *mode, const char *entry, const char *back, unsigned count, const char *words)
{
	const char *const arguments[] = { mode, NULL };
	_cleanup_str_ struct str without = STR_INIT;
	_cleanup_str_ struct str with = STR_INIT;
	unsigned found = 0;
	watch(arguments, entry, back, SYSCALL_FILTER_OFF, &without);
	watch(arguments, entry, back, SYSCALL_FILTER_ON, &with);
	assert_string_equal(str_text(&with), str_text(&without));
	assert_non_null(strstr(str_text(&with), words));
	for (const char *at = str_text(&with); (at = strchr(at, ';')); at++)
		found++;
	if (found != count + 1)
		fail_msg("%u events instead of %u: %s", found - 1, count, str_text(&with));
}

static void entries_and_returns(void **state)
{
	(void)state;
	same_events("leaf", "getppid", NULL, 3, "exit 0 0");
	same_events("leaf", NULL, "getppid", 3, "exit 0 0");
	same_events("leaf", "getppid", "getppid", 6, "exit 0 0");
	same_events("leaf", "getppid,exit_group", "!/.,getppid", 7, "exit 0 0");
}

static void a_filter_of_the_programs_own(void **state)
{
	(void)state;
	same_events("own", "getppid", NULL, 5, "exit 0 31; says 1 38 1 31\n");
	same_events("own", "getuid,geteuid,getgid", "getuid,geteuid,getgid", 6, "return getuid -1; entry geteuid 0; return geteuid -38; entry getgid");
	same_events("own", NULL, "uname", 0, "says 1 38 1 31\n");
}

static void threads_and_exec_inherit_it(void **state)
{
	(void)state;
	same_events("exec", "getppid,execve", "getppid,execve", 10, "return execve 0; entry getppid");
	same_events("threads", NULL, "getppid", 80, "says 0\n");
}

static void children_run_as_without_it(void **state)
{
	(void)state;
	same_events("fork", "getppid", "getppid", 10, "says 0\n");
	same_events("vfork", "getppid", NULL, 0, "says 0\n");
}

static unsigned count_stops(struct session *session, uint64_t number)
{
	unsigned count = 0;
	for (session_wait_stop_or_exit(session); !session->has_ended; go_on(session))
		count += session->stop.syscall.number == number;
	return count;
}

static void calls_of_all_kinds(void **state)
{
	static const char *const arguments[] = { "/bin/true", NULL };
	(void)state;
	for (enum syscall_filter filter = SYSCALL_FILTER_OFF; filter <= SYSCALL_FILTER_ON; filter += 2) {
		struct session session;
		launch(&session, PROGRAM("stops_calls"), arguments, filter);
		choose(&session, "getppid,getpid,pause", "getppid,getpid,pause");
		session_start(&session);
		unsigned old = 0;
		unsigned counts[2] = { 0 };
		for (session_wait_stop_or_exit(&session); !session.has_ended; go_on(&session)) {
			const struct syscall_event *event = &session.stop.syscall;
			old += event->abi == SYSCALL_ABI_I386 && event->number == 20;
			counts[event->phase] += event->abi == SYSCALL_ABI_X86_64 && event->number == SYS_getppid;
		}
		assert_int_equal(old, 2);
		assert_int_equal(counts[SYSCALL_ENTRY], 800);
		assert_int_equal(counts[SYSCALL_RETURN], 800);
		assert_string_equal(str_text(&session.out), "1\n");
		session_deinit(&session);
	}
}

static void a_wider_choice_falls_back(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("makes_syscalls"), NULL, SYSCALL_FILTER_ON);
	choose(&session, "write", NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.syscall.number, SYS_write);
	choose(&session, NULL, "write,getpid");
	go_on(&session);
	assert_int_equal(session.stop.syscall.number, SYS_write);
	assert_int_equal(session.stop.syscall.phase, SYSCALL_RETURN);
	assert_int_equal(session.stop.syscall.result, 6);
	choose(&session, "getpid", "write,getpid");
	go_on(&session);
	assert_int_equal(session.stop.syscall.number, SYS_getpid);
	choose(&session, "write", NULL);   // narrow again, while it stands in a call
	session_continue_to_exit(&session);
	session_deinit(&session);
}

// An entry that was seen at the kernel's own stop is not seen again at the filter's.
static void narrowed_at_an_entry(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("makes_syscalls"), NULL, SYSCALL_FILTER_ON);
	choose(&session, "write", NULL);
	session_start(&session);
	session_wait_stop(&session);
	choose(&session, "close,read,write,getpid", NULL);
	go_on(&session);
	assert_int_equal(session.stop.syscall.number, SYS_getpid);
	session_deinit(&session);

	launch(&session, PROGRAM("filters_calls"), (const char *const[]){ "leaf", NULL }, SYSCALL_FILTER_ON);
	choose(&session, "getppid", NULL);
	session_start(&session);
	choose(&session, "getppid,getpid", NULL);   // too wide
	session_wait_stop(&session);
	choose(&session, "getppid", NULL);
	go_on(&session);
	unsigned rest = !session.has_ended;
	session.is_stopped = false;
	if (rest)
		assert_null(debugger_continue(session.debugger));
	assert_int_equal(1 + rest + (rest ? count_stops(&session, SYS_getppid) : 0), 3);
	session_deinit(&session);
}

static void steps_to_any_call(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("makes_syscalls"), NULL, SYSCALL_FILTER_ON);
	choose(&session, "write", NULL);
	session_start(&session);
	session_wait_stop(&session);
	static const uint64_t numbers[] = { SYS_write, SYS_getpid, SYS_getpid };
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		session.is_stopped = false;
		assert_null(debugger_step_syscall(session.debugger, session.stop.tid));
		session_wait_stop(&session);
		assert_int_equal(session.stop.syscall.number, numbers[i]);
		assert_int_equal(session.stop.syscall.phase, i % 2 ? SYSCALL_ENTRY : SYSCALL_RETURN);
	}
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void no_use_no_filter(void **state)
{
	static const char *const sets[] = { NULL, "", "none" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct session session;
		launch(&session, PROGRAM("exits_with_code"), NULL, SYSCALL_FILTER_ON);
		choose(&session, sets[i], NULL);
		session_start(&session);
		assert_false(session.debugger->filter.is_installed);
		session_deinit(&session);
	}
}

static void a_filtered_program_is_not_let_go(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("makes_syscalls"), NULL, SYSCALL_FILTER_ON);
	choose(&session, "write", NULL);
	session_start(&session);
	session_wait_stop(&session);
	session_detach(&session);
	assert_non_null(session.done_error);
	assert_non_null(strstr(session.done_error, "syscallFilter"));
	session_continue_to_exit(&session);
	assert_string_equal(str_text(&session.out), "hello\n");
	session_deinit(&session);
}

static void a_child_that_survives_is_served(void **state)
{
	char file[] = "/tmp/ptdap_filter_XXXXXX";
	struct session session;
	(void)state;
	int fd = mkstemp(file);
	assert_true(fd >= 0);
	close(fd);
	unlink(file);
	launch(&session, PROGRAM("filters_calls"), (const char *const[]){ "daemon", file, NULL }, SYSCALL_FILTER_ON);
	choose(&session, "getppid", NULL);
	session_start(&session);
	session_wait_exit(&session);
	session_turn_until(&session, &session.has_kept_ended);   // perhaps it has ended before
	assert_int_equal(access(file, F_OK), 0);
	unlink(file);
	session_deinit(&session);
}

static void it_dies_with_the_debugger(void **state)
{
	struct session session;
	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	launch(&session, PROGRAM("filters_calls"), (const char *const[]){ "daemon", NULL }, SYSCALL_FILTER_ON);
	choose(&session, "getppid", NULL);
	session_start(&session);
	session_wait_exit(&session);
	assert_true(debugger_has_kept(session.debugger));
	session_deinit(&session);
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_and_returns),
		cmocka_unit_test(a_filter_of_the_programs_own),
		cmocka_unit_test(threads_and_exec_inherit_it),
		cmocka_unit_test(children_run_as_without_it),
		cmocka_unit_test(calls_of_all_kinds),
		cmocka_unit_test(a_wider_choice_falls_back),
		cmocka_unit_test(narrowed_at_an_entry),
		cmocka_unit_test(steps_to_any_call),
		cmocka_unit_test(no_use_no_filter),
		cmocka_unit_test(a_filtered_program_is_not_let_go),
		cmocka_unit_test(a_child_that_survives_is_served),
		cmocka_unit_test(it_dies_with_the_debugger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

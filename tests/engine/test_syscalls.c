// Syscall stops: entries and returns pair up for every thread, whatever interrupts them.
#include "tests/engine/child.h"

#include <sys/syscall.h>

#include "engine/run/state.h"

static void set_calls(struct session *session, const char *entry, const char *back)
{
	struct debugger_catches catches = { .syscall_entry = entry, .syscall_entry_set = entry, .syscall_return = back,
					    .syscall_return_set = back };
	const char *filter;
	assert_null(debugger_set_catches(session->debugger, &catches, &filter));
}

// Until every thread runs as the present choice wants it.
static void await_mode(struct session *session)
{
	struct map_entry *entry = map_next(&session->debugger->threads, NULL);
	while (entry) {
		if (((struct thread *)entry->value)->has_old_mode) {
			loop_turn(session->loop);
			entry = NULL;
		}
		entry = map_next(&session->debugger->threads, entry);
	}
}

static bool next(struct session *session)
{
	session->is_stopped = false;
	assert_null(debugger_continue(session->debugger));
	session_wait_stop_or_exit(session);
	return !session->has_ended;
}

static void every_call_stops_twice(void **state)
{
	static const char *const arguments[] = { "/bin/true", NULL };
	struct session session;
	unsigned entries = 0;
	unsigned returns = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_calls"), arguments);
	set_calls(&session, "getppid,close", "getppid,close");
	struct {
		pid_t tid;
		uint64_t number;
	} open_calls[8] = { 0 };
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; next(&session)) {
		assert_int_equal(session.stop.reason, STOP_SYSCALL);
		const struct syscall_event *event = &session.stop.syscall;
		size_t slot = 0;
		while (open_calls[slot].tid != session.stop.tid && open_calls[slot].tid)
			slot++;
		assert_true(slot < 8);
		open_calls[slot].tid = session.stop.tid;
		if (event->phase == SYSCALL_ENTRY) {
			assert_int_equal(open_calls[slot].number, 0);
			open_calls[slot].number = event->number;
			entries += event->number == SYS_getppid;
		} else {
			assert_int_equal(open_calls[slot].number, event->number);
			open_calls[slot].number = 0;
			returns += event->number == SYS_getppid;
			if (event->number == SYS_getppid)
				assert_int_equal(event->result, getpid());
		}
	}
	assert_int_equal(entries, 800);
	assert_int_equal(returns, 800);
	assert_string_equal(str_text(&session.out), "1\n");
	session_deinit(&session);
}

static void an_interrupted_call_returns_once(void **state)
{
	struct session session;
	unsigned entries = 0;
	unsigned returns = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_calls"), NULL);
	set_calls(&session, "pause", "pause");
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; next(&session)) {
		assert_int_equal(session.stop.syscall.number, SYS_pause);
		*(session.stop.syscall.phase == SYSCALL_ENTRY ? &entries : &returns) += 1;
	}
	assert_int_equal(entries, 1);
	assert_int_equal(returns, 1);
	session_deinit(&session);
}

static void the_32_bit_call_is_told_apart(void **state)
{
	struct session session;
	bool is_found = false;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_calls"), NULL);
	set_calls(&session, NULL, "");
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; next(&session)) {
		const struct syscall_event *event = &session.stop.syscall;
		if (event->abi != SYSCALL_ABI_I386)
			continue;
		is_found = true;
		assert_int_equal(event->number, 20);
		assert_int_equal(event->result, session.pid);
	}
	assert_true(is_found);
	session_deinit(&session);
}

static void switched_on_and_off_while_running(void **state)
{
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_calls"), NULL);
	session_start(&session);
	for (unsigned i = 0; !session.has_ended; i++) {
		if (debugger_state(session.debugger) == DEBUGGER_ENDED)
			break;
		set_calls(&session, NULL, i % 2 ? "close,getppid" : NULL);
		if (session.is_stopped) {
			const struct syscall_event *event = &session.stop.syscall;
			assert_int_equal(event->phase, SYSCALL_RETURN);
			assert_true(event->number == SYS_close || event->number == SYS_getppid);
			if (event->number == SYS_getppid)
				assert_int_equal(event->result, getpid());
			session.is_stopped = false;
			assert_null(debugger_continue(session.debugger));
		}
		if (!session.is_stopped)   // an event that waited may have stopped it again at once
			loop_turn(session.loop);
	}
	assert_string_equal(str_text(&session.out), "1\n");
	session_deinit(&session);
}

static void a_call_under_way_is_named_at_its_return(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	await_all(child.pid, 'S');
	session_init(&session);
	session_attach(&session, child.pid);
	session_start(&session);
	session_wait_stop(&session);
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	set_calls(&session, NULL, "read");
	await_mode(&session);
	child_say(&child);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_SYSCALL);
	assert_int_equal(session.stop.syscall.number, SYS_read);
	assert_int_equal(session.stop.syscall.arguments[0], 0);
	assert_int_equal(session.stop.syscall.result, 1);
	set_calls(&session, NULL, NULL);
	session_detach(&session);
	session_deinit(&session);
	child_expect(&child, "still there");
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	assert_int_equal(child_end(&child), 0);
}

static void a_continued_call_is_named(void **state)
{
	static const char *const arguments[] = { PROGRAM("stops_blocked"), NULL };
	struct child child;
	struct session session;
	unsigned polls = 0;
	unsigned naps = 0;
	(void)state;
	child_start(&child, arguments);
	child_expect(&child, "ready");
	await_all(child.pid, 'S');
	session_init(&session);
	session_attach(&session, child.pid);
	session_start(&session);
	session_wait_stop(&session);
	set_calls(&session, "restart_syscall", NULL);
	for (int i = 0; i < 4; i++) {   // the second round: those that go on are broken by the stops of the first
		_cleanup_str_ struct str text = STR_INIT;
		session_continue(&session);
		assert_int_equal(session.stop.syscall.number, SYS_restart_syscall);
		assert_true(session.stop.syscall.is_continuation);
		bool is_poll = session.stop.syscall.continued == SYS_poll;
		assert_true(is_poll || session.stop.syscall.continued == SYS_clock_nanosleep || session.stop.syscall.continued == SYS_nanosleep);
		*(is_poll ? &polls : &naps) += 1;
		syscall_format(&session.stop.syscall, &(struct syscall_context){ 0 }, &text);
		assert_non_null(strstr(str_text(&text), is_poll ? "restart_syscall(/* goes on with poll */)" : "nanosleep */)"));
	}
	assert_true(polls && naps);
	session_detach(&session);
	session_deinit(&session);
	child_close(&child);
	child_expect(&child, "0 0 0 0 0 0 ");
	child_end(&child);
}

static void traced_calls_do_not_stop(void **state)
{
	static const struct syscall_rule_spec rule = { SYSCALL_ACTION_TRACE, "getppid" };
	struct session session;
	size_t bad;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_calls"), NULL);
	assert_null(debugger_set_syscall_rules(session.debugger, &rule, 1, &bad));
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.syscalls, 800);
	session_deinit(&session);
}

static void steps_from_boundary_to_boundary(void **state)
{
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("makes_syscalls"), NULL);
	set_calls(&session, "write", NULL);
	session_start(&session);
	session_wait_stop(&session);
	set_calls(&session, NULL, NULL);
	static const struct {
		uint64_t number;
		enum syscall_phase phase;
	} wanted[] = { { SYS_write, SYSCALL_RETURN }, { SYS_getpid, SYSCALL_ENTRY }, { SYS_getpid, SYSCALL_RETURN } };
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		session.is_stopped = false;
		assert_null(debugger_step_syscall(session.debugger, session.stop.tid));
		session_wait_stop(&session);
		assert_int_equal(session.stop.syscall.number, wanted[i].number);
		assert_int_equal(session.stop.syscall.phase, wanted[i].phase);
	}
	session_continue_to_exit(&session);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_stops_twice),
		cmocka_unit_test(an_interrupted_call_returns_once),
		cmocka_unit_test(the_32_bit_call_is_told_apart),
		cmocka_unit_test(switched_on_and_off_while_running),
		cmocka_unit_test(a_call_under_way_is_named_at_its_return),
		cmocka_unit_test(a_continued_call_is_named),
		cmocka_unit_test(traced_calls_do_not_stop),
		cmocka_unit_test(steps_from_boundary_to_boundary),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Signals: which stop, what they carry, that none is lost, and the program's own traps.
#include "tests/engine/child.h"

#define SIGNALS_C SOURCE_DIR "/tests/programs/takes_signals.c"
#define QUEUE_C SOURCE_DIR "/tests/programs/stops_queue.c"

static void set_signals(struct session *session, bool is_on, const char *set)
{
	struct debugger_catches catches = { .signals = is_on, .signal_set = set };
	const char *filter;
	assert_null(debugger_set_catches(session->debugger, &catches, &filter));
}

static void launch(struct session *session, const char *program, const char *argument)
{
	const char *const arguments[] = { argument, NULL };
	session_init(session);
	session_launch(session, program, arguments);
}

static void a_fault_stops_and_then_kills(void **state)
{
	static const struct {
		const char *how;
		int signo;
	} faults[] = { { "segv", SIGSEGV }, { "fpe", SIGFPE }, { "abort", SIGABRT }, { "ill", SIGILL }, { "bus", SIGBUS } };
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct session session;
		launch(&session, PROGRAM("faults"), faults[i].how);
		set_signals(&session, true, NULL);
		session_start(&session);
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_SIGNAL);
		assert_int_equal(session.stop.siginfo.si_signo, faults[i].signo);
		session_continue_to_exit(&session);
		assert_int_equal(session.signo, faults[i].signo);
		session_deinit(&session);
	}
}

static void harmless_signals_pass_by_default(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("takes_signals"), NULL);
	set_signals(&session, true, NULL);
	session_start(&session);
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "10 20\n");
	session_deinit(&session);
}

static void a_chosen_signal_stops_and_is_delivered(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("takes_signals"), NULL);
	set_signals(&session, true, "USR1");
	session_start(&session);
	for (int i = 0; i < 2; i++) {
		session_wait_stop(&session);
		assert_int_equal(session.stop.siginfo.si_signo, SIGUSR1);
		assert_int_equal(session.stop.siginfo.si_pid, session.pid);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "10 20\n");
	session_deinit(&session);
}

// The handler runs before the instruction that the program stands at, and meets another breakpoint: back from it, nothing is hit anew.
static void a_breakpoint_is_not_hit_twice_around_a_handler(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("takes_signals"), NULL);
	set_signals(&session, true, "USR1");
	session_break_line(&session, SIGNALS_C, line_of(SIGNALS_C, "// in handler"), NULL, NULL, "handled");
	session_start(&session);
	for (int i = 0; i < 2; i++) {
		struct breakpoint_info info;
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_SIGNAL);
		struct breakpoint_spec spec = { .address = session.stop.pc };
		assert_null(debugger_set_instruction_breakpoints(session.debugger, &spec, 1, &info));
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.console), "handled\nhandled\n");
	session_deinit(&session);
}

static void queued_signals_keep_order_and_values(bool is_caught, const char *log)
{
	struct session session;
	unsigned stops = 0;
	launch(&session, PROGRAM("stops_queue"), NULL);
	set_signals(&session, is_caught, is_caught ? "37" : NULL);
	if (log)
		session_break_line(&session, QUEUE_C, line_of(QUEUE_C, "// value"), NULL, NULL, log);
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; session_wait_stop_or_exit(&session)) {
		assert_int_equal(session.stop.reason, STOP_SIGNAL);
		assert_int_equal(session.stop.siginfo.si_value.sival_int, (int)stops++);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_int_equal(stops, is_caught ? 200 : 0);
	assert_string_equal(str_text(&session.out), "200 0 50\n");
	session_deinit(&session);
}

static void queued_signals_arrive_as_they_were_sent(void **state)
{
	(void)state;
	queued_signals_keep_order_and_values(false, NULL);
	queued_signals_keep_order_and_values(false, "value");
}

static void queued_signals_survive_a_stop_each(void **state)
{
	(void)state;
	queued_signals_keep_order_and_values(true, NULL);
}

static void queued_signals_survive_pauses(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("stops_queue"), NULL);
	set_signals(&session, false, NULL);
	session_start(&session);
	while (!session.has_ended) {
		loop_turn(session.loop);
		if (session.has_ended)
			break;
		session.is_stopped = false;
		error_destroy(debugger_pause(session.debugger, 0));
		session_wait_stop_or_exit(&session);
		if (session.has_ended)
			break;
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_string_equal(str_text(&session.out), "200 0 50\n");
	session_deinit(&session);
}

static void the_programs_own_traps_are_its_own(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("stops_own_traps"), NULL);
	set_signals(&session, false, NULL);
	session_start(&session);
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "3\n");
	session_deinit(&session);
}

static void the_programs_own_traps_are_shown_if_wanted(void **state)
{
	struct session session;
	(void)state;
	launch(&session, PROGRAM("stops_own_traps"), NULL);
	set_signals(&session, true, NULL);
	session_start(&session);
	for (int i = 0; i < 3; i++) {
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_SIGNAL);
		assert_int_equal(session.stop.siginfo.si_signo, SIGTRAP);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	session_wait_exit(&session);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_stops_and_then_kills),
		cmocka_unit_test(harmless_signals_pass_by_default),
		cmocka_unit_test(a_chosen_signal_stops_and_is_delivered),
		cmocka_unit_test(a_breakpoint_is_not_hit_twice_around_a_handler),
		cmocka_unit_test(queued_signals_arrive_as_they_were_sent),
		cmocka_unit_test(queued_signals_survive_a_stop_each),
		cmocka_unit_test(queued_signals_survive_pauses),
		cmocka_unit_test(the_programs_own_traps_are_its_own),
		cmocka_unit_test(the_programs_own_traps_are_shown_if_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

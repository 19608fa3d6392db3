// Steps by line and statement in C: over, into and out of calls of every kind.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/engine/session.h"

#define SOURCE(name) SOURCE_DIR "/tests/programs/" name
#define STEPS_C SOURCE("steps.c")
#define KINDS_C SOURCE("step_kinds.c")
#define LIBRARY_C SOURCE("step_library.c")
#define JUMPS_C SOURCE("step_jumps.c")

static void step_to_exit(struct session *session, enum step_kind kind)
{
	session->is_stopped = false;
	assert_null(debugger_step(session->debugger, session->stop.tid, kind, STEP_LINE));
	session_wait_exit(session);
}

static const char *const kinds_programs[] = {
	PROGRAM("step_kinds"),	      PROGRAM("step_kinds-now"),   PROGRAM("step_kinds-lazy"),	  PROGRAM("step_kinds-static"),
	PROGRAM("step_kinds-nopie"), PROGRAM("step_kinds-noframe"),
};

static void next_walks_through_main_to_the_end_of_the_program(void **state)
{
	static const char *const lines[] = { "calls pointer", "calls nested", "calls strlen", "calls qsort", "loop head", "loop body",
					     "loop head", "loop body", "loop head", "loop body", "loop head", "calls nothing",
					     "stores", "calls puts", "last" };
	(void)state;
	for (size_t i = 0; i < sizeof(kinds_programs) / sizeof(*kinds_programs); i++) {
		struct session session;
		session_begin_at(&session, kinds_programs[i], KINDS_C, "calls tail");
		for (size_t j = 0; j < sizeof(lines) / sizeof(*lines); j++)
			session_step_to(&session, STEP_OVER, "main", KINDS_C, lines[j]);
		session_step(&session, STEP_OVER, STEP_LINE);   // the closing brace
		step_to_exit(&session, STEP_OVER);
		assert_int_equal(session.exit_code, 0);
		assert_string_equal(session.out.data, "done\n");
		session_deinit(&session);
	}
}

static void step_in_enters_what_has_source_and_passes_what_has_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds_programs) / sizeof(*kinds_programs); i++) {
		struct session session;
		session_begin_at(&session, kinds_programs[i], KINDS_C, "calls pointer");
		session_step_to(&session, STEP_IN, "leaf", KINDS_C, "in leaf");
		assert_string_equal(session_value(&session, "x"), "4");
		session_step_to(&session, STEP_OUT, "main", KINDS_C, "calls pointer");
		session_step_to(&session, STEP_IN, "main", KINDS_C, "calls nested");
		session_step_to(&session, STEP_IN, "leaf", KINDS_C, "in leaf");
		session_step_to(&session, STEP_OUT, "main", KINDS_C, "calls nested");
		session_step_to(&session, STEP_IN, "leaf", KINDS_C, "in leaf");
		session_step_to(&session, STEP_OUT, "main", KINDS_C, "calls nested");
		session_step_to(&session, STEP_IN, "main", KINDS_C, "calls strlen");
		session_step_to(&session, STEP_IN, "main", KINDS_C, "calls qsort");   // strlen and abs have no source
		session_step_to(&session, STEP_IN, "main", KINDS_C, "loop head");     // nor has qsort, though it calls back
		session_deinit(&session);
	}
}

static void step_out_of_a_callback_stops_in_its_caller_without_source(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_kinds"), KINDS_C, "in compare");
	session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_not_equal(session_function(&session, 0), "compare");
	assert_string_not_equal(session_function(&session, 0), "main");
	session_step_to(&session, STEP_OVER, "main", KINDS_C, "loop head");   // no source here: out to where there is some, behind the call
	session_deinit(&session);
}

static void tail_calls_are_entered_and_stepped_over(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_kinds-O2"), KINDS_C, "// tail calls");
	session_step_to(&session, STEP_IN, "leaf", KINDS_C, "in leaf");
	session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_equal(session_function(&session, 0), "main");
	session_deinit(&session);
	session_begin_at(&session, PROGRAM("step_kinds-O2"), KINDS_C, "// tail calls");
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_string_equal(session_function(&session, 0), "main");
	session_deinit(&session);
}

static void next_over_a_recursive_call_stays_in_its_instance(void **state)
{
	static const char *const programs[] = { PROGRAM("steps"), PROGRAM("steps-noframe"), PROGRAM("steps-static"), PROGRAM("steps-dwarf4") };
	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		struct session session;
		session_begin_at(&session, programs[i], STEPS_C, "recurses");
		assert_string_equal(session_value(&session, "n"), "5");
		size_t depth = session_depth(&session);
		session_step_to(&session, STEP_OVER, "factorial", STEPS_C, "multiplies");
		assert_int_equal(session_depth(&session), depth);
		assert_string_equal(session_value(&session, "n"), "5");
		assert_string_equal(session_value(&session, "rest"), "24");
		session_deinit(&session);
	}
}

static void step_out_leaves_the_right_instance(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "bottom");
	for (int n = 2; n <= 5; n++) {
		char expected[16];
		session_step_to(&session, STEP_OUT, "factorial", STEPS_C, "recurses");
		snprintf(expected, sizeof(expected), "%d", n);
		assert_string_equal(session_value(&session, "n"), expected);
	}
	session_step_to(&session, STEP_OUT, "main", STEPS_C, "calls factorial");
	session_deinit(&session);
}

static void loop_on_one_line_is_one_step(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "one line loop");
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "after loop");
	session_deinit(&session);
}

static void statements_of_a_loop_on_one_line_are_steps_each(void **state)
{
	struct session session;
	unsigned line = line_of(STEPS_C, "one line loop");
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "one line loop");
	for (int i = 0; i < 20; i++) {
		uint64_t pc = session.stop.pc;
		session_step(&session, STEP_OVER, STEP_STATEMENT);
		assert_int_equal(session_line(&session, 0), line);
		assert_int_not_equal(session.stop.pc, pc);
	}
	session_deinit(&session);
}

// ---- jumps out of the call ----------------------------------------------------------------------------------------------

static void longjmp_ends_the_step_where_it_leads(void **state)
{
	static const char *const programs[] = { PROGRAM("steps"), PROGRAM("steps-static"), PROGRAM("steps-noframe"), PROGRAM("steps-O2") };
	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		struct session session;
		session_begin_at(&session, programs[i], STEPS_C, "calls jumps");
		session_step(&session, STEP_OVER, STEP_LINE);
		assert_int_equal(session.stop.reason, STOP_STEP);
		assert_string_equal(session_function(&session, 0), "main");
		assert_int_equal(session_line(&session, 0), line_of(STEPS_C, "// landed"));
		session_continue_to_exit(&session);
		session_deinit(&session);
	}
}

// Signals are not reported.
static void begin_without_signals(struct session *session, const char *text)
{
	struct debugger_catches none = { 0 };
	const char *filter;
	session_begin_at(session, PROGRAM("step_jumps"), JUMPS_C, "sets handler");
	assert_null(debugger_set_catches(session->debugger, &none, &filter));
	session_break_line(session, JUMPS_C, line_of(JUMPS_C, text), NULL, NULL, NULL);
	session_continue(session);
	session_clear_breakpoints(session, JUMPS_C);
	assert_int_equal(session_line(session, 0), line_of(JUMPS_C, text));
}

static void longjmp_ends_step_out_in_an_outer_frame(void **state)
{
	struct session session;
	(void)state;
	begin_without_signals(&session, "out of depth");
	session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_equal(session_function(&session, 0), "main");
	session_step_to(&session, STEP_OVER, "main", JUMPS_C, "back from depth");
	session_step_to(&session, STEP_OVER, "main", JUMPS_C, "jumps inside");
	session_step_to(&session, STEP_OVER, "main", JUMPS_C, "prints");   // longjmp within the call does not end the step
	session_deinit(&session);
}

static void handler_that_jumps_ends_the_step_where_it_leads(void **state)
{
	struct session session;
	(void)state;
	begin_without_signals(&session, "// faults");
	session_step_to(&session, STEP_OVER, "main", JUMPS_C, "back from handler");
	session_deinit(&session);
}

static void step_from_a_reported_fault_runs_its_handler(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_jumps"), JUMPS_C, "// faults");
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_SIGNAL);
	session_step_to(&session, STEP_OVER, "main", JUMPS_C, "back from handler");
	session_deinit(&session);
}

// ---- shared libraries ---------------------------------------------------------------------------------------------------

static void begin_in_library(struct session *session, const char *library)
{
	const char *const arguments[] = { library, NULL };
	struct breakpoint_spec spec = { .path = LIBRARY_C, .line = line_of(LIBRARY_C, "// first call") };
	struct breakpoint_info info;
	session_init(session);
	session_launch(session, PROGRAM("step_loads"), arguments);
	assert_null(debugger_set_line_breakpoints(session->debugger, LIBRARY_C, &spec, 1, &info));
	session_start(session);
	session_wait_stop(session);
	session_clear_breakpoints(session, LIBRARY_C);
	session_assert_at(session, "library_answer", LIBRARY_C, "// first call");
}

static void step_in_goes_through_the_procedure_linkage_table(void **state)
{
	static const char *const libraries[] = { PROGRAM("step_library"), PROGRAM("step_library-now") };
	(void)state;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		struct session session;
		begin_in_library(&session, libraries[i]);
		session_step_to(&session, STEP_IN, "exported", LIBRARY_C, "in exported");
		session_step_to(&session, STEP_OUT, "library_answer", LIBRARY_C, "// first call");
		session_step_to(&session, STEP_OVER, "library_answer", LIBRARY_C, "second call");
		session_step_to(&session, STEP_IN, "exported", LIBRARY_C, "in exported");
		session_step_to(&session, STEP_OUT, "library_answer", LIBRARY_C, "second call");
		session_step_to(&session, STEP_OVER, "library_answer", LIBRARY_C, "// ifunc call");
		session_step_to(&session, STEP_IN, "choice", LIBRARY_C, "in choice");   // not its resolver
		session_step_to(&session, STEP_OUT, "library_answer", LIBRARY_C, "// ifunc call");
		session_step_to(&session, STEP_OVER, "library_answer", LIBRARY_C, "second ifunc call");
		session_step_to(&session, STEP_IN, "choice", LIBRARY_C, "in choice");
		session_step_to(&session, STEP_OUT, "library_answer", LIBRARY_C, "second ifunc call");
		session_step_to(&session, STEP_OVER, "library_answer", LIBRARY_C, "calls without source");
		session_step(&session, STEP_IN, STEP_LINE);
		assert_string_equal(session_function(&session, 0), "library_answer");   // the brace: abs() has no source
		session_continue_to_exit(&session);
		session_deinit(&session);
	}
}

static void step_in_enters_a_library_function_that_is_called_by_address(void **state)
{
	struct session session;
	static const char *const arguments[] = { PROGRAM("step_library"), NULL };
	const char *loads_c = SOURCE("step_loads.c");
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("step_loads"), arguments);
	session_break_line(&session, loads_c, line_of(loads_c, "answer(1)"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	session_step_to(&session, STEP_IN, "library_answer", LIBRARY_C, "// first call");
	session_deinit(&session);
}

// ---- where the program begins and ends ----------------------------------------------------------------------------------

static void step_at_the_first_instruction_leads_to_main(void **state)
{
	static const char *const programs[] = { PROGRAM("steps"), PROGRAM("steps-static") };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session session;
		struct launch_spec spec = { .program = programs[i], .disable_aslr = true, .stop_on_entry = true };
		session_init(&session);
		session_launch_spec(&session, &spec);
		session_start(&session);
		session_wait_stop(&session);
		session_step(&session, STEP_OVER, STEP_LINE);
		assert_string_equal(session_function(&session, 0), "main");
		session_deinit(&session);
	}
}

static void step_in_a_function_without_source_leads_out_of_it(void **state)
{
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("step_kinds-now"), NULL);
	session_break_line(&session, KINDS_C, line_of(KINDS_C, "calls puts"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_true(session_break_function(&session, "write") > 0);
	session_continue(&session);
	assert_true(session_depth(&session) > 3);
	session_step(&session, STEP_IN, STEP_LINE);
	session_assert_at(&session, "main", KINDS_C, "// last");   // behind the call
	session_deinit(&session);
}

// ---- breakpoints in the way ---------------------------------------------------------------------------------------------

static void breakpoint_inside_the_call_is_reported(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "calls twice");
	int id = session_break_line(&session, STEPS_C, line_of(STEPS_C, "end of twice"), NULL, NULL, NULL);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(session.stop.breakpoint_ids[0], id);
	session_assert_at(&session, "twice", STEPS_C, "end of twice");
	session_step_to(&session, STEP_OUT, "main", STEPS_C, "calls twice");
	session_deinit(&session);
}

static void breakpoint_on_the_next_line_is_reported_and_hit_once(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "// first");
	int id = session_break_line(&session, STEPS_C, line_of(STEPS_C, "calls twice"), NULL, NULL, NULL);
	session_step(&session, STEP_OVER, STEP_LINE);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(session.stop.breakpoint_count, 1);
	assert_int_equal(session.stop.breakpoint_ids[0], id);
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "calls factorial");
	session_deinit(&session);
}

static void false_condition_in_the_call_does_not_end_the_step(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "calls factorial");
	session_break_line(&session, STEPS_C, line_of(STEPS_C, "// test"), "n == 77", NULL, NULL);
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "one line loop");
	session_deinit(&session);
}

static void false_condition_where_the_step_ends_does_not_change_it(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "// first");
	session_break_line(&session, STEPS_C, line_of(STEPS_C, "calls twice"), "sum == 77", NULL, NULL);
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "calls twice");
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "calls factorial");
	session_deinit(&session);
}

static void log_point_in_the_way_logs_once_and_does_not_end_the_step(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("steps"), STEPS_C, "// first");
	session_break_line(&session, STEPS_C, line_of(STEPS_C, "calls twice"), NULL, NULL, "sum is {sum}");
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "calls twice");
	session_step_to(&session, STEP_OVER, "main", STEPS_C, "calls factorial");
	assert_string_equal(session.console.data, "sum is 0\n");
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_walks_through_main_to_the_end_of_the_program),
		cmocka_unit_test(step_in_enters_what_has_source_and_passes_what_has_none),
		cmocka_unit_test(step_out_of_a_callback_stops_in_its_caller_without_source),
		cmocka_unit_test(tail_calls_are_entered_and_stepped_over),
		cmocka_unit_test(next_over_a_recursive_call_stays_in_its_instance),
		cmocka_unit_test(step_out_leaves_the_right_instance),
		cmocka_unit_test(loop_on_one_line_is_one_step),
		cmocka_unit_test(statements_of_a_loop_on_one_line_are_steps_each),
		cmocka_unit_test(longjmp_ends_the_step_where_it_leads),
		cmocka_unit_test(longjmp_ends_step_out_in_an_outer_frame),
		cmocka_unit_test(handler_that_jumps_ends_the_step_where_it_leads),
		cmocka_unit_test(step_from_a_reported_fault_runs_its_handler),
		cmocka_unit_test(step_in_goes_through_the_procedure_linkage_table),
		cmocka_unit_test(step_in_enters_a_library_function_that_is_called_by_address),
		cmocka_unit_test(step_at_the_first_instruction_leads_to_main),
		cmocka_unit_test(step_in_a_function_without_source_leads_out_of_it),
		cmocka_unit_test(breakpoint_inside_the_call_is_reported),
		cmocka_unit_test(breakpoint_on_the_next_line_is_reported_and_hit_once),
		cmocka_unit_test(false_condition_in_the_call_does_not_end_the_step),
		cmocka_unit_test(false_condition_where_the_step_ends_does_not_change_it),
		cmocka_unit_test(log_point_in_the_way_logs_once_and_does_not_end_the_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

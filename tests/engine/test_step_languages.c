// Steps through inlined functions, C++ and Rust, and the same walks as gdb's.
#include <stdio.h>
#include <stdlib.h>

#include "tests/engine/session.h"

#define SOURCE(name) SOURCE_DIR "/tests/programs/" name
#define THROWS_CPP SOURCE("step_throws.cpp")
#define INLINES_C SOURCE("step_inlines.c")
#define RUST_RS SOURCE("step_rust.rs")

// ---- inlined functions --------------------------------------------------------------------------------------------------

static void step_in_enters_inlined_functions_one_by_one(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_inlines"), INLINES_C, "// first");
	session_step_to(&session, STEP_OVER, "main", INLINES_C, "calls middle");
	assert_int_equal(session_depth(&session), 1 + 3);   // and what the C library calls main from
	uint64_t pc = session.stop.pc;
	session_step(&session, STEP_IN, STEP_LINE);
	assert_string_equal(session_function(&session, 0), "middle");
	assert_string_equal(session_function(&session, 1), "main");
	assert_int_equal(session.stop.pc, pc);   // nothing ran
	assert_int_equal(session_line(&session, 1), line_of(INLINES_C, "calls middle"));
	session_deinit(&session);
}

static void next_stays_outside_inlined_functions(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_inlines"), INLINES_C, "// first");
	for (int i = 0; i < 40 && session_line(&session, 0) != line_of(INLINES_C, "// behind"); i++) {
		session_step(&session, STEP_OVER, STEP_LINE);
		assert_string_equal(session_function(&session, 0), "main");
	}
	assert_int_equal(session_line(&session, 0), line_of(INLINES_C, "// behind"));
	session_deinit(&session);
}

static void step_out_leaves_an_inlined_instance(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_inlines"), INLINES_C, "in real");
	session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_equal(session_function(&session, 1), "middle");
	assert_string_equal(session_function(&session, 0), "innermost");
	session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_not_equal(session_function(&session, 0), "innermost");
	while (strcmp(session_function(&session, 0), "middle") == 0)
		session_step(&session, STEP_OUT, STEP_LINE);
	assert_string_equal(session_function(&session, 0), "main");
	session_deinit(&session);
}

// ---- C++ ----------------------------------------------------------------------------------------------------------------

static const char *const throws_programs[] = { PROGRAM("step_throws"), PROGRAM("step_throws-static") };

static void virtual_calls_are_entered_through_their_thunk(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session session;
		session_begin_at(&session, throws_programs[i], THROWS_CPP, "// virtual call");
		session_step_to(&session, STEP_IN, "answer", THROWS_CPP, "// in answer");
		session_step_to(&session, STEP_OUT, "main", THROWS_CPP, "// virtual call");
		session_deinit(&session);
	}
}

static void exception_in_the_call_ends_the_step_at_its_handler(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session session;
		session_begin_at(&session, throws_programs[i], THROWS_CPP, "// calls throws");
		session_step_to(&session, STEP_OVER, "main", THROWS_CPP, "// catches");
		session_step_to(&session, STEP_OVER, "main", THROWS_CPP, "// in catch");
		session_continue_to_exit(&session);
		assert_string_equal(session.out.data, "52\n");
		session_deinit(&session);
	}
}

static void exception_out_of_the_frame_ends_the_step_in_an_outer_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session session;
		session_begin_at(&session, throws_programs[i], THROWS_CPP, "// calls passes");
		session_step_to(&session, STEP_IN, "passes", THROWS_CPP, "// passes on");
		session_step(&session, STEP_OVER, STEP_LINE);
		assert_string_equal(session_function(&session, 0), "main");
		assert_int_equal(session_line(&session, 0), line_of(THROWS_CPP, "// catches all"));
		session_deinit(&session);
		session_begin_at(&session, throws_programs[i], THROWS_CPP, "// calls passes");
		session_step_to(&session, STEP_IN, "passes", THROWS_CPP, "// passes on");
		session_step(&session, STEP_OUT, STEP_LINE);
		assert_string_equal(session_function(&session, 0), "main");
		session_deinit(&session);
	}
}

static void constructors_and_destructors_are_entered(void **state)
{
	struct session session;
	(void)state;
	session_begin_at(&session, PROGRAM("step_throws"), THROWS_CPP, "// inner guard");
	session_step_to(&session, STEP_IN, "guard::guard", THROWS_CPP, "// constructs");
	session_step_to(&session, STEP_OUT, "throws", THROWS_CPP, "if (depth == 0)");
	session_deinit(&session);
	session_begin_at(&session, PROGRAM("step_throws"), THROWS_CPP, "// throws");
	// The landing pad of its own frame calls the destructor from the middle of a line.
	session_step_to(&session, STEP_IN, "guard::~guard", THROWS_CPP, "// destroys");
	session_deinit(&session);
}

// ---- Rust ---------------------------------------------------------------------------------------------------------------

static void rust_is_stepped_through(void **state)
{
	struct session session;
	(void)state;
	if (access(PROGRAM("step_rust"), X_OK) != 0)
		skip();
	session_begin_at(&session, PROGRAM("step_rust"), RUST_RS, "// calls area");
	session_step_to(&session, STEP_IN, "area", RUST_RS, "// in area");
	session_step_to(&session, STEP_OUT, "main", RUST_RS, "// calls area");
	session_step_to(&session, STEP_OVER, "main", RUST_RS, "// calls closure");
	session_step(&session, STEP_IN, STEP_LINE);
	assert_non_null(strstr(session_function(&session, 0), "closure"));
	session_step_to(&session, STEP_OUT, "main", RUST_RS, "// calls closure");
	session_step_to(&session, STEP_OVER, "main", RUST_RS, "// catches");
	session_step_to(&session, STEP_OVER, "main", RUST_RS, "// tests caught");   // the panic did not carry the step away
	session_step_to(&session, STEP_OVER, "main", RUST_RS, "// was caught");
	session_continue_to_exit(&session);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_in_enters_inlined_functions_one_by_one),
		cmocka_unit_test(next_stays_outside_inlined_functions),
		cmocka_unit_test(step_out_leaves_an_inlined_instance),
		cmocka_unit_test(virtual_calls_are_entered_through_their_thunk),
		cmocka_unit_test(exception_in_the_call_ends_the_step_at_its_handler),
		cmocka_unit_test(exception_out_of_the_frame_ends_the_step_in_an_outer_one),
		cmocka_unit_test(constructors_and_destructors_are_entered),
		cmocka_unit_test(rust_is_stepped_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

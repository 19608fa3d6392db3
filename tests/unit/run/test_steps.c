// with: world.c machine*.c
// Steps on a fabricated machine: where each ends, whatever comes in its way.
#include "tests/unit/run/world.h"

static void stop_at(struct world *world, const char *function, const char *line)
{
	world_init(world, NULL);
	assert_true(world_launch(world, function));
	world_break(world, line, NULL, NULL, NULL);
	assert_true(world_start(world));
	assert_int_equal(world->stop.reason, STOP_BREAKPOINT);
	world_assert_at(world, line);
}

static void step_to(struct world *world, enum step_kind kind, const char *line)
{
	assert_true(world_step(world, kind, STEP_LINE));
	assert_int_equal(world->stop.reason, STOP_STEP);
	world_assert_at(world, line);
}

static void finish(struct world *world)
{
	world_break(world, NULL, NULL, NULL, NULL);
	assert_false(world_continue(world));
	assert_int_equal(world->exit_code, 7);
	assert_int_equal(world->signo, 0);
	world_deinit(world);
}

static void next_goes_over_calls_and_system_calls(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "first");
	step_to(&world, STEP_OVER, "calls");
	step_to(&world, STEP_OVER, "calls twice");
	step_to(&world, STEP_OVER, "behind");
	step_to(&world, STEP_OVER, "asks");
	step_to(&world, STEP_OVER, "last");
	finish(&world);
}

static void step_in_enters_behind_the_prologue_and_step_out_returns(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	step_to(&world, STEP_IN, "in leaf");
	assert_true(world_step(&world, STEP_OUT, STEP_LINE));
	assert_int_equal(world.stop.reason, STOP_STEP);
	world_assert_at(&world, "calls twice");   // behind the call that was the last of its line
	step_to(&world, STEP_IN, "in leaf");
	finish(&world);
}

static void next_over_a_recursive_call_ends_in_its_own_frame(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "recursion", "recurs");
	uint64_t sp = world_leader(&world)->registers.rsp;
	world_break(&world, NULL, NULL, NULL, NULL);
	step_to(&world, STEP_OVER, "returns");
	assert_true(world_leader(&world)->registers.rsp == sp);
	finish(&world);
}

static void step_out_of_a_recursion_leaves_one_frame(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "recursion", "counts");
	uint64_t sp = world_leader(&world)->registers.rsp;
	world_break(&world, "counts", NULL, NULL, NULL);
	assert_true(world_continue(&world));
	assert_true(world_continue(&world));
	assert_true(world_leader(&world)->registers.rsp == sp - 32);   // two frames of a return address and rbp each
	world_break(&world, NULL, NULL, NULL, NULL);
	assert_true(world_step(&world, STEP_OUT, STEP_LINE));
	assert_int_equal(world.stop.reason, STOP_STEP);
	assert_true(world_leader(&world)->registers.rsp == sp - 16);
	finish(&world);
}

static void a_breakpoint_in_the_called_function_ends_the_step(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	world_break(&world, "in leaf", NULL, NULL, NULL);
	assert_true(world_step(&world, STEP_OVER, STEP_LINE));
	assert_int_equal(world.stop.reason, STOP_BREAKPOINT);
	world_assert_at(&world, "in leaf");
	finish(&world);
}

static void a_breakpoint_that_does_not_stop_leaves_the_step_alone(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	world_break(&world, "in leaf", NULL, NULL, "seen");
	step_to(&world, STEP_OVER, "calls twice");
	assert_int_equal(world.messages, 1);
	step_to(&world, STEP_OVER, "behind");
	assert_int_equal(world.messages, 3);
	finish(&world);
}

static void a_step_that_ends_on_a_breakpoint_reaches_it(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "first");
	world_break(&world, "calls", NULL, NULL, NULL);
	assert_true(world_step(&world, STEP_OVER, STEP_LINE));
	world_assert_at(&world, "calls");
	assert_int_equal(world.stop.breakpoint_count, 1);
	step_to(&world, STEP_OVER, "calls twice");   // and it is not reached once more on the way from there
	finish(&world);
}

static void a_loop_on_one_line_is_one_step(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "loops", "begins");
	step_to(&world, STEP_OVER, "rounds");
	step_to(&world, STEP_OVER, "looped");
	assert_true(world_leader(&world)->resumes < 15);   // not one stop a round
	finish(&world);
}

static void instruction_steps_follow_the_processor(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	uint64_t steps = world_symbol(&world, "steps");
	uint64_t leaf = world_symbol(&world, "leaf");
	const uint64_t expected[] = { leaf, leaf + 1, leaf + 4, leaf + 5, leaf + 6, leaf + 7, steps + 10 };
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(world_step(&world, STEP_IN, STEP_INSTRUCTION));
		assert_int_equal(world.stop.reason, STOP_STEP);
		assert_true(world.stop.pc == expected[i]);
	}
	assert_true(world_step(&world, STEP_OVER, STEP_INSTRUCTION));
	assert_true(world.stop.pc == steps + 15);   // over the call
	finish(&world);
}

static void instruction_steps_where_nothing_is_emulated(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "copies", "has no emulation");
	uint64_t pc = world.stop.pc;
	assert_true(world_step(&world, STEP_OVER, STEP_INSTRUCTION));
	assert_true(world.stop.pc == pc + 2);
	assert_int_equal(world_leader(&world)->registers.r15, 1);
	assert_true(world_step(&world, STEP_OVER, STEP_INSTRUCTION));   // loop
	assert_true(world.stop.pc == pc);
	assert_int_equal(world.stop.breakpoint_count, 1);
	finish(&world);
}

static void a_system_call_is_one_instruction(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "asks");
	uint64_t pc = world.stop.pc;
	assert_true(world_step(&world, STEP_OVER, STEP_INSTRUCTION));
	assert_true(world.stop.pc == pc + 8);
	assert_true(world_step(&world, STEP_OVER, STEP_INSTRUCTION));
	assert_true(world.stop.pc == pc + 10);
	assert_int_equal(world_leader(&world)->registers.rax, world.machine->pid);
	assert_int_equal(world_leader(&world)->registers.r11 & 0x100, 0);
	finish(&world);
}

static uint64_t bit(int signo)
{
	return (uint64_t)1 << (signo - 1);
}

// The handler runs whole, amid each kind of step.
static void step_with_signal(const char *function, const char *from, enum step_kind kind, enum step_unit unit, const char *to)
{
	struct world world;
	stop_at(&world, function, from);
	world_set_handler(&world, bit(SIGUSR1));
	world_break(&world, NULL, NULL, NULL, NULL);
	machine_signal(world.machine, SIGUSR1);
	assert_true(world_step(&world, kind, unit));
	assert_int_equal(world.stop.reason, STOP_STEP);
	if (to)
		world_assert_at(&world, to);
	assert_null(world_leader(&world)->frames);   // back from the handler, if it ran
	finish(&world);
}

static void signals_do_not_lead_steps_astray(void **state)
{
	(void)state;
	step_with_signal("steps", "first", STEP_OVER, STEP_LINE, "calls");
	step_with_signal("steps", "calls", STEP_OVER, STEP_LINE, "calls twice");
	step_with_signal("steps", "calls", STEP_IN, STEP_LINE, "in leaf");
	step_with_signal("recursion", "recurs", STEP_OVER, STEP_LINE, "returns");
	step_with_signal("recursion", "counts", STEP_OUT, STEP_LINE, NULL);
	step_with_signal("loops", "rounds", STEP_OVER, STEP_LINE, "looped");
	step_with_signal("copies", "has no emulation", STEP_OVER, STEP_INSTRUCTION, NULL);
	step_with_signal("steps", "asks", STEP_OVER, STEP_LINE, "last");
}

static void a_breakpoint_in_the_handler_ends_the_step(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	world_set_handler(&world, bit(SIGUSR1));
	world_break(&world, "handles", NULL, NULL, NULL);
	machine_signal(world.machine, SIGUSR1);
	assert_true(world_step(&world, STEP_OVER, STEP_LINE));
	assert_int_equal(world.stop.reason, STOP_BREAKPOINT);
	world_assert_at(&world, "handles");
	finish(&world);
}

static void a_signal_that_stops_ends_the_step(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "steps", "calls");
	machine_signal(world.machine, SIGUSR1);   // has no handler: it would kill
	assert_true(world_step(&world, STEP_OVER, STEP_LINE));
	assert_int_equal(world.stop.reason, STOP_SIGNAL);
	assert_int_equal(world.stop.siginfo.si_signo, SIGUSR1);
	assert_false(world_continue(&world));
	assert_int_equal(world.signo, SIGUSR1);
	world_deinit(&world);
}

static void a_pause_ends_a_step_that_takes_long(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "spins", "spins");
	world.is_stopped = false;
	assert_null(debugger_step(world.debugger, world.stop.tid, STEP_OVER, STEP_LINE));
	assert_null(debugger_pause(world.debugger, 0));
	assert_true(world_wait(&world));
	assert_int_equal(world.stop.reason, STOP_PAUSE);
	world.is_stopped = false;
	debugger_kill(world.debugger);
	assert_false(world_wait(&world));
	assert_int_equal(world.signo, SIGKILL);
	world_deinit(&world);
}

static void nothing_is_left_of_a_step(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "recursion", "recurs");
	world_break(&world, NULL, NULL, NULL, NULL);
	step_to(&world, STEP_OVER, "returns");
	for (struct map_entry *entry = map_next(&world.debugger->space.sites, NULL); entry;
	     entry = map_next(&world.debugger->space.sites, entry))
		fail_msg("a site is left at 0x%llx", (unsigned long long)entry->key);
	assert_null(machine_thread(world.machine, world.stop.tid)->frames);
	finish(&world);
}

// The slot for an instruction without emulation takes a call of the thread, for which it is brought to the tracer's CPU.
static void a_slot_does_not_keep_the_thread_on_one_cpu(void **state)
{
	struct world world;
	(void)state;
	stop_at(&world, "copies", "has no emulation");
	unsigned confines = world_leader(&world)->confines;
	assert_true(world_continue(&world));
	assert_int_equal(world_leader(&world)->confines, confines + 1);
	assert_false(world_leader(&world)->is_confined);
	finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_goes_over_calls_and_system_calls),
		cmocka_unit_test(step_in_enters_behind_the_prologue_and_step_out_returns),
		cmocka_unit_test(next_over_a_recursive_call_ends_in_its_own_frame),
		cmocka_unit_test(step_out_of_a_recursion_leaves_one_frame),
		cmocka_unit_test(a_breakpoint_in_the_called_function_ends_the_step),
		cmocka_unit_test(a_breakpoint_that_does_not_stop_leaves_the_step_alone),
		cmocka_unit_test(a_step_that_ends_on_a_breakpoint_reaches_it),
		cmocka_unit_test(a_loop_on_one_line_is_one_step),
		cmocka_unit_test(instruction_steps_follow_the_processor),
		cmocka_unit_test(instruction_steps_where_nothing_is_emulated),
		cmocka_unit_test(a_system_call_is_one_instruction),
		cmocka_unit_test(signals_do_not_lead_steps_astray),
		cmocka_unit_test(a_breakpoint_in_the_handler_ends_the_step),
		cmocka_unit_test(a_signal_that_stops_ends_the_step),
		cmocka_unit_test(a_pause_ends_a_step_that_takes_long),
		cmocka_unit_test(nothing_is_left_of_a_step),
		cmocka_unit_test(a_slot_does_not_keep_the_thread_on_one_cpu),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

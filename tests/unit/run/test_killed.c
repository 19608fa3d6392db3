// with: world.c machine*.c
// SIGKILL at any point: each scenario is run once for each of its operations, at which the debuggee dies. Nothing may crash, hang or
// leak, and the end is told exactly once.
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "tests/unit/run/world.h"

struct scenario {
	const char *name;
	void (*run)(struct world *world);   // goes on until the end or until something failed
	bool refuses_memory;
};

static void go_to_end(struct world *world)
{
	world_break(world, NULL, NULL, NULL, NULL);
	while (debugger_state(world->debugger) == DEBUGGER_STOPPED && world_continue(world))
		;
}

static void launch_and_run(struct world *world)
{
	if (world_launch(world, "steps") && world_start(world))
		go_to_end(world);
}

static void steps(struct world *world)
{
	if (!world_launch(world, "steps"))
		return;
	world_break(world, "first", NULL, NULL, NULL);
	bool is_going = world_start(world) && world_step(world, STEP_OVER, STEP_LINE) && world_step(world, STEP_IN, STEP_LINE) &&
			world_step(world, STEP_OUT, STEP_LINE) && world_step(world, STEP_OVER, STEP_STATEMENT) &&
			world_step(world, STEP_IN, STEP_INSTRUCTION) && world_step(world, STEP_OVER, STEP_INSTRUCTION) &&
			world_step(world, STEP_OVER, STEP_LINE) && world_step(world, STEP_OVER, STEP_LINE);
	if (is_going)
		go_to_end(world);
}

static void hits_and_messages(struct world *world)
{
	if (!world_launch(world, "passes"))
		return;
	world_break(world, "passes", "$rcx % 2 == 0", "% 3", NULL);
	if (!world_start(world))
		return;
	world_break(world, "passes", NULL, NULL, "rcx is {$rcx}");
	if (world_continue(world))
		go_to_end(world);
}

static void copied_instructions(struct world *world)
{
	if (!world_launch(world, "copies"))
		return;
	world_break(world, "has no emulation", NULL, NULL, NULL);
	if (world_start(world) && world_continue(world) && world_step(world, STEP_OVER, STEP_INSTRUCTION) && world_continue(world))
		go_to_end(world);
}

static void signals_in_a_step(struct world *world)
{
	if (!world_launch(world, "steps"))
		return;
	world_break(world, "calls", NULL, NULL, NULL);
	if (!world_start(world))
		return;
	world_set_handler(world, (uint64_t)1 << (SIGUSR1 - 1));
	machine_signal(world->machine, SIGUSR1);
	if (!world_step(world, STEP_OVER, STEP_LINE))
		return;
	machine_signal(world->machine, SIGUSR1);
	machine_signal(world->machine, SIGUSR1);
	if (world_step(world, STEP_OVER, STEP_LINE))
		go_to_end(world);
}

static void a_signal_that_kills(struct world *world)
{
	if (!world_launch(world, "traps"))
		return;
	if (world_start(world) && world_continue(world))
		go_to_end(world);
}

static void threads_with_breakpoints(struct world *world)
{
	if (!world_launch(world, "threads"))
		return;
	world_break(world, "in thread", NULL, NULL, NULL);
	if (world_start(world) && world_step(world, STEP_OVER, STEP_LINE))
		go_to_end(world);
}

static void a_pause(struct world *world)
{
	if (!world_launch(world, "spins"))
		return;
	world->is_stopped = false;
	error_destroy(debugger_start(world->debugger));
	for (int i = 0; i < 3; i++) {
		tracer_drain(world->debugger->tracer, 0);
		error_destroy(debugger_pause(world->debugger, 0));
		if (!world_wait(world))
			return;
		world->is_stopped = false;
		error_destroy(debugger_continue(world->debugger));
	}
	debugger_kill(world->debugger);
	world_wait(world);
}

static void forks_and_exec(struct world *world)
{
	struct debugger_catches catches = { .exec = true };
	const char *filter;
	if (!world_launch(world, "forks"))
		return;
	error_destroy(debugger_set_catches(world->debugger, &catches, &filter));
	world_break(world, "forked", NULL, NULL, NULL);
	if (world_start(world) && world_continue(world))
		go_to_end(world);
}

static void system_calls(struct world *world)
{
	struct debugger_catches catches = { .syscall_entry = true, .syscall_return = true };
	const char *filter;
	if (!world_launch(world, "forks"))
		return;
	error_destroy(debugger_set_catches(world->debugger, &catches, &filter));
	if (world_start(world))
		go_to_end(world);
}

static void attach_and_detach(struct world *world)
{
	if (!world_attach(world, "copies"))
		return;
	world_break(world, "has no emulation", NULL, NULL, NULL);
	if (world_start(world) && world_continue(world) && world_continue(world))
		world_detach(world);
}

static void detach_while_it_runs(struct world *world)
{
	if (!world_attach(world, "threads"))
		return;
	world_break(world, "in thread", NULL, NULL, NULL);
	if (!world_start(world))
		return;
	world->is_stopped = false;
	error_destroy(debugger_continue(world->debugger));
	if (debugger_state(world->debugger) != DEBUGGER_ENDED)
		world_detach(world);
}

static const struct scenario scenarios[] = {
	{ "launch and run", launch_and_run, false },
	{ "steps", steps, false },
	{ "hits and messages", hits_and_messages, false },
	{ "copied instructions", copied_instructions, false },
	{ "instructions without a copy", copied_instructions, true },
	{ "signals in a step", signals_in_a_step, false },
	{ "a signal that kills", a_signal_that_kills, false },
	{ "threads with breakpoints", threads_with_breakpoints, false },
	{ "a pause", a_pause, false },
	{ "forks and exec", forks_and_exec, false },
	{ "system calls", system_calls, false },
	{ "attach and detach", attach_and_detach, false },
	{ "detach while it runs", detach_while_it_runs, false },
};

// The number of operations until the end.
static unsigned long run(const struct scenario *scenario, struct world_plan plan)
{
	struct world world;
	plan.refuses_memory = scenario->refuses_memory;
	world_init(&world, &plan);
	scenario->run(&world);
	unsigned long calls = world.machine->calls;
	enum debugger_state state = debugger_state(world.debugger);
	bool is_killed = plan.dies_at && calls >= plan.dies_at && state != DEBUGGER_IDLE && state != DEBUGGER_ENDED;
	if (is_killed && !world.is_stopped)   // else the user has not gone on yet
		assert_false(world_wait(&world));
	world_deinit(&world);
	return calls;
}

static void kill_at_each_operation(const struct scenario *scenario, struct world_plan plan)
{
	unsigned long count = run(scenario, plan);
	print_message("%s: %lu operations\n", scenario->name, count);
	assert_true(count > 5);
	for (plan.dies_at = 1; plan.dies_at <= count + 2; plan.dies_at++)
		run(scenario, plan);
}

static void kill_everywhere(struct world_plan plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		kill_at_each_operation(&scenarios[i], plan);
}

static void killed_at_each_operation(void **state)
{
	(void)state;
	kill_everywhere((struct world_plan){ .interrupt_delay = 1 });
}

static void killed_without_exit_stops(void **state)
{
	(void)state;
	kill_everywhere((struct world_plan){ .hides_exit = true });
}

static void killed_with_events_in_another_order(void **state)
{
	(void)state;
	kill_everywhere((struct world_plan){ .is_newest_first = true, .is_child_first = true, .is_interrupt_first = true, .interrupt_delay = 3 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_operation),
		cmocka_unit_test(killed_without_exit_stops),
		cmocka_unit_test(killed_with_events_in_another_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

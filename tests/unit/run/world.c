#include "tests/unit/run/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000 };

static void on_stopped(void *data, const struct stop *stop)
{
	struct world *world = data;
	world->stop = *stop;
	world->stop.text = NULL;
	world->stops++;
	assert_false(world->is_stopped);
	world->is_stopped = true;
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct world *world = data;
	world->exits++;
	world->exit_code = exit_code;
	world->signo = signo;
}

static void on_started(void *data, const struct process_info *process)
{
	(void)process;
	((struct world *)data)->launches++;
}

static void on_thread(void *data, pid_t tid, bool is_new)
{
	struct world *world = data;
	(void)tid;
	world->threads_started += is_new;
	world->threads_ended += !is_new;
}

static void on_output(void *data, enum output_category category, const char *bytes, size_t length, const char *path, unsigned line)
{
	struct world *world = data;
	size_t used = strlen(world->said);
	(void)category, (void)path, (void)line;
	world->messages++;
	snprintf(world->said + used, sizeof(world->said) - used, "%.*s", (int)length, bytes);
	if (world->is_behind)
		debugger_hold_output(world->debugger, true);
}

static const struct debugger_listener listener = {
	.started = on_started, .stopped = on_stopped, .exited = on_exited, .thread = on_thread, .output = on_output,
};

static void on_done(void *data, struct error *error)
{
	struct world *world = data;
	world->dones++;
	world->is_done = true;
	world->done_code = error ? error->code : 0;
	error_destroy(error);
}

void world_init(struct world *world, const struct world_plan *plan)
{
	*world = (struct world){ .loop = loop_create(), .machine = machine_create() };
	if (plan) {
		world->machine->dies_at = plan->dies_at;
		world->machine->hides_exit = plan->hides_exit;
		world->machine->is_newest_first = plan->is_newest_first;
		world->machine->is_child_first = plan->is_child_first;
		world->machine->is_interrupt_first = plan->is_interrupt_first;
		world->machine->interrupt_delay = plan->interrupt_delay;
		world->machine->refuses_memory = plan->refuses_memory;
	}
	world->debugger = debugger_create_with(world->loop, &world->machine->target, &listener, world);
}

static void assert_not_stuck(const struct world *world)
{
	if (world->machine->is_stuck)
		fail_msg("%s (death at operation %lu)", world->machine->what, world->machine->dies_at);
}

void world_deinit(struct world *world)
{
	unsigned exits = world->exits;
	unsigned stops = world->stops;
	struct machine *machine = world->machine;
	// The machine goes with the debugger: what it knows is asked before and in between.
	bool is_attached = world->debugger->is_attached;
	if (is_attached && debugger_state(world->debugger) != DEBUGGER_ENDED)
		world_detach(world);
	assert_not_stuck(world);
	if (debugger_state(world->debugger) == DEBUGGER_ENDED && !world->exits) {
		const char *traces = machine_traces(machine, machine->pid);
		if (traces)
			fail_msg("after detaching %s (death at operation %lu)", traces, machine->dies_at);
	}
	bool is_stuck = false;
	machine->stuck_ret = &is_stuck;
	debugger_destroy(world->debugger);
	assert_false(is_stuck);
	assert_int_equal(world->stops, stops);
	assert_true(world->exits == exits || (is_attached && world->exits <= 1));
	loop_destroy(world->loop);
}

struct machine_thread *world_leader(struct world *world)
{
	return machine_thread(world->machine, world->machine->pid);
}

uint64_t world_symbol(struct world *world, const char *name)
{
	struct symbol symbol;
	if (!modules_symbol_named(world->debugger->space.modules, name, &symbol))
		fail_msg("there is no symbol %s", name);
	return symbol.address;
}

static bool is_alive(const struct world *world)
{
	return debugger_state(world->debugger) != DEBUGGER_ENDED;
}

static void choose(struct world *world, const char *function)
{
	world->machine->restorer = world_symbol(world, "restorer");
	world->machine->next_function = world_symbol(world, "leaf");
	world_leader(world)->registers.rbx = world_symbol(world, function);
	thread_forget(debugger_any_thread(world->debugger));
}

static void out_of_patience(void *data)
{
	((struct world *)data)->is_late = true;
}

static void turn(void *data)
{
	(void)data;
}

// Events first; where nothing can happen by itself, a timer of the debugger may.
static void turn_until(struct world *world, const bool *flag)
{
	struct loop_timer *timer = loop_add_timer(world->loop, PATIENCE_MS, out_of_patience, world);
	while (!*flag && is_alive(world) && !world->is_late && !world->machine->is_stuck) {
		tracer_drain(world->debugger->tracer, 0);
		if (*flag || !is_alive(world))
			break;
		loop_add_timer(world->loop, machine_is_busy(world->machine) ? 0 : 1, turn, NULL);
		loop_turn(world->loop);
	}
	if (world->is_late)
		fail_msg("nothing happens any more (death at operation %lu)", world->machine->dies_at);
	loop_cancel_timer(timer);
	assert_not_stuck(world);
}

bool world_launch(struct world *world, const char *function)
{
	struct launch_spec spec = { .program = MACHINE_PROGRAM, .inherits_stdio = true };
	debugger_launch(world->debugger, &spec, on_done, world);
	assert_true(world->is_done);
	if (world->done_code || !is_alive(world))
		return false;
	choose(world, function);
	return true;
}

bool world_attach(struct world *world, const char *function)
{
	world->is_done = false;
	debugger_attach(world->debugger, world->machine->pid, true, on_done, world);
	turn_until(world, &world->is_done);
	if (world->done_code || !is_alive(world))
		return false;
	choose(world, function);
	return true;
}

void world_set_handler(struct world *world, uint64_t signals)
{
	struct debugger_catches none = { 0 };
	const char *filter;
	world->machine->handler = world_symbol(world, "handler");
	world->machine->handled = signals;
	assert_null(debugger_set_catches(world->debugger, &none, &filter));
}

bool world_wait(struct world *world)
{
	turn_until(world, &world->is_stopped);
	if (world->is_stopped)
		return true;
	assert_int_equal(world->exits, 1);
	return false;
}

// A verb that comes after the death, or amid it, fails with words or does nothing.
static bool after_verb(struct world *world, struct error *error)
{
	bool is_refused = error && is_alive(world) && error->code != ERROR_GONE && error->code != ERROR_FAULT;
	if (is_refused && !world->machine->dies_at)
		fail_msg("%s", error->message);
	error_destroy(error);
	if (error && debugger_state(world->debugger) == DEBUGGER_STOPPED)
		error_destroy(debugger_continue(world->debugger));
	return world_wait(world);
}

bool world_start(struct world *world)
{
	world->is_stopped = false;
	return after_verb(world, debugger_start(world->debugger));
}

bool world_continue(struct world *world)
{
	world->is_stopped = false;
	return after_verb(world, debugger_continue(world->debugger));
}

bool world_step(struct world *world, enum step_kind kind, enum step_unit unit)
{
	world->is_stopped = false;
	return after_verb(world, debugger_step(world->debugger, world->stop.tid, kind, unit));
}

void world_settle(struct world *world)
{
	while (machine_is_busy(world->machine) && !world->machine->is_stuck) {
		tracer_drain(world->debugger->tracer, 0);
		loop_add_timer(world->loop, 0, turn, NULL);
		loop_turn(world->loop);
	}
	assert_not_stuck(world);
}

void world_detach(struct world *world)
{
	world->is_done = false;
	debugger_detach(world->debugger, false, on_done, world);
	turn_until(world, &world->is_done);
	assert_true(world->is_done || world->exits == 1);
}

unsigned world_line(const char *text)
{
	char wanted[64];
	char line[256];
	unsigned number = 0;
	snprintf(wanted, sizeof(wanted), "// %s\n", text);
	FILE *file = fopen(MACHINE_CODE, "r");
	assert_non_null(file);
	for (unsigned i = 1; !number && fgets(line, sizeof(line), file); i++)
		if (strstr(line, wanted))
			number = i;
	fclose(file);
	if (!number)
		fail_msg("no line says %s", wanted);
	return number;
}

void world_break(struct world *world, const char *text, const char *condition, const char *hit, const char *log)
{
	struct breakpoint_spec spec = { .condition = condition, .hit_condition = hit, .log_message = log };
	struct breakpoint_info info;
	if (!text) {
		assert_null(debugger_set_line_breakpoints(world->debugger, MACHINE_CODE, &spec, 0, &info));
		return;
	}
	spec.line = world_line(text);
	assert_null(debugger_set_line_breakpoints(world->debugger, MACHINE_CODE, &spec, 1, &info));
	if (!info.is_verified && !world->machine->dies_at)
		fail_msg("%s", info.message);
}

void world_assert_at(struct world *world, const char *text)
{
	struct line_position position;
	if (!modules_line_at(world->debugger->space.modules, world->stop.pc, &position))
		fail_msg("0x%llx is in no line", (unsigned long long)world->stop.pc);
	assert_int_equal(position.line, world_line(text));
	assert_true(position.start == world->stop.pc);
}

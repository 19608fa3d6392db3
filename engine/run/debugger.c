#include "engine/debugger.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/run/output.h"
#include "engine/run/plan.h"
#include "engine/run/rules.h"
#include "engine/run/site.h"
#include "engine/run/state.h"
#include "engine/run/terminal.h"
#include "engine/target/linux/linux.h"

struct debugger *debugger_create_in(struct tracer *tracer, const struct debugger_listener *listener, void *data)
{
	struct debugger *debugger = xcalloc(1, sizeof(*debugger));
	debugger->listener = listener;
	debugger->data = data;
	tracer_join(tracer, debugger);
	debugger->stop_arena = arena_create();
	debugger->hit_arena = arena_create();
	debugger->rules = xcalloc(1, sizeof(*debugger->rules));
	debugger->epoch = 1;
	debugger->stand_in.fd = -1;
	debugger->catches.signals = true;   // until a client chooses: clients without filters want to see faults
	return debugger;
}

struct debugger *debugger_create_with(struct loop *loop, struct target *target, const struct debugger_listener *listener, void *data)
{
	return debugger_create_in(tracer_create(loop, target), listener, data);
}

struct debugger *debugger_create(struct loop *loop, const struct debugger_listener *listener, void *data)
{
	struct target *target;
	struct error *error = target_linux_create(&target);
	if (error) {
		LOG("engine", "%s", error->message);
		error_destroy(error);
		return NULL;
	}
	return debugger_create_with(loop, target, listener, data);
}

// Nothing else is to be done any more: here, at the very end, the loop's events may be waited for.
static void wait_for_end(struct debugger *debugger)
{
	struct wait_event event;
	tracer_handle_late(debugger->tracer);
	while (debugger->phase != PHASE_ENDED && target_of(debugger)->wait(debugger->target, 0, true, &event)) {
		tracer_handle(debugger->tracer, &event);
		tracer_handle_late(debugger->tracer);
	}
}

static const struct debugger_listener deaf_listener;

static void ignore_error(void *data, struct error *error)
{
	(void)data;
	error_destroy(error);
}

static void end_debuggee(struct debugger *debugger)
{
	if (debugger->pid <= 0 || debugger->phase == PHASE_ENDED)
		return;
	if (debugger->is_attached)
		debugger_detach(debugger, false, ignore_error, NULL);
	else
		debugger_kill(debugger);
	wait_for_end(debugger);
}

void debugger_destroy(struct debugger *debugger)
{
	if (!debugger)
		return;
	debugger->listener = &deaf_listener;
	debugger->done = NULL;
	end_debuggee(debugger);
	while (debugger->threads.count)
		thread_destroy(map_next(&debugger->threads, NULL)->value);
	map_deinit(&debugger->threads);
	debugger_release_children(debugger);
	map_deinit(&debugger->copies);
	map_deinit(&debugger->early);
	breakpoints_destroy(debugger);
	rules_deinit(debugger);
	address_space_deinit(&debugger->space, debugger->target);
	debugger_leave_output(debugger);
	output_destroy(debugger->output);
	terminal_forget(debugger);
	loop_cancel_timer(debugger->solo_timer);
	tracer_leave(debugger);
	vec_deinit(&debugger->escapes);
	strmap_deinit(&debugger->sources_present);
	strmap_deinit(&debugger->sources_absent);
	arena_destroy(debugger->stop_arena);
	arena_destroy(debugger->hit_arena);
	free(debugger->pending.text);
	free(debugger->program);
	free(debugger);
}

enum debugger_state debugger_state(const struct debugger *debugger)
{
	switch (debugger->phase) {
	case PHASE_IDLE: return DEBUGGER_IDLE;
	case PHASE_STARTING: return DEBUGGER_STARTING;
	case PHASE_STOPPED: return DEBUGGER_STOPPED;
	case PHASE_RUNNING:
	case PHASE_STOPPING:
	case PHASE_DETACHING: return DEBUGGER_RUNNING;
	case PHASE_ENDED: return DEBUGGER_ENDED;
	}
	return DEBUGGER_ENDED;
}

pid_t debugger_pid(const struct debugger *debugger)
{
	return debugger->pid > 0 ? debugger->pid : 0;
}

static struct error *require_stopped(const struct debugger *debugger)
{
	switch (debugger->phase) {
	case PHASE_STOPPED: return NULL;
	case PHASE_IDLE:
	case PHASE_STARTING: return error_create(ERROR_STATE, "nothing is being debugged yet");
	case PHASE_ENDED: return error_create(ERROR_STATE, "the program has ended");
	default: return error_create(ERROR_STATE, "the program is running; pause it first");
	}
}

struct error *debugger_continue(struct debugger *debugger)
{
	struct error *error = require_stopped(debugger);
	if (!error)
		debugger_resume_all(debugger);
	return error;
}

// The pause that ends a vfork's parent, or a thread with an event of its own that was not shown yet, comes first.
static void run_step(struct debugger *debugger, struct thread *thread, enum plan_verdict verdict)
{
	debugger_begin_run(debugger);
	switch (verdict) {
	case PLAN_DONE: debugger_step_done(thread); return;
	case PLAN_REPORT: debugger_report(debugger, &thread->plan->stop); return;
	case PLAN_GO_ON: break;
	}
	if (thread->plan->wants_all)
		debugger_resume_all(debugger);
	else
		debugger_run_solo(debugger, thread);
}

struct error *debugger_step(struct debugger *debugger, pid_t tid, enum step_kind kind, enum step_unit unit)
{
	struct thread *thread;
	enum plan_verdict verdict = PLAN_GO_ON;
	struct error *error = require_stopped(debugger);
	if (!error)
		error = debugger_stopped_thread(debugger, tid, &thread);
	if (error)
		return error;
	error = step_plan_create(thread, kind, unit, &verdict);
	if (!error)
		run_step(debugger, thread, verdict);
	return error;
}

struct error *debugger_step_syscall(struct debugger *debugger, pid_t tid)
{
	struct thread *thread;
	struct error *error = require_stopped(debugger);
	if (!error)
		error = debugger_stopped_thread(debugger, tid, &thread);
	if (!error)
		error = syscall_plan_create(thread);
	if (!error)
		debugger_resume_all(debugger);
	return error;
}

struct error *debugger_pause(struct debugger *debugger, pid_t tid)
{
	if (debugger->is_free)
		return error_create(ERROR_STATE, "the program runs without debugging (noDebug)");
	if (debugger->phase == PHASE_STOPPING)
		return NULL;   // a stop is on its way
	if (debugger->phase != PHASE_RUNNING)
		return debugger->phase == PHASE_STOPPED ? error_create(ERROR_STATE, "the program is stopped already") : require_stopped(debugger);
	struct thread *thread = tid ? debugger_thread(debugger, tid) : NULL;
	if (!thread || thread->role != THREAD_MEMBER)
		thread = debugger_any_thread(debugger);
	debugger_report(debugger, &(struct stop){ .reason = STOP_PAUSE, .tid = thread ? thread->tid : debugger->pid });
	return NULL;
}

struct error *debugger_signal(struct debugger *debugger, int signo)
{
	if (debugger->pid <= 0 || debugger->phase == PHASE_ENDED)
		return error_create(ERROR_STATE, "no program is running");
	debugger->is_terminating = true;
	struct error *error = target_of(debugger)->signal(debugger->target, debugger->pid, 0, signo);
	if (!error && debugger->phase == PHASE_STOPPED) {
		const struct thread *thread = debugger_any_thread(debugger);
		pid_t tid = thread ? thread->tid : debugger->pid;
		debugger_resume_all(debugger);
		if (debugger->listener->resumed)
			debugger->listener->resumed(debugger->data, tid);
	}
	return error;
}

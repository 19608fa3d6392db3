// Letting threads run and getting them all to stand still. Neither waits: debugger_check_all_quiet() is asked after every event.
#include <stdlib.h>

#include "base/log.h"
#include "engine/run/output.h"
#include "engine/run/plan.h"
#include "engine/run/site.h"
#include "engine/run/state.h"

// So long after the last quiet stop the CPUs are given back.
enum { QUIET_MS = 50 };
// So many quiet stops within that time are a habit. The few for the libraries of a starting program are none: it may ask for its CPUs.
enum { HOT_STREAK = 16 };
// A step inside a line lets the other threads run, too, when it takes longer: it may wait for one of them.
enum { SOLO_MS = 20 };

static void count_anew(struct tracer *tracer)
{
	tracer->hot_streak = 0;
	tracer->hot_season++;
}

static void quiet_timer_fired(void *data)
{
	struct tracer *tracer = data;
	tracer->quiet_timer = NULL;
	if (tracer->hot_streak) {
		count_anew(tracer);
		tracer->quiet_timer = loop_add_timer(tracer->loop, QUIET_MS, quiet_timer_fired, tracer);
		return;
	}
	tracer->target->ops->release(tracer->target);
}

bool tracer_is_hot(const struct tracer *tracer)
{
	return tracer->hot_streak >= HOT_STREAK;
}

void debugger_become_hot(struct debugger *debugger, struct thread *thread)
{
	struct tracer *tracer = debugger->tracer;
	if (thread->hot_season != tracer->hot_season) {
		thread->hot_season = tracer->hot_season;
		thread->hot_streak = 0;
	}
	tracer->hot_streak++;
	// Its own habit: one that gets a signal amid the hits of another may ask for its CPUs at once.
	if (++thread->hot_streak < HOT_STREAK && !thread->plan)
		return;
	target_of(debugger)->confine(debugger->target, thread->tid);
	if (!tracer->quiet_timer)
		tracer->quiet_timer = loop_add_timer(tracer->loop, QUIET_MS, quiet_timer_fired, tracer);
}

static bool wants_syscalls(const struct debugger *debugger)
{
	return debugger->filter.is_asked || debugger->syscall_plans;
}

bool debugger_stops_at_all_calls(const struct debugger *debugger)
{
	const struct filter *filter = &debugger->filter;
	bool does_filter = filter->is_installed && filter->is_enough && !filter->is_hidden && !debugger->syscall_plans;
	return wants_syscalls(debugger) && !does_filter;
}

// With a filter the entry comes by itself, and the return of what began behind it only if it is asked for there.
static bool stops_at_next_boundary(const struct thread *thread)
{
	const struct debugger *debugger = thread_process(thread);
	if (debugger_stops_at_all_calls(debugger) || thread->is_before_filter)
		return true;
	return thread->is_in_syscall && wants_syscalls(debugger) && debugger_wants_return(debugger, &thread->syscall);
}

static enum target_resume resume_mode(const struct thread *thread)
{
	if (thread->is_in_group_stop)
		return RESUME_LISTEN;
	if (thread->role == THREAD_SHARING_CHILD && !thread->follower)
		return RESUME_CONTINUE;
	if (thread->wants_step || thread->holds_signals)
		return RESUME_STEP;
	return stops_at_next_boundary(thread) || thread->edits.mask ? RESUME_SYSCALL : RESUME_CONTINUE;
}

static void interrupt_running(struct debugger *debugger, const struct thread *except)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread == except || thread_is_quiet(thread))
			continue;
		error_destroy(target_of(debugger)->interrupt(debugger->target, thread->tid));   // gone: its death will be reported
	}
}

static bool all_quiet(struct debugger *debugger, const struct thread *except)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		if (entry->value != except && !thread_is_quiet(entry->value))
			return false;
	return true;
}

void debugger_change_resume_mode(struct debugger *debugger)
{
	if (debugger->phase != PHASE_RUNNING)
		return;
	interrupt_running(debugger, NULL);
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		thread->has_old_mode = !thread_is_quiet(thread);
	}
}

// The site under this thread can neither be emulated nor copied: everything else stops, the int3 is out for one single step.
static void lift(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	if (debugger->phase != PHASE_RUNNING || debugger->lifting)
		return;   // it stands until everything goes on
	debugger->lifting = thread;
	interrupt_running(debugger, thread);
	debugger_check_all_quiet(debugger);
}

static void step_lifted(struct debugger *debugger)
{
	struct thread *thread = debugger->lifting;
	uint64_t pc = thread_pc(thread);
	if (!site_at(&debugger->space, pc)) {   // the breakpoint was taken away meanwhile
		debugger->lifting = NULL;
		debugger_resume_all(debugger);
		return;
	}
	error_destroy(memory_unpatch(debugger->space.memory, pc));
	debugger->is_lifted = true;
	thread->passed_site = pc;
	error_destroy(thread_flush(thread));
	thread_forget(thread);
	thread->state = THREAD_RUNNING;
	error_destroy(target_of(debugger)->resume(debugger->target, thread->tid, RESUME_STEP, 0));
}

void debugger_end_lift(struct debugger *debugger)
{
	struct thread *thread = debugger->lifting;
	if (!thread)
		return;
	uint64_t address = thread->passed_site;   // which stays: the step may not have been done
	if (debugger->is_lifted && site_at(&debugger->space, address) && !memory_is_patched(debugger->space.memory, address))
		error_destroy(memory_patch(debugger->space.memory, address, 0xcc));
	debugger->is_lifted = false;
	debugger->lifting = NULL;
}

// False: the thread cannot go on by itself now (lift() will make it).
static bool pass_site(struct thread *thread)
{
	uint64_t address = thread->passed_site;
	if (!address)
		return true;
	struct site *site = thread_pc(thread) == address ? site_at(&thread->debugger->space, address) : NULL;
	if (!site) {
		thread->passed_site = 0;
		return true;
	}
	if (thread->signal) {
		thread_expect_return(thread, address);
		thread->passed_site = 0;
		return true;
	}
	const struct user_regs_struct *registers = thread_registers(thread);
	if (registers && is_call_to_restart(registers)) {   // it is not there yet: it goes back into the call before the site
		thread->passed_site = 0;
		return true;
	}
	if (!site_pass(thread, site))
		return false;
	thread->passed_site = 0;
	return true;
}

// LISTEN works from the group-stop alone: a thread that had another event meanwhile (a fault, a call of ours) is interrupted, which
// the kernel reports before it runs anything, as the group-stop that it is.
static enum target_resume enter_group_stop(struct thread *thread)
{
	struct target *target = thread->debugger->target;
	error_destroy(target->ops->interrupt(target, thread->tid));   // gone: its death will be reported
	return RESUME_CONTINUE;
}

// A call whose entry and return were not seen, since it began before calls were watched.
static void note_interrupted_call(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (registers && (int64_t)registers->orig_rax >= 0)
		thread_note_broken_call(thread, registers->orig_rax, (int64_t)registers->rax);
}

void thread_resume(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	if (thread->state != THREAD_STOPPED || debugger->lifting == thread || thread->waits_for_client || thread_is_delayed(thread))
		return;
	if (!thread->is_in_group_stop && !pass_site(thread)) {
		if (thread_registers(thread))   // else gone: its death will be reported
			lift(thread);
		return;
	}
	if (thread->holds_signals && thread_pc(thread) != thread->signal_pc && slot_original_pc(&debugger->space, thread_pc(thread)) == thread_pc(thread))
		thread_deliver_held(thread);
	enum target_resume how = resume_mode(thread);
	if (how == RESUME_LISTEN && !thread->is_at_event_stop)
		how = enter_group_stop(thread);
	if (how == RESUME_CONTINUE || how == RESUME_STEP) {   // its return will not be seen
		thread->is_in_syscall = thread->is_before_filter;
		thread->is_launching = false;
	}
	if (how == RESUME_SYSCALL && thread->is_at_event_stop)
		note_interrupted_call(thread);
	error_destroy(thread_flush(thread));
	thread_forget(thread);
	if (thread->is_entry_shown)
		thread_keep_entry(thread);
	thread->is_at_syscall = false;
	int signo = thread->holds_signals ? thread->held_signal : thread->signal;
	thread->signal = 0;
	debugger->has_run = true;
	thread->state = how == RESUME_LISTEN ? THREAD_LISTENING : THREAD_RUNNING;
	error_destroy(target_of(debugger)->resume(debugger->target, thread->tid, how, signo));   // gone: its death will be reported
}

static bool may_run(const struct debugger *debugger, const struct thread *thread)
{
	return thread->state == THREAD_STOPPED && (!debugger->solo || debugger->solo == thread);
}

void debugger_begin_run(struct debugger *debugger)
{
	if (debugger->phase != PHASE_STOPPED)
		return;
	debugger->epoch++;
	debugger->phase = PHASE_RUNNING;
	debugger->return_value.tid = 0;
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		unwinder_destroy(thread->unwinder);
		thread->unwinder = NULL;
		thread->hidden_inlines = 0;
	}
	arena_reset(debugger->stop_arena);
	strmap_deinit(&debugger->sources_absent);
	memory_set_caching(debugger->space.memory, false);
	memory_forget(debugger->space.memory);
}

// Safe to walk while threads come and go.
static size_t all_tids(struct debugger *debugger, pid_t **tids_ret)
{
	pid_t *tids = xcalloc(debugger->threads.count + 1, sizeof(*tids));
	size_t count = 0;
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		tids[count++] = ((struct thread *)entry->value)->tid;
	*tids_ret = tids;
	return count;
}

// First the events that had to wait while everything was stopped for another reason: any of them may stop everything again.
static void resume_others(struct debugger *debugger, const struct thread *except)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = all_tids(debugger, &tids);
	for (size_t i = 0; i < count && debugger->phase == PHASE_RUNNING; i++) {
		struct thread *thread = debugger_thread(debugger, tids[i]);
		if (!thread || thread == except || !thread->has_deferred)
			continue;
		thread->has_deferred = false;
		struct wait_event event = thread->deferred;
		debugger_handle(debugger, &event);
	}
	for (size_t i = 0; i < count && debugger->phase == PHASE_RUNNING && !debugger->lifting; i++) {
		struct thread *thread = debugger_thread(debugger, tids[i]);
		if (thread && thread != except && may_run(debugger, thread))
			thread_resume(thread);
	}
}

void debugger_resume_all(struct debugger *debugger)
{
	debugger_begin_run(debugger);
	resume_others(debugger, NULL);
}

static void solo_timer_fired(void *data)
{
	struct debugger *debugger = data;
	debugger->solo_timer = NULL;
	debugger_end_solo(debugger);
}

void debugger_run_solo(struct debugger *debugger, struct thread *thread)
{
	debugger_begin_run(debugger);
	debugger->solo = thread;
	if (!debugger->solo_timer)
		debugger->solo_timer = loop_add_timer(debugger->loop, SOLO_MS, solo_timer_fired, debugger);
	if (thread->has_deferred) {   // its own event comes before the step, which goes on behind it
		thread->has_deferred = false;
		struct wait_event event = thread->deferred;
		debugger_handle(debugger, &event);
		return;
	}
	thread_resume(thread);
}

static void cancel_solo(struct debugger *debugger)
{
	debugger->solo = NULL;
	loop_cancel_timer(debugger->solo_timer);
	debugger->solo_timer = NULL;
}

// The soloist itself, if it stands still at this moment, is resumed by whoever handles its event.
void debugger_end_solo(struct debugger *debugger)
{
	struct thread *thread = debugger->solo;
	cancel_solo(debugger);
	if (thread && debugger->phase == PHASE_RUNNING)
		resume_others(debugger, thread);
}

void debugger_report(struct debugger *debugger, const struct stop *stop)
{
	if (debugger->phase != PHASE_RUNNING) {
		free(stop->text);
		return;
	}
	debugger_end_lift(debugger);
	debugger->phase = PHASE_STOPPING;
	debugger->pending = *stop;
	interrupt_running(debugger, NULL);
	debugger_check_all_quiet(debugger);
}

static void end_all_plans(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		plan_end(thread);
		thread->wants_step = false;
	}
}

void debugger_stop_for_detach(struct debugger *debugger)
{
	debugger_begin_run(debugger);
	debugger_end_lift(debugger);
	end_all_plans(debugger);
	cancel_solo(debugger);
	free(debugger->pending.text);
	debugger->pending = (struct stop){ 0 };
	debugger->phase = PHASE_DETACHING;
	interrupt_running(debugger, NULL);
	debugger_check_all_quiet(debugger);
}

// Behind the instruction. A call that was interrupted there is restarted by the kernel: it goes back to the site, which lets it pass.
static void leave_slot(struct thread *thread, const struct site *site)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	uint64_t pc = site->address + site->instruction.length;
	if (!is_call_to_restart(registers)) {
		thread_set_pc(thread, pc);
		return;
	}
	thread->registers.general.rip = pc;
	thread->is_pc_changed = true;
	thread_expect_return(thread, site->address);
}

void thread_normalise_pc(struct thread *thread)
{
	struct address_space *space = &thread->debugger->space;
	uint64_t offset;
	if (!space->slot_pages.count || thread->state != THREAD_STOPPED)
		return;
	struct site *site = slot_owner(space, thread_pc(thread), &offset);
	if (!site)
		return;
	if (offset >= site->slot_body) {
		leave_slot(thread, site);
	} else {
		thread_set_pc(thread, site->address);
		thread->passed_site = site->address;   // it was on its way over it
	}
}

static void normalise_all(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		thread_normalise_pc(entry->value);
}

// No hit of a site that is not there any more can be on its way, unless somebody still runs.
static void forget_lifted(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		if (((struct thread *)entry->value)->role == THREAD_SHARING_CHILD)
			return;
	map_deinit(&debugger->space.lifted);
}

static void finish_stop(struct debugger *debugger)
{
	struct stop stop = debugger->pending;
	debugger->pending = (struct stop){ 0 };
	struct thread *thread = debugger_thread(debugger, stop.tid);
	if (!thread || thread->state == THREAD_EXITING)
		thread = debugger_any_thread(debugger);
	end_all_plans(debugger);
	cancel_solo(debugger);
	count_anew(debugger->tracer);   // the CPUs are given back by the timer, unless the next step comes before
	normalise_all(debugger);
	forget_lifted(debugger);
	memory_forget(debugger->space.memory);
	memory_set_caching(debugger->space.memory, true);
	if (!debugger->copies.count && !debugger->tracer->orphans.count)
		memory_forget_lifted(debugger->space.memory);
	debugger->phase = PHASE_STOPPED;
	stop.tid = thread->tid;
	stop.pc = thread->state == THREAD_STOPPED ? thread_pc(thread) : 0;
	// A breakpoint that is set here from now on is not to be hit at once; one that is here already and was not reached yet is.
	bool is_entering = thread->is_at_syscall && thread->syscall.phase == SYSCALL_ENTRY;
	if (!thread->has_deferred && !is_entering && !site_at(&debugger->space, stop.pc))
		thread->passed_site = stop.pc;
	free(thread->stop.text);
	thread->stop = stop;
	LOG("engine", "stopped: thread %d, reason %d, pc 0x%llx", stop.tid, (int)stop.reason, (unsigned long long)stop.pc);
	if (debugger->output && debugger->has_run)
		output_drain(debugger->output);
	debugger->has_run = false;
	if (debugger->listener->stopped)
		debugger->listener->stopped(debugger->data, &thread->stop);
}

// Every thread is on its way out: the end of the process comes by itself.
static bool is_ending(const struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		const struct thread *thread = entry->value;
		if (thread->role == THREAD_MEMBER && thread->state != THREAD_EXITING)
			return false;
	}
	return true;
}

void debugger_check_all_quiet(struct debugger *debugger)
{
	if (debugger->lifting && debugger->phase == PHASE_RUNNING) {
		if (!debugger->is_lifted && all_quiet(debugger, debugger->lifting))
			step_lifted(debugger);
		return;
	}
	if (debugger->phase != PHASE_STOPPING && debugger->phase != PHASE_DETACHING && debugger->phase != PHASE_STARTING)
		return;
	if (!all_quiet(debugger, NULL) || is_ending(debugger))
		return;
	if (debugger->phase == PHASE_DETACHING)
		debugger_release_children(debugger);
	if (debugger->phase == PHASE_STOPPING)
		finish_stop(debugger);
	else if (debugger->phase == PHASE_STARTING)
		debugger_finish_attach(debugger);
	else
		debugger_finish_detach(debugger);
}

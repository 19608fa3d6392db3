// What to do after each wait event. While everything is being stopped, events are kept (thread->deferred) unless they are mere
// bookkeeping; while the debuggee runs, most are handled quietly and the thread goes on at once.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "engine/run/output.h"
#include "engine/run/plan.h"
#include "engine/run/site.h"
#include "engine/run/state.h"
#include "engine/run/syscall_edit.h"

// ---- threads come and go ----------------------------------------------------------------------------------------------

void thread_announce(struct thread *thread, bool is_new)
{
	struct debugger *debugger = thread->debugger;
	if (thread->role != THREAD_MEMBER || thread->is_announced == is_new)
		return;
	thread->is_announced = is_new;
	if (debugger->listener->thread)
		debugger->listener->thread(debugger->data, thread->tid, is_new);
}

void debugger_announce_threads(struct debugger *debugger)
{
	struct thread **threads;
	size_t count = debugger_members(debugger, &threads);
	for (size_t i = 0; i < count; i++)
		thread_announce(threads[i], true);
	free(threads);
}

void debugger_ended(struct debugger *debugger, int exit_code, int signo)
{
	if (debugger->phase == PHASE_ENDED)
		return;
	debugger_release_children(debugger);
	debugger_release_guests(debugger);
	while (debugger->threads.count)
		thread_destroy(map_next(&debugger->threads, NULL)->value);
	debugger->phase = PHASE_ENDED;
	target_of(debugger)->release(debugger->target);
	sites_drop(&debugger->space);
	debugger->is_guest = false;
	if (debugger->output)
		output_drain(debugger->output);
	LOG("engine", "process %d ended: code %d, signal %d", debugger->pid, exit_code, signo);
	if (debugger->done)
		debugger_finish_start(debugger, error_create(ERROR_GONE, "the program ended"));
	if (debugger->listener->exited)
		debugger->listener->exited(debugger->data, exit_code, signo);
}

// The debuggee is its leader's process. A leader that was gone already when we came is not ours: then the last thread counts.
static bool is_end_of_process(const struct debugger *debugger, const struct wait_event *event)
{
	return event->tid == debugger->pid || (debugger->has_lost_leader && !debugger_any_member(debugger, event->tid));
}

static void thread_gone(struct debugger *debugger, struct thread *thread, const struct wait_event *event)
{
	struct debugger *process = thread ? thread_process(thread) : debugger;
	bool is_process = is_end_of_process(process, event);
	if (thread) {
		thread_announce(thread, false);
		if (debugger->lifting == thread)
			debugger_end_lift(debugger);
		bool was_solo = debugger->solo == thread;
		thread_destroy(thread);
		if (was_solo && !is_process && debugger->phase == PHASE_RUNNING)
			debugger_resume_all(debugger);
	}
	if (is_process)
		debugger_ended(process, event->kind == WAIT_EXITED ? event->value : 0, event->kind == WAIT_KILLED ? event->value : 0);
	if (!is_process || process != debugger)
		debugger_check_all_quiet(debugger);
}

void thread_go_on(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	if (debugger->phase == PHASE_RUNNING && (!debugger->solo || debugger->solo == thread) && !debugger->lifting)
		thread_resume(thread);
	else if (thread->role == THREAD_SHARING_CHILD && debugger->phase != PHASE_DETACHING && !debugger->lifting)
		thread_resume(thread);
}

// ---- exec -------------------------------------------------------------------------------------------------------------

// The thread that did it goes on under the leader's tid: what was known of its call goes with it.
static void take_call_over(struct debugger *debugger, struct thread *leader)
{
	unsigned long former = 0;
	error_destroy(target_of(debugger)->event_message(debugger->target, leader->tid, &former));
	struct thread *thread = debugger_thread(debugger, (pid_t)former);
	if (!thread || thread == leader)
		return;
	target_of(debugger)->inherit_cpus(debugger->target, thread->tid, leader->tid);
	leader->syscall = thread->syscall;
	leader->is_in_syscall = thread->is_in_syscall;
	leader->edits = thread->edits;
	struct syscall_entry unused = leader->entry;
	leader->entry = thread->entry;
	thread->entry = unused;
	struct syscall_call unused_call = leader->call;
	leader->call = thread->call;
	thread->call = unused_call;
}

static void forget_other_threads(struct debugger *debugger, const struct thread *leader)
{
	for (bool is_found = true; is_found;) {
		is_found = false;
		for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
			struct thread *thread = entry->value;
			if (thread == leader)
				continue;
			thread_announce(thread, false);
			thread_destroy(thread);
			is_found = true;
			break;
		}
	}
}

static void executed(struct debugger *debugger, struct thread *thread)
{
	// Reported under the leader's tid, whichever thread did it: all others are gone.
	take_call_over(debugger, thread);
	if (thread->role == THREAD_SHARING_CHILD && !(debugger = thread_leave_host(thread)))
		return;
	debugger_release_children(debugger);
	debugger_release_guests(debugger);
	forget_other_threads(debugger, thread);
	thread_announce(thread, true);
	plan_end(thread);
	thread->wants_step = false;
	thread->is_in_group_stop = false;
	thread->is_in_vfork = false;
	thread->has_deferred = false;
	thread->passed_site = 0;
	thread->return_count = 0;
	thread->state = THREAD_STOPPED;
	debugger->lifting = NULL;
	debugger->is_lifted = false;
	debugger->solo = NULL;
	breakpoints_unbind(debugger);
	sites_drop(&debugger->space);
	address_space_deinit(&debugger->space, debugger->target);
	error_destroy(address_space_init(&debugger->space, debugger->target, debugger->pid));
	memory_set_caching(debugger->space.memory, debugger->phase == PHASE_STOPPED);
	debugger_name_program(debugger);
	library_start(debugger);
	debugger_started(debugger);
	if (debugger->phase == PHASE_STOPPING) {
		debugger->pending.reason = STOP_EXEC;
		debugger->pending.tid = thread->tid;
		debugger->pending.breakpoint_count = 0;
		debugger_check_all_quiet(debugger);
	} else if (debugger->catches.exec && debugger->phase == PHASE_RUNNING) {
		debugger_report(debugger, &(struct stop){ .reason = STOP_EXEC, .tid = thread->tid });
	} else if (debugger->phase == PHASE_RUNNING) {
		thread_go_on(thread);
	} else {
		debugger_check_all_quiet(debugger);
	}
}

// ---- plans ------------------------------------------------------------------------------------------------------------

static void follow_verdict(struct thread *thread, enum plan_verdict verdict)
{
	struct debugger *debugger = thread->debugger;
	switch (verdict) {
	case PLAN_GO_ON:
		debugger_become_hot(debugger, thread);
		thread_go_on(thread);
		return;
	case PLAN_DONE: debugger_step_done(thread); return;
	case PLAN_REPORT: {
		struct stop stop = thread->plan->stop;
		thread->plan->stop.text = NULL;
		debugger_report(debugger, &stop);
		return;
	}
	}
}

void debugger_step_done(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	struct stop stop = thread->plan ? thread->plan->stop : (struct stop){ 0 };
	if (thread->plan)
		thread->plan->stop.text = NULL;
	stop.reason = STOP_STEP;
	stop.tid = thread->tid;
	// A step that ends on a breakpoint reaches it: it counts, logs, and is reported as hit.
	uint64_t pc = thread_pc(thread);
	struct site *site = site_at(&debugger->space, pc);
	if (site && thread->passed_site != pc)
		breakpoints_hit(thread, site, &stop);
	thread->passed_site = pc;
	thread->hidden_inlines = thread->plan ? thread->plan->hidden_inlines : 0;
	debugger_report(debugger, &stop);
}

// ---- int3 and single steps --------------------------------------------------------------------------------------------

static void site_reached(struct thread *thread, struct site *site)
{
	struct debugger *debugger = thread->debugger;
	uint64_t address = site->address;
	thread_set_pc(thread, address);
	thread->passed_site = address;
	if (thread->role == THREAD_SHARING_CHILD) {
		thread_go_on(thread);
		return;
	}
	bool is_return = thread_is_return(thread, address);
	struct stop stop = { .reason = STOP_BREAKPOINT, .tid = thread->tid, .pc = address };
	for (size_t i = 0; site && i < site->owners.count; i++) {
		struct site_owner owner = site->owners.items[i];
		if (owner.kind == SITE_OWNER_INTERNAL) {
			owner.reached(debugger, thread, site);
			site = site_at(&debugger->space, address);
			if (debugger->phase != PHASE_RUNNING)
				return;
		}
	}
	if (site && !is_return && breakpoints_hit(thread, site, &stop)) {
		debugger_report(debugger, &stop);
		return;
	}
	if (thread->plan) {
		follow_verdict(thread, thread->plan->ops->site_reached(thread->plan, site));
		return;
	}
	debugger_become_hot(debugger, thread);
	thread_go_on(thread);
}

static bool is_breakpoint_trap(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL || info->si_code == TRAP_BRKPT;
}

// A step over `syscall` is reported by the kernel's exit path as TRAP_BRKPT (user_single_step_report in arch/x86/kernel/ptrace.c).
static bool is_step_trap(const struct thread *thread, const siginfo_t *info)
{
	bool is_after_syscall = info->si_code == TRAP_BRKPT && thread->wants_step;
	return is_after_syscall || info->si_code == TRAP_TRACE || info->si_code == TRAP_BRANCH || info->si_code == TRAP_UNK;
}

// After a trap: was the byte before pc an int3 of ours that was lifted meanwhile, or is it the program's own?
static bool is_lifted_meanwhile(struct debugger *debugger, uint64_t address)
{
	uint8_t byte;
	return map_get(&debugger->space.lifted, address) && memory_read_raw(debugger->space.memory, address, &byte, 1) == 1 && byte != 0xcc;
}

static void step_trap(struct thread *thread)
{
	bool is_of_plan = thread->wants_step;
	thread->wants_step = false;
	if (is_of_plan && thread->plan && thread->plan->ops->stepped)
		follow_verdict(thread, thread->plan->ops->stepped(thread->plan));
	else
		thread_go_on(thread);
}

// True: the SIGTRAP was ours and is dealt with.
static bool handle_trap(struct thread *thread, const siginfo_t *info)
{
	struct debugger *debugger = thread->debugger;
	if (is_step_trap(thread, info)) {
		thread_normalise_pc(thread);
		step_trap(thread);
		return true;
	}
	if (!is_breakpoint_trap(info))
		return false;
	uint64_t address = thread_pc(thread) - 1;
	struct site *site = site_at(&debugger->space, address);
	if (site) {
		site_reached(thread, site);
		return true;
	}
	if (!is_lifted_meanwhile(debugger, address))
		return false;
	thread_set_pc(thread, address);
	thread_go_on(thread);
	return true;
}

// ---- signals ----------------------------------------------------------------------------------------------------------

// The program's handler sees where the instruction belongs, in its context and in si_addr.
static void hide_slot(struct thread *thread, siginfo_t *info)
{
	struct debugger *debugger = thread->debugger;
	uint64_t offset;
	bool names_pc = (info->si_signo == SIGFPE || info->si_signo == SIGILL || info->si_signo == SIGTRAP) && info->si_code > 0;
	uint64_t address = (uint64_t)info->si_addr;
	if (names_pc && slot_owner(&debugger->space, address, &offset)) {
		info->si_addr = (void *)slot_original_pc(&debugger->space, address);
		error_destroy(target_of(debugger)->set_siginfo(debugger->target, thread->tid, info));
	}
	thread_normalise_pc(thread);
}

// An int3 leaves the pc in the middle of the instruction that it stands for, where nothing else can bring it: without asking for
// the siginfo it is known to be ours.
static struct site *site_hit_for_sure(struct thread *thread, const struct wait_event *event)
{
	if (event->value != SIGTRAP || thread->wants_step)
		return NULL;
	struct site *site = site_at(&thread->debugger->space, thread_pc(thread) - 1);
	return site && site->instruction.length > 1 ? site : NULL;
}

static void handle_signal(struct thread *thread, const struct wait_event *event)
{
	struct debugger *debugger = thread->debugger;
	struct site *site = site_hit_for_sure(thread, event);
	if (site) {
		site_reached(thread, site);
		return;
	}
	siginfo_t info = { .si_signo = event->value };
	syscall_edit_settle(thread);   // a step out of the call has no boundary
	struct error *error = target_of(debugger)->get_siginfo(debugger->target, thread->tid, &info);
	if (error) {
		error_destroy(error);
		return;   // gone
	}
	if (event->value == SIGTRAP && handle_trap(thread, &info))
		return;
	hide_slot(thread, &info);
	thread->siginfo = info;
	thread->has_siginfo = true;
	thread->signal = event->value;
	if (thread->role == THREAD_MEMBER && debugger_catches_signal(debugger, thread, &info)) {
		if (event->value == SIGTRAP && is_breakpoint_trap(&info))
			thread->signal = 0;   // the program's own int3 (assertions, __builtin_debugtrap): it may go on behind it
		debugger_report(debugger, &(struct stop){ .reason = STOP_SIGNAL, .tid = thread->tid, .siginfo = info });
		return;
	}
	debugger_become_hot(debugger, thread);
	if (thread_hold_signal(thread, event->value))
		thread->signal = 0;
	else if (thread->plan && thread->plan->ops->signal)
		thread->plan->ops->signal(thread->plan);
	thread_go_on(thread);
}

// ---- dispatch ---------------------------------------------------------------------------------------------------------

static void handle_running(struct thread *thread, const struct wait_event *event)
{
	switch (event->kind) {
	case WAIT_SIGNAL: handle_signal(thread, event); return;
	case WAIT_SECCOMP:
	case WAIT_SYSCALL: syscall_stopped(thread); return;
	default: thread_go_on(thread); return;
	}
}

// An int3 hit that came while everything is being stopped: it is hit again when the thread goes on.
static bool rewind_breakpoint(struct thread *thread, const struct wait_event *event)
{
	struct debugger *debugger = thread->debugger;
	siginfo_t info;
	if (event->value != SIGTRAP)
		return false;
	struct error *error = target_of(debugger)->get_siginfo(debugger->target, thread->tid, &info);
	if (error) {
		error_destroy(error);
		return true;
	}
	if (is_step_trap(thread, &info))
		return debugger->phase != PHASE_RUNNING;   // the step is given up, unless everything goes on in a moment
	uint64_t address = thread_pc(thread) - 1;
	if (!is_breakpoint_trap(&info) || (!site_at(&debugger->space, address) && !is_lifted_meanwhile(debugger, address)))
		return false;
	thread_set_pc(thread, address);
	return true;
}

// The trap of an int3 or a step, or a fault, comes behind the interrupt stop. It is taken now: until then the pc is not where the
// program has it, and a SIGTRAP that is delivered after we have let go kills the process.
static bool takes_fault(struct thread *thread)
{
	struct target *target = thread->debugger->target;
	if (!thread->is_at_event_stop || !target->ops->has_pending_fault(target, thread->tid))
		return false;
	thread->state = THREAD_RUNNING;
	error_destroy(target->ops->resume(target, thread->tid, RESUME_CONTINUE, 0));
	return true;
}

// While everything is being stopped (or one thread steps over a lifted site).
static void handle_stopping(struct thread *thread, const struct wait_event *event)
{
	if (takes_fault(thread))
		return;
	bool is_kept = event->kind == WAIT_SYSCALL || event->kind == WAIT_SECCOMP || (event->kind == WAIT_SIGNAL && !rewind_breakpoint(thread, event));
	if (is_kept) {
		thread->has_deferred = true;
		thread->deferred = *event;
	}
	debugger_check_all_quiet(thread->debugger);
}

// Not by its own call: it may be in the middle of anything.
static bool is_killed(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	return !registers || (registers->orig_rax != SYS_exit && registers->orig_rax != SYS_exit_group);
}

// It runs no user code any more, whatever everybody else does; held back it could not die (SIGKILL while all are stopped).
static void exiting(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	bool was_solo = debugger->solo == thread;
	if (is_killed(thread))
		thread_tell_children(thread);
	thread->is_in_group_stop = false;
	thread->is_in_vfork = false;
	thread->has_deferred = false;
	thread->passed_site = 0;
	thread->wants_step = false;
	thread->signal = 0;
	plan_end(thread);
	if (debugger->lifting == thread)
		debugger_end_lift(debugger);
	thread_announce(thread, false);
	thread_resume(thread);
	thread->state = THREAD_EXITING;
	const struct thread *other = debugger_any_thread(debugger);
	if (thread->tid == debugger->space.pid && other)
		debugger->space.pid = other->tid;
	if (was_solo)
		debugger_end_solo(debugger);
	debugger_check_all_quiet(debugger);
}

static bool is_handled_at_once(struct thread *thread, const struct wait_event *event)
{
	switch (event->kind) {
	case WAIT_GROUP_STOP: thread->is_in_group_stop = true; return false;
	case WAIT_INTERRUPTED: thread->is_in_group_stop = false; return false;
	case WAIT_CLONE:
	case WAIT_FORK:
	case WAIT_VFORK: thread_made_child(thread, event); return false;
	case WAIT_VFORK_DONE: thread->is_in_vfork = false; return false;
	case WAIT_EXEC: executed(thread->debugger, thread); return true;
	case WAIT_EXITING: exiting(thread); return true;
	default: return false;
	}
}

static bool stands_still(const struct debugger *debugger, const struct thread *thread)
{
	return debugger->phase != PHASE_RUNNING || (debugger->lifting && debugger->lifting != thread);
}

void debugger_handle(struct debugger *debugger, const struct wait_event *event)
{
	struct thread *thread = debugger_thread(debugger, event->tid);
	if (event->kind == WAIT_EXITED || event->kind == WAIT_KILLED) {
		thread_gone(debugger, thread, event);
		return;
	}
	thread_forget(thread);
	thread_end_delay(thread);
	thread->waits_for_client = false;
	thread->state = THREAD_STOPPED;
	thread_release_signals(thread);
	thread->has_old_mode = false;
	thread->is_inside_call = event->kind == WAIT_CLONE || event->kind == WAIT_FORK || event->kind == WAIT_VFORK ||
				 event->kind == WAIT_VFORK_DONE || event->kind == WAIT_EXEC || event->kind == WAIT_SECCOMP;
	thread->is_at_event_stop = event->kind == WAIT_INTERRUPTED || event->kind == WAIT_GROUP_STOP;
	if (thread->is_at_event_stop || event->kind == WAIT_SIGNAL)   // outside of any call
		thread->is_in_syscall = thread->is_before_filter = false;
	bool was_lifted = debugger->lifting == thread && debugger->is_lifted;
	if (was_lifted)
		debugger_end_lift(debugger);
	if (is_handled_at_once(thread, event))
		return;
	bool is_let_run = thread->role == THREAD_SHARING_CHILD && debugger->phase != PHASE_DETACHING;
	if (is_let_run || !stands_still(debugger, thread))
		handle_running(thread, event);
	else
		handle_stopping(thread, event);
	if (was_lifted && debugger->phase == PHASE_RUNNING)
		debugger_resume_all(debugger);
}

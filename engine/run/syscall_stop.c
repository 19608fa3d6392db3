// A thread stands at the boundary of a system call: what call it is, what the rules make of it, and on.
#include <string.h>
#include <sys/syscall.h>

#include <linux/audit.h>

#include "base/clock.h"
#include "engine/run/plan.h"
#include "engine/run/rules.h"
#include "engine/run/site.h"
#include "engine/run/syscall_edit.h"
#include "engine/run/syscall_names.h"

// ---- which call -----------------------------------------------------------------------------------------------------------

static enum syscall_abi abi_of(uint32_t arch, uint64_t *number)
{
	enum { X32_BIT = 0x40000000 };
	if (arch == AUDIT_ARCH_I386)
		return SYSCALL_ABI_I386;
	if (*number & X32_BIT && (int64_t)*number > 0) {
		*number &= ~(uint64_t)X32_BIT;
		return SYSCALL_ABI_X32;
	}
	return SYSCALL_ABI_X86_64;
}

// A call that was already under way when syscalls began to be watched: what it is stands in the registers.
static void entry_from_registers(struct thread *thread, uint32_t arch)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (!registers)
		return;
	uint64_t number = registers->orig_rax;
	thread->syscall = (struct syscall_event){
		.abi = abi_of(arch, &number),
		.arguments = { registers->rdi, registers->rsi, registers->rdx, registers->r10, registers->r8, registers->r9 },
	};
	thread->syscall.number = number;
	if (thread->syscall.abi != SYSCALL_ABI_I386)
		return;
	const uint64_t arguments[] = { registers->rbx, registers->rcx, registers->rdx, registers->rsi, registers->rdi, registers->rbp };
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		thread->syscall.arguments[i] = (uint32_t)arguments[i];
}

static bool is_restart_call(enum syscall_abi abi, uint64_t number)
{
	return number == (abi == SYSCALL_ABI_I386 ? 0 : (uint64_t)SYS_restart_syscall);
}

static void name_continuation(struct thread *thread)
{
	if (!thread->has_broken_call || !is_restart_call(thread->syscall.abi, thread->syscall.number))
		return;
	thread->syscall.is_continuation = true;
	thread->syscall.continued = thread->broken_call;
}

void thread_note_broken_call(struct thread *thread, uint64_t number, int64_t result)
{
	enum { ERESTART_RESTARTBLOCK = 516 };   // include/linux/errno.h: restart_syscall goes on with it
	if (result != -ERESTART_RESTARTBLOCK || is_restart_call(thread->syscall.abi, number))
		return;   // one that is broken again goes on with the same call
	thread->has_broken_call = true;
	thread->broken_call = number;
}

static bool read_syscall(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	struct target_syscall_info info;
	struct error *error = target_of(debugger)->syscall_info(debugger->target, thread->tid, &info);
	if (error) {
		error_destroy(error);
		return false;
	}
	thread->is_before_filter = info.op == TARGET_SYSCALL_ENTRY && debugger->filter.is_installed;
	if (info.op == TARGET_SYSCALL_SECCOMP && !filter_settle(thread, &info))
		return false;
	if (info.op == TARGET_SYSCALL_ENTRY || info.op == TARGET_SYSCALL_SECCOMP) {
		uint64_t number = info.number;
		thread->syscall = (struct syscall_event){ .phase = SYSCALL_ENTRY, .abi = abi_of(info.arch, &number) };
		thread->syscall.number = number;
		memcpy(thread->syscall.arguments, info.arguments, sizeof(info.arguments));
		thread->is_in_syscall = true;
		thread->syscall_began_ns = clock_ns(CLOCK_MONOTONIC);
		name_continuation(thread);
		filter_watch_program(thread);
	} else if (info.op == TARGET_SYSCALL_EXIT) {
		thread->syscall.duration_ns = thread->is_in_syscall ? clock_ns(CLOCK_MONOTONIC) - thread->syscall_began_ns : 0;
		if (!thread->is_in_syscall)
			entry_from_registers(thread, info.arch);
		thread->is_in_syscall = false;
		thread->syscall.phase = SYSCALL_RETURN;
		thread->syscall.result = info.result;
		thread->syscall.is_error = info.is_error;
		thread_note_broken_call(thread, thread->syscall.number, info.result);
	} else {
		return false;
	}
	thread->syscall.pc = slot_original_pc(&debugger->space, info.pc);
	thread->syscall.sp = info.sp;
	thread->is_at_syscall = true;
	thread->is_inside_call = false;
	return true;
}

// ---- the rules ------------------------------------------------------------------------------------------------------------

// A return that will be shown shows the arguments as they are now, at the entry.
void thread_keep_entry(struct thread *thread)
{
	struct debugger *debugger = thread_process(thread);
	bool needs_paths = false;
	thread->is_entry_shown = false;
	if (thread->syscall.phase != SYSCALL_ENTRY)
		return;
	bool is_shown = syscall_comes_back(&thread->syscall) && rules_show_return(debugger, &thread->syscall, &needs_paths);
	if (is_shown || thread->call.is_traced) {
		struct syscall_context context;
		debugger_syscall_context(debugger, thread->tid, &context);
		syscall_entry_take(&thread->entry, &thread->syscall, &context);
	}
	if (needs_paths)
		syscall_keep_paths(thread);
}

static void begin_call(struct thread *thread)
{
	struct syscall_call *call = &thread->call;
	syscall_entry_drop(&thread->entry);
	call->has_paths = false;
	call->is_traced = rules_trace(thread, RULE_ENTRY);
	call->is_judged = true;
	tamper_begin(thread);
}

// A call whose entry was not seen is judged as a whole.
static void end_call(struct thread *thread)
{
	struct syscall_call *call = &thread->call;
	if (call->is_judged)
		tamper_end(thread);
	else
		call->has_paths = call->is_traced = false;
	bool is_traced = rules_trace(thread, call->is_judged ? RULE_RETURN : RULE_ENTRY | RULE_RETURN);
	call->is_traced |= is_traced;
	call->is_judged = false;
}

static void trace_syscall(struct thread *thread)
{
	struct debugger *debugger = thread_process(thread);
	const struct syscall_event *event = &thread->syscall;
	if (thread->call.is_traced && debugger->listener->syscall && (event->phase == SYSCALL_RETURN || !syscall_comes_back(event)))
		debugger->listener->syscall(debugger->data, thread->tid, event);
}

static void fill_result2(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (registers && thread->syscall.phase == SYSCALL_RETURN)
		thread->syscall.result2 = (int64_t)registers->rdx;
}

// It is to see, or change, its own mask and not what we made of it.
static bool asks_for_cpus(const struct syscall_event *event)
{
	enum { I386_SETAFFINITY = 241, I386_GETAFFINITY = 242 };
	if (event->phase != SYSCALL_ENTRY)
		return false;
	if (event->abi == SYSCALL_ABI_I386)
		return event->number == I386_SETAFFINITY || event->number == I386_GETAFFINITY;
	return event->number == SYS_sched_setaffinity || event->number == SYS_sched_getaffinity;
}

// It is traced (what it was called with reads from the new image), but the program has not called it: nothing stops there.
static bool is_our_launch(struct thread *thread)
{
	bool is_launch = thread->is_launching && thread->syscall.phase == SYSCALL_RETURN;
	thread->is_launching = false;
	if (!is_launch)
		return false;
	end_call(thread);
	trace_syscall(thread);
	thread->is_at_syscall = false;
	return true;
}

// It met the filter.
static bool is_unfollowed_guest(const struct thread *thread)
{
	return thread->role == THREAD_SHARING_CHILD && !thread->follower;
}

// All rules are asked, each counts for itself. A guest does not stop.
static bool stops_here(struct thread *thread, struct stop *stop)
{
	if (thread->role != THREAD_MEMBER)
		return false;
	bool is_step = thread->plan && thread->plan->ops->syscall;
	bool is_hit = breakpoints_at_syscall(thread, stop);
	bool is_caught = rules_stop(thread);
	return is_step || is_hit || is_caught;
}

void syscall_stopped(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	struct stop stop = { .reason = STOP_SYSCALL, .tid = thread->tid };
	// Gone, and its death will be reported; or seen already.
	if (!read_syscall(thread) || is_our_launch(thread) || is_unfollowed_guest(thread)) {
		thread_go_on(thread);
		return;
	}
	bool is_entry = thread->syscall.phase == SYSCALL_ENTRY;
	if (is_entry) {
		begin_call(thread);
	} else {
		syscall_edit_settle(thread);
		end_call(thread);
	}
	bool is_shown = stops_here(thread, &stop);
	thread->is_entry_shown = is_shown && is_entry;
	if (is_entry && !is_shown)
		thread_keep_entry(thread);
	trace_syscall(thread);
	if (is_shown) {
		fill_result2(thread);
		stop.syscall = thread->syscall;
		debugger_report(debugger, &stop);
		return;
	}
	if (asks_for_cpus(&thread->syscall))
		target_of(debugger)->release(debugger->target);
	else
		debugger_become_hot(debugger, thread);
	thread_go_on(thread);
}

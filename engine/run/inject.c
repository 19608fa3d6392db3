#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "engine/run/site.h"

// A `syscall` instruction that is there anyway: in the vdso's fallbacks, else in any module's text. 0: none.
static uint64_t find_syscall_instruction(struct address_space *space)
{
	for (size_t i = modules_count(space->modules); i-- > 0;) {
		struct module *module = modules_at(space->modules, i);
		uint8_t bytes[4096];
		for (uint64_t address = module->start; address < module->end; address += sizeof(bytes) - 1) {
			size_t count = memory_read_some(space->memory, address, bytes, sizeof(bytes));
			for (size_t at = 0; at + 1 < count; at++) {
				const char *section;
				if (bytes[at] == 0x0f && bytes[at + 1] == 0x05 &&
				    (section = module_section_name(module, address + at)) && strcmp(section, ".text") == 0)
					return address + at;
			}
		}
	}
	return 0;
}

static uint64_t syscall_instruction(struct address_space *space)
{
	if (!space->syscall_instruction)
		space->syscall_instruction = find_syscall_instruction(space);
	return space->syscall_instruction;
}

// Of the signals that cannot be blocked: SIGSYS, which a seccomp filter raises for the call and which is no business of the program,
// and SIGSTOP, which is: it is sent anew.
struct injection {
	struct thread *thread;
	bool has_stop_signal;
};

static const uint64_t blocked_signals = ~(1ULL << (SIGSYS - 1));

static struct error *next_event(struct injection *injection, enum target_resume how, struct wait_event *event_ret)
{
	struct thread *thread = injection->thread;
	struct target *target = thread->debugger->target;
	struct error *error = target->ops->resume(target, thread->tid, how, 0);
	if (error)
		return error;
	if (!target->ops->wait(target, thread->tid, true, event_ret))
		return error_create(ERROR_GONE, "thread %d is gone", thread->tid);
	thread->is_at_event_stop = event_ret->kind == WAIT_INTERRUPTED || event_ret->kind == WAIT_GROUP_STOP;
	if (thread->is_at_event_stop)
		thread->is_in_group_stop = event_ret->kind == WAIT_GROUP_STOP;
	if (event_ret->kind == WAIT_SIGNAL && event_ret->value == SIGSTOP)
		injection->has_stop_signal = true;
	if (event_ret->kind != WAIT_EXITED && event_ret->kind != WAIT_KILLED && event_ret->kind != WAIT_EXITING)
		return NULL;
	tracer_handle_later(thread->debugger->tracer, event_ret);   // its report must not be lost
	return error_create(ERROR_GONE, "thread %d is gone", thread->tid);
}

static struct error *run_to_boundary(struct injection *injection)
{
	struct wait_event event;
	struct error *error;
	do {
		error = next_event(injection, RESUME_SYSCALL, &event);
	} while (!error && event.kind != WAIT_SYSCALL);
	return error;
}

static struct error *run_to_event_stop(struct injection *injection)
{
	struct thread *thread = injection->thread;
	struct error *error = target_of(thread->debugger)->interrupt(thread->debugger->target, thread->tid);
	struct wait_event event;
	while (!error) {
		error = next_event(injection, RESUME_CONTINUE, &event);
		if (!error && thread->is_at_event_stop)
			return NULL;
	}
	return error;
}

static struct error *run_call(struct injection *injection, const struct user_regs_struct *call, int64_t *result_ret)
{
	struct thread *thread = injection->thread;
	struct target *target = thread->debugger->target;
	struct user_regs_struct after;
	struct error *error = target->ops->set_registers(target, thread->tid, call);
	if (!error)
		error = run_to_boundary(injection);
	if (!error)
		error = run_to_boundary(injection);
	if (!error)
		error = target->ops->get_registers(target, thread->tid, &after);
	if (!error)
		*result_ret = (int64_t)after.rax;
	return error;
}

// From the entry of a call out of it, without making it.
static struct error *leave_call(struct injection *injection, const struct user_regs_struct *entry)
{
	struct target *target = injection->thread->debugger->target;
	struct user_regs_struct none = *entry;
	none.orig_rax = (unsigned long long)-1;
	struct error *error = target->ops->set_registers(target, injection->thread->tid, &none);
	return error ? error : run_to_boundary(injection);
}

// Back to where leave_call() left it. An i386 call needs its own instruction, which the kernel itself goes back to for a restart.
static struct error *enter_call(struct injection *injection, const struct user_regs_struct *entry, uint64_t instruction)
{
	enum { INSTRUCTION_LENGTH = 2 };
	struct thread *thread = injection->thread;
	struct target *target = thread->debugger->target;
	bool is_i386 = thread->syscall.abi == SYSCALL_ABI_I386;
	struct user_regs_struct before = *entry;
	before.rip = is_i386 ? entry->rip - INSTRUCTION_LENGTH : instruction;
	before.rax = entry->orig_rax;
	before.orig_rax = (unsigned long long)-1;
	struct error *error = target->ops->set_registers(target, thread->tid, &before);
	if (!error)
		error = run_to_boundary(injection);
	thread->is_before_filter = thread->debugger->filter.is_installed;
	return error ? error : target->ops->set_registers(target, thread->tid, entry);
}

static struct user_regs_struct registers_of_call(const struct user_regs_struct *now, uint64_t instruction, long number,
						  const uint64_t arguments[6])
{
	struct user_regs_struct call = *now;
	call.rip = instruction;
	call.rax = (unsigned long long)number;
	call.orig_rax = (unsigned long long)-1;
	call.rdi = arguments[0];
	call.rsi = arguments[1];
	call.rdx = arguments[2];
	call.r10 = arguments[3];
	call.r8 = arguments[4];
	call.r9 = arguments[5];
	return call;
}

static struct error *block_signals(struct thread *thread, uint64_t *mask_ret)
{
	struct target *target = thread->debugger->target;
	struct error *error = target->ops->get_signal_mask(target, thread->tid, mask_ret);
	return error ? error : target->ops->set_signal_mask(target, thread->tid, blocked_signals);
}

static struct error *check_injectable(struct thread *thread, bool is_entering, uint64_t *instruction_ret)
{
	const struct user_regs_struct *now;
	struct error *error = thread_read_registers(thread, &now);
	if (error)
		return error;
	if (thread->is_inside_call)
		return error_create(ERROR_STATE, "thread %d is inside a syscall", thread->tid);
	if (thread->signal)   // the kernel takes it from the stop at which it told of it alone: ptrace (2), PTRACE_CONT
		return error_create(ERROR_STATE, "thread %d has a signal to be delivered first", thread->tid);
	if (is_entering && thread->syscall.abi == SYSCALL_ABI_I386 && site_at(&thread->debugger->space, now->rip - 2))
		return error_create(ERROR_STATE, "a breakpoint is in the way at thread %d's syscall instruction", thread->tid);
	*instruction_ret = syscall_instruction(&thread->debugger->space);
	if (!*instruction_ret)
		return error_create(ERROR_UNAVAILABLE, "the program has no syscall instruction to borrow");
	return NULL;
}

// The execve that started the program has still to return, which sets rax.
static struct error *leave_launch(struct injection *injection)
{
	struct thread *thread = injection->thread;
	if (!thread->is_launching)
		return NULL;
	struct error *error = thread_flush(thread);
	if (!error)
		error = run_to_boundary(injection);
	thread_forget(thread);
	thread->is_launching = false;
	return error;
}

struct error *inject_syscall(struct thread *thread, long number, const uint64_t arguments[6], int64_t *result_ret)
{
	struct target *target = thread->debugger->target;
	struct injection injection = { .thread = thread };
	bool is_entering = thread->is_at_syscall && thread->syscall.phase == SYSCALL_ENTRY;
	uint64_t instruction, mask = 0;
	struct error *error = leave_launch(&injection);
	if (!error)
		error = check_injectable(thread, is_entering, &instruction);
	if (!error)
		error = block_signals(thread, &mask);
	if (error)
		return error;
	struct user_regs_struct saved = *thread_registers(thread);
	struct user_regs_struct call = registers_of_call(&saved, instruction, number, arguments);
	bool is_quiet = !thread->debugger->tracer->quiet_timer;   // else it gives the CPUs back
	target->ops->confine(target, thread->tid);
	if (is_entering)
		error = leave_call(&injection, &saved);
	if (!error)
		error = run_call(&injection, &call, result_ret);
	memory_forget(thread->debugger->space.memory);
	if (!error)
		error = is_entering ? enter_call(&injection, &saved, instruction) : target->ops->set_registers(target, thread->tid, &saved);
	// An interrupted call is restarted by the kernel only on the way out of a signal stop, a group-stop goes on only from itself.
	if (!error && !is_entering && (is_call_to_restart(&saved) || thread->is_in_group_stop))
		error = run_to_event_stop(&injection);
	error_destroy(target->ops->set_signal_mask(target, thread->tid, mask));
	if (is_quiet)
		target->ops->release(target);
	if (injection.has_stop_signal)
		error_destroy(target->ops->signal(target, thread->debugger->pid, thread->tid, SIGSTOP));
	return error;
}

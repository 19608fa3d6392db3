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
	debugger_handle_later(thread->debugger, event_ret);   // its report must not be lost
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

struct error *inject_syscall(struct thread *thread, long number, const uint64_t arguments[6], int64_t *result_ret)
{
	struct target *target = thread->debugger->target;
	if (thread->is_inside_call || (thread->is_at_syscall && thread->syscall.phase == SYSCALL_ENTRY))
		return error_create(ERROR_STATE, "thread %d is inside a syscall", thread->tid);
	uint64_t instruction = syscall_instruction(&thread->debugger->space);
	if (!instruction)
		return error_create(ERROR_UNAVAILABLE, "the program has no syscall instruction to borrow");
	const struct user_regs_struct *now;
	struct error *error = thread_read_registers(thread, &now);
	uint64_t mask = 0;
	if (!error)
		error = target->ops->get_signal_mask(target, thread->tid, &mask);
	if (!error)
		error = target->ops->set_signal_mask(target, thread->tid, blocked_signals);
	if (error)
		return error;
	struct user_regs_struct saved = *now;
	struct user_regs_struct call = saved;
	call.rip = instruction;
	call.rax = (unsigned long long)number;
	call.orig_rax = (unsigned long long)-1;
	call.rdi = arguments[0];
	call.rsi = arguments[1];
	call.rdx = arguments[2];
	call.r10 = arguments[3];
	call.r8 = arguments[4];
	call.r9 = arguments[5];
	target->ops->confine(target, thread->tid);
	struct injection injection = { .thread = thread };
	error = run_call(&injection, &call, result_ret);
	memory_forget(thread->debugger->space.memory);
	if (!error)
		error = target->ops->set_registers(target, thread->tid, &saved);
	// An interrupted call is restarted by the kernel only on the way out of a signal stop, a group-stop goes on only from itself.
	if (!error && (is_call_to_restart(&saved) || thread->is_in_group_stop))
		error = run_to_event_stop(&injection);
	error_destroy(target->ops->set_signal_mask(target, thread->tid, mask));
	if (injection.has_stop_signal)
		error_destroy(target->ops->signal(target, thread->debugger->pid, thread->tid, SIGSTOP));
	return error;
}

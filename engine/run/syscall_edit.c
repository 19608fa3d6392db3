#include "engine/run/syscall_edit.h"

#include <errno.h>
#include <string.h>

enum { X32_BIT = 0x40000000 };

static const uint64_t no_call = UINT64_MAX;

static struct error *need_entry(const struct thread *thread, const char *what)
{
	if (!thread->is_at_syscall)
		return error_create(ERROR_STATE, "thread %d is not at a syscall", thread->tid);
	if (thread->syscall.phase != SYSCALL_ENTRY)
		return error_create(ERROR_STATE, "the call has returned; its %s can be changed at the entry only", what);
	return NULL;
}

static struct error *set_register(struct thread *thread, const char *name, uint64_t value)
{
	return thread_set_register(thread, register_find(name), &value);
}

static uint64_t get_register(struct thread *thread, const struct register_desc *desc)
{
	uint64_t value = 0;
	error_destroy(thread_get_register(thread, desc, &value));   // gone: its death will be reported
	return value;
}

struct error *syscall_edit_argument(struct thread *thread, unsigned index, uint64_t value)
{
	struct error *error = need_entry(thread, "arguments");
	const struct register_desc *desc = register_find(syscall_argument_register(thread->syscall.abi, index));
	if (error)
		return error;
	if (!desc)
		return error_create(ERROR_INVALID, "a call has %d arguments", SYSCALL_ARGUMENT_MAX);
	struct syscall_edits *edits = &thread->edits;
	uint64_t before = get_register(thread, desc);
	error = thread_set_register(thread, desc, &value);
	if (error)
		return error;
	if (!(edits->mask & 1u << index))
		edits->before[index] = before;
	edits->mask |= 1u << index;
	edits->after[index] = get_register(thread, desc);
	return NULL;
}

void syscall_edit_settle(struct thread *thread)
{
	struct syscall_edits *edits = &thread->edits;
	unsigned mask = edits->mask;
	const struct user_regs_struct *registers = mask ? thread_registers(thread) : NULL;
	edits->mask = 0;
	// An interrupted call is to be restarted as it was made. What is not as we left it belongs to another image or context.
	if (!registers || is_call_to_restart(registers))
		return;
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++) {
		const struct register_desc *desc = register_find(syscall_argument_register(thread->syscall.abi, i));
		if (mask & 1u << i && get_register(thread, desc) == edits->after[i])
			error_destroy(thread_set_register(thread, desc, &edits->before[i]));   // gone: its death will be reported
	}
}

// A register block for both: the kernel looks at orig_rax for what to do, and leaves rax alone when that is -1.
static struct error *set_call(struct thread *thread, uint64_t number, uint64_t result)
{
	struct error *error = set_register(thread, "rax", result);
	return error ? error : set_register(thread, "orig_rax", number);
}

struct error *syscall_edit_number(struct thread *thread, uint64_t number)
{
	struct error *error = need_entry(thread, "number");
	uint64_t raw = thread->syscall.abi == SYSCALL_ABI_X32 ? number | X32_BIT : number;
	if (!error && number > INT32_MAX)
		error = error_create(ERROR_INVALID, "%llu is no syscall number", (unsigned long long)number);
	return error ? error : set_call(thread, raw, (uint64_t)-ENOSYS);
}

struct error *syscall_edit_result(struct thread *thread, int64_t result)
{
	if (!thread->is_at_syscall)
		return error_create(ERROR_STATE, "thread %d is not at a syscall", thread->tid);
	const struct syscall_event *event = &thread->syscall;
	if (event->phase == SYSCALL_ENTRY)
		return set_call(thread, no_call, (uint64_t)result);
	if (!syscall_returns(event))
		return error_create(ERROR_INVALID, "%s has no result: the registers are those of the program that goes on now",
				    syscall_name(event->abi, event->number));
	return set_register(thread, "rax", (uint64_t)result);
}

struct error *syscall_edit_result2(struct thread *thread, uint64_t value)
{
	if (!thread->is_at_syscall || thread->syscall.phase != SYSCALL_RETURN)
		return error_create(ERROR_STATE, "rdx is a result at the return only");
	return set_register(thread, "rdx", value);
}

static void follow_result(struct syscall_event *event, const struct user_regs_struct *registers)
{
	event->result = event->abi == SYSCALL_ABI_I386 ? (int32_t)registers->rax : (int64_t)registers->rax;
	event->is_error = event->result < 0 && event->result >= -ERRNO_MAX;
}

static void follow_number(struct syscall_event *event, const struct user_regs_struct *registers)
{
	uint64_t number = registers->orig_rax;
	event->is_skipped = (int32_t)number == -1;
	if (event->is_skipped) {
		follow_result(event, registers);
		return;
	}
	event->result = 0;
	event->is_error = event->is_injected = false;
	event->number = event->abi == SYSCALL_ABI_X32 ? number & ~(uint64_t)X32_BIT : number;
}

void syscall_edit_follow(struct thread *thread)
{
	struct syscall_event *event = &thread->syscall;
	const struct user_regs_struct *registers = thread->is_at_syscall ? thread_registers(thread) : NULL;
	if (!registers)
		return;
	if (event->phase == SYSCALL_RETURN) {
		follow_result(event, registers);
		event->result2 = (int64_t)registers->rdx;
		return;
	}
	thread->call.has_paths = false;
	follow_number(event, registers);
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++) {
		event->arguments[i] = 0;
		error_destroy(thread_get_register(thread, register_find(syscall_argument_register(event->abi, i)), &event->arguments[i]));
	}
}

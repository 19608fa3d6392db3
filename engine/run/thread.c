#include <stdlib.h>
#include <string.h>

#include "engine/run/plan.h"
#include "engine/run/state.h"
#include "engine/run/syscall_edit.h"

struct thread *thread_create(struct debugger *debugger, pid_t tid, enum thread_role role)
{
	struct thread *thread = xcalloc(1, sizeof(*thread));
	thread->tid = tid;
	thread->debugger = debugger;
	thread->role = role;
	thread->state = THREAD_RUNNING;
	thread->comm_fd = -1;
	map_set(&debugger->threads, (uint64_t)tid, thread);
	map_set(&debugger->tracer->threads, (uint64_t)tid, thread);
	return thread;
}

void thread_destroy(struct thread *thread)
{
	if (!thread)
		return;
	struct debugger *debugger = thread->debugger;
	plan_end(thread);
	thread_end_delay(thread);
	thread_forget(thread);
	map_remove(&debugger->threads, (uint64_t)thread->tid);
	if (map_get(&debugger->tracer->threads, (uint64_t)thread->tid) == thread)
		map_remove(&debugger->tracer->threads, (uint64_t)thread->tid);
	if (debugger->solo == thread)
		debugger->solo = NULL;
	closep(&thread->comm_fd);
	free(thread->registers.xstate);
	free(thread->stop.text);
	syscall_entry_deinit(&thread->entry);
	str_deinit(&thread->call.paths);
	free(thread);
}

struct thread *debugger_thread(struct debugger *debugger, pid_t tid)
{
	return map_get(&debugger->threads, (uint64_t)tid);
}

struct thread *debugger_any_thread(struct debugger *debugger)
{
	struct thread *leader = debugger_thread(debugger, debugger->pid);
	if (leader && leader->state != THREAD_EXITING)
		return leader;
	struct thread *lowest = NULL;
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread->role == THREAD_MEMBER && thread->state != THREAD_EXITING && (!lowest || thread->tid < lowest->tid))
			lowest = thread;
	}
	return lowest ? lowest : leader;
}

static int compare_tids(const void *a, const void *b)
{
	const struct thread *const *left = a;
	const struct thread *const *right = b;
	return ((*left)->tid > (*right)->tid) - ((*left)->tid < (*right)->tid);
}

size_t debugger_members(struct debugger *debugger, struct thread ***threads_ret)
{
	struct thread **threads = xcalloc(debugger->threads.count + 1, sizeof(struct thread *));
	size_t count = 0;
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread->role == THREAD_MEMBER && thread->state != THREAD_EXITING)
			threads[count++] = thread;
	}
	qsort(threads, count, sizeof(struct thread *), compare_tids);
	*threads_ret = threads;
	return count;
}

bool debugger_any_member(const struct debugger *debugger, pid_t except)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		const struct thread *thread = entry->value;
		if (thread->role == THREAD_MEMBER && thread->tid != except)
			return true;
	}
	return false;
}

bool thread_is_quiet(const struct thread *thread)
{
	// Another process in our memory is no part of a stop, but must be let go with the rest.
	bool is_left_alone = thread->role == THREAD_SHARING_CHILD && thread->debugger->phase != PHASE_DETACHING;
	return is_left_alone || thread->state == THREAD_STOPPED || thread->state == THREAD_EXITING || thread->is_in_vfork;
}

struct error *debugger_stopped_thread(struct debugger *debugger, pid_t tid, struct thread **thread_ret)
{
	if (debugger->phase != PHASE_STOPPED)
		return error_create(ERROR_STATE, "the program is running; pause it first");
	struct thread *thread = debugger_thread(debugger, tid);
	if (!thread || thread->role != THREAD_MEMBER)
		return error_create(ERROR_NOT_FOUND, "there is no thread %d", tid);
	if (thread->is_in_vfork && thread->state != THREAD_STOPPED)
		return error_create(ERROR_STATE, "thread %d waits in vfork for its child to exec or exit", tid);
	if (thread->state != THREAD_STOPPED)
		return error_create(ERROR_STATE, "thread %d is about to exit", tid);
	*thread_ret = thread;
	return NULL;
}

struct error *thread_read_registers(struct thread *thread, const struct user_regs_struct **registers_ret)
{
	if (!thread->has_general) {
		struct error *error =
			target_of(thread->debugger)->get_registers(thread->debugger->target, thread->tid, &thread->registers.general);
		if (error)
			return error;
		thread->has_general = true;
	}
	*registers_ret = &thread->registers.general;
	return NULL;
}

const struct user_regs_struct *thread_registers(struct thread *thread)
{
	const struct user_regs_struct *registers = NULL;
	error_destroy(thread_read_registers(thread, &registers));   // gone: its death will be reported
	return registers;
}

bool is_call_to_restart(const struct user_regs_struct *registers)
{
	int64_t result = (int64_t)registers->rax;   // -ERESTARTSYS and its kin, which user space never sees
	return (int64_t)registers->orig_rax >= 0 && (result == -512 || result == -513 || result == -514 || result == -516);
}

// A changed pc must not be moved once more by the kernel's restart of an interrupted call (it takes 2 from rip).
static void forbid_restart(struct user_regs_struct *registers)
{
	if (is_call_to_restart(registers))
		registers->orig_rax = (unsigned long long)-1;
}

void thread_set_registers(struct thread *thread, const struct user_regs_struct *registers)
{
	struct user_regs_struct after = *registers;
	struct user_regs_struct before = thread->registers.general;
	if (thread->has_general && before.rip != after.rip)
		forbid_restart(&after);
	before.rip = after.rip;
	if (!thread->has_general || memcmp(&before, &after, sizeof(after)) != 0)
		thread->is_general_changed = true;
	thread->is_pc_changed = true;
	thread->registers.general = after;
	thread->has_general = true;
}

struct error *thread_flush(struct thread *thread)
{
	struct target *target = thread->debugger->target;
	struct error *error = NULL;
	if (thread->is_general_changed)
		error = target->ops->set_registers(target, thread->tid, &thread->registers.general);
	else if (thread->is_pc_changed)
		error = target->ops->set_pc(target, thread->tid, thread->registers.general.rip);
	thread->is_general_changed = false;
	thread->is_pc_changed = false;
	return error;
}

void thread_say(struct thread *thread, const char *text, const char *path, unsigned line)
{
	struct debugger *process = thread_process(thread);
	if (process->listener->output)
		process->listener->output(process->data, OUTPUT_CONSOLE, text, strlen(text), path, line);
	thread->waits_for_client = thread->debugger->is_output_held;
}

void thread_set_pc(struct thread *thread, uint64_t pc)
{
	const struct user_regs_struct *now = thread_registers(thread);
	if (!now || now->rip == pc)
		return;
	struct user_regs_struct registers = *now;
	registers.rip = pc;
	thread_set_registers(thread, &registers);
}

uint64_t thread_pc(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	return registers ? registers->rip : 0;
}

struct error *thread_fetch_block(struct thread *thread, enum register_store store)
{
	struct target *target = thread->debugger->target;
	const struct user_regs_struct *ignored;
	switch (store) {
	case REGISTER_IN_GENERAL: return thread_read_registers(thread, &ignored);
	case REGISTER_IN_DEBUG: {
		if (thread->registers.has_debug)
			return NULL;
		struct error *error = target->ops->get_debug(target, thread->tid, thread->registers.debug);
		thread->registers.has_debug = !error;
		return error;
	}
	case REGISTER_IN_XSTATE: {
		if (thread->has_xstate)
			return NULL;
		struct register_block *block = &thread->registers;
		struct error *error = target->ops->get_xstate(target, thread->tid, &block->xstate, &block->xstate_size);
		thread->has_xstate = !error;
		return error;
	}
	}
	return NULL;
}

struct error *thread_get_register(struct thread *thread, const struct register_desc *desc, void *bytes)
{
	struct error *error = thread_fetch_block(thread, desc->store);
	return error ? error : register_get(&thread->registers, desc, bytes);
}

// A signal that the kernel raised for the instruction at pc: sigaction (2), si_code > 0.
static bool is_fault_of_instruction(const siginfo_t *info, int signo)
{
	bool is_fault = signo == SIGSEGV || signo == SIGFPE || signo == SIGILL || signo == SIGBUS;
	return is_fault && info->si_signo == signo && info->si_code > 0;
}

struct error *thread_set_register(struct thread *thread, const struct register_desc *desc, const void *bytes)
{
	struct target *target = thread->debugger->target;
	struct error *error = thread_fetch_block(thread, desc->store);
	if (error)
		return error;
	uint64_t old_pc = thread->registers.general.rip;
	error = register_set(&thread->registers, desc, bytes);
	if (error)
		return error;
	switch (desc->store) {
	case REGISTER_IN_GENERAL:
		// The kernel checks segment selectors and flags: write at once, so that the user is told.
		if (thread->registers.general.rip != old_pc) {
			forbid_restart(&thread->registers.general);
			thread->passed_site = 0;
			thread->hidden_inlines = 0;
			if (is_fault_of_instruction(&thread->siginfo, thread->signal))
				thread->signal = 0;   // moved away from the instruction that faulted: the fault is cured
		}
		error = target->ops->set_registers(target, thread->tid, &thread->registers.general);
		thread->has_general = false;
		thread->is_general_changed = false;
		thread->is_pc_changed = false;
		if (!error)
			syscall_edit_follow(thread);
		return error;
	case REGISTER_IN_XSTATE:
		error = target->ops->set_xstate(target, thread->tid, thread->registers.xstate, thread->registers.xstate_size);
		thread->has_xstate = false;
		return error;
	case REGISTER_IN_DEBUG:
		error = target->ops->set_debug(target, thread->tid, desc->offset, thread->registers.debug[desc->offset]);
		thread->registers.has_debug = false;
		return error;
	}
	return NULL;
}

void thread_expect_return(struct thread *thread, uint64_t address)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (!registers)
		return;
	if (thread->return_count == RETURNS_MAX)
		memmove(thread->returns, thread->returns + 1, --thread->return_count * sizeof(*thread->returns));
	thread->returns[thread->return_count++] = (struct site_return){ address, registers->rsp };
}

bool thread_is_return(struct thread *thread, uint64_t address)
{
	const struct user_regs_struct *registers = thread->return_count ? thread_registers(thread) : NULL;
	for (unsigned i = thread->return_count; registers && i-- > 0;) {
		if (thread->returns[i].address != address || thread->returns[i].sp != registers->rsp)
			continue;
		thread->return_count = i;
		return true;
	}
	return false;
}

void thread_forget(struct thread *thread)
{
	thread->has_general = false;
	thread->is_general_changed = false;
	thread->is_pc_changed = false;
	thread->has_xstate = false;
	thread->registers.has_debug = false;
	thread->has_siginfo = false;
	unwinder_destroy(thread->unwinder);
	thread->unwinder = NULL;
}

struct unwinder *thread_unwinder(struct thread *thread)
{
	if (!thread->unwinder) {
		const struct user_regs_struct *registers = thread_registers(thread);
		if (!registers)
			return NULL;
		thread->unwinder = unwinder_create(thread->debugger->space.modules, thread->debugger->space.memory, registers);
		unwinder_hide_inlined(thread->unwinder, thread->hidden_inlines);
	}
	return thread->unwinder;
}

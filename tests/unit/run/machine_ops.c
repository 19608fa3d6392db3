// The operations of a target on the fabricated machine.
#include "tests/unit/run/machine_private.h"

#include <linux/ptrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/memory.h"

enum { QUANTUM = 64, STUCK_ROUNDS = 2000 };

static struct machine *machine_of(struct target *target)
{
	struct machine *machine = (struct machine *)target;
	if (++machine->calls == machine->dies_at)
		machine_end_process(machine, machine->pid, SIGKILL);
	return machine;
}

static struct error *gone(pid_t tid)
{
	return error_create(ERROR_GONE, "thread %d is gone", tid);
}

static struct machine_thread *stopped_thread(struct target *target, pid_t tid)
{
	struct machine_thread *thread = machine_thread(machine_of(target), tid);
	bool is_held = thread && !thread->has_report && !thread->is_free;
	return is_held && (thread->state == MACHINE_STOPPED || thread->state == MACHINE_EXITING) ? thread : NULL;
}

static struct machine_thread *start(struct machine *machine)
{
	struct user_regs_struct registers = machine_first_registers(0);
	struct machine_thread *thread = machine_add_thread(machine, machine->pid, &registers);
	thread->tid = thread->space = machine->pid;
	return thread;
}

static struct error *op_spawn(struct target *target, const struct target_spawn *spawn, pid_t *pid_ret)
{
	struct machine *machine = (struct machine *)target;
	(void)spawn;
	start(machine)->state = MACHINE_STOPPED;
	*pid_ret = machine->pid;
	machine_of(target);
	return NULL;
}

static struct error *op_seize(struct target *target, pid_t tid, bool kill_on_exit)
{
	struct machine *machine = machine_of(target);
	struct machine_thread *thread = machine_thread(machine, tid);
	(void)kill_on_exit;
	if (!thread && tid == machine->pid) {   // it was in a call that waits
		thread = start(machine);
		thread->state = MACHINE_BLOCKED;
	}
	if (!thread || thread->state == MACHINE_DEAD)
		return gone(tid);
	return NULL;
}

// A leader that exited is a zombie until all other threads are gone.
static bool is_zombie(const struct machine *machine, const struct machine_thread *thread)
{
	if (thread->state != MACHINE_DEAD || thread->tid != thread->process)
		return false;
	for (size_t i = 0; i < machine->threads.count; i++) {
		const struct machine_thread *other = machine->threads.items[i];
		if (other != thread && other->process == thread->process && (other->state != MACHINE_DEAD || other->has_report))
			return true;
	}
	return false;
}

// A parent's event is about a child that is reported before or after it.
static bool must_wait(const struct machine *machine, const struct machine_thread *thread)
{
	if (is_zombie(machine, thread))
		return true;
	if (machine->is_child_first || !WIFSTOPPED(thread->status) || thread->status >> 16 != PTRACE_EVENT_STOP)
		return false;
	for (size_t i = 0; i < machine->threads.count; i++) {
		const struct machine_thread *parent = machine->threads.items[i];
		if (parent->has_report && WIFSTOPPED(parent->status) && parent->message == (unsigned long)thread->tid)
			return true;
	}
	return false;
}

static bool take_report(struct machine *machine, pid_t tid, struct wait_event *event_ret)
{
	for (size_t i = 0; i < machine->threads.count; i++) {
		size_t index = machine->is_newest_first || machine->is_child_first ? machine->threads.count - 1 - i : i;
		struct machine_thread *thread = machine->threads.items[index];
		if (!thread->has_report || (tid && thread->tid != tid) || must_wait(machine, thread))
			continue;
		thread->has_report = false;
		*event_ret = wait_event_decode(thread->tid, thread->status);
		return true;
	}
	return false;
}

static bool op_wait(struct target *target, pid_t tid, bool is_blocking, struct wait_event *event_ret)
{
	struct machine *machine = machine_of(target);
	for (unsigned round = 0; round < STUCK_ROUNDS; round++) {
		if (take_report(machine, tid, event_ret))
			return true;
		if (round && !is_blocking)
			return false;
		for (size_t i = 0; i < machine->threads.count; i++) {
			struct machine_thread *thread = machine->threads.items[i];
			if (thread->state == MACHINE_RUNNING || thread->state == MACHINE_BLOCKED)
				machine_run_thread(machine, thread, QUANTUM);
		}
	}
	snprintf(machine->what, sizeof(machine->what), "a blocking wait for %d never ends", tid);
	machine->is_stuck = true;
	if (machine->stuck_ret)
		*machine->stuck_ret = true;
	return false;
}

static void let_run(struct machine *machine, struct machine_thread *thread, int signo)
{
	if (thread->state == MACHINE_EXITING) {
		thread->state = MACHINE_DEAD;
		machine_set_report(thread, thread->end_status);
		return;
	}
	thread->state = MACHINE_RUNNING;
	if (thread->has_fault) {
		thread->has_fault = false;
		thread->siginfo = thread->fault;
		machine_set_report(thread, machine_stop(thread->fault.si_signo, 0));
		return;
	}
	if (thread->is_at_entry) {
		machine_do_call(machine, thread);
		machine_leave_call(thread);
		return;
	}
	if (thread->is_leaving && !thread->vfork_child) {
		machine_leave_call(thread);
		return;
	}
	bool was_stop = WIFSTOPPED(thread->status) && thread->status >> 16 == PTRACE_EVENT_STOP;
	if (signo || was_stop)
		machine_restart_call(thread);
	if (signo)
		machine_deliver(machine, thread, signo);
}

static struct error *op_resume(struct target *target, pid_t tid, enum target_resume how, int signo)
{
	struct machine *machine = (struct machine *)target;
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->resumes++;
	thread->delivered = signo;
	thread->how = how;
	if (how == RESUME_LISTEN)
		thread->state = MACHINE_LISTENING;
	else
		let_run(machine, thread, signo);
	return NULL;
}

static struct error *op_interrupt(struct target *target, pid_t tid)
{
	struct machine_thread *thread = machine_thread(machine_of(target), tid);
	if (!thread || thread->state == MACHINE_DEAD || thread->is_free)
		return gone(tid);
	if (thread->state == MACHINE_LISTENING)
		machine_set_report(thread, machine_stop(SIGSTOP, PTRACE_EVENT_STOP));
	else
		thread->is_interrupted = true;
	return NULL;
}

static struct error *op_detach(struct target *target, pid_t tid, int signo)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->is_free = true;
	thread->how = RESUME_CONTINUE;
	thread->delivered = signo;
	thread->state = thread->state == MACHINE_EXITING ? MACHINE_DEAD : MACHINE_LISTENING;   // what it does from now on is nobody's business
	return NULL;
}

static struct error *op_get_registers(struct target *target, pid_t tid, struct user_regs_struct *registers_ret)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	*registers_ret = thread->registers;
	return NULL;
}

static struct error *op_set_registers(struct target *target, pid_t tid, const struct user_regs_struct *registers)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->registers = *registers;
	return NULL;
}

static struct error *op_set_pc(struct target *target, pid_t tid, uint64_t pc)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->registers.rip = pc;
	return NULL;
}

static struct error *op_get_siginfo(struct target *target, pid_t tid, siginfo_t *info_ret)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	*info_ret = thread->siginfo;
	return NULL;
}

static struct error *op_set_siginfo(struct target *target, pid_t tid, const siginfo_t *info)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->siginfo = *info;
	return NULL;
}

// With `is_interrupt_first` an interrupt overtakes the signal that the last instruction raised, as the kernel's get_signal() has it.
static bool op_has_pending_fault(struct target *target, pid_t tid)
{
	const struct machine_thread *thread = stopped_thread(target, tid);
	return thread && thread->has_fault;
}

static struct error *op_get_signal_mask(struct target *target, pid_t tid, uint64_t *mask_ret)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	*mask_ret = thread->mask;
	return NULL;
}

static struct error *op_set_signal_mask(struct target *target, pid_t tid, uint64_t mask)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	thread->mask = mask;
	return NULL;
}

static struct error *op_event_message(struct target *target, pid_t tid, unsigned long *message_ret)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	*message_ret = thread->message;
	return NULL;
}

static struct error *op_syscall_info(struct target *target, pid_t tid, struct target_syscall_info *info_ret)
{
	struct machine_thread *thread = stopped_thread(target, tid);
	if (!thread)
		return gone(tid);
	*info_ret = thread->call;
	return NULL;
}

static struct error *op_signal(struct target *target, pid_t pid, pid_t tid, int signo)
{
	struct machine *machine = machine_of(target);
	struct machine_thread *thread = machine_thread(machine, tid ? tid : pid);
	if (!thread || thread->state == MACHINE_DEAD)
		return gone(pid);
	if (signo == SIGKILL)
		machine_end_process(machine, pid, SIGKILL);
	else
		machine_signal(machine, signo);
	return NULL;
}

static pid_t op_process_of(struct target *target, pid_t tid)
{
	const struct machine_thread *thread = machine_thread(machine_of(target), tid);
	return thread && thread->state != MACHINE_DEAD ? thread->process : 0;
}

static bool op_shares_memory(struct target *target, pid_t pid, pid_t other)
{
	machine_of(target);
	return pid == other;
}

static void op_confine(struct target *target, pid_t tid)
{
	struct machine_thread *thread = machine_thread(machine_of(target), tid);
	if (!thread)
		return;
	thread->confines++;
	thread->is_confined = true;
}

static void op_inherit_cpus(struct target *target, pid_t from, pid_t to)
{
	(void)from;
	(void)to;
	machine_of(target);
}

static void op_release(struct target *target)
{
	vec_each(thread, &machine_of(target)->threads)
		(*thread)->is_confined = false;
}

static bool has_memory(struct access *access)
{
	machine_of(&access->machine->target);
	vec_each(thread, &access->machine->threads)
		if ((*thread)->space == access->process && (*thread)->state != MACHINE_DEAD)
			return true;
	return false;
}

static size_t io_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct access *access = data;
	return has_memory(access) ? machine_move(access->machine, access->process, address, bytes, NULL, size) : 0;
}

static size_t io_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct access *access = data;
	return has_memory(access) ? machine_move(access->machine, access->process, address, NULL, bytes, size) : 0;
}

static struct memory_io op_memory_open(struct target *target, pid_t tid)
{
	struct machine *machine = machine_of(target);
	const struct machine_thread *thread = machine_thread(machine, tid);
	struct access *access = xmalloc(sizeof(*access));
	*access = (struct access){ machine, thread ? thread->space : tid };
	return (struct memory_io){ io_read, io_write, access };
}

static void op_memory_close(struct target *target, struct memory_io io)
{
	(void)target;
	free(io.data);
}

static void op_destroy(struct target *target)
{
	struct machine *machine = (struct machine *)target;
	vec_each(thread, &machine->threads) {
		while ((*thread)->frames)
			machine_leave_handler(*thread);
		free(*thread);
	}
	vec_deinit(&machine->threads);
	vec_each(page, &machine->pages)
		free(page->bytes);
	vec_deinit(&machine->pages);
	vec_deinit(&machine->pending);
	free(machine);
}

const struct target_ops machine_ops = {
	.spawn = op_spawn, .seize = op_seize, .wait = op_wait, .resume = op_resume, .interrupt = op_interrupt, .detach = op_detach,
	.get_registers = op_get_registers, .set_registers = op_set_registers, .set_pc = op_set_pc, .get_siginfo = op_get_siginfo,
	.set_siginfo = op_set_siginfo, .has_pending_fault = op_has_pending_fault, .get_signal_mask = op_get_signal_mask, .set_signal_mask = op_set_signal_mask,
	.event_message = op_event_message, .syscall_info = op_syscall_info, .signal = op_signal, .process_of = op_process_of,
	.shares_memory = op_shares_memory, .confine = op_confine, .release = op_release, .inherit_cpus = op_inherit_cpus, .memory_open = op_memory_open,
	.memory_close = op_memory_close, .destroy = op_destroy,
};

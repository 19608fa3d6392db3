// Signals that come faster than our stops: each is delivered before the program has run an instruction since the last, so it would never
// get further. Then one instruction is run with signals blocked; the one that came is pending meanwhile (ptrace_signal() in
// kernel/signal.c queues it again when it is blocked).
#include <signal.h>

#include "engine/run/step.h"

// Those that an instruction raises: blocked, they would kill.
static const int synchronous[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };

static uint64_t held_mask(uint64_t mask)
{
	uint64_t held = ~(uint64_t)0;
	for (size_t i = 0; i < ARRAY_SIZE(synchronous); i++)
		held &= ~((uint64_t)1 << (synchronous[i] - 1));
	return mask | held;
}

// It stands where it stood at the last signal, in no call.
static bool is_starved(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (!registers)
		return false;
	bool has_not_moved = registers->rip == thread->signal_pc && registers->rsp == thread->signal_sp;
	thread->signal_pc = registers->rip;
	thread->signal_sp = registers->rsp;
	return has_not_moved && (int64_t)registers->orig_rax < 0 && tracer_is_hot(thread->debugger->tracer);
}

// A call may wait for the very signal; pushf would show the trap flag.
static bool can_be_stepped(struct thread *thread)
{
	struct instruction instruction;
	return step_decode(thread, thread_pc(thread), &instruction) && instruction.class != INSTRUCTION_SYSCALL && instruction.class != INSTRUCTION_PUSHF;
}

bool thread_hold_signal(struct thread *thread, int signo)
{
	struct target *target = thread->debugger->target;
	enum { REAL_TIME = 32 };   // from there on they are queued, and their order counts: signal (7)
	if (!is_starved(thread) || signo >= REAL_TIME || !(held_mask(0) & (uint64_t)1 << (signo - 1)) || !can_be_stepped(thread))
		return false;
	struct error *error = target->ops->get_signal_mask(target, thread->tid, &thread->mask);
	if (!error)
		error = target->ops->set_signal_mask(target, thread->tid, held_mask(thread->mask));
	bool is_held = !error;
	error_destroy(error);
	if (!is_held)
		return false;
	thread->held_signal = signo;
	thread->holds_signals = true;
	return true;
}

void thread_release_signals(struct thread *thread)
{
	struct target *target = thread->debugger->target;
	if (!thread->holds_signals)
		return;
	thread->holds_signals = false;
	thread->held_signal = 0;
	error_destroy(target->ops->set_signal_mask(target, thread->tid, thread->mask));   // gone: its death will be reported
}

void thread_deliver_held(struct thread *thread)
{
	thread->signal = thread->held_signal;
	thread_release_signals(thread);
	if (thread->plan && thread->plan->ops->signal)
		thread->plan->ops->signal(thread->plan);
}

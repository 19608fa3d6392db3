// What a fabricated thread runs: instructions, signals, handlers.
#include "tests/unit/run/machine_private.h"

#include <linux/ptrace.h>
#include <sys/wait.h>

#include "base/memory.h"

static struct error *cpu_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct access *access = data;
	bool is_done = machine_move(access->machine, access->process, address, bytes, NULL, size) == size;
	return is_done ? NULL : error_fault(address, "no memory");
}

static struct error *cpu_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct access *access = data;
	bool is_done = machine_move(access->machine, access->process, address, NULL, bytes, size) == size;
	return is_done ? NULL : error_fault(address, "no memory");
}

static bool is_instruction(const struct instruction *instruction, uint8_t second)
{
	return instruction->length == 2 && instruction->bytes[0] == 0x0f && instruction->bytes[1] == second;
}

static void execute_other(struct machine_thread *thread, const struct instruction *instruction)
{
	uint64_t pc = thread->registers.rip;
	if (is_instruction(instruction, 0xa2)) {   // cpuid, of which only that it ran shows
		thread->registers.r15++;
		thread->registers.rip = pc + instruction->length;
	} else {
		machine_raise(thread, SIGILL, ILL_ILLOPN, pc);
	}
}

static void emulate(struct machine *machine, struct machine_thread *thread, const struct instruction *instruction)
{
	struct access access = { machine, thread->space };
	struct instruction_memory memory = { &access, cpu_read, cpu_write };
	bool is_done = false;
	thread->registers.rip = instruction->address;
	struct error *error = instruction_emulate(instruction, &thread->registers, &memory, &is_done);
	if (error)
		machine_raise(thread, SIGSEGV, SEGV_MAPERR, error->address);
	else if (!is_done)
		execute_other(thread, instruction);
	error_destroy(error);
}

static void execute(struct machine *machine, struct machine_thread *thread)
{
	uint8_t bytes[INSTRUCTION_MAX];
	struct instruction instruction;
	uint64_t pc = thread->registers.rip;
	enum target_resume how = thread->how;
	size_t size = machine_move(machine, thread->space, pc, bytes, NULL, sizeof(bytes));
	if (size && bytes[0] == INT3) {
		thread->registers.rip = pc + 1;
		machine_raise(thread, SIGTRAP, SI_KERNEL, 0);
		return;
	}
	struct error *error = instruction_decode(bytes, size, pc, &instruction);
	if (error)
		machine_raise(thread, size ? SIGILL : SIGSEGV, size ? ILL_ILLOPC : SEGV_MAPERR, pc);
	else if (instruction.class == INSTRUCTION_SYSCALL)
		machine_enter_call(machine, thread, pc + instruction.length);
	else
		emulate(machine, thread, &instruction);
	error_destroy(error);
	if (how == RESUME_STEP && thread->state == MACHINE_RUNNING)
		machine_raise(thread, SIGTRAP, !error && instruction.class == INSTRUCTION_SYSCALL ? TRAP_BRKPT : TRAP_TRACE, thread->registers.rip);
}

static bool is_stopping(int signo)
{
	return signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU;
}

static bool has_handler(const struct machine *machine, int signo)
{
	return machine->handled & (uint64_t)1 << (signo - 1);
}

static void stop_group(struct machine *machine, struct machine_thread *thread, int signo)
{
	vec_each(other, &machine->threads)
		if ((*other)->process == thread->process && ((*other)->state == MACHINE_RUNNING || *other == thread))
			machine_set_report(*other, machine_stop(signo, PTRACE_EVENT_STOP));
}

static void enter_handler(struct machine *machine, struct machine_thread *thread)
{
	struct machine_frame *frame = xmalloc(sizeof(*frame));
	*frame = (struct machine_frame){ thread->registers, thread->frames };
	thread->frames = frame;
	uint64_t top = ((thread->registers.rsp - 128) & ~(uint64_t)15) - 8;
	machine_move(machine, thread->space, top, NULL, (const uint8_t *)&machine->restorer, 8);
	thread->registers.rsp = top;
	thread->registers.rip = machine->handler;
	if (thread->how == RESUME_STEP)   // stops at once, with the handler's first instruction to come
		machine_raise(thread, SIGTRAP, TRAP_UNK, 0);
}

void machine_deliver(struct machine *machine, struct machine_thread *thread, int signo)
{
	if (has_handler(machine, signo))
		enter_handler(machine, thread);
	else if (is_stopping(signo))
		stop_group(machine, thread, signo);
	else if (signo != SIGCHLD && signo != SIGCONT && signo != SIGURG && signo != SIGWINCH)
		machine_end_process(machine, thread->process, signo);
}

static bool take_pending(struct machine *machine, struct machine_thread *thread)
{
	if (!machine->pending.count || thread->process != machine->pid || thread->mask == UINT64_MAX)
		return false;
	thread->siginfo = machine->pending.items[0];
	vec_remove(&machine->pending, 0);
	machine_set_report(thread, machine_stop(thread->siginfo.si_signo, 0));
	return true;
}

void machine_restart_call(struct machine_thread *thread)
{
	if ((int64_t)thread->registers.orig_rax >= 0 && (int64_t)thread->registers.rax == -514) {
		thread->registers.rip -= 2;
		thread->registers.rax = thread->registers.orig_rax;
	}
	thread->registers.orig_rax = (unsigned long long)-1;
}

static void end_vfork(struct machine *machine, struct machine_thread *thread)
{
	const struct machine_thread *child = machine_thread(machine, thread->vfork_child);
	if (child->state != MACHINE_DEAD)
		return;
	thread->vfork_child = 0;
	machine_set_report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_VFORK_DONE));
}

// The signal is kept for the next resume.
static void overtake(const struct machine *machine, struct machine_thread *thread)
{
	bool is_fault = thread->has_report && WIFSTOPPED(thread->status) && thread->status >> 16 == 0 && thread->siginfo.si_code > 0;
	if (!machine->is_interrupt_first || !thread->is_interrupted || !is_fault)
		return;
	thread->is_interrupted = false;
	thread->has_fault = true;
	thread->fault = thread->siginfo;
	machine_set_report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
}

// Up to `count` instructions, or until it stops.
void machine_run_thread(struct machine *machine, struct machine_thread *thread, unsigned count)
{
	if (thread->vfork_child) {
		end_vfork(machine, thread);
		return;
	}
	for (unsigned i = 0; i < count && (thread->state == MACHINE_RUNNING || thread->state == MACHINE_BLOCKED); i++) {
		if (take_pending(machine, thread))
			return;
		bool is_due = thread->is_interrupted && i >= machine->interrupt_delay;
		if (is_due || (thread->is_interrupted && thread->state == MACHINE_BLOCKED)) {
			thread->is_interrupted = false;
			machine_set_report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
			return;
		}
		if (thread->state == MACHINE_BLOCKED || machine->is_scripted)
			return;
		execute(machine, thread);
		overtake(machine, thread);
	}
}

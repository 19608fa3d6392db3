#include "tests/unit/run/machine_private.h"

#include <fcntl.h>
#include <linux/ptrace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

int machine_stop(int signo, int event)
{
	return event << 16 | signo << 8 | 0x7f;
}

struct machine_thread *machine_thread(struct machine *machine, pid_t tid)
{
	vec_each(thread, &machine->threads)
		if ((*thread)->tid == tid)
			return *thread;
	return NULL;
}

void machine_set_report(struct machine_thread *thread, int status)
{
	thread->has_report = true;
	thread->status = status;
	if (WIFSTOPPED(status))
		thread->state = status >> 16 == PTRACE_EVENT_EXIT ? MACHINE_EXITING : MACHINE_STOPPED;
	else
		thread->state = MACHINE_DEAD;
}

void machine_report(struct machine *machine, pid_t tid, int status, const siginfo_t *info)
{
	struct machine_thread *thread = machine_thread(machine, tid);
	thread->siginfo = info ? *info : (siginfo_t){ .si_signo = WIFSTOPPED(status) ? WSTOPSIG(status) : 0, .si_code = SI_USER };
	machine_set_report(thread, status);
}

void machine_raise(struct machine_thread *thread, int signo, int code, uint64_t address)
{
	thread->siginfo = (siginfo_t){ .si_signo = signo, .si_code = code };
	thread->siginfo.si_addr = (void *)address;
	machine_set_report(thread, machine_stop(signo, 0));
}

void machine_end_thread(struct machine *machine, struct machine_thread *thread, int status)
{
	if (thread->state == MACHINE_DEAD)
		return;
	bool was_exiting = thread->state == MACHINE_EXITING;
	thread->end_status = status;
	machine_set_report(thread, was_exiting || machine->hides_exit || thread->is_free ? status : machine_stop(SIGTRAP, PTRACE_EVENT_EXIT));
	if (thread->is_free)
		thread->has_report = false;
}

void machine_end_process(struct machine *machine, pid_t process, int status)
{
	vec_each(thread, &machine->threads)
		if ((*thread)->process == process)
			machine_end_thread(machine, *thread, status);
}

struct user_regs_struct machine_first_registers(uint64_t function)
{
	return (struct user_regs_struct){ .rip = MACHINE_ENTRY, .rsp = STACK_TOP - 256, .rcx = 1, .rbx = function, .cs = 0x33, .orig_rax = (unsigned long long)-1 };
}

struct machine_thread *machine_add_thread(struct machine *machine, pid_t process, const struct user_regs_struct *registers)
{
	struct machine_thread *thread = xcalloc(1, sizeof(*thread));
	thread->tid = (1 << 30) + (pid_t)++machine->ids;   // more than any kernel gives
	thread->process = process ? process : thread->tid;
	thread->space = thread->process;
	thread->registers = *registers;
	*vec_push(&machine->threads) = thread;
	return thread;
}

// ---- for tests ----------------------------------------------------------------------------------------------------------

static pid_t standing_by;   // one process for all machines: nothing ever happens to it

static void end_stand_by(void)
{
	kill(standing_by, SIGKILL);
	waitpid(standing_by, NULL, 0);
}

static pid_t stand_by(void)
{
	int pipe_fds[2];
	char byte;
	if (standing_by)
		return standing_by;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		abort();
	standing_by = fork();
	if (!standing_by) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(MACHINE_PROGRAM, MACHINE_PROGRAM, (char *)NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	if (read(pipe_fds[0], &byte, 1) < 0)   // its end: the program is there
		abort();
	close(pipe_fds[0]);
	atexit(end_stand_by);
	return standing_by;
}

struct machine *machine_create(void)
{
	struct machine *machine = xcalloc(1, sizeof(*machine));
	machine->target = (struct target){ &machine_ops, -1 };
	machine->pid = stand_by();
	return machine;
}

void machine_signal(struct machine *machine, int signo)
{
	*vec_push(&machine->pending) = (siginfo_t){ .si_signo = signo, .si_code = SI_USER };
	if (signo != SIGCONT)
		return;
	vec_each(thread, &machine->threads)
		if ((*thread)->state == MACHINE_LISTENING && !(*thread)->is_free)
			machine_set_report(*thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
}

bool machine_is_busy(const struct machine *machine)
{
	for (size_t i = 0; i < machine->threads.count; i++) {
		const struct machine_thread *thread = machine->threads.items[i];
		if (thread->has_report || thread->state == MACHINE_RUNNING || (thread->state == MACHINE_BLOCKED && thread->is_interrupted))
			return true;
	}
	return false;
}

static bool is_ending(const struct machine_thread *thread)
{
	return thread->state == MACHINE_DEAD || thread->state == MACHINE_EXITING;
}

static bool has_life(const struct machine *machine, pid_t process)
{
	for (size_t i = 0; i < machine->threads.count; i++)
		if (machine->threads.items[i]->process == process && !is_ending(machine->threads.items[i]))
			return true;
	return false;
}

const char *machine_traces(struct machine *machine, pid_t process)
{
	const char *traces = NULL;
	if (!has_life(machine, process))
		return NULL;
	vec_each(page, &machine->pages)
		if (!traces && page->process == process)
			traces = machine_page_traces(machine, page);
	vec_each(thread, &machine->threads) {
		if (traces || (*thread)->process != process || is_ending(*thread))
			continue;
		if (!(*thread)->is_free)
			traces = "a thread is still held";
		else if ((*thread)->registers.rip < MACHINE_ENTRY || (*thread)->registers.rip >= MACHINE_END)
			traces = "a pc is where the program has no code";
	}
	return traces;
}

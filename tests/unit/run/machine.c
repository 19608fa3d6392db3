#include "tests/unit/run/machine.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

enum { PAGE = 4096, QUANTUM = 64, STUCK_ROUNDS = 2000, INT3 = 0xcc };
static const uint64_t stack_top = 0x7f0000000000;
enum { STACK_BYTES = 0x40000, MACHINE_ENTRY = 0x401000, MACHINE_END = 0x402000 };

// ---- memory -------------------------------------------------------------------------------------------------------------

static struct machine_page *find_page(struct machine *machine, pid_t process, uint64_t address)
{
	vec_each(page, &machine->pages)
		if (page->process == process && page->address == address)
			return page;
	return NULL;
}

static struct machine_page *add_page(struct machine *machine, pid_t process, uint64_t address)
{
	struct machine_page *page = vec_push(&machine->pages);
	*page = (struct machine_page){ process, address, xcalloc(1, PAGE) };
	return page;
}

static bool read_original(const struct machine *machine, uint64_t address, uint8_t *bytes)
{
	struct iovec to = { bytes, PAGE };
	struct iovec from = { (void *)address, PAGE };
	return process_vm_readv(machine->pid, &to, 1, &from, 1, 0) == PAGE;
}

// Pages of the real process are copied when they are first touched.
static struct machine_page *touch_page(struct machine *machine, pid_t process, uint64_t address)
{
	uint8_t bytes[PAGE];
	struct machine_page *page = find_page(machine, process, address);
	if (page)
		return page;
	bool is_stack = address >= stack_top - STACK_BYTES && address < stack_top;
	if (!is_stack && !read_original(machine, address, bytes))
		return NULL;
	page = add_page(machine, process, address);
	if (!is_stack)
		memcpy(page->bytes, bytes, PAGE);
	return page;
}

static size_t move(struct machine *machine, pid_t process, uint64_t address, uint8_t *out, const uint8_t *in, size_t size)
{
	size_t done = 0;
	while (done < size) {
		uint64_t at = address + done;
		struct machine_page *page = touch_page(machine, process, at & ~(uint64_t)(PAGE - 1));
		size_t part = PAGE - at % PAGE;
		if (!page)
			break;
		if (part > size - done)
			part = size - done;
		if (in)
			memcpy(page->bytes + at % PAGE, in + done, part);
		else
			memcpy(out + done, page->bytes + at % PAGE, part);
		done += part;
	}
	return done;
}

static void drop_pages(struct machine *machine, pid_t process)
{
	for (size_t i = machine->pages.count; i-- > 0;) {
		if (machine->pages.items[i].process != process)
			continue;
		free(machine->pages.items[i].bytes);
		vec_remove(&machine->pages, i);
	}
}

static void copy_pages(struct machine *machine, pid_t from, pid_t to)
{
	size_t count = machine->pages.count;
	for (size_t i = 0; i < count; i++) {
		if (machine->pages.items[i].process != from)
			continue;
		const uint8_t *bytes = machine->pages.items[i].bytes;
		memcpy(add_page(machine, to, machine->pages.items[i].address)->bytes, bytes, PAGE);
	}
}

// ---- stops and ends -----------------------------------------------------------------------------------------------------

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

static void report(struct machine_thread *thread, int status)
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
	report(thread, status);
}

static void report_signal(struct machine_thread *thread, int signo, int code, uint64_t address)
{
	thread->siginfo = (siginfo_t){ .si_signo = signo, .si_code = code };
	thread->siginfo.si_addr = (void *)address;
	report(thread, machine_stop(signo, 0));
}

static void end_thread(struct machine *machine, struct machine_thread *thread, int status)
{
	if (thread->state == MACHINE_DEAD)
		return;
	bool was_exiting = thread->state == MACHINE_EXITING;
	thread->end_status = status;
	report(thread, was_exiting || machine->hides_exit || thread->is_free ? status : machine_stop(SIGTRAP, PTRACE_EVENT_EXIT));
	if (thread->is_free)
		thread->has_report = false;
}

static void end_process(struct machine *machine, pid_t process, int status)
{
	vec_each(thread, &machine->threads)
		if ((*thread)->process == process)
			end_thread(machine, *thread, status);
}

static struct user_regs_struct first_registers(uint64_t function)
{
	return (struct user_regs_struct){ .rip = MACHINE_ENTRY, .rsp = stack_top - 256, .rcx = 1, .rbx = function, .cs = 0x33, .orig_rax = (unsigned long long)-1 };
}

static struct machine_thread *add_thread(struct machine *machine, pid_t process, const struct user_regs_struct *registers)
{
	struct machine_thread *thread = xcalloc(1, sizeof(*thread));
	thread->tid = (1 << 30) + (pid_t)++machine->ids;   // more than any kernel gives
	thread->process = process ? process : thread->tid;
	thread->space = thread->process;
	thread->registers = *registers;
	*vec_push(&machine->threads) = thread;
	return thread;
}

// ---- system calls -------------------------------------------------------------------------------------------------------

static struct machine_thread *make_child(struct machine *machine, struct machine_thread *parent, pid_t process, int event)
{
	struct machine_thread *child = add_thread(machine, process, &parent->registers);
	child->registers.rax = 0;
	parent->registers.rax = (unsigned long long)child->tid;
	parent->message = (unsigned long)child->tid;
	report(child, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
	report(parent, machine_stop(SIGTRAP, event));
	return child;
}

static void call_clone(struct machine *machine, struct machine_thread *thread)
{
	struct machine_thread *child = make_child(machine, thread, thread->process, PTRACE_EVENT_CLONE);
	child->registers.rsp = child->registers.rsi;
	child->registers.rip = child->registers.rdx;
}

static void call_fork(struct machine *machine, struct machine_thread *thread)
{
	struct machine_thread *child = make_child(machine, thread, 0, PTRACE_EVENT_FORK);
	copy_pages(machine, thread->process, child->process);
}

// The child runs in the parent's memory, further down its stack, to its end.
static void call_vfork(struct machine *machine, struct machine_thread *thread)
{
	struct machine_thread *child = make_child(machine, thread, 0, PTRACE_EVENT_VFORK);
	thread->vfork_child = child->tid;
	child->space = thread->space;
	child->registers.rdi = 0;
	child->registers.rax = SYS_exit_group;
	child->registers.rip -= 2;
}

static void call_exec(struct machine *machine, struct machine_thread *thread)
{
	struct machine_thread *leader = machine_thread(machine, thread->process);
	leader->message = (unsigned long)thread->tid;
	vec_each(other, &machine->threads) {
		if ((*other)->process != thread->process || *other == leader)
			continue;
		(*other)->state = MACHINE_DEAD;
		(*other)->has_report = false;
	}
	drop_pages(machine, thread->process);
	leader->registers = first_registers(machine->next_function);
	report(leader, machine_stop(SIGTRAP, PTRACE_EVENT_EXEC));
}

static void call_mmap(struct machine *machine, struct machine_thread *thread)
{
	uint64_t address = thread->registers.rdi;
	if (machine->refuses_memory) {
		thread->registers.rax = (unsigned long long)-12;   // ENOMEM
		return;
	}
	if (!find_page(machine, thread->space, address))
		add_page(machine, thread->space, address);
	thread->registers.rax = address;
}

static void call_munmap(struct machine *machine, struct machine_thread *thread)
{
	struct machine_page *page = find_page(machine, thread->space, thread->registers.rdi);
	if (page) {
		free(page->bytes);
		vec_remove(&machine->pages, (size_t)(page - machine->pages.items));
	}
	thread->registers.rax = 0;
}

static void call_sigreturn(struct machine_thread *thread)
{
	struct machine_frame *frame = thread->frames;
	if (!frame)
		return;
	thread->registers = frame->registers;
	thread->frames = frame->outer;
	free(frame);
}

static void do_call(struct machine *machine, struct machine_thread *thread)
{
	switch (thread->registers.orig_rax) {
	case SYS_clone: call_clone(machine, thread); break;
	case SYS_fork: call_fork(machine, thread); break;
	case SYS_vfork: call_vfork(machine, thread); break;
	case SYS_execve: call_exec(machine, thread); break;
	case SYS_exit: end_thread(machine, thread, (int)(thread->registers.rdi & 0xff) << 8); break;
	case SYS_exit_group: end_process(machine, thread->process, (int)(thread->registers.rdi & 0xff) << 8); break;
	case SYS_mmap: call_mmap(machine, thread); break;
	case SYS_munmap: call_munmap(machine, thread); break;
	case SYS_rt_sigreturn: call_sigreturn(thread); break;
	case SYS_pause:
		thread->registers.rax = (unsigned long long)-514;   // ERESTARTNOHAND
		thread->state = MACHINE_BLOCKED;
		break;
	default: thread->registers.rax = (unsigned long long)thread->process; break;
	}
}

static void describe_call(struct machine_thread *thread, enum target_syscall_op op)
{
	const struct user_regs_struct *registers = &thread->registers;
	thread->call = (struct target_syscall_info){
		.op = op, .arch = AUDIT_ARCH_X86_64, .pc = registers->rip, .sp = registers->rsp, .number = registers->orig_rax,
		.arguments = { registers->rdi, registers->rsi, registers->rdx, registers->r10, registers->r8, registers->r9 },
		.result = (int64_t)registers->rax, .is_error = (int64_t)registers->rax < 0,
	};
}

static void leave_call(struct machine_thread *thread)
{
	thread->is_at_entry = false;
	thread->is_leaving = thread->state == MACHINE_STOPPED;   // in an event of the call: its return is still to come
	if (thread->how == RESUME_SYSCALL && thread->state == MACHINE_RUNNING) {
		describe_call(thread, TARGET_SYSCALL_EXIT);
		report(thread, machine_stop(SIGTRAP | 0x80, 0));
	}
}

static void enter_call(struct machine *machine, struct machine_thread *thread, uint64_t next)
{
	thread->registers.rip = next;
	thread->registers.orig_rax = thread->registers.rax;
	thread->registers.rcx = next;
	thread->registers.r11 = thread->registers.eflags;
	thread->registers.rax = (unsigned long long)-38;
	if (thread->how == RESUME_SYSCALL) {
		thread->is_at_entry = true;
		describe_call(thread, TARGET_SYSCALL_ENTRY);
		report(thread, machine_stop(SIGTRAP | 0x80, 0));
		return;
	}
	do_call(machine, thread);
	leave_call(thread);
}

// ---- the processor ------------------------------------------------------------------------------------------------------

struct access {
	struct machine *machine;
	pid_t process;
};

static struct error *cpu_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct access *access = data;
	bool is_done = move(access->machine, access->process, address, bytes, NULL, size) == size;
	return is_done ? NULL : error_fault(address, "no memory");
}

static struct error *cpu_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct access *access = data;
	bool is_done = move(access->machine, access->process, address, NULL, bytes, size) == size;
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
		report_signal(thread, SIGILL, ILL_ILLOPN, pc);
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
		report_signal(thread, SIGSEGV, SEGV_MAPERR, error->address);
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
	size_t size = move(machine, thread->space, pc, bytes, NULL, sizeof(bytes));
	if (size && bytes[0] == INT3) {
		thread->registers.rip = pc + 1;
		report_signal(thread, SIGTRAP, SI_KERNEL, 0);
		return;
	}
	struct error *error = instruction_decode(bytes, size, pc, &instruction);
	if (error)
		report_signal(thread, size ? SIGILL : SIGSEGV, size ? ILL_ILLOPC : SEGV_MAPERR, pc);
	else if (instruction.class == INSTRUCTION_SYSCALL)
		enter_call(machine, thread, pc + instruction.length);
	else
		emulate(machine, thread, &instruction);
	error_destroy(error);
	if (how == RESUME_STEP && thread->state == MACHINE_RUNNING)
		report_signal(thread, SIGTRAP, !error && instruction.class == INSTRUCTION_SYSCALL ? TRAP_BRKPT : TRAP_TRACE, thread->registers.rip);
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
			report(*other, machine_stop(signo, PTRACE_EVENT_STOP));
}

static void enter_handler(struct machine *machine, struct machine_thread *thread)
{
	struct machine_frame *frame = xmalloc(sizeof(*frame));
	*frame = (struct machine_frame){ thread->registers, thread->frames };
	thread->frames = frame;
	uint64_t top = ((thread->registers.rsp - 128) & ~(uint64_t)15) - 8;
	move(machine, thread->space, top, NULL, (const uint8_t *)&machine->restorer, 8);
	thread->registers.rsp = top;
	thread->registers.rip = machine->handler;
	if (thread->how == RESUME_STEP)   // stops at once, with the handler's first instruction to come
		report_signal(thread, SIGTRAP, TRAP_UNK, 0);
}

static void deliver(struct machine *machine, struct machine_thread *thread, int signo)
{
	if (has_handler(machine, signo))
		enter_handler(machine, thread);
	else if (is_stopping(signo))
		stop_group(machine, thread, signo);
	else if (signo != SIGCHLD && signo != SIGCONT && signo != SIGURG && signo != SIGWINCH)
		end_process(machine, thread->process, signo);
}

static bool take_pending(struct machine *machine, struct machine_thread *thread)
{
	if (!machine->pending.count || thread->process != machine->pid || thread->mask == UINT64_MAX)
		return false;
	thread->siginfo = machine->pending.items[0];
	vec_remove(&machine->pending, 0);
	report(thread, machine_stop(thread->siginfo.si_signo, 0));
	return true;
}

static void restart_call(struct machine_thread *thread)
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
	report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_VFORK_DONE));
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
	report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
}

// Up to `count` instructions, or until it stops.
static void run_thread(struct machine *machine, struct machine_thread *thread, unsigned count)
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
			report(thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
			return;
		}
		if (thread->state == MACHINE_BLOCKED || machine->is_scripted)
			return;
		execute(machine, thread);
		overtake(machine, thread);
	}
}

// ---- the operations -----------------------------------------------------------------------------------------------------

static struct machine *machine_of(struct target *target)
{
	struct machine *machine = (struct machine *)target;
	if (++machine->calls == machine->dies_at)
		end_process(machine, machine->pid, SIGKILL);
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
	struct user_regs_struct registers = first_registers(0);
	struct machine_thread *thread = add_thread(machine, machine->pid, &registers);
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
				run_thread(machine, thread, QUANTUM);
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
		report(thread, thread->end_status);
		return;
	}
	thread->state = MACHINE_RUNNING;
	if (thread->has_fault) {
		thread->has_fault = false;
		thread->siginfo = thread->fault;
		report(thread, machine_stop(thread->fault.si_signo, 0));
		return;
	}
	if (thread->is_at_entry) {
		do_call(machine, thread);
		leave_call(thread);
		return;
	}
	if (thread->is_leaving && !thread->vfork_child) {
		leave_call(thread);
		return;
	}
	bool was_stop = WIFSTOPPED(thread->status) && thread->status >> 16 == PTRACE_EVENT_STOP;
	if (signo || was_stop)
		restart_call(thread);
	if (signo)
		deliver(machine, thread, signo);
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
		report(thread, machine_stop(SIGSTOP, PTRACE_EVENT_STOP));
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
		end_process(machine, pid, SIGKILL);
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
	(void)tid;
	machine_of(target);
}

static void op_inherit_cpus(struct target *target, pid_t from, pid_t to)
{
	(void)from;
	(void)to;
	machine_of(target);
}

static void op_release(struct target *target)
{
	machine_of(target);
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
	return has_memory(access) ? move(access->machine, access->process, address, bytes, NULL, size) : 0;
}

static size_t io_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct access *access = data;
	return has_memory(access) ? move(access->machine, access->process, address, NULL, bytes, size) : 0;
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
			call_sigreturn(*thread);
		free(*thread);
	}
	vec_deinit(&machine->threads);
	vec_each(page, &machine->pages)
		free(page->bytes);
	vec_deinit(&machine->pages);
	vec_deinit(&machine->pending);
	free(machine);
}

static const struct target_ops machine_ops = {
	.spawn = op_spawn, .seize = op_seize, .wait = op_wait, .resume = op_resume, .interrupt = op_interrupt, .detach = op_detach,
	.get_registers = op_get_registers, .set_registers = op_set_registers, .set_pc = op_set_pc, .get_siginfo = op_get_siginfo,
	.set_siginfo = op_set_siginfo, .has_pending_fault = op_has_pending_fault, .get_signal_mask = op_get_signal_mask, .set_signal_mask = op_set_signal_mask,
	.event_message = op_event_message, .syscall_info = op_syscall_info, .signal = op_signal, .process_of = op_process_of,
	.shares_memory = op_shares_memory, .confine = op_confine, .release = op_release, .inherit_cpus = op_inherit_cpus, .memory_open = op_memory_open,
	.memory_close = op_memory_close, .destroy = op_destroy,
};

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
			report(*thread, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
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

static const char *page_traces(struct machine *machine, const struct machine_page *page)
{
	uint8_t original[PAGE];
	bool is_stack = page->address >= stack_top - STACK_BYTES && page->address < stack_top;
	if (is_stack)
		return NULL;
	if (!read_original(machine, page->address, original))
		return "a page of the debugger is left";
	return memcmp(original, page->bytes, PAGE) == 0 ? NULL : "bytes are patched";
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
			traces = page_traces(machine, page);
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

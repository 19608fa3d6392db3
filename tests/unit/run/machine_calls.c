// System calls of the fabricated threads.
#include "tests/unit/run/machine_private.h"

#include <linux/audit.h>
#include <linux/ptrace.h>
#include <stdlib.h>
#include <sys/syscall.h>

static struct machine_thread *make_child(struct machine *machine, struct machine_thread *parent, pid_t process, int event)
{
	struct machine_thread *child = machine_add_thread(machine, process, &parent->registers);
	child->registers.rax = 0;
	parent->registers.rax = (unsigned long long)child->tid;
	parent->message = (unsigned long)child->tid;
	machine_set_report(child, machine_stop(SIGTRAP, PTRACE_EVENT_STOP));
	machine_set_report(parent, machine_stop(SIGTRAP, event));
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
	machine_copy_pages(machine, thread->process, child->process);
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
	machine_drop_pages(machine, thread->process);
	leader->registers = machine_first_registers(machine->next_function);
	machine_set_report(leader, machine_stop(SIGTRAP, PTRACE_EVENT_EXEC));
}

static void call_mmap(struct machine *machine, struct machine_thread *thread)
{
	uint64_t address = thread->registers.rdi;
	if (machine->refuses_memory) {
		thread->registers.rax = (unsigned long long)-12;   // ENOMEM
		return;
	}
	if (!machine_find_page(machine, thread->space, address))
		machine_add_page(machine, thread->space, address);
	thread->registers.rax = address;
}

static void call_munmap(struct machine *machine, struct machine_thread *thread)
{
	struct machine_page *page = machine_find_page(machine, thread->space, thread->registers.rdi);
	if (page) {
		free(page->bytes);
		vec_remove(&machine->pages, (size_t)(page - machine->pages.items));
	}
	thread->registers.rax = 0;
}

void machine_leave_handler(struct machine_thread *thread)
{
	struct machine_frame *frame = thread->frames;
	if (!frame)
		return;
	thread->registers = frame->registers;
	thread->frames = frame->outer;
	free(frame);
}

void machine_do_call(struct machine *machine, struct machine_thread *thread)
{
	switch (thread->registers.orig_rax) {
	case SYS_clone: call_clone(machine, thread); break;
	case SYS_fork: call_fork(machine, thread); break;
	case SYS_vfork: call_vfork(machine, thread); break;
	case SYS_execve: call_exec(machine, thread); break;
	case SYS_exit: machine_end_thread(machine, thread, (int)(thread->registers.rdi & 0xff) << 8); break;
	case SYS_exit_group: machine_end_process(machine, thread->process, (int)(thread->registers.rdi & 0xff) << 8); break;
	case SYS_mmap: call_mmap(machine, thread); break;
	case SYS_munmap: call_munmap(machine, thread); break;
	case SYS_rt_sigreturn: machine_leave_handler(thread); break;
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

void machine_leave_call(struct machine_thread *thread)
{
	thread->is_at_entry = false;
	thread->is_leaving = thread->state == MACHINE_STOPPED;   // in an event of the call: its return is still to come
	if (thread->how == RESUME_SYSCALL && thread->state == MACHINE_RUNNING) {
		describe_call(thread, TARGET_SYSCALL_EXIT);
		machine_set_report(thread, machine_stop(SIGTRAP | 0x80, 0));
	}
}

void machine_enter_call(struct machine *machine, struct machine_thread *thread, uint64_t next)
{
	thread->registers.rip = next;
	thread->registers.orig_rax = thread->registers.rax;
	thread->registers.rcx = next;
	thread->registers.r11 = thread->registers.eflags;
	thread->registers.rax = (unsigned long long)-38;
	if (thread->how == RESUME_SYSCALL) {
		thread->is_at_entry = true;
		describe_call(thread, TARGET_SYSCALL_ENTRY);
		machine_set_report(thread, machine_stop(SIGTRAP | 0x80, 0));
		return;
	}
	machine_do_call(machine, thread);
	machine_leave_call(thread);
}

void machine_call(struct machine *machine, pid_t tid, uint64_t number)
{
	struct machine_thread *thread = machine_thread(machine, tid);
	thread->registers.orig_rax = number;
	machine_do_call(machine, thread);
}

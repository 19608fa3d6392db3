// Starting a debuggee. The child shares our memory (CLONE_VM, without CLONE_VFORK), so that the cost does not grow with us; it waits on
// a futex until it is seized, then becomes the program. It must not touch what glibc shares with us (errno, stdio, malloc): raw
// system calls alone.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/target/linux/private.h"

enum spawn_stage { STAGE_SESSION, STAGE_STDIO, STAGE_CWD, STAGE_EXEC };

struct child {
	const struct target_spawn *spawn;
	uint64_t outer_mask;
	int is_released;             // futex: 1 once we traced it
	volatile int failed_stage;   // valid if failed_errno != 0
	volatile int failed_errno;
};

// A system call that does not touch errno, which the child would share with us.
static long raw_syscall(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}

// What the kernel takes as struct sigaction.
struct kernel_sigaction {
	unsigned long handler;
	unsigned long flags;
	unsigned long restorer;
	unsigned long mask;
};

__attribute__((noreturn, no_sanitize("address", "undefined"))) static void child_fail(struct child *child, enum spawn_stage stage, long result)
{
	child->failed_stage = (int)stage;
	child->failed_errno = (int)-result;
	for (;;)
		raw_syscall(SYS_exit_group, 127, 0, 0, 0);
}

// No trace of the adapter may be left: no ignored signals, no blocked ones.
__attribute__((no_sanitize("address", "undefined"))) static void child_reset_signals(struct child *child)
{
	struct kernel_sigaction by_default = { 0 };
	for (long signo = 1; signo <= 64; signo++)
		raw_syscall(SYS_rt_sigaction, signo, (long)&by_default, 0, 8);
	raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&child->outer_mask, 0, 8);
}

__attribute__((no_sanitize("address", "undefined"))) static void child_set_stdio(struct child *child)
{
	const struct target_spawn *spawn = child->spawn;
	for (int fd = 0; fd < 3; fd++) {
		if (spawn->stdio[fd] < 0)
			continue;
		long result = spawn->stdio[fd] == fd ? raw_syscall(SYS_fcntl, fd, F_SETFD, 0, 0)
						     : raw_syscall(SYS_dup2, spawn->stdio[fd], fd, 0, 0);
		if (result < 0)
			child_fail(child, STAGE_STDIO, result);
	}
}

__attribute__((no_sanitize("address", "undefined"))) static int child_main(void *data)
{
	struct child *child = data;
	const struct target_spawn *spawn = child->spawn;
	while (!__atomic_load_n(&child->is_released, __ATOMIC_ACQUIRE))
		raw_syscall(SYS_futex, (long)&child->is_released, FUTEX_WAIT, 0, 0);
	child_reset_signals(child);
	if (spawn->terminal >= 0) {
		raw_syscall(SYS_setsid, 0, 0, 0, 0);
		long result = raw_syscall(SYS_ioctl, spawn->terminal, TIOCSCTTY, 0, 0);
		if (result < 0)
			child_fail(child, STAGE_SESSION, result);
	}
	child_set_stdio(child);
	if (spawn->disable_aslr)   // may be forbidden in a container: then the addresses vary, no more
		raw_syscall(SYS_personality, ADDR_NO_RANDOMIZE, 0, 0, 0);
	long result = spawn->cwd ? raw_syscall(SYS_chdir, (long)spawn->cwd, 0, 0, 0) : 0;
	if (result < 0)
		child_fail(child, STAGE_CWD, result);
	result = raw_syscall(SYS_execve, (long)spawn->program, (long)spawn->argv, (long)spawn->envp, 0);
	child_fail(child, STAGE_EXEC, result);
}

enum { CHILD_STACK_SIZE = 64 * 1024 };

static long trace_options(bool kill_on_exit)
{
	return PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
	       PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | (kill_on_exit ? PTRACE_O_EXITKILL : 0);
}

struct error *linux_seize(struct target *target, pid_t tid, bool kill_on_exit)
{
	(void)target;
	if (ptrace((enum __ptrace_request)PTRACE_SEIZE, tid, NULL, (void *)trace_options(kill_on_exit)) == 0)
		return NULL;
	int reason = errno;
	pid_t tracer = linux_tracer_of(tid);
	if (reason == EPERM && linux_has_exited(tid))
		return error_create(ERROR_GONE, "thread %d has ended", tid);
	if (reason == EPERM && tracer > 0)
		return error_create(ERROR_PERMISSION, "process %d is already traced by process %d (a debugger or strace); end that one first", tid, tracer);
	errno = reason;
	return linux_error(tid, "seizing");
}

struct error *linux_watch_filters(struct target *target, pid_t tid)
{
	(void)target;
	void *options = (void *)(trace_options(true) | PTRACE_O_TRACESECCOMP);
	return ptrace(PTRACE_SETOPTIONS, tid, NULL, options) < 0 ? linux_error(tid, "watching the filters of") : NULL;
}

static struct error *spawn_error(const struct child *child)
{
	const struct target_spawn *spawn = child->spawn;
	switch ((enum spawn_stage)child->failed_stage) {
	case STAGE_SESSION: return error_system(child->failed_errno, "giving the program a terminal");
	case STAGE_STDIO: return error_system(child->failed_errno, "redirecting the program's input and output");
	case STAGE_CWD: return error_system(child->failed_errno, "changing to the working directory %s", spawn->cwd);
	case STAGE_EXEC: break;
	}
	return error_system(child->failed_errno, "starting %s", spawn->program);
}

// Lets the child go on and waits until it left our memory: its exec-stop or its death. (An untraced child gives no such sign: it
// runs under CLONE_VFORK, which makes clone (2) itself wait.)
static struct error *release_traced(struct target *target, struct child *child, pid_t pid)
{
	__atomic_store_n(&child->is_released, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &child->is_released, FUTEX_WAKE, 1, NULL, NULL, 0);
	for (;;) {
		struct wait_event event;
		if (!target->ops->wait(target, pid, true, &event))
			return error_system(errno, "waiting for process %d", pid);
		if (event.kind == WAIT_EXEC)
			return NULL;
		if (event.kind == WAIT_EXITED || event.kind == WAIT_KILLED)
			return child->failed_errno ? spawn_error(child) : error_create(ERROR_GONE, "the program was killed while it started");
		int signo = event.kind == WAIT_SIGNAL ? event.value : 0;
		error_destroy(target->ops->resume(target, pid, RESUME_CONTINUE, signo));
	}
}

struct error *linux_spawn(struct target *target, const struct target_spawn *spawn, pid_t *pid_ret)
{
	struct target_linux *backend = (struct target_linux *)target;
	struct child child = { .spawn = spawn, .is_released = !spawn->is_traced };
	memcpy(&child.outer_mask, &backend->outer_mask, sizeof(child.outer_mask));
	void *stack = mmap(NULL, CHILD_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return error_system(errno, "allocating the stack of a child");
	int flags = CLONE_VM | SIGCHLD | (spawn->is_traced ? 0 : CLONE_VFORK);
	pid_t pid = clone(child_main, (char *)stack + CHILD_STACK_SIZE, flags, &child);
	struct error *error = pid < 0 ? error_system(errno, "creating a process") : NULL;
	if (!error && spawn->is_traced) {
		error = linux_seize(target, pid, spawn->kill_on_exit);
		if (error) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, __WALL);
			error = error_wrap(error, "tracing the program");
		} else {
			error = release_traced(target, &child, pid);
		}
	} else if (!error && child.failed_errno) {
		waitpid(pid, NULL, __WALL);
		error = spawn_error(&child);
	}
	munmap(stack, CHILD_STACK_SIZE);
	if (!error)
		*pid_ret = pid;
	return error;
}

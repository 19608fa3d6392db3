#include "engine/target/linux/linux.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/kcmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"
#include "engine/target/linux/private.h"

struct error *linux_error(pid_t tid, const char *doing)
{
	return error_system(errno, "%s thread %d", doing, tid);
}

static long request(int number, pid_t tid, void *address, void *data)
{
	return ptrace((enum __ptrace_request)number, tid, address, data);
}

static struct error *check(long result, pid_t tid, const char *doing)
{
	return result < 0 ? linux_error(tid, doing) : NULL;
}

static bool linux_wait(struct target *target, pid_t tid, bool is_blocking, struct wait_event *event_ret)
{
	struct target_linux *backend = (struct target_linux *)target;
	struct signalfd_siginfo ignored[8];
	// Emptied before the wait: a SIGCHLD that comes later makes the fd readable again.
	while (!is_blocking && read(backend->target.event_fd, ignored, sizeof(ignored)) == (ssize_t)sizeof(ignored))
		;
	int status;
	pid_t reported;
	do {
		reported = waitpid(tid ? tid : -1, &status, __WALL | (is_blocking ? 0 : WNOHANG));
	} while (reported < 0 && errno == EINTR && (tid || !backend->is_in_slice));
	if (reported <= 0)
		return false;
	*event_ret = wait_event_decode(reported, status);
	return true;
}

static struct error *linux_resume(struct target *target, pid_t tid, enum target_resume how, int signo)
{
	(void)target;
	static const int requests[] = {
		[RESUME_CONTINUE] = PTRACE_CONT,
		[RESUME_STEP] = PTRACE_SINGLESTEP,
		[RESUME_SYSCALL] = PTRACE_SYSCALL,
		[RESUME_LISTEN] = PTRACE_LISTEN,
	};
	return check(request(requests[how], tid, NULL, (void *)(uintptr_t)signo), tid, "resuming");
}

static struct error *linux_interrupt(struct target *target, pid_t tid)
{
	(void)target;
	return check(request(PTRACE_INTERRUPT, tid, NULL, NULL), tid, "interrupting");
}

static struct error *linux_detach(struct target *target, pid_t tid, int signo)
{
	(void)target;
	return check(request(PTRACE_DETACH, tid, NULL, (void *)(uintptr_t)signo), tid, "detaching from");
}

static struct error *linux_get_registers(struct target *target, pid_t tid, struct user_regs_struct *registers_ret)
{
	(void)target;
	struct user_regs_struct registers;
	if (request(PTRACE_GETREGS, tid, NULL, &registers) < 0)
		return linux_error(tid, "reading the registers of");
	*registers_ret = registers;
	return NULL;
}

static struct error *linux_set_registers(struct target *target, pid_t tid, const struct user_regs_struct *registers)
{
	(void)target;
	return check(request(PTRACE_SETREGS, tid, NULL, (void *)registers), tid, "writing the registers of");
}

static struct error *linux_set_pc(struct target *target, pid_t tid, uint64_t pc)
{
	(void)target;
	void *offset = (void *)offsetof(struct user_regs_struct, rip);
	return check(request(PTRACE_POKEUSER, tid, offset, (void *)pc), tid, "setting the program counter of");
}

// Enough for AMX (11,008 bytes); the kernel says how much it filled.
enum { XSTATE_MAX = 16 * 1024 };

static struct error *linux_get_xstate(struct target *target, pid_t tid, uint8_t **bytes, size_t *size)
{
	(void)target;
	if (!*bytes)
		*bytes = xcalloc(1, XSTATE_MAX);
	struct iovec area = { *bytes, XSTATE_MAX };
	if (request(PTRACE_GETREGSET, tid, (void *)NT_X86_XSTATE, &area) < 0)
		return linux_error(tid, "reading the vector registers of");
	*size = area.iov_len;
	return NULL;
}

static struct error *linux_set_xstate(struct target *target, pid_t tid, const uint8_t *bytes, size_t size)
{
	(void)target;
	struct iovec area = { (void *)bytes, size };
	return check(request(PTRACE_SETREGSET, tid, (void *)NT_X86_XSTATE, &area), tid, "writing the vector registers of");
}

static void *debug_offset(unsigned index)
{
	return (void *)(offsetof(struct user, u_debugreg) + index * sizeof(((struct user *)NULL)->u_debugreg[0]));
}

static struct error *linux_get_debug(struct target *target, pid_t tid, uint64_t registers_ret[8])
{
	(void)target;
	for (unsigned i = 0; i < 8; i++) {
		if (i == 4 || i == 5) {   // aliases of dr6 and dr7 that ptrace does not offer
			registers_ret[i] = 0;
			continue;
		}
		errno = 0;
		registers_ret[i] = (uint64_t)request(PTRACE_PEEKUSER, tid, debug_offset(i), NULL);
		if (errno)
			return linux_error(tid, "reading the debug registers of");
	}
	return NULL;
}

static struct error *linux_set_debug(struct target *target, pid_t tid, unsigned index, uint64_t value)
{
	(void)target;
	return check(request(PTRACE_POKEUSER, tid, debug_offset(index), (void *)value), tid, "writing a debug register of");
}

static struct error *linux_get_siginfo(struct target *target, pid_t tid, siginfo_t *info_ret)
{
	(void)target;
	return check(request(PTRACE_GETSIGINFO, tid, NULL, info_ret), tid, "reading the signal of");
}

static struct error *linux_set_siginfo(struct target *target, pid_t tid, const siginfo_t *info)
{
	(void)target;
	return check(request(PTRACE_SETSIGINFO, tid, NULL, (void *)info), tid, "changing the signal of");
}

// As get_signal() of the kernel picks the signals that it delivers first: dequeue_synchronous_signal() in kernel/signal.c.
static bool is_fault(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGTRAP:
	case SIGFPE:
	case SIGSYS: return info->si_code > SI_USER;
	default: return false;
	}
}

static bool linux_has_pending_fault(struct target *target, pid_t tid)
{
	(void)target;
	siginfo_t infos[8];
	struct __ptrace_peeksiginfo_args range = { .nr = ARRAY_SIZE(infos) };
	for (long count; (count = request(PTRACE_PEEKSIGINFO, tid, &range, infos)) > 0; range.off += (uint64_t)count)
		for (long i = 0; i < count; i++)
			if (is_fault(&infos[i]))
				return true;
	return false;
}

static struct error *linux_get_signal_mask(struct target *target, pid_t tid, uint64_t *mask_ret)
{
	(void)target;
	return check(request(PTRACE_GETSIGMASK, tid, (void *)sizeof(*mask_ret), mask_ret), tid, "reading the signal mask of");
}

static struct error *linux_set_signal_mask(struct target *target, pid_t tid, uint64_t mask)
{
	(void)target;
	return check(request(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask), tid, "writing the signal mask of");
}

static struct error *linux_event_message(struct target *target, pid_t tid, unsigned long *message_ret)
{
	(void)target;
	return check(request(PTRACE_GETEVENTMSG, tid, NULL, message_ret), tid, "reading the event of");
}

static struct error *linux_syscall_info(struct target *target, pid_t tid, struct target_syscall_info *info_ret)
{
	(void)target;
	struct __ptrace_syscall_info raw = { 0 };
	if (request(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(raw), &raw) < 0)
		return linux_error(tid, "reading the syscall of");
	struct target_syscall_info info = {
		.op = (enum target_syscall_op)raw.op,
		.arch = raw.arch,
		.pc = raw.instruction_pointer,
		.sp = raw.stack_pointer,
	};
	switch (raw.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
		info.number = raw.entry.nr;
		memcpy(info.arguments, raw.entry.args, sizeof(info.arguments));
		break;
	case PTRACE_SYSCALL_INFO_SECCOMP:
		info.number = raw.seccomp.nr;
		memcpy(info.arguments, raw.seccomp.args, sizeof(info.arguments));
		info.filter_data = raw.seccomp.ret_data;
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		info.result = raw.exit.rval;
		info.is_error = raw.exit.is_error;
		break;
	default:
		break;
	}
	*info_ret = info;
	return NULL;
}

static struct error *linux_signal(struct target *target, pid_t pid, pid_t tid, int signo)
{
	(void)target;
	long result = tid ? syscall(SYS_tgkill, pid, tid, signo) : kill(pid, signo);
	return result < 0 ? error_system(errno, "sending signal %d to process %d", signo, pid) : NULL;
}

// ---- facts from /proc -------------------------------------------------------------------------------------------------

static pid_t status_field(pid_t tid, const char *field)
{
	char path[64];
	char text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	const char *line = strstr(text, field);
	return line ? (pid_t)atoi(line + strlen(field)) : 0;
}

bool linux_has_exited(pid_t tid)
{
	char path[64];
	char text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	const char *state = strstr(text, "\nState:\t");
	return !state || state[8] == 'Z' || state[8] == 'X';
}

pid_t linux_tracer_of(pid_t tid)
{
	return status_field(tid, "\nTracerPid:");
}

static pid_t linux_process_of(struct target *target, pid_t tid)
{
	(void)target;
	return status_field(tid, "\nTgid:");
}

static bool linux_shares_memory(struct target *target, pid_t pid, pid_t other)
{
	(void)target;
	return syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0) == 0;
}

// proc (5): /proc/PID/task/TID/children.
static size_t linux_children_of(struct target *target, pid_t tid, pid_t **children_ret)
{
	char path[64];
	VEC(pid_t) children = VEC_INIT;
	int child;
	(void)target;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tid, tid);
	FILE *file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		if (linux_tracer_of(child) == gettid())
			*vec_push(&children) = child;
	if (file)
		fclose(file);
	*children_ret = children.items;
	return children.count;
}

// ---- memory ----------------------------------------------------------------------------------------------------------

struct process_memory {
	pid_t pid;
	int fd;      // /proc/PID/mem: also writes to read-only text (FOLL_FORCE)
};

// Beyond this size process_vm_readv copies faster than pread on /proc/PID/mem.
enum { PREAD_MAX = 16 * 1024 };

static size_t process_memory_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct process_memory *memory = data;
	size_t done = 0;
	if (size > PREAD_MAX) {
		struct iovec local = { bytes, size };
		struct iovec remote = { (void *)address, size };
		ssize_t moved = process_vm_readv(memory->pid, &local, 1, &remote, 1, 0);
		if (moved > 0)
			done = (size_t)moved;
	}
	// Also what process_vm_readv refuses: PROT_NONE pages.
	while (done < size) {
		ssize_t moved = pread(memory->fd, (char *)bytes + done, size - done, (off_t)(address + done));
		if (moved <= 0)
			break;
		done += (size_t)moved;
	}
	return done;
}

static size_t process_memory_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct process_memory *memory = data;
	size_t done = 0;
	while (done < size) {
		ssize_t moved = pwrite(memory->fd, (const char *)bytes + done, size - done, (off_t)(address + done));
		if (moved <= 0)
			break;
		done += (size_t)moved;
	}
	return done;
}

static struct memory_io linux_memory_open(struct target *target, pid_t pid)
{
	(void)target;
	struct process_memory *memory = xcalloc(1, sizeof(*memory));
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	memory->pid = pid;
	memory->fd = open(path, O_RDWR | O_CLOEXEC);
	return (struct memory_io){ process_memory_read, process_memory_write, memory };
}

static void linux_memory_close(struct target *target, struct memory_io io)
{
	(void)target;
	struct process_memory *memory = io.data;
	if (!memory)
		return;
	if (memory->fd >= 0)
		close(memory->fd);
	free(memory);
}

// ---- life cycle ------------------------------------------------------------------------------------------------------

static void linux_destroy(struct target *target)
{
	struct target_linux *backend = (struct target_linux *)target;
	linux_release(target);
	linux_destroy_slice(backend);
	vec_deinit(&backend->confined);
	close(target->event_fd);
	sigprocmask(SIG_SETMASK, &backend->outer_mask, NULL);
	free(backend);
}

static const struct target_ops linux_ops = {
	.spawn = linux_spawn,
	.seize = linux_seize,
	.wait = linux_wait,
	.resume = linux_resume,
	.interrupt = linux_interrupt,
	.detach = linux_detach,
	.get_registers = linux_get_registers,
	.set_registers = linux_set_registers,
	.set_pc = linux_set_pc,
	.get_xstate = linux_get_xstate,
	.set_xstate = linux_set_xstate,
	.get_debug = linux_get_debug,
	.set_debug = linux_set_debug,
	.get_siginfo = linux_get_siginfo,
	.set_siginfo = linux_set_siginfo,
	.has_pending_fault = linux_has_pending_fault,
	.get_signal_mask = linux_get_signal_mask,
	.set_signal_mask = linux_set_signal_mask,
	.event_message = linux_event_message,
	.watch_filters = linux_watch_filters,
	.syscall_info = linux_syscall_info,
	.signal = linux_signal,
	.process_of = linux_process_of,
	.shares_memory = linux_shares_memory,
	.children_of = linux_children_of,
	.confine = linux_confine,
	.release = linux_release,
	.inherit_cpus = linux_inherit_cpus,
	.begin_slice = linux_begin_slice,
	.end_slice = linux_end_slice,
	.memory_open = linux_memory_open,
	.memory_close = linux_memory_close,
	.destroy = linux_destroy,
};

struct error *target_linux_create(struct target **target_ret)
{
	struct target_linux *backend = xcalloc(1, sizeof(*backend));
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &backend->outer_mask);
	backend->target.ops = &linux_ops;
	backend->target.event_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (backend->target.event_fd < 0) {
		int reason = errno;
		free(backend);
		return error_system(reason, "opening a signalfd");
	}
	*target_ret = &backend->target;
	return NULL;
}

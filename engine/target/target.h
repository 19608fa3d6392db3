// What the debugger can do to a debuggee: operations that target/linux implements through ptrace and tests fabricate.
//
// All calls come from the thread that spawned or seized. Any of them may return ERROR_GONE although the thread was stopped a moment
// ago (SIGKILL): its death is then reported by target_wait() in its own time, and the caller just goes on.
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/error.h"
#include "engine/target/memory.h"

// How a stopped thread goes on; see ptrace (2).
enum target_resume {
	RESUME_CONTINUE,
	RESUME_STEP,       // one instruction
	RESUME_SYSCALL,    // also stops at syscall boundaries
	RESUME_LISTEN,     // stays in its group-stop, but may be interrupted and woken by SIGCONT
};

// What a wait status means: pure decoding of waitpid's status, without looking at siginfo.
enum wait_kind {
	WAIT_EXITED,        // `value`: exit code
	WAIT_KILLED,        // `value`: signal
	WAIT_SIGNAL,        // signal-delivery-stop; `value`: signal (also our own SIGTRAPs)
	WAIT_SYSCALL,       // syscall-stop (PTRACE_O_TRACESYSGOOD)
	WAIT_INTERRUPTED,   // PTRACE_EVENT_STOP: interrupt, or the first stop of a new thread
	WAIT_GROUP_STOP,    // `value`: the stopping signal
	WAIT_CLONE, WAIT_FORK, WAIT_VFORK,   // `value` is fetched with target_event_message(): the new tid
	WAIT_VFORK_DONE,
	WAIT_EXEC,          // event message: the former tid
	WAIT_SECCOMP,
	WAIT_EXITING,       // PTRACE_EVENT_EXIT: still has registers, will not run user code any more
	WAIT_OTHER,
};

struct wait_event {
	pid_t tid;
	enum wait_kind kind;
	int value;
	int status;          // raw
};

struct wait_event wait_event_decode(pid_t tid, int status);

// PTRACE_GET_SYSCALL_INFO, flattened.
enum target_syscall_op { TARGET_SYSCALL_NONE, TARGET_SYSCALL_ENTRY, TARGET_SYSCALL_EXIT, TARGET_SYSCALL_SECCOMP };
struct target_syscall_info {
	enum target_syscall_op op;
	uint32_t arch;           // AUDIT_ARCH_*
	uint64_t pc, sp;
	uint64_t number, arguments[6];   // ENTRY, SECCOMP
	int64_t result;                  // EXIT
	bool is_error;
	uint32_t filter_data;            // SECCOMP: the SECCOMP_RET_DATA of the filter that stopped it
};

struct target_spawn {
	const char *program;            // a path as execve takes it
	char *const *argv, *const *envp;
	const char *cwd;                // NULL: unchanged
	int stdio[3];                   // fds that become 0, 1, 2; -1: keep ours
	int terminal;                   // fd that becomes the controlling terminal of a new session; -1: keep our session
	bool disable_aslr;
	bool is_traced;                 // false: just runs (noDebug)
	bool kill_on_exit;              // PTRACE_O_EXITKILL
};

struct target;

struct target_ops {
	struct error *(*spawn)(struct target *target, const struct target_spawn *spawn, pid_t *pid_ret);
	struct error *(*seize)(struct target *target, pid_t tid, bool kill_on_exit);
	bool (*wait)(struct target *target, pid_t tid, bool is_blocking, struct wait_event *event_ret);
	struct error *(*resume)(struct target *target, pid_t tid, enum target_resume how, int signo);
	struct error *(*interrupt)(struct target *target, pid_t tid);
	struct error *(*detach)(struct target *target, pid_t tid, int signo);
	struct error *(*get_registers)(struct target *target, pid_t tid, struct user_regs_struct *registers_ret);
	struct error *(*set_registers)(struct target *target, pid_t tid, const struct user_regs_struct *registers);
	struct error *(*set_pc)(struct target *target, pid_t tid, uint64_t pc);   // cheaper than set_registers
	struct error *(*get_xstate)(struct target *target, pid_t tid, uint8_t **bytes, size_t *size);   // (re)allocates
	struct error *(*set_xstate)(struct target *target, pid_t tid, const uint8_t *bytes, size_t size);
	struct error *(*get_debug)(struct target *target, pid_t tid, uint64_t registers_ret[8]);
	struct error *(*set_debug)(struct target *target, pid_t tid, unsigned index, uint64_t value);
	struct error *(*get_siginfo)(struct target *target, pid_t tid, siginfo_t *info_ret);
	struct error *(*set_siginfo)(struct target *target, pid_t tid, const siginfo_t *info);
	// Has an instruction of the stopped thread raised a signal (an int3, a fault) that is still to come? The kernel reports an interrupt
	// stop before it. Resumed, the thread reports the signal at once: it runs nothing before.
	bool (*has_pending_fault)(struct target *target, pid_t tid);
	struct error *(*get_signal_mask)(struct target *target, pid_t tid, uint64_t *mask_ret);
	struct error *(*set_signal_mask)(struct target *target, pid_t tid, uint64_t mask);
	struct error *(*event_message)(struct target *target, pid_t tid, unsigned long *message_ret);
	// A process that was spawned, and what it makes from now on, stops (WAIT_SECCOMP) at calls that a seccomp filter gives to its tracer,
	// instead of seeing them fail with ENOSYS. NULL: not possible.
	struct error *(*watch_filters)(struct target *target, pid_t tid);
	struct error *(*syscall_info)(struct target *target, pid_t tid, struct target_syscall_info *info_ret);
	struct error *(*signal)(struct target *target, pid_t pid, pid_t tid, int signo);   // tid 0: the process
	// Facts about processes that may not be ours yet: the process of a thread (0: gone), whether two processes share memory.
	pid_t (*process_of)(struct target *target, pid_t tid);
	bool (*shares_memory)(struct target *target, pid_t pid, pid_t other);
	// The processes that this thread has made and that are tracees of ours; the caller frees them. NULL: cannot be known.
	size_t (*children_of)(struct target *target, pid_t tid, pid_t **children_ret);
	// Confines tracer and thread to the CPU that the tracer is on; `release` gives both back what they had. Failure is no loss.
	void (*confine)(struct target *target, pid_t tid);
	void (*release)(struct target *target);
	// `to` was made by `from`, or `from` goes on as it (exec): it gets the CPUs that `from` had before it was confined.
	void (*inherit_cpus)(struct target *target, pid_t from, pid_t to);
	// A slice of time in which a blocking wait for any tracee also returns (false) when `ms` are over; event_fd tells nothing of
	// stops meanwhile, so what may have come is to be waited for, without blocking, behind the end. False: not possible.
	bool (*begin_slice)(struct target *target, unsigned ms);
	void (*end_slice)(struct target *target);
	// Access to the memory of a process; `data` is freed by memory_close.
	struct memory_io (*memory_open)(struct target *target, pid_t pid);
	void (*memory_close)(struct target *target, struct memory_io io);
	void (*destroy)(struct target *target);
};

struct target {
	const struct target_ops *ops;
	int event_fd;      // readable when target wait may have something; -1 for fabricated targets
};

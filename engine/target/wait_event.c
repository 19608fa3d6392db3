#include <linux/ptrace.h>
#include <sys/wait.h>

#include "engine/target/target.h"

static enum wait_kind kind_of_event(int event, int signo)
{
	switch (event) {
	case PTRACE_EVENT_STOP: return signo == SIGTRAP ? WAIT_INTERRUPTED : WAIT_GROUP_STOP;
	case PTRACE_EVENT_CLONE: return WAIT_CLONE;
	case PTRACE_EVENT_FORK: return WAIT_FORK;
	case PTRACE_EVENT_VFORK: return WAIT_VFORK;
	case PTRACE_EVENT_VFORK_DONE: return WAIT_VFORK_DONE;
	case PTRACE_EVENT_EXEC: return WAIT_EXEC;
	case PTRACE_EVENT_SECCOMP: return WAIT_SECCOMP;
	case PTRACE_EVENT_EXIT: return WAIT_EXITING;
	default: return WAIT_OTHER;
	}
}

struct wait_event wait_event_decode(pid_t tid, int status)
{
	struct wait_event event = { .tid = tid, .kind = WAIT_OTHER, .status = status };
	if (WIFEXITED(status)) {
		event.kind = WAIT_EXITED;
		event.value = WEXITSTATUS(status);
	} else if (WIFSIGNALED(status)) {
		event.kind = WAIT_KILLED;
		event.value = WTERMSIG(status);
	} else if (WIFSTOPPED(status)) {
		int signo = WSTOPSIG(status);
		int ptrace_event = status >> 16;
		if (ptrace_event)
			event.kind = kind_of_event(ptrace_event, signo);
		else
			event.kind = signo == (SIGTRAP | 0x80) ? WAIT_SYSCALL : WAIT_SIGNAL;
		event.value = signo;
	}
	return event;
}

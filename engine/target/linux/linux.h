// Linux through ptrace (2). The only place that calls ptrace and waitpid.
#pragma once

#include "engine/target/target.h"

// Blocks SIGCHLD for the calling thread (children get the mask that was before) and opens the signalfd that is target->event_fd.
struct error *target_linux_create(struct target **target_ret);

// Who traces it; 0: nobody.
pid_t linux_tracer_of(pid_t tid);

// supervise.c. For a process that stands between a terminal's shell and the program: it is not traced.
struct linux_child {
	int (*run)(void *data);      // in the child, which shares our memory (vfork): becomes the program, or returns an exit code other than 0
	void *data;
	pid_t pid;
	int exit_code, signo;        // signo: what killed it; else 0
};
bool linux_child_start(struct linux_child *child);        // false: it did not become the program; exit_code
// Until it ends; we stop whenever it stops.
void linux_child_wait(struct linux_child *child);
void linux_die_like(const struct linux_child *child);     // by the same signal, if it was killed by one

// Linux through ptrace (2). The only place that calls ptrace and waitpid.
#pragma once

#include "engine/target/target.h"

// Blocks SIGCHLD for the calling thread (children get the mask that was before) and opens the signalfd that is target->event_fd.
struct error *target_linux_create(struct target **target_ret);

// Who traces it; 0: nobody.
pid_t linux_tracer_of(pid_t tid);

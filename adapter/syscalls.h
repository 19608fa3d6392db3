// System calls of a session: what its settings (syscall_settings.h) make of the calls that the program makes.
#pragma once

#include <stdio.h>

#include "adapter/syscall_batch.h"
#include "adapter/syscall_settings.h"
#include "adapter/syscall_summary.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/debugger.h"

struct session;

// What a session has of it now. Zero: nothing is traced.
struct syscall_tracing {
	struct arena *arena;                 // of `settings`; made with the first ones
	struct syscall_settings settings;
	FILE *file;
	struct syscall_summary summary;
	struct syscall_batch batch;
};
void syscall_tracing_deinit(struct syscall_tracing *tracing);

// Lays the members that are there over the present ones. On an error (a bad rule, a file that cannot be written) all stays as it was.
struct error *session_change_syscalls(struct session *session, const struct syscall_settings *settings);
// Before a new debuggee: counts begin anew.
struct error *session_begin_syscalls(struct session *session, const struct syscall_settings *settings);
void session_traced_syscall(struct session *session, pid_t tid, const struct syscall_event *event);   // listener->syscall
void session_end_syscalls(struct session *session);   // the debuggee has ended: the summary

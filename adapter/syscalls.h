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

// `where` begins the error of a rule, or of a file that cannot be written: "arguments" in "arguments.stop: no syscall ...".
//
// Whether the rules could be set now; nothing is changed, and no file is tried.
struct error *session_check_syscalls(struct session *session, const struct syscall_settings *settings, const char *where);
// Lays the members that are there over the present ones. On an error all stays as it was.
struct error *session_change_syscalls(struct session *session, const struct syscall_settings *change, const char *where);
// Before a new debuggee: counts begin anew.
struct error *session_begin_syscalls(struct session *session, const struct syscall_settings *settings);
void session_traced_syscall(struct session *session, pid_t tid, const struct syscall_event *event);   // listener->syscall
void session_end_syscalls(struct session *session);   // the debuggee has ended: the summary

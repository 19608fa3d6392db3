// The `syscalls` attribute of launch and attach, and the request ptdap/syscalls that changes it while the program runs: what is traced,
// where it stops, what is injected, the summary and the file.
#pragma once

#include <stdio.h>

#include <cjson/cJSON.h>

#include "adapter/syscall_batch.h"
#include "adapter/syscall_summary.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/debugger.h"

struct session;

// As the client sends it: docs/syscalls.md. `has_` is true for null too, which takes the thing away.
struct syscall_settings {
	bool has_trace, has_stop, has_inject, has_summary, has_file, has_events;
	const char *trace, *stop, *file;     // NULL: nothing; in `trace` and `stop` "" is every call
	const char *const *inject;           // NULL-terminated; NULL: nothing
	bool summary;
	bool events;                         // what is traced goes out as ptdap/syscallTrace, not as console lines
};

// Strings are copied into the arena. ERROR_INVALID names the member; a rule's mistake with its column.
struct error *syscall_settings_decode(const cJSON *object, const char *where, struct arena *arena, struct syscall_settings *settings_ret);

// { "stop": RULE }, as a lone string says it: not every editor's configuration can hold an object.
struct error *syscall_settings_stop_at(const char *rule, const char *where, struct arena *arena, struct syscall_settings *settings_ret);

// Do both say the same?
bool syscall_settings_equal(const struct syscall_settings *a, const struct syscall_settings *b);

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

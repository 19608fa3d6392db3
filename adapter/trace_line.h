// How a traced call is told: as a line and as JSON, by `ptdap trace` and in a session.
#pragma once

#include <stdio.h>

#include "base/str.h"
#include "dap/writer.h"
#include "engine/debugger.h"

struct trace_lines {
	FILE *output;
	bool is_terminal;     // "[pid 12] ", else "12 "
	bool names_threads;   // lines begin with the thread's id
	bool shows_times, shows_stacks;
	bool is_json;         // one object a line: docs/syscalls.md
};

// `openat(AT_FDCWD, "/x", O_RDONLY) = 3`, without an end of line.
void trace_line_words(const struct syscall_event *event, const struct syscall_context *context, struct str *line);
// What objects of a call have in common (docs/syscalls.md): number, abi, arguments, result, how long it took, injection.
void trace_line_members(const struct syscall_event *event, const struct syscall_context *context, struct writer *object);

// Whole lines, written to lines->output.
void trace_line_call(const struct trace_lines *lines, struct debugger *debugger, pid_t tid, const struct syscall_event *event);
void trace_line_exit(const struct trace_lines *lines, pid_t pid, int exit_code, int signo);

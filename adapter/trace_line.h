// How `ptdap trace` words what it sees.
#pragma once

#include <stdio.h>

#include "base/str.h"
#include "engine/debugger.h"

struct trace_lines {
	FILE *output;
	bool is_terminal;     // "[pid 12] ", else "12 "
	bool names_threads;   // lines begin with the thread's id
	bool shows_times, shows_stacks;
	bool is_json;         // one object a line: docs/syscalls.md
};

void trace_line_call(const struct trace_lines *lines, struct debugger *debugger, pid_t tid, const struct syscall_event *event);
void trace_line_exit(const struct trace_lines *lines, pid_t pid, int exit_code, int signo);

// The command line of `ptdap trace`: a table, one line an option.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/debugger.h"

struct trace_options {
	struct syscall_rule_specs rules;   // what is traced (every call if nothing is said) and injected
	struct syscall_display display;
	bool follows_children;
	bool has_filter;                   // whatever that changes: docs/syscalls.md
	bool summary_alone, summary_too;   // the table of counts at the end: instead of the lines, behind them
	bool shows_times, shows_stacks, is_json;
	pid_t pid;                         // attach to this one; 0: launch `program`
	const char *output_path;           // NULL: stderr
	char **program;                    // with its arguments, NULL-terminated
};

// 0, or the exit code of a wrong command line, which it has complained about. Strings are those of `arguments`.
int trace_options_read(char **arguments, struct trace_options *options_ret);
bool trace_options_ask_help(char **arguments);   // the first one is --help
void trace_options_help(void);                   // to stdout
void trace_options_deinit(struct trace_options *options);

// What a user asks of a breakpoint, and what became of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct debugger;

enum breakpoint_kind { BREAKPOINT_LINE, BREAKPOINT_FUNCTION, BREAKPOINT_INSTRUCTION };

struct breakpoint_spec {
	const char *path;            // LINE
	unsigned line, column;       // LINE; column 0: any
	const char *function;        // FUNCTION; "syscall:RULE" for a system call (syscall_rules.h)
	uint64_t address;            // INSTRUCTION
	const char *condition;       // each may be NULL
	const char *hit_condition;   // "5" (from the 5th hit on), ">= 5", "== 5", "% 10" ...
	const char *log_message;
};

struct breakpoint_info {
	int id;                      // > 0
	bool is_verified;
	const char *message;         // why not, or a note; NULL: none
	const char *path;            // the path the client gave, or the file's own; NULL: unknown
	unsigned line, column;       // where it really is; 0: unknown
	uint64_t address;            // of its first site; 0: none
	unsigned long hit_count;
};

// Replace all LINE breakpoints of `path`, or all FUNCTION or INSTRUCTION breakpoints. Breakpoints whose spec is unchanged keep
// their id and hit count. `infos_ret` has `count` entries in the order of the specs; strings valid until the next call that changes
// breakpoints. A bad spec is an unverified info with a message, never an error. Works in every state, also while running.
struct error *debugger_set_line_breakpoints(struct debugger *debugger, const char *path, const struct breakpoint_spec *specs, size_t count,
					    struct breakpoint_info *infos_ret);
struct error *debugger_set_function_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						struct breakpoint_info *infos_ret);
struct error *debugger_set_instruction_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						   struct breakpoint_info *infos_ret);

// The exception filters. Texts may be NULL or "": no restriction. An error leaves that filter as it was and names the mistake.
struct debugger_catches {
	bool syscall_entry, syscall_return;
	const char *syscall_entry_set, *syscall_return_set;   // rules, see syscall_rules.h
	bool signals;                                         // stop at signals
	bool exec;                                            // stop when the process runs a new program
	const char *signal_set;                               // "SEGV,ABRT,!CHLD"; default: those that would kill plus TRAP
};
// filter: NULL, "syscallEntry", "syscallReturn" or "signal", whichever is at fault.
struct error *debugger_set_catches(struct debugger *debugger, const struct debugger_catches *catches, const char **filter_ret);

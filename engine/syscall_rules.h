// Which system calls matter and what happens then: `[SET] [@entry|@return] [#N] [if EXPRESSION]`, several separated by `;`
// (docs/syscalls.md). One parser reads them for the exception filters, for breakpoints named "syscall:...", and for these verbs.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/syscalls/syscall.h"

struct debugger;

enum syscall_action {
	SYSCALL_ACTION_STOP,
	SYSCALL_ACTION_TRACE,    // listener->syscall; decided at the entry unless the rule says @return or asks for $result or $errno
	SYSCALL_ACTION_INJECT,   // SET[:error=ERRNO][:retval=V][:signal=SIG][:delay_enter=US][:delay_exit=US][:when=F[..L][+[S]]] [if EXPRESSION]
};

struct syscall_rule_spec {
	enum syscall_action action;
	const char *text;
};
struct syscall_rule_specs {   // a VEC
	struct syscall_rule_spec *items;
	size_t count, capacity;
};

// ERROR_INVALID names the mistake and its column (from 1). Names of the program are not looked at.
struct error *syscall_rule_check(const struct syscall_rule_spec *spec);
// Whether debugger_set_syscall_rules() would take them now: with the names of the program, if there is one. Nothing is changed.
struct error *debugger_check_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret);
// Replaces all rules that this set; in every state, also while running. Those that are unchanged keep their counts. On an error all
// stays as it was, and *bad_ret is the index of the spec at fault.
struct error *debugger_set_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret);

// What all rules together (filters, breakpoints and trace, too) have to see.
struct syscall_wants {
	struct syscall_set entry, exit;   // empty sets: nothing
	bool has_any;                     // false: no thread needs to stop at any system call
};
// Valid until the next change of rules.
const struct syscall_wants *debugger_wanted_syscalls(const struct debugger *debugger);

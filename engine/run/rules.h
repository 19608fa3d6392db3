// Private to engine/run: all rules for system calls that are in force, and what they say at a stop.
#pragma once

#include "engine/run/rule.h"

// The rules that a set of verbs keeps; see syscall_rules.h and breakpoint.h.
struct rules {
	struct rule_list entry_filter, return_filter, listed;
	struct syscall_wants wants;
};

// After any change of rules or of breakpoints: what has to be seen, anew.
void rules_changed(struct debugger *debugger);
void rules_forget_program(struct debugger *debugger);   // modules go
void rules_inherit(struct debugger *child, struct debugger *parent);   // those of breakpoints are not; counts begin anew
void rules_deinit(struct debugger *debugger);

// At a boundary. Nothing is asked twice: each call counts once.
bool rules_stop(struct thread *thread);    // the filters' and the listed ones; breakpoints_at_syscall() has its own
bool rules_trace(struct thread *thread, unsigned phases);
// Somebody will look at this call's return.
bool rules_show_return(struct debugger *debugger, const struct syscall_event *event, bool *needs_paths_ret);

// Names of the program's globals, for checking. `context` and `location` are filled in; NULL while there is no program.
const struct eval_context *rules_names(struct debugger *debugger, struct frame_context *context, struct arena *arena);

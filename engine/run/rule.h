// Private to engine/run: a rule for system calls, compiled. rule.c and rule_check.c read its text, rule_match.c asks it.
#pragma once

#include "base/vec.h"
#include "engine/eval/expression.h"
#include "engine/run/state.h"
#include "engine/syscall_rules.h"

enum { RULE_ENTRY = 1, RULE_RETURN = 2 };   // phases, as bits
enum { RULE_CONDITIONS_MAX = 2 };

enum rule_use {
	RULE_OF_ENTRY_FILTER, RULE_OF_RETURN_FILTER,   // the phase is given
	RULE_STOPS,
	RULE_TRACES,
	RULE_INJECTS,
};

// What an expression asks for.
struct rule_needs {
	bool frame;            // registers or names of the program
	bool program;          // names or types of the program: they change with its modules
	bool paths;            // path(...)
	bool phase;            // $phase
	unsigned result_column;   // of the first $result or $errno; 0: none
};

struct rule_condition {
	char *text;                    // blanks before it: columns are those of the text that the user wrote
	struct expression *expression; // NULL: to be parsed again, since modules went
	struct rule_needs needs;
};

// What is done to a call, as bits.
enum {
	INJECT_ERROR = 1,
	INJECT_RETVAL = 2,
	INJECT_SIGNAL = 4,
	INJECT_DELAY_ENTER = 8,
	INJECT_DELAY_EXIT = 16,
	INJECT_WHEN = 32,
};
struct injection {
	unsigned parts;                // INJECT_*: what was given
	int64_t result;                // of a call that is not made; -errno: it fails
	int signo;
	uint64_t delay_enter_us, delay_exit_us;
	unsigned long first, last, step;   // which of the calls that match
};

struct rule {
	enum rule_use use;
	char *text;
	struct syscall_set set;
	unsigned phases;
	unsigned long occurrence;      // this one alone; 0: every one
	struct rule_condition conditions[RULE_CONDITIONS_MAX];   // all must hold: behind `if`, and the one that comes beside the rule
	size_t condition_count;
	bool needs_paths;
	struct injection *injection;   // RULE_INJECTS
	unsigned long count;           // calls that matched so far
	bool has_complained;           // of a condition that cannot be evaluated
};
struct rule_list {   // a VEC
	struct rule **items;
	size_t count, capacity;
};

// What is read: the part [start, end) of a text that the user wrote as a whole.
struct rule_source {
	const char *text;
	size_t start, end;
	enum rule_use use;
	const struct eval_context *names;   // of the program; NULL: they are not checked
	const char *condition;              // one more, a text of its own; NULL: none
};
struct error *rule_parse(const struct rule_source *source, struct rule **rule_ret);
// Several, separated by ';', are added to the list; nothing is on an error.
struct error *rule_list_parse(const char *text, enum rule_use use, const struct eval_context *names, struct rule_list *rules);
// Takes the place of `old`, which becomes empty; rules of the same text and use go on with their counts.
void rule_list_replace(struct rule_list *old, struct rule_list *rules);
void rule_destroy(struct rule *rule);   // NULL-safe
void rule_list_deinit(struct rule_list *rules);
void rule_forget_program(struct rule *rule);   // its modules change

// rule_check.c. Parses and checks an expression; `set` is whose arguments $arg.NAME may name.
struct error *rule_condition_parse(const char *padded_text, const struct syscall_set *set, const struct eval_context *names,
				   struct rule_condition *condition_ret);

// rule_inject.c. ":error=ENOENT:when=2+": from `start` (a ':') on, up to `end`.
struct error *injection_parse(const char *text, size_t start, size_t end, struct injection **injection_ret);
bool injection_is_due(const struct injection *injection, unsigned long count);   // to the count-th call that matches

// rule_match.c. Does the rule hold for the system call at whose boundary the thread stands? `phases` are those that count as the
// present one. Counts those that do; *holds_ret is also true if the condition cannot be evaluated, which is told to the user.
bool rule_holds(struct rule *rule, struct thread *thread, unsigned phases);
bool rule_covers(const struct rule *rule, const struct syscall_event *event);

// A word of the text for a message, and its copy with blanks before it, so that columns are right.
char *rule_padded(const char *text, size_t start, size_t end);

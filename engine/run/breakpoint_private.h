// Private to engine/run: what a breakpoint is inside.
#pragma once

#include "base/vec.h"
#include "engine/breakpoint.h"
#include "engine/eval/expression.h"

struct rule;

enum hit_kind { HIT_ALWAYS, HIT_FROM, HIT_EQUAL, HIT_ABOVE, HIT_BELOW, HIT_UP_TO, HIT_EVERY };

struct hit_condition {
	enum hit_kind kind;
	unsigned long count;
};

// "5" (from the fifth on), ">= 5", "== 5", "> 5", "< 5", "<= 5", "% 10"; NULL or empty: always.
struct error *hit_condition_parse(const char *text, struct hit_condition *condition_ret);
bool hit_condition_holds(const struct hit_condition *condition, unsigned long hits);

struct bound {
	uint64_t address;
	struct module *module;         // NULL: memory outside all modules
};

struct breakpoint {
	int id;
	enum breakpoint_kind kind;
	char *path, *function, *condition, *hit_condition, *log_message;   // as asked; NULL: none
	unsigned line, column;
	uint64_t address;
	VEC(struct bound) bound;       // its sites; empty: pending or bad
	char *message;                 // why it is not verified
	char *real_path;               // of the first site
	unsigned real_line, real_column;
	struct expression *parsed_condition;
	struct template *parsed_log;
	struct rule *rule;             // "syscall:..."; NULL: no such breakpoint, or a bad one
	struct hit_condition hits_wanted;
	unsigned long hit_count;
	bool is_wanted;                // scratch of the set requests
};

// Values as people read them: one-line summaries and children.
#pragma once

#include "engine/eval/value.h"

enum value_base { BASE_NATURAL, BASE_HEX, BASE_DECIMAL, BASE_OCTAL, BASE_BINARY, BASE_CHARACTER };

struct value_format {
	enum value_base base;
	bool is_hex;                  // BASE_NATURAL: numbers are hexadecimal; reals, characters, names, truth and text are as ever
	unsigned string_limit;        // characters of a string shown; 0: 200
	unsigned summary_limit;       // characters of a summary; 0: 120
	bool show_raw;                // no string or container summaries
};

// Appends: `42`, `65 'A'`, `0x401136 <main>`, `0x4052a0 "hello"`, `{x = 3, y = 4}`, `[3] {1, 2, 3}`, `RED`, `RED | 0x8`, `<optimised out>`.
// What cannot be read appears as `<cannot read 0x10>` in place of the part; never an error for the whole.
void value_format(const struct eval_context *context, struct value *value, const struct value_format *format, struct str *text);

struct value_child {
	char *name;               // unique among the siblings: member, "[3]", "*p"
	struct value value;
	char *access;             // how an expression gets here from the parent: appended to "(parent)": ".x", "[3]"; prefix "*" for pointers:
	bool is_access_prefix;    // access goes before the parent's expression
	const char *expression;   // set: the whole of it, whatever the parent is
	bool is_base;             // base class: shown as a child named by the type
	struct error *error;      // the child exists but its value cannot be made; owned by the array's user
};

// How many children: named members and indexed elements. Pointers to aggregates have the pointee's members, other
// pointers one child "*name"; char pointers and void pointers none.
struct error *value_child_counts(const struct eval_context *context, struct value *value, uint64_t *named_ret, uint64_t *indexed_ret);
// Children [start, start + count) of the named or of the indexed ones; one memory read for a block of elements.
struct error *value_children(const struct eval_context *context, struct value *value, bool is_indexed, uint64_t start, uint64_t count,
			     struct value_child **children_ret, size_t *count_ret);
// The full expression of a child: "a.b", "(*p)[3]", "p->x". In the arena.
char *value_child_expression(const struct eval_context *context, const char *parent_expression, const struct value *parent,
			     const struct value_child *child);

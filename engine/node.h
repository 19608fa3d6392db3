// A node is anything shown as a variable: a local, a member, a register, a flag bit, a vector lane, a syscall argument. Scopes hand
// out nodes; the adapter turns them into DAP Variables without knowing what they are.
//
// Lifetime: nodes live in the arena of the stop (or of the watch) they were made for and die at resume.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct node;

enum node_hint {
	NODE_HINT_NONE = 0,
	NODE_HINT_READ_ONLY = 1 << 0,
	NODE_HINT_BASE_CLASS = 1 << 1,
	NODE_HINT_ARTIFICIAL = 1 << 2,
	NODE_HINT_STATIC = 1 << 3,
	NODE_HINT_CONSTANT = 1 << 4,
	NODE_HINT_FAILED = 1 << 5,       // the value is an error text
	NODE_HINT_LAZY = 1 << 6,
};

// What node_describe() tells. Strings live as long as the node.
struct node_view {
	const char *value;            // never NULL
	const char *type;             // NULL: none
	uint64_t named_children;      // both 0: a leaf
	uint64_t indexed_children;
	bool has_memory;
	uint64_t memory;              // address for memoryReference
	unsigned hints;               // enum node_hint
};

struct node_display {
	bool is_hex;                  // plain numbers; what has words of its own (names, characters, descriptors) keeps them
};

struct node_ops {
	struct error *(*describe)(struct node *node, const struct node_display *display, struct node_view *view_ret);
	// Children [start, start+count) among the named or the indexed ones (count 0: all of them).
	struct error *(*children)(struct node *node, bool is_indexed, uint64_t start, uint64_t count,
				  struct node ***nodes_ret, size_t *count_ret);
	// Parses `text` (an expression) and stores it. NULL: read-only.
	struct error *(*assign)(struct node *node, const char *text);
};

struct node {
	const struct node_ops *ops;
	const char *name;             // unique among its siblings
	const char *expression;       // evaluateName; NULL: none
	struct arena *arena;          // what it and its children are made in
};

struct error *node_describe(struct node *node, const struct node_display *display, struct node_view *view_ret);
struct error *node_children(struct node *node, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret);
struct error *node_assign(struct node *node, const char *text);   // ERROR_INVALID if read-only

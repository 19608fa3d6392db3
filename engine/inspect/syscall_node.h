// Private to the Syscall scope: one node for an argument, a result and each of their parts.
#pragma once

#include "engine/inspect/private.h"
#include "engine/syscalls/value.h"

struct syscall_node {
	struct node node;
	struct frame_context *context;
	struct syscall_node *parent;         // of a part; NULL: an argument or the result
	bool is_result;
	unsigned index;                      // of an argument
	const struct syscall_value *value;   // NULL: not decoded yet
	unsigned generation;                 // debugger->changes when it was
};

static inline const struct syscall_event *syscall_node_event(const struct syscall_node *node)
{
	return &node->context->thread->syscall;
}

// Decoded when somebody looks, and anew when something was changed. Never NULL.
const struct syscall_value *syscall_node_value(struct syscall_node *node);
// syscall_assign.c. Why it cannot be changed; NULL: it can.
const char *syscall_node_obstacle(struct syscall_node *node);
struct error *syscall_node_assign(struct node *node, const char *text);

// Private to engine/inspect: how the kinds of nodes are made.
#pragma once

#include "engine/eval/expression.h"
#include "engine/node.h"
#include "engine/run/state.h"

// A frame's context with the life of the stop.
struct error *inspect_frame_context(struct debugger *debugger, pid_t tid, size_t frame_index, struct frame_context **context_ret);

// Evaluates `text` with side effects allowed, in the frame.
struct error *inspect_evaluate(struct frame_context *context, const char *text, struct value *value_ret);
// As an unsigned integer, negative numbers as their two's complement.
struct error *inspect_integer(struct frame_context *context, const char *text, uint64_t *integer_ret);

// value_node.c. `expression`: evaluateName, NULL for none. All strings are copied.
struct node *value_node_create(struct frame_context *context, const char *name, const char *expression, const struct value *value,
			       const struct value_format *format);
// A leaf whose value is the error's words; takes the error.
struct node *failed_node_create(struct arena *arena, const char *name, struct error *error);
// A leaf with fixed words.
struct node *text_node_create(struct arena *arena, const char *name, const char *value, const char *type);

// return_value.c. What a function of this type left in the registers of the thread, which just returned from it.
struct error *return_value_read(struct frame_context *context, const struct type *function_type, struct value *value_ret, bool *is_void_ret);

// register_scope.c: one register, with its parts, bits and lanes.
struct node *register_node_create(struct frame_context *context, const struct register_desc *desc);
// frames.c: can the file be read here? Remembered until the next stop.
bool inspect_source_exists(struct debugger *debugger, const char *path);

// The node whose children are the variables of a scope. NULL: there are none, and so no scope.
struct node *locals_scope(struct frame_context *context);
struct node *globals_scope(struct frame_context *context);
struct node *register_scope(struct frame_context *context);
struct node *syscall_scope(struct frame_context *context);

// A growing array of nodes in an arena.
struct node_list {
	struct node **nodes;
	size_t count, capacity;
};
void node_list_add(struct node_list *list, struct arena *arena, struct node *node);
// Cuts [start, start + count) out of a whole list (count 0: all the rest).
void node_list_page(const struct node_list *list, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret);
// For nodes that have children only: value "", no type.
struct error *describe_as_group(struct node *node, const struct node_display *display, struct node_view *view_ret);

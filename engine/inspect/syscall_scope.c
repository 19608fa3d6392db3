// The Syscall scope of a thread that stands at a syscall boundary: number, name, phase, arguments, result.
#include <inttypes.h>

#include "base/str.h"
#include "engine/inspect/private.h"
#include "engine/syscalls/value.h"

struct syscall_node {
	struct node node;
	struct frame_context *context;
	unsigned index;      // argument
	const struct syscall_value *value;   // NULL: not decoded yet
};

static const struct syscall_event *event_of(const struct syscall_node *node)
{
	return &node->context->thread->syscall;
}

static struct syscall_context context_of(struct syscall_node *node)
{
	struct syscall_context context;
	debugger_syscall_context(node->context->debugger, node->context->thread->tid, &context);
	return context;
}

// ---- parts: fields, elements, bits, what /proc says -------------------------------------------------------------------------

struct part_node {
	struct node node;
	const struct syscall_value *value;
};

static struct node *part_node(struct arena *arena, const struct syscall_value *value);

static struct error *list_parts(struct arena *arena, const struct syscall_value *value, uint64_t start, uint64_t count, struct node ***nodes_ret,
				size_t *count_ret)
{
	struct node_list list = { 0 };
	uint64_t index = 0;
	for (const struct syscall_value *at = value->children; at; at = at->next, index++)
		if (index >= start && (!count || index - start < count))
			node_list_add(&list, arena, part_node(arena, at));
	node_list_page(&list, 0, 0, nodes_ret, count_ret);
	return NULL;
}

static void describe_value(struct arena *arena, const struct syscall_value *value, const struct node_display *display, struct node_view *view)
{
	bool is_number = value->form == SYSCALL_VALUE_WORD || value->form == SYSCALL_VALUE_POINTER;
	view->value = display->is_hex && is_number ? arena_printf(arena, "0x%" PRIx64, value->value) : value->text;
	view->type = value->type;
	view->has_memory = value->memory != 0;
	view->memory = value->memory;
	view->named_children = value->child_count;
}

static struct error *part_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct node_view view = { 0 };
	describe_value(base->arena, ((struct part_node *)base)->value, display, &view);
	*view_ret = view;
	return NULL;
}

static struct error *part_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				   size_t *count_ret)
{
	if (is_indexed)
		return NULL;
	return list_parts(base->arena, ((struct part_node *)base)->value, start, count, nodes_ret, count_ret);
}

static const struct node_ops part_ops = { .describe = part_describe, .children = part_children };

static struct node *part_node(struct arena *arena, const struct syscall_value *value)
{
	struct part_node *node = arena_new(arena, struct part_node);
	node->node = (struct node){ .ops = &part_ops, .arena = arena, .name = value->name };
	node->value = value;
	return &node->node;
}

// ---- arguments ------------------------------------------------------------------------------------------------------------

// Decoded once a stop, when somebody looks; an assignment makes it anew.
static const struct syscall_value *value_of(struct syscall_node *node)
{
	struct syscall_context context = context_of(node);
	if (!node->value)
		node->value = syscall_argument_value(event_of(node), node->index, &context, node->node.arena);
	return node->value;
}

static struct error *argument_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct node_view view = { 0 };
	describe_value(base->arena, value_of(node), display, &view);
	view.named_children++;
	*view_ret = view;
	return NULL;
}

// Its parts, and the register that carries it.
static struct error *argument_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				       size_t *count_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct node_list list = { 0 };
	const struct register_desc *desc = register_find(syscall_argument_register(event_of(node)->abi, node->index));
	if (is_indexed)
		return NULL;
	for (const struct syscall_value *at = value_of(node)->children; at; at = at->next)
		node_list_add(&list, base->arena, part_node(base->arena, at));
	if (desc)
		node_list_add(&list, base->arena, register_node_create(node->context, desc));
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static struct error *argument_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct thread *thread = node->context->thread;
	uint64_t value;
	struct error *error = inspect_integer(node->context, text, &value);
	if (!error && thread->syscall.phase != SYSCALL_ENTRY)
		error = error_create(ERROR_STATE, "the call has returned; its arguments can be changed at the entry only");
	const struct register_desc *desc = register_find(syscall_argument_register(thread->syscall.abi, node->index));
	if (!error)
		error = thread_set_register(thread, desc, &value);
	if (!error)
		thread->syscall.arguments[node->index] = value;
	node->value = NULL;
	return error;
}

static const struct node_ops argument_ops = { .describe = argument_describe, .children = argument_children, .assign = argument_assign };

static struct node *argument_node(struct frame_context *context, unsigned index)
{
	struct arena *arena = context->eval.arena;
	struct syscall_node *node = arena_new(arena, struct syscall_node);
	const struct syscall_event *event = &context->thread->syscall;
	node->node = (struct node){ .ops = &argument_ops, .arena = arena,
				    .name = arena_strdup(arena, syscall_argument_name(event, index)),
				    .expression = arena_printf(arena, "$%s", syscall_argument_register(event->abi, index)) };
	node->context = context;
	node->index = index;
	return &node->node;
}

// ---- the result -----------------------------------------------------------------------------------------------------------

static const struct syscall_value *result_of(struct syscall_node *node)
{
	struct syscall_context context = context_of(node);
	if (!node->value)
		node->value = syscall_result_value(event_of(node), &context, node->node.arena);
	return node->value;
}

static struct error *result_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct node_view view = { 0 };
	describe_value(base->arena, result_of(node), display, &view);
	view.value = display->is_hex ? arena_printf(base->arena, "0x%" PRIx64, (uint64_t)event_of(node)->result) : view.value;
	view.type = view.type ? view.type : "rax";
	*view_ret = view;
	return NULL;
}

static struct error *result_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				     size_t *count_ret)
{
	if (is_indexed)
		return NULL;
	return list_parts(base->arena, result_of((struct syscall_node *)base), start, count, nodes_ret, count_ret);
}

static struct error *result_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct thread *thread = node->context->thread;
	uint64_t value;
	struct error *error = inspect_integer(node->context, text, &value);
	if (!error)
		error = thread_set_register(thread, register_find("rax"), &value);
	if (!error) {
		thread->syscall.result = (int64_t)value;
		thread->syscall.is_error = (int64_t)value < 0 && (int64_t)value > -4096;
	}
	node->value = NULL;
	return error;
}

static const struct node_ops result_ops = { .describe = result_describe, .children = result_children, .assign = result_assign };

static void add_result(struct frame_context *context, struct node_list *list)
{
	struct arena *arena = context->eval.arena;
	const struct syscall_event *event = &context->thread->syscall;
	struct syscall_node *node = arena_new(arena, struct syscall_node);
	node->node = (struct node){ .ops = &result_ops, .arena = arena, .name = "result", .expression = "$rax" };
	node->context = context;
	node_list_add(list, arena, &node->node);
	node_list_add(list, arena, text_node_create(arena, "result2", arena_printf(arena, "0x%" PRIx64, (uint64_t)event->result2), "rdx"));
	if (event->is_error) {
		const char *name = errno_name((int)-event->result);
		const char *words = name ? arena_printf(arena, "%s (%s)", name, strerror((int)-event->result))
					 : arena_printf(arena, "%" PRId64, -event->result);
		node_list_add(list, arena, text_node_create(arena, "errno", words, NULL));
	}
}

static const char *abi_words(enum syscall_abi abi)
{
	switch (abi) {
	case SYSCALL_ABI_X86_64: return "x86-64";
	case SYSCALL_ABI_I386: return "i386 (int 0x80)";
	case SYSCALL_ABI_X32: return "x32";
	}
	return "";
}

static struct error *scope_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct syscall_node *scope = (struct syscall_node *)base;
	const struct syscall_event *event = event_of(scope);
	struct arena *arena = base->arena;
	struct node_list list = { 0 };
	if (is_indexed)
		return NULL;
	node_list_add(&list, arena, text_node_create(arena, "number", arena_printf(arena, "%" PRIu64, event->number), abi_words(event->abi)));
	node_list_add(&list, arena, text_node_create(arena, "name", syscall_name(event->abi, event->number), NULL));
	if (syscall_continued_name(event))
		node_list_add(&list, arena, text_node_create(arena, "goes on with", syscall_continued_name(event), NULL));
	node_list_add(&list, arena, text_node_create(arena, "phase", event->phase == SYSCALL_ENTRY ? "entry" : "return", NULL));
	for (unsigned i = 0; i < syscall_argument_count(event); i++)
		node_list_add(&list, arena, argument_node(scope->context, i));
	if (event->phase == SYSCALL_RETURN)
		add_result(scope->context, &list);
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops scope_ops = { .describe = describe_as_group, .children = scope_children };

struct node *syscall_scope(struct frame_context *context)
{
	struct syscall_node *scope = arena_new(context->eval.arena, struct syscall_node);
	scope->node = (struct node){ .ops = &scope_ops, .name = "Syscall", .arena = context->eval.arena };
	scope->context = context;
	return &scope->node;
}

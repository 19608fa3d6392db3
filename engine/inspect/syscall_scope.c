// The Syscall scope of a thread that stands at a syscall boundary: number, name, phase, arguments, result.
#include <ctype.h>
#include <inttypes.h>

#include "base/str.h"
#include "engine/inspect/syscall_node.h"
#include "engine/run/syscall_edit.h"
#include "engine/syscalls/notation.h"

// ---- arguments, results, and their parts: fields, elements, bits, what /proc says --------------------------------------------

static const struct syscall_value *decode_root(struct syscall_node *node)
{
	const struct syscall_event *event = syscall_node_event(node);
	struct arena *arena = node->node.arena;
	struct syscall_context context;
	debugger_syscall_context(node->context->debugger, node->context->thread->tid, &context);
	if (node->is_result)
		return syscall_result_value(event, &context, arena);
	return syscall_argument_value(event, node->index, &context, arena);
}

// A part is found again by its name.
static const struct syscall_value *find_part(struct syscall_node *node)
{
	static const struct syscall_value gone = { .name = "", .text = "<no longer there>", .form = SYSCALL_VALUE_NOTE };
	for (const struct syscall_value *at = syscall_node_value(node->parent)->children; at; at = at->next)
		if (str_equal(at->name, node->node.name))
			return at;
	return &gone;
}

const struct syscall_value *syscall_node_value(struct syscall_node *node)
{
	unsigned generation = node->context->debugger->changes;
	if (!node->value || node->generation != generation)
		node->value = node->parent ? find_part(node) : decode_root(node);
	node->generation = generation;
	return node->value;
}

// Without a name or other words of its own.
static bool is_plain_number(const struct syscall_value *value)
{
	const char *digits = value->text + (value->text[0] == '-');
	return value->form == SYSCALL_VALUE_WORD && *digits && !digits[strspn(digits, "0123456789")];
}

// A negative one has the bits of its size alone.
static uint64_t word_bits(const struct syscall_value *value)
{
	return value->size && value->size < 8 ? value->value & ((UINT64_C(1) << value->size * 8) - 1) : value->value;
}

static struct error *tree_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	const struct syscall_value *value = syscall_node_value(node);
	*view_ret = (struct node_view){
		.value = display->is_hex && is_plain_number(value) ? arena_printf(base->arena, "0x%" PRIx64, word_bits(value)) : value->text,
		.type = value->type,
		.has_memory = value->memory != 0,
		.memory = value->memory,
		.named_children = value->child_count,
		.hints = syscall_node_obstacle(node) ? NODE_HINT_READ_ONLY : 0,
	};
	return NULL;
}

static struct error *tree_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret);
static const struct node_ops tree_ops = { .describe = tree_describe, .children = tree_children, .assign = syscall_node_assign };

// As an expression: the object where it stands.
static const char *word_expression(struct arena *arena, const struct syscall_value *value)
{
	static const char *const types[] = { [1] = "char", [2] = "short", [4] = "int", [8] = "long" };
	bool is_word = value->form == SYSCALL_VALUE_WORD || value->form == SYSCALL_VALUE_POINTER;
	if (!is_word || !value->address || value->size >= ARRAY_SIZE(types) || !types[value->size])
		return NULL;
	return arena_printf(arena, "*(unsigned %s *)0x%" PRIx64, types[value->size], value->address);
}

static struct node *part_node(struct syscall_node *parent, const struct syscall_value *value)
{
	struct arena *arena = parent->node.arena;
	struct syscall_node *node = arena_new(arena, struct syscall_node);
	*node = (struct syscall_node){
		.node = { .ops = &tree_ops, .arena = arena, .name = value->name, .expression = word_expression(arena, value) },
		.context = parent->context,
		.parent = parent,
		.is_result = parent->is_result,
		.index = parent->index,
		.value = value,
		.generation = parent->generation,
	};
	return &node->node;
}

static struct error *tree_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct node_list list = { 0 };
	uint64_t index = 0;
	if (is_indexed)
		return NULL;
	for (const struct syscall_value *at = syscall_node_value(node)->children; at; at = at->next, index++)
		if (index >= start && (!count || index - start < count))
			node_list_add(&list, base->arena, part_node(node, at));
	node_list_page(&list, 0, 0, nodes_ret, count_ret);
	return NULL;
}

static struct error *argument_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct error *error = tree_describe(base, display, view_ret);
	view_ret->named_children++;
	return error;
}

// Its parts, and the register that carries it.
static struct error *argument_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				       size_t *count_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	struct node_list list = { 0 };
	const struct register_desc *desc = register_find(syscall_argument_register(syscall_node_event(node)->abi, node->index));
	if (is_indexed)
		return NULL;
	for (const struct syscall_value *at = syscall_node_value(node)->children; at; at = at->next)
		node_list_add(&list, base->arena, part_node(node, at));
	if (desc)
		node_list_add(&list, base->arena, register_node_create(node->context, desc));
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops argument_ops = { .describe = argument_describe, .children = argument_children, .assign = syscall_node_assign };

static struct syscall_node *make(struct frame_context *context, const struct node_ops *ops, const char *name, const char *expression)
{
	struct syscall_node *node = arena_new(context->eval.arena, struct syscall_node);
	node->node = (struct node){ .ops = ops, .arena = context->eval.arena, .name = name, .expression = expression };
	node->context = context;
	return node;
}

static struct node *argument_node(struct frame_context *context, unsigned index)
{
	struct arena *arena = context->eval.arena;
	const struct syscall_event *event = &context->thread->syscall;
	const char *name = arena_strdup(arena, syscall_argument_name(event, index));
	struct syscall_node *node = make(context, &argument_ops, name, arena_printf(arena, "$arg.%s", name));
	node->index = index;
	if (syscall_node_value(node)->is_pair)   // $arg.NAME is the low half
		node->node.expression = NULL;
	return &node->node;
}

// ---- the result -----------------------------------------------------------------------------------------------------------

static bool has_result(const struct syscall_event *event)
{
	return event->phase == SYSCALL_RETURN || event->is_skipped;
}

static struct error *result_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	const struct syscall_event *event = syscall_node_event(node);
	if (!has_result(event)) {
		*view_ret = (struct node_view){ .value = "? (the call is still to be made; a result given here is returned instead)", .type = "rax" };
		return NULL;
	}
	struct error *error = tree_describe(base, display, view_ret);
	view_ret->type = view_ret->type ? view_ret->type : "rax";
	view_ret->hints = syscall_node_obstacle(node) ? NODE_HINT_READ_ONLY : 0;
	return error;
}

static struct error *result_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				     size_t *count_ret)
{
	if (!has_result(syscall_node_event((struct syscall_node *)base)))
		return NULL;
	return tree_children(base, is_indexed, start, count, nodes_ret, count_ret);
}

static const struct node_ops result_ops = { .describe = result_describe, .children = result_children, .assign = syscall_node_assign };

// ---- what is a word of the event ------------------------------------------------------------------------------------------

static struct error *result2_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	uint64_t value = (uint64_t)syscall_node_event((struct syscall_node *)base)->result2;
	(void)display;
	*view_ret = (struct node_view){ .value = arena_printf(base->arena, "0x%" PRIx64, value), .type = "rdx" };
	return NULL;
}

static struct error *result2_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	uint64_t value;
	struct error *error = inspect_integer(node->context, text, &value);
	if (!error)
		error = syscall_edit_result2(node->context->thread, value);
	if (!error)
		frame_context_wrote(node->context, 0, 0);
	return error;
}

static const struct node_ops result2_ops = { .describe = result2_describe, .assign = result2_assign };

static struct error *errno_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	int64_t number = -syscall_node_event((struct syscall_node *)base)->result;
	const char *name = number > 0 && number < 4096 ? errno_name((int)number) : NULL;
	(void)display;
	*view_ret = (struct node_view){ .value = number <= 0 ? "0" : name ? arena_printf(base->arena, "%s (%s)", name, strerror((int)number))
									 : arena_printf(base->arena, "%" PRId64, number) };
	return NULL;
}

static struct error *errno_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	_cleanup_free_ char *name = xstrndup(text, strcspn(text, " ("));   // "ENOENT (No such file or directory)"
	uint64_t number = (uint64_t)notation_errno(name);
	struct error *error = number ? NULL : inspect_integer(node->context, text, &number);
	if (!error && (!number || number > ERRNO_MAX))
		error = error_create(ERROR_INVALID, "errno is a number from 1 to %d, or a name like ENOENT", ERRNO_MAX);
	if (!error)
		error = syscall_edit_result(node->context->thread, -(int64_t)number);
	if (!error)
		frame_context_wrote(node->context, 0, 0);
	return error;
}

static const struct node_ops errno_ops = { .describe = errno_describe, .assign = errno_assign };

static void add_result(struct frame_context *context, struct node_list *list)
{
	struct arena *arena = context->eval.arena;
	const struct syscall_event *event = &context->thread->syscall;
	struct syscall_node *node = make(context, &result_ops, "result", event->phase == SYSCALL_RETURN ? "$result" : NULL);
	node->is_result = true;
	node_list_add(list, arena, &node->node);
	if (event->phase == SYSCALL_RETURN)
		node_list_add(list, arena, &make(context, &result2_ops, "result2", "$rdx")->node);
	if (has_result(event) && event->is_error)
		node_list_add(list, arena, &make(context, &errno_ops, "errno", event->phase == SYSCALL_RETURN ? "$errno" : NULL)->node);
}

// ---- which call -----------------------------------------------------------------------------------------------------------

static struct error *number_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct syscall_node *node = (struct syscall_node *)base;
	const struct syscall_event *event = syscall_node_event(node);
	const char *value = node->index ? syscall_name(event->abi, event->number)
			    : arena_printf(base->arena, display->is_hex ? "0x%" PRIx64 : "%" PRIu64, event->number);
	*view_ret = (struct node_view){ .value = value, .type = node->index ? NULL : syscall_abi_description(event->abi),
					.hints = event->phase == SYSCALL_ENTRY ? 0 : NODE_HINT_READ_ONLY };
	return NULL;
}

// The error of a set of that name says which name is near.
static struct error *number_by_name(struct syscall_node *node, const char *text, uint64_t *number_ret)
{
	int number = syscall_number(syscall_node_event(node)->abi, text);
	struct syscall_set set;
	*number_ret = (uint64_t)number;
	if (number >= 0)
		return NULL;
	if (isalpha((unsigned char)text[0])) {
		struct error *error = syscall_set_parse(text, &set);
		return error ? error : error_create(ERROR_INVALID, "%s is no call of %s", text, syscall_abi_description(syscall_node_event(node)->abi));
	}
	return inspect_integer(node->context, text, number_ret);
}

static struct error *number_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	uint64_t number;
	struct error *error = NULL;
	if (syscall_node_event(node)->phase != SYSCALL_ENTRY)
		error = error_create(ERROR_STATE, "the call has returned; another one can be made of it at the entry only");
	if (!error)
		error = number_by_name(node, text, &number);
	if (!error)
		error = syscall_edit_number(node->context->thread, number);
	if (!error)
		frame_context_wrote(node->context, 0, 0);
	return error;
}

static const struct node_ops number_ops = { .describe = number_describe, .assign = number_assign };

static const char *phase_words(const struct syscall_event *event)
{
	if (event->phase == SYSCALL_ENTRY)
		return event->is_skipped ? "entry (the call will not be made)" : "entry";
	return event->is_skipped ? "return (the call was not made)" : "return";
}

static struct error *scope_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct syscall_node *scope = (struct syscall_node *)base;
	const struct syscall_event *event = syscall_node_event(scope);
	struct arena *arena = base->arena;
	struct node_list list = { 0 };
	if (is_indexed)
		return NULL;
	node_list_add(&list, arena, &make(scope->context, &number_ops, "number", "(int)$syscall")->node);
	struct syscall_node *name = make(scope->context, &number_ops, "name", "$syscall");
	name->index = 1;
	node_list_add(&list, arena, &name->node);
	node_list_add(&list, arena, text_node_create(arena, "phase", phase_words(event), NULL));
	if (syscall_continued_name(event))
		node_list_add(&list, arena, text_node_create(arena, "goes on with", syscall_continued_name(event), NULL));
	for (unsigned i = 0; i < syscall_argument_count(event); i++)
		node_list_add(&list, arena, argument_node(scope->context, i));
	add_result(scope->context, &list);
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops scope_ops = { .describe = describe_as_group, .children = scope_children };

struct node *syscall_scope(struct frame_context *context)
{
	return &make(context, &scope_ops, "Syscall", NULL)->node;
}

// Nodes of typed values: variables, members, elements, results of expressions.
#include <ctype.h>

#include "base/str.h"
#include "engine/inspect/private.h"

struct value_node {
	struct node node;
	struct frame_context *context;
	struct value value;
	struct value_format format;
	unsigned hints;
	unsigned generation;          // debugger->changes when `value` was read
};

struct error *inspect_evaluate(struct frame_context *context, const char *text, struct value *value_ret)
{
	struct eval_context eval = context->eval;
	eval.may_have_side_effects = true;
	return evaluate_text(text, &eval, value_ret, NULL);
}

struct error *inspect_integer(struct frame_context *context, const char *text, uint64_t *integer_ret)
{
	struct value value;
	int64_t integer;
	struct error *error = inspect_evaluate(context, text, &value);
	if (!error)
		error = value_as_integer(&context->eval, &value, &integer);
	if (!error)
		*integer_ret = (uint64_t)integer;
	return error;
}

// A change of another variable may have changed this one, too: a member, an alias.
static void renew(struct value_node *node)
{
	unsigned generation = node->context->debugger->changes;
	if (node->generation != generation && node->value.is_lvalue)
		node->value.bytes = NULL;
	node->generation = generation;
}

// What the memory button of the editor opens: where a pointer points to, else the object itself.
static bool memory_of(struct value_node *node, uint64_t *address_ret)
{
	const struct eval_context *eval = &node->context->eval;
	const struct type *type = type_strip(node->value.type);
	int64_t integer;
	struct error *error;
	if (type->kind == TYPE_POINTER) {
		error = value_as_integer(eval, &node->value, &integer);
		*address_ret = (uint64_t)integer;
	} else {
		error = value_address(&node->value, address_ret);
	}
	bool has_memory = !error && *address_ret;
	error_destroy(error);
	return has_memory;
}

// Elements of an array come one after the other and all have one type.
static const char *spelled_type(struct frame_context *context, const struct type *type)
{
	if (context->spelled_type != type || !context->spelling) {
		_cleanup_free_ char *name = type_name(type);
		context->spelled_type = type;
		context->spelling = arena_strdup(context->eval.arena, name);
	}
	return context->spelling;
}

static struct error *value_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct value_node *node = (struct value_node *)base;
	const struct eval_context *eval = &node->context->eval;
	struct value_format format = node->format;
	renew(node);
	struct node_view view = { .hints = node->hints };
	_cleanup_str_ struct str text = STR_INIT;
	format.is_hex = display->is_hex;
	value_format(eval, &node->value, &format, &text);
	view.value = arena_strndup(base->arena, str_text(&text), text.length);
	view.type = spelled_type(node->context, node->value.type);
	// What has no readable children has none: the value already says why.
	error_destroy(value_child_counts(eval, &node->value, &view.named_children, &view.indexed_children));
	view.has_memory = memory_of(node, &view.memory);
	if (!node->value.is_lvalue)
		view.hints |= NODE_HINT_READ_ONLY;
	*view_ret = view;
	return NULL;
}

static struct node *child_node(struct value_node *parent, struct value_child *child)
{
	struct arena *arena = parent->node.arena;
	struct frame_context *context = parent->context;
	if (child->error)
		return failed_node_create(arena, child->name, TAKE(child->error));
	char *expression = parent->node.expression
				   ? value_child_expression(&context->eval, parent->node.expression, &parent->value, child)
				   : NULL;
	struct value_format format = parent->format;
	struct node *node = value_node_create(context, child->name, expression, &child->value, &format);
	if (child->is_base)
		((struct value_node *)node)->hints |= NODE_HINT_BASE_CLASS;
	return node;
}

static struct error *value_node_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
					 size_t *count_ret)
{
	struct value_node *node = (struct value_node *)base;
	const struct eval_context *eval = &node->context->eval;
	uint64_t named = 0;
	uint64_t indexed = 0;
	renew(node);
	struct error *error = value_child_counts(eval, &node->value, &named, &indexed);
	uint64_t available = is_indexed ? indexed : named;
	if (error)
		return error;
	if (start > available)
		start = available;
	if (!count || count > available - start)
		count = available - start;
	struct value_child *children;
	size_t found = 0;
	if (count)
		error = value_children(eval, &node->value, is_indexed, start, count, &children, &found);
	if (error)
		return error;
	struct node **nodes = arena_array(base->arena, struct node *, found + 1);
	for (size_t i = 0; i < found; i++)
		nodes[i] = child_node(node, &children[i]);
	*nodes_ret = nodes;
	*count_ret = found;
	return NULL;
}

// A character is shown as "65 'A'", which is what an editor lets the user change: of the two, the one that was changed counts.
static const char *edited_character(struct value_node *node, const char *text)
{
	size_t length = strcspn(text, " ");
	const char *character = text + length + (text[length] == ' ');
	bool is_pair = (isdigit((unsigned char)*text) || *text == '-') && character[strspn(character, "uUL")] == '\'' && str_ends(text, "'");
	if (!is_pair)
		return text;
	const char *number = arena_strndup(node->node.arena, text, length);
	uint64_t wanted;
	int64_t present;
	struct error *error = inspect_integer(node->context, number, &wanted);
	if (!error)
		error = value_as_integer(&node->context->eval, &node->value, &present);
	bool is_known = !error;
	error_destroy(error);
	if (!is_known)
		return text;
	uint64_t size = type_strip(node->value.type)->size;
	uint64_t mask = size && size < 8 ? ((uint64_t)1 << size * 8) - 1 : UINT64_MAX;
	return (wanted & mask) == ((uint64_t)present & mask) ? character : number;
}

static struct error *value_node_assign(struct node *base, const char *text)
{
	struct value_node *node = (struct value_node *)base;
	struct eval_context eval = node->context->eval;
	struct value source;
	struct error *error;
	eval.may_have_side_effects = true;
	// An enumerator may be named without its scope, as the value shows it.
	error = inspect_evaluate(node->context, edited_character(node, text), &source);
	if (error)
		return error;
	error = value_assign(&eval, &node->value, &source);
	node->value.bytes = NULL;
	return error;
}

static const struct node_ops value_ops = {
	.describe = value_describe,
	.children = value_node_children,
	.assign = value_node_assign,
};

static const struct node_ops constant_ops = {
	.describe = value_describe,
	.children = value_node_children,
};

struct node *value_node_create(struct frame_context *context, const char *name, const char *expression, const struct value *value,
			       const struct value_format *format)
{
	struct arena *arena = context->eval.arena;
	struct value_node *node = arena_new(arena, struct value_node);
	node->node = (struct node){ .ops = value->is_lvalue ? &value_ops : &constant_ops,
				    .name = arena_strdup(arena, name),
				    .expression = arena_strdup(arena, expression),
				    .arena = arena };
	node->context = context;
	node->value = *value;
	node->generation = context->debugger->changes;
	if (format)
		node->format = *format;
	return &node->node;
}

#include "engine/node.h"

#include "engine/inspect/private.h"

struct error *node_describe(struct node *node, const struct node_display *display, struct node_view *view_ret)
{
	static const struct node_display natural;
	struct node_view view = { 0 };
	struct error *error = node->ops->describe(node, display ? display : &natural, &view);
	if (error)
		return error;
	if (!node->ops->assign)
		view.hints |= NODE_HINT_READ_ONLY;
	*view_ret = view;
	return NULL;
}

struct error *node_children(struct node *node, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret)
{
	*nodes_ret = NULL;
	*count_ret = 0;
	if (!node->ops->children)
		return NULL;
	return node->ops->children(node, is_indexed, start, count, nodes_ret, count_ret);
}

struct error *node_assign(struct node *node, const char *text)
{
	if (!node->ops->assign)
		return error_create(ERROR_INVALID, "%s cannot be changed", node->name);
	return node->ops->assign(node, text);
}

void node_list_add(struct node_list *list, struct arena *arena, struct node *node)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct node **nodes = arena_array(arena, struct node *, capacity);
		if (list->count)
			memcpy(nodes, list->nodes, list->count * sizeof(*nodes));
		list->nodes = nodes;
		list->capacity = capacity;
	}
	list->nodes[list->count++] = node;
}

void node_list_page(const struct node_list *list, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret)
{
	size_t first = start < list->count ? (size_t)start : list->count;
	size_t rest = list->count - first;
	*nodes_ret = list->nodes + first;
	*count_ret = count && count < rest ? (size_t)count : rest;
}

struct error *describe_as_group(struct node *node, const struct node_display *display, struct node_view *view_ret)
{
	struct node **nodes;
	size_t count;
	(void)display;
	struct error *error = node_children(node, false, 0, 0, &nodes, &count);
	if (error)
		return error;
	*view_ret = (struct node_view){ .value = "", .named_children = count, .hints = NODE_HINT_READ_ONLY };
	return NULL;
}

struct text_node {
	struct node node;
	const char *value, *type;
	unsigned hints;
};

static struct error *text_describe(struct node *node, const struct node_display *display, struct node_view *view_ret)
{
	struct text_node *text = (struct text_node *)node;
	(void)display;
	*view_ret = (struct node_view){ .value = text->value, .type = text->type, .hints = text->hints | NODE_HINT_READ_ONLY };
	return NULL;
}

static const struct node_ops text_ops = { .describe = text_describe };

struct node *text_node_create(struct arena *arena, const char *name, const char *value, const char *type)
{
	struct text_node *text = arena_new(arena, struct text_node);
	text->node = (struct node){ .ops = &text_ops, .name = arena_strdup(arena, name), .arena = arena };
	text->value = arena_strdup(arena, value);
	text->type = arena_strdup(arena, type);
	return &text->node;
}

struct node *failed_node_create(struct arena *arena, const char *name, struct error *error)
{
	struct node *node = text_node_create(arena, name, arena_printf(arena, "<%s>", error->message), NULL);
	((struct text_node *)node)->hints = NODE_HINT_FAILED;
	error_destroy(error);
	return node;
}

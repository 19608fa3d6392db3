// The containers of libstdc++ whose elements lie in nodes of their own: trees, lists and hash tables. Every walk is bounded and every
// node is read before it is believed.
#include "engine/eval/library.h"

enum { TREE_DEPTH_LIMIT = 128, FORWARD_LIMIT = 1 << 20 };
enum { TREE_PARENT = 8, TREE_LEFT = 16, TREE_RIGHT = 24 };   // behind the colour

static struct error *follow(const struct eval_context *context, uint64_t node, uint64_t offset, uint64_t *next_ret)
{
	return memory_read(context->memory, node + offset, next_ret, sizeof(*next_ret));
}

// A forward_list does not know how long it is. False if it has no end: then it bites its own tail (found as Brent does).
static bool count_forward(const struct eval_context *context, struct elements *elements)
{
	uint64_t node = elements->first;
	uint64_t mark = 0;
	uint64_t next_mark = 1;
	for (; node && elements->count < FORWARD_LIMIT; elements->count++) {
		if (elements->count == next_mark) {
			mark = node;
			next_mark *= 2;
		}
		_cleanup_error_ struct error *error = follow(context, node, 0, &node);
		if (error || (node && node == mark))
			return false;
	}
	return !node;
}

// Where the parts lie, by shape: the node's header in bytes, the way to the first node and to the number of nodes.
static bool find_first(const struct eval_context *context, const struct value *value, struct elements *elements, uint64_t *header_ret)
{
	switch ((unsigned)elements->library->shape) {
	case SHAPE_TREE:
		*header_ret = 32;
		return library_number(context, value, "_M_t._M_impl._M_node_count", &elements->count) &&
		       library_number(context, value, "_M_t._M_impl._M_header._M_left", &elements->first);
	case SHAPE_LIST:
		*header_ret = 16;
		return library_number(context, value, "_M_impl._M_node._M_size", &elements->count) &&
		       library_number(context, value, "_M_impl._M_node._M_next", &elements->first);
	case SHAPE_FORWARD:
		*header_ret = 8;
		return library_number(context, value, "_M_impl._M_head._M_next", &elements->first) && count_forward(context, elements);
	default:
		*header_ret = 8;
		return library_number(context, value, "_M_h._M_element_count", &elements->count) &&
		       library_number(context, value, "_M_h._M_before_begin._M_nxt", &elements->first);
	}
}

bool nodes_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	const struct type *type = eval_strip(value->type);
	uint64_t header;
	if (!context->modules || !find_first(context, value, elements, &header))
		return false;
	char *name = arena_printf(context->arena, "%s::value_type", type->name);
	const struct type *element = modules_find_type(context->modules, name, context->pc);
	// A pair exists only as a name in the container; what is no pair is the first argument.
	if (!element && !elements->library->has_keys)
		element = library_argument(context, type, 0);
	if (!element)
		return false;
	elements->element = eval_strip(element);
	elements->offset = library_aligned(header, element);
	return true;
}

// The next node in order: the leftmost one on the right, else the first ancestor that this one is left of.
static struct error *tree_next(const struct eval_context *context, uint64_t *node)
{
	uint64_t next;
	uint64_t from = *node;
	struct error *error = follow(context, *node, TREE_RIGHT, &next);
	bool goes_down = !error && next;
	for (unsigned depth = 0; !error && depth < TREE_DEPTH_LIMIT; depth++) {
		uint64_t at = next;
		if (goes_down) {
			error = follow(context, at, TREE_LEFT, &next);
			if (!error && !next) {
				*node = at;
				return NULL;
			}
			continue;
		}
		error = follow(context, from, TREE_PARENT, &at);
		if (!error)
			error = follow(context, at, TREE_RIGHT, &next);
		if (!error && next != from) {
			*node = at;
			return NULL;
		}
		from = at;
	}
	return error ? error : error_create(ERROR_INVALID, "the tree is broken");
}

struct error *nodes_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			 struct element *items)
{
	bool goes_on = elements->cursor.node && elements->cursor.index <= start;
	uint64_t node = goes_on ? elements->cursor.node : elements->first;
	bool is_tree = elements->library->shape == SHAPE_TREE;
	for (uint64_t i = goes_on ? elements->cursor.index : 0; i < start + count; i++) {
		elements->cursor.index = i;
		elements->cursor.node = node;
		if (i >= start)
			items[i - start].value = value_at(context, elements->element, node + elements->offset);
		if (i + 1 == start + count)
			break;
		struct error *error = is_tree ? tree_next(context, &node) : follow(context, node, 0, &node);
		if (error)
			return error;
	}
	return NULL;
}

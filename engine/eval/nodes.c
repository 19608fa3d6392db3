// The containers of libstdc++ whose elements lie in nodes of their own: trees, lists and hash tables. They are the debuggee's and may
// be garbage: every walk is bounded and every node is read before it is believed.
#include "engine/eval/private.h"

enum { TREE_DEPTH_LIMIT = 128, NODES_LIMIT = 1 << 24 };
enum { TREE_PARENT = 8, TREE_LEFT = 16, TREE_RIGHT = 24 };   // behind the colour

static const struct {
	const char *beginning;
	enum nodes_kind kind;
} containers[] = {
	{ "std::map<", NODES_TREE },	       { "std::multimap<", NODES_TREE },
	{ "std::set<", NODES_TREE },	       { "std::multiset<", NODES_TREE },
	{ "std::__cxx11::list<", NODES_LIST }, { "std::unordered_map<", NODES_HASH },
	{ "std::unordered_set<", NODES_HASH }, { "std::unordered_multimap<", NODES_HASH },
	{ "std::unordered_multiset<", NODES_HASH },
};

static bool enter(const struct eval_context *context, struct value *value, const char *name)
{
	_cleanup_error_ struct error *error = value_find_member(context, value, name, value);
	return !error;
}

static bool number_at(const struct eval_context *context, const struct value *value, const char *name, uint64_t *number_ret)
{
	struct value member = *value;
	struct number number;
	if (!enter(context, &member, name))
		return false;
	_cleanup_error_ struct error *error = number_of(context, &member, &number);
	if (!error)
		*number_ret = (uint64_t)number.bits;
	return !error;
}

static bool find_nodes(const struct eval_context *context, struct value *value, struct nodes *nodes)
{
	struct value header;
	switch (nodes->kind) {
	case NODES_TREE:
		nodes->offset = 32;
		if (!enter(context, value, "_M_t") || !enter(context, value, "_M_impl"))
			return false;
		header = *value;
		return number_at(context, value, "_M_node_count", &nodes->count) && enter(context, &header, "_M_header") &&
		       number_at(context, &header, "_M_left", &nodes->first);
	case NODES_LIST:
		nodes->offset = 16;
		header = *value;
		return enter(context, &header, "_M_impl") && enter(context, &header, "_M_node") &&
		       number_at(context, &header, "_M_size", &nodes->count) && number_at(context, &header, "_M_next", &nodes->first);
	case NODES_HASH:
		nodes->offset = 8;
		if (!enter(context, value, "_M_h"))
			return false;
		header = *value;
		return number_at(context, value, "_M_element_count", &nodes->count) && enter(context, &header, "_M_before_begin") &&
		       number_at(context, &header, "_M_nxt", &nodes->first);
	}
	return false;
}

bool value_as_nodes(const struct eval_context *context, const struct value *value, struct nodes *nodes_ret)
{
	const struct type *type = eval_strip(value->type);
	struct value inside = *value;
	struct nodes nodes = { 0 };
	size_t i = 0;
	if (!type_is_class(type) || !type->name || type->language == LANGUAGE_RUST || !context->modules)
		return false;
	while (i < ARRAY_SIZE(containers) && !str_starts(type->name, containers[i].beginning))
		i++;
	if (i == ARRAY_SIZE(containers))
		return false;
	nodes.kind = containers[i].kind;
	if (!find_nodes(context, &inside, &nodes) || nodes.count > NODES_LIMIT)
		return false;
	char *name = arena_printf(context->arena, "%s::value_type", type->name);
	nodes.element = modules_find_type(context->modules, name, context->pc);
	if (!nodes.element || !eval_size_of(nodes.element))
		return false;
	nodes.element = eval_strip(nodes.element);
	*nodes_ret = nodes;
	return true;
}

static struct error *follow(const struct eval_context *context, uint64_t node, uint64_t offset, uint64_t *next_ret)
{
	return memory_read(context->memory, node + offset, next_ret, sizeof(*next_ret));
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

struct error *nodes_elements(const struct eval_context *context, const struct nodes *nodes, uint64_t start, uint64_t count,
			     struct value *elements)
{
	uint64_t node = nodes->first;
	for (uint64_t i = 0; i < start + count; i++) {
		if (i >= start)
			elements[i - start] = value_at(context, nodes->element, node + nodes->offset);
		if (i + 1 == start + count)
			break;
		struct error *error = nodes->kind == NODES_TREE ? tree_next(context, &node) : follow(context, node, 0, &node);
		if (error)
			return error;
	}
	return NULL;
}

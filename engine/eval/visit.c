// A walk over the names in a tree, without evaluating anything.
#include "engine/eval/private.h"

static struct error *visit_index(const struct node *node, expression_visit_fn visit, void *data)
{
	bool is_literal = node->b->kind == NODE_LITERAL && !node->b->is_string && type_is_integral(eval_strip(node->b->literal.type));
	struct expression_use use = { EXPRESSION_SPECIAL, .column = node->a->column, .number = -1 };
	if (is_literal)
		use.number = (int64_t)number_load(eval_strip(node->b->literal.type), node->b->literal.bytes).bits;
	_cleanup_free_ char *name = xasprintf("%s[]", node->a->special);
	use.name = name;
	struct error *error = visit(data, &use);
	return error ? error : node_visit(node->b, visit, data);
}

static struct error *visit_call(const struct node *node, expression_visit_fn visit, void *data)
{
	struct expression_use use = { EXPRESSION_CALL, .column = node->column, .argument_count = node->argument_count };
	use.name = node->a->kind == NODE_NAME ? node->a->name : NULL;
	if (node->argument_count && node->arguments[0]->is_string)
		use.text = (const char *)node->arguments[0]->literal.bytes;
	struct error *error = visit(data, &use);
	if (!error && !use.name)
		error = node_visit(node->a, visit, data);
	for (size_t i = 0; i < node->argument_count && !error; i++)
		error = node_visit(node->arguments[i], visit, data);
	return error;
}

// NULL if this is no comparison of a special with a name or a string.
static const struct node *special_of(const struct node *node, const struct node **word_ret)
{
	if (node->kind != NODE_BINARY || (node->operator != OPERATOR_EQUAL && node->operator != OPERATOR_NOT_EQUAL))
		return NULL;
	const struct node *special = node->a->kind == NODE_SPECIAL ? node->a : node->b;
	const struct node *word = special == node->a ? node->b : node->a;
	*word_ret = word;
	return special->kind == NODE_SPECIAL && (word->kind == NODE_NAME || word->is_string) ? special : NULL;
}

static struct error *visit_comparison(const struct node *special, const struct node *word, expression_visit_fn visit, void *data)
{
	struct expression_use use = { EXPRESSION_WORD, .column = word->column, .other = special->special };
	use.text = word->is_string ? (const char *)word->literal.bytes : NULL;
	use.name = use.text ? use.text : word->name;
	struct error *error = node_visit(special, visit, data);
	return error ? error : visit(data, &use);
}

static bool is_use(const struct node *node, enum expression_part *part_ret)
{
	if (node->special) {
		*part_ret = EXPRESSION_SPECIAL;
		return true;
	}
	switch (node->kind) {
	case NODE_NAME: *part_ret = EXPRESSION_NAME; return true;
	case NODE_REGISTER: *part_ret = EXPRESSION_REGISTER; return true;
	case NODE_CAST: *part_ret = EXPRESSION_TYPE; return true;
	case NODE_ASSIGN:
	case NODE_STEP: *part_ret = EXPRESSION_CHANGE; return true;
	default: return false;
	}
}

struct error *node_visit(const struct node *node, expression_visit_fn visit, void *data)
{
	const struct node *word;
	const struct node *special = special_of(node, &word);
	if (special)
		return visit_comparison(special, word, visit, data);
	if (node->kind == NODE_INDEX && node->a->special)
		return visit_index(node, visit, data);
	if (node->kind == NODE_CALL)
		return visit_call(node, visit, data);
	struct expression_use use = { .name = node->special ? node->special : node->name, .column = node->column };
	struct error *error = is_use(node, &use.part) ? visit(data, &use) : NULL;
	const struct node *parts[] = { node->special ? NULL : node->a, node->b, node->c };
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !error; i++)
		error = parts[i] ? node_visit(parts[i], visit, data) : NULL;
	return error;
}

#include "engine/eval/expression.h"

#include "engine/eval/private.h"

struct expression {
	struct arena *arena;
	char *text;
	struct node *root;
	struct value_format format;
	bool has_side_effects;
};

struct error *expression_parse(const char *text, const struct eval_context *context, struct expression **expression_ret)
{
	struct arena *arena = arena_create();
	struct parser parser = { .text = text, .context = context, .arena = arena };
	struct node *root;
	struct error *error = parser_run(&parser, &root);
	vec_deinit(&parser.tokens);
	if (error) {
		arena_destroy(arena);
		return error;
	}
	struct expression *expression = arena_new(arena, struct expression);
	expression->arena = arena;
	expression->text = arena_strdup(arena, text);
	expression->root = root;
	expression->format = parser.format;
	expression->has_side_effects = parser.has_side_effects;
	*expression_ret = expression;
	return NULL;
}

void expression_destroy(struct expression *expression)
{
	if (expression)
		arena_destroy(expression->arena);
}

const struct value_format *expression_value_format(const struct expression *expression)
{
	return &expression->format;
}

const char *expression_text(const struct expression *expression)
{
	return expression->text;
}

bool expression_has_side_effects(const struct expression *expression)
{
	return expression->has_side_effects;
}

struct error *expression_evaluate(struct expression *expression, const struct eval_context *context, struct value *value_ret)
{
	struct value value;
	struct error *error = node_evaluate(context, expression->root, &value);
	if (!error)
		*value_ret = value;
	return error;
}

struct error *expression_visit(const struct expression *expression, expression_visit_fn visit, void *data)
{
	return node_visit(expression->root, visit, data);
}

struct error *evaluate_text(const char *text, const struct eval_context *context, struct value *value_ret, struct value_format *format_ret)
{
	struct expression *expression;
	struct error *error = expression_parse(text, context, &expression);
	if (error)
		return error;
	struct value value;
	error = expression_evaluate(expression, context, &value);
	if (!error) {
		// Literals live in the expression, the caller's value must not.
		if (value.bytes)
			value.bytes = value_from_bytes(context, value.type, value.bytes).bytes;
		*value_ret = value;
		if (format_ret)
			*format_ret = expression->format;
	}
	expression_destroy(expression);
	return error;
}

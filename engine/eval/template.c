// Log messages: words with expressions in braces. A brace itself is written twice, or behind a backslash.
#include "engine/eval/private.h"

struct template_part {
	char *words;                     // NULL: an expression
	struct expression *expression;
};

struct template {
	VEC(struct template_part) parts;
};

static void add_words(struct template *template, struct str *words)
{
	if (words->length)
		vec_push(&template->parts)->words = str_take(words);
}

// The brace that closes an expression: not one inside quotes or in a ".{1}".
static const char *find_close(const char *at)
{
	unsigned depth = 0;
	for (; *at; at++) {
		if (*at == '"' || *at == '\'') {
			char quote = *at++;
			while (*at && *at != quote)
				at += *at == '\\' && at[1] ? 2 : 1;
			if (!*at)
				return NULL;
		} else if (*at == '{') {
			depth++;
		} else if (*at == '}' && depth-- == 0) {
			return at;
		}
	}
	return NULL;
}

static struct error *add_expression(struct template *template, const char *start, const char *end, const struct eval_context *context)
{
	_cleanup_free_ char *text = xstrndup(start, (size_t)(end - start));
	struct expression *expression;
	struct error *error = expression_parse(text, context, &expression);
	if (error)
		return error_wrap(error, "in {%s}", text);
	vec_push(&template->parts)->expression = expression;
	return NULL;
}

static struct error *parse_parts(struct template *template, const char *text, const struct eval_context *context, struct str *words)
{
	for (const char *at = text; *at; at++) {
		if ((*at == '{' || *at == '}') && at[1] == *at) {
			str_char(words, *at++);
			continue;
		}
		if (*at == '\\' && (at[1] == '{' || at[1] == '}')) {
			str_char(words, *++at);
			continue;
		}
		if (*at == '}')
			return error_create(ERROR_INVALID, "a single } at column %zu: write }} for a brace", (size_t)(at - text) + 1);
		if (*at != '{') {
			str_char(words, *at);
			continue;
		}
		const char *close = find_close(at + 1);
		if (!close)
			return error_create(ERROR_INVALID, "missing } for the { at column %zu", (size_t)(at - text) + 1);
		add_words(template, words);
		struct error *error = add_expression(template, at + 1, close, context);
		if (error)
			return error;
		at = close;
	}
	add_words(template, words);
	return NULL;
}

struct error *template_parse(const char *text, const struct eval_context *context, struct template **template_ret)
{
	struct template *template = xcalloc(1, sizeof(*template));
	_cleanup_str_ struct str words = STR_INIT;
	struct error *error = parse_parts(template, text, context, &words);
	if (error)
		template_destroy(template);
	else
		*template_ret = template;
	return error;
}

void template_destroy(struct template *template)
{
	if (!template)
		return;
	for (size_t i = 0; i < template->parts.count; i++) {
		free(template->parts.items[i].words);
		expression_destroy(template->parts.items[i].expression);
	}
	vec_deinit(&template->parts);
	free(template);
}

void template_expand(struct template *template, const struct eval_context *context, struct str *text)
{
	for (size_t i = 0; i < template->parts.count; i++) {
		struct template_part *part = &template->parts.items[i];
		if (part->words) {
			str_add(text, part->words);
			continue;
		}
		struct value value;
		struct error *error = expression_evaluate(part->expression, context, &value);
		if (error) {
			str_printf(text, "<error: %s>", error->message);
			error_destroy(error);
			continue;
		}
		value_format(context, &value, expression_value_format(part->expression), text);
	}
}

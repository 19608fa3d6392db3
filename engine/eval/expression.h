// C expressions (with ns::names, $registers, casts, sizeof, ?:, assignment) as users type them into watches, conditions,
// log messages, setVariable and the console. Parsed once, evaluated often: names are bound at the first evaluation in a
// function and stay bound while the pc's function is the same.
#pragma once

#include "engine/eval/format.h"
#include "engine/eval/value.h"

struct expression;

// ERROR_INVALID with the column (from 1) and what was expected. `text` may end in a format suffix ",x" ",d" ",o" ",b" ",c" ",s" or
// ",[n]" (n elements of a pointer), which expression_format() tells. Depth and length are bounded.
// Type names need the modules: `context` is only used to look them up and may be NULL (then only built-in C types).
struct error *expression_parse(const char *text, const struct eval_context *context, struct expression **expression_ret);
void expression_destroy(struct expression *expression);   // NULL-safe
const struct value_format *expression_value_format(const struct expression *expression);
const char *expression_text(const struct expression *expression);
bool expression_has_side_effects(const struct expression *expression);   // assignment, ++, call

// What an expression refers to, for whoever checks it before there is a place to evaluate it at. Members of values are not told.
enum expression_part {
	EXPRESSION_NAME,       // x, ns::y, ENOENT
	EXPRESSION_SPECIAL,    // $name, $name.member, $name[]; `number` is the literal between the brackets, -1: it is no literal
	EXPRESSION_REGISTER,
	EXPRESSION_WORD,       // a name or string that is compared (==, !=) with the special `other`
	EXPRESSION_CALL,       // of the function `name`, NULL: of a value
	EXPRESSION_TYPE,       // a cast
	EXPRESSION_CHANGE,     // =, ++ and the like
};
struct expression_use {
	enum expression_part part;
	const char *name, *other;
	int64_t number;
	unsigned column;       // from 1, in the text that was parsed
	size_t argument_count; // CALL
	const char *text;      // CALL: its first argument if that is a string literal; WORD: its text if it was quoted
};
typedef struct error *(*expression_visit_fn)(void *data, const struct expression_use *use);
// Until the first error, which is returned.
struct error *expression_visit(const struct expression *expression, expression_visit_fn visit, void *data);

struct error *expression_evaluate(struct expression *expression, const struct eval_context *context, struct value *value_ret);

// Parse, evaluate, forget.
struct error *evaluate_text(const char *text, const struct eval_context *context, struct value *value_ret, struct value_format *format_ret);

// `i = {i}, p = {p->x,x}`; "{{" and "}}" are braces. The parts are parsed once.
struct template;
struct error *template_parse(const char *text, const struct eval_context *context, struct template **template_ret);
void template_destroy(struct template *template);
// Appends the words; what fails appears as `<error: ...>`.
void template_expand(struct template *template, const struct eval_context *context, struct str *text);

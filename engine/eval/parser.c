// Tokens to a tree: C's grammar (C17 6.5) by precedence climbing, with gdb's p@n and the format suffixes.
#include <stdarg.h>

#include "engine/eval/private.h"

bool parser_sees_name(const struct parser *parser, const char *name)
{
	const struct token *token = parser_token(parser);
	return token->kind == TOKEN_NAME && strlen(name) == token->length && memcmp(token->text, name, token->length) == 0;
}

bool parser_accepts(struct parser *parser, int operator)
{
	if (!parser_sees(parser, operator))
		return false;
	parser->at++;
	return true;
}

struct error *parser_error(const struct parser *parser, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *words = xvasprintf(format, args);
	va_end(args);
	return syntax_error(parser->text, parser_token(parser)->text, "%s", words);
}

unsigned parser_column(const struct parser *parser)
{
	return (unsigned)(parser_token(parser)->text - parser->text) + 1;
}

struct error *parser_expects(struct parser *parser, int operator, const char *words)
{
	if (parser_accepts(parser, operator))
		return NULL;
	const struct token *token = parser_token(parser);
	if (token->kind == TOKEN_END)
		return parser_error(parser, "%s is expected, the expression ends", words);
	return parser_error(parser, "%s is expected before \"%.*s\"", words, token->length > 40 ? 40 : (int)token->length, token->text);
}

struct error *parser_enter(struct parser *parser)
{
	if (parser->depth >= EXPRESSION_DEPTH_LIMIT)
		return parser_error(parser, "nested deeper than %d levels", EXPRESSION_DEPTH_LIMIT);
	parser->depth++;
	return NULL;
}

void parser_leave(struct parser *parser)
{
	parser->depth--;
}

// The evaluation recurses as deep as the tree is: a long chain of + makes a deep one, too.
struct error *parser_make_node(struct parser *parser, enum node_kind kind, int operator, struct node *a, struct node *b,
			       struct node **node_ret)
{
	struct node *node = arena_new(parser->arena, struct node);
	node->kind = kind;
	node->operator = operator;
	node->a = a;
	node->b = b;
	node->depth = 1 + (a ? a->depth : 0);
	if (b && b->depth >= node->depth)
		node->depth = b->depth + 1;
	if (node->depth > EXPRESSION_DEPTH_LIMIT)
		return parser_error(parser, "nested deeper than %d levels", EXPRESSION_DEPTH_LIMIT);
	*node_ret = node;
	return NULL;
}

// ---- Unary and casts ---------------------------------------------------------------------------------------------

static struct error *parse_cast(struct parser *parser, struct node **node_ret)
{
	const struct type *type;
	bool is_reference;
	struct node *operand;
	struct error *error = type_parser_run(parser, &type, &is_reference);
	if (!error)
		error = parser_expects(parser, ')', ")");
	if (!error)
		error = parser_unary(parser, &operand);
	if (!error)
		error = parser_make_node(parser, NODE_CAST, 0, operand, NULL, node_ret);
	if (error)
		return error;
	(*node_ret)->type = type;
	(*node_ret)->is_reference = is_reference;
	return NULL;
}

static struct error *parse_sizeof(struct parser *parser, struct node **node_ret)
{
	parser->at++;
	size_t start = parser->at;
	if (parser_accepts(parser, '(') && type_parser_sees_type(parser)) {
		const struct type *type;
		bool is_reference;
		struct error *error = type_parser_run(parser, &type, &is_reference);
		if (!error)
			error = parser_expects(parser, ')', ")");
		if (error)
			return error;
		uint64_t size = eval_strip(type)->kind == TYPE_VOID ? 1 : eval_size_of(type);
		if (!size && eval_strip(type)->is_declaration)
			return parser_error(parser, "the size of the incomplete type is not known");
		return parser_integer_node(parser, builtin_type(BUILTIN_UNSIGNED_LONG), size, node_ret);
	}
	parser->at = start;
	struct node *operand;
	struct error *error = parser_unary(parser, &operand);
	return error ? error : parser_make_node(parser, NODE_SIZEOF, 0, operand, NULL, node_ret);
}

static bool is_unary_operator(int operator)
{
	return operator == '*' || operator == '&' || operator == '+' || operator == '-' || operator == '!' || operator == '~';
}

static struct error *parse_unary_inner(struct parser *parser, struct node **node_ret)
{
	int operator = parser_token(parser)->operator;
	bool is_step = operator == OPERATOR_INCREMENT || operator == OPERATOR_DECREMENT;
	if (is_step || is_unary_operator(operator)) {
		struct node *operand;
		unsigned column = parser_column(parser);
		parser->at++;
		parser->has_side_effects |= is_step;
		struct error *error = parser_unary(parser, &operand);
		if (!error)
			error = parser_make_node(parser, is_step ? NODE_STEP : NODE_UNARY, operator, operand, NULL, node_ret);
		if (error)
			return error;
		(*node_ret)->is_prefix = true;
		(*node_ret)->column = column;
		return NULL;
	}
	if (parser_sees_name(parser, "sizeof"))
		return parse_sizeof(parser, node_ret);
	if (operator == '(') {
		parser->at++;
		if (type_parser_sees_type(parser))
			return parse_cast(parser, node_ret);
		parser->at--;
	}
	return parser_postfix(parser, node_ret);
}

struct error *parser_unary(struct parser *parser, struct node **node_ret)
{
	struct error *error = parser_enter(parser);
	if (!error)
		error = parse_unary_inner(parser, node_ret);
	parser_leave(parser);
	return error;
}

// Rust's "x as T": binds tighter than any binary operator; the type has its stars before it.
static struct error *parse_as(struct parser *parser, struct node **node)
{
	const struct type *type;
	unsigned stars = 0;
	parser->at++;
	while (parser_accepts(parser, '*') || parser_accepts(parser, '&')) {
		if (++stars > 16)
			return parser_error(parser, "too many pointers to pointers");
		while (parser_sees_name(parser, "const") || parser_sees_name(parser, "mut"))
			parser->at++;
	}
	struct error *error = type_parser_name(parser, &type);
	if (!error)
		error = parser_make_node(parser, NODE_CAST, 0, *node, NULL, node);
	if (error)
		return error;
	while (stars--)
		type = type_pointer_to(type);
	(*node)->type = type;
	(*node)->is_saturating = true;
	return NULL;
}

static struct error *parse_operand(struct parser *parser, struct node **node_ret)
{
	struct error *error = parser_unary(parser, node_ret);
	while (!error && parser_sees_name(parser, "as"))
		error = parse_as(parser, node_ret);
	return error;
}

// ---- Binary ------------------------------------------------------------------------------------------------------

// 0: no binary operator.
static unsigned precedence(int operator)
{
	switch (operator) {
	case '*':
	case '/':
	case '%': return 11;
	case '+':
	case '-': return 10;
	case '@': return 9;
	case OPERATOR_SHIFT_LEFT:
	case OPERATOR_SHIFT_RIGHT: return 8;
	case '<':
	case '>':
	case OPERATOR_LESS_EQUAL:
	case OPERATOR_GREATER_EQUAL: return 7;
	case OPERATOR_EQUAL:
	case OPERATOR_NOT_EQUAL: return 6;
	case '&': return 5;
	case '^': return 4;
	case '|': return 3;
	case OPERATOR_AND: return 2;
	case OPERATOR_OR: return 1;
	default: return 0;
	}
}

static struct error *parse_binary(struct parser *parser, unsigned lowest, struct node **node_ret)
{
	struct node *left;
	struct error *error = parse_operand(parser, &left);
	while (!error) {
		int operator = parser_token(parser)->operator;
		unsigned rank = precedence(operator);
		if (!rank || rank < lowest)
			break;
		parser->at++;
		struct node *right;
		error = parse_binary(parser, rank + 1, &right);
		enum node_kind kind = operator == '@' ? NODE_REPEAT : rank <= 2 ? NODE_LOGIC : NODE_BINARY;
		if (!error)
			error = parser_make_node(parser, kind, operator, left, right, &left);
	}
	if (!error)
		*node_ret = left;
	return error;
}

static struct error *parse_conditional(struct parser *parser, struct node **node_ret)
{
	struct node *condition;
	struct error *error = parse_binary(parser, 1, &condition);
	if (error || !parser_accepts(parser, '?')) {
		*node_ret = error ? NULL : condition;
		return error;
	}
	struct node *then;
	struct node *otherwise;
	error = parser_comma(parser, &then);
	if (!error)
		error = parser_expects(parser, ':', ":");
	if (!error)
		error = parser_assignment(parser, &otherwise);
	struct node *arms;
	if (!error)
		error = parser_make_node(parser, NODE_CONDITIONAL, '?', then, otherwise, &arms);
	if (!error)
		error = parser_make_node(parser, NODE_CONDITIONAL, '?', condition, arms, node_ret);
	if (!error) {
		(*node_ret)->b = then;
		(*node_ret)->c = otherwise;
	}
	return error;
}

// The operator that op= does, 0 for =, -1 if it is no assignment.
static int assignment_operator(int operator)
{
	if (operator == '=')
		return 0;
	if (operator == OPERATOR_SHIFT_LEFT_ASSIGN || operator == OPERATOR_SHIFT_RIGHT_ASSIGN)
		return operator >> 8;
	bool is_comparison = operator == OPERATOR_EQUAL || operator == OPERATOR_NOT_EQUAL || operator == OPERATOR_LESS_EQUAL ||
			     operator == OPERATOR_GREATER_EQUAL;
	return operator > 0xff && (operator & 0xff) == '=' && !is_comparison ? operator >> 8 : -1;
}

struct error *parser_assignment(struct parser *parser, struct node **node_ret)
{
	struct error *error = parser_enter(parser);
	struct node *left;
	if (!error)
		error = parse_conditional(parser, &left);
	int operator = error ? -1 : assignment_operator(parser_token(parser)->operator);
	if (!error && operator >= 0) {
		struct node *right;
		unsigned column = parser_column(parser);
		parser->at++;
		parser->has_side_effects = true;
		error = parser_assignment(parser, &right);
		if (!error)
			error = parser_make_node(parser, NODE_ASSIGN, operator, left, right, &left);
		if (!error)
			left->column = column;
	}
	parser_leave(parser);
	if (!error)
		*node_ret = left;
	return error;
}

// ---- The whole ---------------------------------------------------------------------------------------------------

static bool format_of_letter(char letter, enum value_base *base_ret)
{
	static const char letters[] = "xdobcs";
	static const enum value_base bases[] = { BASE_HEX, BASE_DECIMAL, BASE_OCTAL, BASE_BINARY, BASE_CHARACTER, BASE_NATURAL };
	const char *found = letter ? strchr(letters, letter) : NULL;
	if (found)
		*base_ret = bases[found - letters];
	return found;
}

// ",x" at the end of everything (a comma operator's right side is never one of these letters alone).
static bool sees_format_suffix(struct parser *parser)
{
	const struct token *token = &parser->tokens.items[parser->at];
	enum value_base base;
	if (parser->depth != 0 || token->operator != ',' || token[1].kind != TOKEN_NAME || token[1].length != 1 ||
	    token[2].kind != TOKEN_END || !format_of_letter(token[1].text[0], &base))
		return false;
	parser->format.base = base;
	return true;
}

struct error *parser_comma(struct parser *parser, struct node **node_ret)
{
	struct node *left;
	struct error *error = parser_assignment(parser, &left);
	while (!error && parser_sees(parser, ',') && !sees_format_suffix(parser) &&
	       parser->tokens.items[parser->at + 1].operator != '[') {
		struct node *right;
		parser->at++;
		error = parser_assignment(parser, &right);
		if (!error)
			error = parser_make_node(parser, NODE_COMMA, ',', left, right, &left);
	}
	if (!error)
		*node_ret = left;
	return error;
}

struct error *parser_run(struct parser *parser, struct node **node_ret)
{
	if (strnlen(parser->text, EXPRESSION_LENGTH_LIMIT + 1) > EXPRESSION_LENGTH_LIMIT)
		return error_create(ERROR_INVALID, "the expression is longer than %d characters", EXPRESSION_LENGTH_LIMIT);
	struct error *error = lexer_run(parser->text, &parser->tokens);
	if (!error)
		error = parser_comma(parser, node_ret);
	if (!error)
		error = parser_count_suffix(parser, node_ret);
	if (!error && sees_format_suffix(parser))
		parser->at += 2;
	if (!error && parser_token(parser)->kind != TOKEN_END)
		error = parser_error(parser, "unexpected \"%.*s\"", parser_token(parser)->length > 40 ? 40 : (int)parser_token(parser)->length,
				     parser_token(parser)->text);
	return error;
}

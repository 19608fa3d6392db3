// Operands and what follows them: literals, names, $names, C++ casts, members, elements, calls.
#include <ctype.h>

#include "engine/eval/private.h"

static struct error *literal_node(struct parser *parser, const struct value *value, struct node **node_ret)
{
	struct error *error = parser_make_node(parser, NODE_LITERAL, 0, NULL, NULL, node_ret);
	if (!error)
		(*node_ret)->literal = *value;
	return error;
}

struct error *parser_integer_node(struct parser *parser, const struct type *type, uint64_t number, struct node **node_ret)
{
	struct eval_context context = { .arena = parser->arena };
	struct value value = value_from_integer(&context, type, number);
	return literal_node(parser, &value, node_ret);
}

static struct error *parse_string(struct parser *parser, struct node **node_ret)
{
	_cleanup_str_ struct str bytes = STR_INIT;
	const struct type *element = NULL;
	unsigned column = parser_column(parser);
	while (parser_token(parser)->kind == TOKEN_STRING) {
		struct error *error = literal_string(parser->text, parser_token(parser), &bytes, &element);
		if (error)
			return error;
		parser->at++;
	}
	str_append(&bytes, "\0\0\0", element->size);
	uint8_t *copy = arena_alloc(parser->arena, bytes.length);
	memcpy(copy, bytes.data, bytes.length);
	struct value value = { .type = type_array_of(element, bytes.length / element->size), .bytes = copy };
	struct error *error = literal_node(parser, &value, node_ret);
	if (!error) {
		(*node_ret)->is_string = true;
		(*node_ret)->column = column;
	}
	return error;
}

static struct error *parse_dollar(struct parser *parser, struct node **node_ret)
{
	const struct token *token = parser_token(parser);
	unsigned column = parser_column(parser);
	char *name = arena_strndup(parser->arena, token->text, token->length);
	char *lower = arena_strdup(parser->arena, name + 1);
	for (char *at = lower; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	const struct register_desc *desc = register_find(lower);
	parser->at++;
	struct error *error = parser_make_node(parser, desc ? NODE_REGISTER : NODE_SPECIAL, 0, NULL, NULL, node_ret);
	if (error)
		return error;
	(*node_ret)->register_desc = desc;
	(*node_ret)->column = column;
	(*node_ret)->special = desc ? NULL : name;
	return NULL;
}

static struct error *parse_cpp_cast(struct parser *parser, struct node **node_ret)
{
	bool is_dynamic = parser_sees_name(parser, "dynamic_cast");
	parser->at++;
	const struct type *type;
	bool is_reference;
	struct error *error = parser_expects(parser, '<', "<");
	if (!error)
		error = type_parser_run(parser, &type, &is_reference);
	if (!error && parser_sees(parser, OPERATOR_SHIFT_RIGHT))
		parser_resume_at(parser, parser_token(parser)->text + 1);
	else if (!error)
		error = parser_expects(parser, '>', ">");
	if (!error)
		error = parser_expects(parser, '(', "(");
	struct node *operand;
	if (!error)
		error = parser_comma(parser, &operand);
	if (!error)
		error = parser_expects(parser, ')', ")");
	if (!error)
		error = parser_make_node(parser, NODE_CAST, 0, operand, NULL, node_ret);
	if (error)
		return error;
	(*node_ret)->type = type;
	(*node_ret)->is_reference = is_reference;
	(*node_ret)->is_dynamic = is_dynamic;
	return NULL;
}

static bool sees_cpp_cast(const struct parser *parser)
{
	static const char *const casts[] = { "static_cast", "reinterpret_cast", "const_cast", "dynamic_cast" };
	if (parser->tokens.items[parser->at].kind != TOKEN_NAME || parser->tokens.items[parser->at + 1].operator != '<')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(casts); i++)
		if (parser_sees_name(parser, casts[i]))
			return true;
	return false;
}

static struct error *parse_name(struct parser *parser, struct node **node_ret)
{
	if (sees_cpp_cast(parser))
		return parse_cpp_cast(parser, node_ret);
	unsigned column = parser_column(parser);
	const char *name = parser_file_variable(parser);
	if (!name)
		name = parser_unquote(parser, parser_qualified_name(parser));
	bool is_true = str_equal(name, "true");
	if (is_true || str_equal(name, "false"))
		return parser_integer_node(parser, builtin_type(BUILTIN_BOOL), is_true, node_ret);
	if (str_equal(name, "nullptr") || str_equal(name, "NULL"))
		return parser_integer_node(parser, type_pointer_to(builtin_type(BUILTIN_VOID)), 0, node_ret);
	struct error *error = parser_make_node(parser, NODE_NAME, 0, NULL, NULL, node_ret);
	if (!error) {
		(*node_ret)->name = name;
		(*node_ret)->column = column;
	}
	return error;
}

// p,[3] within parentheses, as the expressions of such a value's children have it.
struct error *parser_count_suffix(struct parser *parser, struct node **node)
{
	if (!parser_sees(parser, ',') || parser->tokens.items[parser->at + 1].operator != '[')
		return NULL;
	parser->at += 2;
	struct node *count;
	struct error *error = parser_comma(parser, &count);
	if (!error)
		error = parser_expects(parser, ']', "]");
	return error ? error : parser_make_node(parser, NODE_REPEAT, ',', *node, count, node);
}

static struct error *parse_primary(struct parser *parser, struct node **node_ret)
{
	const struct token *token = parser_token(parser);
	struct value value;
	struct error *error;
	switch (token->kind) {
	case TOKEN_NUMBER:
	case TOKEN_CHARACTER:
		error = (token->kind == TOKEN_NUMBER ? literal_number : literal_character)(parser->text, token, parser->arena, &value);
		if (error)
			return error;
		parser->at++;
		return literal_node(parser, &value, node_ret);
	case TOKEN_STRING: return parse_string(parser, node_ret);
	case TOKEN_DOLLAR: return parse_dollar(parser, node_ret);
	case TOKEN_NAME: return parse_name(parser, node_ret);
	case TOKEN_END: return parser_error(parser, "an operand is expected, the expression ends");
	case TOKEN_OPERATOR: break;
	}
	if (!parser_accepts(parser, '('))
		return parser_error(parser, "an operand is expected before \"%.*s\"", (int)token->length, token->text);
	error = parser_comma(parser, node_ret);
	if (!error)
		error = parser_count_suffix(parser, node_ret);
	return error ? error : parser_expects(parser, ')', ")");
}

// .name, .0 (Rust's tuples), .{1} (the member number 1, for members without a name).
static struct error *parse_member(struct parser *parser, int operator, struct node **node)
{
	const struct token *token = parser_token(parser);
	unsigned column = parser_column(parser);
	unsigned number = 0;
	if (parser_accepts(parser, '{')) {
		token = parser_token(parser);
		for (unsigned i = 0; token->kind == TOKEN_NUMBER && i < token->length && i < 6; i++)
			number = number * 10 + (unsigned)(token->text[i] - '0') % 10;
		parser->at += token->kind == TOKEN_NUMBER;
		struct error *error = parser_expects(parser, '}', "}");
		if (!error)
			error = parser_make_node(parser, NODE_MEMBER_NUMBER, operator, *node, NULL, node);
		if (!error)
			(*node)->number = number;
		return error;
	}
	if (token->kind != TOKEN_NAME && token->kind != TOKEN_NUMBER)
		return parser_error(parser, "a member's name is expected");
	const char *name = token->kind == TOKEN_NAME ? parser_qualified_name(parser) : NULL;
	if (!name) {
		name = arena_strndup(parser->arena, token->text, token->length);
		parser->at++;
	}
	// g++ names its virtual table pointers with a dot.
	if (str_equal(name, "_vptr") && parser_sees(parser, '.') && parser->tokens.items[parser->at + 1].kind == TOKEN_NAME) {
		token = &parser->tokens.items[++parser->at];
		name = arena_printf(parser->arena, "_vptr.%.*s", (int)token->length, token->text);
		parser->at++;
	}
	token = parser_token(parser);
	if (str_equal(name, "_vptr") && token->kind == TOKEN_DOLLAR) {   // and clang++ with a dollar sign
		name = arena_printf(parser->arena, "_vptr%.*s", (int)token->length, token->text);
		parser->at++;
	}
	struct node *object = *node;
	struct error *error = parser_make_node(parser, NODE_MEMBER, operator, object, NULL, node);
	if (error)
		return error;
	(*node)->name = name;
	(*node)->column = column;
	if (object->special && operator == '.')
		(*node)->special = arena_printf(parser->arena, "%s.%s", object->special, name);
	return NULL;
}

enum { CALL_ARGUMENTS_MAX = 64 };

static struct error *parse_call(struct parser *parser, struct node **node)
{
	struct node *arguments[CALL_ARGUMENTS_MAX];
	struct node *function = *node;
	size_t count = 0;
	unsigned depth = 0;
	parser->has_side_effects = true;
	while (!parser_sees(parser, ')')) {
		if (count == CALL_ARGUMENTS_MAX)
			return parser_error(parser, "more than %d arguments", CALL_ARGUMENTS_MAX);
		struct error *error = parser_assignment(parser, &arguments[count]);
		if (error)
			return error;
		depth = arguments[count]->depth > depth ? arguments[count]->depth : depth;
		count++;
		if (!parser_accepts(parser, ','))
			break;
	}
	struct error *error = parser_expects(parser, ')', ")");
	if (!error)
		error = parser_make_node(parser, NODE_CALL, 0, function, NULL, node);
	if (error)
		return error;
	if ((*node)->depth <= depth)
		(*node)->depth = depth + 1;
	(*node)->column = function->column;
	(*node)->arguments = arena_array(parser->arena, struct node *, count + 1);
	memcpy((*node)->arguments, arguments, count * sizeof(struct node *));
	(*node)->argument_count = count;
	return NULL;
}

static struct error *parse_index(struct parser *parser, struct node **node)
{
	struct node *index;
	unsigned column = parser_column(parser);
	struct error *error = parser_comma(parser, &index);
	if (!error)
		error = parser_expects(parser, ']', "]");
	if (!error)
		error = parser_make_node(parser, NODE_INDEX, '[', *node, index, node);
	if (!error)
		(*node)->column = column;
	return error;
}

struct error *parser_postfix(struct parser *parser, struct node **node_ret)
{
	struct node *node;
	struct error *error = parse_primary(parser, &node);
	while (!error) {
		int operator = parser_token(parser)->operator;
		if (operator != '.' && operator != OPERATOR_ARROW && operator != '[' && operator != '(' &&
		    operator != OPERATOR_INCREMENT && operator != OPERATOR_DECREMENT)
			break;
		unsigned column = parser_column(parser);
		parser->at++;
		if (operator == '.' || operator == OPERATOR_ARROW) {
			error = parse_member(parser, operator, &node);
		} else if (operator == '[') {
			error = parse_index(parser, &node);
		} else if (operator == '(') {
			error = parse_call(parser, &node);
		} else {
			parser->has_side_effects = true;
			error = parser_make_node(parser, NODE_STEP, operator, node, NULL, &node);
			if (!error)
				node->column = column;
		}
	}
	if (!error)
		*node_ret = node;
	return error;
}

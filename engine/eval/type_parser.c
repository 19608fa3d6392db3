// Type names (C17 6.7.7): specifiers, then an abstract declarator.
#include "engine/eval/private.h"

enum word { WORD_UNSIGNED, WORD_SIGNED, WORD_SHORT, WORD_LONG, WORD_INT, WORD_CHAR, WORD_FLOAT, WORD_DOUBLE, WORD_VOID, WORD_BOOL,
	    WORD_INT128, WORD_COUNT };

static const struct {
	const char *name;
	enum word word;
} words[] = {
	{ "unsigned", WORD_UNSIGNED }, { "signed", WORD_SIGNED }, { "short", WORD_SHORT }, { "long", WORD_LONG }, { "int", WORD_INT },
	{ "char", WORD_CHAR }, { "float", WORD_FLOAT }, { "double", WORD_DOUBLE }, { "void", WORD_VOID }, { "bool", WORD_BOOL },
	{ "_Bool", WORD_BOOL }, { "__int128", WORD_INT128 },
};

static bool is_name(const struct token *token, const char *name)
{
	return token->kind == TOKEN_NAME && strlen(name) == token->length && memcmp(token->text, name, token->length) == 0;
}

static int word_of(const struct token *token)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_name(token, words[i].name))
			return (int)words[i].word;
	return -1;
}

static bool is_qualifier(const struct token *token)
{
	static const char *const qualifiers[] = { "const", "volatile", "restrict", "__restrict", "_Atomic", "mut" };
	for (size_t i = 0; i < ARRAY_SIZE(qualifiers); i++)
		if (is_name(token, qualifiers[i]))
			return true;
	return false;
}

static const char *tag_keyword(const struct token *token)
{
	static const char *const tags[] = { "struct", "union", "enum", "class", "typename" };
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (is_name(token, tags[i]))
			return tags[i];
	return NULL;
}

static void skip_qualifiers(struct parser *parser)
{
	while (is_qualifier(parser_token(parser)))
		parser->at++;
}

static const struct type *integer_of_words(const unsigned *counts)
{
	bool is_unsigned = counts[WORD_UNSIGNED];
	if (counts[WORD_INT128])
		return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_INT128 : BUILTIN_INT128);
	if (counts[WORD_CHAR])
		return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_CHAR : counts[WORD_SIGNED] ? BUILTIN_SIGNED_CHAR : BUILTIN_CHAR);
	if (counts[WORD_SHORT])
		return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_SHORT : BUILTIN_SHORT);
	if (counts[WORD_LONG] == 2)
		return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_LONG_LONG : BUILTIN_LONG_LONG);
	if (counts[WORD_LONG])
		return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_LONG : BUILTIN_LONG);
	return builtin_type(is_unsigned ? BUILTIN_UNSIGNED_INT : BUILTIN_INT);
}

// The type that these words name together; NULL if C has none.
static const struct type *type_of_words(const unsigned *counts)
{
	bool has_sign = counts[WORD_UNSIGNED] || counts[WORD_SIGNED];
	unsigned bases = counts[WORD_INT] + counts[WORD_CHAR] + counts[WORD_FLOAT] + counts[WORD_DOUBLE] + counts[WORD_VOID] +
			 counts[WORD_BOOL] + counts[WORD_INT128];
	bool has_length = counts[WORD_SHORT] || counts[WORD_LONG];
	if (bases > 1 || counts[WORD_UNSIGNED] + counts[WORD_SIGNED] > 1 || counts[WORD_SHORT] > 1 || counts[WORD_LONG] > 2 ||
	    (counts[WORD_SHORT] && counts[WORD_LONG]))
		return NULL;
	if (counts[WORD_DOUBLE])
		return has_sign || counts[WORD_SHORT] || counts[WORD_LONG] > 1
			       ? NULL
			       : builtin_type(counts[WORD_LONG] ? BUILTIN_LONG_DOUBLE : BUILTIN_DOUBLE);
	if (counts[WORD_FLOAT] || counts[WORD_VOID] || counts[WORD_BOOL]) {
		enum builtin builtin = counts[WORD_FLOAT] ? BUILTIN_FLOAT : counts[WORD_VOID] ? BUILTIN_VOID : BUILTIN_BOOL;
		return has_sign || has_length ? NULL : builtin_type(builtin);
	}
	if ((counts[WORD_CHAR] || counts[WORD_INT128]) && has_length)
		return NULL;
	return integer_of_words(counts);
}

static struct error *parse_words(struct parser *parser, const struct type **type_ret)
{
	unsigned counts[WORD_COUNT] = { 0 };
	size_t start = parser->at;
	for (;;) {
		int word = word_of(parser_token(parser));
		if (word >= 0)
			counts[word]++;
		else if (!is_qualifier(parser_token(parser)))
			break;
		parser->at++;
	}
	const struct type *type = type_of_words(counts);
	if (!type) {
		parser->at = start;
		return parser_error(parser, "these words name no type");
	}
	*type_ret = type;
	return NULL;
}

static const struct type *find_type(const struct parser *parser, const char *name)
{
	const struct eval_context *context = parser->context;
	const struct type *type = context && context->modules ? modules_find_type(context->modules, name, context->pc) : NULL;
	return type ? type : builtin_named(name);
}

static struct error *parse_named(struct parser *parser, const char *tag, const struct type **type_ret)
{
	const struct token *token = parser_token(parser);
	if (token->kind != TOKEN_NAME)
		return parser_error(parser, "a type's name is expected");
	const char *name = parser_qualified_name(parser);
	bool is_tagged = tag && !str_equal(tag, "typename");
	const char *tagged = is_tagged ? arena_printf(parser->arena, "%s %s", tag, name) : name;
	const struct type *type = find_type(parser, tagged);
	if (!type && is_tagged)
		type = find_type(parser, name);
	if (!type)
		return syntax_error(parser->text, token->text, "no type \"%s\"", tagged);
	*type_ret = type;
	return NULL;
}

static struct error *parse_specifiers(struct parser *parser, const struct type **type_ret)
{
	skip_qualifiers(parser);
	const char *tag = tag_keyword(parser_token(parser));
	if (tag)
		parser->at++;
	struct error *error = !tag && word_of(parser_token(parser)) >= 0 ? parse_words(parser, type_ret)
									  : parse_named(parser, tag, type_ret);
	skip_qualifiers(parser);
	return error;
}

struct error *type_parser_name(struct parser *parser, const struct type **type_ret)
{
	return parse_specifiers(parser, type_ret);
}

// C's words are names like others in Rust.
static bool is_rust_local(const struct parser *parser, const struct token *token)
{
	const struct eval_context *context = parser->context;
	if (!context || !context->function || context->function->language != LANGUAGE_RUST)
		return false;
	return name_is_variable(context, arena_strndup(parser->arena, token->text, token->length));
}

bool type_parser_sees_type(struct parser *parser)
{
	const struct token *token = parser_token(parser);
	if (token->kind != TOKEN_NAME)
		return false;
	if (word_of(token) >= 0 || is_qualifier(token) || tag_keyword(token))
		return !is_rust_local(parser, token);
	size_t at = parser->at;
	const char *name = parser_qualified_name(parser);
	parser->at = at;
	return find_type(parser, name) && !name_is_variable(parser->context, name);
}

static bool skip_parentheses(struct parser *parser)
{
	unsigned depth = 0;
	for (; parser_token(parser)->kind != TOKEN_END; parser->at++) {
		if (parser_sees(parser, '('))
			depth++;
		if (parser_sees(parser, ')') && --depth == 0) {
			parser->at++;
			return true;
		}
	}
	return false;
}

// "[3][4]" and "(int, char *)" behind a declarator; arrays of arrays are built from the right.
static struct error *parse_suffixes(struct parser *parser, const struct type **type)
{
	if (parser_sees(parser, '(')) {
		if (!skip_parentheses(parser))
			return parser_error(parser, "missing )");
		*type = type_function_returning(*type);
		return NULL;
	}
	if (!parser_accepts(parser, '['))
		return NULL;
	uint64_t count = 0;
	if (parser_token(parser)->kind == TOKEN_NUMBER) {
		struct value number;
		struct error *error = literal_number(parser->text, parser_token(parser), parser->arena, &number);
		if (error)
			return error;
		if (number.type->kind != TYPE_INTEGER)
			return parser_error(parser, "a whole number of elements is expected");
		memcpy(&count, number.bytes, sizeof(count));
		parser->at++;
	}
	struct error *error = parser_expects(parser, ']', "]");
	if (!error)
		error = parser_enter(parser);
	if (error)
		return error;
	error = parse_suffixes(parser, type);
	parser_leave(parser);
	if (!error)
		*type = type_array_of(*type, count);
	return error;
}

static bool sees_nested_declarator(const struct parser *parser)
{
	int next = parser_sees(parser, '(') ? parser->tokens.items[parser->at + 1].operator : 0;
	return next == '*' || next == '&' || next == '(' || next == OPERATOR_AND;
}

static struct error *parse_declarator(struct parser *parser, const struct type **type, bool *is_reference)
{
	struct error *error = parser_enter(parser);
	if (error)
		return error;
	// Derived types live for ever: their number is bounded.
	unsigned stars = 0;
	while (parser_sees(parser, '*') || parser_sees(parser, '&') || parser_sees(parser, OPERATOR_AND)) {
		if (++stars > 16)
			return parser_error(parser, "too many pointers to pointers");
		if (parser_sees(parser, '*'))
			*type = type_pointer_to(*type);
		else
			*is_reference = true;
		parser->at++;
		skip_qualifiers(parser);
	}
	if (sees_nested_declarator(parser)) {
		// The suffixes behind the parentheses apply before what is inside them.
		size_t inside = parser->at + 1;
		if (!skip_parentheses(parser))
			return parser_error(parser, "missing )");
		error = parse_suffixes(parser, type);
		size_t end = parser->at;
		parser->at = inside;
		if (!error)
			error = parse_declarator(parser, type, is_reference);
		if (!error)
			error = parser_expects(parser, ')', ")");
		parser->at = end;
	} else {
		error = parse_suffixes(parser, type);
	}
	parser_leave(parser);
	return error;
}

struct error *type_parser_run(struct parser *parser, const struct type **type_ret, bool *is_reference_ret)
{
	const struct type *type = NULL;
	bool is_reference = false;
	struct error *error = parse_specifiers(parser, &type);
	if (!error)
		error = parse_declarator(parser, &type, &is_reference);
	if (error)
		return error;
	*type_ret = type;
	*is_reference_ret = is_reference;
	return NULL;
}

// Text to tokens. Qualified names ("a::b", "::a", "'file.c'::g") are one token; template arguments are the parser's business,
// for only it can ask whether such a name exists.
#include <ctype.h>
#include <stdarg.h>

#include "engine/eval/private.h"

struct error *syntax_error(const char *text, const char *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *words = xvasprintf(format, args);
	va_end(args);
	return error_create(ERROR_INVALID, "%s at column %zu", words, (size_t)(at - text) + 1);
}

bool lexer_is_name_start(char character)
{
	// Bytes above 0x7f: identifiers in UTF-8.
	return isalpha((unsigned char)character) || character == '_' || (unsigned char)character >= 0x80;
}

bool lexer_is_name_part(char character)
{
	return lexer_is_name_start(character) || isdigit((unsigned char)character);
}

#define ANONYMOUS_NAMESPACE "(anonymous namespace)::"

static const char *skip_identifier(const char *at)
{
	while (lexer_is_name_part(*at))
		at++;
	return at;
}

// One past the end of `a::b::c`; `at` is at a name's start or at "::".
static const char *skip_qualified(const char *at)
{
	for (;;) {
		if (str_starts(at, "::"))
			at += 2;
		if (str_starts(at, ANONYMOUS_NAMESPACE)) {
			at += strlen(ANONYMOUS_NAMESPACE);
			continue;
		}
		if (*at == '~' && lexer_is_name_start(at[1]))
			at++;
		at = skip_identifier(at);
		bool goes_on = str_starts(at, "::") && (lexer_is_name_start(at[2]) || str_starts(at + 2, ANONYMOUS_NAMESPACE) ||
							 (at[2] == '~' && lexer_is_name_start(at[3])));
		if (!goes_on)
			return at;
	}
}

// The closing quote, NULL if there is none.
static const char *find_quote(const char *at, char quote)
{
	for (; *at && *at != quote; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at : NULL;
}

static bool is_number_part(const char *at)
{
	if (isalnum((unsigned char)*at) || *at == '.' || *at == '_' || (*at == '\'' && isalnum((unsigned char)at[1])))
		return true;
	return (*at == '+' || *at == '-') && strchr("eEpP", at[-1]);
}

static const char *skip_number(const char *at, bool is_member)
{
	const char *start = at;
	if (is_member) {
		while (isdigit((unsigned char)*at))
			at++;
		return at;
	}
	bool is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
	while (is_number_part(at)) {
		// 0xe+1 is a sum, 1e+1 a number.
		if ((*at == '+' || *at == '-') && is_hex && strchr("eE", at[-1]))
			break;
		at++;
	}
	return at > start ? at : start + 1;
}

static unsigned operator_length(const char *at)
{
	static const char *const three[] = { "<<=", ">>=" };
	static const char *const two[] = { "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=",
					   "*=", "/=", "%=", "&=", "|=", "^=" };
	for (size_t i = 0; i < ARRAY_SIZE(three); i++)
		if (str_starts(at, three[i]))
			return 3;
	for (size_t i = 0; i < ARRAY_SIZE(two); i++)
		if (str_starts(at, two[i]))
			return 2;
	return strchr("+-*/%&|^~!<>=?:,.()[]{}@", *at) ? 1 : 0;
}

static int pack(const char *text, unsigned length)
{
	int operator = 0;
	for (unsigned i = 0; i < length; i++)
		operator = operator << 8 | (unsigned char)text[i];
	return operator;
}

// A quote with an optional L, u, U or u8 before it.
static const char *quote_after_prefix(const char *at)
{
	if (*at == 'u' && at[1] == '8')
		at += 2;
	else if (*at && strchr("LuUb", *at))
		at++;
	return *at == '"' || *at == '\'' ? at : NULL;
}

static struct error *lex_quoted(const char *text, const char *at, const char *quote, struct token *token)
{
	const char *close = find_quote(quote + 1, *quote);
	if (!close)
		return syntax_error(text, quote, "missing %c for the one", *quote);
	token->kind = *quote == '"' ? TOKEN_STRING : TOKEN_CHARACTER;
	const char *end = close + 1;
	if (*quote == '\'' && quote == at && str_starts(end, "::")) {
		token->kind = TOKEN_NAME;
		end = skip_qualified(end);
	}
	token->length = (unsigned)(end - at);
	return NULL;
}

static bool is_operand(const struct token *token)
{
	return token->kind == TOKEN_NAME || token->kind == TOKEN_DOLLAR || token->kind == TOKEN_NUMBER || token->operator == ')' ||
	       token->operator == ']' || token->operator == '}';
}

static bool is_behind_dot(const struct tokens *tokens)
{
	if (tokens->count < 2 || !is_operand(&tokens->items[tokens->count - 2]))
		return false;
	int operator = tokens->items[tokens->count - 1].operator;
	return operator == '.' || operator == OPERATOR_ARROW;
}

static struct error *lex_one(const char *text, const char *at, const struct tokens *tokens, struct token *token)
{
	const struct token *last = tokens->count ? &tokens->items[tokens->count - 1] : NULL;
	const char *quote = *at == '"' || *at == '\'' ? at : quote_after_prefix(at);
	token->text = at;
	if (quote)
		return lex_quoted(text, at, quote, token);
	bool is_point_number = *at == '.' && isdigit((unsigned char)at[1]) && !(last && is_operand(last));
	if (isdigit((unsigned char)*at) || is_point_number) {
		token->kind = TOKEN_NUMBER;
		token->length = (unsigned)(skip_number(at, is_behind_dot(tokens)) - at);
	} else if (*at == '$') {
		token->kind = TOKEN_DOLLAR;
		token->length = (unsigned)(skip_identifier(at + 1) - at);
		if (token->length == 1)
			return syntax_error(text, at, "a name is expected after $");
	} else if (lexer_is_name_start(*at) || (str_starts(at, "::") && lexer_is_name_start(at[2])) ||
		   str_starts(at, ANONYMOUS_NAMESPACE)) {
		token->kind = TOKEN_NAME;
		token->length = (unsigned)(skip_qualified(at) - at);
	} else {
		token->kind = TOKEN_OPERATOR;
		token->length = operator_length(at);
		if (!token->length)
			return syntax_error(text, at, "unexpected character %c", *at);
		token->operator = pack(at, token->length);
	}
	return NULL;
}

struct error *lexer_run(const char *text, struct tokens *tokens)
{
	const char *at = text;
	for (;;) {
		while (isspace((unsigned char)*at))
			at++;
		struct token token = { .kind = TOKEN_END, .text = at };
		struct error *error = *at ? lex_one(text, at, tokens, &token) : NULL;
		if (error)
			return error;
		*vec_push(tokens) = token;
		if (!*at)
			return NULL;
		at += token.length;
	}
}

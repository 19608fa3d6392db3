// Names as tokens do not show them: with template arguments, with a file before them, in quotes.
#include <ctype.h>

#include "engine/eval/private.h"

// Behind the matching '>' of the '<' at `at`; NULL if it has none.
static const char *skip_template_arguments(const char *at)
{
	unsigned depth = 0;
	for (unsigned length = 0; *at && length < 4096; at++, length++) {
		if (*at == '<' || *at == '(' || *at == '[')
			depth++;
		else if ((*at == '>' && at[-1] != '-') || *at == ')' || *at == ']')
			depth--;
		else if (strchr(";\"{}", *at))
			return NULL;
		if (!depth)
			return *at == '>' ? at + 1 : NULL;
	}
	return NULL;
}

// Spaces as DWARF has them: one behind a comma and between words, none elsewhere.
static char *normalise_template(struct arena *arena, const char *text, size_t length)
{
	char *name = arena_alloc(arena, length * 2 + 1);
	size_t used = 0;
	for (size_t i = 0; i < length; i++) {
		if (isspace((unsigned char)text[i])) {
			size_t next = i;
			while (next < length && isspace((unsigned char)text[next]))
				next++;
			if (used && next < length && lexer_is_name_part(name[used - 1]) && lexer_is_name_part(text[next]))
				name[used++] = ' ';
			i = next - 1;
			continue;
		}
		name[used++] = text[i];
		if (text[i] == ',')
			name[used++] = ' ';
	}
	return name;
}

static bool is_known_name(const struct eval_context *context, const char *name)
{
	uint64_t entry;
	const struct type *type;
	return modules_find_type(context->modules, name, context->pc) || modules_find_variable(context->modules, name, context->pc) ||
	       modules_find_function(context->modules, name, context->pc, &entry, &type);
}

// Makes `end`, inside some later token, the start of the next one ("vec<vec<int>>" ends within ">>").
void parser_resume_at(struct parser *parser, const char *end)
{
	while (parser_token(parser)->kind != TOKEN_END && parser_token(parser)->text + parser_token(parser)->length <= end)
		parser->at++;
	struct token *token = &parser->tokens.items[parser->at];
	if (token->text < end && token->kind == TOKEN_OPERATOR) {
		token->length -= (unsigned)(end - token->text);
		token->text = end;
		token->operator = 0;
		for (unsigned i = 0; i < token->length; i++)
			token->operator = token->operator << 8 | (unsigned char)end[i];
	}
}

static const char *template_name(struct parser *parser, const char *start, const char *open)
{
	const struct eval_context *context = parser->context;
	const char *end = skip_template_arguments(open);
	if (!end || !context || !context->modules)
		return NULL;
	while (str_starts(end, "::") && lexer_is_name_start(end[2])) {
		end += 2;
		while (lexer_is_name_part(*end))
			end++;
		const char *more = *end == '<' ? skip_template_arguments(end) : NULL;
		end = more ? more : end;
	}
	const char *spellings[] = { arena_strndup(parser->arena, start, (size_t)(end - start)),
				    normalise_template(parser->arena, start, (size_t)(end - start)) };
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		if (!is_known_name(context, spellings[i]))
			continue;
		parser_resume_at(parser, end);
		return spellings[i];
	}
	return NULL;
}

const char *parser_qualified_name(struct parser *parser)
{
	const struct token *token = parser_token(parser);
	const char *start = token->text;
	const char *end = start + token->length;
	const char *found = *end == '<' ? template_name(parser, start, end) : NULL;
	if (found)
		return found;
	parser->at++;
	return arena_strndup(parser->arena, start, (size_t)(end - start));
}

// file.c::g, written without quotes: one past its last token if the program knows it.
const char *parser_file_variable(struct parser *parser)
{
	const struct token *first = parser_token(parser);
	if (!parser->context || !parser->context->modules || first[1].operator != '.' || first[1].text != first->text + first->length)
		return NULL;
	const struct token *last = first + 2;
	while (last->kind == TOKEN_NAME && last[1].operator == '.' && last[2].kind == TOKEN_NAME)
		last += 2;
	const char *colons = last->kind == TOKEN_NAME ? memmem(last->text, last->length, "::", 2) : NULL;
	if (!colons || colons == last->text)
		return NULL;
	const char *name = arena_strndup(parser->arena, first->text, (size_t)(last->text + last->length - first->text));
	if (!is_known_name(parser->context, name))
		return NULL;
	parser->at += (size_t)(last - first) + 1;
	return name;
}

// 'file.c'::g or a name in quotes: the quotes go.
const char *parser_unquote(struct parser *parser, const char *name)
{
	const char *close = name[0] == '\'' ? strchr(name + 1, '\'') : NULL;
	if (!close)
		return name;
	return arena_printf(parser->arena, "%.*s%s", (int)(close - name - 1), name + 1, close + 1);
}

#include "engine/symbols/names.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

static bool is_word(char character)
{
	return isalnum((unsigned char)character) || character == '_' || character == '$';
}

// Behind "operator<", "operator<<=", "operator()", "operator->" ... the symbols belong to the name.
static size_t operator_length(const char *text, const char *start)
{
	static const char *const symbols[] = { "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">" };
	if (!str_starts(text, "operator") || is_word(text[8]) || (text > start && is_word(text[-1])))
		return 0;
	const char *after = text + 8;
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		if (str_starts(after, symbols[i]))
			return 8 + strlen(symbols[i]);
	return 8;
}

// The end of the <...> or (...) that opens at `text`.
static const char *skip_nested(const char *text)
{
	int depth = 0;
	for (; *text; text++) {
		if (*text == '<' || *text == '(' || *text == '{')
			depth++;
		else if ((*text == '>' && text[-1] != '-') || *text == ')' || *text == '}')
			depth--;
		if (!depth)
			return text + 1;
	}
	return text;
}

// Where the last component begins.
static const char *last_component(const char *name)
{
	const char *last = name;
	for (const char *at = name; *at;) {
		size_t operator = operator_length(at, name);
		if (operator) {
			at += operator;
		} else if (at[0] == ':' && at[1] == ':') {
			at += 2;
			last = at;
		} else if (*at == '<' || *at == '(' || *at == '{') {
			at = skip_nested(at);
		} else {
			at++;
		}
	}
	return last;
}

const char *name_last_with_arguments(const char *name)
{
	return last_component(name);
}

const char *name_last_component(const char *name, struct arena *arena)
{
	const char *last = last_component(name);
	size_t length = operator_length(last, last);
	if (!length)
		length = *last == '<' || *last == '{' || *last == '(' ? strlen(last) : strcspn(last, "<(");
	else if (length == 8)
		length = strlen(last);
	return arena_strndup(arena, last, length);
}

const char *name_identifier(const char *name, struct arena *arena)
{
	const char *last = name_last_component(name, arena);
	if (operator_length(last, last))
		return "";
	if (*last == '~')
		last++;
	return strchr(last, '{') || strchr(last, ' ') ? "" : last;
}

static bool matches_from(const char *full, const char *wanted, const char *start)
{
	while (*full || *wanted) {
		size_t operator = operator_length(full, start);
		if (operator && operator_length(wanted, wanted) == operator && !strncmp(full, wanted, operator)) {
			full += operator;
			wanted += operator;
		} else if (*full == ' ' || *wanted == ' ') {
			full += *full == ' ';
			wanted += *wanted == ' ';
		} else if (*full == '<' && *wanted != '<') {
			full = skip_nested(full);
		} else if (*full && *full == *wanted) {
			full++;
			wanted++;
		} else {
			return false;
		}
	}
	return true;
}

bool name_matches(const char *full, const char *wanted, bool is_suffix)
{
	if (str_starts(wanted, "::")) {
		wanted += 2;
		is_suffix = false;
	}
	if (matches_from(full, wanted, full))
		return true;
	for (const char *at = full; is_suffix && *at;) {
		size_t operator = operator_length(at, full);
		if (operator) {
			at += operator;
		} else if (at[0] == ':' && at[1] == ':') {
			at += 2;
			if (matches_from(at, wanted, full))
				return true;
		} else if (*at == '<' || *at == '(' || *at == '{') {
			at = skip_nested(at);
		} else {
			at++;
		}
	}
	return false;
}

// The "(" that opens the parameters: the first one outside of <>, {} and "(anonymous namespace)".
static const char *find_parameters(const char *name)
{
	for (const char *at = name; *at;) {
		size_t operator = operator_length(at, name);
		if (operator)
			at += operator;
		else if (str_starts(at, "(anonymous namespace)"))
			at += strlen("(anonymous namespace)");
		else if (*at == '(')
			return at;
		else
			at = *at == '<' || *at == '{' ? skip_nested(at) : at + 1;
	}
	return NULL;
}

void name_split_parameters(const char *name, struct arena *arena, const char **plain_ret, const char **parameters_ret)
{
	const char *open = find_parameters(name);
	*plain_ret = name;
	*parameters_ret = NULL;
	if (!open)
		return;
	const char *close = skip_nested(open);
	size_t length = (size_t)(open - name);
	while (length && name[length - 1] == ' ')
		length--;
	*plain_ret = arena_strndup(arena, name, length);
	size_t inside = (size_t)(close - open) - (close > open + 1 && close[-1] == ')' ? 2 : 1);
	*parameters_ret = arena_strndup(arena, open + 1, inside);
}

bool names_equal_loosely(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == ' ')
			a++;
		while (*b == ' ')
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

#include "adapter/env_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { FILE_LIMIT = 1024 * 1024 };

static struct error *complain(const char *path, unsigned line, const char *what)
{
	return error_create(ERROR_FORMAT, "%s:%u: %s", path, line, what);
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static char unescape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

// Appends the value inside quotes; *at is at the opening one and ends behind the closing one. False: there is none.
static bool read_quoted(const char **at, struct str *value)
{
	char quote = *(*at)++;
	for (; **at && **at != quote; (*at)++) {
		if (quote == '"' && **at == '\\' && (*at)[1])
			str_char(value, unescape(*++*at));
		else
			str_char(value, **at);
	}
	return *(*at)++ == quote;
}

static void read_bare(const char *at, struct str *value)
{
	size_t length = 0;
	while (at[length] && !(at[length] == '#' && length && isspace((unsigned char)at[length - 1])))
		length++;
	while (length && isspace((unsigned char)at[length - 1]))
		length--;
	if (*at != '#')
		str_append(value, at, length);
}

static struct error *read_line(const char *text, const char *path, unsigned line, struct arena *arena, struct string_vec *entries)
{
	const char *at = skip_blanks(text);
	if (!*at || *at == '#')
		return NULL;
	if (str_starts(at, "export") && (at[6] == ' ' || at[6] == '\t'))
		at = skip_blanks(at + 6);
	const char *name = at;
	while (*at && *at != '=' && !isspace((unsigned char)*at))
		at++;
	size_t name_length = (size_t)(at - name);
	at = skip_blanks(at);
	if (!name_length || *at != '=')
		return complain(path, line, "expected NAME=VALUE");
	at = skip_blanks(at + 1);
	_cleanup_str_ struct str value = STR_INIT;
	if (*at == '"' || *at == '\'') {
		if (!read_quoted(&at, &value))
			return complain(path, line, "the closing quote is missing");
		at = skip_blanks(at);
		if (*at && *at != '#')
			return complain(path, line, "unexpected text after the closing quote");
	} else {
		read_bare(at, &value);
	}
	*vec_push(entries) = arena_printf(arena, "%.*s=%s", (int)name_length, name, str_text(&value));
	return NULL;
}

struct error *env_file_parse(const char *text, const char *path, struct arena *arena, struct string_vec *entries)
{
	unsigned line = 1;
	for (const char *at = text; *at; line++) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *copy = xstrndup(at, length && at[length - 1] == '\r' ? length - 1 : length);
		struct error *error = read_line(copy, path, line, arena, entries);
		if (error)
			return error;
		at += length + (at[length] == '\n');
	}
	return NULL;
}

static void closefilep(FILE **file)
{
	if (*file)
		fclose(*file);
}

struct error *env_file_read(const char *path, struct arena *arena, struct string_vec *entries)
{
	__attribute__((cleanup(closefilep))) FILE *file = fopen(path, "re");
	if (!file)
		return error_system(errno, "%s", path);
	char *text = arena_alloc(arena, FILE_LIMIT + 1);
	size_t length = fread(text, 1, FILE_LIMIT + 1, file);
	if (ferror(file))
		return error_system(errno, "%s", path);
	if (length > FILE_LIMIT || memchr(text, '\0', length))
		return error_create(ERROR_FORMAT, "%s is not a file of NAME=VALUE lines", path);
	text[length] = '\0';
	return env_file_parse(text, path, arena, entries);
}

#include "adapter/launch_values.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "adapter/launch_options.h"
#include "adapter/syscall_settings.h"
#include "dap/arguments.h"

struct error *launch_value_STRING(const struct launch_value *value, void *result)
{
	if (!cJSON_IsString(value->json))
		return argument_mismatch(value->name, "a string", value->json);
	*(const char **)result = arena_strdup(value->arena, value->json->valuestring);
	return NULL;
}

struct error *launch_value_BOOLEAN(const struct launch_value *value, void *result)
{
	return argument_decode_value(ARGUMENT_boolean, NULL, value->json, value->name, value->arena, result);
}

struct error *launch_value_SYSCALLS(const struct launch_value *value, void *result)
{
	if (cJSON_IsString(value->json))
		return syscall_settings_stop_at(value->json->valuestring, value->name, value->arena, result);
	if (!cJSON_IsObject(value->json))
		return argument_mismatch(value->name, "an object or a string", value->json);
	return syscall_settings_decode(value->json, value->name, value->arena, result);
}

struct error *launch_value_ANY(const struct launch_value *value, void *result)
{
	*(const cJSON **)result = value->json;
	return NULL;
}

struct error *launch_value_CHOICE(const struct launch_value *value, void *result)
{
	const char *choices[16] = { NULL };
	char *words = arena_strdup(value->arena, value->choices), *rest = words;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(choices) && (choices[i] = strsep(&rest, " ")); i++)
		;
	return argument_decode_value(ARGUMENT_choice, choices, value->json, value->name, value->arena, result);
}

enum terminal_kind launch_console_terminal(int choice)
{
	switch (choice) {
	case 1:
	case 4: return TERMINAL_INTEGRATED;
	case 2:
	case 5: return TERMINAL_EXTERNAL;
	default: return TERMINAL_NONE;
	}
}

// Splits as a shell would, without any expansion: blanks part, '...' and "..." group, a backslash takes the next character.
static struct error *split_words(const struct launch_value *value, const char *text, struct string_vec *words)
{
	_cleanup_str_ struct str word = STR_INIT;
	bool has_word = false;
	char quote = 0;
	for (const char *at = text; *at; at++) {
		if (*at == '\\' && quote != '\'' && at[1]) {
			str_char(&word, *++at);
			has_word = true;
		} else if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? 0 : *at;
			has_word = true;
		} else if (!quote && isspace((unsigned char)*at)) {
			if (has_word)
				*vec_push(words) = arena_strdup(value->arena, str_text(&word));
			str_clear(&word);
			has_word = false;
		} else {
			str_char(&word, *at);
			has_word = true;
		}
	}
	if (has_word)
		*vec_push(words) = arena_strdup(value->arena, str_text(&word));
	return quote ? error_create(ERROR_INVALID, "%s: the closing quote is missing", value->name) : NULL;
}

static struct error *list_words(const struct launch_value *value, struct string_vec *words)
{
	const cJSON *item;
	if (cJSON_IsString(value->json))
		return split_words(value, value->json->valuestring, words);
	if (!cJSON_IsArray(value->json))
		return argument_mismatch(value->name, "a list of strings", value->json);
	cJSON_ArrayForEach(item, value->json) {
		if (!cJSON_IsString(item))
			return argument_mismatch(arena_printf(value->arena, "%s[%zu]", value->name, words->count), "a string", item);
		*vec_push(words) = arena_strdup(value->arena, item->valuestring);
	}
	return NULL;
}

struct error *launch_value_ARGUMENTS(const struct launch_value *value, void *result)
{
	struct string_vec words = VEC_INIT;
	struct error *error = list_words(value, &words);
	if (!error) {
		const char **copy = arena_array(value->arena, const char *, words.count + 1);
		if (words.count)
			memcpy(copy, words.items, words.count * sizeof(*copy));
		*(const char *const **)result = copy;
	}
	vec_deinit(&words);
	return error;
}

// One variable; `json` null unsets it.
static struct error *add_variable(const struct launch_value *value, const char *name, const cJSON *json, struct string_vec *entries)
{
	const char *path = arena_printf(value->arena, "%s.%.80s", value->name, name);
	if (!*name || strchr(name, '='))
		return error_create(ERROR_INVALID, "%s: \"%.80s\" cannot be the name of a variable", value->name, name);
	if (cJSON_IsNull(json))
		*vec_push(entries) = arena_strdup(value->arena, name);
	else if (cJSON_IsString(json))
		*vec_push(entries) = arena_printf(value->arena, "%s=%s", name, json->valuestring);
	else
		return argument_mismatch(path, "a string or null", json);
	return NULL;
}

// lldb-dap's ["NAME=value"] and cppdbg's [{name, value}].
static struct error *add_listed_variable(const struct launch_value *value, const cJSON *item, size_t index, struct string_vec *entries)
{
	const char *path = arena_printf(value->arena, "%s[%zu]", value->name, index);
	const char *text = cJSON_GetStringValue(item);
	if (text) {
		if (*text == '=' || !*text)
			return error_create(ERROR_INVALID, "%s: expected \"NAME=VALUE\"", path);
		*vec_push(entries) = arena_strdup(value->arena, text);
		return NULL;
	}
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
	const cJSON *content = cJSON_GetObjectItemCaseSensitive(item, "value");
	if (!cJSON_IsString(name) || !content)
		return error_create(ERROR_INVALID, "%s: expected \"NAME=VALUE\" or {\"name\": ..., \"value\": ...}", path);
	return add_variable(value, name->valuestring, content, entries);
}

struct error *launch_value_ENVIRONMENT(const struct launch_value *value, void *result)
{
	struct launch_environment *environment = result;
	const cJSON *item;
	size_t index = 0;
	if (!cJSON_IsObject(value->json) && !cJSON_IsArray(value->json))
		return argument_mismatch(value->name, "an object", value->json);
	cJSON_ArrayForEach(item, value->json) {
		struct error *error = cJSON_IsObject(value->json) ?
			add_variable(value, item->string, item, &environment->entries) :
			add_listed_variable(value, item, index, &environment->entries);
		if (error)
			return error;
		index++;
	}
	return NULL;
}

struct error *launch_value_STDIO(const struct launch_value *value, void *result)
{
	struct launch_stdio *stdio = result;
	if (!cJSON_IsString(value->json) && !cJSON_IsArray(value->json))
		return argument_mismatch(value->name, "a string or a list", value->json);
	if (cJSON_GetArraySize(value->json) > 3)
		return error_create(ERROR_INVALID, "%s: expected at most three files", value->name);
	const cJSON *item = cJSON_IsArray(value->json) ? value->json->child : value->json;
	for (size_t i = 0; i < 3 && item; i++) {
		if (!cJSON_IsString(item) && !cJSON_IsNull(item))
			return argument_mismatch(arena_printf(value->arena, "%s[%zu]", value->name, i), "a string or null", item);
		stdio->files[i] = arena_strdup(value->arena, cJSON_GetStringValue(item));
		if (cJSON_IsArray(value->json) && item->next)
			item = item->next;
	}
	return NULL;
}

struct error *launch_value_PID(const struct launch_value *value, void *result)
{
	int64_t number = 0;
	if (cJSON_IsString(value->json)) {
		const char *text = value->json->valuestring;
		char *end;
		errno = 0;
		number = strtoll(text, &end, 10);
		if (end == text || *end || errno)
			return error_create(ERROR_INVALID, "%s: \"%.40s\" is not a process id", value->name, text);
	} else {
		struct error *error =
			argument_decode_value(ARGUMENT_integer, NULL, value->json, value->name, value->arena, &number);
		if (error)
			return error;
	}
	if (number < 1 || number > INT_MAX)
		return error_create(ERROR_INVALID, "%s: %lld is not a process id", value->name, (long long)number);
	*(pid_t *)result = (pid_t)number;
	return NULL;
}

static struct error *add_pair(const struct launch_value *value, const cJSON *debuggee, const cJSON *client, void *result)
{
	struct launch_source_map *map = result;
	if (cJSON_IsObject(client))
		client = cJSON_GetObjectItemCaseSensitive(client, "editorPath");   // cppdbg's long form
	if (!cJSON_IsString(debuggee) || !cJSON_IsString(client))
		return error_create(ERROR_INVALID, "%s: expected pairs of paths", value->name);
	if (*debuggee->valuestring && *client->valuestring)
		*vec_push(map) = (struct path_pair){ arena_strdup(value->arena, debuggee->valuestring),
						     arena_strdup(value->arena, client->valuestring) };
	return NULL;
}

struct error *launch_value_SOURCE_MAP(const struct launch_value *value, void *result)
{
	const cJSON *item;
	if (!cJSON_IsObject(value->json) && !cJSON_IsArray(value->json))
		return argument_mismatch(value->name, "an object", value->json);
	cJSON_ArrayForEach(item, value->json) {
		struct error *error;
		if (cJSON_IsObject(value->json)) {
			cJSON debuggee = { .type = cJSON_String, .valuestring = item->string };
			error = add_pair(value, &debuggee, item, result);
		} else if (cJSON_IsArray(item)) {
			error = add_pair(value, cJSON_GetArrayItem(item, 0), cJSON_GetArrayItem(item, 1), result);
		} else {
			error = add_pair(value, cJSON_GetObjectItemCaseSensitive(item, "to"),
					 cJSON_GetObjectItemCaseSensitive(item, "from"), result);
		}
		if (error)
			return error;
	}
	return NULL;
}

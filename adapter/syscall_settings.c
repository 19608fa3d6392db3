#include "adapter/syscall_settings.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "dap/arguments.h"
#include "engine/syscall_rules.h"

// In the order in which they are told.
static const struct member {
	const char *name;
	enum { TEXT, RULE, RULES, SWITCH } kind;
	enum syscall_action action;   // of RULE and RULES
	size_t has, value, size;      // in struct syscall_settings
} members[] = {
#define MEMBER(name, kind, action) \
	{ #name, kind, action, offsetof(struct syscall_settings, has_##name), offsetof(struct syscall_settings, name), \
	  sizeof(((struct syscall_settings *)NULL)->name) }
	MEMBER(trace, RULE, SYSCALL_ACTION_TRACE),
	MEMBER(stop, RULE, SYSCALL_ACTION_STOP),
	MEMBER(inject, RULES, SYSCALL_ACTION_INJECT),
	MEMBER(summary, SWITCH, 0),
	MEMBER(file, TEXT, 0),
	MEMBER(events, SWITCH, 0),
#undef MEMBER
};

static const void *value_of(const struct syscall_settings *settings, const struct member *member)
{
	return (const char *)settings + member->value;
}

static const char *text_of(const struct syscall_settings *settings, const struct member *member)
{
	return *(const char *const *)value_of(settings, member);
}

static const char *const *texts_of(const struct syscall_settings *settings, const struct member *member)
{
	return *(const char *const *const *)value_of(settings, member);
}

static bool is_on(const struct syscall_settings *settings, const struct member *member)
{
	return *(const bool *)value_of(settings, member);
}

// ---- reading --------------------------------------------------------------------------------------------------------------

static struct error *check_rule(enum syscall_action action, const char *text, const char *path)
{
	struct error *error = syscall_rule_check(&(struct syscall_rule_spec){ action, text });
	return error ? error_wrap(error, "%s", path) : NULL;
}

static struct error *take_text(const cJSON *json, const char *path, struct arena *arena, const char **text_ret)
{
	if (!cJSON_IsString(json))
		return argument_mismatch(path, "a string or null", json);
	*text_ret = arena_strdup(arena, json->valuestring);
	return NULL;
}

static struct error *take_rules(const struct member *member, const cJSON *json, const char *path, struct arena *arena, const char *const **texts_ret)
{
	struct argument_strings strings = { 0 };
	struct error *error = argument_decode_value(ARGUMENT_strings, NULL, json, path, arena, &strings);
	if (error)
		return error;
	const char **texts = arena_array(arena, const char *, strings.count + 1);
	for (size_t i = 0; i < strings.count; i++) {
		texts[i] = arena_strdup(arena, strings.items[i]);
		error = check_rule(member->action, texts[i], arena_printf(arena, "%s[%zu]", path, i));
		if (error)
			return error;
	}
	*texts_ret = texts;
	return NULL;
}

static struct error *take(const struct member *member, const cJSON *json, const char *path, struct arena *arena, struct syscall_settings *settings)
{
	void *value = (char *)settings + member->value;
	*(bool *)((char *)settings + member->has) = true;
	if (cJSON_IsNull(json))
		return NULL;
	switch (member->kind) {
	case TEXT: return take_text(json, path, arena, value);
	case RULES: return take_rules(member, json, path, arena, value);
	case SWITCH: return argument_decode_value(ARGUMENT_boolean, NULL, json, path, arena, value);
	case RULE: break;
	}
	struct error *error = take_text(json, path, arena, value);
	return error ? error : check_rule(member->action, text_of(settings, member), path);
}

static const struct member *find_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (str_equal(members[i].name, name))
			return &members[i];
	return NULL;
}

static struct error *no_such_member(const char *where, const char *name)
{
	_cleanup_str_ struct str names = STR_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		str_printf(&names, "%s%s", i == 0 ? "" : i + 1 < ARRAY_SIZE(members) ? ", " : " and ", members[i].name);
	return error_create(ERROR_INVALID, "%s.%.40s: there is no such member; there are %s", where, name, str_text(&names));
}

struct error *syscall_settings_decode(const cJSON *object, const char *where, struct arena *arena, struct syscall_settings *settings_ret)
{
	struct syscall_settings settings = { 0 };
	const cJSON *json;
	if (!cJSON_IsObject(object))
		return argument_mismatch(where, "an object", object);
	cJSON_ArrayForEach(json, object) {
		const struct member *member = find_member(json->string);
		struct error *error = member ? take(member, json, arena_printf(arena, "%s.%s", where, member->name), arena, &settings) :
					       no_such_member(where, json->string);
		if (error)
			return error;
	}
	*settings_ret = settings;
	return NULL;
}

struct error *syscall_settings_stop_at(const char *rule, const char *where, struct arena *arena, struct syscall_settings *settings_ret)
{
	struct error *error = check_rule(SYSCALL_ACTION_STOP, rule, where);
	if (!error)
		*settings_ret = (struct syscall_settings){ .has_stop = true, .stop = arena_strdup(arena, rule) };
	return error;
}

// ---- what else is done with each ------------------------------------------------------------------------------------------

static size_t text_count(const char *const *texts)
{
	size_t count = 0;
	while (texts && texts[count])
		count++;
	return count;
}

static bool texts_equal(const char *const *a, const char *const *b)
{
	size_t count = text_count(a);
	if (count != text_count(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!str_equal(a[i], b[i]))
			return false;
	return true;
}

static bool member_equal(const struct member *member, const struct syscall_settings *a, const struct syscall_settings *b)
{
	switch (member->kind) {
	case TEXT:
	case RULE: {
		const char *one = text_of(a, member), *other = text_of(b, member);
		return one && other ? str_equal(one, other) : one == other;
	}
	case RULES: return texts_equal(texts_of(a, member), texts_of(b, member));
	case SWITCH: return is_on(a, member) == is_on(b, member);
	}
	return false;
}

bool syscall_settings_equal(const struct syscall_settings *a, const struct syscall_settings *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!member_equal(&members[i], a, b))
			return false;
	return true;
}

void syscall_settings_change(struct syscall_settings *settings, const struct syscall_settings *change)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (*(const bool *)((const char *)change + members[i].has))
			memcpy((char *)settings + members[i].value, value_of(change, &members[i]), members[i].size);
}

static const char *const *copy_texts(const char *const *texts, struct arena *arena)
{
	size_t count = text_count(texts);
	const char **copy = count ? arena_array(arena, const char *, count + 1) : NULL;
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_strdup(arena, texts[i]);
	return copy;
}

struct syscall_settings syscall_settings_copy(const struct syscall_settings *settings, struct arena *arena)
{
	struct syscall_settings copy = *settings;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *member = &members[i];
		void *value = (char *)&copy + member->value;
		if (member->kind == TEXT || member->kind == RULE)
			*(const char **)value = arena_strdup(arena, text_of(settings, member));
		else if (member->kind == RULES)
			*(const char *const **)value = copy_texts(texts_of(settings, member), arena);
	}
	return copy;
}

void syscall_settings_write(struct writer *object, const struct syscall_settings *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *member = &members[i];
		switch (member->kind) {
		case TEXT:
		case RULE: writer_optional(object, member->name, text_of(settings, member)); break;
		case SWITCH: writer_boolean(object, member->name, is_on(settings, member)); break;
		case RULES:
			writer_open_array(object, member->name);
			for (size_t j = 0; j < text_count(texts_of(settings, member)); j++)
				writer_string(object, NULL, texts_of(settings, member)[j]);
			writer_close_array(object);
			break;
		}
	}
}

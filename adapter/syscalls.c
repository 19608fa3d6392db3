#include "adapter/syscalls.h"

#include <errno.h>
#include <string.h>

#include "adapter/events.h"
#include "adapter/session.h"
#include "adapter/trace_line.h"
#include "base/vec.h"
#include "dap/arguments.h"

// ---- from the client ------------------------------------------------------------------------------------------------------

static struct error *check_rule(enum syscall_action action, const char *text, const char *where)
{
	struct error *error = syscall_rule_check(&(struct syscall_rule_spec){ action, text });
	return error ? error_wrap(error, "%s", where) : NULL;
}

// Null: taken away. *has_ret is left alone where the member is absent.
static struct error *take_string(const cJSON *object, const char *name, const char *where, struct arena *arena, bool *has_ret,
				 const char **text_ret)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!member)
		return NULL;
	if (!cJSON_IsNull(member) && !cJSON_IsString(member))
		return argument_mismatch(arena_printf(arena, "%s.%s", where, name), "a string or null", member);
	*has_ret = true;
	*text_ret = cJSON_IsNull(member) ? NULL : arena_strdup(arena, member->valuestring);
	return NULL;
}

static struct error *take_rule(const cJSON *object, const char *name, const char *where, enum syscall_action action, struct arena *arena,
			       bool *has_ret, const char **text_ret)
{
	struct error *error = take_string(object, name, where, arena, has_ret, text_ret);
	if (error || !*text_ret)
		return error;
	return check_rule(action, *text_ret, arena_printf(arena, "%s.%s", where, name));
}

static struct error *take_injections(const cJSON *object, const char *where, struct arena *arena, struct syscall_settings *settings)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, "inject");
	const char *path = arena_printf(arena, "%s.inject", where);
	struct argument_strings strings = { 0 };
	if (!member)
		return NULL;
	settings->has_inject = true;
	if (cJSON_IsNull(member))
		return NULL;
	struct error *error = argument_decode_value(ARGUMENT_strings, NULL, member, path, arena, &strings);
	if (error)
		return error;
	const char **texts = arena_array(arena, const char *, strings.count + 1);
	for (size_t i = 0; i < strings.count; i++) {
		texts[i] = arena_strdup(arena, strings.items[i]);
		error = check_rule(SYSCALL_ACTION_INJECT, texts[i], arena_printf(arena, "%s[%zu]", path, i));
		if (error)
			return error;
	}
	settings->inject = texts;
	return NULL;
}

static struct error *take_switch(const cJSON *object, const char *name, const char *where, struct arena *arena, bool *has_ret, bool *is_on_ret)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!member)
		return NULL;
	*has_ret = true;
	if (cJSON_IsNull(member))
		return NULL;
	return argument_decode_value(ARGUMENT_boolean, NULL, member, arena_printf(arena, "%s.%s", where, name), arena, is_on_ret);
}

static struct error *refuse_others(const cJSON *object, const char *where)
{
	static const char *const names[] = { "trace", "stop", "inject", "summary", "file", "events" };
	const cJSON *member;
	cJSON_ArrayForEach(member, object) {
		bool is_known = false;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			is_known |= str_equal(names[i], member->string);
		if (!is_known)
			return error_create(ERROR_INVALID, "%s.%.40s: there is no such member; there are trace, stop, inject, summary, file and events", where,
					    member->string);
	}
	return NULL;
}

struct error *syscall_settings_decode(const cJSON *object, const char *where, struct arena *arena, struct syscall_settings *settings_ret)
{
	struct syscall_settings settings = { 0 };
	if (!cJSON_IsObject(object))
		return argument_mismatch(where, "an object", object);
	struct error *error = refuse_others(object, where);
	if (!error)
		error = take_rule(object, "trace", where, SYSCALL_ACTION_TRACE, arena, &settings.has_trace, &settings.trace);
	if (!error)
		error = take_rule(object, "stop", where, SYSCALL_ACTION_STOP, arena, &settings.has_stop, &settings.stop);
	if (!error)
		error = take_injections(object, where, arena, &settings);
	if (!error)
		error = take_switch(object, "summary", where, arena, &settings.has_summary, &settings.summary);
	if (!error)
		error = take_switch(object, "events", where, arena, &settings.has_events, &settings.events);
	if (!error)
		error = take_string(object, "file", where, arena, &settings.has_file, &settings.file);
	if (!error)
		*settings_ret = settings;
	return error;
}

struct error *syscall_settings_stop_at(const char *rule, const char *where, struct arena *arena, struct syscall_settings *settings_ret)
{
	struct error *error = check_rule(SYSCALL_ACTION_STOP, rule, where);
	if (!error)
		*settings_ret = (struct syscall_settings){ .has_stop = true, .stop = arena_strdup(arena, rule) };
	return error;
}

static bool are_equal(const char *a, const char *b)
{
	return a && b ? str_equal(a, b) : a == b;
}

static bool injections_equal(const char *const *a, const char *const *b)
{
	size_t i = 0;
	while (a && b && a[i] && b[i] && str_equal(a[i], b[i]))
		i++;
	return !(a && a[i]) && !(b && b[i]);
}

bool syscall_settings_equal(const struct syscall_settings *a, const struct syscall_settings *b)
{
	return are_equal(a->trace, b->trace) && are_equal(a->stop, b->stop) && are_equal(a->file, b->file) &&
	       injections_equal(a->inject, b->inject) && a->summary == b->summary && a->events == b->events;
}

// ---- to the debugger ------------------------------------------------------------------------------------------------------

static void add_spec(struct syscall_rule_specs *specs, enum syscall_action action, const char *text)
{
	if (text)
		*vec_push(specs) = (struct syscall_rule_spec){ action, text };
}

static struct error *set_rules(struct session *session, const struct syscall_settings *settings)
{
	struct syscall_rule_specs specs = { 0 };
	size_t bad;
	// The summary alone counts every call.
	add_spec(&specs, SYSCALL_ACTION_TRACE, settings->trace ? settings->trace : settings->summary ? "" : NULL);
	add_spec(&specs, SYSCALL_ACTION_STOP, settings->stop);
	for (size_t i = 0; settings->inject && settings->inject[i]; i++)
		add_spec(&specs, SYSCALL_ACTION_INJECT, settings->inject[i]);
	struct error *error = debugger_set_syscall_rules(session->debugger, specs.items, specs.count, &bad);
	vec_deinit(&specs);
	return error;
}

static struct error *open_file(const char *path, FILE **file_ret)
{
	*file_ret = path ? fopen(path, "we") : NULL;
	if (path && !*file_ret)
		return error_system(errno, "syscalls.file: %s cannot be written", path);
	return NULL;
}

static struct syscall_settings keep(struct arena *arena, const struct syscall_settings *settings)
{
	struct syscall_settings kept = *settings;
	size_t count = 0;
	kept.trace = arena_strdup(arena, settings->trace);
	kept.stop = arena_strdup(arena, settings->stop);
	kept.file = arena_strdup(arena, settings->file);
	while (settings->inject && settings->inject[count])
		count++;
	const char **texts = count ? arena_array(arena, const char *, count + 1) : NULL;
	for (size_t i = 0; i < count; i++)
		texts[i] = arena_strdup(arena, settings->inject[i]);
	kept.inject = texts;
	return kept;
}

static void close_file(struct syscall_tracing *tracing)
{
	if (tracing->file)
		fclose(tracing->file);
	tracing->file = NULL;
}

void syscall_tracing_deinit(struct syscall_tracing *tracing)
{
	close_file(tracing);
	syscall_batch_deinit(&tracing->batch);
	syscall_summary_deinit(&tracing->summary);
	arena_destroy(tracing->arena);
	*tracing = (struct syscall_tracing){ 0 };
}

// Becomes the whole of it.
static struct error *replace(struct session *session, const struct syscall_settings *settings, bool is_new_file)
{
	struct syscall_tracing *tracing = &session->syscalls;
	FILE *file = NULL;
	syscall_batch_send(session);
	struct error *error = is_new_file ? open_file(settings->file, &file) : NULL;
	if (error)
		return error;
	error = set_rules(session, settings);
	if (error) {
		if (file)
			fclose(file);
		return error;
	}
	if (is_new_file) {
		close_file(tracing);
		tracing->file = file;
	}
	struct arena *arena = arena_create();
	tracing->settings = keep(arena, settings);
	arena_destroy(tracing->arena);
	tracing->arena = arena;
	return NULL;
}

struct error *session_change_syscalls(struct session *session, const struct syscall_settings *settings)
{
	struct syscall_settings all = session->syscalls.settings;
	if (settings->has_trace)
		all.trace = settings->trace;
	if (settings->has_stop)
		all.stop = settings->stop;
	if (settings->has_inject)
		all.inject = settings->inject;
	if (settings->has_summary)
		all.summary = settings->summary;
	if (settings->has_file)
		all.file = settings->file;
	if (settings->has_events)
		all.events = settings->events;
	return replace(session, &all, settings->has_file);
}

struct error *session_begin_syscalls(struct session *session, const struct syscall_settings *settings)
{
	syscall_summary_deinit(&session->syscalls.summary);
	return replace(session, settings, true);
}

// ---- from the debugger ----------------------------------------------------------------------------------------------------

static void show_line_of(struct session *session, pid_t tid, const struct syscall_event *event, const struct syscall_context *context)
{
	struct syscall_tracing *tracing = &session->syscalls;
	struct source_place place = { 0 };
	_cleanup_str_ struct str line = STR_INIT;
	bool is_shown = !tracing->settings.events && !events_leave_out_line(session);
	if (!is_shown && !tracing->file)
		return;
	trace_line_words(event, context, &line);
	str_char(&line, '\n');
	if (tracing->file)
		fprintf(tracing->file, "%d %s", tid, str_text(&line));
	if (!is_shown)
		return;
	debugger_syscall_caller(session->debugger, tid, &place);
	events_output(session, OUTPUT_CONSOLE, line.data, line.length, place.path, place.line);
}

void session_traced_syscall(struct session *session, pid_t tid, const struct syscall_event *event)
{
	struct syscall_tracing *tracing = &session->syscalls;
	struct syscall_context context = { .tid = tid };
	if (tracing->settings.summary)
		syscall_summary_add(&tracing->summary, event);
	if (!tracing->settings.trace || session->is_over)
		return;
	debugger_syscall_context(session->debugger, tid, &context);
	show_line_of(session, tid, event, &context);
	if (tracing->settings.events)
		syscall_batch_add(session, tid, event, &context);
}

void session_end_syscalls(struct session *session)
{
	struct syscall_tracing *tracing = &session->syscalls;
	_cleanup_str_ struct str table = STR_INIT;
	syscall_batch_send(session);
	syscall_summary_format(&tracing->summary, &table);
	if (table.length) {
		events_output(session, OUTPUT_CONSOLE, table.data, table.length, NULL, 0);
		if (tracing->file)
			fwrite(table.data, 1, table.length, tracing->file);
	}
	syscall_summary_deinit(&tracing->summary);
	if (tracing->file)
		fflush(tracing->file);
}

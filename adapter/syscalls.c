#include "adapter/syscalls.h"

#include <errno.h>

#include "adapter/events.h"
#include "adapter/session.h"
#include "adapter/trace_line.h"
#include "base/vec.h"

// ---- to the debugger ------------------------------------------------------------------------------------------------------

struct rules {
	struct syscall_rule_specs specs;
	struct string_vec members;   // where each comes from: "trace", "inject[0]"
};

static void rules_deinit(struct rules *rules)
{
	vec_deinit(&rules->specs);
	vec_deinit(&rules->members);
}

static void add_rule(struct rules *rules, enum syscall_action action, const char *text, const char *member)
{
	if (!text)
		return;
	*vec_push(&rules->specs) = (struct syscall_rule_spec){ action, text };
	*vec_push(&rules->members) = member;
}

static void list_rules(const struct syscall_settings *settings, struct arena *arena, struct rules *rules)
{
	// The summary alone counts every call.
	add_rule(rules, SYSCALL_ACTION_TRACE, settings->trace ? settings->trace : settings->summary ? "" : NULL, "trace");
	add_rule(rules, SYSCALL_ACTION_STOP, settings->stop, "stop");
	for (size_t i = 0; settings->inject && settings->inject[i]; i++)
		add_rule(rules, SYSCALL_ACTION_INJECT, settings->inject[i], arena_printf(arena, "inject[%zu]", i));
}

typedef struct error *(*rules_verb)(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret);

static struct error *give_rules(struct session *session, const struct syscall_settings *settings, const char *where, rules_verb verb)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct rules rules = { 0 };
	size_t bad;
	list_rules(settings, arena, &rules);
	struct error *error = verb(session->debugger, rules.specs.items, rules.specs.count, &bad);
	if (error)
		error = error_wrap(error, "%s.%s", where, rules.members.items[bad]);
	rules_deinit(&rules);
	return error;
}

static struct error *open_file(const char *path, const char *where, FILE **file_ret)
{
	*file_ret = path ? fopen(path, "we") : NULL;
	if (path && !*file_ret)
		return error_system(errno, "%s.file: %s cannot be written", where, path);
	return NULL;
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
static struct error *replace(struct session *session, const struct syscall_settings *settings, const char *where, bool is_new_file)
{
	struct syscall_tracing *tracing = &session->syscalls;
	FILE *file = NULL;
	syscall_batch_send(session);
	struct error *error = is_new_file ? open_file(settings->file, where, &file) : NULL;
	if (error)
		return error;
	error = give_rules(session, settings, where, debugger_set_syscall_rules);
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
	tracing->settings = syscall_settings_copy(settings, arena);
	arena_destroy(tracing->arena);
	tracing->arena = arena;
	return NULL;
}

struct error *session_check_syscalls(struct session *session, const struct syscall_settings *settings, const char *where)
{
	return give_rules(session, settings, where, debugger_check_syscall_rules);
}

struct error *session_change_syscalls(struct session *session, const struct syscall_settings *change, const char *where)
{
	struct syscall_settings all = session->syscalls.settings;
	syscall_settings_change(&all, change);
	return replace(session, &all, where, change->has_file);
}

struct error *session_begin_syscalls(struct session *session, const struct syscall_settings *settings)
{
	syscall_summary_deinit(&session->syscalls.summary);
	return replace(session, settings, "syscalls", true);
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

#include "tests/engine/session.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 60000 };

static void on_stopped(void *data, const struct stop *stop)
{
	struct session *session = data;
	session->stop = *stop;
	session->stop.text = NULL;
	session->stops++;
	session->is_stopped = true;
}

static void on_resumed(void *data, pid_t tid)
{
	struct session *session = data;
	(void)tid;
	session->resumes++;
	session->is_stopped = false;
}

static void on_thread(void *data, pid_t tid, bool is_new)
{
	struct session *session = data;
	(void)tid;
	if (is_new)
		session->threads_started++;
	else
		session->threads_ended++;
}

static void on_module(void *data, const struct module_info *module, enum module_change change)
{
	struct session *session = data;
	(void)module;
	session->modules_added += change == MODULE_NEW;
}

static void on_output(void *data, enum output_category category, const char *bytes, size_t length, const char *path, unsigned line)
{
	struct session *session = data;
	(void)path;
	(void)line;
	struct str *str = category == OUTPUT_STDOUT ? &session->out : category == OUTPUT_STDERR ? &session->err : &session->console;
	str_append(str, bytes, length);
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct session *session = data;
	assert_false(session->has_ended);
	session->has_ended = true;
	session->exit_code = exit_code;
	session->signo = signo;
}

static void on_syscall(void *data, pid_t tid, const struct syscall_event *event)
{
	struct session *session = data;
	(void)tid;
	session->syscalls++;
	session->last_syscall = *event;
}

static void on_kept_ended(void *data)
{
	((struct session *)data)->has_kept_ended = true;
}

static const struct debugger_listener listener = {
	.stopped = on_stopped, .resumed = on_resumed, .thread = on_thread, .module = on_module,
	.output = on_output,   .exited = on_exited,   .syscall = on_syscall, .kept_ended = on_kept_ended,
};

void session_init(struct session *session)
{
	*session = (struct session){ .loop = loop_create() };
	session->debugger = debugger_create(session->loop, &listener, session);
	assert_non_null(session->debugger);
}

void session_deinit(struct session *session)
{
	debugger_destroy(session->debugger);
	loop_destroy(session->loop);
	str_deinit(&session->out);
	str_deinit(&session->err);
	str_deinit(&session->console);
	free(session->done_error);
}

static void out_of_patience(void *data)
{
	((struct session *)data)->is_timed_out = true;
}

static void turn_until(struct session *session, const bool *flag, const bool *other)
{
	struct loop_timer *timer = loop_add_timer(session->loop, PATIENCE_MS, out_of_patience, session);
	while (!*flag && !(other && *other) && !session->is_timed_out)
		loop_turn(session->loop);
	if (session->is_timed_out)
		fail_msg("nothing happened for a minute");
	loop_cancel_timer(timer);
}

void session_turn_until(struct session *session, bool *flag)
{
	turn_until(session, flag, NULL);
}

static void brief_turn_over(void *data)
{
	*(struct loop_timer **)data = NULL;
}

void session_turn_briefly(struct session *session)
{
	struct loop_timer *timer = NULL;
	timer = loop_add_timer(session->loop, 1, brief_turn_over, &timer);
	loop_turn(session->loop);
	loop_cancel_timer(timer);
}

static void on_done(void *data, struct error *error)
{
	struct session *session = data;
	free(session->done_error);
	session->done_error = error ? xstrdup(error->message) : NULL;
	session->is_done = true;
	error_destroy(error);
}

static void wait_done(struct session *session)
{
	turn_until(session, &session->is_done, NULL);
	session->pid = debugger_pid(session->debugger);
}

void session_launch_spec(struct session *session, const struct launch_spec *spec)
{
	session->is_done = false;
	session->has_ended = false;
	debugger_launch(session->debugger, spec, on_done, session);
	wait_done(session);
}

void session_launch(struct session *session, const char *program, const char *const *arguments)
{
	struct launch_spec spec = { .program = program, .arguments = arguments, .disable_aslr = true };
	session_launch_spec(session, &spec);
	if (session->done_error)
		fail_msg("launch: %s", session->done_error);
}

void session_attach(struct session *session, pid_t pid)
{
	session->is_done = false;
	debugger_attach(session->debugger, pid, true, on_done, session);
	wait_done(session);
}

void session_detach(struct session *session)
{
	session->is_done = false;
	debugger_detach(session->debugger, false, on_done, session);
	wait_done(session);
}

static void must(struct error *error)
{
	if (error)
		fail_msg("%s", error->message);
}

void session_start(struct session *session)
{
	session->is_stopped = false;
	must(debugger_start(session->debugger));
}

void session_wait_stop(struct session *session)
{
	turn_until(session, &session->is_stopped, &session->has_ended);
	if (!session->is_stopped)
		fail_msg("the program ended (code %d, signal %d) where a stop was expected", session->exit_code, session->signo);
}

void session_wait_exit(struct session *session)
{
	turn_until(session, &session->has_ended, &session->is_stopped);
	if (!session->has_ended)
		fail_msg("stopped (reason %d at 0x%llx) where the end was expected", (int)session->stop.reason,
			 (unsigned long long)session->stop.pc);
}

void session_wait_stop_or_exit(struct session *session)
{
	turn_until(session, &session->has_ended, &session->is_stopped);
}

void session_continue(struct session *session)
{
	session->is_stopped = false;
	must(debugger_continue(session->debugger));
	session_wait_stop(session);
}

void session_step(struct session *session, enum step_kind kind, enum step_unit unit)
{
	session->is_stopped = false;
	must(debugger_step(session->debugger, session->stop.tid, kind, unit));
	session_wait_stop(session);
}

void session_continue_to_exit(struct session *session)
{
	session->is_stopped = false;
	must(debugger_continue(session->debugger));
	session_wait_exit(session);
}

int session_break_line(struct session *session, const char *path, unsigned line, const char *condition, const char *hit, const char *log)
{
	struct breakpoint_spec spec = { .path = path, .line = line, .condition = condition, .hit_condition = hit, .log_message = log };
	struct breakpoint_info info;
	must(debugger_set_line_breakpoints(session->debugger, path, &spec, 1, &info));
	if (!info.is_verified)
		fail_msg("breakpoint at %s:%u: %s", path, line, info.message ? info.message : "not verified");
	return info.id;
}

int session_break_function(struct session *session, const char *name)
{
	struct breakpoint_spec spec = { .function = name };
	struct breakpoint_info info;
	must(debugger_set_function_breakpoints(session->debugger, &spec, 1, &info));
	return info.is_verified ? info.id : -info.id;
}

void session_clear_breakpoints(struct session *session, const char *path)
{
	must(path ? debugger_set_line_breakpoints(session->debugger, path, NULL, 0, NULL)
		  : debugger_set_function_breakpoints(session->debugger, NULL, 0, NULL));
}

static struct arena *facts(void)
{
	static struct arena *arena;
	if (!arena)
		arena = arena_create();
	arena_reset(arena);
	return arena;
}

static bool frame_at(struct session *session, size_t index, struct frame_info *frame_ret)
{
	struct frame_info *frames;
	size_t count;
	size_t total;
	bool is_exact;
	must(debugger_frames(session->debugger, session->stop.tid, index, 1, facts(), &frames, &count, &total, &is_exact));
	if (count)
		*frame_ret = frames[0];
	return count;
}

const char *session_function(struct session *session, size_t index)
{
	struct frame_info frame;
	return frame_at(session, index, &frame) ? frame.name : "<no frame>";
}

unsigned session_line(struct session *session, size_t index)
{
	struct frame_info frame;
	return frame_at(session, index, &frame) ? frame.line : 0;
}

size_t session_depth(struct session *session)
{
	struct frame_info *frames;
	size_t count;
	size_t total;
	bool is_exact;
	must(debugger_frames(session->debugger, session->stop.tid, 0, 0, facts(), &frames, &count, &total, &is_exact));
	return count;
}

const char *session_value(struct session *session, const char *expression)
{
	struct node *node;
	struct node_view view;
	struct error *error = debugger_evaluate(session->debugger, session->stop.tid, 0, expression, EVALUATE_REPL, &node);
	if (!error)
		error = node_describe(node, NULL, &view);
	if (!error)
		return view.value;
	const char *words = arena_printf(facts(), "error: %s", error->message);
	error_destroy(error);
	return words;
}

unsigned line_of(const char *path, const char *text)
{
	char line[1024];
	unsigned number = 0;
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (strstr(line, text)) {
			fclose(file);
			return number;
		}
	}
	fclose(file);
	fail_msg("%s has no line with \"%s\"", path, text);
	return 0;
}

void session_begin_at(struct session *session, const char *program, const char *path, const char *text)
{
	session_init(session);
	session_launch(session, program, NULL);
	session_break_line(session, path, line_of(path, text), NULL, NULL, NULL);
	session_start(session);
	session_wait_stop(session);
	session_clear_breakpoints(session, path);
	assert_int_equal(session_line(session, 0), line_of(path, text));
}

static bool is_of_word(char character)
{
	return character == '_' || isalnum((unsigned char)character);
}

static bool has_word(const char *name, const char *word)
{
	for (const char *at = name; (at = strstr(at, word)); at++)
		if ((at == name || !is_of_word(at[-1])) && !is_of_word(at[strlen(word)]))
			return true;
	return false;
}

void session_assert_at(struct session *session, const char *function, const char *path, const char *text)
{
	unsigned line = line_of(path, text);
	bool is_there = has_word(session_function(session, 0), function) && session_line(session, 0) == line;
	if (!is_there)
		fail_msg("expected \"%s\" in %s:%u, is in %s:%u", text, function, line, session_function(session, 0), session_line(session, 0));
}

void session_step_to(struct session *session, enum step_kind kind, const char *function, const char *path, const char *text)
{
	pid_t tid = session->stop.tid;
	session_step(session, kind, STEP_LINE);
	session_assert_at(session, function, path, text);
	assert_int_equal(session->stop.reason, STOP_STEP);
	assert_int_equal(session->stop.tid, tid);
}

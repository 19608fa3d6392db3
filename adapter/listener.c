#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/show.h"
#include "adapter/syscalls.h"

static void on_started(void *data, const struct process_info *process)
{
	struct event event;
	event_open(&event, data, "process");
	writer_string(&event.body, "name", process->name);
	writer_integer(&event.body, "systemProcessId", process->pid);
	writer_boolean(&event.body, "isLocalProcess", true);
	writer_string(&event.body, "startMethod", process->is_attached ? "attach" : "launch");
	writer_integer(&event.body, "pointerSize", 64);
	event_send(&event);
}

static const struct {
	const char *reason, *description;
} stop_words[] = {
	[STOP_NONE] = { "pause", "Paused" },
	[STOP_ENTRY] = { "entry", "Paused on entry" },
	[STOP_MAIN] = { "entry", "Paused at main" },   // a client without the description says "entry", which is what the user asked to see
	[STOP_BREAKPOINT] = { "breakpoint", "Paused on breakpoint" },
	[STOP_FUNCTION_BREAKPOINT] = { "function breakpoint", "Paused on function breakpoint" },
	[STOP_INSTRUCTION_BREAKPOINT] = { "instruction breakpoint", "Paused on instruction breakpoint" },
	[STOP_STEP] = { "step", "Paused after step" },
	[STOP_PAUSE] = { "pause", "Paused" },
	[STOP_SIGNAL] = { "exception", "Paused on signal" },
	[STOP_SYSCALL] = { "syscall", "Paused on syscall" },
	[STOP_EXEC] = { "exec", "Paused after exec" },
	[STOP_GOTO] = { "goto", "Paused after goto" },
	[STOP_DATA_BREAKPOINT] = { "data breakpoint", "Paused on data breakpoint" },
};

// A breakpoint "syscall:openat" is a function breakpoint for the client, whatever is behind it.
static const char *reason_of(const struct stop *stop)
{
	bool is_breakpoint = stop->reason == STOP_SYSCALL && stop->breakpoint_count;
	return stop_words[is_breakpoint ? STOP_FUNCTION_BREAKPOINT : stop->reason].reason;
}

static void shorten(struct str *text, size_t length)
{
	if (text->length <= length)
		return;
	str_truncate(text, writer_whole_characters(text->data, length));
	str_add(text, "...");
}

// For one line of a call stack: `call` with its phase, short, but with its result.
static void describe_call(const struct syscall_event *event, const struct syscall_context *context, const struct str *call, struct str *description)
{
	enum { CALL_MAX = 160, RESULT_MAX = 60 };
	str_append(description, call->data, call->length);
	if (call->length > CALL_MAX) {
		_cleanup_str_ struct str result = STR_INIT;
		if (event->phase == SYSCALL_RETURN) {
			str_add(&result, " = ");
			syscall_format_result(event, context, &result);
			shorten(&result, RESULT_MAX);
		}
		shorten(description, CALL_MAX - result.length);
		str_char(description, ')');
		str_append(description, str_text(&result), result.length);
	}
	str_add(description, event->phase == SYSCALL_RETURN ? " \u2014 return" : " \u2014 entry");
}

static void describe_stop(struct session *session, const struct stop *stop, struct writer *body)
{
	_cleanup_str_ struct str text = STR_INIT, description = STR_INIT;
	if (stop->reason == STOP_SYSCALL) {
		struct syscall_context context = { .tid = stop->tid };
		debugger_syscall_context(session->debugger, stop->tid, &context);
		syscall_format(&stop->syscall, &context, &text);
		describe_call(&stop->syscall, &context, &text, &description);
	} else if (stop->reason == STOP_SIGNAL) {
		int signo = stop->siginfo.si_signo;
		str_printf(&text, "%s: %s", signal_name(signo), signal_description(signo));
		str_append(&description, text.data, text.length);
	}
	if (text.length && stop->text) {
		str_printf(&text, " (%s)", stop->text);
		str_printf(&description, " (%s)", stop->text);
	}
	writer_string(body, "description", description.length ? description.data : stop_words[stop->reason].description);
	writer_optional(body, "text", text.length ? text.data : stop->text);
}

static void send_stopped(struct session *session, const struct stop *stop)
{
	struct event event;
	event_open(&event, session, "stopped");
	writer_string(&event.body, "reason", reason_of(stop));
	describe_stop(session, stop, &event.body);
	writer_integer(&event.body, "threadId", stop->tid);
	writer_boolean(&event.body, "allThreadsStopped", true);
	if (stop->breakpoint_count) {
		writer_open_array(&event.body, "hitBreakpointIds");
		for (unsigned i = 0; i < stop->breakpoint_count; i++)
			writer_integer(&event.body, NULL, stop->breakpoint_ids[i]);
		writer_close_array(&event.body);
	}
	event_send(&event);
}

static void continue_deferred(void *data)
{
	struct session *session = data;
	session->is_continue_deferred = false;
	if (session->is_over || session_state(session) != WHEN_STOPPED)
		return;
	struct error *error = debugger_continue(session->debugger);
	if (error)
		events_note(session, "continuing: %s", error->message);
	error_destroy(error);
}

// The SIGTERM of `terminate` is ours: nobody wants to look at it. Resumed from the loop, never from within the report.
static bool is_own_signal(struct session *session, const struct stop *stop)
{
	return session->is_terminating && stop->reason == STOP_SIGNAL && stop->siginfo.si_signo == SIGTERM;
}

static void on_stopped(void *data, const struct stop *stop)
{
	struct session *session = data;
	session_forget_stop(session);
	if (is_own_signal(session, stop)) {
		if (!session->is_continue_deferred)
			loop_defer(session->loop, continue_deferred, session);
		session->is_continue_deferred = true;
		return;
	}
	session->stopped_tid = stop->tid;
	events_send_collected(session);
	send_stopped(session, stop);
	if (session->client.takes_memory_events) {
		vec_each(view, &session->memory_views)
			events_memory_view(session, view->reference, view->offset, view->count);
	}
}

static void on_resumed(void *data, pid_t tid)
{
	session_forget_stop(data);
	events_continued(data, tid);
}

// A client that disconnects need not be told how each thread ends; one that asks for the threads at such an event (dap-mode) would ask nobody.
static void on_thread(void *data, pid_t tid, bool is_new)
{
	struct session *session = data;
	if (is_new || !session->disconnect_reply)
		events_thread(session, tid, is_new);
}

static void on_module(void *data, const struct module_info *module, enum module_change change)
{
	static const char *const reasons[] = { [MODULE_NEW] = "new", [MODULE_CHANGED] = "changed", [MODULE_REMOVED] = "removed" };
	struct event event;
	event_open(&event, data, "module");
	writer_string(&event.body, "reason", reasons[change]);
	show_module(data, &event.body, "module", module);
	event_send(&event);
	if (change == MODULE_REMOVED)
		session_forget_texts(data);
}

static void on_breakpoint(void *data, const struct breakpoint_info *breakpoint)
{
	struct event event;
	event_open(&event, data, "breakpoint");
	writer_string(&event.body, "reason", "changed");
	show_breakpoint(data, &event.body, "breakpoint", breakpoint, NULL);
	event_send(&event);
}

// A character may be cut in two by a read: its beginning waits for the rest.
static void on_output(void *data, enum output_category category, const char *bytes, size_t length, const char *path, unsigned line)
{
	struct session *session = data;
	if (category != OUTPUT_STDOUT && category != OUTPUT_STDERR) {
		events_output(session, category, bytes, length, path, line);
		return;
	}
	struct str *partial = &session->partial_output[category == OUTPUT_STDERR];
	_cleanup_str_ struct str joined = STR_INIT;
	if (partial->length) {
		str_append(&joined, partial->data, partial->length);
		str_append(&joined, bytes, length);
		bytes = joined.data;
		length = joined.length;
		str_clear(partial);
	}
	size_t whole = writer_whole_characters(bytes, length);
	str_append(partial, bytes + whole, length - whole);
	if (whole)
		events_output(session, category, bytes, whole, path, line);
}

static void flush_partial_output(struct session *session)
{
	for (int i = 0; i < 2; i++) {
		struct str *partial = &session->partial_output[i];
		if (partial->length)
			events_output(session, i ? OUTPUT_STDERR : OUTPUT_STDOUT, partial->data, partial->length, NULL, 0);
		str_clear(partial);
	}
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct session *session = data;
	session->has_exited = true;
	session->is_terminating = false;
	loop_cancel_timer(session->kill_timer);
	session->kill_timer = NULL;
	session_forget_stop(session);
	flush_partial_output(session);
	session_end_syscalls(session);
	events_send_collected(session);
	if (session_is_restart_exit(session))
		return;
	struct reply *disconnect = session->disconnect_reply;
	session->disconnect_reply = NULL;
	if (disconnect)
		reply_finish(disconnect, NULL);
	else if (signo)
		events_note(session, "The program was killed by %s (%s).", signal_name(signo), signal_description(signo));
	else if (exit_code)
		events_note(session, "The program ended with exit code %d.", exit_code);
	events_exited(session, signo ? 128 + signo : exit_code);
	events_terminated(session);
	if (disconnect)
		session_end(session, 0);
	else
		dispatch_drain_later(session);
}

static void on_changed(void *data, uint64_t address, size_t size)
{
	struct session *session = data;
	session->changes |= size ? CHANGED_MEMORY : CHANGED_REGISTERS;
	if (size)
		events_memory(session, address, size);
}

static void on_syscall(void *data, pid_t tid, const struct syscall_event *event)
{
	session_traced_syscall(data, tid, event);
}

const struct debugger_listener events_listener = {
	.started = on_started,
	.stopped = on_stopped,
	.resumed = on_resumed,
	.thread = on_thread,
	.module = on_module,
	.breakpoint = on_breakpoint,
	.output = on_output,
	.exited = on_exited,
	.changed = on_changed,
	.syscall = on_syscall,
};

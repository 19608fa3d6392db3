// How a debuggee comes into a session: launch, attach, restart.
#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/terminal.h"

// After a launch or attach that worked, once its response is out.
static void configure(struct session *session, bool is_restart)
{
	vec_each(note, &session->options->notes)
		events_note(session, "%s", *note);
	events_initialized(session);
	if (!is_restart || !session->is_configured)
		return;
	struct error *error = debugger_start(session->debugger);
	if (error)
		events_note(session, "starting: %s", error->message);
	error_destroy(error);
}

void session_started(void *data, struct error *error)
{
	struct session *session = data;
	bool is_restart = session->is_restarting;
	struct reply *reply = is_restart ? session->restart.reply : session->start_reply;
	session->start_reply = session->restart.reply = NULL;
	session->is_starting = session->is_restarting = false;
	bool has_failed = error != NULL;
	if (!has_failed) {
		session->has_exited = session->sent_exited = session->sent_terminated = false;
		session->is_launched = !session->options->is_attach;
		session->is_attached = session->options->is_attach;
	}
	if (reply)
		reply_finish(reply, error);
	else
		error_destroy(error);
	if (session->is_over)
		return;
	if (!has_failed)
		configure(session, is_restart);
	else if (is_restart)
		events_terminated(session);
	dispatch_drain_later(session);
}

static enum terminal_kind terminal_wanted(struct session *session, struct launch_options *options)
{
	enum terminal_kind kind = launch_options_terminal(options);
	if (!kind || session->client.runs_in_terminal)
		return kind;
	launch_options_note(options, "console: this client cannot run programs in a terminal (supportsRunInTerminalRequest); the output comes here");
	return TERMINAL_NONE;
}

void session_start_debuggee(struct session *session, struct launch_options *options)
{
	// What was changed since the launch outlives a restart, unless that brings arguments that say something new of it: VS Code sends those of
	// the launch again.
	struct launch_options *before = session->options;
	bool has_new_syscalls = !before || !syscall_settings_equal(&before->syscalls, &options->syscalls);
	struct syscall_settings syscalls = has_new_syscalls ? options->syscalls : session->syscalls.settings;
	if (!before || before->hex != options->hex)
		session->formats.is_hex = options->hex;
	if (before != options)
		launch_options_destroy(before);
	session->options = options;
	session->is_starting = true;
	session->paths.map = options->source_map.items;
	session->paths.map_count = options->source_map.count;
	struct error *error = session_begin_syscalls(session, &syscalls);
	if (error) {
		session_started(session, error);
		return;
	}
	if (options->is_attach) {
		debugger_attach(session->debugger, options->pid, options->stop_on_entry, session_started, session);
		return;
	}
	enum terminal_kind kind = terminal_wanted(session, options);
	if (kind) {
		terminal_start(session, kind);
		return;
	}
	struct launch_spec spec;
	launch_options_spec(options, &spec);
	debugger_launch(session->debugger, &spec, session_started, session);
}

static void start_again(void *data)
{
	struct session *session = data;
	if (session->is_over)
		return;
	struct launch_options *options = session->restart.options ? session->restart.options : session->options;
	session->restart.options = NULL;
	session_start_debuggee(session, options);
}

static void on_detached(void *data, struct error *error)
{
	error_destroy(error);   // the process died meanwhile: attaching again says so
	start_again(data);
}

// The client counts them anew when they are attached again.
static void take_leave_of_threads(struct session *session)
{
	struct thread_info *threads;
	size_t count = debugger_threads(session->debugger, session->scratch, &threads);
	for (size_t i = 0; i < count; i++)
		events_thread(session, threads[i].tid, false);
}

void session_restart(struct session *session, struct reply *reply, struct launch_options *options)
{
	session->restart = (struct restart){ reply, options };
	bool has_ended = session_state(session) == WHEN_ENDED;
	session->is_restarting = true;
	if (has_ended)
		start_again(session);
	else if (session->is_attached) {
		take_leave_of_threads(session);
		debugger_detach(session->debugger, false, on_detached, session);
	} else
		debugger_kill(session->debugger);
}

bool session_is_restart_exit(struct session *session)
{
	if (!session->is_restarting)
		return false;
	// Not from within the report of an exit: the debugger is still busy with it.
	if (!session->is_starting)
		loop_defer(session->loop, start_again, session);
	return true;
}

#include "adapter/session.h"

#include <limits.h>

#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/terminal.h"
#include "base/log.h"

enum { DRAIN_MS = 1000 };

static void on_message(void *data, char *text, size_t length)
{
	dispatch_message(data, text, length);
}

static void on_idle(void *data)
{
	dispatch_drain(data);
}

static void on_drained(void *data)
{
	events_client_caught_up(data);
}

static void on_closed(void *data, struct error *error)
{
	struct session *session = data;
	LOG("dap", "the client is gone: %s", error ? error->message : "end of input");
	if (session->is_over) {
		error_destroy(error);
		return;
	}
	dispatch_drain(session);
	if (error)
		dispatch_complain(session, 0, error);
	session_end(session, error ? 1 : 0);
	error_destroy(error);
}

static const struct transport_listener transport_listener = {
	.message = on_message,
	.idle = on_idle,
	.drained = on_drained,
	.closed = on_closed,
};

struct session *session_create(struct loop *loop, int in_fd, int out_fd)
{
	struct session *session = xcalloc(1, sizeof(*session));
	session->loop = loop;
	refs_init(&session->refs);
	session->scratch = arena_create();
	session->transport = transport_create(loop, in_fd, out_fd, &transport_listener, session);
	session->debugger = debugger_create(loop, &events_listener, session);
	return session;
}

static void free_replies(struct session *session)
{
	session->is_over = true;
	dispatch_cancel_all(session);
	vec_deinit(&session->replies);
	vec_deinit(&session->queue);
	vec_deinit(&session->awaited);
	vec_each(held, &session->held_events)
		free(held->body);
	vec_deinit(&session->held_events);
}

void session_forget_texts(struct session *session)
{
	struct map *positions = &session->text_positions;
	for (struct map_entry *entry = map_next(positions, NULL); entry; entry = map_next(positions, entry))
		free(entry->value);
	map_deinit(positions);
	*positions = (struct map)MAP_INIT;
}

void session_destroy(struct session *session)
{
	if (!session)
		return;
	loop_cancel_timer(session->kill_timer);
	session->kill_timer = NULL;
	debugger_destroy(session->debugger);
	terminal_end(session);
	loop_cancel_timer(session->kill_timer);
	free_replies(session);
	transport_destroy(session->transport);
	refs_deinit(&session->refs);
	formats_deinit(&session->formats);
	session_forget_texts(session);
	vec_deinit(&session->memory_views);
	str_deinit(&session->body);
	for (size_t i = 0; i < ARRAY_SIZE(session->partial_output); i++)
		str_deinit(&session->partial_output[i]);
	free((char *)session->catches.syscall_entry_set);
	free((char *)session->catches.syscall_return_set);
	free((char *)session->catches.signal_set);
	launch_options_destroy(session->options);
	launch_options_destroy(session->restart.options);
	syscall_tracing_deinit(&session->syscalls);
	arena_destroy(session->scratch);
	free(session);
}

static void finish(void *data)
{
	struct session *session = data;
	dispatch_cancel_all(session);
	transport_drain(session->transport, DRAIN_MS);
	loop_quit(session->loop);
}

void session_end(struct session *session, int exit_code)
{
	if (session->is_over)
		return;
	session->is_over = true;
	session->exit_code = exit_code;
	transport_stop_reading(session->transport);
	// The response that ends the session, and events behind it, are sent first.
	loop_defer(session->loop, finish, session);
}

bool session_is_over(const struct session *session)
{
	return session->is_over;
}

unsigned session_state(const struct session *session)
{
	if (!session->is_initialized)
		return WHEN_NEW;
	if (session->is_starting || session->is_restarting)
		return session->terminal ? WHEN_OPENING : WHEN_STARTING;
	if (session->has_exited)
		return WHEN_ENDED;
	if (!session->is_launched && !session->is_attached)
		return WHEN_IDLE;
	if (!session->is_configured)
		return WHEN_CONFIGURING;
	switch (debugger_state(session->debugger)) {
	case DEBUGGER_STOPPED: return WHEN_STOPPED;
	case DEBUGGER_ENDED: return WHEN_ENDED;
	default: return WHEN_RUNNING;
	}
}

void session_forget_stop(struct session *session)
{
	refs_end_stop(&session->refs);
	session->stopped_tid = 0;
}

void session_forget_reply(struct session *session, const struct reply *reply)
{
	struct reply **places[] = { &session->start_reply, &session->disconnect_reply, &session->restart.reply };
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (*places[i] == reply)
			*places[i] = NULL;
}

void session_resumed(struct session *session)
{
	if (debugger_state(session->debugger) == DEBUGGER_STOPPED)
		return;
	session_forget_stop(session);
	session->has_resumed = true;
}

struct error *session_check_thread(struct session *session, int64_t tid, pid_t *tid_ret)
{
	bool is_known = tid > 0 && tid <= INT_MAX && session->stopped_tid == (pid_t)tid;
	if (!is_known) {
		struct thread_info *threads;
		size_t count = debugger_threads(session->debugger, session->scratch, &threads);
		for (size_t i = 0; i < count && !is_known; i++)
			is_known = threads[i].tid == tid;
	}
	if (!is_known)
		return error_create(ERROR_NOT_FOUND, "arguments.threadId: there is no thread %lld", (long long)tid);
	*tid_ret = (pid_t)tid;
	return NULL;
}

struct error *session_frame(struct session *session, bool has_id, int64_t id, struct frame_ref *frame_ret)
{
	*frame_ret = (struct frame_ref){ 0, 0 };
	return has_id ? refs_frame(&session->refs, id, frame_ret) : NULL;
}

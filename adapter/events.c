#include "adapter/events.h"

#include <inttypes.h>

#include "adapter/request.h"
#include "adapter/show.h"
#include "base/log.h"

void event_open(struct event *event, struct session *session, const char *name)
{
	*event = (struct event){ .session = session, .name = name };
	event->body = (struct writer)WRITER_INIT(&event->text);
	writer_open_object(&event->body, NULL);
}

static void send_event(struct session *session, const char *name, const char *body, size_t length)
{
	struct str *out = transport_out(session->transport);
	size_t start = out->length;
	message_write_event(out, ++session->seq, name, body, length);
	if (log_is_open)
		message_log(out, start);
	transport_flush(session->transport);
}

void event_send(struct event *event)
{
	struct session *session = event->session;
	str_char(&event->text, '}');
	if (event->text.length == 2)
		str_clear(&event->text);
	if (session->event_holds || session->held_events.count) {
		size_t length = event->text.length;
		*vec_push(&session->held_events) = (struct held_event){ event->name, str_take(&event->text), length };
	} else {
		send_event(session, event->name, str_text(&event->text), event->text.length);
	}
	str_deinit(&event->text);
}

void events_hold(struct session *session)
{
	session->event_holds++;
}

void events_release(struct session *session)
{
	if (--session->event_holds)
		return;
	for (size_t i = 0; i < session->held_events.count; i++) {
		struct held_event held = session->held_events.items[i];
		send_event(session, held.name, held.body, held.length);
		free(held.body);
	}
	session->held_events.count = 0;
}

void events_initialized(struct session *session)
{
	struct event event;
	if (session->sent_initialized)
		return;
	session->sent_initialized = true;
	event_open(&event, session, "initialized");
	event_send(&event);
}

void events_note(struct session *session, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_str_ struct str text = STR_INIT;
	str_vprintf(&text, format, args);
	va_end(args);
	str_char(&text, '\n');
	struct event event;
	event_open(&event, session, "output");
	writer_string(&event.body, "category", "console");
	writer_text(&event.body, "output", text.data, text.length);
	event_send(&event);
}

void events_exited(struct session *session, int exit_code)
{
	struct event event;
	if (session->sent_exited)
		return;
	session->sent_exited = true;
	event_open(&event, session, "exited");
	writer_integer(&event.body, "exitCode", exit_code);
	event_send(&event);
}

void events_terminated(struct session *session)
{
	struct event event;
	if (session->sent_terminated)
		return;
	events_send_collected(session);
	session->sent_terminated = true;
	event_open(&event, session, "terminated");
	event_send(&event);
}

void events_thread(struct session *session, pid_t tid, bool is_new)
{
	struct event event;
	event_open(&event, session, "thread");
	writer_string(&event.body, "reason", is_new ? "started" : "exited");
	writer_integer(&event.body, "threadId", tid);
	event_send(&event);
}

void events_continued(struct session *session, pid_t tid)
{
	struct event event;
	event_open(&event, session, "continued");
	writer_integer(&event.body, "threadId", tid);
	writer_boolean(&event.body, "allThreadsContinued", true);
	event_send(&event);
}

void events_tell_changes(struct session *session)
{
	struct event event;
	if (!session->changes || !session->client.takes_invalidated || !(session_state(session) & WHEN_INSPECTABLE))
		return;
	event_open(&event, session, "invalidated");
	writer_open_array(&event.body, "areas");
	writer_string(&event.body, NULL, "variables");
	if (session->changes & CHANGED_REGISTERS)   // rsp or rip, maybe: the stack is another one then
		writer_string(&event.body, NULL, "stacks");
	writer_close_array(&event.body);
	event_send(&event);
}

void events_memory_view(struct session *session, uint64_t reference, int64_t offset, size_t count)
{
	struct event event;
	event_open(&event, session, "memory");
	writer_address(&event.body, "memoryReference", reference);
	writer_integer(&event.body, "offset", offset);
	writer_integer(&event.body, "count", (int64_t)count);
	event_send(&event);
}

void events_memory(struct session *session, uint64_t address, size_t size)
{
	if (!session->client.takes_memory_events)
		return;
	bool is_told = false;
	vec_each(view, &session->memory_views) {
		uint64_t start = view->reference + (uint64_t)view->offset;
		bool overlaps = address < start + view->count && start < address + size;
		if (!overlaps)
			continue;
		// Clients match the reference as text, so each gets the one it used.
		events_memory_view(session, view->reference, (int64_t)(address - view->reference), size);
		is_told |= view->reference == address;
	}
	if (!is_told)
		events_memory_view(session, address, 0, size);
}

enum { BACKLOG_MAX = 1024 * 1024 };

bool events_client_is_behind(struct session *session)
{
	if (!session->is_client_behind && transport_backlog(session->transport) > BACKLOG_MAX)
		session->is_client_behind = transport_push(session->transport) > BACKLOG_MAX;
	return session->is_client_behind;
}

bool events_leave_out_line(struct session *session)
{
	bool is_left_out = events_client_is_behind(session);
	session->lines_left_out += is_left_out;
	return is_left_out;
}

static void tell_left_out(struct session *session)
{
	uint64_t count = session->lines_left_out;
	session->lines_left_out = 0;
	if (count)
		events_note(session, "%" PRIu64 " line%s left out here: the client did not read them in time.", count, count == 1 ? " was" : "s were");
}

void events_send_collected(struct session *session)
{
	tell_left_out(session);
	syscall_batch_send(session);
}

void events_client_caught_up(struct session *session)
{
	if (!session->is_client_behind)
		return;
	session->is_client_behind = false;
	debugger_hold_output(session->debugger, false);
	events_send_collected(session);
}

static const char *const categories[] = {
	[OUTPUT_CONSOLE] = "console",
	[OUTPUT_STDOUT] = "stdout",
	[OUTPUT_STDERR] = "stderr",
	[OUTPUT_IMPORTANT] = "important",
};

void events_output(struct session *session, enum output_category category, const char *bytes, size_t length,
			const char *path, unsigned line)
{
	struct event event;
	event_open(&event, session, "output");
	writer_string(&event.body, "category", categories[category]);
	writer_text(&event.body, "output", bytes, length);
	if (path)
		show_source(session, &event.body, "source", path, false);
	if (path && line)
		writer_integer(&event.body, "line", show_line(session, line));
	event_send(&event);
	if (events_client_is_behind(session))
		debugger_hold_output(session->debugger, true);
}

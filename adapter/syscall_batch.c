#include "adapter/syscall_batch.h"

#include <stdio.h>
#include <time.h>

#include "adapter/events.h"
#include "adapter/show.h"
#include "adapter/trace_line.h"
#include "base/clock.h"

enum {
	SEND_AFTER_MS = 50,
	BATCH_MAX = 128 * 1024,   // of one event
};

void syscall_batch_deinit(struct syscall_batch *batch)
{
	loop_cancel_timer(batch->timer);
	str_deinit(&batch->calls);
	*batch = (struct syscall_batch){ 0 };
}

void syscall_batch_send(struct session *session)
{
	struct syscall_batch *batch = &session->syscalls.batch;
	struct event event;
	loop_cancel_timer(batch->timer);
	batch->timer = NULL;
	if (!batch->calls.length && !batch->dropped)
		return;
	event_open(&event, session, "ptdap/syscallTrace");
	writer_open_array(&event.body, "calls");
	if (batch->calls.length)
		writer_raw(&event.body, NULL, batch->calls.data, batch->calls.length);
	writer_close_array(&event.body);
	writer_integer(&event.body, "dropped", (int64_t)batch->dropped);
	event_send(&event);
	str_clear(&batch->calls);
	batch->dropped = 0;
}

static void send_due(void *data)
{
	struct session *session = data;
	session->syscalls.batch.timer = NULL;
	syscall_batch_send(session);
}

// When it began, as seconds since the epoch.
static void write_time(struct writer *object, const struct syscall_event *event)
{
	char text[32];
	uint64_t began_ns = clock_ns(CLOCK_REALTIME) - event->duration_ns;
	int length = snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)(began_ns / 1000000000),
			      (unsigned long long)(began_ns / 1000 % 1000000));
	writer_raw(object, "time", text, (size_t)length);
}

static void write_caller(struct session *session, struct writer *object, pid_t tid)
{
	struct source_place place = { 0 };
	if (!debugger_syscall_caller(session->debugger, tid, &place))
		return;
	show_source(session, object, "source", place.path, false);
	writer_integer(object, "line", show_line(session, place.line));
}

static void write_call(struct session *session, struct writer *list, pid_t tid, const struct syscall_event *event,
		       const struct syscall_context *context)
{
	writer_open_object(list, NULL);
	writer_integer(list, "threadId", tid);
	writer_integer(list, "processId", debugger_pid(session->debugger));
	write_time(list, event);
	writer_string(list, "name", syscall_name(event->abi, event->number));
	trace_line_members(event, context, list);
	write_caller(session, list, tid);
	writer_close_object(list);
}

void syscall_batch_add(struct session *session, pid_t tid, const struct syscall_event *event, const struct syscall_context *context)
{
	struct syscall_batch *batch = &session->syscalls.batch;
	if (events_client_is_behind(session)) {
		// What is dropped comes before the calls of its event, and leaves when the client has read (on_drained).
		if (batch->calls.length)
			syscall_batch_send(session);
		batch->dropped++;
		return;
	}
	struct writer list = { &batch->calls, batch->calls.length > 0 };
	write_call(session, &list, tid, event, context);
	if (batch->calls.length > BATCH_MAX)
		syscall_batch_send(session);
	else if (!batch->timer)
		batch->timer = loop_add_timer(session->loop, SEND_AFTER_MS, send_due, session);
}

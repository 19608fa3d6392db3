// Events to the client, and the listener that turns what the debugger tells into them.
#pragma once

#include "adapter/session.h"
#include "engine/debugger.h"

struct event {
	struct session *session;
	const char *name;
	struct str text;
	struct writer body;
};

// Between them the members of the body are written: event_open(&event, session, "thread"); ...; event_send(&event).
void event_open(struct event *event, struct session *session, const char *name);
void event_send(struct event *event);

// While held, events wait and keep their order.
void events_hold(struct session *session);
void events_release(struct session *session);

extern const struct debugger_listener events_listener;   // data: the session

void events_initialized(struct session *session);
void events_note(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));   // a console line
// path: the source it belongs to; NULL: none.
void events_output(struct session *session, enum output_category category, const char *bytes, size_t length, const char *path, unsigned line);
// More than a client that reads would have waits for it. Until it has read all of that, whoever can leave something out does.
bool events_client_is_behind(struct session *session);
// For console lines of which there may be any number: true if the next one is to be left out. How many were is said when the client
// has read, or before the next stop or end.
bool events_leave_out_line(struct session *session);
void events_client_caught_up(struct session *session);
// Before a stop or end: everything that was collected.
void events_send_collected(struct session *session);
// Once a debuggee.
void events_exited(struct session *session, int exit_code);
void events_terminated(struct session *session);
void events_thread(struct session *session, pid_t tid, bool is_new);   // is_new: started, else exited
// Only where the client does not know it from the request it sent: it takes `continue` and the steps to mean it, and some take `restart` so.
void events_continued(struct session *session, pid_t tid);
// Of what the request that was handled has changed (session->changes), whether or not it failed then: `invalidated`. Memory was told of as it was
// written. While the program runs there is nothing to read again.
void events_tell_changes(struct session *session);
// The bytes at this address may differ now.
void events_memory(struct session *session, uint64_t address, size_t size);
// One `memory` event, with the reference as the client wrote it.
void events_memory_view(struct session *session, uint64_t reference, int64_t offset, size_t count);

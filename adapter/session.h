// One DAP session: a client on two file descriptors, a debugger behind it. It ends by itself (disconnect, end of input, broken
// pipe, garbage, a signal to us) and then quits its loop; session_destroy() kills or detaches what is left.
//
// Order on the wire: requests are answered in the order they came, except those that overtake (cancel, disconnect, terminate)
// and those that answer later. A request that makes sense only after a launch that is under way waits for it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "adapter/formats.h"
#include "adapter/launch_options.h"
#include "adapter/paths.h"
#include "adapter/refs.h"
#include "adapter/syscalls.h"
#include "adapter/transport.h"
#include "base/loop.h"
#include "base/str.h"
#include "base/vec.h"
#include "dap/message.h"
#include "dap/writer.h"
#include "engine/debugger.h"

struct reply;
struct terminal_launch;

struct client {
	bool lines_start_at_0, columns_start_at_0;
	bool takes_invalidated, takes_memory_events, runs_in_terminal;
};

// A message that waits for its turn.
struct queued_request {
	struct message message;
};

// An event that waits for a response.
struct held_event {
	const char *name;      // static
	char *body;
	size_t length;
};

// What the client looked at with readMemory: it is told when that may have changed.
struct memory_view {
	uint64_t reference;
	int64_t offset;
	size_t count;
};
enum { MEMORY_VIEW_MAX = 32 };

// Where in its function's disassembly a pc is: asking the engine means writing the whole text.
struct text_position {
	int source_id;
	unsigned line;
};

// What a request changed, by whatever name: the dispatcher has the views read again (events_tell_changes()).
enum { CHANGED_MEMORY = 1, CHANGED_REGISTERS = 2, CHANGED_FORMAT = 4 };

// Of a reverse request (reverse.h).
struct awaited_response {
	int64_t seq;
	const char *command;   // static
	void (*fn)(void *data, const cJSON *body, struct error *error);
	void *data;
};

struct restart {
	struct reply *reply;
	struct launch_options *options;   // NULL: as before
};

struct session {
	struct loop *loop;
	struct debugger *debugger;
	struct transport *transport;
	int64_t seq;
	struct client client;
	struct paths paths;
	struct refs refs;
	struct formats formats;
	struct str body;                          // of the response being written
	struct arena *scratch;

	VEC(struct queued_request) queue;
	bool is_draining;
	const struct message *running;            // being handled now; NULL: none
	bool is_running_cancelled;
	VEC(struct reply *) replies;              // deferred and not answered
	VEC(struct awaited_response) awaited;     // from the client
	VEC(struct held_event) held_events;
	unsigned event_holds;

	bool is_initialized, is_starting, is_configured, is_launched, is_attached;
	bool sent_initialized, sent_exited, sent_terminated;
	bool has_exited;
	bool has_resumed;                         // the request that is being handled let the program go on
	bool is_over;                             // nothing is read any more
	int exit_code;                            // of the adapter
	struct launch_options *options;           // of the present debuggee; NULL: none
	struct reply *start_reply;                // launch, attach
	struct reply *disconnect_reply;
	struct restart restart;
	bool is_restarting;
	struct terminal_launch *terminal;         // a terminal that is awaited (terminal.h); NULL: none

	bool is_terminating;
	struct loop_timer *kill_timer;
	bool is_continue_deferred;

	struct debugger_catches catches;          // as last accepted; texts owned
	unsigned changes;                         // CHANGED_..., by the request that is being handled
	pid_t stopped_tid;                        // of the last stop; 0: running
	struct map text_positions;                // pc to struct text_position *
	VEC(struct memory_view) memory_views;
	struct syscall_tracing syscalls;
	bool is_client_behind;                    // events_client_is_behind()
	uint64_t lines_left_out;                  // and not told of
	struct str partial_output[2];             // an unfinished UTF-8 sequence of stdout, stderr
};

// fds: the client's; the session owns them. Calls loop_quit when over.
struct session *session_create(struct loop *loop, int in_fd, int out_fd);
void session_destroy(struct session *session);
// No more reading: answers what waits, sends what is queued, quits the loop. exit_code: 0 for a proper end.
void session_end(struct session *session, int exit_code);
bool session_is_over(const struct session *session);

unsigned session_state(const struct session *session);   // one of WHEN_...
// The program is about to run on: what belonged to the stop is void.
void session_forget_stop(struct session *session);
// After a verb that resumes: the same, unless the next stop was reported from within it.
void session_resumed(struct session *session);
// The token is dead: whoever would have answered finds none.
void session_forget_reply(struct session *session, const struct reply *reply);
// Code was unloaded: where a pc is in a disassembly text may have changed.
void session_forget_texts(struct session *session);
// ERROR_NOT_FOUND if the debuggee has no such thread. Cheap for the thread that stopped.
struct error *session_check_thread(struct session *session, int64_t tid, pid_t *tid_ret);
// frameId (absent: no frame).
struct error *session_frame(struct session *session, bool has_id, int64_t id, struct frame_ref *frame_ret);

// start.c: launch, attach and restart share it. Takes `options`.
void session_start_debuggee(struct session *session, struct launch_options *options);
void session_started(void *data, struct error *error);   // data: the session; a debugger_done_fn
void session_restart(struct session *session, struct reply *reply, struct launch_options *options);
bool session_is_restart_exit(struct session *session);   // the exit that was just told is that of a restart

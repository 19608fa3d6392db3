// What a request is: a descriptor, a list of arguments and one function, all in one file of requests/ that registers itself.
//
// A handler writes the members of the response's body and returns NULL, or returns an error and whatever it wrote is dropped.
// Or it calls call_defer() and answers later through the reply token. Events raised while it runs leave after its response.
#pragma once

#include <stdbool.h>

#include "adapter/session.h"
#include "base/error.h"
#include "base/memory.h"
#include "dap/arguments.h"
#include "dap/message.h"
#include "dap/writer.h"
#include "engine/debugger.h"

// In which states a request makes sense (session_state()).
enum {
	WHEN_NEW = 1 << 0,           // before initialize
	WHEN_IDLE = 1 << 1,          // nothing launched or attached
	WHEN_STARTING = 1 << 2,      // launch or attach under way
	WHEN_CONFIGURING = 1 << 3,   // started, before configurationDone
	WHEN_STOPPED = 1 << 4,
	WHEN_RUNNING = 1 << 5,
	WHEN_ENDED = 1 << 6,
	WHEN_OPENING = 1 << 7,       // launch or restart under way: the terminal is awaited
	WHEN_INSPECTABLE = WHEN_CONFIGURING | WHEN_STOPPED,
	WHEN_STARTED = WHEN_CONFIGURING | WHEN_STOPPED | WHEN_RUNNING,
	WHEN_INITIALIZED = WHEN_IDLE | WHEN_STARTING | WHEN_OPENING | WHEN_STARTED | WHEN_ENDED,
};

struct call {
	struct session *session;
	const struct message *message;
	struct writer *body;        // inside the body object
	struct arena *scratch;      // dies with the call
	struct reply *deferred;
};

struct request {
	const char *command;
	const char *const *capabilities;             // members of `initialize`'s body set to true; NULL-terminated; may be NULL
	void (*announce)(struct writer *body);       // capabilities that are not a boolean; may be NULL
	unsigned states;
	const struct arguments_table *(*arguments)(void);   // NULL: the handler looks at message->arguments itself
	bool overtakes;             // handled as it arrives, before requests that wait
	bool is_shown;              // its errors are shown to the user (showUser)
	struct error *(*handle)(struct call *call, const void *arguments);
	struct request *next;       // in the registry
};

void request_register(struct request *request);
struct request *request_first(void);
const struct request *request_find(const char *command);   // NULL: not built

#define CAPABILITIES(...) ((const char *const[]){ __VA_ARGS__, NULL })

// At the end of a request's file: REQUEST(.command = "next", .states = WHEN_STOPPED, .handle = handle)
#define REQUEST(...) \
	static struct request this_request = { __VA_ARGS__ }; \
	__attribute__((constructor)) static void register_this_request(void) \
	{ \
		request_register(&this_request); \
	}

enum { CANCEL_STRIDE = 1024 };
// For handlers that may take long, every CANCEL_STRIDE steps: whether the client wants the answer no more. Reads what came.
bool call_is_cancelled(struct call *call);
// The error of that.
struct error *call_cancelled(void);

// The response waits for reply_finish(). With `holds_events` events wait for it too.
struct reply *call_defer(struct call *call, bool holds_events);
// Of a deferred response: its body object is open for members.
struct writer *reply_body(struct reply *reply);
// Sends it; takes the error. The token is dead afterwards.
void reply_finish(struct reply *reply, struct error *error);

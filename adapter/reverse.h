// Reverse requests: what ptdap asks of the client. Each is answered by the response that names its seq, in whatever order.
#pragma once

#include "adapter/session.h"

// `body` is valid during the call, NULL if there is none. Takes the error, which has the client's words. Called once, but not any more after
// reverse_forget() and when the session is over.
typedef void (*reverse_fn)(void *data, const cJSON *body, struct error *error);

struct reverse_request {
	struct session *session;
	const char *command;
	struct str text;
	struct writer arguments;
};

// Between the two the members of the arguments are written, as with event_open(). It is sent at once: events and responses that wait
// do not hold it back, as one of them may wait for its answer.
void reverse_open(struct reverse_request *request, struct session *session, const char *command);
int64_t reverse_send(struct reverse_request *request, reverse_fn fn, void *data);   // its seq

void reverse_forget(struct session *session, int64_t seq);   // nobody wants the answer; 0: none
// A response came.
void reverse_answered(struct session *session, const struct message *message);

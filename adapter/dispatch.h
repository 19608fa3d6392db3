// From messages to handlers and back: finds the request, checks state and arguments, answers, keeps the order.
#pragma once

#include "adapter/session.h"

// A message came from the client.
void dispatch_message(struct session *session, const char *text, size_t length);
// Handles what waits and may go on now.
void dispatch_drain(struct session *session);
// The same from the loop, once the present callback is over.
void dispatch_drain_later(struct session *session);
// Removes a request that waits, for its turn or for a terminal, and answers it as cancelled. False: no such request waits.
bool dispatch_cancel(struct session *session, int64_t seq);
// An error response without a request: garbage, or an envelope that cannot be read.
void dispatch_complain(struct session *session, int64_t request_seq, const struct error *error);
// Answers everything that waits as cancelled.
void dispatch_cancel_all(struct session *session);

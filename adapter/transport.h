// The client's end of a session: bytes in, cut into messages; bytes out, written when the peer takes them, never blocking.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/str.h"

struct transport;

struct transport_listener {
	// A message came (NUL-terminated; valid during the call).
	void (*message)(void *data, char *text, size_t length);
	// Everything that could be read for now was read.
	void (*idle)(void *data);
	// The peer has taken everything that there was.
	void (*drained)(void *data);
	// No more will come: NULL for the end of input or a peer that is gone, else ERROR_FORMAT. Takes the error. Called once.
	void (*closed)(void *data, struct error *error);
};

// Owns the fds from here on (they may be the same socket).
struct transport *transport_create(struct loop *loop, int in_fd, int out_fd, const struct transport_listener *listener, void *data);
void transport_destroy(struct transport *transport);
// Append to this, then transport_flush().
struct str *transport_out(struct transport *transport);
// Everything that was appended leaves in one piece when the loop's callback is over: one wake-up of the client.
void transport_flush(struct transport *transport);
// What was flushed just now waits for the next transport_flush(), at the longest timeout_ms: an event is about to follow that the
// client wants together with it.
void transport_hold(struct transport *transport, int timeout_ms);
// Bytes that the peer has not taken yet.
size_t transport_backlog(const struct transport *transport);
// The same, once the peer was given what it takes at this moment.
size_t transport_push(struct transport *transport);
// Reads what is there now (a `cancel` may have come while a request ran).
void transport_poll(struct transport *transport);
void transport_stop_reading(struct transport *transport);
// Waits up to timeout_ms for the peer to take what is queued.
void transport_drain(struct transport *transport, int timeout_ms);

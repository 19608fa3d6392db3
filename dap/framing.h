// Cuts a byte stream into messages: "Content-Length: N\r\n\r\n" and N bytes, in any chunking. Other headers are skipped, a bare
// "\n" ends a line too, blank lines before a header are skipped.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum {
	FRAMING_HEADER_LIMIT = 8 * 1024,
	FRAMING_BODY_LIMIT = 64 * 1024 * 1024,
};

struct framing {
	struct str buffer;
	size_t taken;          // bytes of the buffer that were handed out
	size_t line;           // start of the header line that is being read
	size_t scanned;        // no line end before this
	bool has_length, in_body;
	size_t body_length;
};
#define FRAMING_INIT { STR_INIT, 0, 0, 0, false, false, 0 }

void framing_deinit(struct framing *framing);
void framing_feed(struct framing *framing, const void *bytes, size_t length);
// The next whole message (NUL-terminated; valid until framing_feed or framing_next), *body_ret NULL if there is none yet.
// ERROR_FORMAT: the stream is broken and cannot be read on.
struct error *framing_next(struct framing *framing, char **body_ret, size_t *length_ret);
// Nothing of a message was left unread.
bool framing_is_empty(const struct framing *framing);
// Appends the header for a body of this length.
void framing_write_header(struct str *out, size_t body_length);

// Envelopes: what is around the arguments of a request and the body of a response or an event.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/str.h"

enum {
	MESSAGE_DEPTH_LIMIT = 64,
	MESSAGE_VALUE_LIMIT = 1 << 20,   // JSON values in one message: bounds the memory of the tree
};

enum message_type { MESSAGE_REQUEST, MESSAGE_RESPONSE, MESSAGE_EVENT };

struct message {
	enum message_type type;
	int64_t seq;
	const char *command;       // REQUEST, RESPONSE; points into root
	const cJSON *arguments;    // REQUEST: NULL if absent or null
	// RESPONSE, to a request of ours:
	int64_t request_seq;       // 0 if it names none
	bool success;
	const cJSON *body;         // NULL if absent or null
	const char *failure;       // the client's words; NULL if it gave none
	bool has_nul;              // a string holds \u0000: cut off there
	cJSON *root;
};

// `text` is NUL-terminated and `length` bytes long. ERROR_FORMAT: no JSON, too deep, too many values, or not an envelope;
// then message_ret->seq is the message's number if that much could be read, else 0.
struct error *message_parse(const char *text, size_t length, struct message *message_ret);
void message_deinit(struct message *message);

// Each appends header and envelope. `body` and `arguments` are JSON; empty: left out.
void message_write_request(struct str *out, int64_t seq, const char *command, const struct str *arguments);
void message_write_response(struct str *out, int64_t seq, int64_t request_seq, const char *command, const struct str *body);
void message_write_event(struct str *out, int64_t seq, const char *event, const char *body, size_t length);

// Writes the body of the message that begins at `start` to the log.
void message_log(const struct str *out, size_t start);

struct message_failure {
	const char *message;    // `message` of the response: "cancelled" or the words
	const char *words;      // for the user
	int id;
	bool is_shown;          // showUser
};
void message_write_failure(struct str *out, int64_t seq, int64_t request_seq, const char *command,
			   const struct message_failure *failure);

// A DAP client for tests: a session with the double behind a socketpair, run by the test's own turns of the loop.
#pragma once

#include <cjson/cJSON.h>

#include "adapter/session.h"
#include "base/loop.h"
#include "dap/framing.h"

struct client_end {
	struct loop *loop;
	struct session *session;
	int fd;
	int64_t seq, last_seq;
	struct framing framing;
	cJSON *message;            // last received
	struct str skipped;        // what client_ask() passed over: "stopped; "
	int exit_code;             // of the session, after client_receive_end()
};
extern struct client_end client;

int client_setup(void **state);
int client_teardown(void **state);
void client_send_bytes(const char *bytes);
int64_t client_send(const char *command, const char *arguments);   // JSON; NULL: none. The request's seq
cJSON *client_receive(void);                // the next message; fails the test if none comes. NULL: end of stream
const cJSON *client_receive_end(void);      // the session must end; what it still sent, NULL: nothing
void client_expect_silence(void);
// Sends and waits for the response, which must (not) be a success; messages before it land in client.skipped.
cJSON *client_ask(const char *command, const char *arguments);      // the body, or NULL
const char *client_refused(const char *command, const char *arguments);   // the error's words
cJSON *client_event(const char *event);     // the next message must be this event; its body
const char *client_text(const cJSON *object, const char *name);
double client_number(const cJSON *object, const char *name);
void client_launch(const char *arguments);  // initialize, launch, configurationDone; events are taken off

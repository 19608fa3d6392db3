#include "adapter/dispatch.h"

#include <inttypes.h>

#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/reverse.h"
#include "adapter/terminal.h"
#include "base/log.h"

struct reply {
	struct session *session;
	int64_t request_seq;
	char *command;
	bool holds_events, is_shown;
	struct str body;
	struct writer writer;
};

// A step is over in far less, and its `stopped` then leaves together with the response.
enum { HOLD_MS = 2 };

static struct request *registry;

void request_register(struct request *request)
{
	request->next = registry;
	registry = request;
}

struct request *request_first(void)
{
	return registry;
}

const struct request *request_find(const char *command)
{
	for (struct request *request = registry; request; request = request->next)
		if (str_equal(request->command, command))
			return request;
	return NULL;
}

// ---- Answers --------------------------------------------------------------------------------------------------------

static void log_out(struct session *session, size_t start)
{
	struct str *out = transport_out(session->transport);
	if (log_is_open)
		message_log(out, start);
}

static void send_success(struct session *session, int64_t request_seq, const char *command, struct str *body)
{
	struct str *out = transport_out(session->transport);
	size_t start = out->length;
	str_char(body, '}');
	if (body->length == 2)
		str_clear(body);
	message_write_response(out, ++session->seq, request_seq, command, body);
	log_out(session, start);
	transport_flush(session->transport);
}

// Takes the error.
static void send_failure(struct session *session, int64_t request_seq, const char *command, bool is_shown, struct error *error)
{
	struct str *out = transport_out(session->transport);
	size_t start = out->length;
	struct message_failure failure = {
		.message = error->code == ERROR_CANCELLED ? "cancelled" : error->message,
		.words = error->message,
		.id = (int)error->code,
		.is_shown = is_shown,
	};
	message_write_failure(out, ++session->seq, request_seq, command, &failure);
	log_out(session, start);
	error_destroy(error);
	transport_flush(session->transport);
}

void dispatch_complain(struct session *session, int64_t request_seq, const struct error *error)
{
	send_failure(session, request_seq, "", false, error_create(error->code, "%s", error->message));
}

struct reply *call_defer(struct call *call, bool holds_events)
{
	struct session *session = call->session;
	const struct request *request = request_find(call->message->command);
	struct reply *reply = xcalloc(1, sizeof(*reply));
	reply->session = session;
	reply->request_seq = call->message->seq;
	reply->command = xstrdup(call->message->command);
	reply->holds_events = holds_events;
	reply->is_shown = request && request->is_shown;
	reply->writer = (struct writer)WRITER_INIT(&reply->body);
	writer_open_object(&reply->writer, NULL);
	*vec_push(&session->replies) = reply;
	if (holds_events)
		events_hold(session);
	call->deferred = reply;
	return reply;
}

struct writer *reply_body(struct reply *reply)
{
	return &reply->writer;
}

static void unlist_reply(struct session *session, const struct reply *reply)
{
	for (size_t i = 0; i < session->replies.count; i++) {
		if (session->replies.items[i] == reply) {
			vec_remove(&session->replies, i);
			return;
		}
	}
}

void reply_finish(struct reply *reply, struct error *error)
{
	struct session *session = reply->session;
	unlist_reply(session, reply);
	session_forget_reply(session, reply);
	if (error)
		send_failure(session, reply->request_seq, reply->command, reply->is_shown, error);
	else
		send_success(session, reply->request_seq, reply->command, &reply->body);
	if (reply->holds_events)
		events_release(session);
	str_deinit(&reply->body);
	free(reply->command);
	free(reply);
}

// ---- State ----------------------------------------------------------------------------------------------------------

static const char busy[] = "a program is being debugged already; disconnect or restart instead";

// What keeps the request from being done in this state, and what would help.
static const char *state_words(unsigned allowed, unsigned state, bool has_no_debug)
{
	if (allowed == WHEN_NEW)
		return "the session is initialized already";
	if ((allowed & WHEN_STARTED) == WHEN_CONFIGURING && (state & WHEN_STARTED))
		return "the configuration is done already";
	if (allowed == WHEN_IDLE && (state & WHEN_STARTED))
		return busy;
	switch (state) {
	case WHEN_NEW: return "send initialize first";
	case WHEN_IDLE: return "nothing is being debugged yet; launch a program or attach to one first";
	case WHEN_STARTING:
	case WHEN_OPENING: return "the program is being started; wait for the answer to launch or attach";
	case WHEN_CONFIGURING: return "the program has not been let go yet; send configurationDone first";
	case WHEN_STOPPED: return "the program is stopped already";
	case WHEN_RUNNING:
		return has_no_debug ? "the program runs without debugging (noDebug)" : "the program is running; pause it first";
	default: return "the program has ended";
	}
}

static struct error *state_error(const struct session *session, const struct request *request, unsigned state)
{
	bool has_no_debug = session->options && session->options->no_debug;
	return error_create(ERROR_STATE, "%s: %s", request->command, state_words(request->states, state, has_no_debug));
}

// Waits for a launch under way: what it needs is the program.
static bool must_wait(const struct request *request, unsigned state)
{
	bool is_starting = state == WHEN_STARTING || state == WHEN_OPENING;
	return is_starting && request && !(request->states & state) && (request->states & WHEN_STARTED);
}

// ---- Calls ----------------------------------------------------------------------------------------------------------

static struct error *run_handler(const struct request *request, struct call *call)
{
	const cJSON *sent = call->message->arguments;
	if (sent && !cJSON_IsObject(sent))
		return argument_mismatch("arguments", "an object", sent);
	if (!request->arguments)
		return request->handle(call, NULL);
	const struct arguments_table *table = request->arguments();
	void *arguments = arena_alloc(call->scratch, table->size);
	struct error *error = arguments_decode(table, sent, "arguments", call->scratch, arguments);
	return error ? error : request->handle(call, arguments);
}

static struct error *handle_message(const struct request *request, struct call *call)
{
	const char *command = call->message->command;
	unsigned state = session_state(call->session);
	if (!request)
		return error_create(ERROR_UNSUPPORTED, "the request \"%.80s\" is not supported by ptdap", command);
	if (call->message->has_nul)
		return error_create(ERROR_INVALID, "arguments: a string holds \\u0000, which no text here may");
	if (!(request->states & state))
		return state_error(call->session, request, state);
	return run_handler(request, call);
}

bool call_is_cancelled(struct call *call)
{
	struct session *session = call->session;
	transport_poll(session->transport);
	return session->is_running_cancelled || session->is_over;
}

struct error *call_cancelled(void)
{
	return error_create(ERROR_CANCELLED, "cancelled");
}

// Takes what the message holds.
static void dispatch_request(struct session *session, struct message *message)
{
	const struct request *request = request_find(message->command);
	arena_reset(session->scratch);
	str_clear(&session->body);
	struct writer body = WRITER_INIT(&session->body);
	writer_open_object(&body, NULL);
	struct call call = { session, message, &body, session->scratch, NULL };
	session->has_resumed = false;
	session->changes = 0;
	events_hold(session);
	session->running = message;
	session->is_running_cancelled = false;
	struct error *error = handle_message(request, &call);
	session->running = NULL;
	if (call.deferred && error)
		reply_finish(call.deferred, error);
	else if (error)
		send_failure(session, message->seq, message->command, request && request->is_shown, error);
	else if (!call.deferred)
		send_success(session, message->seq, message->command, &session->body);
	events_tell_changes(session);
	events_release(session);
	if (session->has_resumed && !session->has_exited && session_state(session) == WHEN_RUNNING)
		transport_hold(session->transport, HOLD_MS);
	message_deinit(message);
}

// Takes what the message holds.
static void dispatch_now(struct session *session, struct message *message)
{
	if (message->type == MESSAGE_REQUEST) {
		dispatch_request(session, message);
	} else {
		reverse_answered(session, message);
		message_deinit(message);
	}
}

// It is answered in its turn, but takes effect now.
static void cancel_amid_request(struct session *session, const struct message *message)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(message->arguments, "requestId");
	if (!cJSON_IsNumber(id))
		return;
	if (id->valuedouble == (double)session->running->seq)
		session->is_running_cancelled = true;
	else
		dispatch_cancel(session, (int64_t)id->valuedouble);
}

void dispatch_message(struct session *session, const char *text, size_t length)
{
	struct message message;
	if (session->is_over)
		return;
	struct error *error = message_parse(text, length, &message);
	if (error) {
		dispatch_complain(session, message.seq, error);
		error_destroy(error);
		return;
	}
	if (message.type == MESSAGE_EVENT) {
		message_deinit(&message);   // clients send none
		return;
	}
	bool is_response = message.type == MESSAGE_RESPONSE, is_cancel = !is_response && str_equal(message.command, "cancel");
	if ((is_response || is_cancel) && !session->running) {
		dispatch_now(session, &message);   // what a cancel cancels would be answered before it
		return;
	}
	if (is_cancel)
		cancel_amid_request(session, &message);
	*vec_push(&session->queue) = (struct queued_request){ message };
}

// The first message that may be handled now: the first of all, a response, or a request that overtakes those that wait. SIZE_MAX: none.
static size_t next_runnable(const struct session *session)
{
	unsigned state = session_state(session);
	bool is_blocked = false;
	for (size_t i = 0; i < session->queue.count; i++) {
		const struct message *message = &session->queue.items[i].message;
		const struct request *request = message->type == MESSAGE_REQUEST ? request_find(message->command) : NULL;
		bool overtakes = message->type == MESSAGE_RESPONSE || (request && request->overtakes);
		bool waits = must_wait(request, state);
		is_blocked |= waits;
		if (!waits && (!is_blocked || overtakes))
			return i;
	}
	return SIZE_MAX;
}

void dispatch_drain(struct session *session)
{
	if (session->is_draining)
		return;
	session->is_draining = true;
	size_t index;
	while (!session->is_over && (index = next_runnable(session)) != SIZE_MAX) {
		struct message message = session->queue.items[index].message;
		vec_remove(&session->queue, index);
		dispatch_now(session, &message);
		if (session->queue.count)
			transport_poll(session->transport);
	}
	session->is_draining = false;
}

static void drain_deferred(void *data)
{
	dispatch_drain(data);
}

void dispatch_drain_later(struct session *session)
{
	loop_defer(session->loop, drain_deferred, session);
}

static void cancel_at(struct session *session, size_t index)
{
	struct message message = session->queue.items[index].message;
	vec_remove(&session->queue, index);
	if (message.type == MESSAGE_REQUEST)
		send_failure(session, message.seq, message.command, false, call_cancelled());
	message_deinit(&message);
}

bool dispatch_cancel(struct session *session, int64_t seq)
{
	for (size_t i = 0; i < session->queue.count; i++) {
		const struct message *message = &session->queue.items[i].message;
		if (message->type == MESSAGE_REQUEST && message->seq == seq) {
			cancel_at(session, i);
			return true;
		}
	}
	vec_each(reply, &session->replies)
		if ((*reply)->request_seq == seq && (*reply == session->start_reply || *reply == session->restart.reply))
			return terminal_abandon(session, call_cancelled());
	return false;
}

void dispatch_cancel_all(struct session *session)
{
	while (session->queue.count)
		cancel_at(session, 0);
	while (session->replies.count)
		reply_finish(session->replies.items[0], error_create(ERROR_CANCELLED, "the session is over"));
}

#include "adapter/reverse.h"

#include <inttypes.h>

#include "base/log.h"

void reverse_open(struct reverse_request *request, struct session *session, const char *command)
{
	*request = (struct reverse_request){ .session = session, .command = command };
	request->arguments = (struct writer)WRITER_INIT(&request->text);
	writer_open_object(&request->arguments, NULL);
}

int64_t reverse_send(struct reverse_request *request, reverse_fn fn, void *data)
{
	struct session *session = request->session;
	struct str *out = transport_out(session->transport);
	size_t start = out->length;
	int64_t seq = ++session->seq;
	writer_close_object(&request->arguments);
	message_write_request(out, seq, request->command, &request->text);
	if (log_is_open)
		message_log(out, start);
	transport_flush(session->transport);
	str_deinit(&request->text);
	*vec_push(&session->awaited) = (struct awaited_response){ seq, request->command, fn, data };
	return seq;
}

void reverse_forget(struct session *session, int64_t seq)
{
	for (size_t i = session->awaited.count; i-- > 0;)
		if (session->awaited.items[i].seq == seq)
			vec_remove(&session->awaited, i);
}

static struct error *failure(const struct awaited_response *awaited, const struct message *message)
{
	if (message->success)
		return NULL;
	return error_create(ERROR_UNSUPPORTED, "the client refused %s: %s", awaited->command,
			    message->failure && *message->failure ? message->failure : "it does not say why");
}

void reverse_answered(struct session *session, const struct message *message)
{
	for (size_t i = 0; i < session->awaited.count; i++) {
		struct awaited_response awaited = session->awaited.items[i];
		if (awaited.seq != message->request_seq)
			continue;
		vec_remove(&session->awaited, i);
		awaited.fn(awaited.data, message->body, failure(&awaited, message));
		return;
	}
	LOG("dap", "a response to request %" PRId64 ", for which nobody waits", message->request_seq);
}

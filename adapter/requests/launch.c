// Answered when the program stands at its first instruction; `initialized` follows.
#include "adapter/request.h"

static struct error *handle(struct call *call, const void *data)
{
	(void)data;
	struct launch_options *options;
	struct error *error = launch_options_decode(call->message->arguments, false, &options);
	if (error)
		return error;
	call->session->start_reply = call_defer(call, true);
	session_start_debuggee(call->session, options);
	return NULL;
}

REQUEST(.command = "launch", .states = WHEN_IDLE, .handle = handle)

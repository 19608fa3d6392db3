// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_Initialize
#include "adapter/request.h"

#define INITIALIZE_ARGUMENTS(X) \
	X(string, clientID, OPTIONAL) \
	X(boolean, linesStartAt1, OPTIONAL) \
	X(boolean, columnsStartAt1, OPTIONAL) \
	X(choice, pathFormat, OPTIONAL, "path", "uri") \
	X(boolean, supportsMemoryEvent, OPTIONAL) \
	X(boolean, supportsRunInTerminalRequest, OPTIONAL) \
	X(boolean, supportsInvalidatedEvent, OPTIONAL)
ARGUMENTS(initialize, INITIALIZE_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct initialize_arguments *arguments = data;
	struct session *session = call->session;
	session->is_initialized = true;
	session->client = (struct client){
		.lines_start_at_0 = arguments->has_linesStartAt1 && !arguments->linesStartAt1,
		.columns_start_at_0 = arguments->has_columnsStartAt1 && !arguments->columnsStartAt1,
		.takes_invalidated = arguments->supportsInvalidatedEvent,
		.takes_memory_events = arguments->supportsMemoryEvent,
		.runs_in_terminal = arguments->supportsRunInTerminalRequest,
	};
	session->paths.is_uri = arguments->pathFormat == 1;
	for (struct request *request = request_first(); request; request = request->next) {
		for (size_t i = 0; request->capabilities && request->capabilities[i]; i++)
			writer_boolean(call->body, request->capabilities[i], true);
		if (request->announce)
			request->announce(call->body);
	}
	return NULL;
}

REQUEST(.command = "initialize", .states = WHEN_NEW, .arguments = initialize_arguments_table, .handle = handle)

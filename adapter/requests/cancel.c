// Takes back a request that waits. One that runs asks for itself: call_is_cancelled().
#include "adapter/dispatch.h"
#include "adapter/request.h"

#define CANCEL_ARGUMENTS(X) \
	X(integer, requestId, OPTIONAL) \
	X(string, progressId, OPTIONAL)
ARGUMENTS(cancel, CANCEL_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct cancel_arguments *arguments = data;
	if (arguments->has_requestId)
		dispatch_cancel(call->session, arguments->requestId);
	return NULL;
}

REQUEST(.command = "cancel", .capabilities = CAPABILITIES("supportsCancelRequest"), .states = WHEN_NEW | WHEN_INITIALIZED,
	.arguments = cancel_arguments_table, .overtakes = true, .handle = handle)

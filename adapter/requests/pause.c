#include <limits.h>

#include "adapter/request.h"

#define PAUSE_ARGUMENTS(X) X(integer, threadId, OPTIONAL)
ARGUMENTS(pause, PAUSE_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct pause_arguments *arguments = data;
	if (arguments->threadId < 0 || arguments->threadId > INT_MAX)
		return error_create(ERROR_NOT_FOUND, "arguments.threadId: there is no thread %lld", (long long)arguments->threadId);
	return debugger_pause(call->session->debugger, (pid_t)arguments->threadId);
}

REQUEST(.command = "pause", .states = WHEN_RUNNING, .arguments = pause_arguments_table, .is_shown = true, .handle = handle)

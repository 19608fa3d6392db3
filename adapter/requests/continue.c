#include "adapter/request.h"

#define CONTINUE_ARGUMENTS(X) X(integer, threadId, OPTIONAL)
ARGUMENTS(continue, CONTINUE_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct continue_arguments *arguments = data;
	struct session *session = call->session;
	pid_t tid;
	struct error *error = arguments->has_threadId ? session_check_thread(session, arguments->threadId, &tid) : NULL;
	if (!error)
		error = debugger_continue(session->debugger);
	if (error)
		return error;
	session_resumed(session);
	writer_boolean(call->body, "allThreadsContinued", true);
	return NULL;
}

REQUEST(.command = "continue", .states = WHEN_STOPPED, .arguments = continue_arguments_table, .is_shown = true, .handle = handle)

#include "adapter/request.h"

#define EXCEPTION_INFO_ARGUMENTS(X) X(integer, threadId, REQUIRED)
ARGUMENTS(exception_info, EXCEPTION_INFO_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct exception_info_arguments *arguments = data;
	struct exception_info info;
	pid_t tid;
	struct error *error = session_check_thread(call->session, arguments->threadId, &tid);
	if (!error)
		error = debugger_exception_info(call->session->debugger, tid, call->scratch, &info);
	if (error)
		return error;
	writer_string(call->body, "exceptionId", info.id);
	writer_optional(call->body, "description", info.description);
	writer_string(call->body, "breakMode", info.is_fatal ? "unhandled" : "always");
	writer_open_object(call->body, "details");
	writer_optional(call->body, "message", info.details ? info.details : info.description);
	writer_string(call->body, "typeName", info.id);
	writer_close_object(call->body);
	return NULL;
}

REQUEST(.command = "exceptionInfo", .capabilities = CAPABILITIES("supportsExceptionInfoRequest"), .states = WHEN_INSPECTABLE,
	.arguments = exception_info_arguments_table, .handle = handle)

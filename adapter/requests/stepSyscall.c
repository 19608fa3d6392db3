// ptdap/stepSyscall {threadId}: run to the thread's next syscall boundary, entry or return. Answered like `next`; since no client knows of
// itself that this request resumes, `continued` follows the response.
#include "adapter/events.h"
#include "adapter/request.h"

#define STEP_SYSCALL_ARGUMENTS(X) X(integer, threadId, REQUIRED)
ARGUMENTS(step_syscall, STEP_SYSCALL_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct step_syscall_arguments *arguments = data;
	pid_t tid;
	struct error *error = session_check_thread(call->session, arguments->threadId, &tid);
	if (!error)
		error = debugger_step_syscall(call->session->debugger, tid);
	if (error)
		return error;
	session_resumed(call->session);
	events_continued(call->session, tid);
	return NULL;
}

REQUEST(.command = "ptdap/stepSyscall", .states = WHEN_STOPPED, .arguments = step_syscall_arguments_table, .is_shown = true,
	.handle = handle)

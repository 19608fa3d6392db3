// ptdap/stepSyscall {threadId}: run to the thread's next syscall boundary, entry or return. Answered like `next`.
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
	if (!error)
		session_resumed(call->session);
	return error;
}

REQUEST(.command = "ptdap/stepSyscall", .states = WHEN_STOPPED, .arguments = step_syscall_arguments_table, .is_shown = true,
	.handle = handle)

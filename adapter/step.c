#include "adapter/step.h"

struct error *step_start(struct call *call, const struct step_arguments *arguments, enum step_kind kind)
{
	static const enum step_unit units[] = { STEP_LINE, STEP_STATEMENT, STEP_INSTRUCTION };
	struct session *session = call->session;
	if (arguments->has_targetId)
		return error_create(ERROR_UNSUPPORTED, "arguments.targetId: stepping into a chosen target is not supported");
	pid_t tid;
	struct error *error = session_check_thread(session, arguments->threadId, &tid);
	if (!error)
		error = debugger_step(session->debugger, tid, kind, units[arguments->granularity]);
	if (!error)
		session_resumed(session);
	return error;
}

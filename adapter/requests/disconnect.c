// Ends the session: a launched program dies, an attached one goes on, unless the client says otherwise.
#include "adapter/events.h"
#include "adapter/request.h"

#define DISCONNECT_ARGUMENTS(X) \
	X(boolean, restart, OPTIONAL) \
	X(boolean, terminateDebuggee, OPTIONAL) \
	X(boolean, suspendDebuggee, OPTIONAL)
ARGUMENTS(disconnect, DISCONNECT_ARGUMENTS)

static void on_detached(void *data, struct error *error)
{
	struct session *session = data;
	struct reply *reply = session->disconnect_reply;
	session->disconnect_reply = NULL;
	if (!reply) {
		error_destroy(error);   // the process died while it was being detached: the exit has answered
		return;
	}
	if (error && error->code == ERROR_GONE) {
		error_destroy(error);
		error = NULL;
	}
	bool is_refused = error != NULL;
	reply_finish(reply, error);
	if (is_refused)
		return;
	events_terminated(session);
	session_end(session, 0);
}

static struct error *handle(struct call *call, const void *data)
{
	const struct disconnect_arguments *arguments = data;
	struct session *session = call->session;
	bool has_debuggee = session_state(session) & WHEN_STARTED;
	bool kills = arguments->has_terminateDebuggee ? arguments->terminateDebuggee : session->is_launched;
	if (arguments->has_suspendDebuggee && arguments->suspendDebuggee)
		kills = false;
	if (!has_debuggee) {
		session_end(session, 0);
		return NULL;
	}
	if (session->disconnect_reply)
		return error_create(ERROR_STATE, "disconnecting already");
	session->disconnect_reply = call_defer(call, false);
	if (kills)
		debugger_kill(session->debugger);
	else
		debugger_detach(session->debugger, arguments->suspendDebuggee, on_detached, session);
	return NULL;
}

REQUEST(.command = "disconnect", .capabilities = CAPABILITIES("supportTerminateDebuggee", "supportSuspendDebuggee"),
	.states = WHEN_NEW | WHEN_INITIALIZED, .arguments = disconnect_arguments_table, .overtakes = true, .handle = handle)

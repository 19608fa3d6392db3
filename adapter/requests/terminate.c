// Asks the program to end (SIGTERM); what does not within the grace time, or at a second request, is killed.
#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/terminal.h"

enum { GRACE_MS = 3000 };

static void on_grace_over(void *data)
{
	struct session *session = data;
	session->kill_timer = NULL;
	debugger_kill(session->debugger);
}

static struct error *handle(struct call *call, const void *data)
{
	struct session *session = call->session;
	(void)data;
	if (session_state(session) == WHEN_ENDED)
		return NULL;
	if (session_state(session) == WHEN_OPENING) {
		terminal_abandon(session, error_create(ERROR_CANCELLED, "the program was terminated before it had started"));
		events_terminated(session);
		return NULL;
	}
	// Before configurationDone nothing of it has run yet: there is nothing to tidy up.
	if (session->is_terminating || session_state(session) == WHEN_CONFIGURING) {
		loop_cancel_timer(session->kill_timer);
		session->kill_timer = NULL;
		debugger_kill(session->debugger);
		return NULL;
	}
	session->is_terminating = true;
	struct error *error = debugger_signal(session->debugger, SIGTERM);
	if (error) {
		session->is_terminating = false;
		return error;
	}
	session_forget_stop(session);
	if (!session->has_exited)
		session->kill_timer = loop_add_timer(session->loop, GRACE_MS, on_grace_over, session);
	return NULL;
}

REQUEST(.command = "terminate", .capabilities = CAPABILITIES("supportsTerminateRequest"), .states = WHEN_STARTED | WHEN_OPENING | WHEN_ENDED,
	.overtakes = true, .is_shown = true, .handle = handle)

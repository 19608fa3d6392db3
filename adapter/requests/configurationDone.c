#include "adapter/request.h"

static struct error *handle(struct call *call, const void *data)
{
	(void)data;
	if (session_state(call->session) == WHEN_ENDED)
		return NULL;   // it died before; `terminated` says so
	call->session->is_configured = true;
	return debugger_start(call->session->debugger);
}

REQUEST(.command = "configurationDone", .capabilities = CAPABILITIES("supportsConfigurationDoneRequest"),
	.states = WHEN_CONFIGURING | WHEN_ENDED, .handle = handle)

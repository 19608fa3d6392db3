// Kill and launch again (or detach and attach again), with the arguments of before or those that are given. Breakpoints stay.
#include "adapter/events.h"
#include "adapter/request.h"

#define RESTART_ARGUMENTS(X) X(object, arguments, OPTIONAL)
ARGUMENTS(restart, RESTART_ARGUMENTS)

// nvim-dap and Helix send the attributes themselves, not in a member.
static const cJSON *given_attributes(const struct call *call, const struct restart_arguments *arguments)
{
	static const char *const NAMES[] = { "program", "pid", "processId" };
	if (arguments->has_arguments)
		return arguments->arguments;
	for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
		if (cJSON_GetObjectItemCaseSensitive(call->message->arguments, NAMES[i]))
			return call->message->arguments;
	return NULL;
}

// What cannot be launched is refused before the old program is killed.
static struct error *check(const struct launch_options *options)
{
	struct launch_spec spec;
	if (options->is_attach)
		return NULL;
	launch_options_spec(options, &spec);
	return debugger_check_launch(&spec);
}

static struct error *handle(struct call *call, const void *data)
{
	const struct restart_arguments *arguments = data;
	struct session *session = call->session;
	struct launch_options *options = NULL;
	const cJSON *attributes = given_attributes(call, arguments);
	struct error *error = attributes ? launch_options_decode(attributes, session->is_attached, &options) : NULL;
	if (error)
		return arguments->has_arguments ? error_wrap(error, "arguments.arguments") : error;
	error = check(options ? options : session->options);
	if (error) {
		launch_options_destroy(options);
		return error;
	}
	session->is_terminating = false;
	loop_cancel_timer(session->kill_timer);
	session->kill_timer = NULL;
	// Clients stay with a thread that was stopped until they are told otherwise: Helix evaluates there, nvim-dap continues any other that stops.
	if (session->stopped_tid)
		events_continued(session, session->stopped_tid);
	session_forget_stop(session);
	session_restart(session, call_defer(call, true), options);
	return NULL;
}

REQUEST(.command = "restart", .capabilities = CAPABILITIES("supportsRestartRequest"), .states = WHEN_STARTED | WHEN_ENDED,
	.arguments = restart_arguments_table, .is_shown = true, .handle = handle)

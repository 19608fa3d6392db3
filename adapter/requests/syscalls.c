// ptdap/syscalls {trace?, stop?, inject?, summary?, file?, events?}: what the launch attribute "syscalls" says, changed now; docs/syscalls.md. A
// member that is absent stays as it is, null takes it away. Answers what holds now. A mistake is for the client to show where it was typed.
#include "adapter/request.h"
#include "adapter/syscalls.h"

static void describe(struct writer *body, const struct syscall_settings *settings)
{
	writer_optional(body, "trace", settings->trace);
	writer_optional(body, "stop", settings->stop);
	writer_open_array(body, "inject");
	for (size_t i = 0; settings->inject && settings->inject[i]; i++)
		writer_string(body, NULL, settings->inject[i]);
	writer_close_array(body);
	writer_boolean(body, "summary", settings->summary);
	writer_optional(body, "file", settings->file);
	writer_boolean(body, "events", settings->events);
}

static struct error *handle(struct call *call, const void *data)
{
	struct syscall_settings settings = { 0 };
	const cJSON *sent = call->message->arguments;
	(void)data;
	struct error *error = sent ? syscall_settings_decode(sent, "arguments", call->scratch, &settings) : NULL;
	if (!error)
		error = session_change_syscalls(call->session, &settings);
	if (!error)
		describe(call->body, &call->session->syscalls.settings);
	return error;
}

REQUEST(.command = "ptdap/syscalls", .states = WHEN_STARTED, .handle = handle)

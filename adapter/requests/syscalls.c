// ptdap/syscalls, with the members of adapter/syscall_settings.h: what the launch attribute "syscalls" says, changed now; docs/syscalls.md. A
// member that is absent stays as it is, null takes it away. Answers what holds now. A mistake is for the client to show where it was typed.
#include "adapter/request.h"
#include "adapter/syscalls.h"

static struct error *handle(struct call *call, const void *data)
{
	struct syscall_settings settings = { 0 };
	const cJSON *sent = call->message->arguments;
	(void)data;
	struct error *error = sent ? syscall_settings_decode(sent, "arguments", call->scratch, &settings) : NULL;
	if (!error)
		error = session_change_syscalls(call->session, &settings, "arguments");
	if (!error)
		syscall_settings_write(call->body, &call->session->syscalls.settings);
	return error;
}

REQUEST(.command = "ptdap/syscalls", .states = WHEN_STARTED, .handle = handle)

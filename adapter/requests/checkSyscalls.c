// ptdap/checkSyscalls, with the members of ptdap/syscalls: whether that would take its rules. Nothing is changed. Also before a launch: then, as
// `ptdap --check-syscalls` does, without a look at names of the program.
#include "adapter/request.h"
#include "adapter/syscalls.h"

static struct error *handle(struct call *call, const void *data)
{
	struct syscall_settings settings;
	const cJSON *sent = call->message->arguments;
	(void)data;
	struct error *error = sent ? syscall_settings_decode(sent, "arguments", call->scratch, &settings) : NULL;
	if (!error && sent)
		error = session_check_syscalls(call->session, &settings, "arguments");
	return error;
}

REQUEST(.command = "ptdap/checkSyscalls", .states = WHEN_INITIALIZED, .handle = handle)

#include "adapter/step.h"

static struct error *handle(struct call *call, const void *arguments)
{
	return step_start(call, arguments, STEP_OUT);
}

REQUEST(.command = "stepOut", .states = WHEN_STOPPED, .arguments = step_arguments_table, .is_shown = true,
	.handle = handle)

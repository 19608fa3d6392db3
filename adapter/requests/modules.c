#include "adapter/request.h"
#include "adapter/show.h"

#define MODULES_ARGUMENTS(X) \
	X(integer, startModule, OPTIONAL) \
	X(integer, moduleCount, OPTIONAL)
ARGUMENTS(modules, MODULES_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct modules_arguments *arguments = data;
	struct module_info *modules;
	if (arguments->startModule < 0 || arguments->moduleCount < 0)
		return error_create(ERROR_INVALID, "arguments.%s: expected 0 or more",
				    arguments->startModule < 0 ? "startModule" : "moduleCount");
	size_t total = debugger_modules(call->session->debugger, call->scratch, &modules);
	size_t start = (uint64_t)arguments->startModule < total ? (size_t)arguments->startModule : total;
	size_t count = total - start;
	if (arguments->moduleCount && (uint64_t)arguments->moduleCount < count)
		count = (size_t)arguments->moduleCount;
	writer_open_array(call->body, "modules");
	for (size_t i = start; i < start + count; i++)
		show_module(call->session, call->body, NULL, &modules[i]);
	writer_close_array(call->body);
	writer_integer(call->body, "totalModules", (int64_t)total);
	return NULL;
}

REQUEST(.command = "modules", .capabilities = CAPABILITIES("supportsModulesRequest"), .states = WHEN_STARTED,
	.arguments = modules_arguments_table, .handle = handle)

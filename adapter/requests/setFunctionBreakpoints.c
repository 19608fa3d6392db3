#include "adapter/breakpoints.h"

#define SET_FUNCTION_BREAKPOINTS_ARGUMENTS(X) X(objects, breakpoints, REQUIRED)
ARGUMENTS(set_function_breakpoints, SET_FUNCTION_BREAKPOINTS_ARGUMENTS)

#define FUNCTION_BREAKPOINT_ARGUMENTS(X) \
	X(string, name, REQUIRED) \
	X(string, condition, OPTIONAL) \
	X(string, hitCondition, OPTIONAL) \
	X(string, logMessage, OPTIONAL)
ARGUMENTS(function_breakpoint, FUNCTION_BREAKPOINT_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct set_function_breakpoints_arguments *arguments = data;
	struct breakpoint_spec *specs =
		arena_array(call->scratch, struct breakpoint_spec, cJSON_GetArraySize(arguments->breakpoints) + 1);
	size_t count = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, arguments->breakpoints) {
		struct function_breakpoint_arguments one;
		const char *where = arena_printf(call->scratch, "arguments.breakpoints[%zu]", count);
		struct error *error = arguments_decode(function_breakpoint_arguments_table(), item, where, call->scratch, &one);
		if (error)
			return error;
		specs[count++] = (struct breakpoint_spec){
			.function = one.name,
			.condition = one.condition && *one.condition ? one.condition : NULL,
			.hit_condition = one.hitCondition && *one.hitCondition ? one.hitCondition : NULL,
			.log_message = one.logMessage && *one.logMessage ? one.logMessage : NULL,
		};
	}
	struct breakpoint_info *infos = breakpoints_results(call, count);
	struct error *error = debugger_set_function_breakpoints(call->session->debugger, specs, count, infos);
	if (!error)
		breakpoints_answer(call, infos, count, NULL);
	return error;
}

REQUEST(.command = "setFunctionBreakpoints", .capabilities = CAPABILITIES("supportsFunctionBreakpoints"),
	.states = WHEN_INITIALIZED, .arguments = set_function_breakpoints_arguments_table, .handle = handle)

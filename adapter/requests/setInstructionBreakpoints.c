#include "adapter/breakpoints.h"
#include "adapter/show.h"

#define SET_INSTRUCTION_BREAKPOINTS_ARGUMENTS(X) X(objects, breakpoints, REQUIRED)
ARGUMENTS(set_instruction_breakpoints, SET_INSTRUCTION_BREAKPOINTS_ARGUMENTS)

#define INSTRUCTION_BREAKPOINT_ARGUMENTS(X) \
	X(string, instructionReference, REQUIRED) \
	X(integer, offset, OPTIONAL) \
	X(string, condition, OPTIONAL) \
	X(string, hitCondition, OPTIONAL)
ARGUMENTS(instruction_breakpoint, INSTRUCTION_BREAKPOINT_ARGUMENTS)

static struct error *read_spec(struct call *call, const cJSON *item, size_t index, struct breakpoint_spec *spec)
{
	struct instruction_breakpoint_arguments one;
	const char *where = arena_printf(call->scratch, "arguments.breakpoints[%zu]", index);
	struct error *error = arguments_decode(instruction_breakpoint_arguments_table(), item, where, call->scratch, &one);
	uint64_t address = 0;
	if (!error)
		error = address_parse(one.instructionReference, arena_printf(call->scratch, "%s.instructionReference", where), &address);
	if (error)
		return error;
	*spec = (struct breakpoint_spec){
		.address = address + (uint64_t)one.offset,
		.condition = one.condition && *one.condition ? one.condition : NULL,
		.hit_condition = one.hitCondition && *one.hitCondition ? one.hitCondition : NULL,
	};
	return NULL;
}

static struct error *handle(struct call *call, const void *data)
{
	const struct set_instruction_breakpoints_arguments *arguments = data;
	struct breakpoint_spec *specs =
		arena_array(call->scratch, struct breakpoint_spec, cJSON_GetArraySize(arguments->breakpoints) + 1);
	size_t count = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, arguments->breakpoints) {
		struct error *error = read_spec(call, item, count, &specs[count]);
		if (error)
			return error;
		count++;
	}
	struct breakpoint_info *infos = breakpoints_results(call, count);
	struct error *error = debugger_set_instruction_breakpoints(call->session->debugger, specs, count, infos);
	if (!error)
		breakpoints_answer(call, infos, count, NULL);
	return error;
}

REQUEST(.command = "setInstructionBreakpoints", .capabilities = CAPABILITIES("supportsInstructionBreakpoints"),
	.states = WHEN_INITIALIZED, .arguments = set_instruction_breakpoints_arguments_table, .handle = handle)

// All breakpoints of one source file. Answered in the same number and order; one that cannot be set is an answer, not an error.
#include "adapter/breakpoints.h"
#include "adapter/show.h"

#define SET_BREAKPOINTS_ARGUMENTS(X) \
	X(object, source, REQUIRED) \
	X(objects, breakpoints, OPTIONAL) \
	X(any, lines, OPTIONAL)
ARGUMENTS(set_breakpoints, SET_BREAKPOINTS_ARGUMENTS)

#define SOURCE_ARGUMENTS(X) \
	X(string, path, OPTIONAL) \
	X(integer, sourceReference, OPTIONAL)
ARGUMENTS(source, SOURCE_ARGUMENTS)

#define SOURCE_BREAKPOINT_ARGUMENTS(X) \
	X(integer, line, REQUIRED) \
	X(integer, column, OPTIONAL) \
	X(string, condition, OPTIONAL) \
	X(string, hitCondition, OPTIONAL) \
	X(string, logMessage, OPTIONAL)
ARGUMENTS(source_breakpoint, SOURCE_BREAKPOINT_ARGUMENTS)

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static struct error *read_breakpoint(struct call *call, const cJSON *item, size_t index, const char *path, struct breakpoint_spec *spec)
{
	struct source_breakpoint_arguments one;
	const char *where = arena_printf(call->scratch, "arguments.breakpoints[%zu]", index);
	struct error *error = arguments_decode(source_breakpoint_arguments_table(), item, where, call->scratch, &one);
	if (error)
		return error;
	*spec = (struct breakpoint_spec){
		.path = path,
		.line = line_of_client(call->session, one.line),
		.column = one.has_column ? column_of_client(call->session, one.column) : 0,
		.condition = or_null(one.condition),
		.hit_condition = or_null(one.hitCondition),
		.log_message = or_null(one.logMessage),
	};
	return NULL;
}

// The old form: line numbers alone.
static struct error *read_line(struct call *call, const cJSON *item, size_t index, const char *path, struct breakpoint_spec *spec)
{
	int64_t line;
	const char *where = arena_printf(call->scratch, "arguments.lines[%zu]", index);
	struct error *error = argument_decode_value(ARGUMENT_integer, NULL, item, where, call->scratch, &line);
	if (!error)
		*spec = (struct breakpoint_spec){ .path = path, .line = line_of_client(call->session, line) };
	return error;
}

static struct error *read_specs(struct call *call, const struct set_breakpoints_arguments *arguments, const char *path,
				struct breakpoint_spec **specs_ret, size_t *count_ret)
{
	const cJSON *list = arguments->has_breakpoints ? arguments->breakpoints : arguments->lines;
	if (list && !cJSON_IsArray(list))
		return argument_mismatch("arguments.lines", "an array", list);
	struct breakpoint_spec *specs = arena_array(call->scratch, struct breakpoint_spec, cJSON_GetArraySize(list) + 1);
	size_t count = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, list) {
		struct error *error = (arguments->has_breakpoints ? read_breakpoint : read_line)(call, item, count, path, &specs[count]);
		if (error)
			return error;
		count++;
	}
	*specs_ret = specs;
	*count_ret = count;
	return NULL;
}

static void refuse_all(struct call *call, size_t count)
{
	struct breakpoint_info *infos = breakpoints_results(call, count);
	for (size_t i = 0; i < count; i++)
		infos[i].message = "breakpoints cannot be set in this text; the Disassembly view takes them";
	breakpoints_answer(call, infos, count, NULL);
}

static struct error *handle(struct call *call, const void *data)
{
	const struct set_breakpoints_arguments *arguments = data;
	struct source_arguments source;
	struct error *error = arguments_decode(source_arguments_table(), arguments->source, "arguments.source", call->scratch, &source);
	if (error)
		return error;
	const char *path = source.path ? paths_from_client(&call->session->paths, call->scratch, source.path) : NULL;
	struct breakpoint_spec *specs;
	size_t count;
	error = read_specs(call, arguments, path, &specs, &count);
	if (error)
		return error;
	if (source.has_sourceReference && source.sourceReference > 0) {
		refuse_all(call, count);
		return NULL;
	}
	if (!path)
		return error_create(ERROR_INVALID, "arguments.source.path is missing");
	struct breakpoint_info *infos = breakpoints_results(call, count);
	error = debugger_set_line_breakpoints(call->session->debugger, path, specs, count, infos);
	if (!error)
		breakpoints_answer(call, infos, count, source.path);
	return error;
}

REQUEST(.command = "setBreakpoints",
	.capabilities = CAPABILITIES("supportsConditionalBreakpoints", "supportsHitConditionalBreakpoints", "supportsLogPoints"),
	.states = WHEN_INITIALIZED, .arguments = set_breakpoints_arguments_table, .handle = handle)

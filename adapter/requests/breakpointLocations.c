#include "adapter/request.h"
#include "adapter/show.h"

#define BREAKPOINT_LOCATIONS_ARGUMENTS(X) \
	X(object, source, REQUIRED) \
	X(integer, line, REQUIRED) \
	X(integer, column, OPTIONAL) \
	X(integer, endLine, OPTIONAL) \
	X(integer, endColumn, OPTIONAL)
ARGUMENTS(breakpoint_locations, BREAKPOINT_LOCATIONS_ARGUMENTS)

// Whether the client's range, whose columns count on its first and last line alone, holds the location.
static bool is_within(struct session *session, const struct breakpoint_locations_arguments *arguments, unsigned end_line,
		      const struct line_location *location)
{
	unsigned first = line_of_client(session, arguments->line);
	if (arguments->has_column && location->line == first && location->column &&
	    location->column < column_of_client(session, arguments->column))
		return false;
	return !(arguments->has_endColumn && location->line == end_line &&
		 location->column > column_of_client(session, arguments->endColumn));
}

static struct error *handle(struct call *call, const void *data)
{
	const struct breakpoint_locations_arguments *arguments = data;
	struct session *session = call->session;
	const char *client_path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(arguments->source, "path"));
	struct line_location *locations = NULL;
	size_t count = 0;
	unsigned line = line_of_client(session, arguments->line);
	unsigned end_line = arguments->has_endLine ? line_of_client(session, arguments->endLine) : line;
	if (client_path && line && end_line >= line) {
		const char *path = paths_from_client(&session->paths, call->scratch, client_path);
		struct error *error = debugger_breakpoint_locations(session->debugger, path, line, end_line, call->scratch,
								    &locations, &count);
		if (error && !error_catch(&error, ERROR_NOT_FOUND))
			return error;
	}
	writer_open_array(call->body, "breakpoints");
	for (size_t i = 0; i < count; i++) {
		if (!is_within(session, arguments, end_line, &locations[i]))
			continue;
		writer_open_object(call->body, NULL);
		writer_integer(call->body, "line", show_line(session, locations[i].line));
		if (locations[i].column)
			writer_integer(call->body, "column", show_column(session, locations[i].column));
		writer_close_object(call->body);
	}
	writer_close_array(call->body);
	return NULL;
}

REQUEST(.command = "breakpointLocations", .capabilities = CAPABILITIES("supportsBreakpointLocationsRequest"),
	.states = WHEN_STARTED, .arguments = breakpoint_locations_arguments_table, .handle = handle)

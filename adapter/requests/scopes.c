#include "adapter/request.h"
#include "adapter/show.h"

#define SCOPES_ARGUMENTS(X) X(integer, frameId, REQUIRED)
ARGUMENTS(scopes, SCOPES_ARGUMENTS)

static int scope_reference(struct session *session, const struct scope_info *scope, const struct frame_ref *frame)
{
	bool is_of_function = scope->hint && (str_equal(scope->hint, "arguments") || str_equal(scope->hint, "locals"));
	struct variable_ref variable = {
		.node = scope->node,
		.frame = *frame,
		.scope = is_of_function ? VARIABLE_IN_FUNCTION : VARIABLE_IN_GLOBALS,
	};
	return refs_add_variable(&session->refs, &variable);
}

static void show_scope(struct session *session, struct writer *body, const struct scope_info *scope, const struct frame_ref *frame)
{
	writer_open_object(body, NULL);
	writer_string(body, "name", scope->name);
	writer_optional(body, "presentationHint", scope->hint);
	writer_integer(body, "variablesReference", scope_reference(session, scope, frame));
	writer_boolean(body, "expensive", scope->is_expensive);
	if (scope->source_path) {
		show_source(session, body, "source", scope->source_path, false);
		if (scope->line)
			writer_integer(body, "line", show_line(session, scope->line));
		if (scope->end_line)
			writer_integer(body, "endLine", show_line(session, scope->end_line));
	}
	writer_close_object(body);
}

static struct error *handle(struct call *call, const void *data)
{
	const struct scopes_arguments *arguments = data;
	struct session *session = call->session;
	struct frame_ref frame;
	struct scope_info *scopes;
	size_t count;
	struct error *error = session_frame(session, true, arguments->frameId, &frame);
	if (!error)
		error = debugger_scopes(session->debugger, frame.tid, frame.index, &scopes, &count);
	if (error)
		return error;
	writer_open_array(call->body, "scopes");
	for (size_t i = 0; i < count; i++)
		show_scope(session, call->body, &scopes[i], &frame);
	writer_close_array(call->body);
	return NULL;
}

REQUEST(.command = "scopes", .states = WHEN_INSPECTABLE, .arguments = scopes_arguments_table, .handle = handle)

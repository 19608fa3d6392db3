#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/show.h"
#include "adapter/value_format.h"

#define SET_EXPRESSION_ARGUMENTS(X) \
	X(string, expression, REQUIRED) \
	X(string, value, REQUIRED) \
	X(integer, frameId, OPTIONAL) \
	X(object, format, OPTIONAL)
ARGUMENTS(set_expression, SET_EXPRESSION_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	static const struct node_names names = { "value", true };
	const struct set_expression_arguments *arguments = data;
	struct session *session = call->session;
	struct frame_ref frame;
	struct node *node;
	bool is_hex;
	struct error *error = session_frame(session, arguments->has_frameId, arguments->frameId, &frame);
	if (!error)
		error = value_format_decode(arguments->format, call->scratch, &is_hex);
	if (!error)
		error = debugger_assign(session->debugger, frame.tid, frame.index, arguments->expression, arguments->value, &node);
	if (error)
		return error;
	events_invalidated(session, *arguments->expression == '$');
	return show_node(session, call->body, node, is_hex, &names);
}

REQUEST(.command = "setExpression", .capabilities = CAPABILITIES("supportsSetExpression"), .states = WHEN_INSPECTABLE,
	.arguments = set_expression_arguments_table, .handle = handle)

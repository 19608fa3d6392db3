#include "adapter/request.h"
#include "adapter/show.h"

#define SET_EXPRESSION_ARGUMENTS(X) \
	X(string, expression, REQUIRED) \
	X(string, value, REQUIRED) \
	X(integer, frameId, OPTIONAL) \
	X(object, format, OPTIONAL)
ARGUMENTS(set_expression, SET_EXPRESSION_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct set_expression_arguments *arguments = data;
	struct session *session = call->session;
	struct frame_ref frame;
	struct node *node;
	struct format_rules rules;
	struct error *error = session_frame(session, arguments->has_frameId, arguments->frameId, &frame);
	if (!error)
		error = format_rules_init(session, arguments->format, &frame, &rules);
	if (!error)
		error = debugger_assign(session->debugger, frame.tid, frame.index, arguments->expression, arguments->value, &node);
	if (error)
		return error;
	struct variable_ref result = refs_result(&frame, arguments->expression, node);
	return show_variable(session, call->body, "value", &result, &rules);
}

REQUEST(.command = "setExpression", .capabilities = CAPABILITIES("supportsSetExpression"), .states = WHEN_INSPECTABLE,
	.arguments = set_expression_arguments_table, .handle = handle)

#include "adapter/request.h"
#include "adapter/show.h"

#define SET_VARIABLE_ARGUMENTS(X) \
	X(integer, variablesReference, REQUIRED) \
	X(string, name, REQUIRED) \
	X(string, value, REQUIRED) \
	X(object, format, OPTIONAL)
ARGUMENTS(set_variable, SET_VARIABLE_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct set_variable_arguments *arguments = data;
	struct session *session = call->session;
	struct variable_ref parent, child;
	struct format_rules rules;
	struct node *node;
	struct error *error = refs_variable(&session->refs, arguments->variablesReference, &parent);
	if (!error)
		error = format_rules_init(session, arguments->format, &parent.frame, &rules);
	if (!error)
		error = show_find_child(parent.node, arguments->name, &node);
	if (!error)
		error = node_assign(node, arguments->value);
	if (error)
		return error;
	format_rules_enter(session, &parent, &rules);
	child = refs_child(&parent, (int)arguments->variablesReference, node);
	return show_variable(session, call->body, "value", &child, &rules);
}

REQUEST(.command = "setVariable", .capabilities = CAPABILITIES("supportsSetVariable"), .states = WHEN_INSPECTABLE,
	.arguments = set_variable_arguments_table, .handle = handle)

#include <inttypes.h>
#include <stdio.h>

#include "adapter/events.h"
#include "adapter/request.h"
#include "adapter/show.h"
#include "adapter/value_format.h"

#define SET_VARIABLE_ARGUMENTS(X) \
	X(integer, variablesReference, REQUIRED) \
	X(string, name, REQUIRED) \
	X(string, value, REQUIRED) \
	X(object, format, OPTIONAL)
ARGUMENTS(set_variable, SET_VARIABLE_ARGUMENTS)

static struct error *find_among(struct node *parent, bool is_indexed, uint64_t start, uint64_t count, const char *name,
				struct node **node_ret)
{
	struct node **nodes;
	size_t got;
	struct error *error = node_children(parent, is_indexed, start, count, &nodes, &got);
	for (size_t i = 0; !error && i < got; i++) {
		if (str_equal(nodes[i]->name, name)) {
			*node_ret = nodes[i];
			break;
		}
	}
	return error;
}

static struct error *find_child(struct node *parent, const char *name, struct node **node_ret)
{
	struct node_display display = { false };
	struct node_view view = { .value = "" };
	struct node *found = NULL;
	uint64_t index;
	struct error *error = node_describe(parent, &display, &view);
	// An element is asked for alone: its array may have millions.
	if (!error && sscanf(name, "[%" SCNu64 "]", &index) == 1 && index < view.indexed_children)
		error = find_among(parent, true, index, 1, name, &found);
	if (!error && !found && view.named_children)
		error = find_among(parent, false, 0, 0, name, &found);
	if (!error && !found)
		error = error_create(ERROR_NOT_FOUND, "arguments.name: there is no variable \"%.80s\" there", name);
	if (!error)
		*node_ret = found;
	return error;
}

static struct error *handle(struct call *call, const void *data)
{
	static const struct node_names names = { "value", false };
	const struct set_variable_arguments *arguments = data;
	struct session *session = call->session;
	struct node *parent, *node;
	bool is_hex;
	struct error *error = refs_variable(&session->refs, arguments->variablesReference, &parent);
	if (!error)
		error = value_format_decode(arguments->format, call->scratch, &is_hex);
	if (!error)
		error = find_child(parent, arguments->name, &node);
	if (!error)
		error = node_assign(node, arguments->value);
	if (error)
		return error;
	// A register may have been rsp or rip: the stack is another one then.
	events_invalidated(session, node->expression && *node->expression == '$');
	return show_node(session, call->body, node, is_hex, &names);
}

REQUEST(.command = "setVariable", .capabilities = CAPABILITIES("supportsSetVariable"), .states = WHEN_INSPECTABLE,
	.arguments = set_variable_arguments_table, .handle = handle)

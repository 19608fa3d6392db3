// An expression, in every context; a line in the REPL is one too.
#include "adapter/request.h"
#include "adapter/show.h"

#define EVALUATE_ARGUMENTS(X) \
	X(string, expression, REQUIRED) \
	X(integer, frameId, OPTIONAL) \
	X(string, context, OPTIONAL) \
	X(object, format, OPTIONAL)
ARGUMENTS(evaluate, EVALUATE_ARGUMENTS)

// Contexts are open text: one we do not know, and none, are watches, which have no side effects.
static enum evaluate_mode mode_of(const char *context)
{
	static const struct {
		const char *context;
		enum evaluate_mode mode;
	} modes[] = {
		{ "hover", EVALUATE_HOVER },
		{ "repl", EVALUATE_REPL },
		{ "clipboard", EVALUATE_CLIPBOARD },
		{ "variables", EVALUATE_VARIABLES },
	};
	for (size_t i = 0; context && i < ARRAY_SIZE(modes); i++)
		if (str_equal(modes[i].context, context))
			return modes[i].mode;
	return EVALUATE_WATCH;
}

static struct error *handle(struct call *call, const void *data)
{
	const struct evaluate_arguments *arguments = data;
	struct session *session = call->session;
	struct frame_ref frame;
	struct node *node;
	struct format_rules rules;
	struct error *error = session_frame(session, arguments->has_frameId, arguments->frameId, &frame);
	if (!error)
		error = format_rules_init(session, arguments->format, &frame, &rules);
	if (!error)
		error = debugger_evaluate(session->debugger, frame.tid, frame.index, arguments->expression, mode_of(arguments->context),
					  &node);
	if (error)
		return error;
	struct variable_ref result = refs_result(&frame, arguments->expression, node);
	return show_variable(session, call->body, "result", &result, &rules);
}

REQUEST(.command = "evaluate", .capabilities = CAPABILITIES("supportsEvaluateForHovers", "supportsClipboardContext"),
	.states = WHEN_INSPECTABLE, .arguments = evaluate_arguments_table, .handle = handle)

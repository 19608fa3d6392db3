// ptdap/setFormat {hex: true|false|null, variablesReference?, name?, evaluateName?}: whether numbers are shown in hexadecimal; docs/protocol.md.
// Without a variable the session's default. null: as it was at the start, or, for a variable, no choice of its own any more.
#include "adapter/request.h"
#include "adapter/show.h"

#define SET_FORMAT_ARGUMENTS(X) \
	X(any, hex, OPTIONAL) \
	X(integer, variablesReference, OPTIONAL) \
	X(string, name, OPTIONAL) \
	X(string, evaluateName, OPTIONAL)
ARGUMENTS(set_format, SET_FORMAT_ARGUMENTS)

// A member that is null counts as absent for the table.
static struct error *read_choice(const cJSON *sent, enum format_choice *choice_ret)
{
	const cJSON *hex = cJSON_GetObjectItemCaseSensitive(sent, "hex");
	if (!hex)
		return error_create(ERROR_INVALID, "arguments.hex is missing: true, false, or null for the default");
	if (!cJSON_IsBool(hex) && !cJSON_IsNull(hex))
		return argument_mismatch("arguments.hex", "a boolean or null", hex);
	*choice_ret = cJSON_IsNull(hex) ? FORMAT_OPEN : cJSON_IsTrue(hex) ? FORMAT_HEX : FORMAT_DECIMAL;
	return NULL;
}

// The child of that name, or what the reference belongs to itself.
static struct error *find_variable(struct session *session, const struct set_format_arguments *arguments, struct variable_ref *variable_ret)
{
	struct variable_ref parent;
	struct node *node;
	struct error *error = refs_variable(&session->refs, arguments->variablesReference, &parent);
	if (!error && arguments->has_name)
		error = show_find_child(parent.node, arguments->name, &node);
	if (!error)
		*variable_ret = arguments->has_name ? refs_child(&parent, (int)arguments->variablesReference, node) : parent;
	return error;
}

static struct error *choose_for(struct session *session, const struct set_format_arguments *arguments, enum format_choice choice, bool *is_hex_ret)
{
	struct variable_ref variable = { .expression = arguments->evaluateName, .scope = VARIABLE_IN_RESULT };
	struct format_rules rules;
	struct error *error = arguments->variablesReference ? find_variable(session, arguments, &variable) : NULL;
	if (error)
		return error;
	format_choose(session, &variable, choice);
	error = format_rules_init(session, NULL, &variable.frame, &rules);
	if (error)
		return error;
	format_rules_enter(session, &variable, &rules);
	*is_hex_ret = format_is_hex(session, &variable, &rules);
	return NULL;
}

static struct error *handle(struct call *call, const void *data)
{
	const struct set_format_arguments *arguments = data;
	struct session *session = call->session;
	enum format_choice choice;
	bool is_hex;
	struct error *error = read_choice(call->message->arguments, &choice);
	if (error)
		return error;
	if (arguments->variablesReference || arguments->has_evaluateName) {
		error = choose_for(session, arguments, choice, &is_hex);
	} else if (arguments->has_name) {
		error = error_create(ERROR_INVALID, "arguments.variablesReference is missing: what is \"%.80s\" in?", arguments->name);
	} else {
		is_hex = choice ? choice == FORMAT_HEX : session->options->hex;
		session->formats.is_hex = is_hex;
	}
	if (error)
		return error;
	writer_boolean(call->body, "hex", is_hex);
	session->changes |= CHANGED_FORMAT;
	return NULL;
}

REQUEST(.command = "ptdap/setFormat", .states = WHEN_STARTED | WHEN_ENDED, .arguments = set_format_arguments_table, .is_shown = true,
	.handle = handle)

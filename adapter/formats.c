#include "adapter/formats.h"

#include <string.h>

#include "adapter/session.h"
#include "dap/arguments.h"

#define VALUE_FORMAT_ARGUMENTS(X) X(boolean, hex, OPTIONAL)
ARGUMENTS(value_format, VALUE_FORMAT_ARGUMENTS)

static void free_own(struct own_format *own)
{
	free(own->place);
	free(own->expression);
}

void formats_deinit(struct formats *formats)
{
	vec_each(own, &formats->own)
		free_own(own);
	vec_deinit(&formats->own);
}

void formats_set(struct formats *formats, const char *place, const char *expression, enum format_choice choice)
{
	for (size_t i = 0; i < formats->own.count; i++) {
		struct own_format *own = &formats->own.items[i];
		if (!str_equal(own->place, place) || !str_equal(own->expression, expression))
			continue;
		free_own(own);
		vec_remove(&formats->own, i);
		break;
	}
	if (choice != FORMAT_OPEN)
		*vec_push(&formats->own) = (struct own_format){ xstrdup(place), xstrdup(expression), choice };
}

// The length of what they have in common if `expression` is `whole` or goes on from it; 0: it is another one.
static size_t covers(const char *whole, const char *expression)
{
	size_t length = strlen(whole);
	bool is_covered = strncmp(whole, expression, length) == 0 && (!expression[length] || strchr(".[/", expression[length]) ||
								       str_starts(expression + length, "->"));
	return is_covered ? length : 0;
}

enum format_choice formats_find(const struct formats *formats, const char *place, const char *expression)
{
	enum format_choice found = FORMAT_OPEN;
	size_t longest = 0;
	for (size_t i = 0; i < formats->own.count; i++) {
		const struct own_format *own = &formats->own.items[i];
		size_t length = str_equal(own->place, place) ? covers(own->expression, expression) : 0;
		if (length > longest) {
			longest = length;
			found = own->choice;
		}
	}
	return found;
}

// ---- variables ------------------------------------------------------------------------------------------------------------

static const char *function_of(struct session *session, const struct frame_ref *frame)
{
	struct frame_info *frames;
	size_t count = 0, total;
	bool is_exact;
	if (!frame->tid)
		return NULL;
	struct error *error = debugger_frames(session->debugger, frame->tid, frame->index, 1, session->scratch, &frames, &count, &total, &is_exact);
	error_destroy(error);
	return count ? frames[0].name : NULL;
}

// An address in it means something else at the next stop.
static bool is_lasting(const struct variable_ref *variable)
{
	return variable->expression && (!variable->parent || !strstr(variable->expression, "0x"));
}

// Its expression, or the names from the nearest thing that has a lasting one down, or from its scope: "/Registers/General".
static const char *expression_of(struct session *session, const struct variable_ref *variable)
{
	struct variable_ref parent = { 0 };
	if (is_lasting(variable))
		return variable->expression;
	if (variable->parent)
		error_destroy(refs_variable(&session->refs, variable->parent, &parent));
	return arena_printf(session->scratch, "%s/%s", parent.node ? expression_of(session, &parent) : "", variable->node->name);
}

static enum format_choice own_format_of(struct session *session, const struct variable_ref *variable, const char *function)
{
	const struct formats *formats = &session->formats;
	enum format_choice choice = FORMAT_OPEN;
	if (!formats->own.count)
		return FORMAT_OPEN;
	const char *expression = expression_of(session, variable);
	if (function && variable->scope != VARIABLE_IN_GLOBALS)
		choice = formats_find(formats, function, expression);
	if (!choice && variable->scope != VARIABLE_IN_FUNCTION)
		choice = formats_find(formats, FORMAT_PLACE_GLOBAL, expression);
	return choice ? choice : formats_find(formats, FORMAT_PLACE_ANYWHERE, expression);
}

struct error *format_rules_init(struct session *session, const cJSON *requested, const struct frame_ref *frame, struct format_rules *rules_ret)
{
	struct value_format_arguments arguments;
	struct error *error = arguments_decode(value_format_arguments_table(), requested, "arguments.format", session->scratch, &arguments);
	if (error)
		return error;
	*rules_ret = (struct format_rules){
		.requested = !arguments.has_hex ? FORMAT_OPEN : arguments.hex ? FORMAT_HEX : FORMAT_DECIMAL,
		.function = session->formats.own.count ? function_of(session, frame) : NULL,
	};
	return NULL;
}

void format_rules_enter(struct session *session, const struct variable_ref *parent, struct format_rules *rules)
{
	struct variable_ref at = *parent;
	while (!(rules->inherited = own_format_of(session, &at, rules->function)) && at.parent) {
		struct error *error = refs_variable(&session->refs, at.parent, &at);
		if (error) {
			error_destroy(error);
			return;
		}
	}
}

bool format_is_hex(struct session *session, const struct variable_ref *variable, const struct format_rules *rules)
{
	enum format_choice choice = rules->requested ? rules->requested : own_format_of(session, variable, rules->function);
	if (!choice)
		choice = rules->inherited;
	return choice ? choice == FORMAT_HEX : session->formats.is_hex;
}

void format_choose(struct session *session, const struct variable_ref *variable, enum format_choice choice)
{
	const char *function = variable->scope == VARIABLE_IN_FUNCTION ? function_of(session, &variable->frame) : NULL;
	const char *place = function ? function : variable->scope == VARIABLE_IN_RESULT ? FORMAT_PLACE_ANYWHERE : FORMAT_PLACE_GLOBAL;
	formats_set(&session->formats, place, expression_of(session, variable), choice);
}

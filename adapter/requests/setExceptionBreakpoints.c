// The filters: syscalls at entry, syscalls at return, signals, exec. A bad condition leaves that filter as it was and says why.
#include "adapter/request.h"

#define SET_EXCEPTION_BREAKPOINTS_ARGUMENTS(X) \
	X(strings, filters, OPTIONAL) \
	X(objects, filterOptions, OPTIONAL)
ARGUMENTS(set_exception_breakpoints, SET_EXCEPTION_BREAKPOINTS_ARGUMENTS)

#define FILTER_OPTION_ARGUMENTS(X) \
	X(string, filterId, REQUIRED) \
	X(string, condition, OPTIONAL)
ARGUMENTS(filter_option, FILTER_OPTION_ARGUMENTS)

struct filter {
	const char *id, *label, *description, *condition_description;
	bool is_default;
	size_t is_on, set;    // offsets in struct debugger_catches
};
#define NO_SET SIZE_MAX   // the filter takes no condition

static const struct filter filters[] = {
	{ "syscallEntry", "Syscall entry", "Stop before a system call is made",
	  "[SET] [#N] [if EXPRESSION]: openat,%network,!close / write if $arg.fd == 2 / openat if path(\"/etc/**\") / #3; several by ';'; "
	  "empty: every call", false, offsetof(struct debugger_catches, syscall_entry), offsetof(struct debugger_catches, syscall_entry_set) },
	{ "syscallReturn", "Syscall return", "Stop after a system call, with its result",
	  "[SET] [#N] [if EXPRESSION]: openat,%network,!close / openat if $errno == ENOENT / read if $result > 4096 / #3; several by ';'; "
	  "empty: every call", false, offsetof(struct debugger_catches, syscall_return), offsetof(struct debugger_catches, syscall_return_set) },
	{ "signal", "Signals", "Stop when a signal arrives",
	  "signals: SEGV,ABRT,!CHLD; empty: those that would kill the program, and TRAP", true,
	  offsetof(struct debugger_catches, signals), offsetof(struct debugger_catches, signal_set) },
	{ "exec", "Exec", "Stop when the process runs a new program", NULL, false, offsetof(struct debugger_catches, exec), NO_SET },
};
enum { FILTER_COUNT = ARRAY_SIZE(filters) };

// What one entry of the request asks for.
struct wish {
	const struct filter *filter;   // NULL: there is none of that name
	const char *id, *condition;
	const char *complaint;
};

static bool *is_on(struct debugger_catches *catches, const struct filter *filter)
{
	return (bool *)((char *)catches + filter->is_on);
}

// NULL: the filter takes no condition.
static const char **set_of(struct debugger_catches *catches, const struct filter *filter)
{
	if (filter->set == NO_SET)
		return NULL;
	return (const char **)((char *)catches + filter->set);
}

static void announce(struct writer *body)
{
	writer_open_array(body, "exceptionBreakpointFilters");
	for (size_t i = 0; i < FILTER_COUNT; i++) {
		writer_open_object(body, NULL);
		writer_string(body, "filter", filters[i].id);
		writer_string(body, "label", filters[i].label);
		writer_string(body, "description", filters[i].description);
		writer_boolean(body, "default", filters[i].is_default);
		writer_boolean(body, "supportsCondition", filters[i].condition_description);
		writer_optional(body, "conditionDescription", filters[i].condition_description);
		writer_close_object(body);
	}
	writer_close_array(body);
}

static const struct filter *find_filter(const char *id)
{
	for (size_t i = 0; id && i < FILTER_COUNT; i++)
		if (str_equal(filters[i].id, id))
			return &filters[i];
	return NULL;
}

static struct wish make_wish(struct arena *arena, const char *id, const char *condition)
{
	struct wish wish = { find_filter(id), id, condition && *condition ? condition : NULL, NULL };
	if (!wish.filter)
		wish.complaint = arena_printf(arena, "there is no filter \"%.60s\"", id);
	else if (wish.condition && wish.filter->set == NO_SET)
		wish.complaint = arena_printf(arena, "the filter \"%s\" takes no condition", id);
	return wish;
}

static struct error *read_wishes(struct call *call, const struct set_exception_breakpoints_arguments *arguments,
				 struct wish **wishes_ret, size_t *count_ret)
{
	size_t options = (size_t)cJSON_GetArraySize(arguments->filterOptions), count = 0;
	struct wish *wishes = arena_array(call->scratch, struct wish, arguments->filters.count + options + 1);
	for (size_t i = 0; i < arguments->filters.count; i++)
		wishes[count++] = make_wish(call->scratch, arguments->filters.items[i], NULL);
	const cJSON *item;
	size_t index = 0;
	cJSON_ArrayForEach(item, arguments->filterOptions) {
		struct filter_option_arguments one;
		const char *where = arena_printf(call->scratch, "arguments.filterOptions[%zu]", index++);
		struct error *error = arguments_decode(filter_option_arguments_table(), item, where, call->scratch, &one);
		if (error)
			return error;
		wishes[count++] = make_wish(call->scratch, one.filterId, one.condition);
	}
	*wishes_ret = wishes;
	*count_ret = count;
	return NULL;
}

// Puts the filter back to what was accepted last and complains in the entries that asked for it.
static void refuse(struct call *call, struct debugger_catches *catches, const struct filter *filter, struct wish *wishes, size_t count,
		   const char *message)
{
	struct debugger_catches *old = &call->session->catches;
	*is_on(catches, filter) = *is_on(old, filter);
	if (set_of(catches, filter))
		*set_of(catches, filter) = *set_of(old, filter);
	for (size_t i = 0; i < count; i++)
		if (wishes[i].filter == filter)
			wishes[i].complaint = arena_strdup(call->scratch, message);
}

static struct error *apply(struct call *call, struct debugger_catches *catches, struct wish *wishes, size_t count)
{
	for (size_t attempt = 0;; attempt++) {
		const char *id = NULL;
		struct error *error = debugger_set_catches(call->session->debugger, catches, &id);
		const struct filter *filter = find_filter(id);
		if (!error || !filter || attempt == FILTER_COUNT)
			return error;
		refuse(call, catches, filter, wishes, count, error->message);
		error_destroy(error);
	}
}

static void remember(struct session *session, struct debugger_catches *catches)
{
	for (size_t i = 0; i < FILTER_COUNT; i++) {
		*is_on(&session->catches, &filters[i]) = *is_on(catches, &filters[i]);
		const char **kept = set_of(&session->catches, &filters[i]);
		if (!kept)
			continue;
		char *text = xstrdup(*set_of(catches, &filters[i]));
		free((char *)*kept);
		*kept = text;
	}
}

static struct error *handle(struct call *call, const void *data)
{
	struct wish *wishes;
	size_t count;
	struct error *error = read_wishes(call, data, &wishes, &count);
	if (error)
		return error;
	struct debugger_catches catches = { 0 };
	for (size_t i = 0; i < count; i++) {
		if (!wishes[i].filter)
			continue;
		*is_on(&catches, wishes[i].filter) = true;
		if (wishes[i].condition && set_of(&catches, wishes[i].filter))
			*set_of(&catches, wishes[i].filter) = wishes[i].condition;
	}
	error = apply(call, &catches, wishes, count);
	if (error)
		return error;
	remember(call->session, &catches);
	writer_open_array(call->body, "breakpoints");
	for (size_t i = 0; i < count; i++) {
		writer_open_object(call->body, NULL);
		writer_boolean(call->body, "verified", !wishes[i].complaint);
		writer_optional(call->body, "message", wishes[i].complaint);
		writer_close_object(call->body);
	}
	writer_close_array(call->body);
	return NULL;
}

REQUEST(.command = "setExceptionBreakpoints", .capabilities = CAPABILITIES("supportsExceptionFilterOptions"), .announce = announce,
	.states = WHEN_INITIALIZED, .arguments = set_exception_breakpoints_arguments_table, .is_shown = true, .handle = handle)

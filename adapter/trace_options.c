#include "adapter/trace_options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"

enum option_kind { OPTION_SWITCH, OPTION_TEXT, OPTION_NUMBER, OPTION_TRACE, OPTION_INJECT, OPTION_NOTHING };

struct option {
	const char *name, *value, *help;
	enum option_kind kind;
	size_t offset;   // of the member of struct trace_options: a bool, const char *, unsigned (or pid_t), struct syscall_rule_specs
};

#define MEMBER(name) offsetof(struct trace_options, name)

static const struct option options[] = {
	{ "-e", "RULE", "these calls alone: openat,read,%file,!close; openat if $errno == ENOENT (default: all)", OPTION_TRACE, MEMBER(rules) },
	{ "--inject", "RULE", "tamper with calls: read:error=EIO:when=2+, openat:retval=3 if path(\"/etc/**\")", OPTION_INJECT, MEMBER(rules) },
	{ "-f", NULL, "also the processes that the program makes (its threads always are)", OPTION_SWITCH, MEMBER(follows_children) },
	{ "-p", "PID", "a process that runs already; an interrupt (^C) ends the trace and leaves it running", OPTION_NUMBER, MEMBER(pid) },
	{ "-o", "FILE", "write the lines there, not to stderr", OPTION_TEXT, MEMBER(output_path) },
	{ "-c", NULL, "count calls, errors and time, and show the table alone", OPTION_SWITCH, MEMBER(summary_alone) },
	{ "-C", NULL, "... and show it behind the lines", OPTION_SWITCH, MEMBER(summary_too) },
	{ "-T", NULL, "show how long each call took", OPTION_SWITCH, MEMBER(shows_times) },
	{ "-k", NULL, "show the stack of each call", OPTION_SWITCH, MEMBER(shows_stacks) },
	{ "--json", NULL, "one JSON object a line", OPTION_SWITCH, MEMBER(is_json) },
	{ "-s", "BYTES", "show so much of a string or buffer (default: 32)", OPTION_NUMBER, MEMBER(display.string_limit) },
	{ "-v", NULL, "leave nothing out of structs, lists and environments", OPTION_SWITCH, MEMBER(display.is_verbose) },
	{ "-yy", NULL, "show what sockets are connected to", OPTION_SWITCH, MEMBER(display.show_sockets) },
	{ "--seccomp-bpf", NULL, "only the chosen calls stop, all others cost nothing; with -f and enough rights always so: docs/syscalls.md",
	  OPTION_SWITCH, MEMBER(has_filter) },
	{ "-y", NULL, "show what descriptors are (always done)", OPTION_NOTHING, 0 },
};

static const char synopsis[] = "usage: ptdap trace [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
			       "       ptdap trace [OPTION...] -p PID\n";

static int complain(const char *complaint, const char *word)
{
	fprintf(stderr, "ptdap trace: %s%s\n%sTry ptdap trace --help.\n", complaint, word, synopsis);
	return 2;
}

void trace_options_help(void)
{
	printf("%s\nPrints the system calls of a program as they return.\n\n", synopsis);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		printf("  %-8s %-6s %s\n", options[i].name, options[i].value ? options[i].value : "", options[i].help);
}

static bool is_word(const struct option *option, const char *argument)
{
	return option->value ? str_starts(argument, option->name) : str_equal(argument, option->name);
}

static const struct option *find_option(const char *argument)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (is_word(&options[i], argument))
			return &options[i];
	return NULL;
}

static int take_number(const char *text, unsigned *number_ret)
{
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (errno || *end || end == text || !number || number > INT_MAX || *text == '-')
		return complain("no positive number: ", text);
	*number_ret = (unsigned)number;
	return 0;
}

static int take_rule(enum syscall_action action, const char *text, struct syscall_rule_specs *rules)
{
	struct syscall_rule_spec spec = { action, text };
	struct error *error = syscall_rule_check(&spec);
	int status = error ? complain(error->message, "") : 0;
	error_destroy(error);
	if (!status)
		*vec_push(rules) = spec;
	return status;
}

// strace's way: -e trace=LIST, -e inject=RULE.
static int take_expression(const char *text, struct syscall_rule_specs *rules)
{
	if (str_starts(text, "inject="))
		return take_rule(SYSCALL_ACTION_INJECT, text + strlen("inject="), rules);
	return take_rule(SYSCALL_ACTION_TRACE, str_starts(text, "trace=") ? text + strlen("trace=") : text, rules);
}

static bool traces_some(const struct syscall_rule_specs *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->items[i].action == SYSCALL_ACTION_TRACE)
			return true;
	return false;
}

void trace_options_deinit(struct trace_options *taken)
{
	vec_deinit(&taken->rules);
}

static int take(const struct option *option, const char *value, struct trace_options *taken)
{
	void *member = (char *)taken + option->offset;
	switch (option->kind) {
	case OPTION_SWITCH: *(bool *)member = true; return 0;
	case OPTION_TEXT: *(const char **)member = value; return 0;
	case OPTION_NUMBER: return take_number(value, member);
	case OPTION_TRACE: return take_expression(value, member);
	case OPTION_INJECT: return take_rule(SYSCALL_ACTION_INJECT, value, member);
	case OPTION_NOTHING: return 0;
	}
	return 0;
}

static int check(const struct trace_options *taken)
{
	if (taken->pid && *taken->program)
		return complain("-p traces a process that runs already; which of the two, it or the program ", *taken->program);
	return taken->pid || *taken->program ? 0 : complain("which program?", "");
}

bool trace_options_ask_help(char **arguments)
{
	return *arguments && (str_equal(*arguments, "--help") || str_equal(*arguments, "-h"));
}

int trace_options_read(char **argument, struct trace_options *options_ret)
{
	struct trace_options taken = { 0 };
	int status = 0;
	for (; !status && *argument && **argument == '-' && !str_equal(*argument, "--"); argument++) {
		const struct option *option = find_option(*argument);
		const char *value = option ? *argument + strlen(option->name) : NULL;
		if (value && str_starts(option->name, "--") && *value == '=')
			value++;
		if (!option)
			status = complain("unknown option ", *argument);
		else if (option->value && !*value && !(value = *++argument))
			status = complain("a value is missing behind ", argument[-1]);
		else
			status = take(option, value, &taken);
		if (!*argument)
			break;
	}
	if (!status && !traces_some(&taken.rules))
		status = take_rule(SYSCALL_ACTION_TRACE, "", &taken.rules);
	taken.program = *argument && str_equal(*argument, "--") ? argument + 1 : argument;
	if (!status)
		status = check(&taken);
	if (status)
		trace_options_deinit(&taken);
	else
		*options_ret = taken;
	return status;
}

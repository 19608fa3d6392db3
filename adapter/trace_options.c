#include "adapter/trace_options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum option_kind { OPTION_SWITCH, OPTION_TEXT, OPTION_NUMBER, OPTION_RULES, OPTION_NOTHING };

struct option {
	const char *name, *value, *help;
	enum option_kind kind;
	size_t offset;   // of the member of struct trace_options: a bool, const char *, unsigned (or pid_t)
};

#define MEMBER(name) offsetof(struct trace_options, name)

static const struct option options[] = {
	{ "-e", "RULES", "these calls alone: openat,%file,!close; 'write if $arg.fd == 2' (default: all)", OPTION_RULES, MEMBER(rules) },
	{ "-f", NULL, "also the processes that the program makes (its threads always are)", OPTION_SWITCH, MEMBER(follows_children) },
	{ "-p", "PID", "a process that runs already; an interrupt (^C) ends the trace and leaves it running", OPTION_NUMBER, MEMBER(pid) },
	{ "-o", "FILE", "write the lines there, not to stderr", OPTION_TEXT, MEMBER(output_path) },
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
		printf("  %-3s %-6s %s\n", options[i].name, options[i].value ? options[i].value : "", options[i].help);
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

static int take_rules(const char *text, const char **rules_ret)
{
	struct error *error = syscall_rule_check(&(struct syscall_rule_spec){ SYSCALL_ACTION_TRACE, text });
	int status = error ? complain(error->message, "") : 0;
	error_destroy(error);
	*rules_ret = text;
	return status;
}

static int take(const struct option *option, const char *value, struct trace_options *taken)
{
	void *member = (char *)taken + option->offset;
	switch (option->kind) {
	case OPTION_SWITCH: *(bool *)member = true; return 0;
	case OPTION_TEXT: *(const char **)member = value; return 0;
	case OPTION_NUMBER: return take_number(value, member);
	case OPTION_RULES: return take_rules(value, member);
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
	struct trace_options taken = { .rules = "" };
	int status = 0;
	for (; !status && *argument && **argument == '-' && !str_equal(*argument, "--"); argument++) {
		const struct option *option = find_option(*argument);
		if (!option)
			return complain("unknown option ", *argument);
		const char *value = *argument + strlen(option->name);
		if (option->value && !*value && !(value = *++argument))
			return complain("a value is missing behind ", argument[-1]);
		status = take(option, value, &taken);
	}
	if (status)
		return status;
	taken.program = *argument && str_equal(*argument, "--") ? argument + 1 : argument;
	*options_ret = taken;
	return check(&taken);
}

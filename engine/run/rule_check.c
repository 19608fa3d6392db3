// What a condition may say, told before any call is made: unknown names with what they may have been meant to be.
#include <inttypes.h>
#include <stdio.h>

#include "base/nearest.h"
#include "engine/run/rule.h"

struct check {
	const struct syscall_set *set;
	const struct eval_context *names;
	struct rule_needs *needs;
};

static struct error *unknown(const char *what, const char *name, unsigned column, const char *prefix, const char *nearest)
{
	if (nearest)
		return error_create(ERROR_INVALID, "%s \"%.60s\" (column %u): did you mean %s%s?", what, name, column, prefix, nearest);
	return error_create(ERROR_INVALID, "%s \"%.60s\" (column %u)", what, name, column);
}

// ---- $names ---------------------------------------------------------------------------------------------------------------

static struct error *unknown_argument_of(const char *syscall, const struct expression_use *use, const char *name)
{
	struct syscall_event event = { .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, syscall) };
	_cleanup_str_ struct str names = STR_INIT;
	unsigned count = syscall_argument_count(&event);
	for (unsigned i = 0; i < count; i++)
		str_printf(&names, "%s%s", i ? ", " : "it has ", syscall_argument_name(&event, i));
	return error_create(ERROR_INVALID, "%s has no argument \"%.60s\" (column %u): %s", syscall, name, use->column,
			    count ? str_text(&names) : "it has none");
}

static struct error *check_argument(struct check *check, const struct expression_use *use, const char *name)
{
	_cleanup_free_ char *first = xstrndup(name, strcspn(name, "."));
	const char *found = syscall_set_argument(check->set, first);
	const char *only = NULL;
	if (found && str_equal(found, first))
		return NULL;
	if (syscall_set_count(check->set, &only) == 1)
		return unknown_argument_of(only, use, first);
	return unknown("none of these calls has an argument", first, use->column, "$arg.", found);
}

static struct error *check_argument_number(const struct expression_use *use)
{
	if (use->number < 0 || use->number < SYSCALL_ARGUMENT_MAX)
		return NULL;
	return error_create(ERROR_INVALID, "no call has an argument $arg[%" PRId64 "] (column %u): they are numbered from 0 to %d", use->number,
			    use->column, SYSCALL_ARGUMENT_MAX - 1);
}

static struct error *unknown_special(const struct expression_use *use)
{
	static const char *const names[] = { "$syscall", "$phase", "$result", "$errno", "$arg" };
	struct nearest nearest;
	nearest_init(&nearest, use->name);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		nearest_consider(&nearest, names[i]);
	if (nearest.name)
		return unknown("no special name or register", use->name, use->column, "", nearest.name);
	return error_create(ERROR_INVALID,
			    "no special name or register \"%.60s\" (column %u): there are $syscall, $phase, $result, $errno, $arg.NAME and $arg[N]",
			    use->name, use->column);
}

static struct error *check_special(struct check *check, const struct expression_use *use)
{
	const char *name = use->name;
	if (str_starts(name, "$arg."))
		return check_argument(check, use, name + strlen("$arg."));
	if (str_equal(name, "$arg[]"))
		return check_argument_number(use);
	if (str_equal(name, "$arg"))
		return error_create(ERROR_INVALID, "which argument (column %u)? write $arg.fd or $arg[0]", use->column);
	if (str_equal(name, "$phase"))
		check->needs->phase = true;
	else if ((str_equal(name, "$result") || str_equal(name, "$errno")) && !check->needs->result_column)
		check->needs->result_column = use->column;
	else if (!str_equal(name, "$syscall") && !str_equal(name, "$result") && !str_equal(name, "$errno"))
		return unknown_special(use);
	return NULL;
}

// ---- words compared with them ---------------------------------------------------------------------------------------------

static bool is_number(const char *name)
{
	return *name >= '0' && *name <= '9';
}

static struct error *check_name(struct check *check, const struct expression_use *use);

static struct error *check_word(struct check *check, const struct expression_use *use)
{
	uint64_t number;
	if (str_equal(use->other, "$syscall") && !is_number(use->name)) {
		if (syscall_number(SYSCALL_ABI_X86_64, use->name) >= 0 || syscall_number(SYSCALL_ABI_I386, use->name) >= 0)
			return NULL;
		return unknown("no syscall", use->name, use->column, "", syscall_nearest_name(use->name));
	}
	if (str_equal(use->other, "$phase")) {
		if (str_equal(use->name, "entry") || str_equal(use->name, "return"))
			return NULL;
		return error_create(ERROR_INVALID, "no phase \"%.60s\" (column %u): there are entry and return", use->name, use->column);
	}
	if (str_equal(use->other, "$errno") && !syscall_constant(use->name, &number))
		return unknown("no error", use->name, use->column, "", syscall_nearest_constant(use->name));
	return use->text ? NULL : check_name(check, use);
}

// ---- names ----------------------------------------------------------------------------------------------------------------

static bool is_of_program(const struct check *check, const char *name)
{
	struct value value;
	struct error *error = evaluate_text(name, check->names, &value, NULL);
	bool is_unknown = error && (error->code == ERROR_NOT_FOUND || error->code == ERROR_INVALID);
	error_destroy(error);
	return !is_unknown;
}

static bool is_in_capitals(const char *name)
{
	return !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static struct error *check_name(struct check *check, const struct expression_use *use)
{
	uint64_t number;
	if (syscall_constant(use->name, &number))
		return NULL;
	check->needs->frame = check->needs->program = true;
	if (check->names && is_of_program(check, use->name))
		return NULL;
	const char *nearest = is_in_capitals(use->name) ? syscall_nearest_constant(use->name) : NULL;
	// Before there is a program nobody knows its names; but one that is a constant all but a letter is none of them.
	if (!check->names && !nearest)
		return NULL;
	return unknown("neither a constant nor a global name of the program:", use->name, use->column, "", nearest);
}

static struct error *check_call(struct check *check, const struct expression_use *use)
{
	if (!use->name || !str_equal(use->name, "path"))
		return error_create(ERROR_INVALID, "the program's functions are not called here (column %u): the one function there is is path(\"/etc/*\")",
				    use->column);
	if (use->argument_count != 1 || !use->text)
		return error_create(ERROR_INVALID, "path takes one pattern in quotes (column %u), such as path(\"/etc/**\")", use->column);
	check->needs->paths = true;
	return NULL;
}

static struct error *check_use(void *data, const struct expression_use *use)
{
	struct check *check = data;
	switch (use->part) {
	case EXPRESSION_NAME: return check_name(check, use);
	case EXPRESSION_SPECIAL: return check_special(check, use);
	case EXPRESSION_WORD: return check_word(check, use);
	case EXPRESSION_CALL: return check_call(check, use);
	case EXPRESSION_REGISTER: check->needs->frame = true; return NULL;
	case EXPRESSION_TYPE: check->needs->program = true; return NULL;
	case EXPRESSION_CHANGE:
		return error_create(ERROR_INVALID, "a condition changes nothing (column %u): == compares", use->column);
	}
	return NULL;
}

struct error *rule_condition_parse(const char *padded_text, const struct syscall_set *set, const struct eval_context *names,
				   struct rule_condition *condition_ret)
{
	struct expression *expression;
	struct rule_needs needs = { 0 };
	struct check check = { set, names, &needs };
	struct error *error = expression_parse(padded_text, names, &expression);
	if (error)
		return error;
	error = expression_visit(expression, check_use, &check);
	if (error) {
		expression_destroy(expression);
		return error;
	}
	condition_ret->expression = expression;
	condition_ret->needs = needs;
	return NULL;
}

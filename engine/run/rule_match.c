// Does a rule hold for the call at whose boundary a thread stands? Cheapest questions first.
#include <stdio.h>

#include "engine/run/rule.h"
#include "engine/run/rules.h"
#include "engine/run/syscall_names.h"

bool rule_covers(const struct rule *rule, const struct syscall_event *event)
{
	return syscall_set_has(&rule->set, event->abi, event->number);
}

// Without a frame: most conditions ask for the call alone, and finding out where the thread is costs more than they do.
static void call_context(struct frame_context *context, struct thread *thread, struct arena *arena)
{
	struct debugger *debugger = thread->debugger;
	*context = (struct frame_context){ .debugger = debugger, .thread = thread };
	context->location = (struct location_context){ .data = context, .memory = debugger->space.memory };
	context->eval = (struct eval_context){ .data = context, .arena = arena, .memory = debugger->space.memory, .location = &context->location,
					       .special = syscall_special, .constant = syscall_named_constant, .call = syscall_function };
}

static struct error *condition_evaluate(struct rule *rule, struct rule_condition *condition, const struct eval_context *context, bool *is_true_ret)
{
	struct value value;
	struct error *error = NULL;
	if (!condition->expression)
		error = rule_condition_parse(condition->text, &rule->set, context, condition);
	if (!error)
		error = expression_evaluate(condition->expression, context, &value);
	return error ? error : value_is_true(context, &value, is_true_ret);
}

static const char *consequence(enum rule_use use)
{
	switch (use) {
	case RULE_TRACES: return "traces";
	case RULE_INJECTS: return "injects nothing";
	default: return "stops";
	}
}

// A condition that cannot be evaluated stops and shows: silence would be taken for "never true".
static bool complain(struct rule *rule, struct thread *thread, const struct rule_condition *condition, const struct error *error)
{
	bool is_stop = rule->use != RULE_TRACES && rule->use != RULE_INJECTS;
	_cleanup_free_ char *text = xasprintf("The rule \"%s\" %s because its condition \"%s\" failed: %s\n", rule->text, consequence(rule->use),
					      condition->text + strspn(condition->text, " "), error->message);
	if (is_stop || !rule->has_complained)
		thread_say(thread, text, NULL, 0);
	rule->has_complained = true;
	return rule->use != RULE_INJECTS;
}

static bool conditions_hold(struct rule *rule, struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	struct frame_context context;
	bool needs_frame = false;
	for (size_t i = 0; i < rule->condition_count; i++)
		needs_frame |= rule->conditions[i].needs.frame || rule->conditions[i].needs.program;
	arena_reset(debugger->hit_arena);
	if (needs_frame)
		frame_context_init(&context, debugger, thread, NULL, debugger->hit_arena);
	else
		call_context(&context, thread, debugger->hit_arena);
	for (size_t i = 0; i < rule->condition_count; i++) {
		struct rule_condition *condition = &rule->conditions[i];
		bool is_true = true;
		context.lacks_argument = false;
		struct error *error = condition_evaluate(rule, condition, &context.eval, &is_true);
		if (error && context.lacks_argument) {   // of a group some calls have it, others do not
			error_destroy(error);
			return false;
		}
		if (error) {
			is_true = complain(rule, thread, condition, error);
			error_destroy(error);
			return is_true;
		}
		if (!is_true)
			return false;
	}
	return true;
}

bool rule_holds(struct rule *rule, struct thread *thread, unsigned phases)
{
	if (!rule_covers(rule, &thread->syscall) || !(rule->phases & phases))
		return false;
	if (rule->condition_count && !conditions_hold(rule, thread))
		return false;
	rule->count++;
	if (rule->injection && !injection_is_due(rule->injection, rule->count))
		return false;
	return !rule->occurrence || rule->count == rule->occurrence;
}

// A breakpoint is hit: conditions, hit conditions, log messages.
#include <stdio.h>

#include "engine/run/breakpoint_private.h"
#include "engine/run/rules.h"
#include "engine/run/site.h"

// A condition that cannot be evaluated stops: silence would be taken for "never true".
static bool condition_holds(struct thread *thread, struct breakpoint *breakpoint, const struct eval_context *context)
{
	struct value value;
	bool is_true = true;
	if (!breakpoint->parsed_condition)
		return true;
	struct error *error = expression_evaluate(breakpoint->parsed_condition, context, &value);
	if (!error)
		error = value_is_true(context, &value, &is_true);
	if (error) {
		_cleanup_free_ char *text =
			xasprintf("Breakpoint %d %s because its condition \"%s\" failed: %s\n", breakpoint->id,
				  breakpoint->parsed_log ? "logs" : "stops", breakpoint->condition, error->message);
		thread_say(thread, text, breakpoint->real_path, breakpoint->real_line);
		error_destroy(error);
		return true;
	}
	return is_true;
}

// Its condition holds.
static bool hit_stops(struct thread *thread, struct breakpoint *breakpoint, const struct eval_context *context)
{
	breakpoint->hit_count++;
	if (!hit_condition_holds(&breakpoint->hits_wanted, breakpoint->hit_count))
		return false;
	if (!breakpoint->parsed_log)
		return true;
	_cleanup_str_ struct str text = STR_INIT;
	template_expand(breakpoint->parsed_log, context, &text);
	str_char(&text, '\n');
	thread_say(thread, str_text(&text), breakpoint->real_path, breakpoint->real_line);
	return false;
}

static void add_hit(struct stop *stop, const struct breakpoint *breakpoint)
{
	if (stop->breakpoint_count < STOP_HIT_MAX)
		stop->breakpoint_ids[stop->breakpoint_count++] = breakpoint->id;
}

static enum stop_reason reason_of(enum breakpoint_kind kind)
{
	switch (kind) {
	case BREAKPOINT_LINE: return STOP_BREAKPOINT;
	case BREAKPOINT_FUNCTION: return STOP_FUNCTION_BREAKPOINT;
	case BREAKPOINT_INSTRUCTION: return STOP_INSTRUCTION_BREAKPOINT;
	}
	return STOP_BREAKPOINT;
}

bool breakpoints_hit(struct thread *thread, struct site *site, struct stop *stop)
{
	struct debugger *debugger = thread->debugger;
	struct frame_context context;
	bool has_context = false;
	bool stops = false;
	for (size_t i = 0; i < site->owners.count; i++) {
		if (site->owners.items[i].kind != SITE_OWNER_BREAKPOINT)
			continue;
		struct breakpoint *breakpoint = (struct breakpoint *)site->owners.items[i].owner;
		if (!has_context) {
			arena_reset(debugger->hit_arena);
			frame_context_init(&context, debugger, thread, NULL, debugger->hit_arena);
			has_context = true;
		}
		if (!condition_holds(thread, breakpoint, &context.eval) || !hit_stops(thread, breakpoint, &context.eval))
			continue;
		if (!stops)
			stop->reason = reason_of(breakpoint->kind);
		stops = true;
		add_hit(stop, breakpoint);
	}
	return stops;
}

bool breakpoints_at_syscall(struct thread *thread, struct stop *stop)
{
	struct debugger *debugger = thread->debugger;
	unsigned phase = thread->syscall.phase == SYSCALL_ENTRY ? RULE_ENTRY : RULE_RETURN;
	unsigned before = stop->breakpoint_count;
	vec_each(item, &debugger->breakpoints) {
		struct breakpoint *breakpoint = *item;
		struct frame_context context;
		if (!breakpoint->rule || !rule_holds(breakpoint->rule, thread, phase))
			continue;
		if (breakpoint->parsed_log) {
			arena_reset(debugger->hit_arena);
			frame_context_init(&context, debugger, thread, NULL, debugger->hit_arena);
		}
		if (hit_stops(thread, breakpoint, &context.eval))
			add_hit(stop, breakpoint);
	}
	return stop->breakpoint_count > before;
}

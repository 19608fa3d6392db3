// The rules for system calls that are in force: the filters', the listed ones, those of breakpoints.
#include "engine/run/rules.h"

#include <stdlib.h>

#include "engine/run/breakpoint_private.h"
#include "engine/run/syscall_names.h"
#include "engine/syscalls/filter.h"

// ---- what has to be seen --------------------------------------------------------------------------------------------------

static void add_wants(struct syscall_wants *wants, const struct rule *rule)
{
	bool is_trace = rule->use == RULE_TRACES;   // it shows arguments as they were at the entry, and results
	wants->has_any = true;
	if (is_trace || rule->phases & RULE_ENTRY || rule->needs_paths)
		syscall_set_add(&wants->entry, &rule->set);
	if (is_trace || rule->phases & RULE_RETURN || (rule->injection && rule->injection->delay_exit_us))
		syscall_set_add(&wants->exit, &rule->set);
}

static void add_list(struct syscall_wants *wants, struct rule_list *rules)
{
	vec_each(rule, rules)
		add_wants(wants, *rule);
}

void rules_changed(struct debugger *debugger)
{
	struct rules *rules = debugger->rules;
	bool did_stop = debugger_stops_at_all_calls(debugger);
	rules->wants = (struct syscall_wants){ 0 };
	add_list(&rules->wants, &rules->entry_filter);
	add_list(&rules->wants, &rules->return_filter);
	add_list(&rules->wants, &rules->listed);
	vec_each(item, &debugger->breakpoints)
		if ((*item)->rule)
			add_wants(&rules->wants, (*item)->rule);
	filter_update(debugger);
	if (!did_stop && debugger_stops_at_all_calls(debugger))
		debugger_change_resume_mode(debugger);
}

const struct syscall_wants *debugger_wanted_syscalls(const struct debugger *debugger)
{
	return &debugger->rules->wants;
}

bool debugger_wants_return(const struct debugger *debugger, const struct syscall_event *event)
{
	return syscall_set_has(&debugger->rules->wants.exit, event->abi, event->number);
}

static void forget_list(struct rule_list *rules)
{
	vec_each(rule, rules)
		rule_forget_program(*rule);
}

void rules_forget_program(struct debugger *debugger)
{
	struct rules *rules = debugger->rules;
	forget_list(&rules->entry_filter);
	forget_list(&rules->return_filter);
	forget_list(&rules->listed);
	vec_each(item, &debugger->breakpoints)
		if ((*item)->rule)
			rule_forget_program((*item)->rule);
}

// A text that was taken once is taken again.
static void copy_list(struct rule_list *to, struct rule_list *from)
{
	vec_each(rule, from)
		error_destroy(rule_list_parse((*rule)->text, (*rule)->use, NULL, to));
}

void rules_inherit(struct debugger *child, struct debugger *parent)
{
	copy_list(&child->rules->entry_filter, &parent->rules->entry_filter);
	copy_list(&child->rules->return_filter, &parent->rules->return_filter);
	copy_list(&child->rules->listed, &parent->rules->listed);
	rules_changed(child);
}

void rules_deinit(struct debugger *debugger)
{
	rule_list_deinit(&debugger->rules->entry_filter);
	rule_list_deinit(&debugger->rules->return_filter);
	rule_list_deinit(&debugger->rules->listed);
	free(debugger->rules);
}

// ---- at a boundary --------------------------------------------------------------------------------------------------------

static unsigned present_phase(const struct thread *thread)
{
	return thread->syscall.phase == SYSCALL_ENTRY ? RULE_ENTRY : RULE_RETURN;
}

// Each is asked, also behind the first that holds: they count.
static bool ask(struct rule_list *rules, enum rule_use use, struct thread *thread, unsigned phases)
{
	bool holds = false;
	vec_each(rule, rules)
		if ((*rule)->use == use)
			holds |= rule_holds(*rule, thread, phases);
	return holds;
}

bool rules_stop(struct thread *thread)
{
	struct rules *rules = thread_process(thread)->rules;
	unsigned phase = present_phase(thread);
	bool stops = ask(&rules->entry_filter, RULE_OF_ENTRY_FILTER, thread, phase);
	stops |= ask(&rules->return_filter, RULE_OF_RETURN_FILTER, thread, phase);
	stops |= ask(&rules->listed, RULE_STOPS, thread, phase);
	return stops;
}

bool rules_trace(struct thread *thread, unsigned phases)
{
	return ask(&thread_process(thread)->rules->listed, RULE_TRACES, thread, phases);
}

static bool wants_return(const struct rule *rule, const struct syscall_event *event, bool *needs_paths_ret)
{
	if (rule->use == RULE_INJECTS || !(rule->phases & RULE_RETURN) || !rule_covers(rule, event))
		return false;
	*needs_paths_ret |= rule->needs_paths;
	return true;
}

static bool list_wants_return(struct rule_list *rules, const struct syscall_event *event, bool *needs_paths_ret)
{
	bool wants = false;
	vec_each(rule, rules)
		wants |= wants_return(*rule, event, needs_paths_ret);
	return wants;
}

bool rules_show_return(struct debugger *debugger, const struct syscall_event *event, bool *needs_paths_ret)
{
	struct rules *rules = debugger->rules;
	bool wants = list_wants_return(&rules->return_filter, event, needs_paths_ret);
	wants |= list_wants_return(&rules->listed, event, needs_paths_ret);
	vec_each(item, &debugger->breakpoints)
		if ((*item)->rule)
			wants |= wants_return((*item)->rule, event, needs_paths_ret);
	return wants;
}

// ---- the verbs ------------------------------------------------------------------------------------------------------------

const struct eval_context *rules_names(struct debugger *debugger, struct frame_context *context, struct arena *arena)
{
	struct address_space *space = &debugger->space;
	*context = (struct frame_context){ .debugger = debugger };
	context->location = (struct location_context){ .memory = space->memory };
	context->eval = (struct eval_context){ .data = context, .arena = arena, .modules = space->modules, .memory = space->memory,
					       .location = &context->location, .special = syscall_special,
					       .constant = syscall_named_constant, .call = syscall_function };
	return space->modules && debugger->phase != PHASE_ENDED ? &context->eval : NULL;
}

static enum rule_use use_of(enum syscall_action action)
{
	switch (action) {
	case SYSCALL_ACTION_STOP: return RULE_STOPS;
	case SYSCALL_ACTION_TRACE: return RULE_TRACES;
	case SYSCALL_ACTION_INJECT: return RULE_INJECTS;
	}
	return RULE_STOPS;
}

struct error *syscall_rule_check(const struct syscall_rule_spec *spec)
{
	struct rule_list rules = { 0 };
	struct error *error = rule_list_parse(spec->text, use_of(spec->action), NULL, &rules);
	rule_list_deinit(&rules);
	return error;
}

// *rules is empty, and is so after an error.
static struct error *parse(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, struct rule_list *rules, size_t *bad_ret)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct frame_context context;
	const struct eval_context *names = rules_names(debugger, &context, arena);
	for (size_t i = 0; i < count; i++) {
		struct error *error = rule_list_parse(specs[i].text, use_of(specs[i].action), names, rules);
		if (!error)
			continue;
		rule_list_deinit(rules);
		*bad_ret = i;
		return error;
	}
	return NULL;
}

struct error *debugger_check_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret)
{
	struct rule_list rules = { 0 };
	struct error *error = parse(debugger, specs, count, &rules, bad_ret);
	rule_list_deinit(&rules);
	return error;
}

struct error *debugger_set_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret)
{
	struct rule_list rules = { 0 };
	struct error *error = parse(debugger, specs, count, &rules, bad_ret);
	if (error)
		return error;
	rule_list_replace(&debugger->rules->listed, &rules);
	rules_changed(debugger);
	return NULL;
}

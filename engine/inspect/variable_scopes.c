// The scopes Arguments, Locals and Globals.
#include "base/map.h"
#include "base/str.h"
#include "engine/inspect/private.h"

struct variables_node {
	struct node node;
	struct frame_context *context;
	enum variable_kind kind;      // ARGUMENT, LOCAL (with static locals), GLOBAL
};

static bool is_hidden_by_local(struct frame_context *context, const char *name)
{
	const struct variable **variables;
	size_t count = 0;
	if (context->location.function)
		count = function_variables(context->location.function, context->location.pc, context->eval.arena, &variables);
	for (size_t i = 0; i < count; i++)
		if (variables[i]->name && str_equal(variables[i]->name, name))
			return true;
	return false;
}

// How an expression reaches it; NULL for names that are none ("<T as Trait>::{vtable}").
static const char *expression_of(struct frame_context *context, const struct variable *variable)
{
	const char *name = variable->kind == VARIABLE_GLOBAL ? variable->qualified_name : variable->name;
	if (name[0] == '<' || strpbrk(name, "{#"))
		return NULL;
	if (variable->kind == VARIABLE_GLOBAL && is_hidden_by_local(context, name))
		return arena_printf(context->eval.arena, "::%s", name);
	return name;
}

static struct node *missing_node(struct arena *arena, const char *name, const struct type *type)
{
	_cleanup_free_ char *spelling = type_name(type);
	return text_node_create(arena, name, "<optimised out>", spelling);
}

static struct node *variable_node(struct frame_context *context, const struct variable *variable, const char *name, bool is_shadowed)
{
	struct arena *arena = context->eval.arena;
	struct value value = { .type = variable->type ? variable->type : type_void(), .is_lvalue = true };
	struct error *error = variable_locate(variable, &context->location, arena, &value.location);
	if (error) {
		if (error->code == ERROR_UNAVAILABLE) {
			error_destroy(error);
			return missing_node(arena, name, value.type);
		}
		return failed_node_create(arena, name, error);
	}
	if (value.location.count && value.location.pieces[0].kind == LOCATION_BYTES)
		value.is_lvalue = false;
	value.type = eval_sized(&context->eval, value.type);
	return value_node_create(context, name, is_shadowed ? NULL : expression_of(context, variable), &value, NULL);
}

// Is there another one of this name further in?
static bool is_shadowed(const struct variable **variables, size_t count, size_t index)
{
	for (size_t i = index + 1; i < count; i++)
		if (variables[i]->name && str_equal(variables[i]->name, variables[index]->name))
			return true;
	return false;
}

// "x", "x #2": instances of a template, and what a macro declares twice on a line, have the same name.
static const char *unique_name(struct arena *arena, struct strmap *seen, const char *name)
{
	uintptr_t before = (uintptr_t)strmap_get(seen, name);
	strmap_set(seen, name, (void *)(before + 1));
	return before ? arena_printf(arena, "%s #%zu", name, (size_t)before + 1) : name;
}

static bool belongs(const struct variable *variable, enum variable_kind kind)
{
	return kind == VARIABLE_ARGUMENT ? variable->kind == VARIABLE_ARGUMENT : variable->kind != VARIABLE_ARGUMENT;
}

static void add_function_variables(struct variables_node *scope, struct node_list *list)
{
	struct frame_context *context = scope->context;
	struct arena *arena = context->eval.arena;
	const struct variable **variables;
	if (!context->location.function)
		return;
	struct strmap seen = STRMAP_INIT;
	size_t count = function_variables(context->location.function, context->location.pc, arena, &variables);
	for (size_t i = 0; i < count; i++) {
		const struct variable *variable = variables[i];
		if (!variable->name || !belongs(variable, scope->kind))
			continue;
		bool shadowed = is_shadowed(variables, count, i);
		const char *name = shadowed ? arena_printf(arena, "%s (line %u)", variable->name, variable->declared_line) : variable->name;
		node_list_add(list, arena, variable_node(context, variable, unique_name(arena, &seen, name), shadowed));
	}
	strmap_deinit(&seen);
}

static void add_globals(struct variables_node *scope, struct node_list *list)
{
	struct frame_context *context = scope->context;
	struct arena *arena = context->eval.arena;
	const struct variable **variables;
	struct strmap seen = STRMAP_INIT;
	size_t count = modules_unit_globals(context->debugger->space.modules, context->location.pc, arena, &variables);
	for (size_t i = 0; i < count; i++) {
		if (!variables[i]->name)
			continue;
		const char *name = unique_name(arena, &seen, variables[i]->qualified_name);
		bool shadowed = name != variables[i]->qualified_name || is_shadowed(variables, count, i);
		node_list_add(list, arena, variable_node(context, variables[i], name, shadowed));
	}
	strmap_deinit(&seen);
}

// What the function that was stepped out of returned.
static void add_return_value(struct variables_node *scope, struct node_list *list)
{
	struct frame_context *context = scope->context;
	struct debugger *debugger = context->debugger;
	struct value value;
	bool is_void;
	if (debugger->return_value.tid != context->thread->tid || !debugger->return_value.function || context->is_outer ||
	    (context->frame && context->frame->is_inlined))
		return;
	const struct function *function = debugger->return_value.function;
	char *name = arena_printf(context->eval.arena, "(%s returned)", function->name);
	struct error *error = return_value_read(context, function->type, &value, &is_void);
	if (error)
		node_list_add(list, context->eval.arena, failed_node_create(context->eval.arena, name, error));
	else if (!is_void)
		node_list_add(list, context->eval.arena, value_node_create(context, name, NULL, &value, NULL));
}

static struct error *scope_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct variables_node *scope = (struct variables_node *)base;
	struct node_list list = { 0 };
	if (is_indexed)
		return NULL;
	if (scope->kind == VARIABLE_GLOBAL) {
		add_globals(scope, &list);
	} else {
		if (scope->kind == VARIABLE_LOCAL)
			add_return_value(scope, &list);
		add_function_variables(scope, &list);
	}
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops scope_ops = { .describe = describe_as_group, .children = scope_children };

static struct node *scope_create(struct frame_context *context, const char *name, enum variable_kind kind)
{
	struct variables_node *scope = arena_new(context->eval.arena, struct variables_node);
	scope->node = (struct node){ .ops = &scope_ops, .name = name, .arena = context->eval.arena };
	scope->context = context;
	scope->kind = kind;
	return &scope->node;
}

struct node *arguments_scope(struct frame_context *context)
{
	const struct variable **variables;
	size_t count = function_variables(context->location.function, context->location.pc, context->eval.arena, &variables);
	size_t i = 0;
	while (i < count && !(variables[i]->name && belongs(variables[i], VARIABLE_ARGUMENT)))
		i++;
	return i == count ? NULL : scope_create(context, "Arguments", VARIABLE_ARGUMENT);
}

struct node *locals_scope(struct frame_context *context)
{
	return scope_create(context, "Locals", VARIABLE_LOCAL);
}

struct node *globals_scope(struct frame_context *context)
{
	const struct variable **variables;
	if (!modules_unit_globals(context->debugger->space.modules, context->location.pc, context->eval.arena, &variables))
		return NULL;
	return scope_create(context, "Globals", VARIABLE_GLOBAL);
}

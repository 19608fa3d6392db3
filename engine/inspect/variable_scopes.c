// The scopes Locals (with the arguments, which come first) and Globals.
#include "base/map.h"
#include "base/str.h"
#include "engine/inspect/private.h"

struct variables_node {
	struct node node;
	struct frame_context *context;
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

static void add_function_variables(struct frame_context *context, struct node_list *list)
{
	struct arena *arena = context->eval.arena;
	const struct variable **variables;
	struct strmap seen = STRMAP_INIT;
	size_t count = function_variables(context->location.function, context->location.pc, arena, &variables);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			const struct variable *variable = variables[i];
			bool is_argument = variable->kind == VARIABLE_ARGUMENT;
			if (!variable->name || is_argument != (pass == 0))
				continue;
			bool shadowed = is_shadowed(variables, count, i);
			const char *name = shadowed ? arena_printf(arena, "%s (line %u)", variable->name, variable->declared_line) : variable->name;
			node_list_add(list, arena, variable_node(context, variable, unique_name(arena, &seen, name), shadowed));
		}
	}
	strmap_deinit(&seen);
}

static void add_globals(struct frame_context *context, struct node_list *list)
{
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
static void add_return_value(struct frame_context *context, struct node_list *list)
{
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

static struct error *locals_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret)
{
	struct frame_context *context = ((struct variables_node *)base)->context;
	struct node_list list = { 0 };
	if (is_indexed)
		return NULL;
	add_return_value(context, &list);
	add_function_variables(context, &list);
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static struct error *globals_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret)
{
	struct node_list list = { 0 };
	if (is_indexed)
		return NULL;
	add_globals(((struct variables_node *)base)->context, &list);
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static struct node *scope_create(struct frame_context *context, const char *name, const struct node_ops *ops)
{
	struct variables_node *scope = arena_new(context->eval.arena, struct variables_node);
	scope->node = (struct node){ .ops = ops, .name = name, .arena = context->eval.arena };
	scope->context = context;
	return &scope->node;
}

struct node *locals_scope(struct frame_context *context)
{
	static const struct node_ops ops = { .describe = describe_as_group, .children = locals_children };
	return scope_create(context, "Locals", &ops);
}

struct node *globals_scope(struct frame_context *context)
{
	static const struct node_ops ops = { .describe = describe_as_group, .children = globals_children };
	const struct variable **variables;
	if (!modules_unit_globals(context->debugger->space.modules, context->location.pc, context->eval.arena, &variables))
		return NULL;
	return scope_create(context, "Globals", &ops);
}

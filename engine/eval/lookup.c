// What a name means at a place: locals from the innermost block outwards, arguments, members of this, globals, enumerators,
// functions, ELF symbols. Bound once per function and pc.
#include "engine/eval/private.h"

static const struct variable *find_local(const struct eval_context *context, const char *name)
{
	if (!context->function)
		return NULL;
	const struct variable **variables = NULL;
	size_t count = function_variables(context->function, context->pc, context->arena, &variables);
	const struct variable *found = NULL;
	for (size_t i = 0; i < count; i++) {
		// Outer blocks come first: the last of the deepest wins. A parameter loses against any local.
		if (!variables[i]->name || !str_equal(variables[i]->name, name))
			continue;
		if (!found || found->kind == VARIABLE_ARGUMENT || variables[i]->depth >= found->depth)
			found = variables[i];
	}
	return found;
}

static bool bind_this_member(const struct eval_context *context, const char *name, struct binding *binding)
{
	const struct variable *this_variable = find_local(context, "this");
	if (!this_variable || !this_variable->type)
		return false;
	const struct type *type = eval_strip(this_variable->type);
	if (type->kind != TYPE_POINTER || !type_is_class(type->target) || !type_has_member(type->target, name))
		return false;
	binding->kind = BINDING_THIS_MEMBER;
	binding->variable = this_variable;
	return true;
}

// function::variable, for a variable that is there while the function does not run.
static const struct variable *find_static_local(const struct eval_context *context, const char *name)
{
	const char *colons = NULL;
	for (const char *at = strstr(name, "::"); at; at = strstr(at + 2, "::"))
		colons = at;
	uint64_t entry;
	const struct type *type;
	if (!colons || colons == name ||
	    !modules_find_function(context->modules, arena_strndup(context->arena, name, (size_t)(colons - name)), context->pc, &entry, &type))
		return NULL;
	const struct function *function = modules_function_at(context->modules, entry);
	const struct variable **variables = NULL;
	size_t count = function ? function_variables(function, entry, context->arena, &variables) : 0;
	for (size_t i = 0; i < count; i++)
		if (variables[i]->kind == VARIABLE_STATIC_LOCAL && str_equal(variables[i]->name, colons + 2))
			return variables[i];
	return NULL;
}

static bool bind_constant(const struct eval_context *context, const char *name, struct binding *binding)
{
	if (!context->constant || !context->constant(context->data, name, &binding->number))
		return false;
	binding->kind = BINDING_CONSTANT;
	binding->type = builtin_type(binding->number <= INT32_MAX  ? BUILTIN_INT :
				     binding->number <= UINT32_MAX ? BUILTIN_UNSIGNED_INT : BUILTIN_UNSIGNED_LONG);
	return true;
}

static bool bind_global(const struct eval_context *context, const char *name, struct binding *binding)
{
	if (!context->modules)
		return bind_constant(context, name, binding);
	int64_t enumerator;
	struct symbol symbol;
	binding->variable = modules_find_variable(context->modules, name, context->pc);
	if (binding->variable) {
		binding->kind = BINDING_VARIABLE;
	} else if (modules_find_enumerator(context->modules, name, context->pc, &binding->type, &enumerator)) {
		binding->kind = BINDING_ENUMERATOR;
		binding->number = (uint64_t)enumerator;
	} else if (modules_find_function(context->modules, name, context->pc, &binding->number, &binding->type)) {
		binding->kind = BINDING_FUNCTION;
		if (!binding->type)
			binding->type = type_function_returning(builtin_type(BUILTIN_INT));
	} else if (modules_symbol_named(context->modules, name, &symbol) && !symbol.is_tls) {
		binding->kind = symbol.is_function ? BINDING_FUNCTION : BINDING_SYMBOL;
		binding->number = symbol.address;
		binding->type = symbol.is_function ? type_function_returning(builtin_type(BUILTIN_INT)) : undebugged_type(symbol.size);
	} else {
		binding->variable = find_static_local(context, name);
		binding->kind = BINDING_VARIABLE;
		return binding->variable || bind_constant(context, name, binding);
	}
	return true;
}

static struct error *bind(const struct eval_context *context, const char *name, struct binding *binding)
{
	bool is_global = str_starts(name, "::");
	*binding = (struct binding){ .modules = context->modules, .function = context->function, .pc = context->pc };
	if (is_global)
		name += 2;
	binding->variable = is_global ? NULL : find_local(context, name);
	if (binding->variable)
		binding->kind = BINDING_VARIABLE;
	else if ((is_global || !bind_this_member(context, name, binding)) && !bind_global(context, name, binding))
		return error_create(ERROR_NOT_FOUND, "no symbol \"%s\" in scope", name);
	return NULL;
}

static struct error *bound_value(const struct eval_context *context, const struct node *node, struct value *value_ret)
{
	const struct binding *binding = &node->binding;
	struct value object;
	struct error *error;
	switch (binding->kind) {
	case BINDING_VARIABLE: return variable_value(context, binding->variable, value_ret);
	case BINDING_THIS_MEMBER:
		error = variable_value(context, binding->variable, &object);
		if (!error)
			error = value_dereference(context, &object, &object);
		return error ? error : value_find_member(context, &object, node->name, value_ret);
	case BINDING_ENUMERATOR:
	case BINDING_CONSTANT:
		*value_ret = value_from_integer(context, binding->type, binding->number);
		return NULL;
	case BINDING_FUNCTION:
	case BINDING_SYMBOL:
		*value_ret = value_at(context, binding->type, binding->number);
		return NULL;
	case BINDING_NONE: break;
	}
	return error_create(ERROR_NOT_FOUND, "no symbol \"%s\" in scope", node->name);
}

struct error *name_evaluate(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct binding *binding = &node->binding;
	if (binding->kind == BINDING_NONE || binding->pc != context->pc || binding->function != context->function ||
	    binding->modules != context->modules) {
		struct error *error = bind(context, node->name, binding);
		if (error)
			return error;
	}
	return bound_value(context, node, value_ret);
}

bool name_is_variable(const struct eval_context *context, const char *name)
{
	struct binding binding = { 0 };
	if (!context || !context->arena)
		return false;
	if (!str_starts(name, "::") && find_local(context, name))
		return true;
	return (context->function && bind_this_member(context, name, &binding)) ||
	       (context->modules && modules_find_variable(context->modules, name, context->pc));
}

// Where variables, virtual bases and run-time bounds are: the public face of the expression machine.
#include <string.h>

#include "engine/symbols/variable_private.h"

static struct error *evaluate(struct variable_node *node, const struct location_range *range, const struct location_context *context,
			      struct arena *arena, struct location *location_ret)
{
	struct machine machine;
	machine_init(&machine, node->variable.module, context, arena);
	machine.attribute = &node->location.attribute;
	machine.object_size = type_strip(node->variable.type)->size;
	// gcc ends the range of what a call may overwrite before its end; a single expression for a whole scope tells nothing of that.
	uint64_t pc = module_link(node->variable.module, machine.context->pc).value;
	machine.survives = range->end != UINT64_MAX && pc + 1 < range->end;
	struct error *error = machine_run(&machine, range->ops, range->count);
	return error ? error : machine_result(&machine, location_ret);
}

// `extern int x;` says only that there is one: the definition is elsewhere.
static struct error *locate_declared(struct variable_node *node, const struct location_context *context, struct arena *arena,
				     struct location *location_ret)
{
	const struct variable *variable = &node->variable;
	const struct variable *definition = modules_find_variable(variable->module->owner, variable->qualified_name, context->pc);
	if (!definition || variable_node(definition)->is_declaration)
		return error_create(ERROR_UNAVAILABLE, "declared here, but not defined in any module with debug information");
	return variable_locate(definition, context, arena, location_ret);
}

struct error *variable_locate(const struct variable *variable, const struct location_context *context,
			      struct arena *arena, struct location *location_ret)
{
	struct variable_node *node = variable_node(variable);
	struct error *error = NULL;
	if (!context)
		context = &location_no_context;
	uint64_t pc = module_link(variable->module, context->pc).value;
	const struct location_range *range = location_source_at(variable->module, &node->location, pc);
	if (range)
		return evaluate(node, range, context, arena, location_ret);
	if (constant_location(&node->die, type_strip(variable->type)->size, arena, location_ret, &error))
		return error;
	if (node->is_declaration && !node->location.has_attribute)
		return locate_declared(node, context, arena, location_ret);
	return error_create(ERROR_UNAVAILABLE, "optimised out");
}

// DW_OP_implicit_pointer (DWARF 5, 2.6.1.1.4): an object that was taken apart, to which the program has a pointer no more.
struct error *location_pointed(const struct location_piece *pointer, const struct location_context *context, struct arena *arena,
			       struct location *location_ret, uint64_t *offset_ret)
{
	Dwarf_Die die;
	struct variable_node *node = NULL;
	if (module_die(pointer->module, pointer->die_offset, &die))
		node = module_variable(pointer->module, &die, NULL);
	if (!node)
		return error_create(ERROR_UNAVAILABLE, "points to an object that was optimised out");
	*offset_ret = pointer->address;
	return variable_locate(&node->variable, context, arena, location_ret);
}

// ---- Run-time bounds ---------------------------------------------------------------------------------------------

static struct error *bound(struct module *module, Dwarf_Die *subrange, unsigned name, const struct location_context *context,
			   int64_t *value_ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	Dwarf_Die variable;
	struct machine machine;
	dwarf_attr_integrate(subrange, name, &attribute);
	if (attribute_signed(&attribute, value_ret))
		return NULL;
	machine_init(&machine, module, context, NULL);
	if (dwarf_formref_die(&attribute, &variable))
		return machine_variable_value(&machine, &variable, (uint64_t *)value_ret);
	uint64_t pc = module_link(module, machine.context->pc).value;
	if (dwarf_getlocation_addr(&attribute, pc, &ops, &count, 1) != 1)
		return error_create(ERROR_UNAVAILABLE, "the bound is not known here");
	return machine_evaluate(&machine, &attribute, ops, count, (uint64_t *)value_ret);
}

struct error *type_runtime_count(const struct type *type, const struct location_context *context, uint64_t *count_ret)
{
	type = type_strip(type);
	const struct type_node *node = type_node(type);
	Dwarf_Die subrange;
	int64_t value = 0, span = 0;
	if (type->kind == TYPE_ARRAY && type->has_count) {
		*count_ret = type->count;
		return NULL;
	}
	if (type->kind != TYPE_ARRAY || !node->bounds_offset || !module_die(type->module, node->bounds_offset, &subrange))
		return error_create(ERROR_UNAVAILABLE, "the number of elements is not known");
	bool is_count = dwarf_hasattr_integrate(&subrange, DW_AT_count);
	struct error *error = bound(type->module, &subrange, is_count ? DW_AT_count : DW_AT_upper_bound, context, &value);
	if (error)
		return error;
	if (!is_count) {
		if (__builtin_sub_overflow(value, type->lower_bound, &span) || __builtin_add_overflow(span, 1, &value))
			return error_create(ERROR_FORMAT, "the array's bounds are nonsense");
	}
	*count_ret = value < 0 ? 0 : (uint64_t)value;
	return NULL;
}

// ---- Members -----------------------------------------------------------------------------------------------------

struct error *member_locate(const struct type_member *member, uint64_t object, const struct location_context *context,
			    uint64_t *address_ret)
{
	Dwarf_Die die;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	struct machine machine;
	if (!member->is_virtual_base) {
		*address_ret = object + member->offset;
		return NULL;
	}
	if (!member->module || !module_die(member->module, member->die_offset, &die) ||
	    !dwarf_attr_integrate(&die, DW_AT_data_member_location, &attribute))
		return error_create(ERROR_UNAVAILABLE, "nothing says where the base class is");
	// A constant is the offset of the base itself.
	int64_t offset = 0;
	if (attribute_signed(&attribute, &offset)) {
		*address_ret = object + (uint64_t)offset;
		return NULL;
	}
	if (dwarf_getlocation(&attribute, &ops, &count) != 0)
		return error_libdw("the place of a base class");
	machine_init(&machine, member->module, context, NULL);
	machine.attribute = &attribute;
	machine.object = object;
	machine.has_object = true;
	struct error *error = machine_push(&machine, object);
	if (!error)
		error = machine_run(&machine, ops, count);
	return error ? error : machine_scalar(&machine, address_ret);
}

// Registers as values, and the typed lanes of vector registers.
#include <stdio.h>

#include "engine/eval/private.h"

static const struct type *register_type(const struct register_desc *desc)
{
	switch (desc->kind) {
	case REGISTER_POINTER: return desc->size == 8 ? type_pointer_to(builtin_type(BUILTIN_VOID)) : builtin_integer(desc->size, false);
	case REGISTER_X87: return builtin_type(BUILTIN_LONG_DOUBLE);
	case REGISTER_VECTOR: return vector_register_type(desc->size);
	case REGISTER_INTEGER:
	case REGISTER_FLAGS: break;
	}
	return builtin_integer(desc->size, false);
}

struct error *register_value(const struct eval_context *context, const struct register_desc *desc, struct value *value_ret)
{
	const struct type *type = register_type(desc);
	if (!context->read_register)
		return error_create(ERROR_STATE, "$%s: no registers here", desc->name);
	if (!type)
		return error_create(ERROR_UNSUPPORTED, "$%s has an unexpected size", desc->name);
	*value_ret = (struct value){ .type = type, .register_desc = desc, .is_lvalue = true };
	return NULL;
}

static const struct type *lane_type(const struct register_lane_kind *kind)
{
	if (!kind->is_float)
		return builtin_integer(kind->size, kind->is_signed);
	return builtin_type(kind->size == 2 ? BUILTIN_FLOAT16 : kind->size == 4 ? BUILTIN_FLOAT : BUILTIN_DOUBLE);
}

struct value register_lanes_of_kind(const struct value *value, const struct register_lane_kind *kind)
{
	struct value lanes = *value;
	lanes.type = type_array_of(lane_type(kind), eval_size_of(value->type) / kind->size);
	return lanes;
}

char *register_lanes_name(const struct eval_context *context, const struct value *value, const struct register_lane_kind *kind)
{
	unsigned count = (unsigned)(eval_size_of(value->type) / kind->size);
	return arena_printf(context->arena, "v%u_%s", count, kind->element);
}

struct error *register_lanes(const struct eval_context *context, const struct value *value, const char *name, struct value *lanes_ret)
{
	size_t count;
	const struct register_lane_kind *kinds = register_lane_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		if (!str_equal(register_lanes_name(context, value, &kinds[i]), name))
			continue;
		*lanes_ret = register_lanes_of_kind(value, &kinds[i]);
		return NULL;
	}
	return error_create(ERROR_NOT_FOUND, "$%s has no lanes \"%s\"", value->register_desc->name, name);
}

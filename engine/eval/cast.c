// Casts: numbers, pointers (with the offsets of base classes), classes to their bases and back.
#include "engine/eval/private.h"

static struct error *cannot_cast(const struct type *from, const struct type *to)
{
	_cleanup_free_ char *from_name = type_name(from);
	_cleanup_free_ char *to_name = type_name(to);
	return error_create(ERROR_INVALID, "cannot convert %s to %s", from_name, to_name);
}

static struct error *cast_class(const struct eval_context *context, struct value *value, const struct type *type,
				struct value *cast_ret)
{
	struct error *error = value_base(context, value, eval_strip(type), cast_ret);
	if (!error || !error_catch(&error, ERROR_NOT_FOUND))
		return error;
	uint64_t offset;
	uint64_t address;
	if (!type_base_offset(type, value->type, &offset) || !place_address(&value->location, &address))
		return cannot_cast(value->type, type);
	*cast_ret = value_at(context, type, address - offset);
	return NULL;
}

// Only the object itself knows how far a virtual base is from what it is a base of.
static bool from_virtual_base(const struct eval_context *context, uint64_t address, const struct type *from_class,
			      const struct type *to_class, uint64_t *address_ret)
{
	struct value object;
	struct value part;
	struct value base;
	if (!value_whole_object(context, address, &object))
		return false;
	part = object;
	_cleanup_error_ struct error *error = type_is_same(object.type, to_class) ? NULL : value_base(context, &object, to_class, &part);
	if (!error)
		error = value_base(context, &part, from_class, &base);
	return !error && place_address(&part.location, address_ret);
}

// static_cast's adjustment between a class and its bases; null stays null.
static struct error *adjust_pointer(const struct eval_context *context, struct number *number, const struct type *type)
{
	const struct type *from = number->type;
	const struct type *to = eval_strip(type);
	if (from->kind != TYPE_POINTER || to->kind != TYPE_POINTER || !number->bits)
		return NULL;
	const struct type *from_class = eval_strip(from->target);
	const struct type *to_class = eval_strip(to->target);
	if (!type_is_class(from_class) || !type_is_class(to_class) || type_is_same(from_class, to_class))
		return NULL;
	struct value object = value_at(context, from_class, (uint64_t)number->bits);
	struct value base;
	uint64_t address;
	uint64_t offset;
	struct error *error = value_base(context, &object, to_class, &base);
	if (!error && place_address(&base.location, &address))
		number->bits = address;
	else if (error && error_catch(&error, ERROR_NOT_FOUND) && type_base_offset(to_class, from_class, &offset))
		number->bits = (uint64_t)number->bits - offset;
	else if (!error && from_virtual_base(context, (uint64_t)number->bits, from_class, to_class, &address))
		number->bits = address;
	return error;
}

static struct error *cast_scalar(const struct eval_context *context, struct value *value, const struct type *type,
				 struct value *cast_ret)
{
	const struct type *stripped = eval_strip(type);
	struct number number;
	struct error *error = number_of(context, value, &number);
	if (error)
		return error;
	if (stripped->kind == TYPE_POINTER && number.is_float)
		return cannot_cast(value->type, type);
	error = adjust_pointer(context, &number, type);
	if (error)
		return error;
	number = number_convert(number, stripped);
	struct value cast = number_value(context, &number);
	cast.type = type;
	*cast_ret = cast;
	return NULL;
}

// Same bytes, another type: arrays, vectors and variables that only ELF knows.
static struct error *reinterpret(const struct eval_context *context, struct value *value, const struct type *type,
				 struct value *cast_ret)
{
	struct value cast = *value;
	uint64_t size = eval_size_of(type);
	uint64_t address;
	cast.type = type;
	if (type_is_undebugged(value->type))
		cast.bytes = NULL;
	else if (size && eval_strip(value->type)->kind == TYPE_ARRAY && place_address(&value->location, &address))
		cast = value_at(context, type, address);
	else if (!size || size != eval_size_of(value->type))
		return cannot_cast(value->type, type);
	*cast_ret = cast;
	return NULL;
}

struct error *value_cast(const struct eval_context *context, struct value *value, const struct type *type, struct value *cast_ret)
{
	struct value source = *value;
	struct error *error = value_transparent(context, &source);
	if (error)
		return error;
	const struct type *from = eval_strip(source.type);
	const struct type *to = eval_strip(type);
	if (to->kind == TYPE_VOID) {
		*cast_ret = (struct value){ .type = type, .bytes = arena_alloc(context->arena, 1) };
		return NULL;
	}
	if (type_is_undebugged(from) && to->kind != TYPE_FUNCTION)
		return reinterpret(context, &source, type, cast_ret);
	if (type_is_class(from) && type_is_class(to)) {
		if (!type_is_same(from, to))
			return cast_class(context, &source, type, cast_ret);
		source.type = type;
		*cast_ret = source;
		return NULL;
	}
	if (type_is_scalar(to) || to->kind == TYPE_MEMBER_POINTER)
		return cast_scalar(context, &source, type, cast_ret);
	if (to->kind == TYPE_ARRAY || (type_is_class(to) && from->kind == TYPE_ARRAY))
		return reinterpret(context, &source, type, cast_ret);
	return cannot_cast(value->type, type);
}

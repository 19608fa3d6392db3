#include "engine/eval/value.h"

#include "engine/eval/private.h"

static struct error *read_bit_field(const struct eval_context *context, struct value *value, uint64_t size, uint8_t *bytes)
{
	uint64_t first = value->bit_offset / 8;
	unsigned shift = value->bit_offset % 8;
	uint64_t span = (shift + (uint64_t)value->bit_size + 7) / 8;
	if (value->bit_size > size * 8 || size > 16 || span > 17)
		return error_create(ERROR_FORMAT, "a bit field larger than its type");
	uint8_t raw[24] = { 0 };
	struct location part = place_slice(context, &value->location, first, span);
	struct error *error = place_read(context, &part, span, raw);
	if (error)
		return error;
	unsigned __int128 bits = 0;
	bits_copy((uint8_t *)&bits, 0, raw, shift, value->bit_size);
	if (eval_is_signed(eval_strip(value->type)) && value->bit_size < 128) {
		unsigned unused = 128 - value->bit_size;
		bits = (unsigned __int128)((__int128)(bits << unused) >> unused);
	}
	memcpy(bytes, &bits, size);
	return NULL;
}

static struct error *read_register_part(const struct eval_context *context, const struct value *value, uint64_t size, uint8_t *bytes)
{
	const struct register_desc *desc = value->register_desc;
	uint8_t whole[PLACE_REGISTER_SIZE] = { 0 };
	if (!context->read_register)
		return error_create(ERROR_STATE, "no registers here");
	// An x87 register has 10 bytes, its type long double has 16.
	if (desc->size > sizeof(whole) || value->register_offset > desc->size)
		return error_create(ERROR_INVALID, "outside the register $%s", desc->name);
	if (value->register_offset + size > desc->size && desc->kind != REGISTER_X87)
		return error_create(ERROR_INVALID, "larger than the register $%s", desc->name);
	bool is_of_syscall = value->is_of_syscall && context->read_syscall;
	struct error *error = (is_of_syscall ? context->read_syscall : context->read_register)(context->data, desc, whole);
	if (!error)
		memcpy(bytes, whole + value->register_offset, size <= sizeof(whole) - value->register_offset ? size : 0);
	return error;
}

struct error *value_read(const struct eval_context *context, struct value *value)
{
	if (value->bytes)
		return NULL;
	uint64_t size = eval_size_of(value->type);
	if (size > VALUE_READ_LIMIT)
		return error_create(ERROR_INVALID, "too large to be read at once (%llu bytes)", (unsigned long long)size);
	uint8_t *bytes = arena_alloc(context->arena, size < 16 ? 16 : size);
	struct error *error = NULL;
	if (value->register_desc)
		error = read_register_part(context, value, size, bytes);
	else if (value->bit_size)
		error = read_bit_field(context, value, size, bytes);
	else
		error = place_read(context, &value->location, size, bytes);
	if (!error)
		value->bytes = bytes;
	return error;
}

struct error *value_address(const struct value *value, uint64_t *address_ret)
{
	if (value->register_desc)
		return error_create(ERROR_INVALID, "it is in the register $%s and has no address", value->register_desc->name);
	if (value->bit_size)
		return error_create(ERROR_INVALID, "a bit field has no address");
	if (place_address(&value->location, address_ret))
		return NULL;
	if (!value->location.count)
		return error_create(ERROR_INVALID, "it is a computed value and has no address");
	const struct location_piece *piece = &value->location.pieces[0];
	switch (value->location.count > 1 ? LOCATION_MEMORY : piece->kind) {
	case LOCATION_NONE: return error_create(ERROR_UNAVAILABLE, "optimised out");
	case LOCATION_REGISTER: return error_create(ERROR_INVALID, "it is in a register and has no address");
	case LOCATION_MEMORY: return error_create(ERROR_INVALID, "it is in pieces and has no address");
	default: return error_create(ERROR_INVALID, "it is a constant and has no address");
	}
}

struct value value_at(const struct eval_context *context, const struct type *type, uint64_t address)
{
	return (struct value){ .type = type ? type : builtin_type(BUILTIN_VOID), .location = place_at(context, address), .is_lvalue = true };
}

struct value value_from_bytes(const struct eval_context *context, const struct type *type, const void *bytes)
{
	uint64_t size = eval_size_of(type);
	uint8_t *copy = arena_alloc(context->arena, size < 16 ? 16 : size);
	memcpy(copy, bytes, size);
	return (struct value){ .type = type, .bytes = copy };
}

bool value_points_to_parts(const struct value *value)
{
	return !value->bytes && !value->register_desc && value->location.count &&
	       value->location.pieces[0].kind == LOCATION_IMPLICIT_POINTER;
}

// Where a pointer or reference leads whose object is not in memory. False: it is an address, or not known.
static bool follow_implicit(const struct eval_context *context, const struct value *pointer, const struct type *target,
			    struct value *target_ret, struct error **error)
{
	struct location object;
	uint64_t offset;
	if (!value_points_to_parts(pointer))
		return false;
	*error = location_pointed(pointer->location.pieces, context->location, context->arena, &object, &offset);
	if (!*error)
		*target_ret = (struct value){ .type = target, .location = place_slice(context, &object, offset, eval_size_of(target)),
					      .is_lvalue = true };
	return true;
}

struct error *value_transparent(const struct eval_context *context, struct value *value)
{
	const struct type *type = eval_strip(value->type);
	for (unsigned i = 0; type->kind == TYPE_REFERENCE && i < 4; i++) {
		struct error *error = NULL;
		if (follow_implicit(context, value, type->target, value, &error)) {
			if (error)
				return error;
			type = eval_strip(value->type);
			continue;
		}
		error = value_read(context, value);
		if (error)
			return error;
		uint64_t address;
		memcpy(&address, value->bytes, sizeof(address));
		*value = value_at(context, type->target, address);
		type = eval_strip(value->type);
	}
	return NULL;
}

struct error *value_decay(const struct eval_context *context, struct value *value)
{
	const struct type *type = value->type;
	if (type->kind == TYPE_INTEGER || type->kind == TYPE_POINTER)
		return NULL;
	struct error *error = value_transparent(context, value);
	if (error)
		return error;
	type = eval_strip(value->type);
	if ((type->kind != TYPE_ARRAY || type->is_vector) && type->kind != TYPE_FUNCTION)
		return NULL;
	uint64_t address;
	error = value_address(value, &address);
	if (error)
		return error;
	const struct type *target = type->kind == TYPE_ARRAY ? eval_target(type) : value->type;
	*value = value_from_integer(context, type_pointer_to(target), address);
	return NULL;
}

struct error *value_slice(const struct eval_context *context, struct value *value, const struct type *type, uint64_t offset,
			  struct value *part_ret)
{
	uint64_t size = eval_size_of(type);
	uint64_t whole = eval_size_of(value->type);
	struct value part = { .type = type, .is_lvalue = value->is_lvalue };
	if (value->bytes && size && offset <= whole && size <= whole - offset)
		part.bytes = value->bytes + offset;
	if (value->register_desc) {
		part.register_desc = value->register_desc;
		if (offset > PLACE_REGISTER_SIZE || value->register_offset + offset + size > value->register_desc->size)
			return error_create(ERROR_INVALID, "outside the register $%s", value->register_desc->name);
		part.register_offset = value->register_offset + (uint32_t)offset;
	} else if (value->location.count) {
		part.location = place_slice(context, &value->location, offset, size);
	} else if (!part.bytes) {
		return error_create(ERROR_INVALID, "outside the value");
	}
	*part_ret = part;
	return NULL;
}

// Targets of pointers: a void or function type cannot be looked into as data.
struct error *value_dereference(const struct eval_context *context, struct value *value, struct value *target_ret)
{
	struct value pointer = *value;
	struct error *error = value_transparent(context, &pointer);
	if (error)
		return error;
	const struct type *type = eval_strip(pointer.type);
	if (type->kind == TYPE_ARRAY)
		return value_element(context, &pointer, type->lower_bound, target_ret);
	if (type->kind == TYPE_FUNCTION) {
		*target_ret = pointer;
		return NULL;
	}
	struct object object;
	if (type_is_class(type) && value_as_object(context, &pointer, &object)) {
		if (object.has_content) {
			*target_ret = object.content;
			return NULL;
		}
		if (object.words)
			return error_create(ERROR_INVALID, "there is nothing inside: it is %s", object.words);
		if (object.has_pointer)
			pointer = object.pointer;
		type = eval_strip(pointer.type);
	}
	if (type->kind != TYPE_POINTER)
		return type_error(value->type, "not a pointer");
	if (eval_target(type)->kind == TYPE_VOID || eval_strip(type->target)->kind == TYPE_VOID)
		return error_create(ERROR_INVALID, "void * cannot be dereferenced: cast it first");
	if (follow_implicit(context, &pointer, type->target, target_ret, &error))
		return error;
	struct number number;
	error = number_of(context, &pointer, &number);
	if (!error)
		*target_ret = value_at(context, type->target, (uint64_t)number.bits);
	return error;
}

static struct error *element_of_pointer(const struct eval_context *context, struct value *pointer, int64_t index,
					struct value *element_ret)
{
	const struct type *target = eval_target(pointer->type);
	uint64_t size = eval_size_of(target);
	if (eval_strip(target)->kind == TYPE_VOID)
		return error_create(ERROR_INVALID, "void * cannot be indexed: cast it first");
	if (!size)
		return type_error(target, "elements of unknown size");
	struct number number;
	struct error *error = number_of(context, pointer, &number);
	if (!error)
		*element_ret = value_at(context, target, (uint64_t)number.bits + (uint64_t)index * size);
	return error;
}

static struct error *outside(int64_t index, uint64_t count)
{
	return error_create(ERROR_INVALID, "index %lld is outside: there are %llu elements", (long long)index, (unsigned long long)count);
}

// Containers by position; what one object holds by that.
static struct error *element_of_object(const struct eval_context *context, struct value *value, int64_t index, unsigned depth,
				       struct value *element_ret)
{
	struct value sequence;
	struct elements elements;
	struct object object;
	struct element item;
	if (value_as_sequence(context, value, &sequence)) {
		uint64_t count = eval_count(context, eval_strip(sequence.type));
		if (index < 0 || (uint64_t)index >= count)
			return outside(index, count);
		return value_element(context, &sequence, index, element_ret);
	}
	if (value_text_element(context, value, index, element_ret))
		return NULL;
	if (value_as_elements(context, value, &elements)) {
		if (index < 0 || (uint64_t)index >= elements.count)
			return outside(index, elements.count);
		struct error *error = elements_read(context, &elements, (uint64_t)index, 1, &item);
		if (!error)
			*element_ret = item.value;
		return error;
	}
	if (type_is_class(value->type) && value_as_object(context, value, &object)) {
		if (object.has_pointer)
			return value_element(context, &object.pointer, index, element_ret);
		if (object.has_content && depth < 4)
			return type_is_class(object.content.type) ? element_of_object(context, &object.content, index, depth + 1, element_ret)
								  : value_element(context, &object.content, index, element_ret);
	}
	return type_error(value->type, "neither an array nor a pointer");
}

struct error *value_element(const struct eval_context *context, struct value *value, int64_t index, struct value *element_ret)
{
	struct value array = *value;
	struct error *error = value_transparent(context, &array);
	if (error)
		return error;
	const struct type *type = eval_strip(array.type);
	if (type->kind == TYPE_POINTER)
		return element_of_pointer(context, &array, index, element_ret);
	if (type->kind != TYPE_ARRAY)
		return element_of_object(context, &array, index, 0, element_ret);
	const struct type *element = eval_target(type);
	uint64_t size = eval_size_of(element);
	uint64_t offset = ((uint64_t)index - (uint64_t)type->lower_bound) * size;
	if (!size)
		return type_error(element, "elements of unknown size");
	// In memory C lets an index run past the end (flexible arrays, a[1] at the end of a struct).
	if (!place_address(&array.location, &(uint64_t){ 0 })) {
		uint64_t at = (uint64_t)index - (uint64_t)type->lower_bound;
		if (at >= eval_count(context, type))
			return error_create(ERROR_INVALID, "index %lld is outside the array", (long long)index);
	}
	return value_slice(context, &array, element, offset, element_ret);
}

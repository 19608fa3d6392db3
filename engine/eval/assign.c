// Storing: the target's own bits and nothing beside them.
#include "engine/eval/private.h"

static struct error *store_register(const struct eval_context *context, const struct value *target, uint64_t size,
				    const uint8_t *bytes)
{
	const struct register_desc *desc = target->register_desc;
	uint8_t whole[PLACE_REGISTER_SIZE] = { 0 };
	if (!context->write_register || !context->read_register)
		return error_create(ERROR_UNSUPPORTED, "$%s cannot be written here", desc->name);
	if (desc->kind == REGISTER_X87 && size > desc->size)
		size = desc->size;
	if (desc->size > sizeof(whole) || target->register_offset > desc->size || size > desc->size - target->register_offset)
		return error_create(ERROR_INVALID, "larger than the register $%s", desc->name);
	bool is_of_syscall = target->is_of_syscall && context->read_syscall && context->write_syscall;
	struct error *error = NULL;
	if (size != desc->size)
		error = (is_of_syscall ? context->read_syscall : context->read_register)(context->data, desc, whole);
	if (error)
		return error;
	memcpy(whole + target->register_offset, bytes, size);
	return (is_of_syscall ? context->write_syscall : context->write_register)(context->data, desc, whole);
}

static struct error *store_bit_field(const struct eval_context *context, const struct value *target, const uint8_t *bytes)
{
	unsigned shift = target->bit_offset % 8;
	uint64_t span = (shift + (uint64_t)target->bit_size + 7) / 8;
	uint8_t raw[24] = { 0 };
	if (span > sizeof(raw) || target->bit_size > eval_size_of(target->type) * 8)
		return error_create(ERROR_FORMAT, "a bit field larger than its type");
	struct location part = place_slice(context, &target->location, target->bit_offset / 8, span);
	struct error *error = place_read(context, &part, span, raw);
	if (error)
		return error;
	bits_copy(raw, shift, bytes, 0, target->bit_size);
	return place_write(context, &part, span, raw);
}

static struct error *store(const struct eval_context *context, struct value *target, uint64_t size, const uint8_t *bytes)
{
	struct error *error;
	if (target->register_desc)
		error = store_register(context, target, size, bytes);
	else if (target->bit_size)
		error = store_bit_field(context, target, bytes);
	else
		error = place_write(context, &target->location, size, bytes);
	target->bytes = NULL;
	return error;
}

static struct error *check_enumerator(const struct type *type, const struct value *source, const struct number *number)
{
	const struct type *from = eval_strip(source->type);
	if (type->kind == TYPE_ENUM && from->kind == TYPE_ENUM && !type_is_same(type, from))
		return type_error(source->type, "an enumerator of another type");
	if (number->is_float)
		return error_create(ERROR_INVALID, "a floating-point number for an enumeration");
	struct number fitted = number_convert(*number, type);
	if (type->kind == TYPE_ENUM && fitted.bits != number->bits && fitted.bits != (uint32_t)number->bits)
		return type_error(type, "the number does not fit into");
	return NULL;
}

// The width is seen nowhere: what would lose bits is a mistake. -1 is all ones, as everywhere in C.
static bool fits_bit_field(const struct value *target, const struct type *type, const struct number *number)
{
	if (!target->bit_size || target->bit_size >= 127 || type->kind == TYPE_BOOL || number->is_float)
		return true;
	bool is_signed = eval_is_signed(type);
	__int128 half = (__int128)1 << (target->bit_size - 1);
	__int128 bits = (__int128)number->bits;
	if (!is_signed && eval_size_of(type) < 16 && bits >= ((__int128)1 << eval_size_of(type) * 8) - half)
		return true;
	return bits >= -half && bits < (is_signed ? half : 2 * half);
}

static struct error *assign_scalar(const struct eval_context *context, struct value *target, struct value *source)
{
	const struct type *type = eval_strip(target->type);
	struct number number;
	struct error *error = number_of(context, source, &number);
	if (error)
		return error;
	if (type->kind == TYPE_POINTER && number.is_float)
		return error_create(ERROR_INVALID, "a floating-point number for a pointer");
	error = type->kind == TYPE_ENUM ? check_enumerator(type, source, &number) : NULL;
	if (error)
		return error;
	if (type->kind == TYPE_POINTER && source->type && eval_strip(source->type)->kind == TYPE_POINTER) {
		struct value cast;
		error = value_cast(context, source, target->type, &cast);
		if (!error)
			error = number_of(context, &cast, &number);
		if (error)
			return error;
	}
	number = number_convert(number, type);
	if (!fits_bit_field(target, type, &number))
		return error_create(ERROR_INVALID, "the number does not fit into %u bits", target->bit_size);
	uint8_t bytes[16] = { 0 };
	number_store(&number, bytes);
	return store(context, target, eval_size_of(type), bytes);
}

// A real number: the imaginary part becomes 0 (C17 6.3.1.7).
static struct error *assign_complex(const struct eval_context *context, struct value *target, struct value *source)
{
	const struct type *type = eval_strip(target->type);
	uint64_t half = eval_size_of(type) / 2;
	const struct type *part = half == 4 ? builtin_type(BUILTIN_FLOAT) : half == 8 ? builtin_type(BUILTIN_DOUBLE) : builtin_type(BUILTIN_LONG_DOUBLE);
	struct number number;
	struct error *error = number_of(context, source, &number);
	if (error)
		return error;
	if (half != eval_size_of(part) || number.type->kind == TYPE_POINTER)
		return type_error(source->type, "not of the target's type");
	uint8_t bytes[32] = { 0 };
	number = number_convert(number, part);
	number_store(&number, bytes);
	return store(context, target, half * 2, bytes);
}

// char a[8] = "text": the terminator is stored if there is room, as in C.
static struct error *assign_string(const struct eval_context *context, struct value *target, struct value *source)
{
	const struct type *type = eval_strip(target->type);
	uint64_t unit = eval_size_of(type->target);
	uint64_t room = eval_count(context, type) * unit;
	uint64_t length = eval_size_of(source->type);
	if (!unit || unit != eval_size_of(eval_target(source->type)))
		return type_error(target->type, "characters of another size than");
	if (length > room + unit)
		return error_create(ERROR_INVALID, "the string has %llu characters, there is room for %llu",
				    (unsigned long long)(length / unit - 1), (unsigned long long)(room / unit));
	struct error *error = value_read(context, source);
	if (error)
		return error;
	// The rest is cleared, as an initialiser would.
	uint8_t *bytes = arena_alloc(context->arena, room ? room : 1);
	memcpy(bytes, source->bytes, length < room ? length : room);
	return store(context, target, room, bytes);
}

static struct error *assign_bytes(const struct eval_context *context, struct value *target, struct value *source)
{
	uint64_t size = eval_size_of(target->type);
	if (!size || size != eval_size_of(source->type))
		return type_error(source->type, "not of the target's type");
	struct error *error = value_read(context, source);
	return error ? error : store(context, target, size, source->bytes);
}

static struct error *assign_vector_register(const struct eval_context *context, struct value *target, struct value *source)
{
	if (type_is_vector_register(source->type))
		return assign_bytes(context, target, source);
	struct number number;
	struct error *error = number_of(context, source, &number);
	if (error)
		return error;
	if (number.is_float)
		return error_create(ERROR_INVALID, "choose a lane to store a floating-point number, as in .v2_double[0]");
	uint8_t bytes[PLACE_REGISTER_SIZE] = { 0 };
	uint64_t size = eval_size_of(target->type);
	memcpy(bytes, &number.bits, size < 16 ? size : 16);
	return store(context, target, size, bytes);
}

static bool is_literal_text(const struct value *source)
{
	const struct type *from = eval_strip(source->type);
	return from->kind == TYPE_ARRAY && !source->is_lvalue && !source->location.count && type_is_character(from->target) &&
	       eval_size_of(from->target) == 1;
}

static bool is_string_literal_for(const struct type *target, const struct value *source)
{
	const struct type *from = eval_strip(source->type);
	return target->kind == TYPE_ARRAY && from->kind == TYPE_ARRAY && !source->is_lvalue && type_as_character(target->target) &&
	       type_is_character(from->target);
}

struct error *value_assign(const struct eval_context *context, struct value *target, struct value *source)
{
	struct error *error = value_transparent(context, target);
	if (!error)
		error = value_transparent(context, source);
	if (error)
		return error;
	const struct type *type = eval_strip(target->type);
	if (!target->is_lvalue || type->kind == TYPE_FUNCTION)
		return error_create(ERROR_INVALID, "the left side cannot be assigned: it is no variable");
	if (type_is_vector_register(type) && target->register_desc)
		return assign_vector_register(context, target, source);
	if (type_is_undebugged(type) && type->kind == TYPE_UNSPECIFIED)
		return error_create(ERROR_INVALID, "its type is unknown: cast it, as in *(int *)&x = 1");
	if (is_literal_text(source) && type_is_scalar(type))
		return error_create(ERROR_INVALID, "the text has no address in the program: assign to the characters it points to");
	if (type_is_scalar(type) || type->kind == TYPE_MEMBER_POINTER)
		return assign_scalar(context, target, source);
	if (type->kind == TYPE_COMPLEX && !type_is_same(type, source->type))
		return assign_complex(context, target, source);
	if (is_string_literal_for(type, source))
		return assign_string(context, target, source);
	if (is_literal_text(source) && type_is_class(type)) {
		error = value_read(context, source);
		return error ? error : value_assign_text(context, target, source->bytes, eval_size_of(source->type) - 1);
	}
	struct value content;
	if (type_is_class(type) && !type_is_same(type, source->type) && value_as_wrapped(context, target, &content))
		return value_assign(context, &content, source);
	if (!type_is_same(type, source->type) && !(type->kind == TYPE_ARRAY && eval_strip(source->type)->kind == TYPE_ARRAY &&
						   type_is_same(type->target, eval_target(source->type))))
		return type_error(source->type, "not of the target's type");
	return assign_bytes(context, target, source);
}

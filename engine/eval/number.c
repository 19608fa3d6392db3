// Scalars as numbers: loading, storing and C's conversions between them (C17 6.3.1).
#include <math.h>

#include "engine/eval/private.h"

// IEEE 754 binary16 (and nothing else of two bytes): too narrow to bother the compiler's own type with.
static long double half_to_real(uint16_t half)
{
	int exponent = half >> 10 & 31;
	long double fraction = half & 1023;
	long double real;
	if (exponent == 31)
		real = fraction != 0 ? NAN : INFINITY;
	else if (exponent)
		real = ldexpl(1024 + fraction, exponent - 25);
	else
		real = ldexpl(fraction, -24);
	return half >> 15 ? -real : real;
}

static uint16_t half_from_real(long double real)
{
	uint16_t sign = signbit(real) ? 0x8000 : 0;
	real = fabsl(real);
	if (isnan(real))
		return sign | 0x7e00;
	if (real >= 65520)
		return sign | 0x7c00;
	if (real < 0x1p-14L)
		return (uint16_t)(sign | (uint16_t)rintl(ldexpl(real, 24)));
	int exponent;
	long double fraction = frexpl(real, &exponent);   // [0.5, 1)
	unsigned mantissa = (unsigned)rintl(ldexpl(fraction, 11));   // [1024, 2048]; 2048 carries into the exponent
	return (uint16_t)(sign | (((unsigned)(exponent + 14) << 10) + mantissa - 1024));
}

static long double real_load(const struct type *type, uint64_t size, const uint8_t *bytes)
{
	if (size == 2) {
		uint16_t half;
		memcpy(&half, bytes, sizeof(half));
		return half_to_real(half);
	}
	if (size == 4) {
		float real;
		memcpy(&real, bytes, sizeof(real));
		return (long double)real;
	}
	if (size == 8) {
		double real;
		memcpy(&real, bytes, sizeof(real));
		return (long double)real;
	}
	if (type->is_float128) {
		__float128 real;
		memcpy(&real, bytes, sizeof(real));
		return (long double)real;
	}
	long double real = 0;
	memcpy(&real, bytes, size < 10 ? size : 10);
	return real;
}

static void real_store(const struct type *type, uint64_t size, long double real, uint8_t *bytes)
{
	if (size == 2) {
		uint16_t half = half_from_real(real);
		memcpy(bytes, &half, sizeof(half));
	} else if (size == 4) {
		float narrow = (float)real;
		memcpy(bytes, &narrow, sizeof(narrow));
	} else if (size == 8) {
		double narrow = (double)real;
		memcpy(bytes, &narrow, sizeof(narrow));
	} else if (type->is_float128) {
		__float128 wide = (__float128)real;
		memcpy(bytes, &wide, sizeof(wide));
	} else {
		memset(bytes, 0, size < 16 ? size : 16);
		memcpy(bytes, &real, size < 10 ? size : 10);
	}
}

static unsigned __int128 extend(unsigned __int128 bits, uint64_t size, bool is_signed)
{
	if (!size || size >= 16)
		return bits;
	unsigned shift = (unsigned)(128 - size * 8);
	bits <<= shift;
	return is_signed ? (unsigned __int128)((__int128)bits >> shift) : bits >> shift;
}

static uint64_t scalar_size(const struct type *type)
{
	uint64_t size = eval_size_of(type);
	if (!size && (type->kind == TYPE_POINTER || type->kind == TYPE_UNSPECIFIED))
		return 8;
	return size > 16 ? 16 : size;
}

struct number number_load(const struct type *type, const uint8_t *bytes)
{
	struct number number = { .type = type };
	uint64_t size = scalar_size(type);
	if (type->kind == TYPE_FLOAT) {
		number.is_float = true;
		number.real = real_load(type, size, bytes);
		return number;
	}
	if (size == 4) {
		int32_t word;
		memcpy(&word, bytes, sizeof(word));
		number.bits = eval_is_signed(type) ? (unsigned __int128)(__int128)word : (uint32_t)word;
		return number;
	}
	memcpy(&number.bits, bytes, size);
	number.bits = extend(number.bits, size, eval_is_signed(type));
	return number;
}

void number_store(const struct number *number, uint8_t *bytes)
{
	uint64_t size = scalar_size(number->type);
	if (number->is_float)
		real_store(number->type, size, number->real, bytes);
	else
		memcpy(bytes, &number->bits, size);
}

// Out of range is undefined in C: the result is what cvttsd2si gives, the smallest number.
static unsigned __int128 real_to_bits(long double real, uint64_t size, bool is_signed)
{
	long double limit = ldexpl(1, (int)(size * 8) - (is_signed ? 1 : 0));
	if (!(real < limit && real > (is_signed ? -limit - 1 : -limit)))
		return (unsigned __int128)1 << (size * 8 - 1);
	if (real < 0)
		return (unsigned __int128)-(__int128)(unsigned __int128)-real;
	return (unsigned __int128)real;
}

bool number_is_zero(const struct number *number)
{
	return number->is_float ? number->real == 0 : number->bits == 0;
}

struct number number_convert(struct number number, const struct type *type)
{
	const struct type *stripped = eval_strip(type);
	struct number result = { .type = stripped };
	uint64_t size = scalar_size(stripped);
	if (stripped->kind == TYPE_BOOL) {
		result.bits = !number_is_zero(&number);
	} else if (stripped->kind == TYPE_FLOAT) {
		uint8_t rounded[16] = { 0 };
		result.is_float = true;
		if (number.is_float)
			result.real = number.real;
		else
			result.real = eval_is_signed(number.type) ? (long double)(__int128)number.bits : (long double)number.bits;
		real_store(stripped, size, result.real, rounded);
		result.real = real_load(stripped, size, rounded);
	} else {
		bool is_signed = eval_is_signed(stripped);
		result.bits = number.is_float ? real_to_bits(number.real, size ? size : 8, is_signed) : number.bits;
		result.bits = extend(result.bits, size, is_signed);
	}
	return result;
}

static bool is_number_kind(enum type_kind kind)
{
	return kind == TYPE_BOOL || kind == TYPE_CHAR || kind == TYPE_INTEGER || kind == TYPE_ENUM || kind == TYPE_FLOAT ||
	       kind == TYPE_POINTER || kind == TYPE_MEMBER_POINTER;
}

// An atomic, a cell or a duration is worth the number in it.
static struct error *open_wrapped_number(const struct eval_context *context, struct value *value)
{
	struct error *error = NULL;
	for (unsigned depth = 0; !error && type_is_class(value->type) && depth < 4; depth++) {
		if (!value_as_wrapped(context, value, value))
			break;
		error = value_decay(context, value);
	}
	return error;
}

struct error *number_of(const struct eval_context *context, struct value *value, struct number *number_ret)
{
	struct error *error = value_decay(context, value);
	if (error)
		return error;
	error = open_wrapped_number(context, value);
	if (error)
		return error;
	const struct type *type = eval_strip(value->type);
	bool is_null_pointer = type->kind == TYPE_UNSPECIFIED && type->name && strstr(type->name, "nullptr");
	if (!is_number_kind(type->kind) && !is_null_pointer) {
		if (type_is_undebugged(type))
			return error_create(ERROR_INVALID, "its type is unknown: cast it, as in (int)x or *(T *)&x");
		return type_error(value->type, "not a number");
	}
	if (!scalar_size(type) || eval_size_of(type) > 16)
		return type_error(value->type, "a type of unknown or impossible size");
	error = value_read(context, value);
	if (error)
		return error;
	*number_ret = number_load(type, value->bytes);
	return NULL;
}

struct value number_value(const struct eval_context *context, const struct number *number)
{
	uint8_t *bytes = arena_alloc(context->arena, 16);
	number_store(number, bytes);
	return (struct value){ .type = number->type, .bytes = bytes };
}

struct error *value_as_integer(const struct eval_context *context, struct value *value, int64_t *integer_ret)
{
	struct number number;
	struct error *error = number_of(context, value, &number);
	if (error)
		return error;
	if (number.is_float)
		number = number_convert(number, builtin_type(BUILTIN_LONG));
	*integer_ret = (int64_t)number.bits;
	return NULL;
}

struct error *value_as_double(const struct eval_context *context, struct value *value, double *double_ret)
{
	struct number number;
	struct error *error = number_of(context, value, &number);
	if (error)
		return error;
	if (!number.is_float)
		number = number_convert(number, builtin_type(BUILTIN_DOUBLE));
	*double_ret = (double)number.real;
	return NULL;
}

struct error *value_is_true(const struct eval_context *context, struct value *value, bool *is_true_ret)
{
	struct number number;
	struct error *error = number_of(context, value, &number);
	if (!error)
		*is_true_ret = !number_is_zero(&number);
	return error;
}

struct value value_from_integer(const struct eval_context *context, const struct type *type, uint64_t integer)
{
	struct number number = number_integer(builtin_type(BUILTIN_LONG), (unsigned __int128)(__int128)(int64_t)integer);
	const struct type *stripped = eval_strip(type);
	if (!eval_is_signed(stripped))
		number = number_integer(builtin_type(BUILTIN_UNSIGNED_LONG), integer);
	number = number_convert(number, stripped);
	struct value value = number_value(context, &number);
	value.type = type;
	return value;
}

struct value value_from_double(const struct eval_context *context, const struct type *type, double number)
{
	struct number real = { .type = builtin_type(BUILTIN_DOUBLE), .is_float = true, .real = (long double)number };
	real = number_convert(real, type);
	struct value value = number_value(context, &real);
	value.type = type;
	return value;
}

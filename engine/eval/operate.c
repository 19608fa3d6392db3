// Arithmetic and comparison: promotions and the usual arithmetic conversions of C17 6.3.1 on x86-64 (LP64).
#include "engine/eval/private.h"

struct value truth_value(const struct eval_context *context, bool is_true)
{
	bool is_c = !context->function || context->function->language == LANGUAGE_C;
	struct number number = number_integer(builtin_type(is_c ? BUILTIN_INT : BUILTIN_BOOL), is_true);
	return number_value(context, &number);
}

// C17 6.3.1.1; a bit field promotes by its width.
static struct number promote(struct number number, uint32_t bit_size)
{
	const struct type *type = number.type;
	if (number.is_float)
		return type->size == 2 ? number_convert(number, builtin_type(BUILTIN_FLOAT)) : number;
	bool is_signed = eval_is_signed(type);
	uint64_t size = eval_size_of(type);
	if (size < 4 || type->kind == TYPE_BOOL || (bit_size && size <= 8 && (bit_size < 32 || (bit_size == 32 && is_signed))))
		return number_convert(number, builtin_type(BUILTIN_INT));
	if (type->kind == TYPE_INTEGER && !type_is_undebugged(type))
		return number;
	return number_convert(number, builtin_integer(size, is_signed));
}

static bool is_long_long(const struct type *type)
{
	return type->name && strstr(type->name, "long long");
}

static const struct type *common_type(const struct number *a, const struct number *b)
{
	if (a->is_float != b->is_float)
		return a->is_float ? a->type : b->type;
	uint64_t a_size = eval_size_of(a->type);
	uint64_t b_size = eval_size_of(b->type);
	if (a_size != b_size)
		return a_size > b_size ? a->type : b->type;
	if (a->is_float)
		return b->type->is_float128 ? b->type : a->type;
	bool is_a_signed = eval_is_signed(a->type);
	bool is_b_signed = eval_is_signed(b->type);
	if (is_a_signed == is_b_signed)
		return is_long_long(b->type) ? b->type : a->type;
	if (is_long_long(a->type) || is_long_long(b->type))
		return builtin_type(BUILTIN_UNSIGNED_LONG_LONG);
	return is_a_signed ? b->type : a->type;
}

static struct error *divide(int operator, const struct number *a, const struct number *b, bool is_signed, unsigned __int128 *bits_ret)
{
	if (!b->bits)
		return error_create(ERROR_INVALID, "division by zero");
	bool is_quotient = operator == '/';
	if (!is_signed)
		*bits_ret = is_quotient ? a->bits / b->bits : a->bits % b->bits;
	else if (b->bits == ~(unsigned __int128)0)   // the one case that can overflow
		*bits_ret = is_quotient ? -a->bits : 0;
	else
		*bits_ret = (unsigned __int128)(is_quotient ? (__int128)a->bits / (__int128)b->bits : (__int128)a->bits % (__int128)b->bits);
	return NULL;
}

static struct error *integer_result(int operator, const struct number *a, const struct number *b, const struct type *type,
				    unsigned __int128 *bits_ret)
{
	switch (operator) {
	case '+': *bits_ret = a->bits + b->bits; return NULL;
	case '-': *bits_ret = a->bits - b->bits; return NULL;
	case '*': *bits_ret = a->bits * b->bits; return NULL;
	case '&': *bits_ret = a->bits & b->bits; return NULL;
	case '|': *bits_ret = a->bits | b->bits; return NULL;
	case '^': *bits_ret = a->bits ^ b->bits; return NULL;
	default: return divide(operator, a, b, eval_is_signed(type), bits_ret);
	}
}

#define REAL_RESULT(operator, a, b) \
	((operator) == '+' ? (a) + (b) : (operator) == '-' ? (a) - (b) : (operator) == '*' ? (a) * (b) : (a) / (b))

// In the operands' own precision: doing it in a wider one would round twice.
__attribute__((no_sanitize("float-divide-by-zero")))
static struct error *real_result(int operator, const struct number *a, const struct number *b, uint64_t size, long double *real_ret)
{
	if (operator != '+' && operator != '-' && operator != '*' && operator != '/')
		return error_create(ERROR_INVALID, "floating-point numbers do not have this operator");
	if (size == 4)
		*real_ret = (long double)REAL_RESULT(operator, (float)a->real, (float)b->real);
	else if (size == 8)
		*real_ret = (long double)REAL_RESULT(operator, (double)a->real, (double)b->real);
	else
		*real_ret = REAL_RESULT(operator, a->real, b->real);
	return NULL;
}

static struct error *shift(int operator, const struct number *a, const struct number *b, struct number *result)
{
	if (a->is_float || b->is_float)
		return error_create(ERROR_INVALID, "floating-point numbers cannot be shifted");
	uint64_t width = eval_size_of(a->type) * 8;
	bool is_negative = eval_is_signed(b->type) && (__int128)b->bits < 0;
	if (is_negative)
		return error_create(ERROR_INVALID, "shift by a negative number");
	if (b->bits >= width)
		return error_create(ERROR_INVALID, "shift by %llu is too far for a number of %llu bits", (unsigned long long)b->bits,
				    (unsigned long long)width);
	unsigned __int128 bits = a->bits << (unsigned)b->bits;
	if (operator == OPERATOR_SHIFT_RIGHT)
		bits = eval_is_signed(a->type) ? (unsigned __int128)((__int128)a->bits >> (unsigned)b->bits) : a->bits >> (unsigned)b->bits;
	*result = number_convert(number_integer(a->type, bits), a->type);
	return NULL;
}

static bool is_comparison(int operator)
{
	return operator == '<' || operator == '>' || operator == OPERATOR_LESS_EQUAL || operator == OPERATOR_GREATER_EQUAL ||
	       operator == OPERATOR_EQUAL || operator == OPERATOR_NOT_EQUAL;
}

#define COMPARE(operator, a, b) \
	((operator) == '<' ? (a) < (b) : (operator) == '>' ? (a) > (b) : (operator) == OPERATOR_LESS_EQUAL ? (a) <= (b) \
	 : (operator) == OPERATOR_GREATER_EQUAL ? (a) >= (b) : (operator) == OPERATOR_EQUAL ? (a) == (b) : (a) != (b))

static bool compare(int operator, const struct number *a, const struct number *b, bool is_signed)
{
	if (a->is_float)
		return COMPARE(operator, a->real, b->real);
	if (is_signed)
		return COMPARE(operator, (__int128)a->bits, (__int128)b->bits);
	return COMPARE(operator, a->bits, b->bits);
}

// gcc counts void and functions as one byte.
static uint64_t stride(const struct type *pointer)
{
	const struct type *target = eval_strip(pointer->target);
	return target->kind == TYPE_VOID || target->kind == TYPE_FUNCTION ? 1 : eval_size_of(target);
}

static struct error *pointer_difference(const struct eval_context *context, const struct number *a, const struct number *b,
					struct value *value_ret)
{
	uint64_t size = stride(a->type);
	if (size != stride(b->type))
		return error_create(ERROR_INVALID, "the difference of pointers to types of different size");
	if (!size)
		return error_create(ERROR_INVALID, "pointers to a type of unknown size");
	int64_t difference = (int64_t)((uint64_t)a->bits - (uint64_t)b->bits);
	*value_ret = value_from_integer(context, builtin_type(BUILTIN_LONG), (uint64_t)(difference / (int64_t)size));
	return NULL;
}

static struct error *pointer_result(const struct eval_context *context, int operator, struct value *a_value, const struct number *a,
				    struct value *b_value, const struct number *b, struct value *value_ret)
{
	bool is_a = a->type->kind == TYPE_POINTER;
	bool is_b = b->type->kind == TYPE_POINTER;
	if (a->is_float || b->is_float)
		return error_create(ERROR_INVALID, "a pointer and a floating-point number");
	if (is_comparison(operator)) {
		struct number left = number_convert(*a, builtin_type(BUILTIN_UNSIGNED_LONG));
		struct number right = number_convert(*b, builtin_type(BUILTIN_UNSIGNED_LONG));
		*value_ret = truth_value(context, compare(operator, &left, &right, false));
		return NULL;
	}
	if (is_a && is_b && operator == '-')
		return pointer_difference(context, a, b, value_ret);
	if ((is_a && is_b) || (operator != '+' && !(operator == '-' && is_a)))
		return error_create(ERROR_INVALID, "pointers do not have this operator");
	const struct number *pointer = is_a ? a : b;
	const struct number *count = is_a ? b : a;
	uint64_t size = stride(pointer->type);
	if (!size)
		return error_create(ERROR_INVALID, "a pointer to a type of unknown size");
	uint64_t distance = (uint64_t)count->bits * size;
	uint64_t address = (uint64_t)pointer->bits + (operator == '-' ? -distance : distance);
	*value_ret = value_from_integer(context, (is_a ? a_value : b_value)->type, address);
	return NULL;
}

static struct error *arithmetic(const struct eval_context *context, int operator, struct number a, struct number b,
				struct value *value_ret)
{
	struct number result;
	struct error *error;
	if (operator == OPERATOR_SHIFT_LEFT || operator == OPERATOR_SHIFT_RIGHT) {
		error = shift(operator, &a, &b, &result);
	} else {
		const struct type *type = common_type(&a, &b);
		if (a.type != type)
			a = number_convert(a, type);
		if (b.type != type)
			b = number_convert(b, type);
		if (is_comparison(operator)) {
			*value_ret = truth_value(context, compare(operator, &a, &b, eval_is_signed(type)));
			return NULL;
		}
		result = (struct number){ .type = type, .is_float = a.is_float };
		error = a.is_float ? real_result(operator, &a, &b, eval_size_of(type), &result.real)
				   : integer_result(operator, &a, &b, type, &result.bits);
		if (!error)
			result = number_convert(result, type);
	}
	if (!error)
		*value_ret = number_value(context, &result);
	return error;
}

// What is in a register may be an address or a number: where an address makes no sense it is a number ($rcx % 2, $rsp & 15).
static void take_as_number(const struct value *value, struct number *number)
{
	if (value->register_desc && number->type->kind == TYPE_POINTER)
		*number = number_convert(*number, builtin_type(BUILTIN_UNSIGNED_LONG));
}

static bool makes_address(int operator, const struct number *a, const struct number *b)
{
	bool are_both = a->type->kind == TYPE_POINTER && b->type->kind == TYPE_POINTER;
	return operator == '-' || is_comparison(operator) || (operator == '+' && !are_both);
}

struct error *operate_binary(const struct eval_context *context, int operator, struct value *a, struct value *b, struct value *value_ret)
{
	struct number a_number;
	struct number b_number;
	struct error *error = number_of(context, a, &a_number);
	if (!error)
		error = number_of(context, b, &b_number);
	if (error)
		return error;
	if (!makes_address(operator, &a_number, &b_number)) {
		take_as_number(a, &a_number);
		take_as_number(b, &b_number);
	}
	if (a_number.type->kind == TYPE_POINTER || b_number.type->kind == TYPE_POINTER)
		return pointer_result(context, operator, a, &a_number, b, &b_number, value_ret);
	return arithmetic(context, operator, promote(a_number, a->bit_size), promote(b_number, b->bit_size), value_ret);
}

struct error *operate_unary(const struct eval_context *context, int operator, struct value *a, struct value *value_ret)
{
	struct number number;
	struct error *error = number_of(context, a, &number);
	if (error)
		return error;
	bool is_rust = context->function && context->function->language == LANGUAGE_RUST;
	if (operator == '!' && is_rust && number.type->kind == TYPE_INTEGER) {
		number.bits = ~number.bits;
		number = number_convert(number, number.type);
		*value_ret = number_value(context, &number);
		return NULL;
	}
	if (operator == '!') {
		*value_ret = truth_value(context, number_is_zero(&number));
		return NULL;
	}
	take_as_number(a, &number);
	if (number.type->kind == TYPE_POINTER)
		return type_error(a->type, "a pointer does not have this operator");
	number = promote(number, a->bit_size);
	if (operator == '~' && number.is_float)
		return type_error(a->type, "no integer");
	if (operator == '-')
		number.real = -number.real, number.bits = -number.bits;
	else if (operator == '~')
		number.bits = ~number.bits;
	number = number_convert(number, number.type);
	*value_ret = number_value(context, &number);
	return NULL;
}

static bool is_arithmetic(const struct type *type)
{
	return type_is_integral(type) || type->kind == TYPE_FLOAT;
}

struct error *operate_common_type(const struct eval_context *context, struct value *value, const struct value *other)
{
	struct number number = { .type = eval_strip(value->type) };
	struct number other_number = { .type = eval_strip(other->type) };
	if (!is_arithmetic(number.type) || !is_arithmetic(other_number.type) || type_is_same(number.type, other_number.type))
		return NULL;
	struct error *error = number_of(context, value, &number);
	if (error)
		return error;
	other_number.is_float = other_number.type->kind == TYPE_FLOAT;
	number = promote(number, value->bit_size);
	other_number = promote(other_number, other->bit_size);
	number = number_convert(number, common_type(&number, &other_number));
	*value = number_value(context, &number);
	return NULL;
}

static struct error *compare_counted(const struct eval_context *context, int operator, uint64_t address, uint64_t length,
				     const struct value *literal, struct value *value_ret)
{
	bool is_equal = length == eval_size_of(literal->type) - 1;
	if (is_equal && length) {
		uint8_t *bytes = arena_alloc(context->arena, length);
		struct error *error = memory_read(context->memory, address, bytes, length);
		if (error)
			return error;
		is_equal = memcmp(bytes, literal->bytes, length) == 0;
	}
	*value_ret = truth_value(context, is_equal == (operator == OPERATOR_EQUAL));
	return NULL;
}

// name == "abc" compares the characters: as a comparison of addresses it could never be true.
struct error *operate_compare_strings(const struct eval_context *context, int operator, struct value *value, struct value *literal,
				      struct value *value_ret)
{
	uint64_t length = eval_size_of(literal->type);
	uint64_t address = 0;
	const struct type *type = eval_strip(value->type);
	_cleanup_str_ struct str text = STR_INIT;
	struct error *error = NULL;
	uint64_t own_length;
	if (value_as_text(context, value, &address, &own_length))
		return compare_counted(context, operator, address, own_length, literal, value_ret);
	if (type->kind == TYPE_ARRAY) {
		uint64_t size = eval_size_of(type);
		error = value_read(context, value);
		if (!error)
			str_append(&text, value->bytes, size < length ? size : length);
	} else {
		struct number number;
		error = number_of(context, value, &number);
		address = error ? 0 : (uint64_t)number.bits;
		if (!error && address)
			error = memory_read_string(context->memory, address, length, &text, NULL);
	}
	if (error)
		return error;
	bool is_null = type->kind == TYPE_POINTER && !address;
	size_t size = text.data ? strnlen(text.data, text.length) : 0;
	bool is_equal = !is_null && size == length - 1 && memcmp(str_text(&text), literal->bytes, size) == 0;
	*value_ret = truth_value(context, is_equal == (operator == OPERATOR_EQUAL));
	return NULL;
}

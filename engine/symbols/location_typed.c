// Arithmetic of the expression machine, and its typed values (DWARF 5, 2.5.1.4 to 2.5.1.7).
#include <math.h>
#include <string.h>

#include "engine/symbols/variable_private.h"

#define GENERIC_BITS 64

static struct machine_value generic(uint64_t value)
{
	return (struct machine_value){ .kind = MACHINE_GENERIC, .size = 8, .integer = value };
}

// Keeps what fits into the type.
static void normalise(struct machine_value *value)
{
	if (value->kind == MACHINE_FLOAT) {
		if (value->size == sizeof(float))
			value->real = (float)value->real;
		else if (value->size == sizeof(double))
			value->real = (double)value->real;
		return;
	}
	unsigned shift = GENERIC_BITS - value->size * 8u;
	if (!shift)
		return;
	if (value->kind == MACHINE_SIGNED)
		value->integer = (uint64_t)((int64_t)(value->integer << shift) >> shift);
	else
		value->integer = value->integer << shift >> shift;
}

void machine_value_bytes(const struct machine_value *value, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	if (value->kind != MACHINE_FLOAT) {
		memcpy(bytes, &value->integer, sizeof(value->integer));
		return;
	}
	float single = (float)value->real;
	double precise = (double)value->real;
	if (value->size == sizeof(single))
		memcpy(bytes, &single, sizeof(single));
	else if (value->size == sizeof(precise))
		memcpy(bytes, &precise, sizeof(precise));
	else
		memcpy(bytes, &value->real, 10);   // x87: 80 bits
}

// `size` bytes as a value of the type that `value` has already.
static void value_from_bytes(struct machine_value *value, const uint8_t *bytes, size_t size)
{
	uint8_t whole[16] = { 0 };
	float single = 0;
	double precise = 0;
	memcpy(whole, bytes, size < sizeof(whole) ? size : sizeof(whole));
	if (value->kind != MACHINE_FLOAT) {
		memcpy(&value->integer, whole, sizeof(value->integer));
		normalise(value);
	} else if (value->size == sizeof(single)) {
		memcpy(&single, whole, sizeof(single));
		value->real = single;
	} else if (value->size == sizeof(precise)) {
		memcpy(&precise, whole, sizeof(precise));
		value->real = precise;
	} else {
		value->real = 0;
		memcpy(&value->real, whole, 10);
	}
}

// ---- Types -------------------------------------------------------------------------------------------------------

static struct error *value_type_of_die(Dwarf_Die *die, struct machine_value *value_ret)
{
	uint64_t encoding = 0, size = 0;
	if (dwarf_tag(die) != DW_TAG_base_type || !die_unsigned(die, DW_AT_encoding, &encoding) ||
	    !die_unsigned(die, DW_AT_byte_size, &size))
		return error_create(ERROR_FORMAT, "a location expression names a type that is not a base type");
	bool is_float = encoding == DW_ATE_float;
	if (is_float ? size != 4 && size != 8 && size != 16 : !size || size > 8)
		return error_create(ERROR_UNSUPPORTED, "a location expression computes with %llu bytes at once", (unsigned long long)size);
	*value_ret = (struct machine_value){ .size = (uint8_t)size };
	if (is_float)
		value_ret->kind = MACHINE_FLOAT;
	else if (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char)
		value_ret->kind = MACHINE_SIGNED;
	else
		value_ret->kind = MACHINE_UNSIGNED;
	return NULL;
}

// `is_generic`: the operand 0 that DW_OP_convert and DW_OP_reinterpret may have.
static struct error *operand_type(struct machine *machine, const Dwarf_Op *op, bool is_generic, struct machine_value *value_ret)
{
	Dwarf_Die die;
	*value_ret = generic(0);
	if (is_generic)
		return NULL;
	if (!machine->attribute || dwarf_getlocation_die(machine->attribute, op, &die) != 0)
		return error_libdw("the type in a location expression");
	return value_type_of_die(&die, value_ret);
}

static struct error *push_typed(struct machine *machine, struct machine_value value)
{
	struct error *error = machine_push(machine, 0);
	if (!error)
		machine->stack[machine->count - 1] = value;
	return error;
}

// DWARF 5 leaves out of range conversions open; ours saturate.
static uint64_t real_to_integer(long double real, enum machine_kind kind)
{
	if (isnan(real))
		return 0;
	if (kind == MACHINE_SIGNED) {
		if (real >= 0x1p63L)
			return INT64_MAX;
		return real < -0x1p63L ? (uint64_t)INT64_MIN : (uint64_t)(int64_t)real;
	}
	if (real < 0)
		return real <= -0x1p63L ? (uint64_t)INT64_MIN : (uint64_t)(int64_t)real;
	return real >= 0x1p64L ? UINT64_MAX : (uint64_t)real;
}

static struct error *convert(struct machine *machine, const Dwarf_Op *op)
{
	struct machine_value from, to;
	struct error *error = machine_pop(machine, &from);
	if (!error)
		error = operand_type(machine, op, op->number == 0, &to);
	if (error)
		return error;
	if (to.kind == MACHINE_FLOAT && from.kind == MACHINE_FLOAT)
		to.real = from.real;
	else if (to.kind == MACHINE_FLOAT)
		to.real = from.kind == MACHINE_SIGNED ? (long double)(int64_t)from.integer : (long double)from.integer;
	else
		to.integer = from.kind == MACHINE_FLOAT ? real_to_integer(from.real, to.kind) : from.integer;
	normalise(&to);
	return push_typed(machine, to);
}

static struct error *reinterpret(struct machine *machine, const Dwarf_Op *op)
{
	struct machine_value from, to;
	uint8_t bytes[16];
	struct error *error = machine_pop(machine, &from);
	if (!error)
		error = operand_type(machine, op, op->number == 0, &to);
	if (error)
		return error;
	if (from.size != to.size)
		return error_create(ERROR_FORMAT, "a location expression reinterprets %u bytes as %u", from.size, to.size);
	machine_value_bytes(&from, bytes);
	value_from_bytes(&to, bytes, to.size);
	return push_typed(machine, to);
}

static struct error *register_of_type(struct machine *machine, const Dwarf_Op *op)
{
	struct machine_value value;
	uint8_t contents[16] = { 0 };
	struct error *error = operand_type(machine, op, false, &value);
	if (!error && value.size > sizeof(contents))
		error = error_create(ERROR_UNSUPPORTED, "a register of %u bytes", value.size);
	if (!error && op->number > INT16_MAX)
		error = error_create(ERROR_FORMAT, "no such register");
	if (!error)
		error = machine_register_bytes(machine, (int)op->number, contents, value.size);
	if (error)
		return error;
	value_from_bytes(&value, contents, sizeof(contents));
	return push_typed(machine, value);
}

static struct error *dereference_type(struct machine *machine, const Dwarf_Op *op)
{
	struct machine_value value;
	uint8_t bytes[16] = { 0 };
	uint64_t address = 0;
	struct error *error = operand_type(machine, op, false, &value);
	if (!error)
		error = machine_pop_integer(machine, &address);
	if (!error && op->number > sizeof(bytes))
		error = error_create(ERROR_FORMAT, "a location expression reads %llu bytes at once", (unsigned long long)op->number);
	if (!error)
		error = machine_read(machine, address, bytes, op->number);
	if (error)
		return error;
	value_from_bytes(&value, bytes, op->number);
	return push_typed(machine, value);
}

static struct error *constant_of_type(struct machine *machine, const Dwarf_Op *op)
{
	struct machine_value value;
	Dwarf_Attribute attribute;
	Dwarf_Block block;
	struct error *error = operand_type(machine, op, false, &value);
	if (error)
		return error;
	if (dwarf_getlocation_attr(machine->attribute, op, &attribute) != 0 || dwarf_formblock(&attribute, &block) != 0)
		return error_libdw("a constant in a location expression");
	value_from_bytes(&value, block.data, block.length);
	return push_typed(machine, value);
}

struct error *machine_typed_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret)
{
	switch (op->atom) {
	case DW_OP_convert:
	case DW_OP_GNU_convert: return convert(machine, op);
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret: return reinterpret(machine, op);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type: return register_of_type(machine, op);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type: return dereference_type(machine, op);
	case DW_OP_const_type:
	case DW_OP_GNU_const_type: return constant_of_type(machine, op);
	case DW_OP_plus_uconst: {
		struct error *error = machine_push(machine, op->number);
		return error ? error : machine_arithmetic(machine, DW_OP_plus, is_known_ret);
	}
	default: return machine_arithmetic(machine, op->atom, is_known_ret);
	}
}

// ---- Arithmetic --------------------------------------------------------------------------------------------------

static struct error *unary(struct machine *machine, unsigned atom)
{
	struct machine_value value;
	struct error *error = machine_pop(machine, &value);
	if (error)
		return error;
	if (value.kind == MACHINE_FLOAT) {
		if (atom == DW_OP_not)
			return error_create(ERROR_FORMAT, "a location expression inverts the bits of a floating-point number");
		value.real = atom == DW_OP_neg ? -value.real : fabsl(value.real);
		return push_typed(machine, value);
	}
	bool is_negative = value.kind != MACHINE_UNSIGNED && (int64_t)value.integer < 0;
	if (atom == DW_OP_not)
		value.integer = ~value.integer;
	else if (atom == DW_OP_neg || is_negative)
		value.integer = -value.integer;
	normalise(&value);
	return push_typed(machine, value);
}

static bool compare(unsigned atom, int order)
{
	switch (atom) {
	case DW_OP_eq: return order == 0;
	case DW_OP_ne: return order != 0;
	case DW_OP_lt: return order < 0;
	case DW_OP_le: return order <= 0;
	case DW_OP_gt: return order > 0;
	default: return order >= 0;
	}
}

static bool is_comparison(unsigned atom)
{
	return atom >= DW_OP_eq && atom <= DW_OP_ne;
}

static struct error *real_binary(unsigned atom, struct machine_value *left, long double right)
{
	switch (atom) {
	case DW_OP_plus: left->real += right; break;
	case DW_OP_minus: left->real -= right; break;
	case DW_OP_mul: left->real *= right; break;
	case DW_OP_div: left->real /= right; break;
	default:
		if (!is_comparison(atom))
			return error_create(ERROR_FORMAT, "a location expression uses a floating-point number as bits");
		bool is_unordered = isnan(left->real) || isnan(right);
		int order = left->real < right ? -1 : left->real > right;
		*left = generic(is_unordered ? atom == DW_OP_ne : compare(atom, order));
	}
	normalise(left);
	return NULL;
}

static uint64_t shift(unsigned atom, const struct machine_value *value, uint64_t count)
{
	bool is_arithmetic = atom == DW_OP_shra;
	uint64_t bits = value->integer;
	if (is_arithmetic || atom == DW_OP_shr) {
		// A logical shift sees the type's own bits alone.
		struct machine_value plain = *value;
		plain.kind = is_arithmetic ? MACHINE_SIGNED : MACHINE_UNSIGNED;
		normalise(&plain);
		bits = plain.integer;
	}
	if (count >= GENERIC_BITS)
		return is_arithmetic && (int64_t)bits < 0 ? UINT64_MAX : 0;
	if (atom == DW_OP_shl)
		return bits << count;
	return is_arithmetic ? (uint64_t)((int64_t)bits >> count) : bits >> count;
}

// DW_OP_div is signed for generic values, DW_OP_mod is not (DWARF 5, 2.5.1.4).
static struct error *divide(unsigned atom, struct machine_value *left, uint64_t right)
{
	bool is_signed = left->kind == MACHINE_SIGNED || (left->kind == MACHINE_GENERIC && atom == DW_OP_div);
	if (!right)
		return error_create(ERROR_FORMAT, "a location expression divides by zero");
	if (is_signed && right == UINT64_MAX)
		left->integer = atom == DW_OP_div ? -left->integer : 0;
	else if (is_signed)
		left->integer = (uint64_t)(atom == DW_OP_div ? (int64_t)left->integer / (int64_t)right
							    : (int64_t)left->integer % (int64_t)right);
	else
		left->integer = atom == DW_OP_div ? left->integer / right : left->integer % right;
	return NULL;
}

static struct error *integer_binary(unsigned atom, struct machine_value *left, uint64_t right)
{
	struct error *error = NULL;
	switch (atom) {
	case DW_OP_plus: left->integer += right; break;
	case DW_OP_minus: left->integer -= right; break;
	case DW_OP_mul: left->integer *= right; break;
	case DW_OP_and: left->integer &= right; break;
	case DW_OP_or: left->integer |= right; break;
	case DW_OP_xor: left->integer ^= right; break;
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra: left->integer = shift(atom, left, right); break;
	case DW_OP_div:
	case DW_OP_mod: error = divide(atom, left, right); break;
	default: {
		bool is_less = left->kind == MACHINE_UNSIGNED ? left->integer < right : (int64_t)left->integer < (int64_t)right;
		*left = generic(compare(atom, left->integer == right ? 0 : is_less ? -1 : 1));
	}
	}
	normalise(left);
	return error;
}

static bool is_binary(unsigned atom)
{
	switch (atom) {
	case DW_OP_plus:
	case DW_OP_minus:
	case DW_OP_mul:
	case DW_OP_div:
	case DW_OP_mod:
	case DW_OP_and:
	case DW_OP_or:
	case DW_OP_xor:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra: return true;
	default: return is_comparison(atom);
	}
}

struct error *machine_arithmetic(struct machine *machine, unsigned atom, bool *is_known_ret)
{
	struct machine_value left, right;
	if (atom == DW_OP_neg || atom == DW_OP_abs || atom == DW_OP_not)
		return unary(machine, atom);
	if (!is_binary(atom)) {
		*is_known_ret = false;
		return NULL;
	}
	struct error *error = machine_pop(machine, &right);
	if (!error)
		error = machine_pop(machine, &left);
	if (error)
		return error;
	if ((left.kind == MACHINE_FLOAT) != (right.kind == MACHINE_FLOAT))
		return error_create(ERROR_FORMAT, "a location expression mixes integers and floating-point numbers");
	error = left.kind == MACHINE_FLOAT ? real_binary(atom, &left, right.real) : integer_binary(atom, &left, right.integer);
	return error ? error : push_typed(machine, left);
}

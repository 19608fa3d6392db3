// Numbers, characters, enumerations and pointers as words.
#include <math.h>
#include <stdio.h>

#include "engine/eval/private.h"

static void add_decimal(struct str *text, unsigned __int128 bits, bool is_signed)
{
	char digits[48];
	char *at = digits + sizeof(digits);
	bool is_negative = is_signed && (__int128)bits < 0;
	if (is_negative)
		bits = -bits;
	do {
		*--at = (char)('0' + (int)(bits % 10));
		bits /= 10;
	} while (bits);
	if (is_negative)
		*--at = '-';
	str_append(text, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_power_of_two_base(struct str *text, unsigned __int128 bits, unsigned shift, const char *prefix)
{
	char digits[130];
	char *at = digits + sizeof(digits);
	do {
		*--at = "0123456789abcdef"[(unsigned)bits & ((1u << shift) - 1)];
		bits >>= shift;
	} while (bits);
	str_add(text, prefix);
	str_append(text, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_utf8(struct str *bytes, uint32_t code)
{
	if (code < 0x80) {
		str_char(bytes, (char)code);
	} else if (code < 0x800) {
		str_char(bytes, (char)(0xc0 | code >> 6));
		str_char(bytes, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		str_char(bytes, (char)(0xe0 | code >> 12));
		str_char(bytes, (char)(0x80 | (code >> 6 & 0x3f)));
		str_char(bytes, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x110000) {
		str_char(bytes, (char)(0xf0 | code >> 18));
		str_char(bytes, (char)(0x80 | (code >> 12 & 0x3f)));
		str_char(bytes, (char)(0x80 | (code >> 6 & 0x3f)));
		str_char(bytes, (char)(0x80 | (code & 0x3f)));
	} else {
		str_add(bytes, "\xef\xbf\xbd");
	}
}

static const char *literal_prefix(const struct type *type)
{
	if (type->language == LANGUAGE_RUST || type->size <= 1)
		return "";
	return type->size == 2 ? "u" : type->name && strstr(type->name, "wchar") ? "L" : type->size == 4 ? "U" : "";
}

static void add_character(struct str *text, const struct type *type, uint32_t code)
{
	_cleanup_str_ struct str bytes = STR_INIT;
	if (type->size == 1)
		str_char(&bytes, (char)code);
	else
		add_utf8(&bytes, code);
	str_add(text, literal_prefix(type));
	str_char(text, '\'');
	str_escape(text, bytes.data, bytes.length, '\'');
	str_char(text, '\'');
}

static unsigned __int128 mask_to_size(unsigned __int128 bits, uint64_t bit_count)
{
	return bit_count && bit_count < 128 ? bits & (((unsigned __int128)1 << bit_count) - 1) : bits;
}

static void format_bits(struct formatter *formatter, const struct type *type, unsigned __int128 bits, uint64_t bit_count)
{
	struct str *text = formatter->text;
	bool is_character = type->kind == TYPE_CHAR;
	switch (formatter->format->base) {
	case BASE_HEX: add_power_of_two_base(text, mask_to_size(bits, bit_count), 4, "0x"); return;
	case BASE_OCTAL: add_power_of_two_base(text, mask_to_size(bits, bit_count), 3, "0"); return;
	case BASE_BINARY: add_power_of_two_base(text, mask_to_size(bits, bit_count), 1, "0b"); return;
	case BASE_DECIMAL: is_character = false; break;
	case BASE_CHARACTER: is_character = true; break;
	case BASE_NATURAL: break;
	}
	if (formatter->format->base == BASE_NATURAL && formatter->format->is_hex)
		add_power_of_two_base(text, mask_to_size(bits, bit_count), 4, "0x");
	else
		add_decimal(text, bits, eval_is_signed(type));
	if (is_character) {
		struct type shown = *type;
		// An integer shown as a character: one byte of it if it fits.
		if (type->kind != TYPE_CHAR && bits < 0x80)
			shown.size = 1;
		str_char(text, ' ');
		add_character(text, &shown, (uint32_t)mask_to_size(bits, type->size * 8));
	}
}

void format_integer(struct formatter *formatter, const struct type *type, unsigned __int128 bits)
{
	format_bits(formatter, type, bits, eval_size_of(type) * 8);
}

// The fewest digits that read back as the same number.
static void add_real(struct str *text, long double real, uint64_t size, bool is_float128)
{
	int most = size == 2 ? 5 : size == 4 ? 9 : size == 8 ? 17 : is_float128 ? 36 : 21;
	int least = size == 2 ? 3 : size == 4 ? 6 : size == 8 ? 15 : 18;
	char digits[64];
	for (int precision = least; precision <= most; precision++) {
		snprintf(digits, sizeof(digits), "%.*Lg", precision, real);
		bool is_same = size == 4 ? strtof(digits, NULL) == (float)real : size == 8 ? strtod(digits, NULL) == (double)real
											      : strtold(digits, NULL) == real;
		if (is_same)
			break;
	}
	str_add(text, digits);
}

void format_float(struct str *text, const struct type *type, const uint8_t *bytes)
{
	struct number number = number_load(type, bytes);
	if (isnan(number.real))
		str_add(text, signbit(number.real) ? "-nan" : "nan");
	else
		add_real(text, number.real, eval_size_of(type), type->is_float128);
}

static bool is_flag_enum(const struct type_enumerator *enumerators, size_t count)
{
	uint64_t highest = 0;
	unsigned singles = 0;
	bool has_masks = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t number = (uint64_t)enumerators[i].value;
		if (__builtin_popcountll(number) == 1) {
			singles++;
			highest = number > highest ? number : highest;
		}
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t number = (uint64_t)enumerators[i].value;
		if (__builtin_popcountll(number) < 2)
			continue;
		// 0, 1, 2, 3, 4 is a count, 1, 2, 4, 7 are flags and their sum.
		has_masks = true;
		if (number < highest)
			return false;
	}
	return singles >= (has_masks ? 3 : 1);
}

static bool format_enumerators(struct formatter *formatter, const struct type *type, uint64_t number)
{
	size_t count;
	const struct type_enumerator *enumerators = type_enumerators(type, &count);
	uint64_t mask = eval_size_of(type) >= 8 ? UINT64_MAX : ((uint64_t)1 << eval_size_of(type) * 8) - 1;
	number &= mask;
	for (size_t i = 0; i < count; i++) {
		if (((uint64_t)enumerators[i].value & mask) != number)
			continue;
		str_add(formatter->text, enumerators[i].name);
		return true;
	}
	if (!number || !is_flag_enum(enumerators, count))
		return false;
	bool is_any = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t flag = (uint64_t)enumerators[i].value & mask;
		if (__builtin_popcountll(flag) != 1 || !(number & flag))
			continue;
		str_printf(formatter->text, "%s%s", is_any ? " | " : "", enumerators[i].name);
		number &= ~flag;
		is_any = true;
	}
	if (is_any && number)
		str_printf(formatter->text, " | 0x%llx", (unsigned long long)number);
	return is_any;
}

static void format_pointer(struct formatter *formatter, const struct type *type, uint64_t address)
{
	const struct eval_context *context = formatter->context;
	const struct type *target = eval_strip(type->target);
	str_hex(formatter->text, address);
	if (!address || formatter->format->show_raw)
		return;
	const struct type *character = type_as_character(type->target);
	if (character && target->language != LANGUAGE_RUST) {
		str_char(formatter->text, ' ');
		format_string_at(formatter, character, address, 0, true);
		return;
	}
	_cleanup_str_ struct str symbol = STR_INIT;
	if (context->modules && modules_symbolise(context->modules, address, &symbol))
		str_printf(formatter->text, " <%s>", str_text(&symbol));
}

// Itanium C++ ABI, 2.3: the function, or one more than its offset in the virtual table.
static void format_method_pointer(struct formatter *formatter, uint64_t function)
{
	_cleanup_str_ struct str symbol = STR_INIT;
	if (function & 1)
		str_printf(formatter->text, "<virtual function number %llu>", (unsigned long long)(function / 8));
	else
		str_hex(formatter->text, function);
	if (!(function & 1) && formatter->context->modules && modules_symbolise(formatter->context->modules, function, &symbol))
		str_printf(formatter->text, " <%s>", str_text(&symbol));
}

void format_flags(struct formatter *formatter, struct value *value)
{
	size_t count = 0;
	const struct register_bit *bits = register_bits(value->register_desc, &count);
	struct number number;
	struct error *error = number_of(formatter->context, value, &number);
	if (error) {
		format_error(formatter, error);
		return;
	}
	str_hex(formatter->text, (uint64_t)number.bits);
	bool is_any = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t field = (uint64_t)number.bits >> bits[i].shift & (((uint64_t)1 << bits[i].width) - 1);
		if (!field)
			continue;
		str_printf(formatter->text, "%s%s", is_any ? " " : " [", bits[i].name);
		if (bits[i].width > 1)
			str_printf(formatter->text, "=%llu", (unsigned long long)field);
		is_any = true;
	}
	if (is_any)
		str_char(formatter->text, ']');
}

static bool is_flags_register(const struct value *value)
{
	size_t count = 0;
	return value->register_desc && !value->register_offset && eval_size_of(value->type) == value->register_desc->size &&
	       value->register_desc->kind != REGISTER_VECTOR && register_bits(value->register_desc, &count) && count;
}

static void format_complex(struct formatter *formatter, struct value *value, const struct type *type)
{
	uint64_t half = eval_size_of(type) / 2;
	const struct type *part = type->target ? eval_strip(type->target) : half == 4 ? builtin_type(BUILTIN_FLOAT)
					       : half == 8 ? builtin_type(BUILTIN_DOUBLE) : builtin_type(BUILTIN_LONG_DOUBLE);
	if (!half || part->kind != TYPE_FLOAT || eval_size_of(part) != half) {
		str_add(formatter->text, "<complex>");
		return;
	}
	_cleanup_str_ struct str imaginary = STR_INIT;
	format_float(&imaginary, part, value->bytes + half);
	bool is_negative = str_starts(str_text(&imaginary), "-");
	format_float(formatter->text, part, value->bytes);
	str_printf(formatter->text, " %c %si", is_negative ? '-' : '+', str_text(&imaginary) + is_negative);
}

void format_scalar(struct formatter *formatter, struct value *value, const struct type *type)
{
	bool is_natural = formatter->format->base == BASE_NATURAL;
	uint64_t size = eval_size_of(type);
	struct error *error = size && (size <= 16 || type->kind == TYPE_COMPLEX) ? value_read(formatter->context, value)
								     : type_error(type, "unknown size");
	if (error) {
		format_error(formatter, error);
		return;
	}
	if (type->kind == TYPE_COMPLEX) {
		format_complex(formatter, value, type);
		return;
	}
	if (type->kind == TYPE_FLOAT) {
		format_float(formatter->text, type, value->bytes);
		return;
	}
	struct number number = number_load(type, value->bytes);
	bool is_number = value->register_desc && !is_natural && formatter->format->base != BASE_HEX;   // $rcx,d
	if (type->kind == TYPE_POINTER && !is_number) {
		format_pointer(formatter, type, (uint64_t)number.bits);
		return;
	}
	if (type->kind == TYPE_MEMBER_POINTER && size == 16) {
		format_method_pointer(formatter, (uint64_t)number.bits);
		return;
	}
	if (is_natural && is_flags_register(value)) {
		format_flags(formatter, value);
		return;
	}
	if (type->kind == TYPE_BOOL && is_natural && number.bits <= 1) {
		str_add(formatter->text, number.bits ? "true" : "false");
		return;
	}
	if (type->kind == TYPE_ENUM && is_natural && format_enumerators(formatter, type, (uint64_t)number.bits))
		return;
	// C's wide characters are integers of another name.
	const struct type *character = is_natural ? type_as_character(value->type) : NULL;
	format_bits(formatter, character ? character : type, number.bits, value->bit_size ? value->bit_size : eval_size_of(type) * 8);
}

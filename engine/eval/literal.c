// Literals: C17 6.4.4 and 6.4.5 with C++'s digit separators and binary numbers.
#include <ctype.h>
#include <errno.h>

#include "engine/eval/private.h"

static struct value literal_of(struct arena *arena, const struct type *type, const void *bytes, size_t size)
{
	uint8_t *copy = arena_alloc(arena, size < 16 ? 16 : size);
	memcpy(copy, bytes, size);
	return (struct value){ .type = type, .bytes = copy };
}

// C17 6.4.4.1: the first type of the list that can hold the number.
static const struct type *integer_literal_type(uint64_t number, bool is_decimal, bool is_unsigned, unsigned longs)
{
	static const enum builtin ladder[3][2] = { { BUILTIN_INT, BUILTIN_UNSIGNED_INT }, { BUILTIN_LONG, BUILTIN_UNSIGNED_LONG },
						   { BUILTIN_LONG_LONG, BUILTIN_UNSIGNED_LONG_LONG } };
	for (unsigned rank = longs; rank < 3; rank++) {
		uint64_t limit = rank == 0 ? INT32_MAX : INT64_MAX;
		if (!is_unsigned && number <= limit)
			return builtin_type(ladder[rank][0]);
		if ((is_unsigned || !is_decimal) && number <= limit * 2 + 1)
			return builtin_type(ladder[rank][1]);
	}
	return builtin_type(BUILTIN_UNSIGNED_LONG);
}

static bool parse_integer_suffix(const char *suffix, bool *is_unsigned_ret, unsigned *longs_ret)
{
	for (; *suffix; suffix++) {
		if (*suffix == 'u' || *suffix == 'U') {
			if (*is_unsigned_ret)
				return false;
			*is_unsigned_ret = true;
		} else if (*suffix == 'l' || *suffix == 'L') {
			if (*longs_ret)
				return false;
			*longs_ret = suffix[1] == *suffix ? 2 : 1;
			suffix += *longs_ret - 1;
		} else {
			return false;
		}
	}
	return true;
}

static struct error *parse_integer(const char *text, const struct token *token, const char *digits, struct arena *arena,
				   struct value *value_ret)
{
	unsigned base = 10;
	const char *at = digits;
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
		base = 16;
	else if (at[0] == '0' && (at[1] == 'b' || at[1] == 'B'))
		base = 2;
	else if (at[0] == '0' && (isdigit((unsigned char)at[1]) || at[1] == 'o'))
		base = 8;
	at += base == 16 || base == 2 ? 2 : base == 8 && at[1] == 'o' ? 2 : 0;
	errno = 0;
	char *end;
	uint64_t number = isalnum((unsigned char)*at) ? strtoull(at, &end, (int)base) : 0;
	if (!isalnum((unsigned char)*at) || end == at)
		return syntax_error(text, token->text, "not a number: %s", digits);
	if (errno == ERANGE)
		return syntax_error(text, token->text, "the number %s does not fit in 64 bits", digits);
	bool is_unsigned = false;
	unsigned longs = 0;
	if (!parse_integer_suffix(end, &is_unsigned, &longs))
		return syntax_error(text, token->text, "not a number: %s", digits);
	*value_ret = literal_of(arena, integer_literal_type(number, base == 10, is_unsigned, longs), &number, sizeof(number));
	return NULL;
}

static struct error *parse_real(const char *text, const struct token *token, const char *digits, struct arena *arena,
				struct value *value_ret)
{
	char *end;
	long double real = strtold(digits, &end);
	const struct type *type = builtin_type(BUILTIN_DOUBLE);
	if (end != digits && (*end == 'f' || *end == 'F'))
		type = builtin_type(BUILTIN_FLOAT), end++;
	else if (end != digits && (*end == 'l' || *end == 'L'))
		type = builtin_type(BUILTIN_LONG_DOUBLE), end++;
	if (end == digits || *end)
		return syntax_error(text, token->text, "not a number: %s", digits);
	// Rounded once from the digits: strtold first would round twice.
	struct number number = { .type = type, .is_float = true, .real = real };
	if (type->size == 8)
		number.real = (long double)strtod(digits, NULL);
	else if (type->size == 4)
		number.real = (long double)strtof(digits, NULL);
	uint8_t bytes[16] = { 0 };
	number_store(&number, bytes);
	*value_ret = literal_of(arena, type, bytes, sizeof(bytes));
	return NULL;
}

// The type behind Rust's "5u32", "1.5f32"; the digits go without it.
static const struct type *take_rust_suffix(struct str *digits, bool is_hex)
{
	static const char *const suffixes[] = { "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64" };
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t length = strlen(suffixes[i]);
		const char *plain = str_text(digits);
		if (!str_ends(plain, suffixes[i]) || digits->length == length || (is_hex && suffixes[i][0] == 'f'))
			continue;
		char before = plain[digits->length - length - 1];
		if (!isxdigit((unsigned char)before) && before != '.')
			continue;
		digits->length -= length;
		digits->data[digits->length] = 0;
		return builtin_named(suffixes[i]);
	}
	return NULL;
}

struct error *literal_number(const char *text, const struct token *token, struct arena *arena, struct value *value_ret)
{
	_cleanup_str_ struct str digits = STR_INIT;
	for (unsigned i = 0; i < token->length; i++)
		if (token->text[i] != '\'' && token->text[i] != '_')
			str_char(&digits, token->text[i]);
	const char *plain = str_text(&digits);
	bool is_hex = plain[0] == '0' && (plain[1] == 'x' || plain[1] == 'X');
	const struct type *type = take_rust_suffix(&digits, is_hex);
	bool is_real = strchr(plain, '.') || strpbrk(plain, is_hex ? "pP" : "eE");
	// 1f is no C, but nobody means anything else by it.
	if (!is_real && !is_hex && plain[0] && strchr("fF", plain[digits.length - 1]) && !(plain[0] == '0' && plain[1] == 'b'))
		is_real = true;
	struct value value;
	struct error *error = (is_real ? parse_real : parse_integer)(text, token, plain, arena, &value);
	struct eval_context context = { .arena = arena };
	if (!error && type)
		return value_cast(&context, &value, type, value_ret);
	if (!error)
		*value_ret = value;
	return error;
}

static uint32_t parse_digits(const char **at, const char *end, unsigned base, unsigned limit)
{
	uint32_t code = 0;
	for (unsigned i = 0; i < limit && *at < end; i++, (*at)++) {
		char digit = (char)tolower((unsigned char)**at);
		unsigned number = isalpha((unsigned char)digit) ? (unsigned)(digit - 'a') + 10 : 99;
		if (isdigit((unsigned char)digit))
			number = (unsigned)(digit - '0');
		if (number >= base)
			break;
		code = code * base + number;
	}
	return code;
}

// The character after a backslash.
static uint32_t parse_escape(const char **at, const char *end)
{
	static const char letters[] = "abfnrtve0";
	static const char codes[] = "\a\b\f\n\r\t\v\033";
	char letter = *(*at)++;
	switch (letter) {
	case 'x': return parse_digits(at, end, 16, 8);
	case 'u': return parse_digits(at, end, 16, 4);
	case 'U': return parse_digits(at, end, 16, 8);
	default: break;
	}
	if (letter >= '0' && letter <= '7') {
		(*at)--;
		return parse_digits(at, end, 8, 3);
	}
	const char *found = strchr(letters, letter);
	return found && *found ? (uint32_t)codes[found - letters] : (uint32_t)(unsigned char)letter;
}

// One character of UTF-8; a byte that is none stands for itself.
static uint32_t parse_utf8(const char **at, const char *end)
{
	unsigned char first = (unsigned char)*(*at)++;
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
	if (!more || end - *at < (ptrdiff_t)more)
		return first;
	uint32_t code = first & (0x3fu >> more);
	for (unsigned i = 0; i < more; i++)
		code = code << 6 | ((unsigned char)(*at)[i] & 0x3fu);
	*at += more;
	return code;
}

static const struct type *prefix_type(const char **at)
{
	const char *prefix = *at;
	while (**at != '\'' && **at != '"')
		(*at)++;
	(*at)++;
	if (*prefix == 'L')
		return builtin_type(BUILTIN_WCHAR);
	if (*prefix == 'U')
		return builtin_type(BUILTIN_CHAR32);
	if (*prefix == 'u' && prefix[1] != '8')
		return builtin_type(BUILTIN_CHAR16);
	return builtin_type(BUILTIN_CHAR);
}

static void append_unit(struct str *bytes, uint64_t size, uint32_t code, bool is_escape)
{
	if (size == 2 && code > 0xffff && !is_escape) {
		uint16_t pair[2] = { (uint16_t)(0xd800 + ((code - 0x10000) >> 10)), (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff)) };
		str_append(bytes, pair, sizeof(pair));
		return;
	}
	str_append(bytes, &code, size);
}

static void append_characters(struct str *bytes, const struct type *element, const char *at, const char *end)
{
	while (at < end) {
		bool is_escape = *at == '\\' && at + 1 < end;
		uint32_t code;
		if (is_escape) {
			at++;
			code = parse_escape(&at, end);
		} else {
			code = element->size == 1 ? (unsigned char)*at++ : parse_utf8(&at, end);
		}
		append_unit(bytes, element->size, code, is_escape);
	}
}

struct error *literal_character(const char *text, const struct token *token, struct arena *arena, struct value *value_ret)
{
	const char *at = token->text;
	const struct type *type = prefix_type(&at);
	_cleanup_str_ struct str bytes = STR_INIT;
	append_characters(&bytes, type, at, token->text + token->length - 1);
	if (!bytes.length)
		return syntax_error(text, token->text, "an empty character");
	if (bytes.length == type->size) {
		*value_ret = literal_of(arena, type, bytes.data, type->size);
		return NULL;
	}
	// A character outside ASCII: its code, as Rust and everybody's eyes have it.
	str_clear(&bytes);
	append_characters(&bytes, builtin_type(BUILTIN_CHAR32), at, token->text + token->length - 1);
	if (bytes.length != 4)
		return syntax_error(text, token->text, "more than one character between single quotes");
	*value_ret = literal_of(arena, builtin_type(BUILTIN_CHAR32), bytes.data, 4);
	return NULL;
}

struct error *literal_string(const char *text, const struct token *token, struct str *bytes, const struct type **element_ret)
{
	const char *at = token->text;
	const struct type *element = prefix_type(&at);
	if (*element_ret && *element_ret != element)
		return syntax_error(text, token->text, "a string with another prefix than the one before it");
	append_characters(bytes, element, at, token->text + token->length - 1);
	*element_ret = element;
	return NULL;
}

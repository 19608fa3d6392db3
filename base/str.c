#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void str_deinit(struct str *str)
{
	if (!str)
		return;
	free(str->data);
	*str = (struct str)STR_INIT;
}

void str_clear(struct str *str)
{
	str_truncate(str, 0);
}

char *str_take(struct str *str)
{
	char *text = str->data ? str->data : xstrdup("");
	*str = (struct str)STR_INIT;
	return text;
}

const char *str_text(const struct str *str)
{
	return str->data ? str->data : "";
}

void str_reserve(struct str *str, size_t more)
{
	size_t needed = str->length + more + 1;
	if (needed <= str->capacity)
		return;
	size_t capacity = str->capacity ? str->capacity : 64;
	while (capacity < needed)
		capacity *= 2;
	str->data = xrealloc(str->data, capacity);
	str->capacity = capacity;
	str->data[str->length] = '\0';
}

void str_append(struct str *str, const void *bytes, size_t length)
{
	str_reserve(str, length);
	if (length)
		memcpy(str->data + str->length, bytes, length);
	str->length += length;
	str->data[str->length] = '\0';
}

void str_vprintf(struct str *str, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	str_reserve(str, 64);
	size_t room = str->capacity - str->length;
	int length = vsnprintf(str->data + str->length, room, format, args);
	if (length > 0 && (size_t)length >= room) {
		str_reserve(str, (size_t)length);
		vsnprintf(str->data + str->length, (size_t)length + 1, format, again);
	}
	if (length > 0)
		str->length += (size_t)length;
	str->data[str->length] = '\0';
	va_end(again);
}

void str_printf(struct str *str, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	str_vprintf(str, format, args);
	va_end(args);
}

void str_hex(struct str *str, uint64_t value)
{
	char digits[18];
	char *end = digits + sizeof(digits);
	char *start = end;
	do {
		*--start = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	*--start = 'x';
	*--start = '0';
	str_append(str, start, (size_t)(end - start));
}

void str_truncate(struct str *str, size_t length)
{
	if (length >= str->length)
		return;
	str->length = length;
	str->data[length] = '\0';
}

void str_remove_front(struct str *str, size_t length)
{
	if (length > str->length)
		length = str->length;
	if (!length)
		return;
	memmove(str->data, str->data + length, str->length - length + 1);
	str->length -= length;
}

static const char *short_escape(unsigned char byte)
{
	switch (byte) {
	case '\a': return "\\a";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	case '\v': return "\\v";
	case '\\': return "\\\\";
	default: return NULL;
	}
}

// Length of the well-formed UTF-8 sequence at `bytes` (RFC 3629), 0 if there is none.
static size_t utf8_length(const unsigned char *bytes, size_t room)
{
	unsigned char first = bytes[0];
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	if (length > room)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
	    (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

static bool is_octal_digit(unsigned char byte)
{
	return byte >= '0' && byte <= '7';
}

// Octal, as gdb and strace print it: unlike \x it has a fixed end, whatever character follows.
static void append_octal(struct str *str, unsigned char byte, bool digit_follows)
{
	str_printf(str, digit_follows ? "\\%03o" : "\\%o", byte);
}

void str_escape(struct str *str, const void *bytes, size_t length, char quote)
{
	if (!length)
		return;   // of nothing, NULL perhaps
	const unsigned char *at = bytes;
	const unsigned char *end = at + length;
	while (at < end) {
		const char *escape = short_escape(*at);
		size_t utf8 = utf8_length(at, (size_t)(end - at));
		if (escape) {
			str_add(str, escape);
		} else if (*at == (unsigned char)quote) {
			str_char(str, '\\');
			str_char(str, quote);
		} else if (utf8 > 1 || (*at >= 0x20 && *at < 0x7f)) {
			str_append(str, at, utf8);
			at += utf8;
			continue;
		} else {
			append_octal(str, *at, at + 1 < end && is_octal_digit(at[1]));
		}
		at++;
	}
}

bool str_ends(const char *text, const char *suffix)
{
	size_t text_length = strlen(text);
	size_t suffix_length = strlen(suffix);
	return text_length >= suffix_length && str_equal(text + text_length - suffix_length, suffix);
}

const char *str_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

// Words and quoting shared by the kinds.
#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <stdio.h>

void text_address(struct str *text, uint64_t value)
{
	if (value)
		str_hex(text, value);
	else
		str_add(text, "NULL");
}

void text_unsigned(struct str *text, uint64_t value)
{
	char digits[20];
	unsigned at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	str_append(text, digits + at, sizeof(digits) - at);
}

void text_signed(struct str *text, int64_t value)
{
	if (value < 0)
		str_char(text, '-');
	text_unsigned(text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void text_rest(struct str *text, uint64_t address)
{
	str_printf(text, "... /* 0x%" PRIx64 " */", address);
}

static void escape_octal(struct str *text, uint8_t byte, bool is_full)
{
	char digits[5];
	snprintf(digits, sizeof(digits), is_full ? "\\%03o" : "\\%o", byte);
	str_add(text, digits);
}

static const char *escape_letter(uint8_t byte)
{
	switch (byte) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	case '\v': return "\\v";
	default: return NULL;
	}
}

// Octal as short as what follows allows, as in C and in strace.
void text_escape(struct str *text, const void *bytes, size_t length, bool digit_follows)
{
	const uint8_t *byte = bytes;
	for (size_t i = 0; i < length; i++) {
		const char *letter = escape_letter(byte[i]);
		bool is_digit_next = i + 1 < length ? byte[i + 1] >= '0' && byte[i + 1] <= '9' : digit_follows;
		if (letter)
			str_add(text, letter);
		else if (byte[i] >= 0x20 && byte[i] < 0x7f)
			str_char(text, (char)byte[i]);
		else
			escape_octal(text, byte[i], is_digit_next);
	}
}

unsigned decode_string_limit(const struct syscall_context *context)
{
	return context->string_limit ? context->string_limit : DECODE_BUFFER_DEFAULT;
}

enum { CHUNK = 256 };

void decode_bytes(const struct decode *decode, uint64_t address, uint64_t length)
{
	uint64_t limit = decode_string_limit(decode->context);
	uint64_t shown = length < limit ? length : limit;
	struct str *text = decode->text;
	if (!address) {
		str_add(text, "NULL");
		return;
	}
	size_t start = text->length;
	str_char(text, '"');
	for (uint64_t done = 0; done < shown;) {
		uint8_t bytes[CHUNK + 1];
		size_t wanted = shown - done < CHUNK ? (size_t)(shown - done) : CHUNK;
		if (!decode_read(decode, address + done, bytes, wanted)) {
			str_truncate(text, start);
			text_address(text, address);
			return;
		}
		bool has_next = done + wanted < shown && decode_read(decode, address + done + wanted, bytes + wanted, 1);
		text_escape(text, bytes, wanted, has_next && bytes[wanted] >= '0' && bytes[wanted] <= '9');
		done += wanted;
	}
	str_add(text, length > shown ? "\"..." : "\"");
}

// A NUL-terminated string of at most `limit` bytes; the address if it is not readable up to there.
void decode_text(const struct decode *decode, uint64_t address, uint64_t limit)
{
	struct str *text = decode->text;
	if (!address || !decode->context->memory) {
		text_address(text, address);
		return;
	}
	size_t start = text->length;
	str_char(text, '"');
	bool is_ended = false;
	for (uint64_t done = 0; done <= limit && !is_ended;) {
		char bytes[CHUNK];
		size_t wanted = limit + 1 - done < CHUNK ? (size_t)(limit + 1 - done) : CHUNK;
		size_t got = memory_read_some(decode->context->memory, address + done, bytes, wanted);
		size_t used = strnlen(bytes, got);
		is_ended = used < got;
		if (!is_ended && got < wanted) {
			str_truncate(text, start);
			text_address(text, address);
			return;
		}
		size_t shown = done + used > limit ? (size_t)(limit - done) : used;
		text_escape(text, bytes, shown, false);
		done += used;
	}
	str_add(text, is_ended ? "\"" : "\"...");
}


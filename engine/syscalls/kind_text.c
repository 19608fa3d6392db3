// Strings, buffers, lists of strings.
#include "engine/syscalls/decode.h"

#include <stdio.h>

void kind_path(const struct decode *decode, uint64_t value)
{
	decode_text(decode, value, DECODE_PATH_MAX - 1);
}

void kind_string(const struct decode *decode, uint64_t value)
{
	decode_text(decode, value, decode_string_limit(decode->context));
}

enum { BYTES_AS_PARTS = 256 };

// For the one who looks at a buffer byte by byte.
static void add_bytes(const struct decode *decode, uint64_t address, uint64_t length)
{
	static const struct argument octet = { .name = "", .kind = KIND_octet, .size = 1 };
	uint8_t bytes[BYTES_AS_PARTS];
	size_t shown = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);
	if (!decode->tree || !address || !decode_read(decode, address, bytes, shown))
		return;
	size_t start = decode->text->length;
	for (size_t i = 0; i < shown; i++)
		decode_element(decode, &octet, i, bytes[i], address + i);
	str_truncate(decode->text, start);
}

void kind_buffer(const struct decode *decode, uint64_t value)
{
	uint64_t length = decode_length(decode);
	decode_bytes(decode, value, length);
	add_bytes(decode, value, length);
}

// Bytes that are never text: all of them as \x1f.
void kind_hex_buffer(const struct decode *decode, uint64_t value)
{
	uint64_t length = decode_length(decode), limit = decode_string_limit(decode->context);
	uint64_t shown = length < limit ? length : limit;
	uint8_t bytes[256];
	shown = shown < sizeof(bytes) ? shown : sizeof(bytes);
	if (!value || !decode_read(decode, value, bytes, (size_t)shown)) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '"');
	for (uint64_t i = 0; i < shown; i++)
		str_printf(decode->text, "\\x%02x", bytes[i]);
	str_add(decode->text, length > shown ? "\"..." : "\"");
	add_bytes(decode, value, length);
}

void kind_characters(const struct decode *decode, uint64_t value)
{
	decode_text(decode, value, decode->argument->size);
}

static void add_strings(const struct decode *decode, uint64_t value, uint64_t item)
{
	static const struct argument string = { .name = "", .kind = KIND_string };
	unsigned word = decode_word_size(decode), limit = decode_elements_max(decode);
	for (unsigned i = 0; item; i++) {
		if (i)
			str_add(decode->text, ", ");
		if (i >= limit || decode_is_full(decode)) {
			str_add(decode->text, "...");
			break;
		}
		decode_element(decode, &string, i, item, value + (uint64_t)i * word);
		uint64_t next = value + (uint64_t)word * (i + 1);
		if (!decode_read_word(decode, next, &item)) {
			str_add(decode->text, ", ");
			text_rest(decode->text, next);
			break;
		}
	}
}

void kind_string_list(const struct decode *decode, uint64_t value)
{
	uint64_t item = 0;
	if (!value || !decode_read_word(decode, value, &item)) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	add_strings(decode, value, item);
	str_char(decode->text, ']');
}

enum { STRINGS_COUNTED = 4096 };

static void count_strings(const struct decode *decode, uint64_t value)
{
	uint64_t item = 0;
	unsigned count = 0;
	text_address(decode->text, value);
	if (!value || !decode_read_word(decode, value, &item))
		return;
	bool is_whole = true;
	while (item && count < STRINGS_COUNTED && is_whole) {
		count++;
		is_whole = decode_read_word(decode, value + (uint64_t)decode_word_size(decode) * count, &item);
	}
	str_printf(decode->text, " /* %u var%s%s */", count, count == 1 ? "" : "s", is_whole && !item ? "" : ", unterminated");
}

// How many variables, not which, unless all is wanted.
void kind_environment(const struct decode *decode, uint64_t value)
{
	if (decode_is_verbose(decode)) {
		kind_string_list(decode, value);
		return;
	}
	count_strings(decode, value);
	uint64_t item = 0;
	if (!decode->tree || !value || !decode_read_word(decode, value, &item))
		return;
	size_t start = decode->text->length;
	add_strings(decode, value, item);
	str_truncate(decode->text, start);
}

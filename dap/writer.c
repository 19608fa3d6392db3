#include "dap/writer.h"

#include <inttypes.h>

#include "base/memory.h"
#include "dap/base64.h"

// What UTF-8 (RFC 3629, section 4) allows after a first byte: the number of bytes, and the range of the second.
struct sequence {
	unsigned length;
	uint8_t second_min, second_max;
};

static struct sequence sequence_of(uint8_t first)
{
	if (first < 0x80)
		return (struct sequence){ 1, 0, 0 };
	if (first >= 0xc2 && first <= 0xdf)
		return (struct sequence){ 2, 0x80, 0xbf };
	if (first >= 0xe0 && first <= 0xef)
		return (struct sequence){ 3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf };
	if (first >= 0xf0 && first <= 0xf4)
		return (struct sequence){ 4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf };
	return (struct sequence){ 0, 0, 0 };
}

// Bytes from `bytes` on that belong to its sequence and are right, at most `length`; *needed_ret: of how many.
static unsigned valid_bytes(const uint8_t *bytes, size_t length, unsigned *needed_ret)
{
	struct sequence sequence = sequence_of(bytes[0]);
	*needed_ret = sequence.length;
	if (!sequence.length)
		return 0;
	unsigned count = 1;
	for (; count < sequence.length && count < length; count++) {
		uint8_t min = count == 1 ? sequence.second_min : 0x80, max = count == 1 ? sequence.second_max : 0xbf;
		if (bytes[count] < min || bytes[count] > max)
			break;
	}
	return count;
}

size_t writer_whole_characters(const char *bytes, size_t length)
{
	const uint8_t *text = (const uint8_t *)bytes;
	for (size_t back = 1; back <= 3 && back <= length; back++) {
		if ((text[length - back] & 0xc0) == 0x80)
			continue;
		unsigned needed;
		unsigned valid = valid_bytes(text + length - back, back, &needed);
		return valid == back && valid < needed ? length - back : length;
	}
	return length;
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static void escape_ascii(struct str *out, uint8_t byte)
{
	switch (byte) {
	case '"': str_append(out, "\\\"", 2); break;
	case '\\': str_append(out, "\\\\", 2); break;
	case '\n': str_append(out, "\\n", 2); break;
	case '\r': str_append(out, "\\r", 2); break;
	case '\t': str_append(out, "\\t", 2); break;
	default: str_printf(out, "\\u%04x", byte); break;
	}
}

static void quote(struct str *out, const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	str_reserve(out, length + 2);
	str_char(out, '"');
	for (size_t i = 0; i < length;) {
		size_t start = i;
		while (i < length && is_plain(bytes[i]))
			i++;
		if (i > start)
			str_append(out, bytes + start, i - start);
		if (i == length)
			break;
		if (bytes[i] < 0x80) {
			escape_ascii(out, bytes[i++]);
			continue;
		}
		unsigned needed;
		unsigned valid = valid_bytes(bytes + i, length - i, &needed);
		if (valid && valid == needed)
			str_append(out, bytes + i, valid);
		else
			str_append(out, "\xef\xbf\xbd", 3);
		i += valid ? valid : 1;
	}
	str_char(out, '"');
}

static void begin(struct writer *writer, const char *name)
{
	if (writer->needs_comma)
		str_char(writer->text, ',');
	writer->needs_comma = true;
	if (name) {   // a name of the protocol: nothing in it to escape
		str_char(writer->text, '"');
		str_add(writer->text, name);
		str_append(writer->text, "\":", 2);
	}
}

static void open(struct writer *writer, const char *name, char bracket)
{
	begin(writer, name);
	str_char(writer->text, bracket);
	writer->needs_comma = false;
}

static void close_with(struct writer *writer, char bracket)
{
	str_char(writer->text, bracket);
	writer->needs_comma = true;
}

void writer_open_object(struct writer *writer, const char *name)
{
	open(writer, name, '{');
}

void writer_close_object(struct writer *writer)
{
	close_with(writer, '}');
}

void writer_open_array(struct writer *writer, const char *name)
{
	open(writer, name, '[');
}

void writer_close_array(struct writer *writer)
{
	close_with(writer, ']');
}

void writer_text(struct writer *writer, const char *name, const char *text, size_t length)
{
	begin(writer, name);
	quote(writer->text, text, length);
}

void writer_string(struct writer *writer, const char *name, const char *text)
{
	writer_text(writer, name, text, strlen(text));
}

void writer_optional(struct writer *writer, const char *name, const char *text)
{
	if (text)
		writer_string(writer, name, text);
}

void writer_format(struct writer *writer, const char *name, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *text = xvasprintf(format, args);
	va_end(args);
	writer_string(writer, name, text);
}

void writer_integer(struct writer *writer, const char *name, int64_t value)
{
	begin(writer, name);
	char digits[24], *at = digits + sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--at = '-';
	str_append(writer->text, at, (size_t)(digits + sizeof(digits) - at));
}

void writer_boolean(struct writer *writer, const char *name, bool value)
{
	begin(writer, name);
	str_add(writer->text, value ? "true" : "false");
}

void writer_address(struct writer *writer, const char *name, uint64_t address)
{
	begin(writer, name);
	str_char(writer->text, '"');
	str_hex(writer->text, address);
	str_char(writer->text, '"');
}

void writer_null(struct writer *writer, const char *name)
{
	begin(writer, name);
	str_add(writer->text, "null");
}

void writer_base64(struct writer *writer, const char *name, const void *bytes, size_t length)
{
	begin(writer, name);
	str_char(writer->text, '"');
	base64_encode(bytes, length, writer->text);
	str_char(writer->text, '"');
}

void writer_raw(struct writer *writer, const char *name, const char *json, size_t length)
{
	begin(writer, name);
	str_append(writer->text, json, length);
}

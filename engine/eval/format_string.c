// Strings of one, two and four bytes a character.
#include "engine/eval/private.h"

static void add_code(struct str *utf8, uint32_t code)
{
	if (code < 0x80) {
		str_char(utf8, (char)code);
		return;
	}
	unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	str_char(utf8, (char)(leads[more] | code >> (6 * more)));
	while (more-- > 0)
		str_char(utf8, (char)(0x80 | (code >> (6 * more) & 0x3f)));
}

static uint32_t unit_at(const uint8_t *bytes, uint64_t unit, uint64_t index)
{
	uint32_t code = 0;
	memcpy(&code, bytes + index * unit, unit);
	return code;
}

// UTF-16 and UTF-32 to UTF-8; what is no character becomes U+FFFD.
static void add_wide(struct str *utf8, const uint8_t *bytes, uint64_t unit, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint32_t code = unit_at(bytes, unit, i);
		uint32_t next = i + 1 < count ? unit_at(bytes, unit, i + 1) : 0;
		if (unit == 2 && code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
			i++;
		}
		add_code(utf8, code >= 0x110000 || (code >= 0xd800 && code < 0xe000) ? 0xfffd : code);
	}
}

static const char *string_prefix(const struct type *element)
{
	uint64_t size = eval_size_of(element);
	if (size == 2)
		return "u";
	return size != 4 ? "" : element->name && strstr(element->name, "wchar") ? "L" : "U";
}

static void add_quoted(struct formatter *formatter, const struct type *element, const uint8_t *bytes, uint64_t count, bool is_cut)
{
	uint64_t unit = eval_size_of(element);
	_cleanup_str_ struct str utf8 = STR_INIT;
	if (count > formatter->string_limit) {
		count = formatter->string_limit;
		is_cut = true;
	}
	str_add(formatter->text, string_prefix(element));
	str_char(formatter->text, '"');
	if (unit == 1) {
		// Not in the middle of a character of UTF-8.
		while (is_cut && count && (bytes[count - 1] & 0xc0) == 0x80 && count > formatter->string_limit - 3)
			count--;
		str_escape(formatter->text, bytes, count, '"');
	} else {
		add_wide(&utf8, bytes, unit, count);
		str_escape(formatter->text, utf8.data, utf8.length, '"');
	}
	str_add(formatter->text, is_cut ? "\"..." : "\"");
}

void format_string_bytes(struct formatter *formatter, const struct type *element, const uint8_t *bytes, uint64_t count, bool is_cut)
{
	uint64_t unit = eval_size_of(element);
	uint64_t length = 0;
	if (unit != 1 && unit != 2 && unit != 4) {
		str_add(formatter->text, "<characters of unknown size>");
		return;
	}
	while (length < count && unit_at(bytes, unit, length))
		length++;
	add_quoted(formatter, element, bytes, length, is_cut && length == count);
}

void format_bytes(struct formatter *formatter, const uint8_t *bytes, uint64_t count)
{
	add_quoted(formatter, builtin_type(BUILTIN_UNSIGNED_CHAR), bytes, count, false);
}

static void format_wide_at(struct formatter *formatter, const struct type *element, uint64_t address, uint64_t limit)
{
	uint64_t unit = eval_size_of(element);
	_cleanup_free_ uint8_t *bytes = xcalloc(limit + 1, unit);
	uint64_t count = memory_read_some(formatter->context->memory, address, bytes, (limit + 1) * unit) / unit;
	if (!count)
		str_printf(formatter->text, "<cannot read 0x%llx>", (unsigned long long)address);
	else
		format_string_bytes(formatter, element, bytes, count, count <= limit);
}

void format_string_at(struct formatter *formatter, const struct type *element, uint64_t address, uint64_t length, bool is_terminated)
{
	uint64_t limit = formatter->string_limit;
	_cleanup_str_ struct str bytes = STR_INIT;
	if (is_terminated && eval_size_of(element) != 1) {
		if (eval_size_of(element) == 2 || eval_size_of(element) == 4)
			format_wide_at(formatter, element, address, limit);
		return;
	}
	if (is_terminated) {
		bool is_cut = false;
		struct error *error = memory_read_string(formatter->context->memory, address, limit, &bytes, &is_cut);
		if (error)
			format_error(formatter, error);
		else
			add_quoted(formatter, element, (const uint8_t *)str_text(&bytes), bytes.length, is_cut);
		return;
	}
	uint64_t unit = eval_size_of(element);
	uint64_t shown = length < limit ? length : limit;
	uint8_t *copy = arena_alloc(formatter->context->arena, shown ? shown * unit : 1);
	struct error *error = shown ? memory_read(formatter->context->memory, address, copy, shown * unit) : NULL;
	if (error)
		format_error(formatter, error);
	else
		add_quoted(formatter, element, copy, shown, length > shown);
}

#include "dap/framing.h"

#include <strings.h>

#include "base/memory.h"

void framing_deinit(struct framing *framing)
{
	str_deinit(&framing->buffer);
	*framing = (struct framing)FRAMING_INIT;
}

// Room is made when most of the buffer was handed out, so that every byte moves a bounded number of times.
static void drop_taken(struct framing *framing)
{
	if (!framing->taken || framing->taken < framing->buffer.length / 2)
		return;
	str_remove_front(&framing->buffer, framing->taken);
	framing->line -= framing->taken;
	framing->scanned -= framing->taken;
	framing->taken = 0;
}

void framing_feed(struct framing *framing, const void *bytes, size_t length)
{
	drop_taken(framing);
	str_append(&framing->buffer, bytes, length);
}

static struct error *garbage(const char *line, size_t length)
{
	_cleanup_str_ struct str shown = STR_INIT;
	str_escape(&shown, line, length < 40 ? length : 40, '"');
	return error_create(ERROR_FORMAT, "expected a header like \"Content-Length: 119\", got \"%s\"%s", str_text(&shown),
			    length > 40 ? "..." : "");
}

static struct error *read_length(struct framing *framing, const char *text, size_t length)
{
	size_t value = 0, digits = 0;
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	for (; digits < length && text[digits] >= '0' && text[digits] <= '9'; digits++) {
		value = value * 10 + (size_t)(text[digits] - '0');
		if (value > FRAMING_BODY_LIMIT)
			return error_create(ERROR_FORMAT, "a message is longer than %d bytes", FRAMING_BODY_LIMIT);
	}
	if (!digits || digits != length)
		return error_create(ERROR_FORMAT, "Content-Length is not a number");
	if (framing->has_length && framing->body_length != value)
		return error_create(ERROR_FORMAT, "two different Content-Length in one header");
	framing->has_length = true;
	framing->body_length = value;
	return NULL;
}

static struct error *read_header_line(struct framing *framing, const char *line, size_t length)
{
	static const char name[] = "Content-Length";
	if (length && line[length - 1] == '\r')
		length--;
	if (!length) {
		framing->in_body = framing->has_length;
		if (!framing->has_length && framing->line != framing->taken)
			return error_create(ERROR_FORMAT, "a header without Content-Length");
		return NULL;
	}
	const char *colon = memchr(line, ':', length);
	if (!colon || colon == line)
		return garbage(line, length);
	if ((size_t)(colon - line) != sizeof(name) - 1 || strncasecmp(line, name, sizeof(name) - 1) != 0)
		return NULL;
	const char *value = colon + 1, *end = line + length;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	return read_length(framing, value, (size_t)(end - value));
}

// Looks at what is there of an unfinished line, so that a peer that speaks something else is told at once.
static struct error *check_unfinished(struct framing *framing)
{
	const char *line = framing->buffer.data + framing->line;
	size_t length = framing->buffer.length - framing->line;
	for (size_t i = framing->scanned - framing->line; i < length; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\r' && line[i] != '\t') || (unsigned char)line[i] >= 0x7f)
			return garbage(line, length);
	if (length && *line == '{')
		return garbage(line, length);
	return NULL;
}

static struct error *read_header(struct framing *framing)
{
	while (!framing->in_body && framing->scanned < framing->buffer.length) {
		const char *data = framing->buffer.data;
		const char *end = memchr(data + framing->scanned, '\n', framing->buffer.length - framing->scanned);
		size_t header_end = end ? (size_t)(end - data) : framing->buffer.length;
		if (header_end - framing->taken > FRAMING_HEADER_LIMIT)
			return error_create(ERROR_FORMAT, "a header is longer than %d bytes", FRAMING_HEADER_LIMIT);
		if (!end) {
			struct error *error = check_unfinished(framing);
			framing->scanned = framing->buffer.length;
			return error;
		}
		struct error *error = read_header_line(framing, data + framing->line, header_end - framing->line);
		if (error)
			return error;
		if (!framing->in_body && !framing->has_length && framing->line == framing->taken && header_end - framing->line <= 1)
			framing->taken = header_end + 1;
		framing->line = framing->scanned = header_end + 1;
	}
	return NULL;
}

// The byte behind a body belongs to the next header: a NUL in its place would be wrong, so a body that is not the last thing
// in the buffer is moved to the front by one byte over its own header.
static char *terminated(struct framing *framing)
{
	char *body = framing->buffer.data + framing->line;
	if (body[framing->body_length] == '\0')
		return body;
	char *moved = body - 1;
	memmove(moved, body, framing->body_length);
	moved[framing->body_length] = '\0';
	return moved;
}

struct error *framing_next(struct framing *framing, char **body_ret, size_t *length_ret)
{
	struct error *error = read_header(framing);
	if (error)
		return error;
	if (!framing->in_body || framing->buffer.length - framing->line < framing->body_length) {
		*body_ret = NULL;
		*length_ret = 0;
		return NULL;
	}
	*body_ret = terminated(framing);
	*length_ret = framing->body_length;
	framing->taken = framing->line = framing->scanned = framing->line + framing->body_length;
	framing->has_length = framing->in_body = false;
	return NULL;
}

bool framing_is_empty(const struct framing *framing)
{
	return framing->taken == framing->buffer.length;
}

void framing_write_header(struct str *out, size_t body_length)
{
	str_printf(out, "Content-Length: %zu\r\n\r\n", body_length);
}

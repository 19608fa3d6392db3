// Writes JSON (RFC 8259) straight into a string, without a tree. Commas and escapes are its business; that objects are
// closed and members named is the caller's. `name` is the member's name, NULL inside an array or at the top.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct writer {
	struct str *text;
	bool needs_comma;
};
#define WRITER_INIT(str) { (str), false }

void writer_open_object(struct writer *writer, const char *name);
void writer_close_object(struct writer *writer);
void writer_open_array(struct writer *writer, const char *name);
void writer_close_array(struct writer *writer);

// Bytes that are not UTF-8 become U+FFFD.
void writer_string(struct writer *writer, const char *name, const char *text);
void writer_text(struct writer *writer, const char *name, const char *text, size_t length);
void writer_optional(struct writer *writer, const char *name, const char *text);   // nothing if NULL
void writer_format(struct writer *writer, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void writer_integer(struct writer *writer, const char *name, int64_t value);
void writer_boolean(struct writer *writer, const char *name, bool value);
void writer_address(struct writer *writer, const char *name, uint64_t address);    // "0x1f", the one canonical form
void writer_null(struct writer *writer, const char *name);
void writer_base64(struct writer *writer, const char *name, const void *bytes, size_t length);
// JSON that was written before.
void writer_raw(struct writer *writer, const char *name, const char *json, size_t length);

// Length of the longest prefix that does not end within a UTF-8 sequence (the rest may come with the next chunk).
size_t writer_whole_characters(const char *bytes, size_t length);

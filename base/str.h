// A growing byte string, always NUL-terminated once something was appended; may hold NUL bytes.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	char *data;       // NULL while empty; owned
	size_t length;    // without the terminator
	size_t capacity;
};
#define STR_INIT { NULL, 0, 0 }

void str_deinit(struct str *str);             // back to STR_INIT; NULL-safe
void str_clear(struct str *str);              // empty, memory kept
char *str_take(struct str *str);              // the text ("" if empty), owned by the caller; str becomes empty
const char *str_text(const struct str *str);  // never NULL; valid until the next change
void str_reserve(struct str *str, size_t more);   // room for `more` bytes and the terminator
void str_append(struct str *str, const void *bytes, size_t length);
static inline void str_add(struct str *str, const char *text)
{
	str_append(str, text, strlen(text));
}
static inline void str_char(struct str *str, char character)
{
	if (str->length + 1 >= str->capacity)
		str_reserve(str, 1);
	str->data[str->length++] = character;
	str->data[str->length] = '\0';
}
void str_printf(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_vprintf(struct str *str, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void str_hex(struct str *str, uint64_t value);    // canonical "0x1f", as references are written
void str_truncate(struct str *str, size_t length);
void str_remove_front(struct str *str, size_t length);

// Appends `bytes` as the inside of a C string literal ("\n", "\x01" ...); `quote` is escaped too.
void str_escape(struct str *str, const void *bytes, size_t length, char quote);

#define _cleanup_str_ __attribute__((cleanup(str_deinit)))

static inline bool str_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}
static inline bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}
bool str_ends(const char *text, const char *suffix);
const char *str_base_name(const char *path);   // what follows the last '/'; points into `path`

// Allocation that does not fail (it ends the process with a message instead), arenas for things that
// die together, and cleanup attributes. Sizes that come from a client or a file are bounded by the
// caller before they get here.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Inline, because libiberty (the demangler) defines functions of the same names.
__attribute__((noreturn)) void memory_exhausted(void);

static inline void *memory_checked(void *memory)
{
	if (!memory)
		memory_exhausted();
	return memory;
}
static inline void *xmalloc(size_t size)
{
	return memory_checked(malloc(size ? size : 1));
}
static inline void *xcalloc(size_t count, size_t size)
{
	return memory_checked(calloc(count ? count : 1, size ? size : 1));
}
static inline void *xrealloc(void *memory, size_t size)
{
	return memory_checked(realloc(memory, size ? size : 1));
}
static inline void *xreallocarray(void *memory, size_t count, size_t size)
{
	return memory_checked(reallocarray(memory, count ? count : 1, size ? size : 1));
}
static inline char *xstrdup(const char *text)   // NULL gives NULL
{
	return text ? (char *)memory_checked(strdup(text)) : NULL;
}
static inline char *xstrndup(const char *text, size_t length)
{
	return (char *)memory_checked(strndup(text, length));
}
static inline void *xmemdup(const void *bytes, size_t size)
{
	void *copy = xmalloc(size);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}
static inline __attribute__((format(printf, 1, 0))) char *xvasprintf(const char *format, va_list args)
{
	char *text = NULL;
	return (char *)memory_checked(vasprintf(&text, format, args) < 0 ? NULL : text);
}
static inline __attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	return text;
}

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}
static inline void closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_free_ __attribute__((cleanup(freep)))
#define _cleanup_close_ __attribute__((cleanup(closep)))

// Gives up ownership: yields the pointer and sets the variable to NULL.
#define TAKE(pointer) \
	({ \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL; \
		taken_; \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

// Memory that dies as one. Results are aligned to 16 bytes and valid until reset or destroy.
struct arena;
struct arena *arena_create(void);
void arena_destroy(struct arena *arena);      // NULL-safe
void arena_reset(struct arena *arena);        // everything dies; keeps its first block
void *arena_alloc(struct arena *arena, size_t size);          // zeroed
char *arena_strdup(struct arena *arena, const char *text);    // NULL gives NULL
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_concat(struct arena *arena, const char *const *parts, size_t count);
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

static inline void arena_destroyp(struct arena **arena)
{
	arena_destroy(*arena);
}
#define _cleanup_arena_ __attribute__((cleanup(arena_destroyp)))

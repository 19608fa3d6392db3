// Allocation that does not fail (it ends the process with a message instead), arenas for things that
// die together, and cleanup attributes. Sizes that come from a client or a file are bounded by the
// caller before they get here.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
void *xreallocarray(void *memory, size_t count, size_t size);
char *xstrdup(const char *text);              // NULL gives NULL
char *xstrndup(const char *text, size_t length);
void *xmemdup(const void *bytes, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

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
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

static inline void arena_destroyp(struct arena **arena)
{
	arena_destroy(*arena);
}
#define _cleanup_arena_ __attribute__((cleanup(arena_destroyp)))

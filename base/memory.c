#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void memory_exhausted(void)
{
	static const char words[] = "ptdap: out of memory\n";
	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	abort();
}

enum { ARENA_BLOCK_SIZE = 16 * 1024, ARENA_ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *previous;
	size_t size;
	size_t used;
	_Alignas(ARENA_ALIGNMENT) unsigned char bytes[];
};

struct arena {
	struct arena_block *last;
};

static struct arena_block *arena_block_create(struct arena_block *previous, size_t size)
{
	struct arena_block *block = xmalloc(sizeof(*block) + size);
	block->previous = previous;
	block->size = size;
	block->used = 0;
	return block;
}

struct arena *arena_create(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->last) {
		struct arena_block *block = arena->last;
		arena->last = block->previous;
		free(block);
	}
	free(arena);
}

void arena_reset(struct arena *arena)
{
	while (arena->last && arena->last->previous) {
		struct arena_block *block = arena->last;
		arena->last = block->previous;
		free(block);
	}
	if (arena->last)
		arena->last->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
	struct arena_block *block = arena->last;
	if (!block || block->size - block->used < rounded) {
		block = arena_block_create(block, rounded > ARENA_BLOCK_SIZE ? rounded : ARENA_BLOCK_SIZE);
		arena->last = block;
	}
	void *memory = block->bytes + block->used;
	block->used += rounded;
	return memset(memory, 0, rounded);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	length = strnlen(text, length);
	char *copy = arena_alloc(arena, length + 1);
	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	char buffer[256];   // nearly all fit, and are formatted once
	int length = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	size_t size = (size_t)(length < 0 ? 0 : length) + 1;
	char *text = arena_alloc(arena, size);
	if (size > sizeof(buffer))
		vsnprintf(text, size, format, again);
	else if (length > 0)
		memcpy(text, buffer, size);
	va_end(again);
	return text;
}

char *arena_concat(struct arena *arena, const char *const *parts, size_t count)
{
	size_t length = 0;
	for (size_t i = 0; i < count; i++)
		length += strlen(parts[i]);
	char *text = arena_alloc(arena, length + 1);
	char *end = text;
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, parts[i]);
	return text;
}

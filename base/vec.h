// A typed growing array: VEC(int) numbers = VEC_INIT; *vec_push(&numbers) = 7; numbers.items[0]; vec_deinit(&numbers).
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define VEC(type) \
	struct { \
		type *items; \
		size_t count; \
		size_t capacity; \
	}
#define VEC_INIT { NULL, 0, 0 }

// Appends a zeroed item and yields its address (valid until the next push).
#define vec_push(vec) \
	((__typeof__((vec)->items))vec_grow_((void **)&(vec)->items, &(vec)->count, &(vec)->capacity, sizeof(*(vec)->items)))

#define vec_deinit(vec) (free((vec)->items), (vec)->items = NULL, (vec)->count = 0, (vec)->capacity = 0)

// Removes item `index`, keeping the order.
#define vec_remove(vec, index) \
	vec_remove_((vec)->items, &(vec)->count, (size_t)(index), sizeof(*(vec)->items))

#define vec_each(item, vec) \
	for (__typeof__((vec)->items) item = (vec)->items, item##_end_ = (vec)->count ? item + (vec)->count : item; item < item##_end_; item++)

static inline void *vec_grow_(void **items, size_t *count, size_t *capacity, size_t size)
{
	if (*count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 8;
		*items = xreallocarray(*items, *capacity, size);
	}
	void *item = (char *)*items + *count * size;
	memset(item, 0, size);
	(*count)++;
	return item;
}

static inline void vec_remove_(void *items, size_t *count, size_t index, size_t size)
{
	(*count)--;
	char *item = (char *)items + index * size;
	memmove(item, item + size, (*count - index) * size);
}

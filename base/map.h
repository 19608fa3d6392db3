// Hash maps from 64-bit numbers or strings to pointers (open addressing; the values are not owned).
// Iteration: for (struct map_entry *e = map_next(&map, NULL); e; e = map_next(&map, e)). Removing the
// current entry while iterating is allowed; adding is not.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
	uint64_t key;
	void *value;   // NULL: free slot
};

struct map {
	struct map_entry *entries;
	size_t count;
	size_t used;       // with tombstones
	size_t capacity;   // a power of two, or 0
};
#define MAP_INIT { NULL, 0, 0, 0 }

void map_deinit(struct map *map);
void *map_get(const struct map *map, uint64_t key);              // NULL if absent
void map_set(struct map *map, uint64_t key, void *value);        // value must not be NULL; replaces
void *map_remove(struct map *map, uint64_t key);                 // the value that was there, or NULL
struct map_entry *map_next(const struct map *map, struct map_entry *after);

struct strmap_entry {
	const char *key;   // NULL: free slot; the map's own copy
	void *value;
	uint32_t hash;
};

struct strmap {
	struct strmap_entry *entries;
	size_t count;
	size_t capacity;
};
#define STRMAP_INIT { NULL, 0, 0 }

void strmap_deinit(struct strmap *map);
void *strmap_get(const struct strmap *map, const char *key);
void strmap_set(struct strmap *map, const char *key, void *value);   // copies the key; replaces
struct strmap_entry *strmap_next(const struct strmap *map, struct strmap_entry *after);

uint64_t hash_u64(uint64_t value);
uint32_t hash_string(const char *text);

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// A removed entry keeps its place in the probe sequence: this value marks it.
static char tombstone_byte;
#define TOMBSTONE ((void *)&tombstone_byte)

uint64_t hash_u64(uint64_t value)
{
	value ^= value >> 32;
	value *= 0x9e3779b97f4a7c15u;
	value ^= value >> 29;
	value *= 0xbf58476d1ce4e5b9u;
	return value ^ (value >> 32);
}

// FNV-1a, 32 bits.
uint32_t hash_string(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

void map_deinit(struct map *map)
{
	free(map->entries);
	*map = (struct map)MAP_INIT;
}

static struct map_entry *map_find(const struct map *map, uint64_t key)
{
	if (!map->capacity)
		return NULL;
	size_t mask = map->capacity - 1;
	for (size_t i = hash_u64(key) & mask; map->entries[i].value; i = (i + 1) & mask)
		if (map->entries[i].key == key && map->entries[i].value != TOMBSTONE)
			return &map->entries[i];
	return NULL;
}

void *map_get(const struct map *map, uint64_t key)
{
	struct map_entry *entry = map_find(map, key);
	return entry ? entry->value : NULL;
}

static void map_put_new(struct map *map, uint64_t key, void *value)
{
	size_t mask = map->capacity - 1;
	size_t i = hash_u64(key) & mask;
	while (map->entries[i].value && map->entries[i].value != TOMBSTONE)
		i = (i + 1) & mask;
	if (!map->entries[i].value)
		map->used++;
	map->entries[i] = (struct map_entry){ key, value };
	map->count++;
}

static void map_rehash(struct map *map)
{
	struct map old = *map;
	size_t capacity = 16;
	while (capacity < old.count * 4)
		capacity *= 2;
	*map = (struct map){ xcalloc(capacity, sizeof(struct map_entry)), 0, 0, capacity };
	for (size_t i = 0; i < old.capacity; i++)
		if (old.entries[i].value && old.entries[i].value != TOMBSTONE)
			map_put_new(map, old.entries[i].key, old.entries[i].value);
	free(old.entries);
}

void map_set(struct map *map, uint64_t key, void *value)
{
	struct map_entry *entry = map_find(map, key);
	if (entry) {
		entry->value = value;
		return;
	}
	if ((map->used + 1) * 4 > map->capacity * 3)
		map_rehash(map);
	map_put_new(map, key, value);
}

void *map_remove(struct map *map, uint64_t key)
{
	struct map_entry *entry = map_find(map, key);
	if (!entry)
		return NULL;
	void *value = entry->value;
	entry->value = TOMBSTONE;
	map->count--;
	return value;
}

struct map_entry *map_next(const struct map *map, struct map_entry *after)
{
	if (!map->capacity)
		return NULL;
	struct map_entry *end = map->entries + map->capacity;
	for (struct map_entry *entry = after ? after + 1 : map->entries; entry < end; entry++)
		if (entry->value && entry->value != TOMBSTONE)
			return entry;
	return NULL;
}

void strmap_deinit(struct strmap *map)
{
	for (size_t i = 0; i < map->capacity; i++)
		free((char *)map->entries[i].key);
	free(map->entries);
	*map = (struct strmap)STRMAP_INIT;
}

static struct strmap_entry *strmap_slot(const struct strmap *map, const char *key, uint32_t hash)
{
	size_t mask = map->capacity - 1;
	size_t i = hash & mask;
	while (map->entries[i].key && (map->entries[i].hash != hash || strcmp(map->entries[i].key, key) != 0))
		i = (i + 1) & mask;
	return &map->entries[i];
}

void *strmap_get(const struct strmap *map, const char *key)
{
	return map->capacity ? strmap_slot(map, key, hash_string(key))->value : NULL;
}

static void strmap_grow(struct strmap *map)
{
	struct strmap old = *map;
	size_t capacity = old.capacity ? old.capacity * 2 : 16;
	*map = (struct strmap){ xcalloc(capacity, sizeof(struct strmap_entry)), old.count, capacity };
	for (size_t i = 0; i < old.capacity; i++)
		if (old.entries[i].key)
			*strmap_slot(map, old.entries[i].key, old.entries[i].hash) = old.entries[i];
	free(old.entries);
}

void strmap_set(struct strmap *map, const char *key, void *value)
{
	if ((map->count + 1) * 4 > map->capacity * 3)
		strmap_grow(map);
	uint32_t hash = hash_string(key);
	struct strmap_entry *entry = strmap_slot(map, key, hash);
	if (!entry->key) {
		entry->key = xstrdup(key);
		entry->hash = hash;
		map->count++;
	}
	entry->value = value;
}

struct strmap_entry *strmap_next(const struct strmap *map, struct strmap_entry *after)
{
	if (!map->capacity)
		return NULL;
	struct strmap_entry *end = map->entries + map->capacity;
	for (struct strmap_entry *entry = after ? after + 1 : map->entries; entry < end; entry++)
		if (entry->key)
			return entry;
	return NULL;
}

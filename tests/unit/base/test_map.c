#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/map.h"
#include "base/memory.h"

enum { MANY = 5000 };

static int numbers[MANY];

static struct map filled_map(size_t count)
{
	struct map map = MAP_INIT;
	for (size_t i = 0; i < count; i++)
		map_set(&map, i * 0x1000, &numbers[i]);
	return map;
}

static size_t iterated(const struct map *map)
{
	size_t count = 0;
	for (struct map_entry *entry = map_next(map, NULL); entry; entry = map_next(map, entry))
		count++;
	return count;
}

static void an_empty_map_has_nothing(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	assert_null(map_get(&map, 1));
	assert_null(map_remove(&map, 1));
	assert_null(map_next(&map, NULL));
	map_deinit(&map);
}

static void growing_keeps_every_entry(void **state)
{
	(void)state;
	struct map map = filled_map(MANY);
	assert_int_equal(map.count, MANY);
	assert_int_equal(iterated(&map), MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, i * 0x1000), &numbers[i]);
	assert_null(map_get(&map, 1));
	map_deinit(&map);
}

static void setting_again_replaces(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	map_set(&map, 0, &numbers[0]);
	map_set(&map, UINT64_MAX, &numbers[1]);
	map_set(&map, 0, &numbers[2]);
	assert_int_equal(map.count, 2);
	assert_ptr_equal(map_get(&map, 0), &numbers[2]);
	assert_ptr_equal(map_get(&map, UINT64_MAX), &numbers[1]);
	map_deinit(&map);
}

static void a_removed_key_hides_no_other(void **state)
{
	(void)state;
	struct map map = filled_map(MANY);
	for (size_t i = 0; i < MANY; i += 2)
		assert_ptr_equal(map_remove(&map, i * 0x1000), &numbers[i]);
	assert_int_equal(map.count, MANY / 2);
	assert_int_equal(iterated(&map), MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, i * 0x1000), i % 2 ? &numbers[i] : NULL);
	map_deinit(&map);
}

static void a_removed_key_can_come_back(void **state)
{
	(void)state;
	struct map map = filled_map(10);
	map_remove(&map, 0x3000);
	assert_null(map_remove(&map, 0x3000));
	map_set(&map, 0x3000, &numbers[99]);
	assert_ptr_equal(map_get(&map, 0x3000), &numbers[99]);
	assert_int_equal(map.count, 10);
	map_deinit(&map);
}

// Tombstones count as used: a map that never holds much neither fills up with them (a search would not end) nor grows.
static void coming_and_going_does_not_grow_the_map(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	for (size_t i = 0; i < 100000; i++) {
		map_set(&map, i, &numbers[i % MANY]);
		if (i >= 4)
			assert_non_null(map_remove(&map, i - 4));
	}
	assert_int_equal(map.count, 4);
	assert_true(map.capacity <= 64);
	assert_null(map_get(&map, 5));
	map_deinit(&map);
}

static void entries_can_be_removed_while_iterating(void **state)
{
	(void)state;
	struct map map = filled_map(1000);
	for (struct map_entry *entry = map_next(&map, NULL); entry; entry = map_next(&map, entry))
		if (entry->key % 0x3000 == 0)
			map_remove(&map, entry->key);
	assert_int_equal(map.count, 666);
	assert_int_equal(iterated(&map), 666);
	map_deinit(&map);
}

static void strings_are_copied_and_found(void **state)
{
	(void)state;
	struct strmap map = STRMAP_INIT;
	assert_null(strmap_get(&map, "0"));
	assert_null(strmap_next(&map, NULL));
	char key[16];
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "%d", i);
		strmap_set(&map, key, &numbers[i]);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_ptr_equal(strmap_get(&map, key), &numbers[i]);
	}
	assert_null(strmap_get(&map, ""));
	assert_null(strmap_get(&map, "5000"));
	strmap_deinit(&map);
}

static void a_string_set_again_replaces(void **state)
{
	(void)state;
	struct strmap map = STRMAP_INIT;
	strmap_set(&map, "", &numbers[0]);
	strmap_set(&map, "main", &numbers[1]);
	strmap_set(&map, "main", &numbers[2]);
	assert_int_equal(map.count, 2);
	assert_ptr_equal(strmap_get(&map, "main"), &numbers[2]);
	assert_ptr_equal(strmap_get(&map, ""), &numbers[0]);
	size_t count = 0;
	for (struct strmap_entry *entry = strmap_next(&map, NULL); entry; entry = strmap_next(&map, entry))
		count++;
	assert_int_equal(count, 2);
	strmap_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(growing_keeps_every_entry),
		cmocka_unit_test(setting_again_replaces),
		cmocka_unit_test(a_removed_key_hides_no_other),
		cmocka_unit_test(a_removed_key_can_come_back),
		cmocka_unit_test(coming_and_going_does_not_grow_the_map),
		cmocka_unit_test(entries_can_be_removed_while_iterating),
		cmocka_unit_test(strings_are_copied_and_found),
		cmocka_unit_test(a_string_set_again_replaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

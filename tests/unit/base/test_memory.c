// Arenas and vectors.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "base/memory.h"
#include "base/vec.h"

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void arena_memory_is_zeroed_and_aligned(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	for (int round = 0; round < 2; round++) {   // the second one gets used memory
		for (size_t size = 0; size < 200; size++) {
			unsigned char *memory = arena_alloc(arena, size);
			assert_int_equal((uintptr_t)memory % 16, 0);
			assert_true(is_zero(memory, size));
			memset(memory, 0xff, size);
		}
		arena_reset(arena);
	}
}

static void arena_pieces_do_not_overlap(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	static const size_t sizes[] = { 1, 16, 17, 5000, 16 * 1024, 100, 100000, 3 };
	unsigned char *pieces[ARRAY_SIZE(sizes) * 4];
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pieces[i] = arena_alloc(arena, sizes[i % ARRAY_SIZE(sizes)]);
		memset(pieces[i], (int)i + 1, sizes[i % ARRAY_SIZE(sizes)]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		assert_int_equal(pieces[i][0], i + 1);
		assert_int_equal(pieces[i][sizes[i % ARRAY_SIZE(sizes)] - 1], i + 1);
	}
}

static void arena_reset_uses_its_first_block_again(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	arena_reset(arena);
	void *first = arena_alloc(arena, 100);
	for (int i = 0; i < 100; i++)
		arena_alloc(arena, 10000);
	arena_reset(arena);
	assert_ptr_equal(arena_alloc(arena, 100), first);
}

static void arena_copies_text(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	assert_null(arena_strdup(arena, NULL));
	assert_string_equal(arena_strdup(arena, ""), "");
	assert_string_equal(arena_strdup(arena, "text"), "text");
	assert_string_equal(arena_strndup(arena, "text", 2), "te");
	assert_string_equal(arena_strndup(arena, "text", 100), "text");
	assert_string_equal(arena_printf(arena, "%s-%d", "a", 12), "a-12");
	assert_int_equal(strlen(arena_printf(arena, "%050000d", 1)), 50000);
}

static void a_vector_grows_with_zeroed_items(void **state)
{
	(void)state;
	VEC(struct { int number; char *text; }) vec = VEC_INIT;
	for (int i = 0; i < 1000; i++) {
		__typeof__(vec.items) item = vec_push(&vec);
		assert_int_equal(item->number, 0);
		assert_null(item->text);
		item->number = i;
		item->text = (char *)1;
	}
	assert_int_equal(vec.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(vec.items[i].number, i);
	vec_deinit(&vec);
	assert_null(vec.items);
	assert_int_equal(vec.count, 0);
}

static void an_item_that_is_pushed_after_a_removal_is_zeroed(void **state)
{
	(void)state;
	VEC(int) vec = VEC_INIT;
	*vec_push(&vec) = 7;
	vec_remove(&vec, 0);
	assert_int_equal(vec.count, 0);
	assert_int_equal(*vec_push(&vec), 0);
	vec_deinit(&vec);
}

static void removing_keeps_the_order(void **state)
{
	(void)state;
	VEC(int) vec = VEC_INIT;
	for (int i = 0; i < 5; i++)
		*vec_push(&vec) = i;
	vec_remove(&vec, 4);
	vec_remove(&vec, 0);
	vec_remove(&vec, 1);
	assert_int_equal(vec.count, 2);
	assert_int_equal(vec.items[0], 1);
	assert_int_equal(vec.items[1], 3);
	vec_deinit(&vec);
}

static void iterating_visits_every_item_once(void **state)
{
	(void)state;
	VEC(int) vec = VEC_INIT;
	int sum = 0;
	vec_each(item, &vec)
		sum += 1000;
	assert_int_equal(sum, 0);
	for (int i = 1; i <= 10; i++)
		*vec_push(&vec) = i;
	vec_each(item, &vec)
		sum += *item;
	assert_int_equal(sum, 55);
	vec_deinit(&vec);
}

static void taking_gives_up_ownership(void **state)
{
	(void)state;
	_cleanup_free_ char *text = xstrdup("text");
	char *taken = TAKE(text);
	assert_null(text);
	assert_string_equal(taken, "text");
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_memory_is_zeroed_and_aligned),
		cmocka_unit_test(arena_pieces_do_not_overlap),
		cmocka_unit_test(arena_reset_uses_its_first_block_again),
		cmocka_unit_test(arena_copies_text),
		cmocka_unit_test(a_vector_grows_with_zeroed_items),
		cmocka_unit_test(an_item_that_is_pushed_after_a_removal_is_zeroed),
		cmocka_unit_test(removing_keeps_the_order),
		cmocka_unit_test(iterating_visits_every_item_once),
		cmocka_unit_test(taking_gives_up_ownership),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

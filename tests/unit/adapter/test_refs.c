#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "adapter/refs.h"
#include "tests/unit/adapter/fake_debugger.c"

static struct node *const one = (struct node *)&fake.x, *const two = (struct node *)&fake.spec;

static int add(struct refs *refs, struct node *node)
{
	return refs_add_variable(refs, &(struct variable_ref){ .node = node });
}

static int add_result(struct refs *refs, struct node *node)
{
	return refs_add_variable(refs, &(struct variable_ref){ .node = node, .scope = VARIABLE_IN_RESULT });
}

static void expect_error(struct error *error, enum error_code code)
{
	assert_non_null(error);
	assert_int_equal(error->code, code);
	error_destroy(error);
}

static void numbers_find_what_they_were_given_for(void **state)
{
	struct refs refs;
	struct variable_ref node;
	(void)state;
	refs_init(&refs);
	int first = add(&refs, one), second = add(&refs, two);
	int result = add_result(&refs, two);
	assert_true(first >= 1 && second > first && result >= 1 << 30);
	assert_null(refs_variable(&refs, second, &node));
	assert_ptr_equal(node.node, two);
	assert_null(refs_variable(&refs, first, &node));
	assert_ptr_equal(node.node, one);
	assert_null(refs_variable(&refs, result, &node));
	assert_ptr_equal(node.node, two);
	refs_deinit(&refs);
}

static void unknown_numbers_are_not_found(void **state)
{
	static const int64_t unknown[] = { 0, -1, 2, 1 << 30, INT64_C(1) << 31, INT64_C(1) << 40, INT64_MIN, INT64_MAX };
	struct refs refs;
	struct variable_ref node = { 0 };
	struct frame_ref frame;
	const struct source_ref *source;
	(void)state;
	refs_init(&refs);
	add(&refs, one);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		expect_error(refs_variable(&refs, unknown[i], &node), ERROR_NOT_FOUND);
		expect_error(refs_frame(&refs, unknown[i], &frame), ERROR_NOT_FOUND);
		expect_error(refs_source(&refs, unknown[i], &source), ERROR_NOT_FOUND);
	}
	assert_null(node.node);
	refs_deinit(&refs);
}

static void numbers_of_an_earlier_stop_are_stale_for_ever(void **state)
{
	struct refs refs;
	struct variable_ref node;
	struct frame_ref frame;
	(void)state;
	refs_init(&refs);
	int variable = add(&refs, one), result = add_result(&refs, one), frame_id = refs_add_frame(&refs, 7, 0);
	refs_end_stop(&refs);
	assert_int_not_equal(add(&refs, two), variable);
	assert_int_not_equal(refs_add_frame(&refs, 7, 0), frame_id);
	expect_error(refs_variable(&refs, variable, &node), ERROR_STATE);
	expect_error(refs_variable(&refs, result, &node), ERROR_STATE);
	expect_error(refs_frame(&refs, frame_id, &frame), ERROR_STATE);
	refs_deinit(&refs);
}

static void a_frame_keeps_its_number_during_a_stop(void **state)
{
	struct refs refs;
	struct frame_ref frame;
	(void)state;
	refs_init(&refs);
	int id = refs_add_frame(&refs, 7, 3);
	assert_int_not_equal(refs_add_frame(&refs, 8, 3), id);
	assert_int_not_equal(refs_add_frame(&refs, 7, 70000), id);
	assert_int_equal(refs_add_frame(&refs, 7, 3), id);
	assert_null(refs_frame(&refs, id, &frame));
	assert_true(frame.tid == 7 && frame.index == 3);
	refs_deinit(&refs);
}

static void sources_outlive_stops(void **state)
{
	struct refs refs;
	const struct source_ref *source;
	(void)state;
	refs_init(&refs);
	int id = refs_add_source(&refs, 0x1000, 0x1010, "f");
	refs_end_stop(&refs);
	assert_int_equal(refs_add_source(&refs, 0x1000, 0x1020, "f"), id);
	assert_null(refs_source(&refs, id, &source));
	assert_string_equal(source->name, "f");
	refs_deinit(&refs);
}

// Years of stops: the range begins anew before it ends, and stays within [1, 2^31).
static void numbers_stay_within_the_protocol(void **state)
{
	struct refs refs;
	(void)state;
	refs_init(&refs);
	refs.variable_range.first = (1 << 30) - 2;
	assert_true(add(&refs, one) < 1 << 30);
	assert_true(add(&refs, one) < 1 << 30);
	assert_int_equal(add(&refs, one), 0);
	refs_end_stop(&refs);
	assert_int_equal(add(&refs, one), 1);
	refs_deinit(&refs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_find_what_they_were_given_for),
		cmocka_unit_test(unknown_numbers_are_not_found),
		cmocka_unit_test(numbers_of_an_earlier_stop_are_stale_for_ever),
		cmocka_unit_test(a_frame_keeps_its_number_during_a_stop),
		cmocka_unit_test(sources_outlive_stops),
		cmocka_unit_test(numbers_stay_within_the_protocol),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

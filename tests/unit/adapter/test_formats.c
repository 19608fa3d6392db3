#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "adapter/formats.h"
#include "tests/unit/adapter/fake_debugger.c"

static void an_expression_covers_what_goes_on_from_it(void **state)
{
	static const char *const covered[] = { "a", "a.b", "a[2]", "a->b.c", "a/high" };
	static const char *const others[] = { "ab", "b", "a-b", "a - b", "(*a).b", "" };
	struct formats formats = { 0 };
	(void)state;
	formats_set(&formats, "main", "a", FORMAT_HEX);
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
		assert_int_equal(formats_find(&formats, "main", covered[i]), FORMAT_HEX);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(formats_find(&formats, "main", others[i]), FORMAT_OPEN);
	assert_int_equal(formats_find(&formats, "other", "a"), FORMAT_OPEN);
	assert_int_equal(formats_find(&formats, FORMAT_PLACE_ANYWHERE, "a"), FORMAT_OPEN);
	formats_deinit(&formats);
}

static void the_longest_counts_and_the_last_choice(void **state)
{
	struct formats formats = { 0 };
	(void)state;
	formats_set(&formats, "main", "a.b", FORMAT_DECIMAL);
	formats_set(&formats, "main", "a", FORMAT_HEX);
	assert_int_equal(formats_find(&formats, "main", "a.b[1]"), FORMAT_DECIMAL);
	assert_int_equal(formats_find(&formats, "main", "a.c"), FORMAT_HEX);
	formats_set(&formats, "main", "a", FORMAT_DECIMAL);
	assert_int_equal(formats_find(&formats, "main", "a.c"), FORMAT_DECIMAL);
	formats_set(&formats, "main", "a", FORMAT_OPEN);
	formats_set(&formats, "main", "a", FORMAT_OPEN);
	assert_int_equal(formats_find(&formats, "main", "a.c"), FORMAT_OPEN);
	assert_int_equal(formats.own.count, 1);
	formats_deinit(&formats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_covers_what_goes_on_from_it),
		cmocka_unit_test(the_longest_counts_and_the_last_choice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

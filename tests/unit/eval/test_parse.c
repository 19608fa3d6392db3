// The grammar: what is refused, where, and how trees hang together.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/eval/world.h"

static struct eval_context context;

static int setup(void **state)
{
	(void)state;
	context = world_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_context_end(&context);
	return 0;
}

static void errors_name_the_column(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", "an operand is expected, the expression ends at column 1" },
		{ "1 +", "an operand is expected, the expression ends at column 4" },
		{ "1 2", "unexpected \"2\" at column 3" },
		{ "(1", ") is expected, the expression ends at column 3" },
		{ "a[1", "] is expected, the expression ends at column 4" },
		{ "a]", "unexpected \"]\" at column 2" },
		{ "* ", "an operand is expected, the expression ends at column 3" },
		{ "1 ? 2", ": is expected, the expression ends at column 6" },
		{ "n.", "a member's name is expected at column 3" },
		{ "n->5x", "unexpected \"x\" at column 5" },
		{ "\"abc", "missing \" for the one at column 1" },
		{ "'", "missing ' for the one at column 1" },
		{ "''", "an empty character at column 1" },
		{ "'abc'", "more than one character between single quotes at column 1" },
		{ "1 # 2", "unexpected character # at column 3" },
		{ "0x", "not a number: 0x at column 1" },
		{ "12abc", "not a number: 12abc at column 1" },
		{ "089", "not a number: 089 at column 1" },
		{ "1uu", "not a number: 1uu at column 1" },
		{ "1.2.3", "not a number: 1.2.3 at column 1" },
		{ "99999999999999999999", "the number 99999999999999999999 does not fit in 64 bits at column 1" },
		{ "$", "a name is expected after $ at column 1" },
		{ "(struct nowhere *)0", "no type \"struct nowhere\" at column 9" },
		{ "(unsigned float)1", "these words name no type at column 2" },
		{ "(int", ") is expected, the expression ends at column 5" },
		{ "sizeof", "an operand is expected, the expression ends at column 7" },
		{ "i,x,", "an operand is expected, the expression ends at column 5" },
		{ "static_cast<int>1", "( is expected before \"1\" at column 17" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct expression *expression;
		struct error *error = expression_parse(cases[i].text, &context, &expression);
		if (!error)
			fail_msg("\"%s\" was parsed", cases[i].text);
		assert_string_equal(error->message, cases[i].message);
		assert_int_equal(error->code, ERROR_INVALID);
		error_destroy(error);
	}
}

static void assert_refused(const char *text)
{
	struct expression *expression;
	struct error *error = expression_parse(text, &context, &expression);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_INVALID);
	error_destroy(error);
}

static void depth_and_length_are_bounded(void **state)
{
	(void)state;
	static const char *const repeated[] = { "(", "-", "*", "!", "a[", "1+", "(int)", "sizeof ", "1?", "1,", "a=", "(int*(*", "~(", "n.", "++" };
	for (size_t i = 0; i < ARRAY_SIZE(repeated); i++) {
		for (size_t times = 2000; times <= 1000000; times *= 500) {
			_cleanup_str_ struct str text = STR_INIT;
			for (size_t j = 0; j < times; j++)
				str_add(&text, repeated[i]);
			str_char(&text, '1');
			assert_refused(str_text(&text));
		}
	}
}

static void suffixes_choose_the_format(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum value_base base;
	} cases[] = { { "i", BASE_NATURAL }, { "i,x", BASE_HEX }, { "i,d", BASE_DECIMAL }, { "i,o", BASE_OCTAL }, { "i,b", BASE_BINARY },
		      { "i,c", BASE_CHARACTER }, { "text,s", BASE_NATURAL }, { "p,[2]", BASE_NATURAL }, { "p,[2],x", BASE_HEX },
		      { "(1,i)", BASE_NATURAL } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct expression *expression;
		assert_null(expression_parse(cases[i].text, &context, &expression));
		assert_int_equal(expression_value_format(expression)->base, cases[i].base);
		assert_string_equal(expression_text(expression), cases[i].text);
		expression_destroy(expression);
	}
}

static void side_effects_are_known_before_evaluation(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool has;
	} cases[] = { { "i == 1", false }, { "i = 1", true }, { "i++", true }, { "--i", true }, { "square(2)", true }, { "i <<= 2", true },
		      { "i <= 2 && i >= 1 || i != 3", false }, { "a[i -= 1]", true } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct expression *expression;
		assert_null(expression_parse(cases[i].text, &context, &expression));
		assert_int_equal(expression_has_side_effects(expression), cases[i].has);
		expression_destroy(expression);
	}
}

static void builtin_types_need_no_context(void **state)
{
	(void)state;
	struct expression *expression;
	assert_null(expression_parse("(unsigned long)(uint8_t)300 + sizeof(const char *[3]) + sizeof(int (*)(int))", NULL, &expression));
	expression_destroy(expression);
	expression_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(errors_name_the_column, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_and_length_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(suffixes_choose_the_format, setup, teardown),
		cmocka_unit_test_setup_teardown(side_effects_are_known_before_evaluation, setup, teardown),
		cmocka_unit_test_setup_teardown(builtin_types_need_no_context, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

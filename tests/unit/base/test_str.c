#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/str.h"

static void expect_escaped(const char *bytes, size_t length, char quote, const char *expected)
{
	_cleanup_str_ struct str text = STR_INIT;
	str_escape(&text, bytes, length, quote);
	assert_string_equal(str_text(&text), expected);
}
#define EXPECT_ESCAPED(literal, expected) expect_escaped("" literal, sizeof(literal) - 1, '"', expected)

static void an_empty_string_has_a_text(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	assert_string_equal(str_text(&text), "");
	_cleanup_free_ char *taken = str_take(&text);
	assert_string_equal(taken, "");
}

static void appending_grows_and_terminates(void **state)
{
	(void)state;
	_cleanup_str_ struct str text = STR_INIT;
	for (int i = 0; i < 1000; i++)
		str_add(&text, "abc");
	str_append(&text, "", 0);
	assert_int_equal(text.length, 3000);
	assert_int_equal(strlen(str_text(&text)), 3000);
	str_append(&text, "\0x", 2);
	assert_int_equal(text.length, 3002);
	assert_int_equal(text.data[3002], '\0');
}

static void printf_of_any_length_appends(void **state)
{
	(void)state;
	_cleanup_str_ struct str text = STR_INIT;
	str_printf(&text, "%s", "");
	assert_string_equal(str_text(&text), "");
	for (int width = 60; width < 70; width++) {   // around the room that is there without growing
		str_clear(&text);
		str_printf(&text, "<%*d>", width, 7);
		assert_int_equal(text.length, width + 2);
		assert_int_equal(text.data[text.length - 2], '7');
	}
	str_printf(&text, "%01000d", 5);
	assert_int_equal(text.length, 71 + 1000);
	assert_int_equal(text.data[text.length - 1], '5');
}

static void hex_is_canonical(void **state)
{
	(void)state;
	_cleanup_str_ struct str text = STR_INIT;
	str_hex(&text, 0);
	str_char(&text, ' ');
	str_hex(&text, 0x1f);
	str_char(&text, ' ');
	str_hex(&text, UINT64_MAX);
	assert_string_equal(str_text(&text), "0x0 0x1f 0xffffffffffffffff");
}

static void both_ends_can_be_cut(void **state)
{
	(void)state;
	_cleanup_str_ struct str text = STR_INIT;
	str_truncate(&text, 5);
	str_remove_front(&text, 5);
	str_add(&text, "one two three");
	str_truncate(&text, 100);
	str_truncate(&text, 7);
	assert_string_equal(str_text(&text), "one two");
	str_remove_front(&text, 4);
	assert_string_equal(str_text(&text), "two");
	str_remove_front(&text, 100);
	assert_string_equal(str_text(&text), "");
	assert_int_equal(text.length, 0);
}

static void taking_leaves_an_empty_string(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_add(&text, "mine");
	_cleanup_free_ char *taken = str_take(&text);
	assert_string_equal(taken, "mine");
	assert_null(text.data);
	assert_int_equal(text.length, 0);
}

static void prefix_and_suffix(void **state)
{
	(void)state;
	assert_true(str_starts("--listen", "--"));
	assert_true(str_starts("", ""));
	assert_false(str_starts("-", "--"));
	assert_true(str_ends("libc.so", ".so"));
	assert_false(str_ends("so", ".so"));
	assert_true(str_ends("x", ""));
}

static void printable_ascii_is_not_escaped(void **state)
{
	(void)state;
	EXPECT_ESCAPED(" az AZ 09 ~'", " az AZ 09 ~'");
}

static void nothing_is_escaped_to_nothing(void **state)
{
	(void)state;
	expect_escaped(NULL, 0, '"', "");
}

static void control_characters_are_escaped(void **state)
{
	(void)state;
	EXPECT_ESCAPED("\a\b\f\n\r\t\v\\", "\\a\\b\\f\\n\\r\\t\\v\\\\");
	EXPECT_ESCAPED("\x1b[0m\x7f", "\\33[0m\\177");
	EXPECT_ESCAPED("a\0b", "a\\0b");
}

static void an_octal_escape_ends_before_a_digit(void **state)
{
	(void)state;
	EXPECT_ESCAPED("\0" "7", "\\0007");
	EXPECT_ESCAPED("\0" "8", "\\08");
	EXPECT_ESCAPED("\x01\x01", "\\1\\1");
}

static void only_the_given_quote_is_escaped(void **state)
{
	(void)state;
	expect_escaped("'\"", 2, '"', "'\\\"");
	expect_escaped("'\"", 2, '\'', "\\'\"");
}

static void whole_utf8_characters_stay(void **state)
{
	(void)state;
	EXPECT_ESCAPED("\xc2\x80 \xc3\xa9", "\xc2\x80 \xc3\xa9");
	EXPECT_ESCAPED("\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf");
	EXPECT_ESCAPED("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
static void broken_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	EXPECT_ESCAPED("\x80", "\\200");
	EXPECT_ESCAPED("\xc0\xaf", "\\300\\257");
	EXPECT_ESCAPED("\xc1\xbf", "\\301\\277");
	EXPECT_ESCAPED("\xe0\x9f\xbf", "\\340\\237\\277");
	EXPECT_ESCAPED("\xed\xa0\x80", "\\355\\240\\200");
	EXPECT_ESCAPED("\xf0\x8f\xbf\xbf", "\\360\\217\\277\\277");
	EXPECT_ESCAPED("\xf4\x90\x80\x80", "\\364\\220\\200\\200");
	EXPECT_ESCAPED("\xf5\x80\x80\x80", "\\365\\200\\200\\200");
	EXPECT_ESCAPED("\xc3(", "\\303(");
}

static void utf8_that_is_cut_off_is_escaped(void **state)
{
	(void)state;
	EXPECT_ESCAPED("x\xc3", "x\\303");
	EXPECT_ESCAPED("\xe2\x82", "\\342\\202");
	EXPECT_ESCAPED("\xf0\x9f\x98", "\\360\\237\\230");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_has_a_text),
		cmocka_unit_test(appending_grows_and_terminates),
		cmocka_unit_test(printf_of_any_length_appends),
		cmocka_unit_test(hex_is_canonical),
		cmocka_unit_test(both_ends_can_be_cut),
		cmocka_unit_test(taking_leaves_an_empty_string),
		cmocka_unit_test(prefix_and_suffix),
		cmocka_unit_test(printable_ascii_is_not_escaped),
		cmocka_unit_test(nothing_is_escaped_to_nothing),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(an_octal_escape_ends_before_a_digit),
		cmocka_unit_test(only_the_given_quote_is_escaped),
		cmocka_unit_test(whole_utf8_characters_stay),
		cmocka_unit_test(broken_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(utf8_that_is_cut_off_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

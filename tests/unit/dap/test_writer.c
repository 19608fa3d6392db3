#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "dap/base64.h"
#include "dap/writer.h"

static void expect_quoted(const char *bytes, size_t length, const char *json)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct writer writer = WRITER_INIT(&text);
	writer_text(&writer, NULL, bytes, length);
	assert_string_equal(text.data, json);
}

static void commas_fall_between_members_alone(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct writer writer = WRITER_INIT(&text);
	(void)state;
	writer_open_object(&writer, NULL);
	writer_open_array(&writer, "list");
	writer_open_object(&writer, NULL);
	writer_close_object(&writer);
	writer_integer(&writer, NULL, INT64_MIN);
	writer_integer(&writer, NULL, INT64_MAX);
	writer_null(&writer, NULL);
	writer_close_array(&writer);
	writer_boolean(&writer, "is", true);
	writer_optional(&writer, "absent", NULL);
	writer_address(&writer, "at", 0xFFFF800000000ABCull);
	writer_format(&writer, "words", "%d%%", 5);
	writer_raw(&writer, "raw", "[1]", 3);
	writer_base64(&writer, "data", "abc", 3);
	writer_close_object(&writer);
	assert_string_equal(text.data, "{\"list\":[{},-9223372036854775808,9223372036854775807,null],\"is\":true,"
				       "\"at\":\"0xffff800000000abc\",\"words\":\"5%\",\"raw\":[1],\"data\":\"YWJj\"}");
}

static void characters_are_escaped(void **state)
{
	(void)state;
	expect_quoted("a\"b\\c\n\r\t\x01\x1f\x7f/", 12, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7f/\"");
	expect_quoted("\0x", 2, "\"\\u0000x\"");
	expect_quoted("", 0, "\"\"");
}

static void utf8_passes_and_the_rest_is_replaced(void **state)
{
	(void)state;
	expect_quoted("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
	expect_quoted("\xff", 1, "\"\xef\xbf\xbd\"");
	expect_quoted("\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");              // overlong
	expect_quoted("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
	expect_quoted("\xf4\x90\x80\x80", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_quoted("\xe2\x82", 2, "\"\xef\xbf\xbd\"");                           // cut off
	expect_quoted("\xe2\x82x", 3, "\"\xef\xbf\xbdx\"");
}

static void whole_characters_end_before_a_cut_one(void **state)
{
	(void)state;
	assert_int_equal(writer_whole_characters("abc", 3), 3);
	assert_int_equal(writer_whole_characters("ab\xc3", 3), 2);
	assert_int_equal(writer_whole_characters("ab\xc3\xa4", 4), 4);
	assert_int_equal(writer_whole_characters("a\xf0\x9f\x98", 4), 1);
	assert_int_equal(writer_whole_characters("a\xf0\x9f\x98\x80", 5), 5);
	assert_int_equal(writer_whole_characters("a\xff", 2), 2);
	assert_int_equal(writer_whole_characters("\x80\x80\x80\x80", 4), 4);
	assert_int_equal(writer_whole_characters("", 0), 0);
}

static void base64_goes_both_ways(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xff\xfe\xfd", "//79" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_str_ struct str text = STR_INIT, bytes = STR_INIT;
		base64_encode(pairs[i][0], strlen(pairs[i][0]), &text);
		assert_string_equal(str_text(&text), pairs[i][1]);
		assert_null(base64_decode(pairs[i][1], &bytes));
		assert_string_equal(str_text(&bytes), pairs[i][0]);
	}
}

static void broken_base64_is_refused_whole(void **state)
{
	static const char *const bad[] = { "Z", "Zm9vZ", "Zm9v====", "Zg=a", "Zm 9", "Zm9v\n", "====", "a===" };
	_cleanup_str_ struct str bytes = STR_INIT;
	(void)state;
	str_add(&bytes, "kept");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error *error = base64_decode(bad[i], &bytes);
		if (!error)
			fail_msg("\"%s\" was accepted", bad[i]);
		error_destroy(error);
		assert_string_equal(bytes.data, "kept");
	}
	assert_null(base64_decode("Zg", &bytes));
	assert_string_equal(bytes.data, "keptf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_fall_between_members_alone),
		cmocka_unit_test(characters_are_escaped),
		cmocka_unit_test(utf8_passes_and_the_rest_is_replaced),
		cmocka_unit_test(whole_characters_end_before_a_cut_one),
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(broken_base64_is_refused_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

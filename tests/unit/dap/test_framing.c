#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/memory.h"
#include "dap/framing.h"

static void expect_message(struct framing *framing, const char *expected)
{
	char *body;
	size_t length;
	assert_null(framing_next(framing, &body, &length));
	assert_non_null(body);
	assert_int_equal(length, strlen(expected));
	assert_string_equal(body, expected);
}

static void expect_nothing(struct framing *framing)
{
	char *body;
	size_t length;
	assert_null(framing_next(framing, &body, &length));
	assert_null(body);
}

static void expect_error(const char *bytes, const char *words)
{
	struct framing framing = FRAMING_INIT;
	char *body;
	size_t length;
	framing_feed(&framing, bytes, strlen(bytes));
	struct error *error = framing_next(&framing, &body, &length);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_FORMAT);
	if (!strstr(error->message, words))
		fail_msg("\"%s\" does not say \"%s\"", error->message, words);
	error_destroy(error);
	framing_deinit(&framing);
}

static void messages_come_out_of_any_chunking(void **state)
{
	static const char stream[] = "Content-Length: 2\r\n\r\n{}Content-Type: x\r\ncontent-length:  4 \n\n[12]\r\nContent-Length: 0\r\n\r\n"
				     "Content-Length: 1\r\n\r\n7";
	(void)state;
	for (size_t chunk = 1; chunk < sizeof(stream); chunk++) {
		struct framing framing = FRAMING_INIT;
		_cleanup_str_ struct str all = STR_INIT;
		for (size_t at = 0; at < sizeof(stream) - 1; at += chunk) {
			size_t rest = sizeof(stream) - 1 - at;
			framing_feed(&framing, stream + at, rest < chunk ? rest : chunk);
			char *body;
			size_t length;
			while (!framing_next(&framing, &body, &length) && body)
				str_printf(&all, "<%s>", body);
		}
		assert_string_equal(str_text(&all), "<{}><[12]><><7>");
		assert_true(framing_is_empty(&framing));
		framing_deinit(&framing);
	}
}

static void several_messages_in_one_read(void **state)
{
	(void)state;
	struct framing framing = FRAMING_INIT;
	const char *bytes = "Content-Length: 3\r\n\r\nabcContent-Length: 3\r\n\r\ndefContent-Length: 9\r\n\r\ngh";
	framing_feed(&framing, bytes, strlen(bytes));
	expect_message(&framing, "abc");
	expect_message(&framing, "def");
	expect_nothing(&framing);
	assert_false(framing_is_empty(&framing));
	framing_feed(&framing, "ijklmno", 7);
	expect_message(&framing, "ghijklmno");
	framing_deinit(&framing);
}

static void garbage_is_an_error_at_once(void **state)
{
	(void)state;
	expect_error("hello\r\n", "got \"hello\"");
	expect_error("{\"seq\":1", "expected a header");
	expect_error("\x01", "expected a header");
	expect_error("GET / HTTP/1.1\r\n", "expected a header");
	expect_error("trailing\r\n", "expected a header");
}

static void broken_lengths_are_errors(void **state)
{
	(void)state;
	expect_error("Content-Length: x\r\n", "not a number");
	expect_error("Content-Length: -1\r\n", "not a number");
	expect_error("Content-Length: \r\n", "not a number");
	expect_error("Content-Length: 12 3\r\n", "not a number");
	expect_error("Content-Length: 99999999999999999999999\r\n", "longer than");
	expect_error("Content-Length: 67108865\r\n", "longer than");
	expect_error("Content-Length: 1\r\nContent-Length: 2\r\n", "two different");
	expect_error("Content-Type: x\r\n\r\n", "without Content-Length");
}

static void a_header_has_a_limit(void **state)
{
	(void)state;
	struct framing framing = FRAMING_INIT;
	char *body;
	size_t length;
	_cleanup_free_ char *line = xmalloc(1000);
	memset(line, 'a', 1000);
	line[0] = 'X';
	line[1] = ':';
	struct error *error = NULL;
	unsigned fed = 0;
	while (!error && fed < 100) {
		framing_feed(&framing, line, 1000);
		error = framing_next(&framing, &body, &length);
		fed++;
	}
	assert_in_range(fed, 8, 10);
	error_destroy(error);
	framing_deinit(&framing);
}

static void a_body_at_the_limit_is_accepted(void **state)
{
	(void)state;
	struct framing framing = FRAMING_INIT;
	char *body;
	size_t length;
	framing_feed(&framing, "Content-Length: 67108864\r\n\r\n", 28);
	expect_nothing(&framing);
	_cleanup_free_ char *part = xcalloc(1, 1 << 20);
	memset(part, 'b', 1 << 20);
	for (int i = 0; i < 64; i++)
		framing_feed(&framing, part, 1 << 20);
	assert_null(framing_next(&framing, &body, &length));
	assert_non_null(body);
	assert_int_equal(length, FRAMING_BODY_LIMIT);
	framing_deinit(&framing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_of_any_chunking),
		cmocka_unit_test(several_messages_in_one_read),
		cmocka_unit_test(garbage_is_an_error_at_once),
		cmocka_unit_test(broken_lengths_are_errors),
		cmocka_unit_test(a_header_has_a_limit),
		cmocka_unit_test(a_body_at_the_limit_is_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

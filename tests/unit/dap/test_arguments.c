#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "dap/arguments.h"
#include "dap/message.h"

#define SAMPLE_ARGUMENTS(X) \
	X(string, name, REQUIRED) \
	X(integer, frameId, OPTIONAL) \
	X(boolean, isOn, OPTIONAL) \
	X(choice, granularity, OPTIONAL, "line", "instruction") \
	X(strings, filters, OPTIONAL) \
	X(objects, breakpoints, OPTIONAL) \
	X(object, format, OPTIONAL) \
	X(number, ratio, OPTIONAL) \
	X(any, whatever, OPTIONAL)
ARGUMENTS(sample, SAMPLE_ARGUMENTS)

struct fixture {
	cJSON *json;
	struct arena *arena;
	struct sample_arguments arguments;
};

static struct error *decode(struct fixture *fixture, const char *text)
{
	fixture->json = cJSON_Parse(text);
	assert_non_null(fixture->json);
	fixture->arena = arena_create();
	return arguments_decode(sample_arguments_table(), fixture->json, "arguments", fixture->arena, &fixture->arguments);
}

static void end(struct fixture *fixture)
{
	cJSON_Delete(fixture->json);
	arena_destroy(fixture->arena);
}

static void expect_complaint(const char *text, const char *words)
{
	struct fixture fixture;
	struct error *error = decode(&fixture, text);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_INVALID);
	assert_string_equal(error->message, words);
	error_destroy(error);
	end(&fixture);
}

static void every_kind_is_decoded(void **state)
{
	struct fixture f;
	(void)state;
	assert_null(decode(&f, "{\"name\":\"n\",\"frameId\":9007199254740992,\"isOn\":true,\"granularity\":\"instruction\","
			       "\"filters\":[\"a\",\"b\"],\"breakpoints\":[{},{}],\"format\":{},\"ratio\":1.5,\"whatever\":[1]}"));
	assert_string_equal(f.arguments.name, "n");
	assert_true(f.arguments.has_frameId && f.arguments.frameId == 9007199254740992);
	assert_true(f.arguments.isOn);
	assert_int_equal(f.arguments.granularity, 1);
	assert_int_equal(f.arguments.filters.count, 2);
	assert_string_equal(f.arguments.filters.items[1], "b");
	assert_null(f.arguments.filters.items[2]);
	assert_int_equal(cJSON_GetArraySize(f.arguments.breakpoints), 2);
	assert_true(cJSON_IsObject(f.arguments.format) && cJSON_IsArray(f.arguments.whatever));
	assert_true(f.arguments.ratio == 1.5);
	end(&f);
}

static void absent_and_null_members_are_not_there(void **state)
{
	struct fixture f;
	(void)state;
	assert_null(decode(&f, "{\"name\":\"\",\"frameId\":null,\"unknown\":7}"));
	assert_true(f.arguments.has_name);
	assert_false(f.arguments.has_frameId || f.arguments.has_isOn || f.arguments.has_granularity || f.arguments.has_filters);
	assert_int_equal(f.arguments.frameId, 0);
	end(&f);
}

static void complaints_name_the_member(void **state)
{
	(void)state;
	expect_complaint("{}", "arguments.name is missing");
	expect_complaint("[]", "arguments: expected an object, got an array");
	expect_complaint("{\"name\":null}", "arguments.name: expected a string, got null");
	expect_complaint("{\"name\":\"n\",\"frameId\":\"x\"}", "arguments.frameId: expected a number, got a string");
	expect_complaint("{\"name\":\"n\",\"frameId\":1.5}", "arguments.frameId: expected a whole number, got 1.5");
	expect_complaint("{\"name\":\"n\",\"frameId\":1e300}", "arguments.frameId: 1e+300 is out of range");
	expect_complaint("{\"name\":\"n\",\"isOn\":1}", "arguments.isOn: expected a boolean, got a number");
	expect_complaint("{\"name\":\"n\",\"granularity\":\"word\"}",
			 "arguments.granularity: expected \"line\" or \"instruction\", got \"word\"");
	expect_complaint("{\"name\":\"n\",\"filters\":[\"a\",1]}", "arguments.filters[1]: expected a string, got a number");
	expect_complaint("{\"name\":\"n\",\"breakpoints\":[{},[]]}", "arguments.breakpoints[1]: expected an object, got an array");
	expect_complaint("{\"name\":\"n\",\"format\":true}", "arguments.format: expected an object, got a boolean");
}

static void nothing_sent_is_an_empty_object(void **state)
{
	struct sample_arguments arguments;
	(void)state;
	struct error *error = arguments_decode(sample_arguments_table(), NULL, "arguments", NULL, &arguments);
	assert_string_equal(error->message, "arguments.name is missing");
	error_destroy(error);
}

static void expect_no_message(const char *text, const char *words)
{
	struct message message;
	struct error *error = message_parse(text, strlen(text), &message);
	assert_non_null(error);
	if (!strstr(error->message, words))
		fail_msg("\"%s\" does not say \"%s\"", error->message, words);
	error_destroy(error);
}

static void envelopes_are_read(void **state)
{
	struct message message;
	const char *text = " {\"seq\":5,\"type\":\"request\",\"command\":\"next\",\"arguments\":{\"threadId\":1}}\r\n";
	(void)state;
	assert_null(message_parse(text, strlen(text), &message));
	assert_int_equal(message.seq, 5);
	assert_string_equal(message.command, "next");
	assert_true(cJSON_IsObject(message.arguments));
	message_deinit(&message);
	expect_no_message("", "not JSON");
	expect_no_message("{\"seq\":1", "not JSON");
	expect_no_message("{} x", "unexpected input at byte 4");
	expect_no_message("[]", "JSON object");
	expect_no_message("{\"type\":\"command\"}", "got \"command\"");
	expect_no_message("{\"type\":\"request\"}", "command: expected a string");
}

static void a_broken_envelope_still_tells_its_number(void **state)
{
	struct message message;
	const char *text = "{\"seq\":8,\"type\":\"request\"}";
	(void)state;
	error_destroy(message_parse(text, strlen(text), &message));
	assert_int_equal(message.seq, 8);
}

static void deep_and_huge_trees_are_refused(void **state)
{
	(void)state;
	_cleanup_str_ struct str deep = STR_INIT, wide = STR_INIT;
	for (int i = 0; i < 100000; i++)
		str_char(&deep, '[');
	expect_no_message(str_text(&deep), "nested deeper");
	str_char(&wide, '[');
	for (int i = 0; i < MESSAGE_VALUE_LIMIT; i++)
		str_add(&wide, "0,");
	expect_no_message(str_text(&wide), "values");
	expect_no_message("{\"type\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"\"}", "type:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_decoded),
		cmocka_unit_test(absent_and_null_members_are_not_there),
		cmocka_unit_test(complaints_name_the_member),
		cmocka_unit_test(nothing_sent_is_an_empty_object),
		cmocka_unit_test(envelopes_are_read),
		cmocka_unit_test(a_broken_envelope_still_tells_its_number),
		cmocka_unit_test(deep_and_huge_trees_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

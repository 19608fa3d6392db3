// What values look like, what children they have, and that a child's expression leads back to it.
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

static struct value evaluate(const char *text)
{
	struct value value;
	struct error *error = evaluate_text(text, &context, &value, NULL);
	if (error)
		fail_msg("%s: %s", text, error->message);
	return value;
}

// In the context's arena.
static char *formatted(struct value *value, const struct value_format *format)
{
	_cleanup_str_ struct str text = STR_INIT;
	value_format(&context, value, format, &text);
	return arena_strdup(context.arena, str_text(&text));
}

static void check_text(const char *expression, const struct value_format *format, const char *words)
{
	struct value value = evaluate(expression);
	char *text = formatted(&value, format);
	if (!str_equal(text, words))
		fail_msg("%s: %s instead of %s", expression, text, words);
}

static void natural_words(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "i", "42" }, { "n.is_set", "true" }, { "n.name[0]", "104 'h'" }, { "(char)0", "0 '\\0'" }, { "(char)39", "39 '\\''" },
		{ "(char)10", "10 '\\n'" }, { "u'\u20ac'", "8364 u'\u20ac'" }, { "L'\u00e9'", "233 L'\u00e9'" }, { "U'\\U0001f600'", "128512 U'\U0001f600'" },
		{ "f", "0.1" }, { "n.ratio", "0.1" }, { "1e300 * 1e10", "inf" }, { "-1e300 * 1e10", "-inf" }, { "ld", "1.5" }, { "1.0f / 3", "0.33333334" },
		{ "1.0 / 3", "0.3333333333333333" }, { "wide", "1267650600228229401496703205381" }, { "n.color", "GREEN" }, { "(color)0", "0" },
		{ "(color)5", "RED | BLUE" }, { "(color)9", "RED | 0x8" }, { "(color)8", "8" }, { "utf16", "u\"h\u00e9\U0001f600\"" },
		{ "n.grid", "[2] {{1, 2, 3}, {4, 5, 6}}" }, { "n.where", "{x = 3, y = -4}" }, { "d", "{<ns::base> = {inherited = 11, shadowed = 12}, own = 13, shadowed = 14}" },
		{ "option", "Some(3)" }, { "slice", "\"hel\"" }, { "rust_point", "Point {x = 1, y = 2}" }, { "gone", "<optimised out>" },
		{ "(struct point *)0", "0x0" }, { "*(struct point *)16", "{x = <cannot read 0x10>, y = <cannot read 0x14>}" }, { "split", "{x = 0, y = 20}" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(cases[i][0], NULL, cases[i][1]);
	world_option.tag = 0;
	check_text("option", NULL, "None");
	world_option.tag = 9;
	check_text("option", NULL, "<unknown variant>");
}

static void addresses_have_names_and_texts(void **state)
{
	(void)state;
	_cleanup_free_ char *function = xasprintf("0x%llx <square>", (unsigned long long)fake_modules.function_entry);
	check_text("n.callback", NULL, function);
	check_text("square", NULL, function);
	check_text("&square", NULL, function);
	_cleanup_free_ char *text = xasprintf("%p \"hello\"", (void *)world_text_bytes);
	check_text("text", NULL, text);
	check_text("(const char *)16", NULL, "0x10 <cannot read 0x10>");
	const struct value_format cut = { .string_limit = 3 };
	_cleanup_free_ char *beginning = xasprintf("%p \"hel\"...", (void *)world_text_bytes);
	check_text("text", &cut, beginning);
	check_text("n.name", &cut, "\"hea\"...");
}

static void bases_apply_to_all_integers_within(void **state)
{
	(void)state;
	const struct value_format hex = { .base = BASE_HEX };
	const struct value_format binary = { .base = BASE_BINARY };
	const struct value_format octal = { .base = BASE_OCTAL };
	const struct value_format decimal = { .base = BASE_DECIMAL };
	const struct value_format character = { .base = BASE_CHARACTER };
	check_text("n.where", &hex, "{x = 0x3, y = 0xfffffffc}");
	check_text("bits", &hex, "{a = 0x5, b = 0x1d, c = 0xabcde, d = 0x41}");
	check_text("n.color", &hex, "0x2");
	check_text("wide", &hex, "0x10000000000000000000000005");
	check_text("bits.a", &binary, "0b101");
	check_text("i", &octal, "052");
	check_text("n.name[0]", &decimal, "104");
	check_text("i", &character, "42 '*'");
}

static void summaries_are_cut(void **state)
{
	(void)state;
	const struct value_format narrow = { .summary_limit = 20 };
	check_text("a", &narrow, "[10] {0, 10, 20, 30, ...}");
	check_text("d", &narrow, "{<ns::base> = {inherited = 11, ...}, ...}");
	struct value huge = value_at(&context, type_array_of(&int_type, (uint64_t)1 << 60), (uint64_t)(uintptr_t)world_array);
	assert_true(strlen(formatted(&huge, NULL)) < 300);
}

static struct value_child *children_of(struct value *value, bool is_indexed, uint64_t start, uint64_t count, size_t *count_ret)
{
	struct value_child *children;
	assert_null(value_children(&context, value, is_indexed, start, count, &children, count_ret));
	return children;
}

static unsigned visited;

// Every child's expression must evaluate to the child itself: the same place, the same words.
static void check_children(const char *expression, struct value *value, unsigned depth)
{
	uint64_t counts[2];
	struct error *unreadable = value_child_counts(&context, value, &counts[0], &counts[1]);
	if (unreadable) {
		// Members of what a null pointer points to.
		assert_int_equal(unreadable->code, ERROR_FAULT);
		error_destroy(unreadable);
		return;
	}
	for (int is_indexed = 0; is_indexed < 2 && depth < 5; is_indexed++) {
		size_t count;
		struct value_child *children = children_of(value, is_indexed, 0, counts[is_indexed], &count);
		assert_int_equal(count, counts[is_indexed]);
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(children[i].name, children[j].name);
			if (children[i].error) {
				error_destroy(children[i].error);
				continue;
			}
			char *child_expression = value_child_expression(&context, expression, value, &children[i]);
			struct value again = evaluate(child_expression);
			uint64_t address = 0;
			uint64_t address_again = 1;
			struct error *error = value_address(&children[i].value, &address);
			struct error *error_again = value_address(&again, &address_again);
			bool is_same_place = (error && error_again) || address == address_again;
			error_destroy(error);
			error_destroy(error_again);
			char *words = formatted(&children[i].value, NULL);
			char *words_again = formatted(&again, NULL);
			if (!is_same_place || !str_equal(words, words_again))
				fail_msg("%s of %s: %s, not %s", child_expression, expression, words_again, words);
			visited++;
			check_children(child_expression, &children[i].value, depth + 1);
		}
	}
}

static void expressions_of_children_lead_back(void **state)
{
	(void)state;
	static const char *const roots[] = { "n", "p", "&n", "bits", "d", "this", "a", "n.grid", "*p", "p + 0", "(point *)raw", "option",
					     "rust_point", "ref", "&text", "&p", "a[1]@3", "p,[1]", "&p->where", "$xmm0", "(ns::base)d",
					     "'file.c'::g", "&a", "n,x" };
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		struct value value = evaluate(roots[i]);
		check_children(roots[i], &value, 0);
	}
	assert_true(visited > 200);
}

static void children_have_these_names(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t named, indexed;
		const char *name;
		const char *expression;
	} cases[] = {
		{ "n", 11, 0, "value", "n.value" }, { "p", 11, 0, "value", "p->value" }, { "d", 3, 0, "ns::base", "(ns::base)d" },
		{ "this", 3, 0, "ns::base", "(ns::base)*this" }, { "a", 0, 10, "[0]", "a[0]" }, { "text", 0, 0, NULL, NULL },
		{ "raw", 0, 0, NULL, NULL }, { "n.callback", 0, 0, NULL, NULL }, { "&i", 1, 0, "*", "*(&i)" }, { "ref", 0, 0, NULL, NULL },
		{ "i", 0, 0, NULL, NULL }, { "*p", 11, 0, "value", "(*p).value" }, { "p,[2]", 0, 2, "[0]", "(p,[2])[0]" },
		{ "n.{8}", 2, 0, "whole", "n.whole" }, { "option", 1, 0, "__0", "option.0" }, { "(point *)raw", 2, 0, "x", "((point *)raw)->x" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t named, indexed;
		struct value value = evaluate(cases[i].text);
		assert_null(value_child_counts(&context, &value, &named, &indexed));
		assert_int_equal(named, cases[i].named);
		assert_int_equal(indexed, cases[i].indexed);
		if (!cases[i].name)
			continue;
		size_t count;
		struct value_child *children = children_of(&value, indexed > 0, 0, 1, &count);
		assert_int_equal(count, 1);
		assert_string_equal(children[0].name, cases[i].name);
		assert_string_equal(value_child_expression(&context, cases[i].text, &value, &children[0]), cases[i].expression);
	}
	size_t count;
	struct value value = evaluate("n");
	struct value_child *children = children_of(&value, false, 8, 1, &count);
	assert_string_equal(children[0].name, "(anonymous union)");
}

static unsigned reads;

static size_t counted_read(void *data, uint64_t address, void *bytes, size_t size)
{
	reads++;
	return fake_read(data, address, bytes, size);
}

static void a_page_of_elements_is_one_read(void **state)
{
	(void)state;
	static int many[100000];
	for (int i = 0; i < 100000; i++)
		many[i] = i;
	fake_map(many, sizeof(many));
	struct memory *memory = memory_create((struct memory_io){ .read = counted_read });
	memory_set_caching(memory, false);
	struct memory *before = context.memory;
	context.memory = memory;
	struct value array = value_at(&context, type_array_of(&int_type, 100000), (uint64_t)(uintptr_t)many);
	size_t count;
	struct value_child *children = children_of(&array, true, 50000, 5000, &count);
	assert_int_equal(count, 5000);
	assert_string_equal(children[4999].name, "[54999]");
	assert_string_equal(formatted(&children[4999].value, NULL), "54999");
	assert_true(reads < 20);
	children_of(&array, true, 99990, 5000, &count);
	assert_int_equal(count, 10);
	children_of(&array, true, 100000, 1, &count);
	assert_int_equal(count, 0);
	context.memory = before;
	memory_destroy(memory);
}

static void unreadable_pointers_fail_child_by_child(void **state)
{
	(void)state;
	struct value value = evaluate("(node *)16");
	uint64_t named, indexed;
	assert_null(value_child_counts(&context, &value, &named, &indexed));
	assert_int_equal(named, 11);
	size_t count;
	struct value_child *children = children_of(&value, false, 0, named, &count);
	assert_string_equal(formatted(&children[0].value, NULL), "<cannot read 0x10>");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(natural_words), TEST(addresses_have_names_and_texts), TEST(bases_apply_to_all_integers_within), TEST(summaries_are_cut),
		TEST(expressions_of_children_lead_back), TEST(children_have_these_names), TEST(a_page_of_elements_is_one_read),
		TEST(unreadable_pointers_fail_child_by_child),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

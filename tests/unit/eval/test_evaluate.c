// Names, members, pointers, registers, casts, errors, assignment: text in, words out.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/eval/world.h"

static struct eval_context context;

static bool special(void *data, const char *name, struct value *value_ret, struct error **error_ret)
{
	(void)data;
	if (str_equal(name, "$syscall.bad")) {
		*error_ret = error_create(ERROR_STATE, "not in a syscall");
		return true;
	}
	bool is_fd = str_equal(name, "$arg.fd");
	if (!is_fd && !str_equal(name, "$spot"))
		return false;
	*value_ret = is_fd ? value_from_integer(&context, &int_type, 5) : value_at(&context, &point_type, (uint64_t)(uintptr_t)&world_point);
	return true;
}

static int setup(void **state)
{
	(void)state;
	context = world_begin();
	context.special = special;
	*(uint64_t *)fake_registers[register_find("rax")->id] = 0x1122334455667788;
	*(uint64_t *)fake_registers[register_find("rip")->id] = 0x401000;
	*(uint64_t *)fake_registers[register_find("rbx")->id] = 0x700000006;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_context_end(&context);
	return 0;
}

struct expectation {
	const char *text;
	const char *words;   // begins with "! ": the error
};

static void check(const struct expectation *expectation)
{
	struct value value;
	struct value_format format;
	_cleanup_str_ struct str words = STR_INIT;
	struct error *error = evaluate_text(expectation->text, &context, &value, &format);
	if (error)
		str_printf(&words, "! %s", error->message);
	else
		value_format(&context, &value, &format, &words);
	error_destroy(error);
	if (!str_equal(str_text(&words), expectation->words))
		fail_msg("%s: %s instead of %s", expectation->text, str_text(&words), expectation->words);
}

#define CHECK_ALL(...) \
	do { \
		static const struct expectation expectations[] = { __VA_ARGS__ }; \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(expectations); i_++) \
			check(&expectations[i_]); \
	} while (0)

static void names_are_found_in_order(void **state)
{
	(void)state;
	CHECK_ALL({ "i", "42" }, { "shadow", "2" }, { "::shadow", "3" }, { "ns::g", "42" }, { "'file.c'::g", "30" }, { "file.c::g", "30" },
		  { "own", "13" }, { "shadowed", "14" }, { "inherited", "11" }, { "this->own", "13" }, { "this->ns::base::shadowed", "12" },
		  { "GREEN", "GREEN" }, { "n.color == GREEN", "1" }, { "elf_only", "77" }, { "*(unsigned char *)&elf_only", "77 'M'" },
		  { "ref", "42" }, { "*&ref + 1", "43" }, { "vec<int>::count", "40" }, { "vec< int >::count", "40" }, { "d.count", "40" },
		  { "nothing", "! no symbol \"nothing\" in scope" }, { "::i", "! no symbol \"i\" in scope" });
}

static void members_and_elements(void **state)
{
	(void)state;
	CHECK_ALL({ "n.where.y", "-4" }, { "p->next->value", "8" }, { "p.next.value", "8" }, { "(*p).where", "{x = 3, y = -4}" },
		  { "n.whole", "1094861636" }, { "n.parts[0]", "68 'D'" }, { "n.grid[1][2]", "6" }, { "a[3]", "30" }, { "2[a]", "20" },
		  { "*a", "0" }, { "*(a + 2)", "20" }, { "&a[3] - a", "3" }, { "bits.a", "5" }, { "bits.b", "-3" }, { "bits.c,x", "0xabcde" },
		  { "n.name", "\"head\"" }, { "n.name[1]", "101 'e'" }, { "\"abc\"[1]", "98 'b'" }, { "d.ns::base::inherited", "11" },
		  { "*p->spot@1", "[1] {{x = 1, y = 2}}" }, { "*a@3", "[3] {0, 10, 20}" }, { "a[1]@2", "[2] {10, 20}" },
		  { "&a[2],[2]", "[2] {20, 30}" }, { "n.{8}.whole", "1094861636" }, { "sizeof n.name", "8" }, { "sizeof(struct node)", "96" },
		  { "n.nope", "! node has no member \"nope\"" }, { "i.x", "! neither a structure nor a union: int" },
		  { "*i", "! not a pointer: int" }, { "*raw", "! void * cannot be dereferenced: cast it first" },
		  { "raw[1]", "! void * cannot be indexed: cast it first" }, { "i[i]", "! neither an array nor a pointer: int" },
		  { "\"abc\"[9]", "! index 9 is outside the array" }, { "split", "{x = 6, y = 20}" }, { "split.y", "20" });
}

static void casts(void **state)
{
	(void)state;
	CHECK_ALL({ "(char)65", "65 'A'" }, { "(unsigned char)-1", "255 '\\377'" }, { "*(int *)raw", "42" }, { "(int)3.9", "3" },
		  { "((struct node *)raw)->value", "42" }, { "((node *)&i)->value", "42" }, { "(double)1 / 4", "0.25" },
		  { "(ns::base)d", "{inherited = 11, shadowed = 12}" }, { "((ns::base *)this)->shadowed", "12" },
		  { "((vec<int> &)(ns::base)d).own", "13" }, { "static_cast<vec<int>*>(raw) == raw", "1" }, { "(number)3.5", "3" },
		  { "reinterpret_cast<const char *>(text)[4]", "111 'o'" }, { "(bool)7", "true" }, { "(color)2", "GREEN" },
		  { "(const char *[2])*a", "! cannot convert int to char * [2]" }, { "(point)i", "! cannot convert int to point" },
		  { "(int (*)(int))0", "0x0" }, { "(void)1", "void" }, { "(int)n", "! not a number: node" }, { "(i)", "42" }, { "(i) - 1", "41" },
		  { "sizeof(int *[3])", "24" }, { "sizeof(int (*)[3])", "8" }, { "sizeof(i)", "4" }, { "(long)&*p == (long)p", "1" });
}

static void registers_and_specials(void **state)
{
	(void)state;
	CHECK_ALL({ "$rax,x", "0x1122334455667788" }, { "$eax,x", "0x55667788" }, { "$ax,x", "0x7788" }, { "$al,x", "0x88" },
		  { "$ah,x", "0x77" }, { "$pc", "0x401000" }, { "$RIP == 0x401000", "1" }, { "$arg.fd", "5" }, { "$arg.fd + 1", "6" },
		  { "$spot.y", "2" }, { "$spot", "{x = 1, y = 2}" }, { "$syscall.bad", "! not in a syscall" },
		  { "$nope", "! no register or special name \"$nope\"" }, { "$arg", "! no register or special name \"$arg\"" },
		  { "($xmm0.v4_float[1] = 2.5)", "2.5" }, { "$xmm0.v4_int32[1],x", "0x40200000" }, { "$xmm0.v2_int64[0],x", "0x4020000000000000" },
		  { "$xmm0", "0x00000000000000004020000000000000" }, { "$xmm0.v9_float", "! $xmm0 has no lanes \"v9_float\"" },
		  { "$al = 1", "1" }, { "$rax,x", "0x1122334455667701" }, { "$ah = 0xff, $rax,x", "0x112233445566ff01" },
		  { "$rax % 16", "1" }, { "$rax & 0xff", "1" }, { "~$rax & 0xff", "254" }, { "$rax >> 60", "1" }, { "$rax - $rax", "0" },
		  { "$rax == $rax + 1", "0" }, { "$rax * 2 == $rax + $rax", "1" }, { "p % 2", "! pointers do not have this operator" },
		  { "$rax - 0x112233445566ff01,x", "0x0" }, { "&$rax", "! no address can be taken: it is in the register $rax and has no address" });
}

static void failures_are_explained(void **state)
{
	(void)state;
	CHECK_ALL({ "1 / 0", "! division by zero" }, { "1 % 0", "! division by zero" },
		  { "1 << 32", "! shift by 32 is too far for a number of 32 bits" }, { "1 << -1", "! shift by a negative number" },
		  { "square(2)", "! calling functions in the debuggee is not built yet" }, { "gone", "<optimised out>" },
		  { "gone + 1", "! optimised out" }, { "*(int *)16", "<cannot read 0x10>" }, { "&1", "! no address can be taken: it is a computed value and has no address" },
		  { "&bits.a", "! no address can be taken: a bit field has no address" }, { "p * 2", "! pointers do not have this operator" },
		  { "1.5 % 2", "! floating-point numbers do not have this operator" }, { "1.5 << 2", "! floating-point numbers cannot be shifted" },
		  { "~1.5", "! no integer: double" }, { "n + 1", "! not a number: node" }, { "*a@0", "! 0 elements: from 1 to 16777216 can be shown" },
		  { "1 ? 2 : *(int *)16", "2" }, { "0 && *(int *)16", "0" }, { "1 || 1 / 0", "1" }, { "fixed = 3", "! the compiler keeps it as a constant, it cannot be changed" });
	_cleanup_error_ struct error *error = NULL;
	struct value value;
	assert_null(evaluate_text("*(int *)16", &context, &value, NULL));
	error = value_read(&context, &value);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_FAULT);
	assert_int_equal(error->address, 16);
}

static void strings_compare_by_contents(void **state)
{
	(void)state;
	CHECK_ALL({ "n.name == \"head\"", "1" }, { "n.name == \"hea\"", "0" }, { "n.name != \"heads\"", "1" }, { "text == \"hello\"", "1" },
		  { "\"hello\" == text", "1" }, { "text == \"hello!\"", "0" }, { "(char *)0 == \"\"", "0" });
}

static void assignments_keep_to_their_target(void **state)
{
	(void)state;
	CHECK_ALL({ "i = 7", "7" }, { "i += 3", "10" }, { "i++", "10" }, { "i", "11" }, { "--i", "10" }, { "i <<= 2", "40" }, { "n.ratio = 2", "2" },
		  { "n.color = BLUE", "BLUE" }, { "n.color = 3", "RED | GREEN" }, { "n.is_set = 5", "true" },
		  { "bits.b = 9", "9" }, { "bits", "{a = 5, b = 9, c = 703710, d = 65 'A'}" }, { "bits.a = 15", "! the number does not fit into 3 bits" }, { "bits.a = -1", "7" }, { "bits.b", "9" },
		  { "n.name = \"12345678\"", "\"12345678\"" }, { "n.name = \"123456789\"", "! the string has 9 characters, there is room for 8" },
		  { "n.name = \"x\"", "\"x\"" }, { "n.where = *n.spot", "{x = 1, y = 2}" }, { "n.where = n", "! not of the target's type: node" },
		  { "in_register = 9", "9" }, { "$rbx,x", "0x700000009" }, { "split.x = 8, $rbx,x", "0x700000008" }, { "split = *n.spot, a[2]", "2" }, { "1 = 2", "! the left side cannot be assigned: it is no variable" },
		  { "n.next = 0", "0x0" }, { "n.next = 1.5", "! a floating-point number for a pointer" }, { "ref = 5, i", "5" },
		  { "n.grid[0][1] = 70, n.grid", "[2] {{1, 70, 3}, {4, 5, 6}}" });
	assert_int_equal(world_i, 5);
}

static void nothing_changes_without_leave(void **state)
{
	(void)state;
	context.may_have_side_effects = false;
	static const char *const texts[] = { "i = 1", "i++", "--i", "i += 2", "sizeof(i = 3)" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct value value;
		struct error *error = evaluate_text(texts[i], &context, &value, NULL);
		assert_non_null(error);
		assert_int_equal(error->code, ERROR_INVALID);
		error_destroy(error);
	}
	assert_int_equal(world_i, 42);
}

static void names_are_looked_up_once_a_place(void **state)
{
	(void)state;
	struct expression *expression;
	struct value value;
	bool is_true;
	assert_null(expression_parse("i == 42 && shadow == 2", &context, &expression));
	assert_null(expression_evaluate(expression, &context, &value));
	unsigned lookups = fake_modules.lookups;
	for (int i = 0; i < 10; i++) {
		assert_null(expression_evaluate(expression, &context, &value));
		assert_null(value_is_true(&context, &value, &is_true));
		assert_true(is_true);
	}
	assert_int_equal(fake_modules.lookups, lookups);
	context.pc++;
	assert_null(expression_evaluate(expression, &context, &value));
	assert_true(fake_modules.lookups > lookups);
	expression_destroy(expression);
}

static void templates_mix_words_and_values(void **state)
{
	(void)state;
	struct template *template;
	_cleanup_str_ struct str text = STR_INIT;
	assert_null(template_parse("i = {i}, {{x}} = {p->where.x,x} {n.name} {gone + 1} {\"}\"[0]}", &context, &template));
	template_expand(template, &context, &text);
	assert_string_equal(str_text(&text), "i = 42, {x} = 0x3 \"head\" <error: optimised out> 125 '}'");
	template_destroy(template);
	template_destroy(NULL);
	static const char *const broken[] = { "{i", "i}", "{i +}", "{}" };
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct error *error = template_parse(broken[i], &context, &template);
		assert_non_null(error);
		error_destroy(error);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(names_are_found_in_order), TEST(members_and_elements), TEST(casts), TEST(registers_and_specials),
		TEST(failures_are_explained), TEST(strings_compare_by_contents), TEST(assignments_keep_to_their_target),
		TEST(nothing_changes_without_leave), TEST(names_are_looked_up_once_a_place), TEST(templates_mix_words_and_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

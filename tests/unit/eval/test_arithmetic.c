// Arithmetic against the compiler: random constant expressions of mixed types, the same text evaluated here and by cc.
// One difference is meant: a character literal has the type char, as in C++, so that it is shown as one.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/eval/world.h"

enum { EXPRESSION_COUNT = 400 };

static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned pick(unsigned limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % limit;
}

static const char *const integers[] = {
	"0", "1", "2", "7", "-1", "3u", "100000", "0x7fffffff", "0x80000000", "2147483648", "4294967295u", "-5l", "9ul", "123456789012ll",
	"0xffffffffffffffff", "017", "(char)'a'", "(char)'\\xff'", "L'x'", "(char)200", "(unsigned char)200", "(short)-3", "(unsigned short)65535",
	"(_Bool)5", "(unsigned)-1", "(long)-7", "(signed char)-8", "0b101", 
};
static const char *const reals[] = { "1.5", "2.25f", "1e10", "0.1", "3.0L", "-7e-3f", "0x1.8p3", "1e300", "(float)7", "(double)0.1f" };

static void add_expression(struct str *text, unsigned depth, bool is_real);

static void add_pair(struct str *text, unsigned depth, bool is_left_real, const char *operator, bool is_right_real)
{
	bool has_parentheses = pick(2);
	str_add(text, has_parentheses ? "(" : "");
	add_expression(text, depth - 1, is_left_real);
	str_printf(text, " %s ", operator);
	add_expression(text, depth - 1, is_right_real);
	str_add(text, has_parentheses ? ")" : "");
}

// Kept apart by type, so that nothing is converted from a real to an integer that cannot hold it, which C leaves undefined.
static void add_integer(struct str *text, unsigned depth)
{
	static const char *const operators[] = { "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>" };
	static const char *const comparisons[] = { "<", ">", "<=", ">=", "==", "!=", "&&", "||" };
	static const char *const prefixes[] = { "-", "+", "!", "~", "(int)", "(unsigned char)", "(long)", "(unsigned)", "sizeof " };
	switch (pick(5)) {
	case 0:
		str_printf(text, "%s(", prefixes[pick(ARRAY_SIZE(prefixes))]);
		add_expression(text, depth - 1, false);
		str_char(text, ')');
		break;
	case 1:
		// A comparison is an operand in parentheses: its operands may be reals, its neighbours not.
		str_char(text, '(');
		add_expression(text, 0, pick(2));
		str_printf(text, " %s (", comparisons[pick(ARRAY_SIZE(comparisons))]);
		add_expression(text, depth - 1, pick(2));
		str_add(text, "))");
		break;
	default: add_pair(text, depth, false, operators[pick(ARRAY_SIZE(operators))], false); break;
	}
}

static void add_real_expression(struct str *text, unsigned depth)
{
	static const char *const operators[] = { "+", "-", "*", "/" };
	static const char *const prefixes[] = { "-", "+", "(float)", "(double)" };
	str_char(text, '(');
	if (pick(4) == 0) {
		str_printf(text, "%s(", prefixes[pick(ARRAY_SIZE(prefixes))]);
		add_expression(text, depth - 1, true);
		str_char(text, ')');
	} else {
		str_char(text, '(');
		add_expression(text, depth - 1, pick(2));
		str_printf(text, ") %s ", operators[pick(ARRAY_SIZE(operators))]);
		add_expression(text, depth - 1, true);
	}
	str_char(text, ')');
}

static void add_expression(struct str *text, unsigned depth, bool is_real)
{
	unsigned choice = pick(8);
	if (depth == 0 || choice == 0) {
		str_add(text, is_real ? reals[pick(ARRAY_SIZE(reals))] : integers[pick(ARRAY_SIZE(integers))]);
	} else if (choice == 1) {
		str_char(text, '(');
		add_expression(text, depth - 1, false);
		str_add(text, " ? ");
		// Plain operands: the type of an arm that divides by zero is not known here. Promoted: two chars stay a char, as in C++.
		str_char(text, '+');
		add_expression(text, 0, is_real && pick(2));
		str_add(text, " : +");
		add_expression(text, 0, is_real);
		str_char(text, ')');
	} else if (is_real) {
		add_real_expression(text, depth);
	} else {
		add_integer(text, depth);
	}
}

// "int -3", "double 0x1.8p+0": the type's class and size, and the value exactly.
static char *ours(struct eval_context *context, struct value *value)
{
	const struct type *type = type_strip(value->type);
	double number;
	int64_t integer;
	if (type->kind == TYPE_FLOAT) {
		assert_null(value_as_double(context, value, &number));
		return xasprintf("f%llu %a", (unsigned long long)type->size, number);
	}
	assert_null(value_as_integer(context, value, &integer));
	return xasprintf("%c%llu %lld", type->is_signed ? 'i' : 'u', (unsigned long long)type->size, (long long)integer);
}

static const char prelude[] =
	"#include <stdio.h>\n"
	"#define FLOAT(e) _Generic((e), float: 1, double: 1, long double: 1, default: 0)\n"
	"#define UNSIGNED(e) _Generic((e), unsigned: 1, unsigned long: 1, unsigned long long: 1, unsigned char: 1, unsigned short: 1,"
	" _Bool: 1, default: 0)\n"
	"#define SHOW(e) do { if (FLOAT(e)) printf(\"f%zu %a\\n\", sizeof(e), (double)(e)); else"
	" printf(\"%c%zu %lld\\n\", UNSIGNED(e) ? 'u' : 'i', sizeof(e), (long long)(e)); } while (0)\n"
	"int main(void)\n{\n";

static char *compile(const struct str *source, const char *folder)
{
	char *program = xasprintf("%s/program", folder);
	_cleanup_free_ char *path = xasprintf("%s.c", program);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fwrite(source->data, 1, source->length, file);
	fclose(file);
	_cleanup_free_ char *command = xasprintf("cc -w -O0 -std=gnu17 -fwrapv -o %s %s", program, path);
	assert_int_equal(system(command), 0);
	return program;
}

static void arithmetic_is_the_compilers(void **state)
{
	(void)state;
	struct eval_context context = world_begin();
	char folder[] = "/tmp/ptdap-arithmetic-XXXXXX";
	assert_non_null(mkdtemp(folder));
	_cleanup_str_ struct str source = STR_INIT;
	VEC(char *) texts = VEC_INIT;
	VEC(char *) words = VEC_INIT;
	str_add(&source, prelude);
	for (unsigned tries = 0; words.count < EXPRESSION_COUNT && tries < EXPRESSION_COUNT * 20; tries++) {
		_cleanup_str_ struct str text = STR_INIT;
		struct value value;
		add_expression(&text, 4, pick(3) == 0);
		struct error *error = evaluate_text(str_text(&text), &context, &value, NULL);
		// What has no value here (1 / 0, 1 << 40) C leaves undefined.
		if (error) {
			error_destroy(error);
			continue;
		}
		*vec_push(&words) = ours(&context, &value);
		*vec_push(&texts) = xstrdup(str_text(&text));
		str_printf(&source, "SHOW(%s);\n", str_text(&text));
	}
	str_add(&source, "}\n");
	assert_int_equal(words.count, EXPRESSION_COUNT);
	_cleanup_free_ char *program = compile(&source, folder);
	FILE *output = popen(program, "r");
	char line[256];
	for (size_t i = 0; i < words.count; i++) {
		assert_non_null(fgets(line, sizeof(line), output));
		line[strcspn(line, "\n")] = '\0';
		if (!str_equal(line, words.items[i]))
			fail_msg("%s: %s, the compiler has %s", texts.items[i], words.items[i], line);
	}
	pclose(output);
	_cleanup_free_ char *command = xasprintf("rm -r %s", folder);
	assert_int_equal(system(command), 0);
	vec_each (text, &texts)
		free(*text);
	vec_each (word, &words)
		free(*word);
	vec_deinit(&texts);
	vec_deinit(&words);
	fake_context_end(&context);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arithmetic_is_the_compilers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

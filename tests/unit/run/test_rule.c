// The texts of rules: what they mean, and what is said of a mistake.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/run/rule.h"

static struct error *parse(const char *text, enum rule_use use, struct rule **rule_ret)
{
	struct rule_source source = { .text = text, .end = strlen(text), .use = use };
	return rule_parse(&source, rule_ret);
}

static void parts_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum rule_use use;
		const char *in, *out;
		unsigned phases, occurrence, conditions;
	} cases[] = {
		{ "", RULE_STOPS, "read", NULL, RULE_ENTRY, 0, 0 },
		{ "  ", RULE_OF_RETURN_FILTER, "read", NULL, RULE_RETURN, 0, 0 },
		{ "openat", RULE_STOPS, "openat", "read", RULE_ENTRY, 0, 0 },
		{ "openat, read , %network", RULE_STOPS, "socket", "close", RULE_ENTRY, 0, 0 },
		{ "%file,!close", RULE_STOPS, "openat", "close", RULE_ENTRY, 0, 0 },
		{ "! close", RULE_STOPS, "openat", "close", RULE_ENTRY, 0, 0 },
		{ "read@return", RULE_STOPS, "read", "write", RULE_RETURN, 0, 0 },
		{ "read @return #7", RULE_STOPS, "read", "write", RULE_RETURN, 7, 0 },
		{ "read #7 @entry", RULE_STOPS, "read", "write", RULE_ENTRY, 7, 0 },
		{ "#3", RULE_STOPS, "write", NULL, RULE_ENTRY, 3, 0 },
		{ "@return", RULE_STOPS, "write", NULL, RULE_RETURN, 0, 0 },
		{ "if $result < 0", RULE_STOPS, "write", NULL, RULE_RETURN, 0, 1 },
		{ "write if $arg.fd == 2", RULE_STOPS, "write", "read", RULE_ENTRY, 0, 1 },
		{ "openat,%network if $errno == ENOENT", RULE_STOPS, "connect", "read", RULE_RETURN, 0, 1 },
		{ "openat,%network if $errno == ENOENT", RULE_OF_RETURN_FILTER, "connect", "read", RULE_RETURN, 0, 1 },
		{ "openat #2 if path(\"/etc/**\")", RULE_STOPS, "openat", "read", RULE_ENTRY, 2, 1 },
		{ "openat if(1)", RULE_STOPS, "openat", "read", RULE_ENTRY, 0, 1 },
		{ "read if $phase == return || $arg[0] == 0", RULE_STOPS, "read", "write", RULE_ENTRY | RULE_RETURN, 0, 1 },
		{ "read if $phase == \"return\"", RULE_OF_ENTRY_FILTER, "read", "write", RULE_ENTRY, 0, 1 },
		{ "%file if $syscall == openat && $arg.flags & O_CREAT", RULE_STOPS, "open", "read", RULE_ENTRY, 0, 1 },
		{ "if \"openat\" != $syscall", RULE_STOPS, "open", NULL, RULE_ENTRY, 0, 1 },
		{ "kill if $arg.sig == SIGTERM", RULE_STOPS, "kill", "read", RULE_ENTRY, 0, 1 },
		{ "write if debug_level > 2", RULE_STOPS, "write", "read", RULE_ENTRY, 0, 1 },
		{ "write if $rdi == 1", RULE_STOPS, "write", "read", RULE_ENTRY, 0, 1 },
		{ "/^open", RULE_STOPS, "openat2", "read", RULE_ENTRY, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = NULL;
		struct error *error = parse(cases[i].text, cases[i].use, &rule);
		if (error)
			fail_msg("'%s': %s", cases[i].text, error->message);
		struct syscall_event event = { .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, cases[i].in) };
		bool is_right = rule_covers(rule, &event) && rule->phases == cases[i].phases && rule->occurrence == cases[i].occurrence &&
				rule->condition_count == cases[i].conditions;
		if (cases[i].out) {
			event.number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, cases[i].out);
			is_right = is_right && !rule_covers(rule, &event);
		}
		if (!is_right)
			fail_msg("'%s': phases %u, occurrence %lu, %zu conditions", cases[i].text, rule->phases, rule->occurrence,
				 rule->condition_count);
		rule_destroy(rule);
	}
}

static void mistakes_name_column_cause_and_cure(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
		enum rule_use use;
	} cases[] = {
		{ "opennat if 1", "no syscall 'opennat' (column 1): did you mean 'openat'?", RULE_STOPS },
		{ "read, wrte @return", "no syscall 'wrte' (column 7): did you mean 'write'?", RULE_STOPS },
		{ "openat read", "a comma is missing before 'read' (column 8)", RULE_STOPS },
		{ "openat $errno == 1", "'if' is missing before '$errno' (column 8)", RULE_STOPS },
		{ "openat, if 1", "a syscall's name is missing (column 8)", RULE_STOPS },
		{ "read @retrun", "no phase '@retrun' (column 6): did you mean '@return'?", RULE_STOPS },
		{ "read @exit", "no phase '@exit' (column 6): did you mean '@return'?", RULE_STOPS },
		{ "read @", "no phase '@' (column 6): there are @entry and @return", RULE_STOPS },
		{ "read @entry@return", "a second phase '@return' (column 12): for both phases write two rules, separated by ';'", RULE_STOPS },
		{ "read #0", "'#0' names no occurrence (column 6): they are counted from #1", RULE_STOPS },
		{ "read #x", "'#x' names no occurrence (column 6): write a number, such as #3 for the third", RULE_STOPS },
		{ "read #99999999999999999999", "'#99999999999999999999' names no occurrence (column 6): write a number, such as #3 for the third",
		  RULE_STOPS },
		{ "read #1 #2", "a second occurrence '#2' (column 9): for several write several rules, separated by ';'", RULE_STOPS },
		{ "read @return write", "'write' is not expected here (column 14): a rule is [SET] [@entry|@return] [#N] [if EXPRESSION]", RULE_STOPS },
		{ "read:error=EIO", "':error=EIO' is not expected here (column 5): a rule is [SET] [@entry|@return] [#N] [if EXPRESSION]", RULE_STOPS },
		{ "read if", "an expression is missing behind 'if' (column 6), such as: if $errno == ENOENT", RULE_STOPS },
		{ "read if  ", "an expression is missing behind 'if' (column 6), such as: if $errno == ENOENT", RULE_STOPS },
		{ "read if (1", ") is expected, the expression ends at column 11", RULE_STOPS },
		{ "read if 1 +", "an operand is expected, the expression ends at column 12", RULE_STOPS },
		{ "read if $fd == 1", "no special name or register \"$fd\" (column 9): there are $syscall, $phase, $result, $errno, $arg.NAME and $arg[N]",
		  RULE_STOPS },
		{ "read if $reslt == 1", "no special name or register \"$reslt\" (column 9): did you mean $result?", RULE_STOPS },
		{ "read if $arg == 1", "which argument (column 9)? write $arg.fd or $arg[0]", RULE_STOPS },
		{ "read if 1 && $arg.df == 1", "read has no argument \"df\" (column 19): it has fd, buf, count", RULE_STOPS },
		{ "getpid if $arg.fd", "getpid has no argument \"fd\" (column 16): it has none", RULE_STOPS },
		{ "%file if $arg.pathnam == 0", "none of these calls has an argument \"pathnam\" (column 15): did you mean $arg.pathname?", RULE_STOPS },
		{ "read,openat if $arg.zzzzzzzz", "none of these calls has an argument \"zzzzzzzz\" (column 21)", RULE_STOPS },
		{ "read if $arg[6] == 1", "no call has an argument $arg[6] (column 9): they are numbered from 0 to 5", RULE_STOPS },
		{ "read @entry if $result < 0", "$result and $errno are not known at the entry of a call (column 16): write @return", RULE_STOPS },
		{ "read if $errno", "$result and $errno are not known at the entry of a call (column 9): use the filter syscallReturn",
		  RULE_OF_ENTRY_FILTER },
		{ "read @return", "'@return' is not possible here (column 6): the filter syscallReturn does that", RULE_OF_ENTRY_FILTER },
		{ "read @entry", "'@entry' is not possible here (column 6): the filter syscallEntry does that", RULE_OF_RETURN_FILTER },
		{ "if $errno == ENOENTT", "no error \"ENOENTT\" (column 14): did you mean ENOENT?", RULE_STOPS },
		{ "if $result == -EAGIAN", "neither a constant nor a global name of the program: \"EAGIAN\" (column 16): did you mean EAGAIN?",
		  RULE_STOPS },
		{ "if $syscall == opennat", "no syscall \"opennat\" (column 16): did you mean openat?", RULE_STOPS },
		{ "if $phase == exit", "no phase \"exit\" (column 14): there are entry and return", RULE_STOPS },
		{ "read if $arg.fd = 1", "a condition changes nothing (column 17): == compares", RULE_STOPS },
		{ "read if $arg.fd++", "a condition changes nothing (column 16): == compares", RULE_STOPS },
		{ "open if paht(\"/etc\")", "the program's functions are not called here (column 9): the one function there is is path(\"/etc/*\")",
		  RULE_STOPS },
		{ "open if path(1)", "path takes one pattern in quotes (column 9), such as path(\"/etc/**\")", RULE_STOPS },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = NULL;
		struct error *error = parse(cases[i].text, cases[i].use, &rule);
		if (!error)
			fail_msg("'%s' is taken", cases[i].text);
		assert_int_equal(error->code, ERROR_INVALID);
		assert_string_equal(error->message, cases[i].message);
		error_destroy(error);
	}
}

static void a_list_keeps_columns_and_counts(void **state)
{
	(void)state;
	struct rule_list first = { 0 }, second = { 0 };
	assert_null(rule_list_parse("read #3; write if path(\"/a;b\") ;", RULE_STOPS, NULL, &first));
	assert_int_equal(first.count, 2);
	first.items[0]->count = 2;
	struct error *error = rule_list_parse("read; wirte", RULE_STOPS, NULL, &second);
	assert_non_null(error);
	assert_string_equal(error->message, "no syscall 'wirte' (column 7): did you mean 'write'?");
	error_destroy(error);
	assert_int_equal(second.count, 0);
	assert_null(rule_list_parse("close; read #3 ", RULE_STOPS, NULL, &second));
	rule_list_replace(&first, &second);
	assert_int_equal(first.count, 2);
	assert_int_equal(first.items[0]->count, 0);
	rule_list_deinit(&first);
	rule_list_deinit(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(mistakes_name_column_cause_and_cure),
		cmocka_unit_test(a_list_keeps_columns_and_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

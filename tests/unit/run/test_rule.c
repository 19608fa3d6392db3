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

static void injections_say_what_and_when(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct injection wanted;
		const char *due;   // of the first ten calls
	} cases[] = {
		{ "read:error=ENOENT", { .parts = INJECT_ERROR, .result = -2 }, "1111111111" },
		{ "read:error=eagain", { .parts = INJECT_ERROR, .result = -11 }, "1111111111" },
		{ "read:error=EWOULDBLOCK", { .parts = INJECT_ERROR, .result = -11 }, "1111111111" },
		{ "read:error=4095:when=3", { .parts = INJECT_ERROR | INJECT_WHEN, .result = -4095 }, "0010000000" },
		{ ":retval=0x7f00000000000000:when=3+", { .parts = INJECT_RETVAL | INJECT_WHEN, .result = 0x7f00000000000000 }, "0011111111" },
		{ "read , write :retval=-4096:when=2..4", { .parts = INJECT_RETVAL | INJECT_WHEN, .result = -4096 }, "0111000000" },
		{ "%file:retval=0:when=2..8+3", { .parts = INJECT_RETVAL | INJECT_WHEN }, "0100100100" },
		{ "read:when=1+2:signal=USR1", { .parts = INJECT_SIGNAL | INJECT_WHEN, .signo = 10 }, "1010101010" },
		{ "read:signal=64:when=2..4+", { .parts = INJECT_SIGNAL | INJECT_WHEN, .signo = 64 }, "0111000000" },
		{ "read:signal=SIGRTMIN+1", { .parts = INJECT_SIGNAL, .signo = 35 }, "1111111111" },
		{ "read:delay_enter=500:delay_exit=1.5ms",
		  { .parts = INJECT_DELAY_ENTER | INJECT_DELAY_EXIT, .delay_enter_us = 500, .delay_exit_us = 1500 }, "1111111111" },
		{ "read:delay_enter=2s:delay_exit=1ns if $arg.fd == 3",
		  { .parts = INJECT_DELAY_ENTER | INJECT_DELAY_EXIT, .delay_enter_us = 2000000, .delay_exit_us = 1 }, "1111111111" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = NULL;
		struct error *error = parse(cases[i].text, RULE_INJECTS, &rule);
		if (error)
			fail_msg("'%s': %s", cases[i].text, error->message);
		const struct injection *got = rule->injection, *wanted = &cases[i].wanted;
		if (got->parts != wanted->parts || got->result != wanted->result || got->signo != wanted->signo ||
		    got->delay_enter_us != wanted->delay_enter_us || got->delay_exit_us != wanted->delay_exit_us || rule->phases != RULE_ENTRY)
			fail_msg("'%s': parts %u, result %ld, signal %d, delays %lu and %lu", cases[i].text, got->parts, (long)got->result, got->signo,
				 (unsigned long)got->delay_enter_us, (unsigned long)got->delay_exit_us);
		for (unsigned call = 1; call <= 10; call++)
			if (injection_is_due(got, call) != (cases[i].due[call - 1] == '1'))
				fail_msg("'%s': call %u", cases[i].text, call);
		rule_destroy(rule);
	}
}

static void mistakes_in_injections_name_column_cause_and_cure(void **state)
{
	(void)state;
	static const char nothing[] = "what is to be done to the calls is missing (column 5): add :error=ERRNO, :retval=VALUE, :signal=SIGNAL, "
				      ":delay_enter=US or :delay_exit=US behind their names";
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "read", nothing },
		{ "read:when=2", nothing },
		{ "raed:error=EIO", "no syscall 'raed' (column 1): did you mean 'read'?" },
		{ "read:error=EOI", "'EOI' (column 12) is no error: did you mean EIO?" },
		{ "read:error=E_QQQQQQQQQ", "'E_QQQQQQQQQ' (column 12) is no error: write a name, such as ENOENT, or a number from 1 to 4095" },
		{ "read:error=0", "'0' (column 12) is no error: write a name, such as ENOENT, or a number from 1 to 4095" },
		{ "read:error=4096", "'4096' (column 12) is no error: write a name, such as ENOENT, or a number from 1 to 4095" },
		{ "read:error=", "the value of error= is missing (column 6)" },
		{ "read:error", "the value of error= is missing (column 6)" },
		{ "read:erorr=EIO", "nothing is called 'erorr=' (column 6): did you mean error=?" },
		{ "read:", "nothing is called '=' (column 6): there are error=, retval=, signal=, delay_enter=, delay_exit= and when=" },
		{ "read:poke_enter=@arg1=00",
		  "nothing is called 'poke_enter=' (column 6): there are error=, retval=, signal=, delay_enter=, delay_exit= and when=" },
		{ "read:error=EIO:error=EIO", "a second error= (column 16): write a rule for each" },
		{ "read:error=EIO:retval=0", "retval= (column 16) beside error=: a call fails or returns a value, so keep one of them" },
		{ "read:retval=0:error=EIO", "error= (column 15) beside retval=: a call fails or returns a value, so keep one of them" },
		{ "read:retval=-5", "'-5' (column 13) is how the kernel says EIO: write error=EIO" },
		{ "read:retval=x", "'x' (column 13) is no result: write a number, such as 0 or 0x7f00" },
		{ "read:retval=99999999999999999999", "'99999999999999999999' (column 13) is no result: write a number, such as 0 or 0x7f00" },
		{ "read:signal=SIGURS1", "'SIGURS1' (column 13) is no signal: did you mean SIGUSR1?" },
		{ "read:signal=65", "'65' (column 13) is no signal: write a name, such as SIGUSR1, or a number from 1 to 64" },
		{ "read:delay_enter=1h",
		  "'1h' (column 18) is no delay: write microseconds, such as 500, or a number with its unit: 20ms, 1.5s, 10us, 100ns" },
		{ "read:delay_exit=.",
		  "'.' (column 17) is no delay: write microseconds, such as 500, or a number with its unit: 20ms, 1.5s, 10us, 100ns" },
		{ "read:delay_exit=1000000000s", "'1000000000s' (column 17) is too long a delay: a week is the most" },
		{ "read:error=EIO:when=0", "'0' (column 21) names no occurrences: they are counted from 1, and a step is 1 at least" },
		{ "read:error=EIO:when=1+0", "'1+0' (column 21) names no occurrences: they are counted from 1, and a step is 1 at least" },
		{ "read:error=EIO:when=3..2", "'3..2' (column 21) names no occurrences: the last (2) comes before the first (3)" },
		{ "read:error=EIO:when=3..", "'3..' (column 21) names no occurrences: write FIRST[..LAST][+[STEP]], such as 3, 2+, 1..4 or 1+2" },
		{ "read:error=EIO:when=+2", "'+2' (column 21) names no occurrences: write FIRST[..LAST][+[STEP]], such as 3, 2+, 1..4 or 1+2" },
		{ "read:error=EIO:when=2 #3", "'#3' beside when= (column 23): both say which calls, so keep one of them" },
		{ "read:error=EIO write", "'write' is not expected here (column 16): a rule is [SET]:WHAT=VALUE[:WHAT=VALUE ...] [if EXPRESSION]" },
		{ "read:error=EIO @return", "'@return' is not possible here (column 16): what is done to a call is decided at its entry" },
		{ "read:error=EIO if $result", "$result and $errno are not known at the entry of a call (column 19): what is done to a call is decided before" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = NULL;
		struct error *error = parse(cases[i].text, RULE_INJECTS, &rule);
		if (!error)
			fail_msg("'%s' is taken", cases[i].text);
		assert_string_equal(error->message, cases[i].message);
		assert_int_equal(error->code, ERROR_INVALID);
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
		cmocka_unit_test(injections_say_what_and_when),
		cmocka_unit_test(mistakes_in_injections_name_column_cause_and_cure),
		cmocka_unit_test(a_list_keeps_columns_and_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/syscalls/syscall.h"

static bool has(const char *text, const char *name)
{
	struct syscall_set set;
	_cleanup_error_ struct error *error = syscall_set_parse(text, &set);
	assert_null(error);
	return syscall_set_has(&set, SYSCALL_ABI_X86_64, (uint64_t)syscall_number(SYSCALL_ABI_X86_64, name));
}

static void elements_add_and_remove(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
		bool is_in;
	} cases[] = {
		{ "", "read", true }, { "  ", "read", true }, { "all", "read", true }, { "none", "read", false }, { "read", "read", true },
		{ "read", "write", false }, { " read , write ", "write", true }, { "0", "read", true }, { "0x1", "write", true },
		{ "!read", "read", false }, { "!read", "write", true }, { "! read", "write", true }, { "%file", "openat", true },
		{ "%file", "read", false }, { "%desc,!read", "read", false }, { "%desc,!read", "write", true }, { "!%network", "socket", false },
		{ "!%network", "read", true }, { "%process", "execve", true }, { "%signal", "kill", true }, { "%memory", "mmap", true },
		{ "%ipc", "shmget", true }, { "%creds", "setuid", true }, { "%clock", "clock_gettime", true }, { "%pure", "getpid", true },
		{ "%stat", "stat", true }, { "%stat", "lstat", false }, { "%%stat", "lstat", true }, { "%lstat", "lstat", true },
		{ "%fstat", "newfstatat", true }, { "%statfs", "statfs", true }, { "/^open", "openat2", true }, { "/^open", "read", false },
		{ "none,read", "read", true }, { "read,none", "read", false }, { "471", "rseq_slice_yield", true },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (has(cases[i].text, cases[i].name) != cases[i].is_in)
			fail_msg("'%s' and %s", cases[i].text, cases[i].name);
}

static void mistakes_point_at_the_column(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "opennat", "no syscall 'opennat' (column 1): did you mean 'openat'?" },
		{ "read, wrte", "no syscall 'wrte' (column 7): did you mean 'write'?" },
		{ "read,!clsoe", "no syscall 'clsoe' (column 7): did you mean 'close'?" },
		{ "%netwrok", "no group of syscalls '%netwrok' (column 1): did you mean '%network'?" },
		{ "zzzzzzzzzz", "no syscall 'zzzzzzzzzz' (column 1)" },
		{ "read,,write", "a syscall's name is missing (column 6)" },
		{ "read,", "a syscall's name is missing (column 6)" },
		{ "!", "a syscall's name is missing (column 2)" },
		{ "5000", "syscall number 5000 is out of range (column 1): the greatest is 1023" },
		{ "12x", "'12x' is not a number (column 1)" },
		{ "read,/(", "'/(' is not a regular expression (column 6)" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct syscall_set set;
		_cleanup_error_ struct error *error = syscall_set_parse(cases[i].text, &set);
		assert_non_null(error);
		assert_int_equal(error->code, ERROR_INVALID);
		assert_string_equal(error->message, cases[i].message);
	}
}

static void other_abis_belong_by_name(void **state)
{
	(void)state;
	struct syscall_set set;
	assert_null(syscall_set_parse("open", &set));
	assert_true(syscall_set_has(&set, SYSCALL_ABI_I386, 5));
	assert_false(syscall_set_has(&set, SYSCALL_ABI_I386, 3));
	assert_false(syscall_set_has(&set, SYSCALL_ABI_X86_64, 100000));
	assert_false(syscall_set_is_empty(&set));
	assert_null(syscall_set_parse("", &set));
	assert_true(syscall_set_has(&set, SYSCALL_ABI_I386, 3));
	assert_true(syscall_set_has(&set, SYSCALL_ABI_X86_64, 100000));
	assert_null(syscall_set_parse("!open", &set));
	assert_false(syscall_set_has(&set, SYSCALL_ABI_I386, 5));
	assert_null(syscall_set_parse("none", &set));
	assert_true(syscall_set_is_empty(&set));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_add_and_remove), cmocka_unit_test(mistakes_point_at_the_column), cmocka_unit_test(other_abis_belong_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

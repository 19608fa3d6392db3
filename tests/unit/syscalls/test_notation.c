// What somebody writes for a value becomes an expression of numbers, or text.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/syscalls/notation.h"
#include "tests/unit/syscalls/fixture.h"

static const struct syscall_value *argument(struct fixture *fixture, struct arena *arena, const char *call, unsigned index, uint64_t word)
{
	struct syscall_event event = { .phase = SYSCALL_ENTRY, .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, call) };
	event.arguments[index] = word;
	return syscall_argument_value(&event, index, &fixture->context, arena);
}

static void words_become_numbers(void **state)
{
	static const struct {
		const char *call;
		unsigned index;
		const char *text, *expression;
	} cases[] = {
		{ "openat", 0, "AT_FDCWD</tmp>", "0xffffffffffffff9c" },
		{ "close", 0, "3</etc/hosts>", "3" },
		{ "close", 0, "fd + 1", "fd + 1" },
		{ "openat", 2, "O_RDONLY|O_CLOEXEC", "0x0|0x80000" },
		{ "openat", 2, "~O_CLOEXEC & 0xO", "~0x80000 & 0xO" },
		{ "openat", 2, "O_RDONLY | 0x40000000 /* O_??? */", "0x0 | 0x40000000 " },
		{ "openat", 2, "O_CLOEXECS", "O_CLOEXECS" },
		{ "openat", 3, "0644", "0644" },
		{ "mknod", 1, "S_IFCHR|0600", "0x2000|0600" },
		{ "mknod", 2, "makedev(0x8, 1)", "0x801" },
		{ "mknod", 2, "makedev(8)", "makedev(8)" },
		{ "kill", 1, "SIGTERM", "0xf" },
		{ "kill", 1, "SIGRT_3", "0x23" },
		{ "clone", 0, "CLONE_VM|SIGCHLD", "0x100|0x11" },
		{ "openat", 1, "NULL", "0x0" },
		{ "close", 0, "110 => 16", "16" },
	};
	struct arena *arena = arena_create();
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str expression = STR_INIT;
		notation_expression(argument(&fixture, arena, cases[i].call, cases[i].index, 1), cases[i].text, &expression);
		assert_string_equal(str_text(&expression), cases[i].expression);
	}
	fixture_deinit(&fixture);
	arena_destroy(arena);
}

static void results_become_numbers(void **state)
{
	static const struct {
		const char *text, *expression;
	} cases[] = {
		{ "ENOENT", "-2" }, { "-ENOENT", "-2" }, { "-1 ENOENT (No such file or directory)", "-2" }, { "EWOULDBLOCK", "-11" },
		{ "ERESTARTSYS", "ERESTARTSYS" }, { "ENOENTS", "ENOENTS" }, { "7</x>", "7" }, { "1 (in [3])", "1" }, { "-5", "-5" }, { "EXIT + 1", "EXIT + 1" },
	};
	struct syscall_event event = { .phase = SYSCALL_RETURN, .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, "openat") };
	struct arena *arena = arena_create();
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	const struct syscall_value *value = syscall_result_value(&event, &fixture.context, arena);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str expression = STR_INIT;
		notation_result(value, cases[i].text, &expression);
		assert_string_equal(str_text(&expression), cases[i].expression);
	}
	fixture_deinit(&fixture);
	arena_destroy(arena);
}

static const struct syscall_value *part(const struct syscall_value *parent, const char *name)
{
	for (const struct syscall_value *at = parent->children; at; at = at->next)
		if (str_equal(at->name, name))
			return at;
	fail_msg("no part %s", name);
	return NULL;
}

static void an_address_is_written_as_people_do(void **state)
{
	static const uint8_t address[16] = { 2, 0, 0, 80, 127, 0, 0, 1 };
	static const struct {
		const char *name, *text, *expression;
	} cases[] = {
		{ "sin_port", "htons(8080)", "0x901f" }, { "sin_port", "8080", "0x901f" },
		{ "sin_addr", "inet_addr(\"10.0.0.1\")", "0x100000a" }, { "sin_addr", "10.0.0.1", "0x100000a" },
		{ "sin_addr", "0x7f", "0x7f" }, { "sa_family", "AF_INET6", "0xa" },
	};
	struct arena *arena = arena_create();
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	struct syscall_event event = { .phase = SYSCALL_ENTRY, .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, "connect"),
				       .arguments = { 3, fixture_put(&fixture, 0, address, sizeof(address)), sizeof(address) } };
	const struct syscall_value *value = syscall_argument_value(&event, 1, &fixture.context, arena);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str expression = STR_INIT;
		notation_expression(part(value, cases[i].name), cases[i].text, &expression);
		assert_string_equal(str_text(&expression), cases[i].expression);
	}
	fixture_deinit(&fixture);
	arena_destroy(arena);
}

static void one_bit_changes_and_no_other(void **state)
{
	struct arena *arena = arena_create();
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	const struct syscall_value *flags = argument(&fixture, arena, "openat", 2, 0x80001);
	assert_int_equal(notation_with_bit(flags, part(flags, "O_CLOEXEC"), 0x80001, false), 1);
	assert_int_equal(notation_with_bit(flags, part(flags, "O_APPEND"), 0x80001, true), 0x80401);
	assert_int_equal(notation_with_bit(flags, part(flags, "O_WRONLY"), 0x80001, false), 0x80000);
	assert_int_equal(notation_with_bit(flags, part(flags, "O_WRONLY"), 0x80002, true), 0x80001);
	const struct syscall_value *mode = argument(&fixture, arena, "mknod", 1, 0100644);
	assert_int_equal(notation_with_bit(mode, part(mode, "S_IFCHR"), 0100644, true), 0020644);
	fixture_deinit(&fixture);
	arena_destroy(arena);
}

// Words in memory are as large as the ABI has them: writing one must not touch its neighbour.
static void words_in_memory_have_their_size(void **state)
{
	static const uint32_t vector[2] = { BASE + 64, 4 };
	struct arena *arena = arena_create();
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	struct syscall_event event = { .phase = SYSCALL_ENTRY, .abi = SYSCALL_ABI_I386,
				       .number = (uint64_t)syscall_number(SYSCALL_ABI_I386, "writev"),
				       .arguments = { 1, fixture_put(&fixture, 0, vector, sizeof(vector)), 1 } };
	const struct syscall_value *one = part(syscall_argument_value(&event, 1, &fixture.context, arena), "[0]");
	assert_int_equal(part(one, "iov_base")->size, 4);
	assert_int_equal(part(one, "iov_len")->size, 4);
	assert_int_equal(part(one, "iov_len")->address, BASE + 4);
	uint64_t list[2] = { fixture_put_text(&fixture, 256, "name"), 0 };
	struct syscall_event exec = { .phase = SYSCALL_ENTRY, .number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, "execve"),
				      .arguments = { BASE + 256, fixture_put(&fixture, 128, list, sizeof(list)) } };
	assert_int_equal(part(syscall_argument_value(&exec, 1, &fixture.context, arena), "[0]")->size, 8);
	fixture_deinit(&fixture);
	arena_destroy(arena);
}

static void text_is_unquoted(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t length;
	} good[] = {
		{ "\"a\\tb\\\\\\\"\\x41\\1012\"", "a\tb\\\"AA2", 8 }, { "\"\"", "", 0 }, { " \"\\0x\" ", "\0x", 2 }, { "/etc/x y", "/etc/x y", 8 },
		{ "@\"name\"", "\0name", 5 },
	};
	static const char *const bad[] = { "\"a", "\"a\\", "\"\\q\"", "\"a\"...", "\"a\" b", "\"\\xg\"" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_str_ struct str bytes = STR_INIT;
		assert_true(notation_is_text(good[i].text));
		assert_null(notation_parse_text(good[i].text, &bytes));
		assert_int_equal(bytes.length, good[i].length);
		assert_memory_equal(str_text(&bytes), good[i].bytes, good[i].length);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_str_ struct str bytes = STR_INIT;
		struct error *error = notation_parse_text(bad[i], &bytes);
		assert_non_null(error);
		assert_non_null(strstr(error->message, "column"));
		error_destroy(error);
	}
	assert_false(notation_is_text("buffer + 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_numbers),
		cmocka_unit_test(results_become_numbers),
		cmocka_unit_test(an_address_is_written_as_people_do),
		cmocka_unit_test(one_bit_changes_and_no_other),
		cmocka_unit_test(words_in_memory_have_their_size),
		cmocka_unit_test(text_is_unquoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

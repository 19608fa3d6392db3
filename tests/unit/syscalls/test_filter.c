// The filter's program, run by hand for every number and ABI: it stops what the set has, and little else.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "engine/syscalls/filter.h"

struct run {
	uint32_t result;
	unsigned steps;
	bool looks_at_arguments;
};

static bool jumps(const struct sock_filter *at, uint32_t a)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ: return a == at->k;
	case BPF_JGT: return a > at->k;
	case BPF_JGE: return a >= at->k;
	case BPF_JSET: return a & at->k;
	default: fail_msg("jump 0x%x", at->code);
	}
	return false;
}

// What the kernel does with the instructions that such programs are made of.
static struct run run(const struct str *program, const struct seccomp_data *data)
{
	const struct sock_filter *all = (const void *)program->data;
	struct run run = { 0 };
	uint32_t a = 0;
	for (const struct sock_filter *at = all;; at++, run.steps++) {
		assert_true((size_t)(at - all) < program->length / sizeof(*all));
		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			assert_int_equal(at->code, BPF_LD | BPF_W | BPF_ABS);
			memcpy(&a, (const char *)data + at->k, sizeof(a));
			run.looks_at_arguments |= at->k >= offsetof(struct seccomp_data, instruction_pointer);
			break;
		case BPF_ALU: a &= at->k; break;
		case BPF_JMP: at += BPF_OP(at->code) == BPF_JA ? at->k : jumps(at, a) ? at->jt : at->jf; break;
		case BPF_RET: run.result = at->k; return run;
		default: fail_msg("instruction 0x%x", at->code);
		}
	}
}

static bool stops(const struct str *program, uint32_t arch, int number, uint64_t argument, struct run *run_ret)
{
	struct seccomp_data data = { .arch = arch, .nr = number, .args = { argument } };
	*run_ret = run(program, &data);
	if (run_ret->result == SECCOMP_RET_ALLOW)
		return false;
	assert_int_equal(run_ret->result, SECCOMP_RET_TRACE | SYSCALL_FILTER_DATA);
	return true;
}

static bool is_always_seen(int number)
{
	return number == SYS_seccomp || number == SYS_sched_getaffinity || number == SYS_sched_setaffinity;
}

static void build(const char *text, struct syscall_set *set, struct str *program)
{
	struct error *error = syscall_set_parse(text, set);
	assert_null(error);
	error = syscall_filter_build(set, program);
	if (error)
		fail_msg("'%s': %s", text, error->message);
}

static void check_set(const char *text)
{
	struct syscall_set set;
	_cleanup_str_ struct str program = STR_INIT;
	struct run run;
	build(text, &set, &program);
	for (int number = 0; number < 2000; number++) {
		bool is_wanted = is_always_seen(number) || syscall_set_has(&set, SYSCALL_ABI_X86_64, (uint64_t)number);
		bool is_prctl = number == SYS_prctl && set.has_others;   // always
		if (stops(&program, AUDIT_ARCH_X86_64, number, 0, &run) != (is_wanted || is_prctl))
			fail_msg("'%s': call %d", text, number);
		if (run.looks_at_arguments && number != SYS_prctl)
			fail_msg("'%s': call %d is decided on its arguments: not to be remembered by the kernel", text, number);
		if (run.steps > 30)
			fail_msg("'%s': call %d takes %u instructions", text, number, run.steps);
	}
	assert_true(stops(&program, AUDIT_ARCH_X86_64, SYS_prctl, PR_SET_SECCOMP, &run));
	assert_true(stops(&program, AUDIT_ARCH_I386, 20, 0, &run));
	assert_true(stops(&program, AUDIT_ARCH_X86_64, 0x40000000 + 39, 0, &run));
}

static void stops_what_the_set_has(void **state)
{
	static const char *const sets[] = { "openat", "read,write,%network", "%file", "!futex", "!futex,prctl", "!prctl", "prctl", "%desc,!close", "900",
					    "/.", "seccomp", "read,sched_getaffinity" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		check_set(sets[i]);
}

static void names_what_installs_a_filter(void **state)
{
	static const struct {
		enum syscall_abi abi;
		uint64_t number, argument;
		bool is_so;
	} cases[] = {
		{ SYSCALL_ABI_X86_64, SYS_seccomp, 0, true }, { SYSCALL_ABI_X86_64, SYS_prctl, PR_SET_SECCOMP, true },
		{ SYSCALL_ABI_X86_64, SYS_prctl, PR_SET_NAME, false }, { SYSCALL_ABI_X86_64, SYS_read, PR_SET_SECCOMP, false },
		{ SYSCALL_ABI_I386, 354, 0, true }, { SYSCALL_ABI_I386, 172, PR_SET_SECCOMP, true }, { SYSCALL_ABI_I386, SYS_prctl, PR_SET_SECCOMP, false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct syscall_event event = { .abi = cases[i].abi, .number = cases[i].number, .arguments = { cases[i].argument } };
		assert_int_equal(syscall_installs_filter(&event), cases[i].is_so);
	}
}

static void sets_are_compared(void **state)
{
	struct syscall_set few, more, most, all;
	(void)state;
	assert_null(syscall_set_parse("read,write", &few));
	assert_null(syscall_set_parse("%desc", &more));
	assert_null(syscall_set_parse("!read", &most));
	assert_null(syscall_set_parse("", &all));
	assert_true(syscall_set_covers(&more, &few));
	assert_false(syscall_set_covers(&few, &more));
	assert_false(syscall_set_covers(&most, &few));
	assert_true(syscall_set_covers(&all, &most));
	assert_false(syscall_set_is_full(&most));
	assert_true(syscall_set_is_full(&all));
	syscall_set_add(&most, &few);
	assert_true(syscall_set_is_full(&most));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_what_the_set_has),
		cmocka_unit_test(names_what_installs_a_filter),
		cmocka_unit_test(sets_are_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

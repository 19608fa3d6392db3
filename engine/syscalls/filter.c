#include "engine/syscalls/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint32_t to_tracer = SCMP_ACT_TRACE(SYSCALL_FILTER_DATA);

static const unsigned always[] = { SYS_seccomp, SYS_sched_setaffinity, SYS_sched_getaffinity };

static bool has(const struct syscall_set *set, unsigned number)
{
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (always[i] == number)
			return true;
	return syscall_set_has(set, SYSCALL_ABI_X86_64, number);
}

// prctl (2) is called for much, and one option of it, an int, for a filter.
static int add_prctl(scmp_filter_ctx context, const struct syscall_set *set)
{
	if (set->has_others)
		return 0;
	if (has(set, SYS_prctl))
		return seccomp_rule_add_exact(context, to_tracer, SYS_prctl, 0);
	return seccomp_rule_add_exact(context, to_tracer, SYS_prctl, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, PR_SET_SECCOMP));
}

// The rules are what departs from the default, which is what becomes of numbers beyond the set's.
static int add_rules(scmp_filter_ctx context, const struct syscall_set *set)
{
	uint32_t action = set->has_others ? SCMP_ACT_ALLOW : to_tracer;
	int result = add_prctl(context, set);
	for (unsigned number = 0; !result && number < SYSCALL_SET_SIZE; number++)
		if (number != SYS_prctl && has(set, number) != set->has_others)
			result = seccomp_rule_add_exact(context, action, (int)number, 0);
	return result;
}

static int export_program(scmp_filter_ctx context, struct str *program)
{
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	char bytes[4096];
	int result = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
	if (result)
		return result;
	lseek(fd, 0, SEEK_SET);
	for (ssize_t count; (count = read(fd, bytes, sizeof(bytes))) > 0;)
		str_append(program, bytes, (size_t)count);
	return 0;
}

// The compared number is found by halving: what is chosen passes some nine instructions of a large set.
static int set_attributes(scmp_filter_ctx context)
{
	int result = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, to_tracer);
#if SCMP_VER_MAJOR > 2 || (SCMP_VER_MAJOR == 2 && SCMP_VER_MINOR >= 5)
	if (!result)
		result = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#endif
	return result;
}

struct error *syscall_filter_build(const struct syscall_set *set, struct str *program)
{
	scmp_filter_ctx context = seccomp_init(set->has_others ? to_tracer : SCMP_ACT_ALLOW);
	int result = context ? set_attributes(context) : -ENOMEM;
	if (!result)
		result = add_rules(context, set);
	if (!result)
		result = export_program(context, program);
	seccomp_release(context);
	return result ? error_system(-result, "making a filter of syscalls") : NULL;
}

bool syscall_installs_filter(const struct syscall_event *event)
{
	if (event->abi == SYSCALL_ABI_X86_64 && event->number != SYS_seccomp && event->number != SYS_prctl)
		return false;
	const char *name = syscall_name(event->abi, event->number);
	return str_equal(name, "seccomp") || (str_equal(name, "prctl") && (int)event->arguments[0] == PR_SET_SECCOMP);
}

bool syscall_set_is_full(const struct syscall_set *set)
{
	static const struct syscall_set nothing = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		if (set->bits[i] != ~nothing.bits[i])
			return false;
	return set->has_others;
}

bool syscall_set_covers(const struct syscall_set *set, const struct syscall_set *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		if (other->bits[i] & ~set->bits[i])
			return false;
	return set->has_others || !other->has_others;
}

void syscall_set_add(struct syscall_set *set, const struct syscall_set *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] |= other->bits[i];
	set->has_others = set->has_others || other->has_others;
}

// Names and numbers of the three ABIs. The x86-64 table is ours (newer than libseccomp's); the other two are libseccomp's.
#include "engine/syscalls/table.h"

#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>

#include "base/map.h"

enum { X32_BIT = 0x40000000, NAMES_CACHED = 1024, NAMES_UNKNOWN_MAX = 4096 };

static uint32_t seccomp_arch(enum syscall_abi abi)
{
	return abi == SYSCALL_ABI_I386 ? SCMP_ARCH_X86 : abi == SYSCALL_ABI_X32 ? SCMP_ARCH_X32 : SCMP_ARCH_X86_64;
}

// A debuggee may call any number: names are kept, since they are valid for ever, but not without a bound.
static const char *unknown_name(uint64_t number)
{
	static struct map names = MAP_INIT;
	char *name = map_get(&names, number);
	if (name)
		return name;
	if (names.count >= NAMES_UNKNOWN_MAX)
		return "syscall_unknown";
	name = xasprintf("syscall_0x%" PRIx64, number);
	map_set(&names, number, name);
	return name;
}

static const char *foreign_name(enum syscall_abi abi, uint64_t number)
{
	static char *cache[3][NAMES_CACHED];
	if (number >= NAMES_CACHED)
		return unknown_name(number);
	char **slot = &cache[abi][number];
	if (!*slot) {
		int wanted = (int)number | (abi == SYSCALL_ABI_X32 ? X32_BIT : 0);
		*slot = seccomp_syscall_resolve_num_arch(seccomp_arch(abi), wanted);
	}
	return *slot ? *slot : unknown_name(number);
}

const char *syscall_name(enum syscall_abi abi, uint64_t number)
{
	if (abi != SYSCALL_ABI_X86_64)
		return abi == SYSCALL_ABI_I386 || abi == SYSCALL_ABI_X32 ? foreign_name(abi, number) : unknown_name(number);
	const struct syscall_row *row = syscall_row_by_number(number);
	return row ? row->name : unknown_name(number);
}

int syscall_number(enum syscall_abi abi, const char *name)
{
	if (abi == SYSCALL_ABI_X86_64) {
		const struct syscall_row *row = syscall_row_by_name(name);
		return row ? row->number : -1;
	}
	int number = seccomp_syscall_resolve_name_arch(seccomp_arch(abi), name);
	if (number < 0)
		return -1;
	return abi == SYSCALL_ABI_X32 ? number & ~X32_BIT : number;
}

bool abi_arguments_differ(enum syscall_abi abi, const char *name)
{
	// 64-bit offsets take two registers, old calls take a struct, clone has tls before child_tid.
	static const char *const differ[] = {
		"mmap", "select", "pread64", "pwrite64", "readahead", "fadvise64", "sync_file_range", "fallocate", "fanotify_mark",
		"lookup_dcookie", "clone", "truncate64", "ftruncate64", "preadv", "pwritev", "preadv2", "pwritev2", "rt_sigreturn",
	};
	if (abi != SYSCALL_ABI_I386)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(differ); i++)
		if (str_equal(differ[i], name))
			return true;
	return false;
}

const char *syscall_argument_register(enum syscall_abi abi, unsigned index)
{
	static const char *const amd64[] = { "rdi", "rsi", "rdx", "r10", "r8", "r9" };
	static const char *const i386[] = { "ebx", "ecx", "edx", "esi", "edi", "ebp" };
	if (index >= SYSCALL_ARGUMENT_MAX)
		return "?";
	return abi == SYSCALL_ABI_I386 ? i386[index] : amd64[index];
}

bool syscall_returns(const struct syscall_event *event)
{
	const char *name = syscall_name(event->abi, event->number);
	if (str_equal(name, "exit") || str_equal(name, "exit_group") || str_equal(name, "rt_sigreturn") || str_equal(name, "sigreturn"))
		return false;
	bool is_exec = str_equal(name, "execve") || str_equal(name, "execveat");
	return !(is_exec && event->phase == SYSCALL_RETURN && !event->is_error);
}

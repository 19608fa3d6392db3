// Names, numbers and registers of the three ABIs: x86_64.def, i386.def, x32.def.
#include "engine/syscalls/table.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"

enum { NAMES_UNKNOWN_MAX = 4096 };

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

static const struct {
	const char *name, *description, *suffix;
} abis[] = {
	[SYSCALL_ABI_X86_64] = { "x86-64", "x86-64", "" },
	[SYSCALL_ABI_I386] = { "i386", "i386 (int 0x80)", "@32" },
	[SYSCALL_ABI_X32] = { "x32", "x32", "@x32" },
};

const char *syscall_abi_name(enum syscall_abi abi)
{
	return abis[abi].name;
}

const char *syscall_abi_description(enum syscall_abi abi)
{
	return abis[abi].description;
}

const char *syscall_abi_suffix(enum syscall_abi abi)
{
	return abis[abi].suffix;
}

static const struct syscall_row *row_of(enum syscall_abi abi, uint64_t number)
{
	switch (abi) {
	case SYSCALL_ABI_X86_64: return syscall_row_by_number(number);
	case SYSCALL_ABI_I386: return syscall_i386_row(number);
	case SYSCALL_ABI_X32: return syscall_x32_row(number);
	}
	return NULL;
}

const char *syscall_name(enum syscall_abi abi, uint64_t number)
{
	const struct syscall_row *row = row_of(abi, number);
	return row ? row->name : unknown_name(number);
}

const struct syscall_row *syscall_row_of(const struct syscall_event *event)
{
	return row_of(event->abi, event->number);
}

int syscall_number(enum syscall_abi abi, const char *name)
{
	const struct syscall_row *row = abi == SYSCALL_ABI_I386 ? syscall_i386_row_by_name(name) : syscall_row_by_name(name);
	if (!row)
		return -1;
	return abi == SYSCALL_ABI_X32 ? syscall_x32_number(row->number) : row->number;
}

const char *syscall_argument_register(enum syscall_abi abi, unsigned index)
{
	static const char *const amd64[] = { "rdi", "rsi", "rdx", "r10", "r8", "r9" };
	static const char *const i386[] = { "ebx", "ecx", "edx", "esi", "edi", "ebp" };
	if (index >= SYSCALL_ARGUMENT_MAX)
		return "?";
	return abi == SYSCALL_ABI_I386 ? i386[index] : amd64[index];
}

bool syscall_comes_back(const struct syscall_event *event)
{
	const char *name = syscall_name(event->abi, event->number);
	return !str_equal(name, "exit") && !str_equal(name, "exit_group");
}

bool syscall_returns(const struct syscall_event *event)
{
	const char *name = syscall_name(event->abi, event->number);
	if (!syscall_comes_back(event) || str_equal(name, "rt_sigreturn") || str_equal(name, "sigreturn"))
		return false;
	bool is_exec = str_equal(name, "execve") || str_equal(name, "execveat");
	return !(is_exec && event->phase == SYSCALL_RETURN && !event->is_error);
}

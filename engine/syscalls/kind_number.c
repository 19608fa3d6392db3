#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void kind_none(const struct decode *decode, uint64_t value)
{
	(void)value;
	str_char(decode->text, '?');
}

void kind_long(const struct decode *decode, uint64_t value)
{
	if (decode->event->abi == SYSCALL_ABI_I386)
		value = (uint64_t)(int32_t)value;
	str_printf(decode->text, "%" PRId64, (int64_t)value);
}

void kind_int(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "%d", (int)value);
}

void kind_uint(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "%u", (unsigned)value);
}

void kind_ulong(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "%" PRIu64, value);
}

void kind_size(const struct decode *decode, uint64_t value)
{
	kind_ulong(decode, value);
}

void kind_hex(const struct decode *decode, uint64_t value)
{
	if (value)
		str_hex(decode->text, value);
	else
		str_char(decode->text, '0');
}

void kind_hex32(const struct decode *decode, uint64_t value)
{
	kind_hex(decode, (uint32_t)value);
}

void kind_address(const struct decode *decode, uint64_t value)
{
	text_address(decode->text, value);
}

void kind_pid(const struct decode *decode, uint64_t value)
{
	kind_int(decode, value);
}

void kind_uid(const struct decode *decode, uint64_t value)
{
	if ((uint32_t)value == UINT32_MAX)
		str_add(decode->text, "-1");
	else
		kind_uint(decode, value);
}

void kind_mode(const struct decode *decode, uint64_t value)
{
	unsigned mode = (unsigned)value;
	str_printf(decode->text, mode ? "%#03o" : "000", mode);
}

void kind_file_mode(const struct decode *decode, uint64_t value)
{
	static const struct {
		unsigned type;
		const char *name;
	} types[] = {
		{ S_IFREG, "S_IFREG" }, { S_IFSOCK, "S_IFSOCK" }, { S_IFIFO, "S_IFIFO" }, { S_IFLNK, "S_IFLNK" },
		{ S_IFBLK, "S_IFBLK" }, { S_IFDIR, "S_IFDIR" }, { S_IFCHR, "S_IFCHR" },
	};
	unsigned mode = (unsigned)value, rest = mode;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if ((mode & S_IFMT) != types[i].type)
			continue;
		str_printf(decode->text, "%s|", types[i].name);
		rest = mode & ~(unsigned)S_IFMT;
	}
	static const char *const special[] = { "S_ISUID|", "S_ISGID|", "S_ISVTX|" };
	for (unsigned i = 0; i < 3 && rest != mode; i++) {
		if (rest & (04000u >> i))
			str_add(decode->text, special[i]);
		rest &= ~(04000u >> i);
	}
	kind_mode(decode, rest);
}

void kind_dev(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "makedev(%#x, %#x)", major(value), minor(value));
}

void kind_rlim(const struct decode *decode, uint64_t value)
{
	if (value == UINT64_MAX)
		str_add(decode->text, "RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		str_printf(decode->text, "%" PRIu64 "*1024", value / 1024);
	else
		kind_ulong(decode, value);
}

void kind_utime_nsec(const struct decode *decode, uint64_t value)
{
	if (value == 0x3fffffff)
		str_add(decode->text, "UTIME_NOW");
	else if (value == 0x3ffffffe)
		str_add(decode->text, "UTIME_OMIT");
	else
		kind_long(decode, value);
}

void kind_fsid(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "{val=[%#x, %#x]}", (unsigned)value, (unsigned)(value >> 32));
}

void kind_rseq(const struct decode *decode, uint64_t value)
{
	text_address(decode->text, value);
}

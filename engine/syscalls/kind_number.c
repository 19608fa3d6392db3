#include "engine/syscalls/decode.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

void kind_none(const struct decode *decode, uint64_t value)
{
	(void)value;
	str_char(decode->text, '?');
}

void kind_long(const struct decode *decode, uint64_t value)
{
	bool is_word = !decode->argument->size || decode->argument->size == 4;
	if (decode->event->abi == SYSCALL_ABI_I386 && is_word)
		value = (uint64_t)(int32_t)value;
	text_signed(decode->text, (int64_t)value);
}

void kind_int(const struct decode *decode, uint64_t value)
{
	text_signed(decode->text, (int)value);
}

void kind_uint(const struct decode *decode, uint64_t value)
{
	text_unsigned(decode->text, (unsigned)value);
}

void kind_ulong(const struct decode *decode, uint64_t value)
{
	text_unsigned(decode->text, value);
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

void kind_octet(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "%#x", (unsigned)(uint8_t)value);
}

// 64 bits in two registers of a 32-bit program, the low half first.
void kind_pair(const struct decode *decode, uint64_t value)
{
	uint64_t high = decode->index + 1 < SYSCALL_ARGUMENT_MAX ? decode->arguments[decode->index + 1] : 0;
	text_signed(decode->text, (int64_t)((uint32_t)value | high << 32));
}

void kind_address(const struct decode *decode, uint64_t value)
{
	text_address(decode->text, decode->event->abi == SYSCALL_ABI_I386 ? (uint32_t)value : value);
}

void kind_rseq(const struct decode *decode, uint64_t value)
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

void text_mode(struct str *text, uint32_t mode)
{
	str_printf(text, mode ? "%#03o" : "000", mode);
}

void kind_mode(const struct decode *decode, uint64_t value)
{
	text_mode(decode->text, (uint16_t)value);
}

static const struct {
	unsigned type;
	const char *name;
} file_types[] = {
	{ S_IFREG, "S_IFREG" }, { S_IFSOCK, "S_IFSOCK" }, { S_IFIFO, "S_IFIFO" }, { S_IFLNK, "S_IFLNK" },
	{ S_IFBLK, "S_IFBLK" }, { S_IFDIR, "S_IFDIR" }, { S_IFCHR, "S_IFCHR" },
};

void kind_file_mode(const struct decode *decode, uint64_t value)
{
	static const char *const special[] = { "S_ISUID|", "S_ISGID|", "S_ISVTX|" };
	unsigned mode = (uint16_t)value, rest = mode;
	for (size_t i = 0; i < ARRAY_SIZE(file_types); i++) {
		bool is_type = (mode & S_IFMT) == file_types[i].type;
		decode_bit(decode, file_types[i].name, S_IFMT, is_type);
		if (!is_type)
			continue;
		str_add(decode->text, file_types[i].name);
		str_char(decode->text, '|');
		rest = mode & ~(unsigned)S_IFMT;
	}
	for (unsigned i = 0; i < 3 && rest != mode; i++) {
		if (rest & (04000u >> i))
			str_add(decode->text, special[i]);
		rest &= ~(04000u >> i);
	}
	kind_mode(decode, rest);
}

void kind_dev(const struct decode *decode, uint64_t value)
{
	if (!decode->base)   // arguments have 32 bits
		value = (uint32_t)value;
	str_printf(decode->text, "makedev(%#x, %#x)", major(value), minor(value));
}

static bool is_limitless(const struct decode *decode, uint64_t value)
{
	return decode->argument->size == 4 ? (uint32_t)value == UINT32_MAX : value == UINT64_MAX;
}

void kind_rlim(const struct decode *decode, uint64_t value)
{
	if (is_limitless(decode, value))
		str_add(decode->text, decode->argument->size == 4 ? "RLIM_INFINITY" : "RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		str_printf(decode->text, "%" PRIu64 "*1024", value / 1024);
	else
		kind_ulong(decode, value);
}

// "2026-11-28T01:17:16.000004+0000" with `digits` of a fraction that is not zero; empty if there is no such moment.
static void add_moment(struct str *text, int64_t seconds, uint64_t fraction, int digits)
{
	time_t when = (time_t)seconds;
	struct tm moment;
	char words[64], zone[16];
	if (!localtime_r(&when, &moment) || !strftime(words, sizeof(words), "%FT%T", &moment) || !strftime(zone, sizeof(zone), "%z", &moment))
		return;
	str_add(text, words);
	if (fraction)
		str_printf(text, ".%0*u", digits, (unsigned)fraction);
	str_add(text, zone);
}

// As a comment; the beginning of time says nothing.
void text_moment(struct str *text, int64_t seconds, uint64_t fraction, int digits)
{
	if (!seconds && !fraction)
		return;
	size_t start = text->length;
	str_add(text, " /* ");
	size_t words = text->length;
	add_moment(text, seconds, fraction, digits);
	if (text->length > words)
		str_add(text, " */");
	else
		str_truncate(text, start);
}

void kind_result_time(const struct decode *decode, uint64_t value)
{
	text_signed(decode->text, (int64_t)value);
	str_add(decode->text, " (");
	add_moment(decode->text, (int64_t)value, 0, 9);
	str_char(decode->text, ')');
}

// The length, if any, is the field with the nanoseconds.
void kind_time(const struct decode *decode, uint64_t value)
{
	text_signed(decode->text, (int64_t)value);
	uint64_t fraction = decode->argument->length_source == LENGTH_FIELD ? decode_length(decode) : 0;
	text_moment(decode->text, (int64_t)value, fraction < 1000000000 ? fraction : 0, 9);
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

void kind_port(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "htons(%u)", ntohs((uint16_t)value));
}

void kind_big32(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "htonl(%u)", ntohl((uint32_t)value));
}

void kind_inet_address(const struct decode *decode, uint64_t value)
{
	struct in_addr address = { .s_addr = (uint32_t)value };
	char name[INET_ADDRSTRLEN] = "";
	inet_ntop(AF_INET, &address, name, sizeof(name));
	str_printf(decode->text, "inet_addr(\"%s\")", name);
}

enum { CAPABILITY_WORDS = 12, CAPABILITY_VERSION_1 = 0x19980330 };

// The first version has 32 of them; later ones go on in a second struct behind the first: capget (2).
static uint64_t capabilities_high(const struct decode *decode)
{
	uint32_t version = 0, high;
	size_t at = decode->argument->offset + CAPABILITY_WORDS;
	decode_read(decode, decode->arguments[0], &version, sizeof(version));
	if (version == CAPABILITY_VERSION_1 || !decode->base || at + sizeof(high) > decode->base_size)
		return 0;
	memcpy(&high, decode->base + at, sizeof(high));
	return high;
}

// One bit a capability; the names are those of `capability`, whose values are bit numbers.
void kind_capabilities(const struct decode *decode, uint64_t value)
{
	const struct flag_set *set = &flag_sets[FLAGS_capability];
	uint64_t rest = (uint32_t)value | capabilities_high(decode) << 32;
	bool is_first = true;
	for (unsigned i = 0; i < set->count; i++) {
		uint64_t bit = UINT64_C(1) << set->flags[i].value;
		decode_bit(decode, set->flags[i].name, bit, rest & bit);
		if (!(rest & bit))
			continue;
		str_printf(decode->text, "%s1<<%s", is_first ? "" : "|", set->flags[i].name);
		is_first = false;
		rest &= ~bit;
	}
	if (rest || is_first) {
		str_add(decode->text, is_first ? "" : "|");
		kind_hex(decode, rest);
	}
}

// Load averages are fixed-point numbers with 16 binary places.
void kind_loads(const struct decode *decode, uint64_t value)
{
	uint64_t each = 0;
	unsigned size = decode_word_size(decode);
	str_char(decode->text, '[');
	for (unsigned i = 0; i < 3; i++) {
		if (i)
			str_add(decode->text, ", ");
		if (!decode_read_word(decode, value + (uint64_t)i * size, &each)) {
			text_rest(decode->text, value + (uint64_t)i * size);
			break;
		}
		text_unsigned(decode->text, each);
	}
	str_char(decode->text, ']');
}

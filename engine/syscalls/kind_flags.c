#include "engine/syscalls/decode.h"

#include <linux/ioctl.h>
#include <stdio.h>

static const struct flag_set *set_of(const struct decode *decode)
{
	return &flag_sets[decode->argument->detail];
}

// Fields and arguments of at most 32 bits: the high half of the register means nothing.
void kind_flags(const struct decode *decode, uint64_t value)
{
	text_flags(decode->text, set_of(decode), (uint32_t)value);
	decode_flag_parts(decode, set_of(decode), (uint32_t)value);
}

void kind_flags64(const struct decode *decode, uint64_t value)
{
	text_flags(decode->text, set_of(decode), value);
	decode_flag_parts(decode, set_of(decode), value);
}

void kind_choice(const struct decode *decode, uint64_t value)
{
	text_choice(decode->text, set_of(decode), (uint32_t)value);
	decode_flag_parts(decode, set_of(decode), (uint32_t)value);
}

// The low byte of clone's flags is the signal that the child's end sends.
void kind_clone_flags(const struct decode *decode, uint64_t value)
{
	uint64_t flags = value & ~UINT64_C(0xff);
	int signo = (int)(value & 0xff);
	if (flags || !signo)
		text_flags(decode->text, &flag_sets[FLAGS_clone], flags);
	decode_flag_parts(decode, &flag_sets[FLAGS_clone], flags);
	if (!signo)
		return;
	if (flags)
		str_char(decode->text, '|');
	text_signal(decode->text, signo);
}

static const char *result_word(enum flag_set_id id)
{
	return id == FLAGS_fd_flag || id == FLAGS_open_no_mode ? "flags " : id == FLAGS_seal ? "seals " : "";
}

void kind_result_flags(const struct decode *decode, uint64_t value)
{
	const struct flag_set *set = set_of(decode);
	if (!value && set->style == STYLE_BITS) {
		str_char(decode->text, '0');
		return;
	}
	if (value && set->style != STYLE_ENUM)
		str_hex(decode->text, value);
	else
		text_unsigned(decode->text, value);
	str_add(decode->text, " (");
	str_add(decode->text, result_word(decode->argument->detail));
	text_flags(decode->text, set, value);
	str_char(decode->text, ')');
	decode_flag_parts(decode, set, value);
}

static const char *direction_words(unsigned direction)
{
	switch (direction) {
	case _IOC_NONE: return "_IOC_NONE";
	case _IOC_READ: return "_IOC_READ";
	case _IOC_WRITE: return "_IOC_WRITE";
	default: return "_IOC_READ|_IOC_WRITE";
	}
}

// An ioctl's number does not say which driver it is for: all that have this one are named. An unknown one shows how it is composed.
void kind_request(const struct decode *decode, uint64_t value)
{
	unsigned request = (unsigned)value;
	const struct flag_set *set = set_of(decode);
	bool is_first = true;
	for (unsigned i = flag_search(set, request); i < set->count && set->flags[i].value == request; i++) {
		str_add(decode->text, is_first ? "" : " or ");
		str_add(decode->text, set->flags[i].name);
		is_first = false;
	}
	if (!is_first)
		return;
	str_printf(decode->text, "_IOC(%s, %#x, %#x, %#x)", direction_words(_IOC_DIR(request)), _IOC_TYPE(request), _IOC_NR(request),
		   _IOC_SIZE(request));
}

// Flags with permissions in the low bits: "IPC_CREAT|0666".
void kind_ipc_flags(const struct decode *decode, uint64_t value)
{
	uint64_t flags = (uint32_t)value & ~0777u;
	if (flags)
		text_flags(decode->text, set_of(decode), flags);
	decode_flag_parts(decode, set_of(decode), flags);
	if (flags)
		str_char(decode->text, '|');
	text_mode(decode->text, value & 0777);
}

// 0xffffffff asks for the present one.
void kind_persona(const struct decode *decode, uint64_t value)
{
	if ((uint32_t)value == UINT32_MAX)
		str_add(decode->text, "0xffffffff");
	else
		kind_flags(decode, value);
}

enum { CLOCK_FD_BIT = 3, CLOCK_THREAD_BIT = 4 };

// Negative numbers are clocks of processes and of devices: clock_getres (2).
void kind_clock(const struct decode *decode, uint64_t value)
{
	static const char *const kinds[] = { "CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED" };
	int clock = (int)value;
	unsigned kind = clock & 3;
	if (clock >= 0)
		text_choice(decode->text, &flag_sets[FLAGS_clock], (uint32_t)value);
	else if ((clock & 7) == CLOCK_FD_BIT)
		str_printf(decode->text, "FD_TO_CLOCKID(%d)", ~(clock >> 3));
	else if (kind < ARRAY_SIZE(kinds))
		str_printf(decode->text, "%s(%d, %s)", clock & CLOCK_THREAD_BIT ? "MAKE_THREAD_CPUCLOCK" : "MAKE_PROCESS_CPUCLOCK", ~(clock >> 3),
			   kinds[kind]);
	else
		text_choice(decode->text, &flag_sets[FLAGS_clock], (uint32_t)value);
}

enum { IO_CLASS_SHIFT = 13 };

void kind_io_priority(const struct decode *decode, uint64_t value)
{
	static const char *const classes[] = { "IOPRIO_CLASS_NONE", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE" };
	unsigned priority = (unsigned)value, class = priority >> IO_CLASS_SHIFT, level = priority & ((1u << IO_CLASS_SHIFT) - 1);
	bool is_result = str_equal(decode->argument->name, "result");
	if (is_result)
		str_printf(decode->text, "%#x (", priority);
	if (class < ARRAY_SIZE(classes))
		str_printf(decode->text, "IOPRIO_PRIO_VALUE(%s, %u)", classes[class], level);
	else
		str_printf(decode->text, "IOPRIO_PRIO_VALUE(%#x /* IOPRIO_CLASS_??? */, %u)", class, level);
	if (is_result)
		str_char(decode->text, ')');
}

void kind_quota_command(const struct decode *decode, uint64_t value)
{
	str_add(decode->text, "QCMD(");
	text_choice(decode->text, &flag_sets[FLAGS_quota_command], (uint32_t)value >> 8);
	str_add(decode->text, ", ");
	text_choice(decode->text, &flag_sets[FLAGS_quota_type], value & 0xff);
	str_char(decode->text, ')');
}

// "FUTEX_OP_ADD<<28|0x1<<12|FUTEX_OP_CMP_GT<<24|0x1": futex (2), FUTEX_WAKE_OP.
void kind_futex_operation(const struct decode *decode, uint64_t value)
{
	static const char *const compares[] = { "EQ", "NE", "LT", "LE", "GT", "GE" };
	unsigned operation = value >> 28 & 7, compare = value >> 24 & 15;
	if (value >> 28 & 8)
		str_add(decode->text, "FUTEX_OP_OPARG_SHIFT<<28|");
	text_choice(decode->text, &flag_sets[FLAGS_futex_op], operation);
	str_printf(decode->text, "<<28|%#x<<12|", (unsigned)(value >> 12 & 0xfff));
	if (compare < ARRAY_SIZE(compares))
		str_printf(decode->text, "FUTEX_OP_CMP_%s<<24", compares[compare]);
	else
		str_printf(decode->text, "%#x<<24 /* FUTEX_OP_CMP_??? */", compare);
	str_printf(decode->text, "|%#x", (unsigned)(value & 0xfff));
}

// The delays of a terminal's output are choices of one to two bits each: termios (3).
void kind_output_modes(const struct decode *decode, uint64_t value)
{
	static const struct {
		uint16_t mask, unit;
		const char *name;
	} delays[] = { { 0x100, 0x100, "NL" }, { 0x600, 0x200, "CR" }, { 0x1800, 0x800, "TAB" }, { 0x2000, 0x2000, "BS" }, { 0x4000, 0x4000, "VT" }, { 0x8000, 0x8000, "FF" } };
	for (size_t i = 0; i < ARRAY_SIZE(delays); i++)
		str_printf(decode->text, "%s%s%u", i ? "|" : "", delays[i].name, (unsigned)(value & delays[i].mask) / delays[i].unit);
	uint64_t rest = (uint32_t)value & ~UINT64_C(0xff00);
	if (rest) {
		str_char(decode->text, '|');
		text_flags(decode->text, &flag_sets[FLAGS_termios_output], rest);
	}
	decode_flag_parts(decode, &flag_sets[FLAGS_termios_output], rest);
}

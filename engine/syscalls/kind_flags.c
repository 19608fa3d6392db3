#include "engine/syscalls/decode.h"

#include <stdio.h>

static const struct flag_set *set_of(const struct decode *decode)
{
	return &flag_sets[decode->argument->detail];
}

// Fields and arguments of at most 32 bits: the high half of the register means nothing.
void kind_flags(const struct decode *decode, uint64_t value)
{
	text_flags(decode->text, set_of(decode), (uint32_t)value);
}

void kind_flags64(const struct decode *decode, uint64_t value)
{
	text_flags(decode->text, set_of(decode), value);
}

void kind_choice(const struct decode *decode, uint64_t value)
{
	text_choice(decode->text, set_of(decode), (uint32_t)value);
}

// The low byte of clone's flags is the signal that the child's end sends.
void kind_clone_flags(const struct decode *decode, uint64_t value)
{
	uint64_t flags = value & ~UINT64_C(0xff);
	int signo = (int)(value & 0xff);
	if (flags || !signo)
		text_flags(decode->text, &flag_sets[FLAGS_clone], flags);
	if (!signo)
		return;
	if (flags)
		str_char(decode->text, '|');
	text_signal(decode->text, signo);
}

void kind_result_flags(const struct decode *decode, uint64_t value)
{
	const struct flag_set *set = set_of(decode);
	if (!value && set->style == STYLE_BITS) {
		str_char(decode->text, '0');
		return;
	}
	if (value)
		str_hex(decode->text, value);
	else
		str_char(decode->text, '0');
	str_add(decode->text, set->style == STYLE_BITS || set->mask == 3 ? " (flags " : " (");
	text_flags(decode->text, set, value);
	str_char(decode->text, ')');
}

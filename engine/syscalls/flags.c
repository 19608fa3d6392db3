#include "engine/syscalls/decode.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

// clang-format off
#define SET(name, style, mask) static const struct flag items_##name[] = {
#define FLAG(name) { (uint32_t)(name), #name },
#define VALUE(name, value) { (value), #name },
#define END(name, prefix) };
#include "engine/syscalls/flags.def"
#undef SET
#undef FLAG
#undef VALUE
#undef END

const struct flag_set flag_sets[] = {
	[FLAGS_nothing] = { .style = STYLE_BITS, .prefix = "" },
#define SET(name_, style_, mask_) [FLAGS_##name_] = { .style = STYLE_##style_, .mask = (mask_), .flags = items_##name_, .count = ARRAY_SIZE(items_##name_),
#define FLAG(name)
#define VALUE(name, value)
#define END(name, prefix_) .prefix = prefix_ },
#include "engine/syscalls/flags.def"
#undef SET
#undef FLAG
#undef VALUE
#undef END
};
// clang-format on

unsigned flag_search(const struct flag_set *set, uint64_t value)
{
	unsigned low = 0, high = set->count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (set->flags[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && set->flags[low].value == value ? low : set->count;
}

const char *flag_name(const struct flag_set *set, uint64_t value)
{
	if (set->style == STYLE_SORTED) {
		unsigned found = flag_search(set, value);
		return found < set->count ? set->flags[found].name : NULL;
	}
	for (unsigned i = 0; i < set->count; i++)
		if (set->flags[i].value == value)
			return set->flags[i].name;
	return NULL;
}

static void text_unknown(struct str *text, const struct flag_set *set, uint64_t value)
{
	if (value)
		str_hex(text, value);
	else
		str_char(text, '0');
	if (set->prefix[0])
		str_printf(text, " /* %s */", set->prefix);
}

// Appends the names of the bits in *rest, takes them out of it, and answers whether there was any.
static bool add_bits(struct str *text, const struct flag_set *set, uint64_t *rest, bool is_first)
{
	bool has_any = false;
	for (unsigned i = 0; i < set->count; i++) {
		uint64_t bits = set->flags[i].value;
		bool is_of_enum = set->style == STYLE_MIXED && (bits & set->mask) == bits;
		if (!bits || is_of_enum || (*rest & bits) != bits)
			continue;
		if (!is_first || has_any)
			str_char(text, '|');
		str_add(text, set->flags[i].name);
		*rest &= ~bits;
		has_any = true;
	}
	return has_any;
}

static void text_bits(struct str *text, const struct flag_set *set, uint64_t value)
{
	const char *none = value ? NULL : flag_name(set, 0);
	if (!value) {
		str_add(text, none ? none : "0");
		return;
	}
	uint64_t rest = value;
	if (!add_bits(text, set, &rest, true)) {
		text_unknown(text, set, value);
	} else if (rest) {
		str_char(text, '|');
		str_hex(text, rest);
	}
}

// An unknown choice comes last, together with unknown bits.
static void text_mixed(struct str *text, const struct flag_set *set, uint64_t value)
{
	const char *choice = flag_name(set, value & set->mask);
	if (choice)
		str_add(text, choice);
	uint64_t rest = value & ~set->mask;
	bool has_any = add_bits(text, set, &rest, !choice) || choice;
	if (!choice)
		rest |= value & set->mask;
	if (!rest && has_any && choice)
		return;
	if (has_any)
		str_char(text, '|');
	if (choice)
		str_hex(text, rest);
	else
		text_unknown(text, set, rest);
}

void text_choice(struct str *text, const struct flag_set *set, uint64_t value)
{
	if (set->style == STYLE_BITS || set->style == STYLE_MIXED) {
		text_flags(text, set, value);
		return;
	}
	const char *name = flag_name(set, value);
	if (name)
		str_add(text, name);
	else
		text_unknown(text, set, value);
}

void text_flags(struct str *text, const struct flag_set *set, uint64_t value)
{
	if (set->style == STYLE_MIXED)
		text_mixed(text, set, value);
	else if (set->style != STYLE_BITS)
		text_choice(text, set, value);
	else
		text_bits(text, set, value);
}

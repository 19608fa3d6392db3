// The tables of 32-bit programs: i386 (int 0x80) and x32.
#include "engine/syscalls/table.h"

#include <stdio.h>

struct foreign_row {
	const char *like;            // the x86-64 call whose arguments it has; NULL: it has its own
	struct syscall_row row;      // with `like`: number and name alone until it is resolved
};

// clang-format off
#define ARGUMENTS(...) (const struct argument[]){ __VA_ARGS__ }
#define LIKE(number_, name_, like_) { .like = #like_, .row = { .number = (number_), .name = #name_ } },
#define SYSCALL(number_, name_, groups_, result_, ...) { .row = { .number = (number_), .name = #name_, .groups = (groups_), \
	.result = result_, .arguments = ARGUMENTS(__VA_ARGS__), .count = sizeof(ARGUMENTS(__VA_ARGS__)) / sizeof(struct argument) } },
#define SYSCALL_VARIES(number_, name_, groups_, variants_, selector_, result_, ...) { .row = { .number = (number_), .name = #name_, .groups = (groups_), \
	.variants = VARIANTS_##variants_, .selector = (selector_), \
	.result = result_, .arguments = ARGUMENTS(__VA_ARGS__), .count = sizeof(ARGUMENTS(__VA_ARGS__)) / sizeof(struct argument) } },
static struct foreign_row i386_rows[] = {
#include "engine/syscalls/i386.def"
};
static struct foreign_row x32_rows[] = {
#include "engine/syscalls/x32.def"
};
// clang-format on

enum { I386_NUMBERS = 512, X32_FIRST = 512, X32_NUMBERS = 64 };

// Takes the arguments of the call it is like, once.
static const struct syscall_row *resolve(struct foreign_row *foreign)
{
	const struct syscall_row *like = foreign->like ? syscall_row_by_name(foreign->like) : NULL;
	if (like) {
		struct syscall_row row = *like;
		row.number = foreign->row.number;
		row.name = foreign->row.name;
		foreign->row = row;
		foreign->like = NULL;
	}
	return &foreign->row;
}

const struct syscall_row *syscall_i386_row(uint64_t number)
{
	static uint16_t places[I386_NUMBERS];   // one more than the index
	if (!places[i386_rows[0].row.number])
		for (size_t i = 0; i < ARRAY_SIZE(i386_rows); i++)
			places[i386_rows[i].row.number] = (uint16_t)(i + 1);
	if (number >= I386_NUMBERS || !places[number])
		return NULL;
	return resolve(&i386_rows[places[number] - 1]);
}

const struct syscall_row *syscall_i386_row_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(i386_rows); i++)
		if (str_equal(i386_rows[i].row.name, name))
			return resolve(&i386_rows[i]);
	return NULL;
}

static struct foreign_row *x32_special(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(x32_rows); i++)
		if (str_equal(x32_rows[i].row.name, name))
			return &x32_rows[i];
	return NULL;
}

// From 512 on stand the calls that x32 has of its own; those of the same name below are not for it.
const struct syscall_row *syscall_x32_row(uint64_t number)
{
	if (number >= X32_FIRST && number < X32_FIRST + X32_NUMBERS) {
		size_t index = (size_t)(number - X32_FIRST);
		return index < ARRAY_SIZE(x32_rows) ? resolve(&x32_rows[index]) : NULL;
	}
	return syscall_row_by_number(number);
}

int syscall_x32_number(unsigned number)
{
	const struct syscall_row *row = syscall_row_by_number(number);
	struct foreign_row *special = row ? x32_special(row->name) : NULL;
	return special ? special->row.number : (int)number;
}

#include "engine/syscalls/table.h"

#include <stdio.h>

// clang-format off
#define ARGUMENTS(...) (const struct argument[]){ __VA_ARGS__ }
#define SYSCALL(number_, name_, groups_, result_, ...) { .number = (number_), .name = #name_, .groups = (groups_), \
	.result = result_, .arguments = ARGUMENTS(__VA_ARGS__), .count = sizeof(ARGUMENTS(__VA_ARGS__)) / sizeof(struct argument) },
#define SYSCALL_VARIES(number_, name_, groups_, variants_, selector_, result_, ...) { .number = (number_), .name = #name_, .groups = (groups_), \
	.variants = VARIANTS_##variants_, .selector = (selector_), \
	.result = result_, .arguments = ARGUMENTS(__VA_ARGS__), .count = sizeof(ARGUMENTS(__VA_ARGS__)) / sizeof(struct argument) },
static const struct syscall_row rows[] = {
#include "engine/syscalls/x86_64.def"
};
// clang-format on

const struct syscall_row *syscall_table_at(unsigned index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

const struct syscall_row *syscall_row_by_number(uint64_t number)
{
	size_t low = 0, high = ARRAY_SIZE(rows);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rows[middle].number == number)
			return &rows[middle];
		if (rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct syscall_row *syscall_row_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

bool kind_is_pointer(enum kind_id kind)
{
	static const bool is_pointer[] = {
#define KIND(name, is_pointer_) is_pointer_,
#include "engine/syscalls/kinds.def"
#undef KIND
	};
	return kind < KIND_COUNT && is_pointer[kind];
}

static const struct syscall_group groups[] = {
#define GROUP(name, bit, text, description) { text, description, in_##name },
#include "engine/syscalls/groups.def"
#undef GROUP
};

const struct syscall_group *syscall_group_at(unsigned index)
{
	return index < ARRAY_SIZE(groups) ? &groups[index] : NULL;
}

uint32_t syscall_group_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (str_equal(groups[i].name, name))
			return groups[i].bit;
	return 0;
}

bool syscall_known_at(unsigned index, struct syscall_known *known_ret)
{
	const struct syscall_row *row = syscall_table_at(index);
	if (!row)
		return false;
	*known_ret = (struct syscall_known){ .name = row->name, .number = row->number, .groups = row->groups, .argument_count = row->count };
	for (unsigned i = 0; i < row->count; i++)
		known_ret->arguments[i] = row->arguments[i].name;
	return true;
}

static const struct argument unknown_result = { .name = "result", .kind = KIND_long };
static const struct argument words[] = {
	{ .name = "arg0", .kind = KIND_hex }, { .name = "arg1", .kind = KIND_hex }, { .name = "arg2", .kind = KIND_hex },
	{ .name = "arg3", .kind = KIND_hex }, { .name = "arg4", .kind = KIND_hex }, { .name = "arg5", .kind = KIND_hex },
};

static const struct variant *find_variant(const struct syscall_event *event, const struct syscall_row *row)
{
	const struct variant_set *set = &variant_sets[row->variants];
	uint64_t selector = event->arguments[row->selector] & set->mask;
	for (unsigned i = 0; i < set->count; i++)
		if (set->variants[i].selector == selector)
			return &set->variants[i];
	return NULL;
}

static void apply_variant(const struct syscall_row *row, const struct variant *variant, struct signature *signature)
{
	unsigned first = row->selector + 1;
	for (unsigned i = 0; i < variant->count && first + i < SYSCALL_ARGUMENT_MAX; i++)
		signature->arguments[first + i] = &variant->arguments[i];
	if (!variant_sets[row->variants].keeps_rest)
		signature->count = first + variant->count;
	if (signature->count > SYSCALL_ARGUMENT_MAX)
		signature->count = SYSCALL_ARGUMENT_MAX;
	signature->result = &variant->result;
}

void syscall_signature(const struct syscall_event *event, struct signature *signature_ret)
{
	const struct syscall_row *row = syscall_row_of(event);
	struct signature signature = { .row = row, .count = row ? row->count : SYSCALL_ARGUMENT_MAX,
				       .result = row ? &row->result : &unknown_result };
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++)
		signature.arguments[i] = row && i < row->count ? &row->arguments[i] : &words[i];
	const struct variant *variant = row && row->variants ? find_variant(event, row) : NULL;
	if (variant)
		apply_variant(row, variant, &signature);
	*signature_ret = signature;
}

const char *syscall_continued_name(const struct syscall_event *event)
{
	return event->is_continuation ? syscall_name(event->abi, event->continued) : NULL;
}

unsigned syscall_argument_count(const struct syscall_event *event)
{
	struct signature signature;
	syscall_signature(event, &signature);
	return signature.count;
}

const char *syscall_argument_name(const struct syscall_event *event, unsigned index)
{
	struct signature signature;
	syscall_signature(event, &signature);
	return index < SYSCALL_ARGUMENT_MAX ? signature.arguments[index]->name : "?";
}

// Names as a user writes them into conditions: errno, flags, signals; the arguments that a set of calls has.
#include <errno.h>

#include "base/map.h"
#include "base/nearest.h"
#include "engine/syscalls/table.h"

enum { ERRNO_LAST = 530 };

static const struct flag errno_aliases[] = {
	{ EWOULDBLOCK, "EWOULDBLOCK" },
	{ EDEADLOCK, "EDEADLOCK" },
	{ ENOTSUP, "ENOTSUP" },
};

static struct flag errnos[ERRNO_LAST + 1];
static struct strmap constants = STRMAP_INIT;   // name -> struct flag; made at the first question

// A name of several sets has one value: where two kernel interfaces differ, that of the first set, the more common one.
static void add(const struct flag *flag)
{
	if (!strmap_get(&constants, flag->name))
		strmap_set(&constants, flag->name, (void *)(uintptr_t)flag);
}

static void make_constants(void)
{
	if (constants.count)
		return;
	for (int number = 1; number <= ERRNO_LAST; number++) {
		errnos[number] = (struct flag){ (uint64_t)number, errno_name(number) };
		if (errnos[number].name)
			add(&errnos[number]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(errno_aliases); i++)
		add(&errno_aliases[i]);
	for (unsigned set = FLAGS_nothing; set < FLAGS_COUNT; set++)
		for (unsigned i = 0; i < flag_sets[set].count; i++)
			add(&flag_sets[set].flags[i]);
}

bool syscall_constant(const char *name, uint64_t *number_ret)
{
	make_constants();
	const struct flag *flag = strmap_get(&constants, name);
	int signo = !flag && str_starts(name, "SIG") ? signal_number(name) : -1;
	if (!flag && signo <= 0)
		return false;
	*number_ret = flag ? flag->value : (uint64_t)signo;
	return true;
}

const char *syscall_nearest_constant(const char *word)
{
	struct nearest nearest;
	make_constants();
	nearest_init(&nearest, word);
	for (struct strmap_entry *entry = strmap_next(&constants, NULL); entry; entry = strmap_next(&constants, entry))
		nearest_consider(&nearest, entry->key);
	return nearest.name;
}

static void consider_arguments(struct nearest *nearest, const struct argument *arguments, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		nearest_consider(nearest, arguments[i].name);
}

const char *syscall_set_argument(const struct syscall_set *set, const char *name)
{
	struct nearest nearest;
	nearest_init(&nearest, name);
	for (unsigned i = 0; syscall_table_at(i); i++) {
		const struct syscall_row *row = syscall_table_at(i);
		if (!syscall_set_has(set, SYSCALL_ABI_X86_64, row->number))
			continue;
		consider_arguments(&nearest, row->arguments, row->count);
		const struct variant_set *variants = &variant_sets[row->variants];
		for (unsigned v = 0; row->variants && v < variants->count; v++)
			consider_arguments(&nearest, variants->variants[v].arguments, variants->variants[v].count);
	}
	return nearest.name;
}

unsigned syscall_set_count(const struct syscall_set *set, const char **only_ret)
{
	unsigned count = 0;
	for (unsigned i = 0; syscall_table_at(i); i++) {
		if (!syscall_set_has(set, SYSCALL_ABI_X86_64, syscall_table_at(i)->number))
			continue;
		*only_ret = syscall_table_at(i)->name;
		count++;
	}
	return count;
}

static enum syscall_word word_of_kind(enum kind_id kind)
{
	switch (kind) {
	case KIND_fd:
	case KIND_dirfd:
	case KIND_int:
	case KIND_choice:
	case KIND_pid:
	case KIND_signal:
	case KIND_clock: return SYSCALL_WORD_INT;
	case KIND_uint:
	case KIND_hex32:
	case KIND_octet:
	case KIND_flags:
	case KIND_mode:
	case KIND_file_mode:
	case KIND_uid: return SYSCALL_WORD_UNSIGNED;
	case KIND_long:
	case KIND_time: return SYSCALL_WORD_LONG;
	case KIND_path:
	case KIND_string:
	case KIND_buffer: return SYSCALL_WORD_TEXT;
	case KIND_address: return SYSCALL_WORD_POINTER;
	default: return kind_is_pointer(kind) ? SYSCALL_WORD_POINTER : SYSCALL_WORD_UNSIGNED_LONG;
	}
}

enum syscall_word syscall_argument_word(const struct syscall_event *event, unsigned index)
{
	struct signature signature;
	syscall_signature(event, &signature);
	if (index >= signature.count)
		return SYSCALL_WORD_UNSIGNED_LONG;
	return word_of_kind((enum kind_id)signature.arguments[index]->kind);
}

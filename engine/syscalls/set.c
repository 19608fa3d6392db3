// Sets of calls: "openat,read,%file,!close". Elements are taken from the left; a leading '!' on the first means all but.
#include "engine/syscalls/table.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>

#include "base/nearest.h"

static void set_all(struct syscall_set *set)
{
	memset(set->bits, 0xff, sizeof(set->bits));
	set->has_others = true;
}

static void set_put(struct syscall_set *set, uint64_t number, bool is_in)
{
	uint64_t bit = UINT64_C(1) << number % 64;
	if (is_in)
		set->bits[number / 64] |= bit;
	else
		set->bits[number / 64] &= ~bit;
}

enum { WORD_MAX = NEAREST_WORD_MAX };

static const char *nearest_name(const char *word)
{
	struct nearest nearest;
	bool is_group = word[0] == '%';
	nearest_init(&nearest, word + is_group);
	if (is_group)
		for (unsigned i = 0; syscall_group_at(i); i++)
			nearest_consider(&nearest, syscall_group_at(i)->name);
	else
		for (unsigned i = 0; syscall_table_at(i); i++)
			nearest_consider(&nearest, syscall_table_at(i)->name);
	return nearest.name;
}

const char *syscall_nearest_name(const char *word)
{
	return word[0] == '%' ? NULL : nearest_name(word);
}

static struct error *unknown_word(const char *word, size_t column)
{
	bool is_group = word[0] == '%';
	const char *nearest = nearest_name(word);
	const char *what = is_group ? "group of syscalls" : "syscall";
	if (nearest)
		return error_create(ERROR_INVALID, "no %s '%s' (column %zu): did you mean '%s%s'?", what, word, column,
				    is_group ? "%" : "", nearest);
	return error_create(ERROR_INVALID, "no %s '%s' (column %zu)", what, word, column);
}

static struct error *put_number(struct syscall_set *set, const char *word, size_t column, bool is_in)
{
	char *end;
	unsigned long number = strtoul(word, &end, 0);
	if (*end)
		return error_create(ERROR_INVALID, "'%s' is not a number (column %zu)", word, column);
	if (number >= SYSCALL_SET_SIZE)
		return error_create(ERROR_INVALID, "syscall number %s is out of range (column %zu): the greatest is %d", word, column,
				    SYSCALL_SET_SIZE - 1);
	set_put(set, number, is_in);
	return NULL;
}

static struct error *put_group(struct syscall_set *set, const char *word, size_t column, bool is_in)
{
	uint32_t group = syscall_group_by_name(word + 1);
	if (!group)
		return unknown_word(word, column);
	for (unsigned i = 0; syscall_table_at(i); i++)
		if (syscall_table_at(i)->groups & group)
			set_put(set, syscall_table_at(i)->number, is_in);
	return NULL;
}

static struct error *put_matching(struct syscall_set *set, const char *word, size_t column, bool is_in)
{
	regex_t regex;
	if (regcomp(&regex, word + 1, REG_EXTENDED | REG_NOSUB))
		return error_create(ERROR_INVALID, "'%s' is not a regular expression (column %zu)", word, column);
	bool has_any = false;
	for (unsigned i = 0; syscall_table_at(i); i++) {
		if (regexec(&regex, syscall_table_at(i)->name, 0, NULL, 0))
			continue;
		set_put(set, syscall_table_at(i)->number, is_in);
		has_any = true;
	}
	regfree(&regex);
	return has_any ? NULL : error_create(ERROR_INVALID, "no syscall matches '%s' (column %zu)", word, column);
}

static struct error *put_word(struct syscall_set *set, const char *word, size_t column, bool is_in)
{
	if (isdigit((unsigned char)word[0]))
		return put_number(set, word, column, is_in);
	if (word[0] == '%')
		return put_group(set, word, column, is_in);
	if (word[0] == '/')
		return put_matching(set, word, column, is_in);
	if (str_equal(word, "all") || str_equal(word, "none")) {
		bool is_all = str_equal(word, "all") == is_in;
		memset(set->bits, is_all ? 0xff : 0, sizeof(set->bits));
		set->has_others = is_all;
		return NULL;
	}
	const struct syscall_row *row = syscall_row_by_name(word);
	if (!row)
		return unknown_word(word, column);
	set_put(set, row->number, is_in);
	return NULL;
}

// One element, "!name" or "name", blanks around it allowed; `text` is the whole, for columns.
static struct error *put_element(struct syscall_set *set, const char *text, size_t start, size_t end, bool is_first)
{
	while (start < end && isspace((unsigned char)text[start]))
		start++;
	while (end > start && isspace((unsigned char)text[end - 1]))
		end--;
	bool is_in = start == end || text[start] != '!';
	if (!is_in) {
		start++;
		while (start < end && isspace((unsigned char)text[start]))
			start++;
		if (is_first)
			set_all(set);
	}
	if (start == end)
		return error_create(ERROR_INVALID, "a syscall's name is missing (column %zu)", start + 1);
	if (end - start > WORD_MAX)
		return error_create(ERROR_INVALID, "the word is too long (column %zu)", start + 1);
	char word[WORD_MAX + 1];
	memcpy(word, text + start, end - start);
	word[end - start] = '\0';
	return put_word(set, word, start + 1, is_in);
}

struct error *syscall_set_parse(const char *text, struct syscall_set *set_ret)
{
	struct syscall_set set = { 0 };
	size_t blanks = strspn(text, " \t\r\n");
	if (!text[blanks]) {
		set_all(&set);
		*set_ret = set;
		return NULL;
	}
	bool is_first = true;
	for (size_t start = 0;; is_first = false) {
		size_t end = start + strcspn(text + start, ",");
		struct error *error = put_element(&set, text, start, end, is_first);
		if (error)
			return error;
		if (!text[end])
			break;
		start = end + 1;
	}
	*set_ret = set;
	return NULL;
}

// A call of another ABI belongs to the set by its name.
bool syscall_set_has(const struct syscall_set *set, enum syscall_abi abi, uint64_t number)
{
	if (abi != SYSCALL_ABI_X86_64) {
		const struct syscall_row *row = syscall_row_by_name(syscall_name(abi, number));
		if (!row)
			return set->has_others;
		number = row->number;
	}
	return number < SYSCALL_SET_SIZE ? set->bits[number / 64] >> number % 64 & 1 : set->has_others;
}

bool syscall_set_is_empty(const struct syscall_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		if (set->bits[i])
			return false;
	return !set->has_others;
}

// What is done to a call: strace's `:error=ENOENT:when=2+`.
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/nearest.h"
#include "engine/run/rule.h"

enum { DELAY_MAX_S = 7 * 24 * 60 * 60 };

// The value of an option, NUL-terminated, and where it stands.
struct word {
	const char *text;
	size_t column;
};

#define BAD(word, ...) bad((word), xasprintf(__VA_ARGS__))
static struct error *bad(const struct word *word, char *cure)
{
	struct error *error = error_create(ERROR_INVALID, "'%.60s' (column %zu) %s", word->text, word->column, cure);
	free(cure);
	return error;
}

// ---- numbers --------------------------------------------------------------------------------------------------------------

// Digits alone, from *at on; false if there are none or too many.
static bool read_count(const char **at, unsigned long *count_ret)
{
	char *end;
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*count_ret = strtoul(*at, &end, 10);
	*at = end;
	return !errno;
}

static bool read_integer(const char *text, int64_t *value_ret)
{
	char *end;
	errno = 0;
	bool is_negative = text[0] == '-';
	if (!isdigit((unsigned char)text[is_negative]))
		return false;
	*value_ret = is_negative ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
	return !*end && !errno;
}

// ---- the options ----------------------------------------------------------------------------------------------------------

static int find_errno(const char *name)
{
	uint64_t number;
	for (int i = 1; i <= ERRNO_MAX; i++)
		if (errno_name(i) && strcasecmp(name, errno_name(i)) == 0)
			return i;
	bool is_alias = name[0] == 'E' && syscall_constant(name, &number) && number > 0 && number <= ERRNO_MAX;   // EWOULDBLOCK
	return is_alias ? (int)number : 0;
}

static const char *nearest_errno(const char *word)
{
	struct nearest nearest;
	nearest_init(&nearest, word);
	for (int i = 1; i <= ERRNO_MAX; i++)
		if (errno_name(i))
			nearest_consider(&nearest, errno_name(i));
	return nearest.name;
}

static struct error *read_error(const struct word *word, struct injection *injection)
{
	int64_t number = 0;
	if (!read_integer(word->text, &number)) {
		number = find_errno(word->text);
		const char *nearest = number ? NULL : nearest_errno(word->text);
		if (nearest)
			return BAD(word, "is no error: did you mean %s?", nearest);
	}
	if (number < 1 || number > ERRNO_MAX)
		return BAD(word, "is no error: write a name, such as ENOENT, or a number from 1 to %d", ERRNO_MAX);
	injection->result = -number;
	return NULL;
}

static struct error *read_retval(const struct word *word, struct injection *injection)
{
	int64_t value;
	if (!read_integer(word->text, &value))
		return BAD(word, "is no result: write a number, such as 0 or 0x7f00");
	if (value >= -ERRNO_MAX && value < 0) {
		const char *name = errno_name((int)-value);
		return name ? BAD(word, "is how the kernel says %s: write error=%s", name, name) :
			      BAD(word, "is how the kernel says error %d: write error=%d", (int)-value, (int)-value);
	}
	injection->result = value;
	return NULL;
}

static struct error *read_signal(const struct word *word, struct injection *injection)
{
	struct nearest nearest;
	injection->signo = signal_number(word->text);
	if (injection->signo > 0)
		return NULL;
	nearest_init(&nearest, word->text);
	for (int i = 1; i <= 64; i++) {
		nearest_consider(&nearest, signal_name(i));
		nearest_consider(&nearest, signal_name(i) + 3);
	}
	if (nearest.name)
		return BAD(word, "is no signal: did you mean %s?", nearest.name);
	return BAD(word, "is no signal: write a name, such as SIGUSR1, or a number from 1 to 64");
}

static struct error *read_delay(const struct word *word, uint64_t *us_ret)
{
	static const struct {
		const char *name;
		double us;
	} units[] = { { "", 1 }, { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "ns", 1e-3 } };
	size_t length = strspn(word->text, "0123456789.");
	char *end;
	double number = strtod(word->text, &end);
	bool is_number = length && end == word->text + length;
	for (size_t i = 0; is_number && i < ARRAY_SIZE(units); i++) {
		if (!str_equal(end, units[i].name))
			continue;
		double us = ceil(number * units[i].us);
		if (us > DELAY_MAX_S * 1e6)
			return BAD(word, "is too long a delay: a week is the most");
		*us_ret = (uint64_t)us;
		return NULL;
	}
	return BAD(word, "is no delay: write microseconds, such as 500, or a number with its unit: 20ms, 1.5s, 10us, 100ns");
}

static struct error *read_delay_enter(const struct word *word, struct injection *injection)
{
	return read_delay(word, &injection->delay_enter_us);
}

static struct error *read_delay_exit(const struct word *word, struct injection *injection)
{
	return read_delay(word, &injection->delay_exit_us);
}

static struct error *read_when(const struct word *word, struct injection *injection)
{
	const char *at = word->text;
	bool is_good = read_count(&at, &injection->first);
	injection->last = injection->first;
	injection->step = 1;
	bool has_last = is_good && str_starts(at, "..");
	if (has_last) {
		at += 2;
		is_good = read_count(&at, &injection->last);
	}
	if (is_good && *at == '+') {
		at++;
		injection->last = has_last ? injection->last : ULONG_MAX;
		is_good = !*at || read_count(&at, &injection->step);
	}
	if (!is_good || *at)
		return BAD(word, "names no occurrences: write FIRST[..LAST][+[STEP]], such as 3, 2+, 1..4 or 1+2");
	if (!injection->first || !injection->step)
		return BAD(word, "names no occurrences: they are counted from 1, and a step is 1 at least");
	if (injection->last < injection->first)
		return BAD(word, "names no occurrences: the last (%lu) comes before the first (%lu)", injection->last, injection->first);
	return NULL;
}

static const struct option {
	const char *name;
	unsigned part, excluded;
	struct error *(*read)(const struct word *word, struct injection *injection);
} options[] = {
	{ "error", INJECT_ERROR, INJECT_RETVAL, read_error },
	{ "retval", INJECT_RETVAL, INJECT_ERROR, read_retval },
	{ "signal", INJECT_SIGNAL, 0, read_signal },
	{ "delay_enter", INJECT_DELAY_ENTER, 0, read_delay_enter },
	{ "delay_exit", INJECT_DELAY_EXIT, 0, read_delay_exit },
	{ "when", INJECT_WHEN, 0, read_when },
};

// ---- the whole ------------------------------------------------------------------------------------------------------------

static struct error *unknown_option(const char *name, size_t column)
{
	struct nearest nearest;
	nearest_init(&nearest, name);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		nearest_consider(&nearest, options[i].name);
	if (nearest.name)
		return error_create(ERROR_INVALID, "nothing is called '%.60s=' (column %zu): did you mean %s=?", name, column, nearest.name);
	return error_create(ERROR_INVALID,
			    "nothing is called '%.60s=' (column %zu): there are error=, retval=, signal=, delay_enter=, delay_exit= and when=", name,
			    column);
}

// "error=EIO", at `column`.
static struct error *read_option(char *text, size_t column, struct injection *injection)
{
	char *equals = strchr(text, '=');
	const struct option *option = NULL;
	if (equals)
		*equals = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (str_equal(text, options[i].name))
			option = &options[i];
	if (!option)
		return unknown_option(text, column);
	if (!equals || !equals[1])
		return error_create(ERROR_INVALID, "the value of %s= is missing (column %zu)", text, column);
	if (injection->parts & option->part)
		return error_create(ERROR_INVALID, "a second %s= (column %zu): write a rule for each", text, column);
	if (injection->parts & option->excluded)
		return error_create(ERROR_INVALID, "%s= (column %zu) beside %s=: a call fails or returns a value, so keep one of them", text, column,
				    option->part == INJECT_ERROR ? "retval" : "error");
	injection->parts |= option->part;
	return option->read(&(struct word){ equals + 1, column + (size_t)(equals + 1 - text) }, injection);
}

static struct error *nothing_to_do(size_t column)
{
	return error_create(ERROR_INVALID,
			    "what is to be done to the calls is missing (column %zu): add :error=ERRNO, :retval=VALUE, :signal=SIGNAL, :delay_enter=US or "
			    ":delay_exit=US behind their names",
			    column);
}

struct error *injection_parse(const char *text, size_t start, size_t end, struct injection **injection_ret)
{
	struct injection injection = { .first = 1, .last = ULONG_MAX, .step = 1 };
	if (start >= end || text[start] != ':')
		return nothing_to_do(start + 1);
	for (size_t at = start; at < end;) {
		size_t from = at + 1;
		for (at = from; at < end && text[at] != ':'; at++)
			;
		_cleanup_free_ char *word = xstrndup(text + from, at - from);
		struct error *error = read_option(word, from + 1, &injection);
		if (error)
			return error;
	}
	if (!(injection.parts & ~(unsigned)INJECT_WHEN))
		return nothing_to_do(start + 1);
	*injection_ret = xmemdup(&injection, sizeof(injection));
	return NULL;
}

bool injection_is_due(const struct injection *injection, unsigned long count)
{
	return count >= injection->first && count <= injection->last && (count - injection->first) % injection->step == 0;
}

// The base types of C and C++: their words may come in any order (C17, 6.7.2).
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "engine/symbols/lookup.h"

struct words {
	unsigned is_signed, is_unsigned, is_short, is_long, is_int, is_char, is_float, is_double, is_int128;
};

static bool count_word(struct words *words, const char *word, size_t length)
{
	const struct {
		const char *word;
		unsigned *count;
	} known[] = {
		{ "signed", &words->is_signed }, { "unsigned", &words->is_unsigned }, { "short", &words->is_short },
		{ "long", &words->is_long }, { "int", &words->is_int }, { "char", &words->is_char },
		{ "float", &words->is_float }, { "double", &words->is_double }, { "__int128", &words->is_int128 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].word) == length && !strncmp(known[i].word, word, length)) {
			(*known[i].count)++;
			return true;
		}
	return false;
}

static bool read_words(const char *name, struct words *words)
{
	*words = (struct words){ 0 };
	while (*name) {
		size_t length = strcspn(name, " \t");
		if (length && !count_word(words, name, length))
			return false;
		name += length;
		while (isspace((unsigned char)*name))
			name++;
	}
	return true;
}

struct base {
	enum type_kind kind;
	uint8_t size;
	bool is_signed;
	const char *spellings[BASE_SPELLINGS];   // gcc's first, clang's, Rust has none of these
};

static const struct base bases[] = {
	{ TYPE_CHAR, 1, true, { "char" } },
	{ TYPE_CHAR, 1, true, { "signed char" } },
	{ TYPE_CHAR, 1, false, { "unsigned char" } },
	{ TYPE_INTEGER, 2, true, { "short int", "short" } },
	{ TYPE_INTEGER, 2, false, { "short unsigned int", "unsigned short" } },
	{ TYPE_INTEGER, 4, true, { "int" } },
	{ TYPE_INTEGER, 4, false, { "unsigned int" } },
	{ TYPE_INTEGER, 8, true, { "long int", "long" } },
	{ TYPE_INTEGER, 8, false, { "long unsigned int", "unsigned long" } },
	{ TYPE_INTEGER, 8, true, { "long long int", "long long" } },
	{ TYPE_INTEGER, 8, false, { "long long unsigned int", "unsigned long long" } },
	{ TYPE_INTEGER, 16, true, { "__int128" } },
	{ TYPE_INTEGER, 16, false, { "__int128 unsigned", "unsigned __int128" } },
	{ TYPE_FLOAT, 4, true, { "float" } },
	{ TYPE_FLOAT, 8, true, { "double" } },
	{ TYPE_FLOAT, 16, true, { "long double" } },
};
enum { CHAR, SIGNED_CHAR, UNSIGNED_CHAR, SHORT, INT = SHORT + 2, LONG = INT + 2, LONG_LONG = LONG + 2, INT128 = LONG_LONG + 2,
       FLOAT = INT128 + 2, DOUBLE, LONG_DOUBLE };

// The index into `bases`; -1 if the words do not go together.
static int pick(const struct words *words)
{
	unsigned kinds = words->is_char + words->is_float + words->is_double + words->is_int128 + (words->is_short != 0);
	bool has_sign = words->is_signed || words->is_unsigned;
	bool is_unsigned = words->is_unsigned != 0;
	if (kinds > 1 || words->is_signed + words->is_unsigned > 1 || words->is_int > 1 || words->is_long > 2 || words->is_short > 1)
		return -1;
	if (words->is_char)
		return words->is_long || words->is_int ? -1 : has_sign ? (is_unsigned ? UNSIGNED_CHAR : SIGNED_CHAR) : CHAR;
	if (words->is_float || words->is_double) {
		if (has_sign || words->is_int || words->is_long > (words->is_double != 0))
			return -1;
		return words->is_float ? FLOAT : words->is_long ? LONG_DOUBLE : DOUBLE;
	}
	if (words->is_short && words->is_long)
		return -1;
	if (words->is_int128)
		return words->is_long || words->is_int ? -1 : INT128 + is_unsigned;
	if (words->is_short)
		return SHORT + is_unsigned;
	if (words->is_long)
		return (words->is_long == 2 ? LONG_LONG : LONG) + is_unsigned;
	return words->is_int || has_sign ? INT + is_unsigned : -1;
}

const struct type *base_type_spellings(const char *name, const char *spellings_ret[BASE_SPELLINGS])
{
	struct words words;
	int index = read_words(name, &words) ? pick(&words) : -1;
	if (index < 0)
		return NULL;
	memcpy(spellings_ret, bases[index].spellings, sizeof(bases[index].spellings));
	// As C spells it where nobody says otherwise.
	const char *spelling = spellings_ret[1] ? spellings_ret[1] : spellings_ret[0];
	return type_builtin(bases[index].kind, bases[index].size, bases[index].is_signed, spelling);
}

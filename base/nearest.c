#include "base/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// More changes than this make another word of it, and so do as many as it has letters.
enum { DISTANCE_MAX = 3 };

// Levenshtein's distance of two words.
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[NEAREST_WORD_MAX + 1];
	size_t length = strlen(b);
	if (length > NEAREST_WORD_MAX || strlen(a) > NEAREST_WORD_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < length; j++) {
			unsigned change = diagonal + (a[i] != b[j]);
			unsigned insert = row[j] + 1, drop = row[j + 1] + 1;
			diagonal = row[j + 1];
			row[j + 1] = change < insert ? (change < drop ? change : drop) : (insert < drop ? insert : drop);
		}
	}
	return row[length];
}

void nearest_init(struct nearest *nearest, const char *word)
{
	size_t length = strlen(word);
	*nearest = (struct nearest){ word, NULL, length < DISTANCE_MAX + 1 ? (unsigned)length : DISTANCE_MAX + 1 };
}

void nearest_consider(struct nearest *nearest, const char *name)
{
	unsigned distance = edit_distance(nearest->word, name);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->name = name;
	}
}

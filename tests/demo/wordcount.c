// The program of script/demo: counts the words of a text and tells the most frequent ones.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 64, SHOWN = 5 };

struct word {
	char text[24];
	unsigned count;
	struct word *next;
};

struct table {
	struct word *buckets[BUCKETS];
	unsigned words, distinct;
};

static unsigned hash(const char *text)
{
	unsigned sum = 5381;

	for (; *text; text++)
		sum = sum * 33 + (unsigned char)*text;
	return sum % BUCKETS;
}

static struct word *table_add(struct table *table, const char *text)
{
	unsigned bucket = hash(text);
	struct word *word = table->buckets[bucket];

	while (word && strcmp(word->text, text) != 0)
		word = word->next;
	if (!word) {
		word = calloc(1, sizeof *word);
		strcpy(word->text, text);
		word->next = table->buckets[bucket];
		table->buckets[bucket] = word;
		table->distinct++;
	}
	word->count++;	// counted
	table->words++;
	return word;
}

static void table_read(struct table *table, FILE *file)
{
	char text[24];
	size_t length = 0;

	for (int c; (c = fgetc(file)) != EOF;) {
		if (isalpha(c) && length < sizeof text - 1) {
			text[length++] = (char)tolower(c);
		} else if (length > 0) {
			text[length] = '\0';
			length = 0;
			table_add(table, text);	// adds
		}
	}
}

static const struct word *table_most(const struct table *table, unsigned below)
{
	const struct word *most = NULL;

	for (int i = 0; i < BUCKETS; i++)
		for (const struct word *word = table->buckets[i]; word; word = word->next)
			if (word->count < below && (!most || word->count > most->count))
				most = word;
	return most;
}

int main(int argc, char **argv)
{
	struct table table = { 0 };
	FILE *file = fopen(argc > 1 ? argv[1] : argv[0], "r");
	unsigned below = ~0u;

	if (!file)
		return perror(argv[1]), 1;
	table_read(&table, file);	// reads
	fclose(file);
	printf("%u words, %u of them distinct\n", table.words, table.distinct);	// tells
	for (int i = 0; i < SHOWN; i++) {
		const struct word *word = table_most(&table, below);
		if (!word)
			break;
		printf("%6u %s\n", word->count, word->text);
		below = word->count;
	}
	return 0;
}

// Counts the words of a file by their length.
#include <stdio.h>
#include <string.h>

struct tally {
	const char *path;
	int words;
	int by_length[8];
};

static int bucket(const char *word)
{
	int length = (int)strlen(word);	// in bucket
	return length < 8 ? length : 7;
}

static void count(struct tally *tally, const char *word)
{
	int index = bucket(word);	// in count
	tally->by_length[index]++;	// after bucket
	tally->words++;
}

int main(int argc, char **argv)
{
	struct tally tally = { .path = argc > 1 ? argv[1] : "words.txt" };	// in main
	FILE *file = fopen(tally.path, "r");	// opens
	char word[64];
	if (!file) {
		perror(tally.path);
		return 1;
	}
	while (fscanf(file, "%63s", word) == 1)
		count(&tally, word);	// counts
	fclose(file);
	printf("%d words\n", tally.words);	// prints
	return 0;
}

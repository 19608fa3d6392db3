// Which of some names a misspelt word was meant to be.
#pragma once

enum { NEAREST_WORD_MAX = 128 };

struct nearest {
	const char *word;
	const char *name;      // the best so far; NULL: none is near. Points to what was considered.
	unsigned distance;
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_consider(struct nearest *nearest, const char *name);

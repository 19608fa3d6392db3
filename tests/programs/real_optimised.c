// build: -g -O2 -fno-ipa-cp -fno-ipa-sra
// Parameters that only their callers still know, and a recursion whose frames are all at the same place.
#include <stdio.h>

static volatile int seen;

__attribute__((noipa)) static void touch(int number)
{
	seen = number;	// touched
}

__attribute__((noinline)) static int inner(int gone, const char *text, long kept)
{
	touch(1);
	touch(2);	// parameters are gone
	return (int)kept;
}

__attribute__((noinline)) static int handed_on(int gone, const char *text)
{
	int result = inner(gone, text, seen);
	touch(3);
	return result + 1;
}

__attribute__((noipa)) static int descend(int depth)
{
	int below = depth ? descend(depth - 1) : 0;
	touch(below);	// came up
	return below + depth * 10;
}

int main(int argc, char **argv)
{
	int first = handed_on(argc + 41, "text of main");
	int number = handed_on(argc + 6, argv[0]) + first;
	printf("%d %d\n", number, descend(4));
	return 0;
}

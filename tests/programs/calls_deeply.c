// Recursion as deep as the first argument says (10,000), then a stop.
#include <stdio.h>
#include <stdlib.h>

static volatile int sink;

static int descend(int depth)
{
	if (depth == 0) {
		sink = 1;	// bottom
		return 0;
	}
	int below = descend(depth - 1);	// deeper
	return below + 1;
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 10000;

	printf("%d\n", descend(depth));	// starts
	return 0;
}

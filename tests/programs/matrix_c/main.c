// Functions of two files, inlined, recursive, called through pointers: for stops compared with gdb under many compilers and flags.
#include <stdio.h>
#include "matrix.h"

volatile int sink;
static long totals[3];

static int helper(int number)
{
	int doubled = number * 2 + sink;
	return doubled + 1;	// helper of main
}

__attribute__((noinline)) static int bottom(int depth)
{
	unsigned char small = (unsigned char)(depth + 250);
	sink += helper(depth);	// in bottom
	return small + depth;
}

int main(int argc, char **argv)
{
	(void)argv;
	struct shape shape = { "square", { { 1, 2 }, { -3, (short)argc } }, { 1.5f }, 5, 1000 };
	double values[] = { 1.5, 2.25, argc };
	for (int i = 0; i < 3; i++) {
		int low = clamp(i * argc, 1, 9);
		totals[i] = sum_shape(&shape, low) + helper(i);	// in loop
	}
	double mean = average(values, 3, GREEN);	// calls average
	int reached = descend(3, bottom);
	printf("%ld %g %d\n", totals[0], mean, reached);	// prints
	return 0;
}

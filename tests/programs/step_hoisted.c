// build: -g -O2
// A call is followed at once by an instruction of an inlined function that is called later.
#include <stdio.h>

static volatile int sink;

__attribute__((noipa)) static int first(int x)
{
	sink = x;	// in first
	return x + 1;
}

__attribute__((noipa)) static int second(int x)
{
	sink = x;
	return x + 2;
}

static inline __attribute__((always_inline)) void later(int x)
{
	sink = second(x) + 1;	// in later
	sink = second(x) + 2;
}

int main(int argc, char **argv)
{
	(void)argv;
	sink = first(argc);	// calls first
	later(5);	// calls later
	return 0;
}

// build: -g -O2
// Inlined functions in optimised code: next goes over them, step in enters them, step out leaves them.
#include <stdio.h>

static volatile int sink;

__attribute__((noinline)) static int real(int x)
{
	return x + sink;	// in real
}

static inline __attribute__((always_inline)) int innermost(int x)
{
	sink = x + 1;	// innermost first
	sink = x + 2;	// innermost second
	return real(x);	// innermost calls
}

static inline __attribute__((always_inline)) int middle(int x)
{
	sink = x;	// middle first
	int y = innermost(x + 3);	// middle calls
	sink = y;	// middle last
	return y;
}

int main(int argc, char **argv)
{
	(void)argv;
	sink = 10;	// first
	sink = middle(argc);	// calls middle
	sink = 20;	// between
	sink += middle(argc + 1);	// calls again
	sink = 30;	// behind
	printf("%d\n", sink & 0);	// prints
	return 0;
}

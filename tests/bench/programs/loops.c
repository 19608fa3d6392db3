// A loop over one line, as often as the first argument says; some locals to show.
#include <stdio.h>
#include <stdlib.h>

struct point { int x, y; };

int main(int argc, char **argv)
{
	long times = argc > 1 ? atol(argv[1]) : 1000;
	struct point where = { 1, 2 };
	const char *name = "bench";
	double half = 0.5;
	volatile long sum = 0;

	for (long i = 0; i < times; i++) {
		sum += i;	// body
		where.x += (int)sum;	// second
	}
	printf("%ld %s %d %f\n", sum, name, where.x, half);	// done
	return 0;
}

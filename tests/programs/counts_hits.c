// Passes one line as often as the first argument says (1000).
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	long times = argc > 1 ? atol(argv[1]) : 1000;
	volatile long sum = 0;

	for (long i = 0; i < times; i++) {
		sum += i;	// body
	}
	printf("%ld\n", sum);	// done
	return 0;
}

// build: -g -O2
// Pointers to objects that were taken apart: only the debug information still knows where they lead.
#include <stdio.h>
struct pair { long first, second; };
volatile long sink;
static __attribute__((noinline)) void other(void) { sink++; }
static inline __attribute__((always_inline)) void look(const struct pair *pair, const long *number)
{
	sink = pair->first;	// in look
	other();
	sink = *number + pair->second;	// second look
	other();
	sink = *number * pair->second;
}
int main(int argc, char **argv)
{
	(void)argv;
	struct pair pair = { argc, argc + 1 };
	long number = argc * 7;
	look(&pair, &number);	// looks
	sink = 3;
	return printf("%ld\n", sink) < 0;
}

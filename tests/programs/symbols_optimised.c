// build: -g -O2 -no-pie
// variant: dwarf4 -g -gdwarf-4 -O2 -no-pie
// Variables in registers, in location lists, in pieces, as constants, and optimised out; inlined copies and entry values.
#include <stdio.h>
#include <stdlib.h>

volatile long seen[2];
struct pair { long first, second; };

static inline long twice(long value, long unused)
{
	long doubled = value * 2;
	long dropped = unused * 3;
	seen[0] = doubled;
	seen[1] += value;
	return doubled;
}

__attribute__((noinline)) long combine(int count, char **names, double factor)
{
	struct pair pair = { count, count + 5 };
	long total = 0;
	const int fixed = 17;
	for (int i = 0; i < count + 3; i++) {
		total += twice(i + pair.second, fixed);
		if (total > 1000)	// loops
			puts(names[0]);
	}
	printf("%ld %g\n", total, factor);	// prints
	return total + pair.first;
}

int main(int argc, char **argv)
{
	return combine(argc + 4, argv, 2.5) == 0 ? 1 : 0;
}

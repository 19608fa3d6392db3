// Calls, recursion, a loop on one line, longjmp: places to step over, into and out of.
// variant: O2 -g -O2
// variant: dwarf4 -g -O0 -gdwarf-4
// variant: noframe -g -O1 -fomit-frame-pointer
// variant: static -g -O0 -static
// variant: relative -g -O0 -fdebug-prefix-map==gone
#include <setjmp.h>
#include <stdio.h>

static jmp_buf place;

__attribute__((noinline)) static int twice(int x)
{
	int result = x * 2;	// in twice
	return result;	// end of twice
}

__attribute__((noinline)) static int factorial(int n)
{
	if (n <= 1)	// test
		return 1;	// bottom
	int rest = factorial(n - 1);	// recurses
	return n * rest;	// multiplies
}

__attribute__((noinline)) static void jumps(void)
{
	longjmp(place, 5);	// jumps
}

int main(void)
{
	volatile int sum = 0;	// first
	sum += twice(21);	// calls twice
	sum += factorial(5);	// calls factorial
	for (volatile int i = 0; i < 1000; i++) sum += i & 1;	// one line loop
	puts("after the loop");	// after loop
	if (setjmp(place) == 0)	// sets
		jumps();	// calls jumps
	else
		sum++;	// landed
	printf("%d\n", sum);	// prints
	return 0;	// last
}

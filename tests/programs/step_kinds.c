// What a step can meet in C: tail calls, function pointers, functions without debug information, blocking calls.
// variant: O2 -g -O2
// variant: now -g -O0 -Wl,-z,now
// variant: lazy -g -O0 -Wl,-z,lazy
// variant: static -g -O0 -static
// variant: nopie -g -O0 -no-pie
// variant: noframe -g -O0 -fomit-frame-pointer
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int sink;

__attribute__((noinline)) static int leaf(int x)
{
	sink += x;	// in leaf
	return sink;	// end of leaf
}

__attribute__((noinline)) static int tail(int x)
{
	sink ^= x;	// in tail
	return leaf(x + 1);	// tail calls
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;	// in compare
}

__attribute__((noinline)) static void nothing(void)
{
}

int main(int argc, char **argv)
{
	int (*pointer)(int) = leaf;
	int numbers[] = { 3, 1, 2 };
	int sum = tail(argc);	// calls tail
	sum += pointer(4);	// calls pointer
	sum += leaf(leaf(1));	// calls nested
	sum += (int)strlen(argv[0]) + abs(sum);	// calls strlen
	qsort(numbers, 3, sizeof(int), compare);	// calls qsort
	for (int i = 0; i < 3; i++)	// loop head
		sum += numbers[i];	// loop body
	nothing();	// calls nothing
	sink = sum;	// stores
	puts("done");	// calls puts
	return 0;	// last
}

// Enough lines in a row for a long walk: loops, switches, goto, recursion, function pointers, short circuits.
#include <stdio.h>
#include <string.h>

static int table[8];

static int fib(int n)
{
	if (n < 2)
		return n;
	return fib(n - 1) +
	       fib(n - 2);
}

static const char *name(int i)
{
	switch (i % 4) {
	case 0: return "zero";
	case 1: return "one";
	case 2: break;
	default: goto other;
	}
	return "two";
other:
	return "many";
}

static int both(int a, int b)
{
	return a > 2 && b > 2 ? a : b;
}

int main(void)
{
	int (*pointers[])(int, int) = { both, both };
	int sum = 0;
	for (int i = 0; i < 30; i++) {
		table[i % 8] += (int)strlen(name(i));
		if (i % 3 == 0 || table[i % 8] > 9)
			sum += pointers[i & 1](i,
					       table[i % 8]);
		else
			sum -= 1;
		do {
			sum ^= i;
		} while (sum < 0);
	}
	sum += fib(5);
	return printf("%d\n", sum) < 0;
}

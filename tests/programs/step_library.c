// A shared library whose calls of its own exported functions go through its procedure linkage table, bound at the first call or at
// once. step_loads loads it.
// build: -g -O0 -shared -fPIC -Wl,-z,lazy
// variant: now -g -O0 -shared -fPIC -Wl,-z,now
// variant: O2 -g -O2 -shared -fPIC -fno-semantic-interposition -Wl,-z,lazy
#include <stdlib.h>

int exported(int x);
int chosen(int x);
int library_answer(int x);

int exported(int x)
{
	return x + 1;	// in exported
}

static int choice(int x)
{
	return x + 2;	// in choice
}

static int (*choose(void))(int)
{
	return choice;	// in choose
}

int chosen(int x) __attribute__((ifunc("choose")));

int library_answer(int x)
{
	int sum = exported(x);	// first call
	sum += exported(2);	// second call
	sum += chosen(3);	// ifunc call
	sum += chosen(4);	// second ifunc call
	return abs(sum);	// calls without source
}

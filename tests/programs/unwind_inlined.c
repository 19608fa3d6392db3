// build: -g -O2
#include "unwind_snapshot.h"

// outer() -> [middle() -> [inner()]] with both inlined, then a real call.
static volatile int sink;

__attribute__((always_inline)) static inline void inner(int value)
{
	sink = value;
	snapshot_take(); // inner's call
	sink = value + 1;
}

__attribute__((always_inline)) static inline void middle(int value)
{
	inner(value + 1); // middle's call
	sink += 2;
}

__attribute__((noinline)) static void outer(int value)
{
	middle(value * 2); // outer's call
	sink += 3;
}

int main(int argc, char **argv)
{
	(void)argv;
	snapshot_expect("inner", (void *)10);
	snapshot_expect("middle", (void *)16);
	snapshot_expect("outer", (void *)22);
	outer(argc); // main's call
	sink += 4;
	return sink & 0;
}

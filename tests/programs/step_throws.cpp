// Exceptions, virtual calls through thunks, constructors and destructors.
// variant: O2 -g -O2
// variant: static -g -O0 -static
#include <cstdio>

static volatile int sink;

struct guard {
	int value;
	guard(int given) : value(given) { sink = given; }	// constructs
	~guard() { sink = value + 1; }	// destroys
};

struct left {
	virtual ~left() {}
	int filler = 1;
};
struct right {
	virtual ~right() {}
	virtual int answer(int x) = 0;
};
struct both : left, right {
	int answer(int x) override { return x + filler; }	// in answer
};

__attribute__((noinline)) static void throws(int depth)
{
	guard inner(depth);	// inner guard
	if (depth == 0)
		throw 42;	// throws
	throws(depth - 1);	// recurses
}

__attribute__((noinline)) static int passes(int depth)
{
	throws(depth);	// passes on
	return 1;	// not reached
}

int main()
{
	both object;	// constructs both
	right *base = &object;	// base
	int sum = base->answer(3);	// virtual call
	try {
		sum += 1;	// in try
		throws(2);	// calls throws
		sum += 100;	// skipped
	} catch (int thrown) {	// catches
		sum += thrown;	// in catch
	}
	try {
		sum += passes(1);	// calls passes
	} catch (...) {	// catches all
		sum += 5;	// in second catch
	}
	std::printf("%d\n", sum);	// prints
	return 0;	// last
}

// build: -g -O2
#include "unwind_snapshot.h"
#include <functional>
#include <stdexcept>

// The snapshot is taken in a destructor that runs while an exception unwinds the stack, below std::function and a template.
struct guard {
	int depth;
	~guard()
	{
		if (depth == 0)
			snapshot_take();
	}
};

template <typename T> __attribute__((noinline)) static T descend(T depth, const std::function<void()> &leaf)
{
	guard on_stack{ int(depth) };
	if (depth == 0)
		leaf();
	return depth < 0 ? depth : descend<T>(depth - 1, leaf) + on_stack.depth;
}

int main()
{
	try {
		return int(descend<long>(8, [] { throw std::runtime_error("thrown"); }));
	} catch (const std::exception &) {
		return 0;
	}
}

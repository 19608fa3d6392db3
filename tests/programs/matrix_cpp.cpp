// Methods, templates, lambdas, references and exceptions: for stops compared with gdb under many compilers and flags.
#include <cstdio>
#include <stdexcept>

volatile int sink;

namespace shapes {
struct base {
	int id = 7;
	virtual ~base() = default;
	virtual int area(int scale) const { return id * scale; }	// base area
};

template <typename T, int N> struct grid : base {
	T cells[N] = {};
	T corner() const { return cells[0] + cells[N - 1]; }
	int area(int scale) const override
	{
		int result = (int)corner() * scale;
		sink = result;	// grid area
		return result;
	}
};

template <typename T> __attribute__((noinline)) T twice(T value)
{
	T doubled = value + value;
	sink = (int)doubled;	// in twice
	return doubled;
}
}

__attribute__((noinline)) static int measure(const shapes::base &shape, int &count, bool is_wrong)
{
	count++;
	if (is_wrong)
		throw std::runtime_error("wrong");	// throws
	return shape.area(count);	// measures
}

int main(int argc, char **)
{
	shapes::grid<int, 3> whole;
	shapes::grid<double, 2> broken;
	whole.cells[2] = argc + 4;
	broken.cells[1] = 2.5;
	int count = 0, sum = measure(whole, count, false) + measure(broken, count, false);
	auto add = [&sum](int more) { sum += more; sink = sum; return sum; };	// in lambda
	add(shapes::twice(argc) + (int)shapes::twice(1.25));
	try {
		measure(whole, count, true);
	} catch (const std::exception &error) {
		sink = count;	// caught
	}
	std::printf("%d\n", sum);	// prints
}

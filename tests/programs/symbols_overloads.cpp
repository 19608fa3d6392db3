// Overloads, templates, nested classes, operators, local classes and lambdas: names to look up and lines with several places.
// variant: O2 -g -O2
// variant: nopie -g -O0 -no-pie
// variant: sections -g -O1 -ffunction-sections -Wl,--gc-sections
// variant: types -g -O0 -gdwarf-4 -fdebug-types-section
// variant: zlib -g -O0 -gz=zlib
namespace outer {
namespace {
int hidden(int x) { return x + 1; }
}
struct box {
	int value;
	explicit box(int v) : value(v) {}
	~box() { value = 0; }
	int get() const { return value; }
	bool operator<(const box &other) const { return value < other.value; }
	struct lid { static int open(int times) { return times * 2; } };
};
int f(int x) { return x; }
int f(double x) { return static_cast<int>(x); }
template <typename T> T largest(T a, T b)
{
	return a < b ? b : a;	// in largest
}
}
int never_called(int x)
{
	return x * 3;	// collected
}
__attribute__((noinline)) static int twice(int x) { return x + x; }
int main(int argc, char **)
{
	outer::box a(argc), b(5);
	struct local { int run(int x) { return twice(x) + 1; } } worker;	// local class
	auto add = [&](int x) { return x + worker.run(x); };	// lambda
	for (int i = 0; i < 2; i++) argc += add(i);	// loop

	int sum = outer::f(argc) + outer::f(2.5) + outer::hidden(1) + outer::box::lid::open(2);
	sum += outer::largest(1, 2) + static_cast<int>(outer::largest(1.5, 2.5));
	return sum + (a < b) + a.get();	// end
}

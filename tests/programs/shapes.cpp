// C++: namespaces, classes with bases and virtual functions, templates, references, lambdas.
#include <cstdio>

namespace geometry {
struct shape {
	int id = 7;
	virtual int area() const = 0;
	virtual ~shape() = default;
};

template <typename T> struct box : shape {
	T width, height;
	box(T w, T h) : width(w), height(h) {}
	int area() const override
	{
		return static_cast<int>(width * height);	// in area
	}
};
int measured = 0;
}

static int measure(const geometry::shape &shape)
{
	geometry::measured += shape.area();	// measures
	return geometry::measured;	// measured
}

int main()
{
	geometry::box<int> small(2, 3);
	geometry::box<double> large(1.5, 4.0);
	auto both = [&](int factor) { return factor * (measure(small) + measure(large)); };	// in lambda
	std::printf("%d\n", both(2));	// prints
	return 0;
}

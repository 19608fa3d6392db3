#include "matrix.h"

static long helper(const struct point *point, int times)
{
	long product = (long)point->x * times;
	sink = (int)product;	// helper of shapes
	return product + point->y;
}

__attribute__((noinline)) long sum_shape(const struct shape *shape, int times)
{
	long sum = 0;
	for (int i = 0; i < 2; i++)
		sum += helper(&shape->at[i], clamp(times, 2, 4));	// calls helper
	return sum;	// end of sum_shape
}

__attribute__((noinline)) double average(const double *values, int count, enum colour colour)
{
	double total = colour;
	for (int i = 0; i < count; i++)
		total += values[i];	// in average
	return total / count;
}

__attribute__((noinline)) int descend(int depth, int (*leaf)(int))
{
	char text[8] = "deep";
	text[4] = (char)('0' + depth);
	sink = text[4];
	if (!depth)
		return leaf(sink);	// calls leaf
	return descend(depth - 1, leaf) + 1;	// recurses
}

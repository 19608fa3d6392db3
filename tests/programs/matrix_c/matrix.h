struct point { short x, y; };
struct shape { const char *name; struct point at[2]; union { float radius; unsigned bits; } as; unsigned kind : 3, rest : 13; };
enum colour { RED, GREEN = 5, BLUE };

extern volatile int sink;

long sum_shape(const struct shape *shape, int times);
double average(const double *values, int count, enum colour colour);
int descend(int depth, int (*leaf)(int));

static inline __attribute__((always_inline)) int clamp(int value, int low, int high)
{
	int clamped = value < low ? low : value;
	sink = clamped;	// in clamp
	return clamped > high ? high : clamped;
}

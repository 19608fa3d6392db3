// A variable of every kind that C has, all alive at one line.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

enum colour { RED, GREEN = 5, BLUE = -1 };
struct point { int x, y; };
struct bits { unsigned low : 3; int middle : 5; unsigned long long high : 40; };
union number { int32_t whole; float real; unsigned char bytes[4]; };
struct nested { struct point corner[2]; union number number; const char *name; struct nested *next; struct { int inner; }; };
typedef struct point place;
typedef int (*operation)(int);

static int negate(int x)
{
	return -x;
}

int global_count = 42;
static const char *file_text = "file static";
int big[100000];

static int show(int first, const char *second, struct point third)
{
	char letter = 'A', text[8] = "hi\n\"x", *nothing = NULL;
	signed char small = -5; unsigned char byte = 200;
	short half = -1234; unsigned whole = 4000000000u; long wide = -1; unsigned long long huge = ~0ull;
	float real = 1.5f; double precise = -0.1; long double extended = 2.25L; _Complex double z = 1.0 + 2.0i;
	bool yes = true; enum colour colour = GREEN; enum colour odd = (enum colour)77;
	struct point origin = { 3, 4 }, *where = &origin; place named = { 5, 6 };
	struct bits bits = { 5, -3, 1ull << 39 };
	union number number = { .real = 1.0f };
	struct nested nested = { { { 1, 2 }, { 3, 4 } }, { 7 }, "leaf", NULL, { 9 } };
	int grid[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } }; int count = 4, variable[count]; operation op = negate;
	void *any = &origin; volatile int spin = 1; const int fixed = 11; wchar_t broad[] = L"w\u00e4"; __int128 giant = (__int128)1 << 100;
	nested.next = &nested;
	for (int i = 0; i < count; i++)
		variable[i] = i * i;	// squares
	{
		int first = 99;	// the shadow
		big[first] = small + byte + half + letter + (int)real + third.x;
		spin += first + op(1);	// all alive
	}
	return printf("%d %s %s %d\n", first, second, text, (int)(wide + (long)whole + (long)huge + (long)precise + (long)extended + yes + colour + odd
		+ where->x + named.x + bits.low + number.whole + nested.inner + grid[1][2] + variable[1] + fixed + spin + (int)broad[0] + (int)giant)
		+ (int)__real__ z + (nothing == any));
}

int main(void)
{
	for (int i = 0; i < 100000; i++)
		big[i] = i * 3;	// fills
	show(global_count, file_text, (struct point){ 1, 2 });
	return 0;
}

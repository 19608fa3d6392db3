// Values at the edges of C: arrays whose size only the program knows, arrays without one, bit fields, wide characters, complex numbers.
#include <complex.h>
#include <stdlib.h>
#include <uchar.h>
#include <wchar.h>
struct bits { unsigned low : 3; int middle : 5; _Bool on : 1; };
struct flexible { int count; int data[]; };
struct named { int length; char text[]; };
struct old { int count; int data[0]; };

static int sized(int rows, int columns, int given[rows][columns])
{
	static int calls = 3;
	int line[rows];
	int table[rows][columns];
	char text[rows + 1];
	for (int i = 0; i < rows; i++) {
		line[i] = i * i;
		text[i] = (char)('a' + i);
		for (int k = 0; k < columns; k++)
			table[i][k] = given[i][k] + 100;
	}
	text[rows] = 0;
	int (*pointer)[columns] = table;
	return calls + line[0] + table[1][1] + text[0] + (*pointer)[0];	// sized
}

int main(void)
{
	struct bits bits = { 5, -3, 1 };
	struct flexible *flexible = malloc(sizeof(*flexible) + 3 * sizeof(int));
	struct named *named = malloc(sizeof(*named) + 8);
	struct old *old = (struct old *)flexible;
	flexible->count = 3;
	for (int i = 0; i < 3; i++)
		flexible->data[i] = i + 100;
	for (int i = 0; i < 8; i++)
		named->text[i] = "flexibl"[i];
	wchar_t euro = L'\u20ac', wide[] = L"h\u00e9llo";
	char32_t face = U'\U0001F600';
	char16_t unit = u'\u00e9';
	double complex number = 1 - 2 * I;
	int given[3][2] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
	int sum = sized(3, 2, given);
	return sum + bits.low + old->data[0] + named->text[0] + euro + wide[0] + (int)face + unit + (int)creal(number) == 0;	// looks
}

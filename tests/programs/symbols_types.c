// build: -g -O0 -no-pie
// variant: dwarf4 -g -gdwarf-4 -gstrict-dwarf -O0 -no-pie
// variant: units -g -gdwarf-4 -fdebug-types-section -O0 -no-pie
// variant: dwarf3 -g -gdwarf-3 -gstrict-dwarf -O0 -no-pie
// A global of every kind of C type. Bit fields in all widths and places.
#include <stdatomic.h>
#include <stdbool.h>
#include <wchar.h>

enum colour { RED, GREEN = 5, BLUE = -1 };
struct point { int x, y; };
struct bits { unsigned low : 3; int middle : 5; unsigned long long high : 40; _Bool flag : 1; unsigned : 0; unsigned char last : 7; };
struct __attribute__((packed)) packed { unsigned a : 3; unsigned long long b : 62; unsigned c : 7; char d; };
struct anonymous { int kind; union { int whole; float real; struct { short low, high; }; }; struct { int inner; } named; };
struct flexible { int count; char data[]; };
struct loop { struct loop *next; struct opaque *hidden; };
typedef struct point place; typedef const place *fixed_places[4]; typedef int (*operation)(int, const char *);
struct bits bits = { 5, -3, 1ull << 39 | 77, 1, 100 };
struct packed packed = { 6, 0x2123456789abcdefull, 99, 'd' };
struct anonymous anonymous = { 1, { .real = 1.5f }, { 9 } };
struct flexible flexible = { 0 }; struct loop loop = { &loop, 0 }; enum colour colour = BLUE;
const char *text = "text"; char *const fixed = 0; const char *const *table = 0; volatile int spin; const volatile int both = 1;
int grid[2][3][4]; int (*row)[3]; char *names[5]; fixed_places places; place origin; int nothing[0];
void (*callback)(int); operation op; int (*(*deep)(char, ...))[2]; void (*old)(); int (*handlers[3])(void); char *const (*mixed)[7];
_Complex double z; long double extended; float real; __int128 giant; wchar_t broad; bool yes; unsigned char byte; signed char small;
typedef float vector __attribute__((vector_size(16))); vector lanes; _Atomic int atomic_count; void *any; long wide; unsigned whole;
const int fixed_row[3] = { 1 }; char *restrict sole; static int hidden_count = 7; _Thread_local int per_thread = 3; struct loop *const *volatile odd;
#ifndef __clang__
_Float128 quad;
#endif

int main(void)
{
	struct local { char c; } local = { 'x' };
	enum inner { FIRST = 41, SECOND } inner = SECOND;
	int n = grid[0][0][0] + 3, sizes[n], pairs[n][n + 1];
	static int calls = 12;
	extern int whole_elsewhere, *unused;
	sizes[0] = pairs[0][0] = local.c + hidden_count + calls + inner + (int)origin.x;
	return sizes[0] + pairs[0][0] > 0 ? 0 : 1;	// all alive
}

// Functions that return each kind of thing, and what their caller got of it.
#include <complex.h>
#include <string>

struct two { long a; double b; };
struct floats { float a, b, c; };
struct small { char a; short b; int c; };
struct wide { long a[3]; };
struct bits { unsigned a : 3, b : 20; unsigned long c : 40; };
struct __attribute__((packed)) packed { char a; int b; };
struct extended { long double a; };
struct copied { int a; copied(int a) : a(a) {} copied(const copied &other) : a(other.a) {} };
struct held { copied a; int b; };
template <class T> struct shell { T a; shell(T a) : a(a) {} shell(const shell &other) : a(other.a) {} };
union either { double a; long b; };
typedef float vector4 __attribute__((vector_size(16)));
struct vectored { vector4 a; };

#define RETURNS(name, type, ...) __attribute__((noinline)) type return_##name() { type value = __VA_ARGS__; return value; }
#define KINDS(_) \
	_(two, two, { 1, 2.5 }) _(floats, floats, { 1, 2, 3 }) _(small, small, { 'a', 2, 3 }) _(wide, wide, { { 1, 2, 3 } }) \
	_(bits, bits, { 5, 1000, 123456 }) _(packed, packed, { 'p', 70000 }) _(extended, extended, { 1.25L }) _(copied, copied, copied(7)) \
	_(shell, shell<int>, shell<int>(4)) _(held, held, { copied(8), 9 }) _(either, either, { 1.5 }) _(vector, vector4, { 1, 2, 3, 4 }) _(vectored, vectored, { { 5, 6, 7, 8 } }) \
	_(real, long double, 2.5L) _(big, __int128, (__int128)1 << 100) _(single, float _Complex, 1.0f + 2.0f * _Complex_I) \
	_(pair, double _Complex, 1.0 + 2.0 * _Complex_I) _(pairs, long double _Complex, 3.0L + 4.0L * _Complex_I) _(truth, bool, true) \
	_(letter, char, 'x') _(text, std::string, "a text") _(half, float, 0.5f) _(minus, short, -3)
KINDS(RETURNS)

int main()
{
#define CALL(name, type, ...) \
	{ \
		type got = return_##name(); \
		asm volatile("nop" : : "m"(got)); \
	}
	KINDS(CALL)
	return 0;
}

// build: -g -O0 -shared -fPIC
// The library for loads_library.
int library_answer(int x);

int library_answer(int x)
{
	int doubled = x * 2;	// in library
	return doubled + 2;
}

// build: -g -O0 -shared -fPIC
// The library for real_tls: its thread-local storage is made for a thread when that thread first uses it.
static __thread int library_mine = 5;

int library_add(int number)
{
	library_mine += number;
	return library_mine;
}

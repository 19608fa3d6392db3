#include <stdio.h>

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "world";	// first in greet
	printf("hello, %s\n", name);	// greets
	return 0;
}

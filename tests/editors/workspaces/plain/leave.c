#include <stdio.h>

int main(void)
{
	puts("goodbye");	// first in leave
	return 0;
}

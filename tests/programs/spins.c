// Turns in user code until somebody sets `stop`.
#include <stdio.h>

volatile int stop;

int main(void)
{
	volatile long turn = 0;

	puts("ready");
	fflush(stdout);
	while (!stop) {
		turn++;	// turns
	}
	return 0;	// leaves
}

// Sleeps until it is told to end.
#include <stdio.h>
#include <unistd.h>

static volatile int must_end;

int main(void)
{
	int rounds = 0;
	puts("spinning");	// says spinning
	while (!must_end) {
		rounds++;	// counts rounds
		usleep(1000);
	}
	printf("%d rounds\n", rounds);
	return 3;
}

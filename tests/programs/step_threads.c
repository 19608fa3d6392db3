// Twenty threads run through the code that main is stepped through; main waits for a thread in several ways.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { OTHERS = 20 };
static volatile int is_over, passed;
static int pipe_ends[2];

__attribute__((noinline)) static int shared(int x)
{
	int result = x * 3;	// in shared
	result -= x;	// middle of shared
	return result;	// end of shared
}

static void *run(void *argument)
{
	while (!is_over)
		passed = shared((int)(long)argument), usleep(500);
	return NULL;
}

static void *fill(void *argument)
{
	usleep(30000);
	(void)!write(pipe_ends[1], "x", 1);	// fills
	return argument;	// end of fill
}

int main(void)
{
	pthread_t others[OTHERS], filler;
	char byte;
	for (long i = 0; i < OTHERS; i++)
		pthread_create(&others[i], NULL, run, (void *)i);
	int sum = shared(7);	// calls shared
	sum += shared(8);	// calls again
	(void)!pipe(pipe_ends);
	pthread_create(&filler, NULL, fill, NULL);	// starts filler
	(void)!read(pipe_ends[0], &byte, 1);	// reads
	pthread_join(filler, NULL);	// joins filler
	is_over = 1;	// over
	for (int i = 0; i < OTHERS; i++)
		pthread_join(others[i], NULL);	// joins
	printf("%d %c\n", sum, byte);	// prints
	return 0;	// last
}

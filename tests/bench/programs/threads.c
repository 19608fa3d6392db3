// 65 threads that wait until they are killed.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_barrier_t started;

static void *work(void *unused)
{
	pthread_barrier_wait(&started);
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_barrier_init(&started, NULL, 65);
	for (int i = 0; i < 64; i++)
		pthread_create(&thread, NULL, work, NULL);
	pthread_barrier_wait(&started);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

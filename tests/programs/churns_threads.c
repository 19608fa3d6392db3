// Threads start and end all the time, each passing one line; ends by itself when `total` threads have been.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long passed;

static void *pass(void *unused)
{
	atomic_fetch_add(&passed, 1);	// passes
	return unused;	// leaves
}

static void *spawn(void *argument)
{
	for (long left = (long)argument; left > 0; left--) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, pass, NULL) == 0)
			pthread_join(thread, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long total = argc > 1 ? atol(argv[1]) : 2000, parallel = argc > 2 ? atol(argv[2]) : 100;
	pthread_t spawners[200];

	for (long i = 0; i < parallel; i++)
		pthread_create(&spawners[i], NULL, spawn, (void *)(total / parallel));
	for (long i = 0; i < parallel; i++)
		pthread_join(spawners[i], NULL);
	printf("passed %ld\n", passed);	// all passed
	return 0;
}

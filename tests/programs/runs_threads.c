// As many threads as the first argument says (4), named, waiting until stdin has a line; then all end.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

static pthread_barrier_t started, ended;

static void *work(void *argument)
{
	char name[16];

	snprintf(name, sizeof name, "worker %ld", (long)argument);
	prctl(PR_SET_NAME, name);
	pthread_barrier_wait(&started);
	pthread_barrier_wait(&ended);
	return NULL;	// thread ends
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 4;
	pthread_t threads[256];

	pthread_barrier_init(&started, NULL, (unsigned)count + 1);
	pthread_barrier_init(&ended, NULL, (unsigned)count + 1);
	for (long i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	pthread_barrier_wait(&started);
	puts("ready"), fflush(stdout);	// all started
	getchar();	// waits
	pthread_barrier_wait(&ended);
	for (long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	puts("joined");	// joined
	return 0;
}

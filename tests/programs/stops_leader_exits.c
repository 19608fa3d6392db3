// The main thread ends first; another one goes on until stdin ends, and exits with 5.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

volatile long turns;

static void *goes_on(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	puts("alone"), fflush(stdout);
	while (getchar() != EOF)
		turns++;	// goes on
	exit(5);
}

int main(void)
{
	static pthread_t self, thread;

	self = pthread_self();
	pthread_create(&thread, NULL, goes_on, &self);
	pthread_exit(NULL);
}

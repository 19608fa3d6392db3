// Asks again and again on how many CPUs it may run: in a loop that is stopped in, in a thread and in a child that begin there.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int cpus(void)
{
	cpu_set_t mask;
	return sched_getaffinity(0, sizeof(mask), &mask) < 0 ? -1 : CPU_COUNT(&mask);
}

static void *ask(void *result)
{
	*(int *)result = cpus();
	return NULL;
}

int main(void)
{
	int in_loop = 1000000, in_thread = 0, status = 0;
	for (int turn = 0; turn < 200; turn++) {
		int now = cpus();	// turns
		in_loop = now < in_loop ? now : in_loop;
	}
	pthread_t thread;
	pthread_create(&thread, NULL, ask, &in_thread);
	pid_t child = fork();
	if (child == 0)
		_exit(cpus());
	waitpid(child, &status, 0);
	pthread_join(thread, NULL);
	printf("loop %d thread %d child %d\n", in_loop, in_thread, WEXITSTATUS(status));	// printed
	return 0;
}

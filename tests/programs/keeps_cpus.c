// How many CPUs a thread, a forked child and the program itself may use, each made or asked right after many quick passes; then it
// takes a CPU that it is not on for its own.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int sink;
static void passes(void)
{
	for (int i = 0; i < 100; i++) sink += i;	// quick
}

static long cpus(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) < 0 ? -1 : CPU_COUNT(&set);
}

static void *count(void *unused) { (void)unused; return (void *)cpus(); }

int main(void)
{
	pthread_t thread;
	void *in_thread;
	int status;
	cpu_set_t other;

	passes(), pthread_create(&thread, NULL, count, NULL), pthread_join(thread, &in_thread);
	passes();
	if (fork() == 0) _exit((int)cpus());
	wait(&status), passes();
	printf("%ld %d %ld\n", (long)in_thread, WEXITSTATUS(status), cpus()), fflush(stdout);
	CPU_ZERO(&other);
	CPU_SET(sched_getcpu() ? 0 : 1, &other);
	passes(), sched_setaffinity(0, sizeof other, &other), passes();
	return 0;	// has chosen
}

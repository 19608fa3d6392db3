// Threads that wait in all kinds of calls; tells in the end which of them returned early. Ends when stdin does.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int ends[2], word, early[6];
static pthread_barrier_t all;

static void *waits(void *which)
{
	long kind = (long)which, result = 0;
	char byte;
	struct timespec nap = { 3600, 0 };
	sigset_t most;
	struct pollfd fd = { ends[0], POLLIN, 0 };

	sigfillset(&most), sigdelset(&most, SIGUSR1);
	pthread_barrier_wait(&all);
	switch (kind) {
	case 0: result = read(ends[0], &byte, 1); break;
	case 1: result = nanosleep(&nap, NULL); break;
	case 2: result = syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); break;
	case 3: result = poll(&fd, 1, 3600000); break;
	case 4: result = syscall(SYS_rt_sigsuspend, &most, 8L); break;
	case 5: result = ppoll(&fd, 1, &nap, &most); break;
	}
	early[kind] = result < 0 ? errno : 1;
	return NULL;
}

int main(void)
{
	pthread_t thread;
	char line[8];

	pthread_barrier_init(&all, NULL, 7);
	if (pipe(ends) < 0)
		return 1;
	for (long i = 0; i < 6; i++)
		pthread_create(&thread, NULL, waits, (void *)i);
	pthread_barrier_wait(&all);
	puts("ready"), fflush(stdout);
	for (long got; (got = read(0, line, sizeof line)) > 0;)
		puts("still there"), fflush(stdout);
	for (int i = 0; i < 6; i++)
		printf("%d ", early[i]);
	return 0;
}

// System calls of several threads, also interrupted, restarted and of the 32-bit kind; ends by exec of argument 1.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void nothing(int signo)
{
	(void)signo;
}

static void *calls(void *unused)
{
	for (int i = 0; i < 200; i++)
		syscall(SYS_getppid), syscall(SYS_close, -1L);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];
	long old_call = 20;	// getpid of the 32-bit table
	struct timespec nap = { 0, 20 * 1000000 };

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, calls, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = nothing }, NULL);
	ualarm(5000, 5000);	// again and again: the first may come before the call
	pause();	// interrupted
	ualarm(0, 0);
	nanosleep(&nap, NULL);
	__asm__ volatile("int $0x80" : "+a"(old_call) : : "memory");
	printf("%d\n", old_call == getpid()), fflush(stdout);
	if (argc > 1)
		execv(argv[1], argv + 1);
	return 0;
}

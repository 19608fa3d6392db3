// Threads (argument 1) that each pass one line as often as argument 2 says; tells the sum. Argument 3 "nomap": no memory can be mapped.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static atomic_long sum;
static long passes;
static pthread_barrier_t start;

static void *pass(void *unused)
{
	pthread_barrier_wait(&start);
	for (long i = 0; i < passes; i++) {
		sum += 1;	// passes
		long leaf = 0;
		__asm__ volatile(".globl cpuid_at\ncpuid_at: cpuid" : "+a"(leaf) : : "rbx", "rcx", "rdx");	// cannot be emulated
	}
	return unused;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 8;
	pthread_t threads[64];

	passes = argc > 2 ? atol(argv[2]) : 1000;
	pthread_barrier_init(&start, NULL, (unsigned)count + 1);
	for (long i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, pass, NULL);
	if (argc > 3 && strcmp(argv[3], "nomap") == 0)
		setrlimit(RLIMIT_AS, &(struct rlimit){ 4096, 4096 });
	pthread_barrier_wait(&start);	// all are there
	for (long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%ld\n", (long)sum), fflush(stdout);	// sum
	return 0;
}

// Calls that somebody may tamper with; what came of each is printed, a line each.
// meets_injections PATH: retries read until it is not interrupted, counts getppids that fail, unlinks PATH.
// meets_injections threads: one thread calls getppid once, another works until that has returned.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;
static atomic_int has_returned;
static atomic_long worked;

static void count_signal(int signo)
{
	(void)signo;
	signals++;
}

static long now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *work(void *argument)
{
	while (!has_returned)
		worked++;
	return argument;
}

static int run_threads(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, work, NULL);
	while (!worked)
		;
	long started = now_us();
	syscall(SYS_getppid);
	long took = now_us() - started;
	has_returned = 1;
	pthread_join(thread, NULL);
	printf("took %ld\n", took);
	return 0;
}

static void retry_reads(void)
{
	int pipes[2], interrupted = 0;
	char text[8] = "";
	if (pipe(pipes) < 0 || write(pipes[1], "hello", 5) != 5)
		return;
	ssize_t length;
	while ((length = read(pipes[0], text, sizeof(text))) < 0 && errno == EINTR)
		interrupted++;
	printf("interrupted %d read %zd %s\n", interrupted, length, text);
}

static void map_or_give_up(void)
{
	int refused = 0;
	void *memory;
	while ((memory = mmap(NULL, 4711, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED && errno == ENOMEM && refused < 100)
		refused++;
	printf("refused %d\n", refused);
}

int main(int count, char **arguments)
{
	setbuf(stdout, NULL);
	signal(SIGUSR1, count_signal);
	if (count > 1 && strcmp(arguments[1], "threads") == 0)
		return run_threads();
	retry_reads();
	map_or_give_up();
	printf("parents");
	for (int i = 0; i < 8; i++)
		printf(" %d", syscall(SYS_getppid) >= 0 ? 0 : errno);
	printf("\nsignals %d\n", (int)signals);
	if (count > 1)
		printf("unlink %d\n", unlink(arguments[1]));
	return 0;
}

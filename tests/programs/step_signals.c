// A timer's handler interrupts the stepped code all the time, and runs through the same functions.
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile int ticks, sink;

__attribute__((noinline)) static int work(int x)
{
	int sum = 0;	// in work
	for (int i = 0; i < 10; i++) sum += i ^ x;	// one line loop
	return sum;	// end of work
}

static void tick(int signo)
{
	ticks += signo == SIGALRM;	// in tick
	sink = work(ticks);	// tick works
}

int main(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);	// starts
	int sum = work(1);	// first
	sum += work(2);	// second
	sum += work(3) + work(4);	// third
	for (volatile int i = 0; i < 30000000; i++) sum ^= i;	// spins
	__asm__ volatile("nop\n\tnop\n\tpushf\n\tpopf\n\tnop");	// nops
	setitimer(ITIMER_REAL, &never, NULL);	// ends
	printf("%d\n", sum);	// prints
	return ticks == 0;	// last
}

// Signals faster than a debugger's stops; their handler runs the code that is stepped through.
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static volatile int ticks;
static volatile int passes;

static int work(int x)
{
	volatile int sum = 0;	// begins
	sum += x;	// adds
	for (int i = 0; i < 3; i++) sum += i;	// loops
	return sum + ++passes * 0;	// ends
}

static void tick(int signo)
{
	(void)signo;
	ticks += work(1) > 0;
}

int main(void)
{
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 50 }, { 0, 50 } };
	int sum;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	sum = work(7);	// first
	sum += work(8);	// second
	sum += work(9);	// third
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);	// calm
	return sum == 33 ? 3 : 4;
}

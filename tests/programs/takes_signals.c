// A handler runs in the middle of stepped lines; the backtrace in it goes through the signal frame.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t count;

static void handler(int signo)
{
	count += signo;	// in handler
}

int main(void)
{
	signal(SIGUSR1, handler);
	kill(getpid(), SIGUSR1);	// sends
	int seen = count;	// after
	raise(SIGUSR1);	// raises
	printf("%d %d\n", seen, count);	// prints
	return 0;
}

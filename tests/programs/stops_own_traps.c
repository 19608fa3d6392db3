// Trap instructions of the program itself, with a handler that counts them.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile int traps;

static void on_trap(int signo)
{
	traps += signo == SIGTRAP;
}

int main(void)
{
	signal(SIGTRAP, on_trap);
	__asm__ volatile("int3");	// one byte
	__asm__ volatile(".byte 0xcd, 3");	// two bytes
	kill(getpid(), SIGTRAP);	// sent
	printf("%d\n", traps), fflush(stdout);	// prints
	return 0;
}

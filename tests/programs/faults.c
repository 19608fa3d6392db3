// Dies in the way that the first argument names.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int zero;

static void fault(const char *how)
{
	if (strcmp(how, "segv") == 0)
		*(volatile int *)0x10 = 1;	// segv
	if (strcmp(how, "fpe") == 0)
		zero = 7 / zero;	// fpe
	if (strcmp(how, "abort") == 0)
		abort();	// abort
	if (strcmp(how, "ill") == 0)
		__builtin_trap();	// ill
	if (strcmp(how, "bus") == 0)
		kill(getpid(), SIGBUS);	// bus
}

int main(int argc, char **argv)
{
	fault(argc > 1 ? argv[1] : "segv");
	return 0;
}

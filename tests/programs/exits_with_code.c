// Ends with the exit code given as the first argument, or dies by the signal given after "signal".
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[argc - 1]) : 0;

	if (argc > 2 && strcmp(argv[1], "signal") == 0)
		raise(number);
	return number;	// returns
}

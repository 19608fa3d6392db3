// Waits for ever; SIGTERM ends it politely with 7 unless the argument is "stubborn", which ignores it.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_term(int signo)
{
	(void)signo;
	_exit(7);
}

int main(int argc, char **argv)
{
	signal(SIGTERM, argc > 1 && strcmp(argv[1], "stubborn") == 0 ? SIG_IGN : on_term);
	puts("ready");
	for (;;)
		pause();
}

// Counts the lines of its standard input, and says so; ^C does not end it.
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static int lines;

static int count(const char *text)
{
	lines += text[0] != '\n';	// in count
	return lines;
}

static void interrupted(int signal)
{
	(void)!write(1, "interrupted\n", 12);
	(void)signal;
}

int main(void)
{
	char text[80];
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);	// so that anybody's debugger may attach
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGINT, interrupted);
	puts("ready");	// says ready
	while (fgets(text, sizeof text, stdin))
		printf("line %d\n", count(text));
	return 0;
}

// Counts the lines of its standard input, and says so.
#include <stdio.h>
#include <sys/prctl.h>

static int lines;

static int count(const char *text)
{
	lines += text[0] != '\n';	// in count
	return lines;
}

int main(void)
{
	char text[80];
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);	// so that anybody's debugger may attach
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");	// says ready
	while (fgets(text, sizeof text, stdin))
		printf("line %d\n", count(text));
	return 0;
}

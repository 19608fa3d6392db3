// Children of the kind that the first argument names pass a line with a breakpoint; tells their status. The kind "sleep" waits for ever.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int passed;

__attribute__((noinline)) static int shared(int x)
{
	passed++;	// shared
	return x + 1;
}

static int child(void *kind)
{
	int code = shared(40);

	if (strcmp(kind, "sleep") == 0)
		for (;;)
			pause();
	_exit(code);
}

int main(int argc, char **argv)
{
	static char stack[65536];
	char *kind = argc > 1 ? argv[1] : "fork";
	int status = 0;
	pid_t pid = 0;

	if (strcmp(kind, "fork") == 0 && (pid = fork()) == 0)
		child(kind);
	if (strcmp(kind, "vfork") == 0 && (pid = vfork()) == 0)
		child(kind);
	if (strcmp(kind, "memory") == 0)
		pid = clone(child, stack + sizeof stack, CLONE_VM | SIGCHLD, kind);
	if (strcmp(kind, "quiet") == 0)
		pid = clone(child, stack + sizeof stack, CLONE_VM, kind);
	if (strcmp(kind, "sleep") == 0)
		pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, kind);
	if (strcmp(kind, "system") == 0)
		status = system("exit 41");
	else
		waitpid(pid, &status, __WALL);
	printf("%d %d\n", status & 127 ? -(status & 127) : WEXITSTATUS(status), shared(1)), fflush(stdout);	// parent
	return 0;
}

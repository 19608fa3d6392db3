// Processes of the kind that the first argument names; `number` is where a test may have a breakpoint.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

__attribute__((noinline)) static int number(int x)
{
	return x + 1;	// number
}

static void *execs(void *unused)
{
	execl("/bin/sh", "sh", "-c", "exit 9", (char *)NULL);
	return unused;
}

static void thread_execs(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, execs, NULL);
	pause();
}

// It shares its parent's memory, and kills it.
static int kills_parent(void *how)
{
	kill(getppid(), SIGKILL);
	while (getppid() != 1 && number(1) != 2)
		;
	if (strcmp(how, "vfork-execs") == 0)
		execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
	_exit(number(4));
}

static void in_parents_memory(char *how)
{
	static char stack[65536];
	clone(kills_parent, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, how);
}

static int storm(int kind)
{
	char *arguments[] = { "true", NULL };
	for (int i = 0; i < 100; i++) {
		pid_t pid;
		if (kind == 's')
			posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ);
		else if ((pid = fork()) == 0)
			kind == 'k' ? (void)pause() : _exit(number(-1));
		if (kind == 'k')
			kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

// Killed in the middle of making others.
static int killed_while_forking(void)
{
	for (int i = 0; i < 40; i++) {
		pid_t maker = fork();
		if (maker == 0)
			for (;;)
				if (fork() == 0)
					_exit(number(-1));
		for (volatile int spin = 0; spin < i * 20000; spin++)
			;
		kill(maker, SIGKILL);
		waitpid(maker, NULL, 0);
	}
	return 0;
}

static int generations(int depth)
{
	int status = 0;
	if (depth && fork() == 0)
		_exit(generations(depth - 1));
	wait(&status);
	return number(depth - 1) + WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	char *kind = argc > 1 ? argv[1] : "";
	number(0);
	if (strcmp(kind, "thread-execs") == 0) {
		if (fork() == 0)
			thread_execs();
		wait(NULL);
	}
	if (strncmp(kind, "vfork-", 6) == 0)
		in_parents_memory(kind);
	if (strncmp(kind, "storm-", 6) == 0)
		return storm(kind[6]);
	if (strcmp(kind, "killed") == 0)
		return killed_while_forking();
	if (strcmp(kind, "generations") == 0)
		return generations(4);
	return 0;
}

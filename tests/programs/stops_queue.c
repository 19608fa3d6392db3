// Real-time signals that were queued while blocked arrive in order, with their values; children end all the time meanwhile.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int next, wrong, ended;

static void on_value(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	wrong += info->si_value.sival_int != next++ || info->si_code != SI_QUEUE;	// value
}

static void on_child(int signo)
{
	(void)signo;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		ended++;
}

int main(void)
{
	struct sigaction value = { .sa_sigaction = on_value, .sa_flags = SA_SIGINFO };
	sigset_t set, old;

	sigaction(SIGRTMIN + 3, &value, NULL), signal(SIGCHLD, on_child);
	sigemptyset(&set), sigaddset(&set, SIGRTMIN + 3), sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 0; i < 200; i++)
		sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = i });
	for (int i = 0; i < 50; i++)
		if (fork() == 0)
			_exit(0);
	sigprocmask(SIG_SETMASK, &old, NULL);	// unblocks
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (ended < 50)
		sigsuspend(&old);
	printf("%d %d %d\n", next, wrong, ended), fflush(stdout);	// tells
	return 0;
}

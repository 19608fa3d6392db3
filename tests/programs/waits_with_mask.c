// Waits for SIGUSR1, which it blocks, in the call that the argument names, whose own mask lets it in. Tells where it was handled, how often
// the call returned without it, and whether the mask is what it was.
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile sig_atomic_t is_waiting, handled, handled_inside, returns;

static void on_usr1(int signo)
{
	(void)signo;
	handled++, handled_inside += is_waiting;
}

static void wait_in(const char *call, const sigset_t *mask)
{
	struct epoll_event event;
	if (strcmp(call, "sigsuspend") == 0) sigsuspend(mask);
	if (strcmp(call, "pselect") == 0) pselect(0, NULL, NULL, NULL, NULL, mask);
	if (strcmp(call, "ppoll") == 0) ppoll(NULL, 0, NULL, mask);
	if (strcmp(call, "epoll_pwait") == 0) epoll_pwait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1, mask);
}

int main(int argc, char **argv)
{
	sigset_t blocked, during, after;
	if (argc < 2) return 2;
	signal(SIGUSR1, on_usr1);
	sigemptyset(&blocked), sigaddset(&blocked, SIGUSR1), sigprocmask(SIG_SETMASK, &blocked, NULL);
	sigfillset(&during), sigdelset(&during, SIGUSR1);
	puts("ready"), fflush(stdout);
	for (is_waiting = 1; !handled; returns++) wait_in(argv[1], &during);
	is_waiting = 0, sigprocmask(SIG_BLOCK, NULL, &after);
	printf("handled %d inside %d early %d mask %s\n", handled, handled_inside, returns - 1, memcmp(&after, &blocked, 8) ? "lost" : "kept");
	return 0;
}

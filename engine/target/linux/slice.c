// While stops come fast, the epoll loop and the signalfd cost as much as the stop itself. For a slice of time the tracer sleeps in
// waitpid() instead. A repeating timer ends the slice: a tick that comes just before waitpid() is entered is lost, the next is not,
// and unlike PTRACE_INTERRUPT it does not touch the debuggee (which would make its epoll_wait() fail with EINTR).
#include <signal.h>
#include <time.h>

#include "engine/target/linux/private.h"

static void on_tick(int signo)
{
	(void)signo;   // it is there to interrupt waitpid()
}

static bool create_timer(struct target_linux *backend)
{
	struct sigaction action = { .sa_handler = on_tick };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	backend->has_slice_timer = sigaction(SIGALRM, &action, NULL) == 0 && timer_create(CLOCK_MONOTONIC, &event, &backend->slice_timer) == 0;
	return backend->has_slice_timer;
}

static void set_timer(struct target_linux *backend, unsigned ms)
{
	struct timespec tick = { .tv_nsec = (long)ms * 1000000 };
	timer_settime(backend->slice_timer, 0, &(struct itimerspec){ tick, tick }, NULL);
}

// Stops without SIGCHLD are cheaper still; an end raises it all the same.
static void set_stop_signals(bool are_on)
{
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL, .sa_flags = are_on ? 0 : SA_NOCLDSTOP }, NULL);
}

bool linux_begin_slice(struct target *target, unsigned ms)
{
	struct target_linux *backend = (struct target_linux *)target;
	if (!backend->has_slice_timer && !create_timer(backend))
		return false;
	set_stop_signals(false);
	set_timer(backend, ms);
	backend->is_in_slice = true;
	return true;
}

void linux_end_slice(struct target *target)
{
	struct target_linux *backend = (struct target_linux *)target;
	set_timer(backend, 0);
	set_stop_signals(true);
	backend->is_in_slice = false;
}

void linux_destroy_slice(struct target_linux *backend)
{
	if (!backend->has_slice_timer)
		return;
	timer_delete(backend->slice_timer);
	signal(SIGALRM, SIG_DFL);
}

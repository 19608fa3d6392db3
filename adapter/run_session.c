#include "adapter/run_session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "adapter/events.h"
#include "adapter/session.h"
#include "base/log.h"

static int signal_pipe[2] = { -1, -1 };

static void on_signal(int signo)
{
	int saved = errno;
	uint8_t byte = (uint8_t)signo;
	ssize_t ignored = write(signal_pipe[1], &byte, 1);
	(void)ignored;
	errno = saved;
}

int ending_signals_open(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	return signal_pipe[0];
}

int ending_signals_read(int fd)
{
	uint8_t byte = 0;
	return read(fd, &byte, 1) == 1 ? byte : 0;
}

static void on_ending_signal(void *data, uint32_t events)
{
	(void)events;
	struct session *session = data;
	LOG("loop", "ended by signal %d", ending_signals_read(signal_pipe[0]));
	if (session->is_launched || session->is_attached)
		events_terminated(session);
	session_end(session, 0);
}

int run_session(int in_fd, int out_fd)
{
	signal(SIGPIPE, SIG_IGN);   // a client that is gone is an EPIPE; the debuggee gets the default back
	struct loop *loop = loop_create();
	int signals = ending_signals_open();
	if (!loop || signals < 0)
		return 1;
	struct session *session = session_create(loop, in_fd, out_fd);
	struct loop_source *source = loop_add_fd(loop, signals, EPOLLIN, on_ending_signal, session);
	loop_run(loop);
	int exit_code = session->exit_code;
	session_destroy(session);
	loop_remove(source);
	loop_destroy(loop);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	return exit_code;
}

#include "adapter/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "dap/framing.h"

enum {
	READ_SIZE = 64 * 1024,
	READS_A_TURN = 16,    // the debuggee's events get their turn too
};

struct transport {
	struct loop *loop;
	const struct transport_listener *listener;
	void *data;
	int in_fd, out_fd;
	bool is_same_fd, is_file;          // is_file: epoll does not take it, but it is always ready
	struct loop_source *in_source, *out_source;
	struct loop_timer *file_timer;
	struct framing framing;
	struct str out;
	size_t written;                    // of `out`
	bool is_flush_due;                 // at the end of this callback of the loop
	struct loop_timer *hold_timer;     // something that belongs together is awaited; NULL: nothing is held back
	bool is_closed, is_reading, is_broken;
};

// An fd inherited from somebody shares its O_NONBLOCK with everybody who has it, a terminal's shell for one: opening it anew
// gives a description of our own. Sockets cannot be opened, and a file would start anew at offset 0.
static int own_description(int fd, int access)
{
	struct stat status;
	if (fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) {
		char path[32];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		int own = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (own >= 0) {
			close(fd);
			return own;
		}
	}
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void close_input(struct transport *transport, struct error *error)
{
	if (transport->is_closed) {
		error_destroy(error);
		return;
	}
	transport->is_closed = true;
	transport_stop_reading(transport);
	transport->listener->closed(transport->data, error);
}

static void deliver(struct transport *transport)
{
	while (!transport->is_closed) {
		char *body;
		size_t length;
		struct error *error = framing_next(&transport->framing, &body, &length);
		if (error) {
			close_input(transport, error);
			return;
		}
		if (!body)
			return;
		if (log_is_open)
			log_bytes("dap <-", body, length);
		transport->listener->message(transport->data, body, length);
	}
}

// Answers whether there may be more.
static bool read_some(struct transport *transport)
{
	char bytes[READ_SIZE];
	ssize_t count = read(transport->in_fd, bytes, sizeof(bytes));
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (count <= 0) {
		close_input(transport, NULL);
		return false;
	}
	framing_feed(&transport->framing, bytes, (size_t)count);
	deliver(transport);
	return !transport->is_closed && (size_t)count == sizeof(bytes);
}

void transport_poll(struct transport *transport)
{
	if (transport->is_reading || transport->is_closed || transport->is_file)
		return;
	transport->is_reading = true;
	for (int i = 0; i < READS_A_TURN && read_some(transport); i++)
		;
	transport->is_reading = false;
}

static void on_input(void *data, uint32_t events)
{
	struct transport *transport = data;
	(void)events;
	transport_poll(transport);
	transport->listener->idle(transport->data);
}

static void on_file_input(void *data)
{
	struct transport *transport = data;
	transport->file_timer = NULL;
	read_some(transport);
	transport->listener->idle(transport->data);
	if (!transport->is_closed)
		transport->file_timer = loop_add_timer(transport->loop, 0, on_file_input, transport);
}

static void on_output(void *data, uint32_t events);

// Answers whether all of it is gone.
static bool write_some(struct transport *transport)
{
	while (!transport->is_broken && transport->written < transport->out.length) {
		ssize_t count = write(transport->out_fd, transport->out.data + transport->written,
				      transport->out.length - transport->written);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return false;
		if (count < 0)
			transport->is_broken = true;
		else
			transport->written += (size_t)count;
	}
	transport->written = 0;
	str_clear(&transport->out);
	return true;
}

static void drop_written(struct transport *transport)
{
	if (transport->written > transport->out.length / 2) {
		str_remove_front(&transport->out, transport->written);
		transport->written = 0;
	}
}

static void flush(struct transport *transport)
{
	bool is_done = write_some(transport);
	if (is_done) {
		loop_remove(transport->out_source);
		transport->out_source = NULL;
		transport->listener->drained(transport->data);
	} else {
		drop_written(transport);
		if (!transport->out_source)
			transport->out_source = loop_add_fd(transport->loop, transport->out_fd, EPOLLOUT, on_output, transport);
	}
	if (transport->is_broken)
		close_input(transport, NULL);
}

static void on_output(void *data, uint32_t events)
{
	struct transport *transport = data;
	if (events & (EPOLLERR | EPOLLHUP) && !(events & EPOLLOUT)) {
		transport->is_broken = true;
		loop_remove(transport->out_source);
		transport->out_source = NULL;
		close_input(transport, NULL);
		return;
	}
	flush(transport);
}

struct transport *transport_create(struct loop *loop, int in_fd, int out_fd, const struct transport_listener *listener, void *data)
{
	struct transport *transport = xcalloc(1, sizeof(*transport));
	transport->loop = loop;
	transport->listener = listener;
	transport->data = data;
	transport->is_same_fd = in_fd == out_fd;
	transport->in_fd = transport->is_same_fd ? own_description(in_fd, O_RDWR) : own_description(in_fd, O_RDONLY);
	// Two fds for epoll: the interest in reading and in writing come and go on their own.
	transport->out_fd = transport->is_same_fd ? fcntl(transport->in_fd, F_DUPFD_CLOEXEC, 3) : own_description(out_fd, O_WRONLY);
	transport->in_source = loop_add_fd(loop, transport->in_fd, EPOLLIN, on_input, transport);
	if (!transport->in_source) {
		transport->is_file = true;
		transport->file_timer = loop_add_timer(loop, 0, on_file_input, transport);
	}
	return transport;
}

void transport_stop_reading(struct transport *transport)
{
	transport->is_closed = true;
	loop_remove(transport->in_source);
	transport->in_source = NULL;
	loop_cancel_timer(transport->file_timer);
	transport->file_timer = NULL;
}

void transport_destroy(struct transport *transport)
{
	if (!transport)
		return;
	transport_stop_reading(transport);
	loop_cancel_timer(transport->hold_timer);
	write_some(transport);   // what the peer takes without waiting
	loop_remove(transport->out_source);
	close(transport->in_fd);
	close(transport->out_fd);
	framing_deinit(&transport->framing);
	str_deinit(&transport->out);
	free(transport);
}

struct str *transport_out(struct transport *transport)
{
	return &transport->out;
}

static void flush_due(void *data)
{
	struct transport *transport = data;
	transport->is_flush_due = false;
	if (!transport->hold_timer)
		flush(transport);
}

size_t transport_backlog(const struct transport *transport)
{
	return transport->out.length - transport->written;
}

size_t transport_push(struct transport *transport)
{
	write_some(transport);
	drop_written(transport);
	return transport_backlog(transport);
}

void transport_flush(struct transport *transport)
{
	loop_cancel_timer(transport->hold_timer);
	transport->hold_timer = NULL;
	if (transport->is_flush_due)
		return;
	transport->is_flush_due = true;
	loop_defer(transport->loop, flush_due, transport);
}

static void hold_is_over(void *data)
{
	struct transport *transport = data;
	transport->hold_timer = NULL;
	flush(transport);
}

void transport_hold(struct transport *transport, int timeout_ms)
{
	if (!transport->hold_timer)
		transport->hold_timer = loop_add_timer(transport->loop, (uint64_t)timeout_ms, hold_is_over, transport);
}

void transport_drain(struct transport *transport, int timeout_ms)
{
	while (!write_some(transport)) {
		struct pollfd writable = { .fd = transport->out_fd, .events = POLLOUT };
		int ready = poll(&writable, 1, timeout_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0 || !(writable.revents & POLLOUT))
			return;
	}
}

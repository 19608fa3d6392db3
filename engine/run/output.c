#include "engine/run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"

struct stream {
	struct output *output;
	enum output_category category;
	int master;                  // -1: not captured
	bool has_ended;              // nobody has it open for writing
	struct loop_source *source;
};

struct output {
	struct loop *loop;
	output_fn fn;
	void *data;
	bool is_started, is_held;
	int child_fds[3];
	struct stream streams[2];    // stdout, stderr
};

enum { READ_SIZE = 16 * 1024 };

static struct error *open_terminal(int *master_ret, int *slave_ret)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int unlocked = 0;
	if (master < 0)
		return error_system(errno, "opening a pseudo terminal");
	int slave = -1;
	if (ioctl(master, TIOCSPTLCK, &unlocked) == 0)
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	if (slave < 0 || tcgetattr(slave, &settings) < 0) {
		int reason = errno;
		closep(&master);
		closep(&slave);
		return error_system(reason, "opening a pseudo terminal");
	}
	settings.c_oflag &= ~(tcflag_t)OPOST;   // no CR before LF
	settings.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(slave, TCSANOW, &settings);
	*master_ret = master;
	*slave_ret = slave;
	return NULL;
}

static struct error *open_file(const char *path, int fd, int *fd_ret)
{
	int flags = fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	int file = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	if (file < 0)
		return error_system(errno, "opening %s for the program's %s", path, fd == 0 ? "input" : "output");
	*fd_ret = file;
	return NULL;
}

static struct error *open_named(const char *const stdio[3], int fd, int fds[3])
{
	if (fd == 2 && stdio[1] && str_equal(stdio[1], stdio[2])) {
		fds[2] = fcntl(fds[1], F_DUPFD_CLOEXEC, 3);   // one offset for both
		return NULL;
	}
	return open_file(stdio[fd], fd, &fds[fd]);
}

struct error *output_open_files(const char *const stdio[3], int fds_ret[3])
{
	struct error *error = NULL;
	for (int fd = 0; fd < 3; fd++) {
		fds_ret[fd] = -1;
		if (!error && stdio[fd])
			error = open_named(stdio, fd, fds_ret);
	}
	return error;
}

static struct error *open_stream(struct output *output, const char *const stdio[3], int fd)
{
	if (stdio[fd])
		return open_named(stdio, fd, output->child_fds);
	if (fd == 0)
		return open_file("/dev/null", 0, &output->child_fds[0]);
	return open_terminal(&output->streams[fd - 1].master, &output->child_fds[fd]);
}

struct error *output_create(struct loop *loop, const char *const stdio[3], output_fn fn, void *data, struct output **output_ret)
{
	struct output *output = xcalloc(1, sizeof(*output));
	*output = (struct output){ .loop = loop, .fn = fn, .data = data, .child_fds = { -1, -1, -1 } };
	output->streams[0] = (struct stream){ .output = output, .category = OUTPUT_STDOUT, .master = -1 };
	output->streams[1] = (struct stream){ .output = output, .category = OUTPUT_STDERR, .master = -1 };
	for (int fd = 0; fd < 3; fd++) {
		struct error *error = open_stream(output, stdio, fd);
		if (error) {
			output_destroy(output);
			return error;
		}
	}
	*output_ret = output;
	return NULL;
}

static void close_child_fds(struct output *output)
{
	for (int fd = 0; fd < 3; fd++) {
		closep(&output->child_fds[fd]);
		output->child_fds[fd] = -1;
	}
}

static void close_stream(struct stream *stream)
{
	loop_remove(stream->source);
	stream->source = NULL;
	closep(&stream->master);
	stream->master = -1;
}

void output_destroy(struct output *output)
{
	if (!output)
		return;
	close_child_fds(output);
	close_stream(&output->streams[0]);
	close_stream(&output->streams[1]);
	free(output);
}

void output_child_fds(const struct output *output, int fds_ret[3], int *terminal_ret)
{
	for (int fd = 0; fd < 3; fd++)
		fds_ret[fd] = output->child_fds[fd];
	*terminal_ret = output->streams[0].master >= 0 ? output->child_fds[1] : output->streams[1].master >= 0 ? output->child_fds[2] : -1;
}

static void listen_to(struct stream *stream);

// False: nothing more now, or ever (EIO: every slave is closed).
static bool read_some(struct stream *stream)
{
	char bytes[READ_SIZE];
	if (stream->master < 0)
		return false;
	ssize_t count = read(stream->master, bytes, sizeof(bytes));
	if (count > 0) {
		stream->output->fn(stream->output->data, stream->category, bytes, (size_t)count);
		return true;
	}
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	// The master stays open: it is the controlling terminal of a program that may be about to exit, and SIGHUP would come first.
	stream->has_ended = true;
	listen_to(stream);
	return false;
}

static void stream_readable(void *data, uint32_t events)
{
	(void)events;
	read_some(data);
}

static void listen_to(struct stream *stream)
{
	struct output *output = stream->output;
	bool is_wanted = output->is_started && !output->is_held && stream->master >= 0 && !stream->has_ended;
	if (is_wanted && !stream->source) {
		stream->source = loop_add_fd(output->loop, stream->master, EPOLLIN, stream_readable, stream);
	} else if (!is_wanted) {
		loop_remove(stream->source);
		stream->source = NULL;
	}
}

void output_started(struct output *output)
{
	close_child_fds(output);
	output->is_started = true;
	output_hold(output, output->is_held);
}

void output_hold(struct output *output, bool is_held)
{
	if (!output)
		return;
	output->is_held = is_held;
	listen_to(&output->streams[0]);
	listen_to(&output->streams[1]);
}

// A grandchild may write without end: the drain is bounded.
void output_drain(struct output *output)
{
	struct pollfd terminals[ARRAY_SIZE(output->streams)];
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		terminals[i] = (struct pollfd){ .fd = output->streams[i].master, .events = POLLIN };
	if (poll(terminals, ARRAY_SIZE(terminals), 0) <= 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		for (int rounds = 0; terminals[i].revents && rounds < 64 && read_some(&output->streams[i]); rounds++)
			;
}

static bool empty_once(struct pollfd *terminal)
{
	char bytes[READ_SIZE];
	if (terminal->fd < 0 || !terminal->revents)
		return terminal->fd >= 0;
	ssize_t count = read(terminal->fd, bytes, sizeof(bytes));
	if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)))
		return true;
	terminal->fd = -1;   // EIO: every slave is closed
	return false;
}

__attribute__((noreturn)) static void keep_terminals(struct output *output)
{
	enum { FIRST = 3, COUNT = 2 };
	struct pollfd terminals[COUNT];
	int null = open("/dev/null", O_RDWR);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int fd = 0; fd < FIRST; fd++)
		dup2(null, fd);
	for (int i = 0; i < COUNT; i++) {   // out of the way first: one may be where the other goes
		int high = output->streams[i].master < 0 ? -1 : fcntl(output->streams[i].master, F_DUPFD, FIRST + 2 * COUNT);
		terminals[i] = (struct pollfd){ .fd = high, .events = POLLIN };
	}
	for (int i = 0; i < COUNT; i++)
		if (terminals[i].fd >= 0)
			terminals[i].fd = dup2(terminals[i].fd, FIRST + i);
	close_range(FIRST + COUNT, ~0U, 0);
	setsid();
	bool is_open = true;
	while (is_open && poll(terminals, COUNT, -1) >= 0) {
		is_open = false;
		for (int i = 0; i < COUNT; i++)
			is_open = empty_once(&terminals[i]) || is_open;
	}
	_exit(0);
}

void output_leave(struct output *output)
{
	output_drain(output);
	if (output->streams[0].master < 0 && output->streams[1].master < 0)
		return;
	if (fork() == 0)
		keep_terminals(output);
}

// What runs in the terminal until the program does. Everything here happens in a process of its own, that somebody else has started.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/run/program.h"
#include "engine/run/terminal.h"
#include "engine/target/linux/linux.h"

// As a shell's.
enum { EXIT_NOT_STARTED = 1, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

struct stand_in_process {
	int connection;
	int terminal;              // for our words, wherever stderr goes
	struct stand_in_orders orders;
	int fds[STAND_IN_FDS];
	char *texts;               // of the memfd
	const char *program, *cwd;
	char **argv, **envp;
	struct stand_in_report report;   // FAILED, if it did
};

static int say(int terminal, const char *words)
{
	dprintf(terminal, "ptdap: %s\n", words);
	return EXIT_NOT_STARTED;
}

struct error *stand_in_failure(const struct stand_in_report *report, const char *program, const char *cwd)
{
	if (report->news == STAND_IN_FAILED_CWD)
		return error_system(report->system_errno, "changing to the working directory %s", cwd ? cwd : ".");
	return error_system(report->system_errno, "starting %s", program);
}

// ---- before -----------------------------------------------------------------------------------------------------------

// The debugger is who listens: not necessarily our parent's parent, so that a kernel with Yama wants our permission for it to trace us. 0: it takes it back.
static void permit_tracing(unsigned long pid)
{
	prctl(PR_SET_PTRACER, pid, 0, 0, 0);   // fails without Yama, which then forbids nothing
}

static struct error *connect_to(const char *address, int *fd_ret)
{
	struct sockaddr_un sockaddr;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	unsigned length = stand_in_sockaddr(address, &sockaddr);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sockaddr, length) < 0)
		return errno == ECONNREFUSED ? error_create(ERROR_GONE, "no debugger waits for this terminal any more (or it runs in another container)")
					     : error_system(errno, "connecting to the debugger");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return error_system(errno, "asking who the debugger is");
	if (peer.uid != geteuid())
		return error_create(ERROR_PERMISSION, "the debugger runs as user %u and this terminal as user %u; they must be the same", peer.uid, geteuid());
	permit_tracing(peer.pid > 0 ? (unsigned long)peer.pid : PR_SET_PTRACER_ANY);   // 0: it is outside of our PID namespace
	*fd_ret = fd;
	fd = -1;
	return NULL;
}

static void take_fds(struct msghdr *message, int fds[STAND_IN_FDS])
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return;
	size_t size = header->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(header), size < STAND_IN_FDS * sizeof(int) ? size : STAND_IN_FDS * sizeof(int));
}

static struct error *receive_orders(struct stand_in_process *self)
{
	union {
		char bytes[CMSG_SPACE(STAND_IN_FDS * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec data = { &self->orders, sizeof(self->orders) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t length = recvmsg(self->connection, &message, MSG_CMSG_CLOEXEC);
	if (length < 0 && errno == ECONNRESET)   // it left without having read all from us; its words are behind that
		length = recvmsg(self->connection, &message, MSG_CMSG_CLOEXEC);
	bool is_debugger_gone = recv(self->connection, &(char){ 0 }, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	if (length != sizeof(self->orders) || (is_debugger_gone && self->orders.order == STAND_IN_RUN))
		return error_create(ERROR_GONE, "the debugger has ended; the program was not started");
	take_fds(&message, self->fds);
	if (self->orders.order == STAND_IN_RUN)
		return NULL;
	self->orders.words[sizeof(self->orders.words) - 1] = '\0';
	return error_create(ERROR_CANCELLED, "%s", self->orders.words);
}

static struct error *read_texts(struct stand_in_process *self)
{
	struct stat status;
	if (fstat(self->fds[0], &status) < 0)
		return error_system(errno, "reading what is to be started");
	size_t size = (size_t)status.st_size, done = 0;
	self->texts = xcalloc(1, size + 1);
	while (done < size) {
		ssize_t count = pread(self->fds[0], self->texts + done, size - done, (off_t)done);
		if (count == 0 || (count < 0 && errno != EINTR))
			return error_system(count ? errno : EIO, "reading what is to be started");
		done += count > 0 ? (size_t)count : 0;
	}
	return NULL;
}

static char *next_text(char **at)
{
	char *text = *at;
	*at += strlen(text) + 1;
	return text;
}

static char **next_texts(char **at, uint32_t count)
{
	char **list = xcalloc(count + 1, sizeof(*list));
	for (uint32_t i = 0; i < count; i++)
		list[i] = next_text(at);
	return list;
}

static void unpack_texts(struct stand_in_process *self)
{
	char *at = self->texts;
	self->program = next_text(&at);
	self->cwd = next_text(&at);
	self->argv = next_texts(&at, self->orders.argument_count);
	char **changes = next_texts(&at, self->orders.change_count);
	self->envp = program_environment((const char *const *)changes);
	free(changes);
}

// ---- becoming it ------------------------------------------------------------------------------------------------------

static int failed(struct stand_in_process *self, enum stand_in_news news)
{
	self->report = (struct stand_in_report){ .news = news, .system_errno = errno };
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

// Returns an exit code if it cannot. Also called after vfork (2).
static int become_program(void *data)
{
	struct stand_in_process *self = data;
	int next = 1;
	for (int fd = 0; fd < 3; fd++)
		if (self->orders.has_stdio[fd])
			dup2(self->fds[next++], fd);
	if (self->orders.disable_aslr)   // may be forbidden in a container: then the addresses vary, no more
		personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
	if (chdir(self->cwd) < 0)
		return failed(self, STAND_IN_FAILED_CWD);
	execve(self->program, self->argv, self->envp);
	return failed(self, STAND_IN_FAILED_EXEC);
}

static bool report(const struct stand_in_process *self, const struct stand_in_report *news)
{
	return send(self->connection, news, sizeof(*news), MSG_NOSIGNAL) == sizeof(*news);
}

static int explain_failure(struct stand_in_process *self, int exit_code)
{
	struct error *error = stand_in_failure(&self->report, self->program, self->cwd);
	say(self->terminal, error->message);
	error_destroy(error);
	report(self, &self->report);
	return exit_code;
}

// Not traced, and so nobody else could tell the debugger what becomes of it.
static int supervise_program(struct stand_in_process *self)
{
	struct linux_child child = { .run = become_program, .data = self };
	if (!linux_child_start(&child))
		return explain_failure(self, child.exit_code);
	// A debugger that is gone by now does not want it any more.
	if (!report(self, &(struct stand_in_report){ .news = STAND_IN_STARTED, .pid = child.pid })) {
		kill(child.pid, SIGKILL);
		say(self->terminal, "the debugger has ended; the program was ended, too");
	}
	linux_child_wait(&child);
	report(self, &(struct stand_in_report){ .news = STAND_IN_ENDED, .exit_code = child.exit_code, .signo = child.signo });
	linux_die_like(&child);
	return child.exit_code;
}

static struct error *prepare(struct stand_in_process *self, const char *address)
{
	struct error *error = connect_to(address, &self->connection);
	if (error)
		return error;
	struct stand_in_hello hello = { .version = PTDAP_VERSION, .pid = getpid() };
	if (send(self->connection, &hello, sizeof(hello), MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return error_system(errno, "talking to the debugger");
	error = receive_orders(self);
	permit_tracing(0);
	if (!error)
		error = read_texts(self);
	return error;
}

int terminal_stand_in(const char *address)
{
	struct stand_in_process self = { .connection = -1, .terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), .fds = { -1, -1, -1, -1 } };
	struct error *error = prepare(&self, address);
	if (error) {
		say(self.terminal, error->message);
		_exit(EXIT_NOT_STARTED);
	}
	unpack_texts(&self);
	// Not exit(): nothing of ours is to be tidied up, and a leak checker cannot work in a traced process.
	_exit(self.orders.is_traced ? explain_failure(&self, become_program(&self)) : supervise_program(&self));
}

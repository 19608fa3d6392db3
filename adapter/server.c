#include "adapter/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapter/run_session.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/vec.h"

struct server {
	int fd;
	const char *unix_path;   // to be removed at the end; NULL: TCP
	VEC(struct pollfd) polled;
};

enum { LISTENER, SIGNALS, FIRST_SESSION };   // in `polled`

static struct error *listen_tcp(const char *port_text, int *fd_ret)
{
	char *end;
	unsigned long port = strtoul(port_text, &end, 10);
	if (*port_text < '0' || *port_text > '9' || *end || port > 65535)
		return error_create(ERROR_INVALID, "\"%s\" is not a port (0 to 65535)", port_text);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int on = 1;
	socklen_t size = sizeof(address);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return error_system(errno, "listening on 127.0.0.1:%lu", port);
	printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
	*fd_ret = dup(fd);
	return NULL;
}

// A socket left behind by one that was killed refuses connections: it may be replaced, a live one not.
static void remove_dead_socket(const struct sockaddr_un *address)
{
	struct stat status;
	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED)
		unlink(address->sun_path);
}

static struct error *listen_unix(const char *path, int *fd_ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return error_create(ERROR_INVALID, "the path of a unix socket has 1 to %zu bytes", sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	remove_dead_socket(&address);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask = umask(0177);   // whoever may connect may run programs as us
	bool is_bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 16) == 0;
	int bind_errno = errno;
	umask(mask);
	if (!is_bound)
		return error_system(bind_errno, "listening on unix:%s", path);
	printf("listening on unix:%s\n", path);
	*fd_ret = dup(fd);
	return NULL;
}

static struct error *open_server(const char *address, struct server *server)
{
	if (str_starts(address, "127.0.0.1:"))
		return listen_tcp(address + strlen("127.0.0.1:"), &server->fd);
	if (str_starts(address, "unix:")) {
		struct error *error = listen_unix(address + strlen("unix:"), &server->fd);
		if (!error)
			server->unix_path = address + strlen("unix:");
		return error;
	}
	return error_create(ERROR_INVALID,
			    "refusing to listen on \"%s\": who can connect can run programs as you, so it is "
			    "127.0.0.1:PORT or unix:PATH alone",
			    address);
}

// Sessions are followed by pidfds, which become readable when their process ends: children are waited for in the target alone.
static int session_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void session_terminate(int pidfd)
{
	syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
}

static void serve(struct server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);   // the session waits for its debuggee
		vec_each(polled, &server->polled)
			close(polled->fd);
		_exit(run_session(fd, fd));
	}
	close(fd);
	int pidfd = pid > 0 ? session_open(pid) : -1;
	if (pidfd >= 0)
		*vec_push(&server->polled) = (struct pollfd){ pidfd, POLLIN, 0 };
}

// Returns false if a signal interrupted the wait.
static bool wait_for_something(struct server *server)
{
	if (poll(server->polled.items, server->polled.count, -1) < 0)
		return false;
	for (size_t i = FIRST_SESSION; i < server->polled.count; i++) {
		if (server->polled.items[i].revents) {
			close(server->polled.items[i].fd);
			vec_remove(&server->polled, i--);
		}
	}
	return true;
}

static void serve_until_signal(struct server *server)
{
	for (;;) {
		if (!wait_for_something(server))
			continue;
		if (server->polled.items[SIGNALS].revents)
			return;
		if (server->polled.items[LISTENER].revents)
			serve(server);
	}
}

// Each ends its debuggee first.
static void end_sessions(struct server *server)
{
	for (size_t i = FIRST_SESSION; i < server->polled.count; i++)
		session_terminate(server->polled.items[i].fd);
	server->polled.items[SIGNALS].events = server->polled.items[LISTENER].events = 0;
	while (server->polled.count > FIRST_SESSION)
		wait_for_something(server);
}

struct error *server_run(const char *address)
{
	struct server server = { .fd = -1 };
	struct error *error = open_server(address, &server);
	if (error)
		return error;
	fcntl(server.fd, F_SETFD, FD_CLOEXEC);
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);   // the kernel reaps the sessions
	*vec_push(&server.polled) = (struct pollfd){ server.fd, POLLIN, 0 };
	*vec_push(&server.polled) = (struct pollfd){ ending_signals_open(), POLLIN, 0 };
	serve_until_signal(&server);
	end_sessions(&server);
	vec_deinit(&server.polled);
	close(server.fd);
	if (server.unix_path)
		unlink(server.unix_path);
	return NULL;
}

#include "engine/run/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/run/output.h"
#include "engine/run/program.h"
#include "engine/run/state.h"

struct terminal {
	struct loop *loop;
	terminal_fn fn;
	void *data;
	char *address, *refused;
	int listener, connection;             // connection: a stand-in's; -1: none
	struct loop_source *listener_source, *connection_source;
	struct ucred peer;
	pid_t peer_own_pid;                   // as the peer sees itself
};

static const char cancelled_words[] = "the program was ended while it started";
static const char gone_words[] = "ptdap ended in the terminal before it became the program; was the terminal closed?";

unsigned stand_in_sockaddr(const char *address, struct sockaddr_un *sockaddr_ret)
{
	*sockaddr_ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int length = snprintf(sockaddr_ret->sun_path + 1, sizeof(sockaddr_ret->sun_path) - 1, "%s", address);
	return (unsigned)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

// ---- waiting for a stand-in -------------------------------------------------------------------------------------------

static void dismiss(int connection, const char *words)
{
	struct stand_in_orders orders = { .order = STAND_IN_LEAVE };
	snprintf(orders.words, sizeof(orders.words), "%s", words);
	send(connection, &orders, sizeof(orders), MSG_NOSIGNAL);
	close(connection);
}

static void stop_listening(struct terminal *terminal)
{
	loop_remove(terminal->listener_source);
	loop_remove(terminal->connection_source);
	terminal->listener_source = terminal->connection_source = NULL;
}

// Takes the error.
static void arrive(struct terminal *terminal, struct error *error)
{
	stop_listening(terminal);
	if (error && terminal->connection >= 0) {
		dismiss(terminal->connection, error->message);
		terminal->connection = -1;
	}
	terminal->fn(terminal->data, error);
}

static void on_hello(void *data, uint32_t events)
{
	struct terminal *terminal = data;
	struct stand_in_hello hello;
	ssize_t length = recv(terminal->connection, &hello, sizeof(hello), 0);
	(void)events;
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	struct error *error = NULL;
	if (length <= 0)
		error = error_create(ERROR_GONE, "%s", gone_words);
	else if (length != sizeof(hello) || strncmp(hello.version, PTDAP_VERSION, sizeof(hello.version)) != 0)
		error = error_create(ERROR_STATE, "ptdap was replaced by another version after this session had begun; start the session anew");
	else
		terminal->peer_own_pid = hello.pid;
	arrive(terminal, error);
}

static void refuse(struct terminal *terminal, int connection, char *who)
{
	LOG("engine", "terminal: refused %s", who);
	free(terminal->refused);
	terminal->refused = who;
	dismiss(connection, "the debugger runs as another user; the terminal must be that user's, and without sudo");
}

static void on_connection(void *data, uint32_t events)
{
	struct terminal *terminal = data;
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(peer);
	(void)events;
	int connection = accept4(terminal->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (connection < 0)
		return;
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.uid != geteuid()) {
		refuse(terminal, connection, xasprintf("a process of user %u", peer.uid));
		return;
	}
	if (terminal->connection >= 0) {
		dismiss(connection, "the program is being started in another terminal already");
		return;
	}
	terminal->connection = connection;
	terminal->peer = peer;
	if (peer.pid <= 0)
		arrive(terminal, error_create(ERROR_UNSUPPORTED, "the terminal is in another container (PID namespace), whose processes ptdap "
								 "cannot see; run ptdap in that container, too"));
	else
		terminal->connection_source = loop_add_fd(terminal->loop, connection, EPOLLIN, on_hello, terminal);
}

static struct error *listen_for_stand_in(struct terminal *terminal)
{
	struct sockaddr_un sockaddr;
	uint64_t number = 0;
	if (getrandom(&number, sizeof(number), 0) < 0)
		return error_system(errno, "choosing an address for the terminal");
	terminal->address = xasprintf("ptdap-%d-%016" PRIx64, getpid(), number);
	unsigned length = stand_in_sockaddr(terminal->address, &sockaddr);
	terminal->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (terminal->listener < 0 || bind(terminal->listener, (struct sockaddr *)&sockaddr, length) < 0 || listen(terminal->listener, 4) < 0)
		return error_system(errno, "listening for the terminal");
	terminal->listener_source = loop_add_fd(terminal->loop, terminal->listener, EPOLLIN, on_connection, terminal);
	return NULL;
}

struct error *terminal_create(struct loop *loop, terminal_fn fn, void *data, struct terminal **terminal_ret)
{
	struct terminal *terminal = xcalloc(1, sizeof(*terminal));
	*terminal = (struct terminal){ .loop = loop, .fn = fn, .data = data, .listener = -1, .connection = -1 };
	struct error *error = listen_for_stand_in(terminal);
	if (error)
		terminal_destroy(terminal, "");
	else
		*terminal_ret = terminal;
	return error;
}

void terminal_destroy(struct terminal *terminal, const char *words)
{
	if (!terminal)
		return;
	stop_listening(terminal);
	if (terminal->connection >= 0)
		dismiss(terminal->connection, words);
	for (int late; terminal->listener >= 0 && (late = accept4(terminal->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
		dismiss(late, words);
	closep(&terminal->listener);
	free(terminal->address);
	free(terminal->refused);
	free(terminal);
}

const char *terminal_address(const struct terminal *terminal)
{
	return terminal->address;
}

const char *terminal_refused(const struct terminal *terminal)
{
	return terminal->refused;
}

// ---- orders -----------------------------------------------------------------------------------------------------------

static void add_text(struct str *texts, const char *text)
{
	str_append(texts, text, strlen(text) + 1);
}

// The stand-in may be in another directory.
static void add_path(struct str *texts, const char *path)
{
	_cleanup_free_ char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	if (here)
		str_printf(texts, "%s%s", here, *path ? "/" : "");
	add_text(texts, path);
}

static uint32_t add_texts(struct str *texts, const char *const *list)
{
	uint32_t count = 0;
	for (; list && list[count]; count++)
		add_text(texts, list[count]);
	return count;
}

// *fd_ret: the memfd with the texts.
static struct error *write_texts(struct debugger *debugger, const struct launch_spec *spec, struct stand_in_orders *orders, int *fd_ret)
{
	_cleanup_str_ struct str texts = STR_INIT;
	add_path(&texts, debugger->program);
	add_path(&texts, spec->cwd ? spec->cwd : "");
	_cleanup_free_ char **argv = program_argv(strchr(spec->program, '/') ? debugger->program : spec->program, spec->arguments);
	orders->argument_count = add_texts(&texts, (const char *const *)argv);
	orders->change_count = add_texts(&texts, spec->environment);
	_cleanup_close_ int fd = memfd_create("ptdap", MFD_CLOEXEC);
	size_t written = 0;
	while (fd >= 0 && written < texts.length) {
		ssize_t count = write(fd, texts.data + written, texts.length - written);
		if (count < 0 && errno != EINTR)
			break;
		written += count > 0 ? (size_t)count : 0;
	}
	if (fd < 0 || written < texts.length)
		return error_system(errno, "handing the program's arguments to the terminal");
	*fd_ret = fd;
	fd = -1;
	return NULL;
}

static struct error *send_orders(int connection, const struct stand_in_orders *orders, const int *fds, size_t count)
{
	union {
		char bytes[CMSG_SPACE(STAND_IN_FDS * sizeof(int))];
		struct cmsghdr aligned;
	} control = { { 0 } };
	struct iovec data = { (void *)orders, sizeof(*orders) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	if (sendmsg(connection, &message, MSG_NOSIGNAL) >= 0)
		return NULL;
	return errno == EPIPE || errno == ECONNRESET ? error_create(ERROR_GONE, "%s", gone_words)
						      : error_system(errno, "handing the program to the terminal");
}

// The orders and what goes with them; fds: -1 where there is none.
struct parcel {
	struct stand_in_orders orders;
	int fds[STAND_IN_FDS];
};

static struct error *parcel_pack(struct debugger *debugger, const struct launch_spec *spec, struct parcel *parcel)
{
	parcel->orders = (struct stand_in_orders){ .order = STAND_IN_RUN, .is_traced = !spec->no_debug, .disable_aslr = spec->disable_aslr };
	struct error *error = output_open_files(spec->stdio, parcel->fds + 1);
	for (int i = 0; i < 3; i++)
		parcel->orders.has_stdio[i] = parcel->fds[i + 1] >= 0;
	return error ? error : write_texts(debugger, spec, &parcel->orders, &parcel->fds[0]);
}

static struct error *parcel_send(const struct parcel *parcel, int connection)
{
	int fds[STAND_IN_FDS];
	size_t count = 0;
	for (int i = 0; i < STAND_IN_FDS; i++)
		if (parcel->fds[i] >= 0)
			fds[count++] = parcel->fds[i];
	return send_orders(connection, &parcel->orders, fds, count);
}

static void parcel_deinit(struct parcel *parcel)
{
	for (int i = 0; i < STAND_IN_FDS; i++)
		closep(&parcel->fds[i]);
}

// ---- becoming the program ---------------------------------------------------------------------------------------------

// It may have told of the program in this moment; if not, it cannot any more, and ends the program itself.
static void end_untold(struct debugger *debugger)
{
	struct stand_in_report report;
	shutdown(debugger->stand_in.fd, SHUT_RD);
	ssize_t length = recv(debugger->stand_in.fd, &report, sizeof(report), MSG_DONTWAIT);
	if (length == sizeof(report) && report.news == STAND_IN_STARTED)
		error_destroy(target_of(debugger)->signal(debugger->target, report.pid, 0, SIGKILL));
}

void terminal_forget(struct debugger *debugger)
{
	if (debugger->stand_in.source && debugger->pid <= 0)
		end_untold(debugger);
	loop_remove(debugger->stand_in.source);
	closep(&debugger->stand_in.fd);
	free(debugger->stand_in.cwd);
	debugger->stand_in = (struct stand_in){ .fd = -1 };
}

// Takes the error.
static void fail(struct debugger *debugger, struct error *error)
{
	terminal_forget(debugger);
	debugger->pid = 0;
	debugger->phase = PHASE_ENDED;
	debugger_finish_start(debugger, error);
}

void terminal_cancel(struct debugger *debugger)
{
	fail(debugger, error_create(ERROR_CANCELLED, "%s", cancelled_words));
}

static void become(struct debugger *debugger)
{
	struct error *error = NULL;
	if (debugger->stand_in.is_traced) {
		terminal_forget(debugger);
		error = debugger_take_over(debugger);
	} else {
		debugger->phase = PHASE_RUNNING;
	}
	if (error) {
		debugger_kill(debugger);
		fail(debugger, error);
		return;
	}
	LOG("engine", "process %d in a terminal has become %s", debugger->pid, debugger->program);
	debugger_finish_start(debugger, NULL);
	debugger_started(debugger);
}

// The kernel tells of the death of a stand-in, or its connection; why is in the socket, if it could say so.
static struct error *why_it_ended(struct debugger *debugger, const struct wait_event *event)
{
	struct stand_in_report report;
	if (debugger->is_terminating)
		return error_create(ERROR_CANCELLED, "%s", cancelled_words);
	if (recv(debugger->stand_in.fd, &report, sizeof(report), MSG_DONTWAIT) == sizeof(report))
		return stand_in_failure(&report, debugger->program, debugger->stand_in.cwd);
	if (event && event->kind == WAIT_KILLED)
		return error_create(ERROR_GONE, "the program was killed by signal %d in the terminal before it had started", event->value);
	return error_create(ERROR_GONE, "%s", gone_words);
}

void terminal_handle(struct debugger *debugger, const struct wait_event *event)
{
	switch (event->kind) {
	case WAIT_EXEC: become(debugger); return;
	case WAIT_EXITED:
	case WAIT_KILLED: fail(debugger, why_it_ended(debugger, event)); return;
	default: break;
	}
	enum target_resume how = event->kind == WAIT_GROUP_STOP ? RESUME_LISTEN : RESUME_CONTINUE;
	error_destroy(target_of(debugger)->resume(debugger->target, event->tid, how, event->kind == WAIT_SIGNAL ? event->value : 0));
}

// Of a program that is not traced: its stand-in is its parent and tells what becomes of it.
static void on_report(void *data, uint32_t events)
{
	struct debugger *debugger = data;
	struct stand_in_report report;
	(void)events;
	bool is_starting = debugger->phase == PHASE_STARTING;
	ssize_t length = recv(debugger->stand_in.fd, &report, sizeof(report), MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length == sizeof(report) && report.news == STAND_IN_STARTED) {
		debugger->pid = report.pid;
		become(debugger);
	} else if (length == sizeof(report) && report.news == STAND_IN_ENDED) {
		terminal_forget(debugger);
		debugger_ended(debugger, report.exit_code, report.signo);
	} else if (is_starting) {
		fail(debugger, length == sizeof(report) ? stand_in_failure(&report, debugger->program, debugger->stand_in.cwd)
							: why_it_ended(debugger, NULL));
	} else {
		terminal_forget(debugger);   // it was killed, and the program dies with it
		debugger_ended(debugger, 0, SIGKILL);
	}
}

static struct error *check_namespace(const struct terminal *terminal, bool no_debug)
{
	if (!no_debug || terminal->peer_own_pid == terminal->peer.pid)
		return NULL;
	return error_create(ERROR_UNSUPPORTED, "noDebug: the terminal is in another container (PID namespace); run ptdap in that container, too");
}

static struct error *trace_stand_in(struct debugger *debugger, pid_t pid)
{
	struct error *error = target_of(debugger)->seize(debugger->target, pid, true);
	if (error_catch(&error, ERROR_GONE))
		return error_create(ERROR_GONE, "%s", gone_words);
	return error_wrap(debugger_explain_tracing(pid, error), "tracing the program in the terminal");
}

static void hand_over(struct debugger *debugger, const struct launch_spec *spec, const struct parcel *parcel)
{
	struct terminal *terminal = spec->terminal;
	debugger->pid = spec->no_debug ? 0 : terminal->peer.pid;
	debugger->stand_in = (struct stand_in){ .fd = terminal->connection, .pid = terminal->peer.pid, .is_traced = !spec->no_debug,
						.cwd = xstrdup(spec->cwd) };
	terminal->connection = -1;
	debugger->phase = PHASE_STARTING;
	if (spec->no_debug)
		debugger->stand_in.source = loop_add_fd(debugger->loop, debugger->stand_in.fd, EPOLLIN, on_report, debugger);
	struct error *error = parcel_send(parcel, debugger->stand_in.fd);
	if (error) {
		LOG("engine", "terminal: %s", error->message);
		shutdown(debugger->stand_in.fd, SHUT_RDWR);   // it ends, if it has not yet, and that is told
	}
	error_destroy(error);
}

struct error *terminal_launch(struct debugger *debugger, const struct launch_spec *spec)
{
	struct parcel parcel = { .fds = { -1, -1, -1, -1 } };
	struct error *error = check_namespace(spec->terminal, spec->no_debug);
	if (!error)
		error = parcel_pack(debugger, spec, &parcel);
	if (!error && !spec->no_debug)
		error = trace_stand_in(debugger, spec->terminal->peer.pid);
	if (!error)
		hand_over(debugger, spec, &parcel);
	parcel_deinit(&parcel);
	return error;
}

#include "adapter/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/reverse.h"
#include "engine/terminal.h"

// A shell that is slow to start, a container that is built first.
enum { WAIT_MS = 60 * 1000 };
static const char wait_variable[] = "PTDAP_TERMINAL_TIMEOUT_MS";

struct terminal_launch {
	struct session *session;
	struct terminal *terminal;
	int64_t request;               // runInTerminal
	struct loop_timer *timer;      // NULL: the program is being started
};

static void launch_destroy(struct terminal_launch *launch, const char *words)
{
	launch->session->terminal = NULL;
	reverse_forget(launch->session, launch->request);
	loop_cancel_timer(launch->timer);
	terminal_destroy(launch->terminal, words);
	free(launch);
}

// Takes the error, which the terminal shows, too.
static void fail(struct terminal_launch *launch, struct error *error)
{
	struct session *session = launch->session;
	launch_destroy(launch, error->message);
	session_started(session, error);
}

// ---- the time it may take ---------------------------------------------------------------------------------------------

static uint64_t wait_ms(void)
{
	const char *text = getenv(wait_variable);
	char *end = NULL;
	unsigned long given = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
	return given && given <= INT_MAX && !*end ? given : WAIT_MS;
}

static void on_timeout(void *data)
{
	struct terminal_launch *launch = data;
	const char *refused = terminal_refused(launch->terminal);
	launch->timer = NULL;
	if (refused) {
		fail(launch, error_create(ERROR_PERMISSION, "%s answered from the terminal, and was refused; ptdap and the terminal must run as the same user",
					  refused));
		return;
	}
	fail(launch, error_create(ERROR_GONE, "the terminal did not start the program within %.3g s; look for a message in it, or run the program without "
					      "a terminal (\"console\": \"internalConsole\"). %s sets the time in milliseconds",
				  (double)wait_ms() / 1000, wait_variable));
}

static void begin_to_wait(struct terminal_launch *launch)
{
	loop_cancel_timer(launch->timer);
	launch->timer = loop_add_timer(launch->session->loop, wait_ms(), on_timeout, launch);
}

// ---- the client, and who comes ----------------------------------------------------------------------------------------

// That there is a terminal means little: the pids in the body may be anybody's, or missing.
static void on_answer(void *data, const cJSON *body, struct error *error)
{
	struct terminal_launch *launch = data;
	(void)body;
	launch->request = 0;
	if (!launch->timer)
		error_destroy(error);   // the program is being started: so there is one
	else if (error)
		fail(launch, error);
	else
		begin_to_wait(launch);
}

static void on_launched(void *data, struct error *error)
{
	struct session *session = data;
	if (session->terminal)
		launch_destroy(session->terminal, error ? error->message : "the program has been started in another terminal");
	session_started(session, error);
}

static void on_arrived(void *data, struct error *error)
{
	struct terminal_launch *launch = data;
	struct session *session = launch->session;
	struct launch_spec spec;
	if (error) {
		fail(launch, error);
		return;
	}
	loop_cancel_timer(launch->timer);
	launch->timer = NULL;
	launch_options_spec(session->options, &spec);
	spec.terminal = launch->terminal;
	debugger_launch(session->debugger, &spec, on_launched, session);
}

// ---- asking -----------------------------------------------------------------------------------------------------------

// As long as it is there: who has built ptdap anew in the middle of a session gets the one that runs.
static struct error *own_program(char path_ret[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path_ret, PATH_MAX - 1);
	if (length < 0)
		return error_system(errno, "finding ptdap's own program file");
	path_ret[length] = '\0';
	if (access(path_ret, X_OK) < 0)
		snprintf(path_ret, PATH_MAX, "/proc/%d/exe", getpid());
	return NULL;
}

static struct error *ask_client(struct terminal_launch *launch, const struct launch_spec *spec, enum terminal_kind kind)
{
	char program[PATH_MAX], cwd[PATH_MAX];
	struct error *error = own_program(program);
	if (error)
		return error;
	if (!realpath(spec->cwd ? spec->cwd : ".", cwd))
		return error_system(errno, "the working directory %s", spec->cwd ? spec->cwd : "of ptdap");
	struct reverse_request request;
	reverse_open(&request, launch->session, "runInTerminal");
	struct writer *arguments = &request.arguments;
	writer_string(arguments, "kind", kind == TERMINAL_EXTERNAL ? "external" : "integrated");
	writer_string(arguments, "title", str_base_name(spec->program));
	writer_string(arguments, "cwd", cwd);
	writer_open_array(arguments, "args");
	writer_string(arguments, NULL, program);
	writer_string(arguments, NULL, "--in-terminal");
	writer_string(arguments, NULL, terminal_address(launch->terminal));
	writer_close_array(arguments);
	launch->request = reverse_send(&request, on_answer, launch);
	return NULL;
}

void terminal_start(struct session *session, enum terminal_kind kind)
{
	struct launch_spec spec;
	struct terminal_launch *launch = xcalloc(1, sizeof(*launch));
	*launch = (struct terminal_launch){ .session = session };
	session->terminal = launch;
	launch_options_spec(session->options, &spec);
	// What cannot be launched opens no terminal.
	struct error *error = debugger_check_launch(&spec);
	if (!error)
		error = terminal_create(session->loop, on_arrived, launch, &launch->terminal);
	if (!error)
		error = ask_client(launch, &spec, kind);
	if (error) {
		fail(launch, error);
		return;
	}
	begin_to_wait(launch);
	dispatch_drain_later(session);   // what waited for the end of the old program may be possible now
}

bool terminal_abandon(struct session *session, struct error *error)
{
	struct terminal_launch *launch = session->terminal;
	if (!launch) {
		error_destroy(error);
		return false;
	}
	if (launch->timer) {
		fail(launch, error);
	} else {
		error_destroy(error);
		debugger_kill(session->debugger);   // it is between its arrival and its first instruction
	}
	return true;
}

void terminal_end(struct session *session)
{
	if (session->terminal)
		launch_destroy(session->terminal, "the session is over; the program was not started");
}

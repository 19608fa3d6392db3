// ptdap: a debug adapter. See help() for what it takes.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapter/launch_options.h"
#include "adapter/run_session.h"
#include "adapter/server.h"
#include "adapter/syscall_list.h"
#include "adapter/trace.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/syscall_rules.h"
#include "engine/terminal.h"

static void help(struct str *text)
{
	str_add(text, "ptdap " PTDAP_VERSION ", a debug adapter for x86-64 Linux (Debug Adapter Protocol)\n"
		      "\n"
		      "usage: ptdap [--log FILE]                       a session on stdin and stdout\n"
		      "       ptdap [--log FILE] --listen ADDRESS      a session for each connection; ADDRESS is\n"
		      "                                                127.0.0.1:PORT (0: any) or unix:PATH\n"
		      "       ptdap [--log FILE] trace [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
		      "       ptdap [--log FILE] trace [OPTION...] -p PID\n"
		      "                                                prints the program's system calls as they return;\n"
		      "                                                ptdap trace --help: the options\n"
		      "       ptdap --help-launch[=json]               the attributes of launch and attach\n"
		      "       ptdap --list-syscalls                    system calls, groups of them and errors that rules\n"
		      "                                                can name (JSON)\n"
		      "       ptdap --check-syscalls RULE              whether the rule is right: if not, says why and exits\n"
		      "                                                with status 1\n"
		      "       ptdap --version | --help\n");
}

static void version(struct str *text)
{
	str_add(text, "ptdap " PTDAP_VERSION "\n");
}

static int complain(const char *text, const char *word)
{
	fprintf(stderr, "ptdap: %s%s\nTry ptdap --help.\n", text, word);
	return 2;
}

// The protocol's fds move away from 0 and 1, which then are /dev/null and stderr: no stray printf, ours or a library's, gets into
// the stream.
static int serve_stdio(void)
{
	int in_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (in_fd < 0 || out_fd < 0 || null_fd < 0) {
		const char *what = in_fd < 0 || out_fd < 0 ? "stdin and stdout must be open" : "/dev/null cannot be opened for reading and writing";
		fprintf(stderr, "ptdap: %s: %s\n", what, strerror(errno));
		return 1;
	}
	dup2(null_fd, STDIN_FILENO);
	dup2(fcntl(STDERR_FILENO, F_GETFD) < 0 ? null_fd : STDERR_FILENO, STDOUT_FILENO);
	close(null_fd);
	return run_session(in_fd, out_fd);
}

static int fail(struct error *error)
{
	fprintf(stderr, "ptdap: %s\n", error->message);
	error_destroy(error);
	return 1;
}

static int serve(const char *listen_address)
{
	if (!listen_address)
		return serve_stdio();
	struct error *error = server_run(listen_address);
	return error ? fail(error) : 0;
}

// What is asked for on the command line and is only printed.
static const struct {
	const char *option;
	void (*write)(struct str *text);
} printouts[] = {
	{ "--help", help },
	{ "-h", help },
	{ "--version", version },
	{ "--help-launch", launch_options_help },
	{ "--help-launch=json", launch_options_help_json },
	{ "--list-syscalls", syscall_list_json },
};

static bool print_out(const char *option, int *exit_code_ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(printouts); i++) {
		if (!str_equal(printouts[i].option, option))
			continue;
		_cleanup_str_ struct str text = STR_INIT;
		printouts[i].write(&text);
		bool is_written = fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
		if (!is_written)
			fprintf(stderr, "ptdap: writing to stdout: %s\n", strerror(errno));
		*exit_code_ret = !is_written;
		return true;
	}
	return false;
}

static int check_syscalls(const char *rule)
{
	struct error *error = syscall_rule_check(&(struct syscall_rule_spec){ SYSCALL_ACTION_STOP, rule });
	return error ? fail(error) : 0;
}

static int trace(char **arguments, const char *log_path)
{
	struct error *error = log_path ? log_open(log_path) : NULL;
	if (error)
		return fail(error);
	int exit_code = trace_run(arguments);
	log_close();
	return exit_code;
}

int main(int argc, char **argv)
{
	const char *listen_address = NULL, *log_path = NULL, *rule = NULL;
	int exit_code;
	(void)argc;
	for (char **argument = argv + 1; *argument; argument++) {
		if (str_equal(*argument, "trace"))
			return trace(argument + 1, log_path);
		if (str_equal(*argument, "--in-terminal") && argument[1])   // what `runInTerminal` makes a client run; not in the help
			return terminal_stand_in(argument[1]);
		if (print_out(*argument, &exit_code))
			return exit_code;
		const char **value = str_equal(*argument, "--listen") ? &listen_address :
				     str_equal(*argument, "--log") ? &log_path :
				     str_equal(*argument, "--check-syscalls") ? &rule : NULL;
		if (!value)
			return complain("unknown argument ", *argument);
		if (!argument[1])
			return complain("a value is missing behind ", *argument);
		*value = *++argument;
	}
	if (rule)
		return check_syscalls(rule);
	struct error *error = log_path ? log_open(log_path) : NULL;
	if (error)
		return fail(error);
	exit_code = serve(listen_address);
	log_close();
	return exit_code;
}

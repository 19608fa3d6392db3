#include "adapter/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "adapter/run_session.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/debugger.h"

struct trace {
	struct loop *loop;
	struct debugger *debugger;
	struct syscall_set set;
	const char *list, *output_path, *string_limit;
	char **program;
	FILE *output;
	struct syscall_display display;
	bool has_threads;         // lines name their thread from the second one on
	bool is_continuing;
	int signals;              // fd of signals that end us
	int status;
};

static void on_syscall(void *data, pid_t tid, const struct syscall_event *event)
{
	struct trace *trace = data;
	_cleanup_str_ struct str line = STR_INIT;
	struct syscall_context context = { .tid = tid };
	debugger_syscall_context(trace->debugger, tid, &context);
	if (trace->has_threads)
		str_printf(&line, "%d ", tid);
	str_printf(&line, "%llu ", (unsigned long long)event->number);
	syscall_format(event, &context, &line);
	if (event->phase == SYSCALL_ENTRY)
		str_add(&line, " = ?");
	str_char(&line, '\n');
	fwrite(line.data, 1, line.length, trace->output);
}

static void on_thread(void *data, pid_t tid, bool is_new)
{
	struct trace *trace = data;
	if (is_new && tid != debugger_pid(trace->debugger))
		trace->has_threads = true;
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct trace *trace = data;
	trace->status = signo ? 128 + signo : exit_code;
	if (signo)
		fprintf(trace->output, "+++ killed by %s +++\n", signal_name(signo));
	else
		fprintf(trace->output, "+++ exited with %d +++\n", exit_code);
	loop_quit(trace->loop);
}

static void continue_later(void *data)
{
	struct trace *trace = data;
	trace->is_continuing = false;
	error_destroy(debugger_continue(trace->debugger));   // it may have died meanwhile
}

// Nobody is there to look at a stop: an exec, for one.
static void on_stopped(void *data, const struct stop *stop)
{
	struct trace *trace = data;
	(void)stop;
	if (!trace->is_continuing)
		loop_defer(trace->loop, continue_later, trace);
	trace->is_continuing = true;
}

static const struct debugger_listener listener = {
	.stopped = on_stopped,
	.thread = on_thread,
	.exited = on_exited,
	.syscall = on_syscall,
};

enum { STATUS_CANNOT_RUN = 126, STATUS_NOT_FOUND = 127 };   // as a shell has them

static void fail(struct trace *trace, struct error *error)
{
	fprintf(stderr, "ptdap: %s\n", error->message);
	trace->status = error->code == ERROR_NOT_FOUND ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
	error_destroy(error);
	loop_quit(trace->loop);
}

static void on_launched(void *data, struct error *error)
{
	struct trace *trace = data;
	if (!error) {
		debugger_set_trace(trace->debugger, &trace->set);
		error = debugger_start(trace->debugger);
	}
	if (error)
		fail(trace, error);
}

// An interrupt from the terminal is for the program, which is in our process group; the others end us.
static void on_signal(void *data, uint32_t events)
{
	struct trace *trace = data;
	(void)events;
	int signo = ending_signals_read(trace->signals);
	if (signo == SIGINT)
		return;
	trace->status = 128 + signo;
	loop_quit(trace->loop);
}

static void run(struct trace *trace)
{
	struct launch_spec spec = {
		.program = trace->program[0],
		.arguments = (const char *const *)trace->program + 1,
		.disable_aslr = false,
		.inherits_stdio = true,
	};
	struct debugger_catches catches = { .signals = false };
	trace->debugger = debugger_create(trace->loop, &listener, trace);
	debugger_set_syscall_display(trace->debugger, &trace->display);
	const char *filter;
	error_destroy(debugger_set_catches(trace->debugger, &catches, &filter));
	debugger_launch(trace->debugger, &spec, on_launched, trace);
	loop_run(trace->loop);
	debugger_destroy(trace->debugger);
}

static int usage(const char *complaint, const char *word)
{
	fprintf(stderr, "ptdap trace: %s%s\nusage: ptdap trace [-e LIST] [-o FILE] [-s BYTES] [-v] [-yy] [--] PROGRAM [ARGUMENT...]\n", complaint, word);
	return 2;
}

static bool is_switch(struct trace *trace, const char *word)
{
	trace->display.is_verbose |= str_equal(word, "-v");
	trace->display.show_sockets |= str_equal(word, "-yy");
	return str_equal(word, "-v") || str_equal(word, "-yy") || str_equal(word, "-y");
}

// 0, or the exit code of a wrong command line.
static int read_arguments(struct trace *trace, char **argument)
{
	for (; *argument && **argument == '-' && !str_equal(*argument, "--"); argument++) {
		if (is_switch(trace, *argument))
			continue;
		const char **value = str_starts(*argument, "-e") ? &trace->list :
				     str_starts(*argument, "-o") ? &trace->output_path :
				     str_starts(*argument, "-s") ? &trace->string_limit : NULL;
		if (!value)
			return usage("unknown option ", *argument);
		*value = *argument + 2;
		if (!**value && !(*value = *++argument))
			return usage("a value is missing behind ", argument[-1]);
	}
	if (trace->string_limit && (trace->display.string_limit = (unsigned)strtoul(trace->string_limit, NULL, 10)) == 0)
		return usage("no number of bytes: ", trace->string_limit);
	trace->program = *argument && str_equal(*argument, "--") ? argument + 1 : argument;
	return *trace->program ? 0 : usage("which program?", "");
}

int trace_run(char **arguments)
{
	struct trace trace = { .list = "", .output = stderr };
	int status = read_arguments(&trace, arguments);
	if (status)
		return status;
	struct error *error = syscall_set_parse(trace.list, &trace.set);
	if (error)
		status = usage(error->message, "");
	error_destroy(error);
	if (status)
		return status;
	if (trace.output_path && !(trace.output = fopen(trace.output_path, "we"))) {
		fprintf(stderr, "ptdap: %s: %s\n", trace.output_path, strerror(errno));
		return 1;
	}
	trace.loop = loop_create();
	trace.signals = ending_signals_open();
	signal(SIGPIPE, SIG_IGN);   // a reader of the lines that went away does not end the program
	struct loop_source *source = loop_add_fd(trace.loop, trace.signals, EPOLLIN, on_signal, &trace);
	run(&trace);
	loop_remove(source);
	loop_destroy(trace.loop);
	if (trace.output != stderr)
		fclose(trace.output);
	return trace.status;
}

#include "adapter/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "adapter/run_session.h"
#include "adapter/syscall_summary.h"
#include "adapter/trace_line.h"
#include "adapter/trace_options.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/debugger.h"

struct trace {
	struct loop *loop;
	struct trace_options options;
	struct trace_lines lines;
	struct syscall_summary summary;
	VEC(struct traced *) processes;   // the first one is what was launched or attached
	bool is_reaping;
	int signals;              // fd of signals that end us
	int status;
};

struct traced {
	struct trace *trace;
	struct debugger *debugger;
	bool is_continuing;
	bool has_ended;
};

static const struct debugger_listener listener;

static struct traced *add_process(struct trace *trace, struct debugger *debugger)
{
	struct traced *process = xcalloc(1, sizeof(*process));
	process->trace = trace;
	process->debugger = debugger;
	*vec_push(&trace->processes) = process;
	return process;
}

static void destroy_process(struct traced *process)
{
	debugger_destroy(process->debugger);
	free(process);
}

// ---- what is seen -----------------------------------------------------------------------------------------------------

static void on_syscall(void *data, pid_t tid, const struct syscall_event *event)
{
	const struct traced *process = data;
	struct trace *trace = process->trace;
	if (trace->options.summary_alone || trace->options.summary_too)
		syscall_summary_add(&trace->summary, event);
	if (!trace->options.summary_alone)
		trace_line_call(&trace->lines, process->debugger, tid, event);
}

static void on_thread(void *data, pid_t tid, bool is_new)
{
	struct traced *process = data;
	if (is_new && tid != debugger_pid(process->debugger))
		process->trace->lines.names_threads = true;
}

static void on_child(void *data, struct debugger *child, pid_t parent)
{
	struct trace *trace = ((struct traced *)data)->trace;
	(void)parent;
	trace->lines.names_threads = true;
	debugger_listen(child, &listener, add_process(trace, child));
	error_destroy(debugger_start(child));   // it may have been killed meanwhile
}

// With a filter, those that nobody follows need us as well.
static bool is_over(const struct trace *trace)
{
	if (debugger_has_kept(trace->processes.items[0]->debugger))
		return false;
	for (size_t i = 0; i < trace->processes.count; i++)
		if (!trace->processes.items[i]->has_ended)
			return false;
	return true;
}

static void reap(void *data)
{
	struct trace *trace = data;
	trace->is_reaping = false;
	for (size_t i = trace->processes.count; i-- > 1;) {
		struct traced *process = trace->processes.items[i];
		if (!process->has_ended)
			continue;
		vec_remove(&trace->processes, i);
		destroy_process(process);
	}
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct traced *process = data;
	struct trace *trace = process->trace;
	process->has_ended = true;
	if (!trace->options.summary_alone)
		trace_line_exit(&trace->lines, debugger_pid(process->debugger), exit_code, signo);
	if (process == trace->processes.items[0] && !trace->options.pid)
		trace->status = signo ? 128 + signo : exit_code;
	if (is_over(trace))
		loop_quit(trace->loop);
	if (!trace->is_reaping)
		loop_defer(trace->loop, reap, trace);
	trace->is_reaping = true;
}

static void on_kept_ended(void *data)
{
	struct trace *trace = ((struct traced *)data)->trace;
	if (is_over(trace))
		loop_quit(trace->loop);
}

static void continue_later(void *data)
{
	struct traced *process = data;
	process->is_continuing = false;
	error_destroy(debugger_continue(process->debugger));   // it may have died meanwhile
}

// Nobody is there to look at a stop: an exec, for one.
static void on_stopped(void *data, const struct stop *stop)
{
	struct traced *process = data;
	(void)stop;
	if (!process->is_continuing)
		loop_defer(process->trace->loop, continue_later, process);
	process->is_continuing = true;
}

static const struct debugger_listener listener = {
	.stopped = on_stopped,
	.thread = on_thread,
	.exited = on_exited,
	.syscall = on_syscall,
	.child = on_child,
	.kept_ended = on_kept_ended,
};

// ---- the course of it -------------------------------------------------------------------------------------------------

enum { STATUS_CANNOT_RUN = 126, STATUS_NOT_FOUND = 127 };   // as a shell has them

static void fail(struct trace *trace, struct error *error)
{
	fprintf(stderr, "ptdap: %s\n", error->message);
	trace->status = error->code == ERROR_NOT_FOUND && !trace->options.pid ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
	error_destroy(error);
	loop_quit(trace->loop);
}

static void on_ready(void *data, struct error *error)
{
	struct traced *process = data;
	if (!error) {
		const struct syscall_rule_specs *rules = &process->trace->options.rules;
		size_t bad;
		error = debugger_set_syscall_rules(process->debugger, rules->items, rules->count, &bad);
	}
	if (!error)
		error = debugger_start(process->debugger);
	if (error)
		fail(process->trace, error);
}

// An interrupt from the terminal is for the program, which is in our process group, while it lives; of an attached one it ends the
// trace, as it is to be. The others end us.
static void on_signal(void *data, uint32_t events)
{
	struct trace *trace = data;
	(void)events;
	int signo = ending_signals_read(trace->signals);
	bool is_programs = !trace->options.pid && !trace->processes.items[0]->has_ended;
	if (signo == SIGINT && is_programs)
		return;
	if (signo != SIGINT)
		trace->status = 128 + signo;
	loop_quit(trace->loop);
}

// All that has the filter is traced to its end: what is followed is so anyway.
static enum syscall_filter filter_for(const struct trace_options *options)
{
	if (options->has_filter)
		return SYSCALL_FILTER_ON;
	return options->follows_children ? SYSCALL_FILTER_AUTO : SYSCALL_FILTER_OFF;
}

static void begin(struct traced *root)
{
	const struct trace_options *options = &root->trace->options;
	struct debugger_catches catches = { .signals = false };
	const char *filter;
	debugger_set_syscall_display(root->debugger, &options->display);
	debugger_follow_children(root->debugger, options->follows_children);
	error_destroy(debugger_set_catches(root->debugger, &catches, &filter));
	if (options->pid) {
		debugger_attach(root->debugger, options->pid, false, on_ready, root);
		return;
	}
	struct launch_spec spec = {
		.program = options->program[0],
		.arguments = (const char *const *)options->program + 1,
		.disable_aslr = false,
		.inherits_stdio = true,
		.syscall_filter = filter_for(options),
	};
	debugger_launch(root->debugger, &spec, on_ready, root);
}

// Nobody is told any more; children that come meanwhile are new processes at the end.
static void end_all(struct trace *trace)
{
	while (trace->processes.count) {
		struct traced *last = trace->processes.items[trace->processes.count - 1];
		trace->processes.count--;
		destroy_process(last);
	}
	vec_deinit(&trace->processes);
}

static void run(struct trace *trace)
{
	struct traced *root = add_process(trace, NULL);
	root->debugger = debugger_create(trace->loop, &listener, root);
	begin(root);
	loop_run(trace->loop);
	end_all(trace);
}

static bool open_output(struct trace *trace)
{
	const char *path = trace->options.output_path;
	trace->lines.output = path ? fopen(path, "we") : stderr;
	if (!trace->lines.output) {
		fprintf(stderr, "ptdap: %s: %s\n", path, strerror(errno));
		return false;
	}
	trace->lines.is_terminal = isatty(fileno(trace->lines.output));
	trace->lines.shows_times = trace->options.shows_times;
	trace->lines.shows_stacks = trace->options.shows_stacks;
	trace->lines.is_json = trace->options.is_json;
	return true;
}

static void show_summary(struct trace *trace)
{
	_cleanup_str_ struct str table = STR_INIT;
	syscall_summary_format(&trace->summary, &table);
	fwrite(str_text(&table), 1, table.length, trace->lines.output);
	syscall_summary_deinit(&trace->summary);
}

int trace_run(char **arguments)
{
	struct trace trace = { 0 };
	if (trace_options_ask_help(arguments)) {
		trace_options_help();
		return 0;
	}
	int status = trace_options_read(arguments, &trace.options);
	if (status)
		return status;
	if (!open_output(&trace)) {
		trace_options_deinit(&trace.options);
		return 1;
	}
	trace.loop = loop_create();
	trace.signals = ending_signals_open();
	signal(SIGPIPE, SIG_IGN);   // a reader of the lines that went away does not end the program
	struct loop_source *source = loop_add_fd(trace.loop, trace.signals, EPOLLIN, on_signal, &trace);
	run(&trace);
	loop_remove(source);
	loop_destroy(trace.loop);
	show_summary(&trace);
	trace_options_deinit(&trace.options);
	if (trace.lines.output != stderr)
		fclose(trace.lines.output);
	return trace.status;
}

#include "adapter/trace_line.h"

static void begin(const struct trace_lines *lines, pid_t tid, struct str *line)
{
	if (lines->names_threads)
		str_printf(line, lines->is_terminal ? "[pid %d] " : "%d ", tid);
}

static void end(const struct trace_lines *lines, struct str *line)
{
	str_char(line, '\n');
	fwrite(line->data, 1, line->length, lines->output);
}

void trace_line_call(const struct trace_lines *lines, struct debugger *debugger, pid_t tid, const struct syscall_event *event)
{
	_cleanup_str_ struct str line = STR_INIT;
	struct syscall_context context = { .tid = tid };
	debugger_syscall_context(debugger, tid, &context);
	begin(lines, tid, &line);
	str_printf(&line, "%llu ", (unsigned long long)event->number);
	syscall_format(event, &context, &line);
	if (event->phase == SYSCALL_ENTRY)
		str_add(&line, " = ?");
	end(lines, &line);
}

void trace_line_exit(const struct trace_lines *lines, pid_t pid, int exit_code, int signo)
{
	_cleanup_str_ struct str line = STR_INIT;
	begin(lines, pid, &line);
	if (signo)
		str_printf(&line, "+++ killed by %s +++", signal_name(signo));
	else
		str_printf(&line, "+++ exited with %d +++", exit_code);
	end(lines, &line);
}

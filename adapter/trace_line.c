#include "adapter/trace_line.h"

#include "base/memory.h"
#define NO_RESULT "?"   // of a call that never returns

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

enum { STACK_MAX = 128 };

static size_t stack_of(struct debugger *debugger, pid_t tid, struct arena *arena, struct frame_info **frames_ret)
{
	return debugger_syscall_frames(debugger, tid, STACK_MAX, arena, frames_ret);
}

static void add_stack(struct debugger *debugger, pid_t tid, struct str *line)
{
	struct arena *arena = arena_create();
	struct frame_info *frames;
	size_t count = stack_of(debugger, tid, arena, &frames);
	for (size_t i = 0; i < count; i++) {
		str_printf(line, "\n > %s", frames[i].name);
		if (frames[i].module_name)
			str_printf(line, " (%s)", frames[i].module_name);
		str_printf(line, " [0x%llx]", (unsigned long long)frames[i].pc);
		if (frames[i].source_path)
			str_printf(line, " %s:%u", frames[i].source_path, frames[i].line);
	}
	arena_destroy(arena);
}

// ---- JSON ---------------------------------------------------------------------------------------------------------------

static void write_arguments(const struct syscall_event *event, const struct syscall_context *context, struct writer *object)
{
	writer_open_array(object, "arguments");
	for (unsigned i = 0; i < syscall_argument_count(event); i++) {
		_cleanup_str_ struct str text = STR_INIT;
		if (!syscall_has_argument(event, i, context))
			continue;
		syscall_format_argument(event, i, context, &text);
		writer_open_object(object, NULL);
		writer_string(object, "name", syscall_argument_name(event, i));
		writer_address(object, "value", event->arguments[i]);   // as text: JSON's numbers end at 2^53
		writer_text(object, "text", text.data ? text.data : "", text.length);
		writer_close_object(object);
	}
	writer_close_array(object);
}

static void write_result(const struct syscall_event *event, const struct syscall_context *context, struct writer *object)
{
	_cleanup_str_ struct str text = STR_INIT;
	if (event->phase == SYSCALL_ENTRY) {
		writer_string(object, "resultText", NO_RESULT);
		return;
	}
	syscall_format_result(event, context, &text);
	if (event->result >= -(INT64_C(1) << 53) && event->result <= INT64_C(1) << 53)
		writer_integer(object, "result", event->result);
	writer_text(object, "resultText", text.data ? text.data : "", text.length);
	if (event->is_error)
		writer_optional(object, "errno", errno_name((int)-event->result));
}

void trace_line_members(const struct syscall_event *event, const struct syscall_context *context, struct writer *object)
{
	writer_integer(object, "number", (int64_t)event->number);
	writer_string(object, "abi", syscall_abi_name(event->abi));
	write_arguments(event, context, object);
	write_result(event, context, object);
	writer_integer(object, "durationNs", (int64_t)event->duration_ns);
	if (event->is_injected)
		writer_boolean(object, "injected", true);
	if (event->is_delayed)
		writer_boolean(object, "delayed", true);
}

static void write_stack(struct debugger *debugger, pid_t tid, struct writer *object)
{
	struct arena *arena = arena_create();
	struct frame_info *frames;
	size_t count = stack_of(debugger, tid, arena, &frames);
	writer_open_array(object, "stack");
	for (size_t i = 0; i < count; i++) {
		writer_open_object(object, NULL);
		writer_string(object, "function", frames[i].name);
		writer_address(object, "pc", frames[i].pc);
		writer_optional(object, "module", frames[i].module_name);
		writer_optional(object, "source", frames[i].source_path);
		if (frames[i].source_path)
			writer_integer(object, "line", frames[i].line);
		writer_close_object(object);
	}
	writer_close_array(object);
	arena_destroy(arena);
}

static void call_as_json(const struct trace_lines *lines, struct debugger *debugger, pid_t tid, const struct syscall_event *event,
			 const struct syscall_context *context)
{
	_cleanup_str_ struct str line = STR_INIT;
	struct writer object = WRITER_INIT(&line);
	writer_open_object(&object, NULL);
	writer_integer(&object, "pid", debugger_pid(debugger));
	writer_integer(&object, "tid", tid);
	writer_string(&object, "syscall", syscall_name(event->abi, event->number));
	trace_line_members(event, context, &object);
	if (lines->shows_stacks)
		write_stack(debugger, tid, &object);
	writer_close_object(&object);
	end(lines, &line);
}

static void exit_as_json(const struct trace_lines *lines, pid_t pid, int exit_code, int signo)
{
	_cleanup_str_ struct str line = STR_INIT;
	struct writer object = WRITER_INIT(&line);
	writer_open_object(&object, NULL);
	writer_integer(&object, "pid", pid);
	if (signo)
		writer_string(&object, "killedBy", signal_name(signo));
	else
		writer_integer(&object, "exitCode", exit_code);
	writer_close_object(&object);
	end(lines, &line);
}

// ---- text ---------------------------------------------------------------------------------------------------------------

void trace_line_words(const struct syscall_event *event, const struct syscall_context *context, struct str *line)
{
	syscall_format(event, context, line);
	if (event->phase == SYSCALL_ENTRY)
		str_add(line, " = " NO_RESULT);
}

void trace_line_call(const struct trace_lines *lines, struct debugger *debugger, pid_t tid, const struct syscall_event *event)
{
	_cleanup_str_ struct str line = STR_INIT;
	struct syscall_context context = { .tid = tid };
	debugger_syscall_context(debugger, tid, &context);
	if (lines->is_json) {
		call_as_json(lines, debugger, tid, event, &context);
		return;
	}
	begin(lines, tid, &line);
	str_printf(&line, "%llu ", (unsigned long long)event->number);
	trace_line_words(event, &context, &line);
	if (event->phase == SYSCALL_RETURN && lines->shows_times)
		str_printf(&line, " <%.6f>", (double)event->duration_ns / 1e9);
	if (lines->shows_stacks)
		add_stack(debugger, tid, &line);
	end(lines, &line);
}

void trace_line_exit(const struct trace_lines *lines, pid_t pid, int exit_code, int signo)
{
	_cleanup_str_ struct str line = STR_INIT;
	if (lines->is_json) {
		exit_as_json(lines, pid, exit_code, signo);
		return;
	}
	begin(lines, pid, &line);
	if (signo)
		str_printf(&line, "+++ killed by %s +++", signal_name(signo));
	else
		str_printf(&line, "+++ exited with %d +++", exit_code);
	end(lines, &line);
}

#include "adapter/request.h"
#include "adapter/show.h"
#include "adapter/texts.h"

#define STACK_TRACE_ARGUMENTS(X) \
	X(integer, threadId, REQUIRED) \
	X(integer, startFrame, OPTIONAL) \
	X(integer, levels, OPTIONAL) \
	X(object, format, OPTIONAL)
ARGUMENTS(stack_trace, STACK_TRACE_ARGUMENTS)

#define STACK_FORMAT_ARGUMENTS(X) \
	X(boolean, module, OPTIONAL) \
	X(boolean, line, OPTIONAL)
ARGUMENTS(stack_format, STACK_FORMAT_ARGUMENTS)

enum { LOOK_AHEAD = 20 };   // what VS Code asks for next

struct trace {
	struct call *call;
	pid_t tid;
	struct stack_format_arguments format;
	bool is_source_ahead;       // a frame near the top has its source here
};

// Clients focus the first frame with a source that is not deemphasized: library code on top gives way to the user's
// frames below, but not if there are none.
static struct error *look_ahead(struct trace *trace)
{
	struct frame_info *frames;
	size_t count, total;
	bool is_exact;
	struct error *error = debugger_frames(trace->call->session->debugger, trace->tid, 0, LOOK_AHEAD, trace->call->scratch, &frames,
					      &count, &total, &is_exact);
	for (size_t i = 0; !error && i < count && !trace->is_source_ahead; i++)
		trace->is_source_ahead = frames[i].source_path && frames[i].is_source_present;
	return error;
}

static void show_name(struct trace *trace, const struct frame_info *frame, struct writer *body)
{
	_cleanup_str_ struct str name = STR_INIT;
	if (trace->format.module && frame->module_name)
		str_printf(&name, "%s!", frame->module_name);
	str_add(&name, frame->name);
	if (trace->format.line && frame->line)
		str_printf(&name, " Line %u", frame->line);
	writer_text(body, "name", name.data, name.length);
}

static bool has_source(const struct trace *trace, const struct frame_info *frame)
{
	return frame->source_path && paths_can_be_found(&trace->call->session->paths, frame->source_path);
}

static void show_position(struct trace *trace, const struct frame_info *frame, struct writer *body)
{
	struct session *session = trace->call->session;
	bool is_found = has_source(trace, frame), is_text_wanted = session->options->disassembly_as_source;
	const struct text_position *position = !is_found && is_text_wanted ? texts_find(session, frame->pc, frame->name) : NULL;
	unsigned line = 0, column = 0;
	if (position) {
		texts_show_source(session, body, position->source_id, trace->is_source_ahead);
		line = position->line;
		column = 1;
	} else if (is_found || (is_text_wanted && frame->source_path)) {
		show_source(session, body, "source", frame->source_path, !frame->is_source_present);
		line = frame->line;
		column = frame->column ? frame->column : 1;
	}
	writer_integer(body, "line", show_line(session, line));
	writer_integer(body, "column", show_column(session, column));
}

static void show_frame(struct trace *trace, const struct frame_info *frame, struct writer *body)
{
	writer_open_object(body, NULL);
	writer_integer(body, "id", refs_add_frame(&trace->call->session->refs, trace->tid, frame->index));
	show_name(trace, frame, body);
	show_position(trace, frame, body);
	writer_address(body, "instructionPointerReference", frame->pc);
	if (frame->module_id)
		writer_integer(body, "moduleId", frame->module_id);
	if (frame->is_signal_frame)
		writer_string(body, "presentationHint", "label");
	else if (frame->is_without_debug_info)
		writer_string(body, "presentationHint", "subtle");
	writer_close_object(body);
}

static struct error *show_frames(struct trace *trace, size_t start, size_t levels)
{
	struct frame_info *frames;
	size_t count, total;
	bool is_exact;
	struct call *call = trace->call;
	struct error *error = debugger_frames(call->session->debugger, trace->tid, start, levels, call->scratch, &frames, &count, &total,
					      &is_exact);
	bool is_any_without_source = false;
	if (!error && call_is_cancelled(call))
		error = call_cancelled();
	for (size_t i = 0; !error && i < count; i++)
		is_any_without_source |= !has_source(trace, &frames[i]);
	if (!error && is_any_without_source)
		error = look_ahead(trace);
	if (error)
		return error;
	writer_open_array(call->body, "stackFrames");
	for (size_t i = 0; i < count; i++) {
		if (i % CANCEL_STRIDE == CANCEL_STRIDE - 1 && call_is_cancelled(call))
			return call_cancelled();
		show_frame(trace, &frames[i], call->body);
	}
	writer_close_array(call->body);
	writer_integer(call->body, "totalFrames", (int64_t)total);
	return NULL;
}

static struct error *handle(struct call *call, const void *data)
{
	const struct stack_trace_arguments *arguments = data;
	struct trace trace = { .call = call };
	if (arguments->startFrame < 0 || arguments->levels < 0)
		return error_create(ERROR_INVALID, "arguments.%s: expected 0 or more", arguments->levels < 0 ? "levels" : "startFrame");
	struct error *error = session_check_thread(call->session, arguments->threadId, &trace.tid);
	if (!error)
		error = arguments_decode(stack_format_arguments_table(), arguments->format, "arguments.format", call->scratch,
					 &trace.format);
	return error ? error : show_frames(&trace, (size_t)arguments->startFrame, (size_t)arguments->levels);
}

REQUEST(.command = "stackTrace", .capabilities = CAPABILITIES("supportsDelayedStackTraceLoading"), .states = WHEN_INSPECTABLE,
	.arguments = stack_trace_arguments_table, .handle = handle)

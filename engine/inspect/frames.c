// Threads, frames, scopes, evaluation.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/inspect/private.h"

// ---- threads --------------------------------------------------------------------------------------------------------------

// Every stop asks for the names anew, since threads rename themselves: of a few threads the files stay open.
enum { OPEN_NAMES_MAX = 64 };

static void read_thread_name(struct thread *thread, char name[32])
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", thread->debugger->pid, thread->tid);
	int fd = thread->comm_fd < 0 ? open(path, O_RDONLY | O_CLOEXEC) : thread->comm_fd;
	ssize_t length = fd < 0 ? 0 : pread(fd, name, 31, 0);
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	thread->comm_fd = fd;
	if (thread->debugger->threads.count > OPEN_NAMES_MAX) {
		closep(&thread->comm_fd);
		thread->comm_fd = -1;
	}
}

size_t debugger_threads(struct debugger *debugger, struct arena *arena, struct thread_info **threads_ret)
{
	struct thread **threads;
	size_t count = debugger_members(debugger, &threads);
	struct thread_info *infos = arena_array(arena, struct thread_info, count + 1);
	for (size_t i = 0; i < count; i++) {
		infos[i].tid = threads[i]->tid;
		infos[i].is_stopped = debugger->phase == PHASE_STOPPED;
		read_thread_name(threads[i], infos[i].name);
	}
	free(threads);
	*threads_ret = infos;
	return count;
}

// ---- frames ---------------------------------------------------------------------------------------------------------------

// More than any stack that is not a runaway recursion on a default 8 MiB stack; a bound for those that are.
enum { FRAME_LIMIT = 1000000 };

bool inspect_source_exists(struct debugger *debugger, const char *path)
{
	static char known[1];
	if (strmap_get(&debugger->sources_present, path))
		return true;
	if (strmap_get(&debugger->sources_absent, path))
		return false;
	bool is_present = access(path, R_OK) == 0;
	strmap_set(is_present ? &debugger->sources_present : &debugger->sources_absent, path, known);
	return is_present;
}

static void fill_frame(struct debugger *debugger, struct unwinder *unwinder, const struct frame *frame, struct arena *arena,
		       struct frame_info *info)
{
	struct line_position position;
	const char *name = frame->is_signal_frame ? "<signal handler called>"
			   : frame->function	  ? frame->function->qualified_name
						  : modules_function_name(debugger->space.modules, frame->lookup_pc, arena);
	*info = (struct frame_info){
		.index = frame->index,
		.name = name ? name : arena_printf(arena, "0x%" PRIx64, frame->pc),
		.pc = frame->pc,
		.is_inlined = frame->is_inlined,
		.is_signal_frame = frame->is_signal_frame,
		.is_without_debug_info = !frame->function,
	};
	if (frame->module) {
		info->module_id = frame->module->id;
		info->module_name = str_base_name(frame->module->path);
	}
	if (frame_position(unwinder, frame, &position) && position.line && position.file) {
		const char *client_path = strmap_get(&debugger->client_paths, position.file->path);
		info->source_path = client_path ? client_path : position.file->path;
		info->line = position.line;
		info->column = position.column;
		info->is_source_present = inspect_source_exists(debugger, info->source_path);
	}
}

struct error *debugger_frames(struct debugger *debugger, pid_t tid, size_t start, size_t count, struct arena *arena,
			      struct frame_info **frames_ret, size_t *count_ret, size_t *total_ret, bool *is_total_exact_ret)
{
	struct thread *thread;
	struct error *error = debugger_stopped_thread(debugger, tid, &thread);
	if (error)
		return error;
	struct unwinder *unwinder = thread_unwinder(thread);
	if (!unwinder)
		return error_create(ERROR_GONE, "thread %d was killed", tid);
	size_t limit = count && start < FRAME_LIMIT - count ? start + count : FRAME_LIMIT;
	// One more than asked for tells whether that is all.
	size_t known = unwinder_count(unwinder, limit < FRAME_LIMIT ? limit + 1 : limit);
	size_t end = known < limit ? known : limit;
	size_t found = end > start ? end - start : 0;
	struct frame_info *frames = arena_array(arena, struct frame_info, found + 1);
	for (size_t i = 0; i < found; i++)
		fill_frame(debugger, unwinder, unwinder_frame(unwinder, start + i), arena, &frames[i]);
	*frames_ret = frames;
	*count_ret = found;
	*total_ret = unwinder_known(unwinder, is_total_exact_ret);
	return NULL;
}

static struct unwinder *syscall_unwinder(struct debugger *debugger, pid_t tid)
{
	struct thread *thread = debugger_thread(debugger, tid);
	return thread && thread->state == THREAD_STOPPED && thread->is_at_syscall ? thread_unwinder(thread) : NULL;
}

size_t debugger_syscall_frames(struct debugger *debugger, pid_t tid, size_t max, struct arena *arena, struct frame_info **frames_ret)
{
	struct unwinder *unwinder = syscall_unwinder(debugger, tid);
	size_t count = unwinder ? unwinder_count(unwinder, max) : 0;
	struct frame_info *frames = arena_array(arena, struct frame_info, count + 1);
	count = count < max ? count : max;
	for (size_t i = 0; i < count; i++)
		fill_frame(debugger, unwinder, unwinder_frame(unwinder, i), arena, &frames[i]);
	*frames_ret = frames;
	return count;
}

// Wrappers of a call are a few frames deep; who calls from deeper inside the system's libraries is not looked for.
enum { CALLER_DEPTH_MAX = 64 };

bool debugger_syscall_caller(struct debugger *debugger, pid_t tid, struct source_place *place_ret)
{
	struct unwinder *unwinder = syscall_unwinder(debugger, tid);
	const struct frame *frame;
	struct line_position position;
	for (size_t i = 0; unwinder && i < CALLER_DEPTH_MAX && (frame = unwinder_frame(unwinder, i)); i++) {
		bool is_own = frame->module && !frame->module->is_system;
		if (!is_own || !frame_position(unwinder, frame, &position) || !position.line || !position.file)
			continue;
		const char *client_path = strmap_get(&debugger->client_paths, position.file->path);
		*place_ret = (struct source_place){ client_path ? client_path : position.file->path, position.line };
		return true;
	}
	return false;
}

struct error *inspect_frame_context(struct debugger *debugger, pid_t tid, size_t frame_index, struct frame_context **context_ret)
{
	struct thread *thread;
	struct error *error = debugger_stopped_thread(debugger, tid, &thread);
	if (error)
		return error;
	struct unwinder *unwinder = thread_unwinder(thread);
	const struct frame *frame = unwinder ? unwinder_frame(unwinder, frame_index) : NULL;
	if (!frame)
		return error_create(ERROR_NOT_FOUND, "thread %d has no frame %zu", tid, frame_index);
	struct frame_context *context = arena_new(debugger->stop_arena, struct frame_context);
	frame_context_init(context, debugger, thread, frame, debugger->stop_arena);
	*context_ret = context;
	return NULL;
}

// ---- scopes ---------------------------------------------------------------------------------------------------------------

// A node that is NULL is none.
static void add_scope(struct scope_info *scopes, size_t *count, struct node *node, const char *hint, bool is_expensive)
{
	if (!node)
		return;
	scopes[(*count)++] = (struct scope_info){ .name = node->name, .hint = hint, .is_expensive = is_expensive, .node = node };
}

struct error *debugger_scopes(struct debugger *debugger, pid_t tid, size_t frame_index, struct scope_info **scopes_ret, size_t *count_ret)
{
	struct frame_context *context;
	struct error *error = inspect_frame_context(debugger, tid, frame_index, &context);
	if (error)
		return error;
	// Somebody looks into a library whose debug information was not read yet: it is, from here on.
	if (context->frame->module && module_want_debug_info(context->frame->module))
		frame_context_init(context, debugger, context->thread, context->frame, debugger->stop_arena);
	enum { SCOPE_MAX = 4 };
	struct scope_info *scopes = arena_array(debugger->stop_arena, struct scope_info, SCOPE_MAX);
	size_t count = 0;
	// In each frame, because editors show the first one that has a source, which is seldom that of the call. The registers that it
	// shows are those of the call.
	if (context->thread->is_at_syscall) {
		struct frame_context *innermost;
		error = inspect_frame_context(debugger, tid, 0, &innermost);
		if (error)
			return error;
		add_scope(scopes, &count, syscall_scope(innermost), NULL, false);
	}
	if (context->location.function) {
		// Arguments are among them: editors open the first scope alone. Globals are not there if there are none: nvim-dap waits for ever for
		// the first child of a scope that is expensive.
		add_scope(scopes, &count, locals_scope(context), "locals", false);
		add_scope(scopes, &count, globals_scope(context), "globals", true);
	}
	add_scope(scopes, &count, register_scope(context), "registers", true);
	*scopes_ret = scopes;
	*count_ret = count;
	return NULL;
}

// ---- evaluation -----------------------------------------------------------------------------------------------------------

// Without a frame: globals and constants.
static struct frame_context *global_context(struct debugger *debugger)
{
	struct frame_context *context = arena_new(debugger->stop_arena, struct frame_context);
	context->debugger = debugger;
	context->eval = (struct eval_context){ .data = context, .arena = debugger->stop_arena, .modules = debugger->space.modules,
					       .memory = debugger->space.memory, .wrote = frame_context_wrote };
	return context;
}

static struct error *context_for(struct debugger *debugger, pid_t tid, size_t frame_index, struct frame_context **context_ret)
{
	if (tid)
		return inspect_frame_context(debugger, tid, frame_index, context_ret);
	if (debugger->phase != PHASE_STOPPED)
		return error_create(ERROR_STATE, "the program is running; pause it first");
	*context_ret = global_context(debugger);
	return NULL;
}

// `$rax` alone is shown as a register, with its parts and lanes.
static struct node *register_expression(struct frame_context *context, const char *expression)
{
	const char *name = expression + strspn(expression, " ");
	size_t length = strcspn(name, " ");
	if (!context->thread || name[0] != '$' || name[length + strspn(name + length, " ")])
		return NULL;
	_cleanup_free_ char *bare = xstrndup(name + 1, length - 1);
	const struct register_desc *desc = register_find(bare);
	return desc ? register_node_create(context, desc) : NULL;
}

struct error *debugger_evaluate(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, enum evaluate_mode mode,
				struct node **node_ret)
{
	struct frame_context *context;
	struct error *error = context_for(debugger, tid, frame_index, &context);
	if (error)
		return error;
	*node_ret = register_expression(context, expression);
	if (*node_ret)
		return NULL;
	struct eval_context eval = context->eval;
	eval.may_have_side_effects = mode == EVALUATE_REPL;
	struct value value;
	struct value_format format = { 0 };
	error = evaluate_text(expression, &eval, &value, &format);
	// A value that cannot be had is an error here, not words in its place.
	if (!error && type_is_scalar(value.type) && !value_points_to_parts(&value))
		error = value_read(&eval, &value);
	if (error)
		return error;
	if (mode == EVALUATE_CLIPBOARD)
		format.string_limit = format.summary_limit = 1 << 20;
	*node_ret = value_node_create(context, expression, expression, &value, &format);
	return NULL;
}

struct error *debugger_assign(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, const char *value,
			      struct node **node_ret)
{
	struct node *node;
	struct error *error = debugger_evaluate(debugger, tid, frame_index, expression, EVALUATE_WATCH, &node);
	if (!error)
		error = node_assign(node, value);
	if (!error)
		*node_ret = node;
	return error;
}

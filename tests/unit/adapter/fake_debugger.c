#include "tests/unit/adapter/fake_debugger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct fake fake;

struct debugger {
	int unused;
};
static struct debugger the_debugger;

void fake_reset(void)
{
	str_deinit(&fake.calls);
	fake = (struct fake){ .x = 3 };
	for (size_t i = 0; i < sizeof(fake.memory); i++)
		fake.memory[i] = (uint8_t)i;
}

struct debugger *debugger_create(struct loop *loop, const struct debugger_listener *listener, void *data)
{
	(void)loop;
	fake.listener = listener;
	fake.data = data;
	return &the_debugger;
}

void debugger_destroy(struct debugger *debugger)
{
	(void)debugger;
	str_add(&fake.calls, "destroy; ");
}

enum debugger_state debugger_state(const struct debugger *debugger)
{
	(void)debugger;
	return fake.state;
}

bool debugger_has_kept(const struct debugger *debugger)
{
	(void)debugger;
	return false;
}

pid_t debugger_pid(const struct debugger *debugger)
{
	(void)debugger;
	return FAKE_MAIN;
}

void fake_finish_start(void)
{
	struct error *error = fake.launch_error ? error_create(ERROR_NOT_FOUND, "%s", fake.launch_error) : NULL;
	fake.state = error ? DEBUGGER_IDLE : DEBUGGER_STOPPED;
	struct process_info process = { FAKE_MAIN, "/bin/fake", false };
	if (!error)
		fake.listener->started(fake.data, &process);
	fake.done(fake.done_data, error);
}

static void start(debugger_done_fn done, void *data)
{
	fake.state = DEBUGGER_STARTING;
	fake.done = done;
	fake.done_data = data;
	if (!fake.starts_later)
		fake_finish_start();
}

struct error *terminal_create(struct loop *loop, terminal_fn fn, void *data, struct terminal **terminal_ret)
{
	(void)loop;
	fake.arrived = fn;
	fake.arrived_data = data;
	*terminal_ret = (struct terminal *)&fake;
	str_add(&fake.calls, "terminal; ");
	return NULL;
}

void terminal_destroy(struct terminal *terminal, const char *words)
{
	fake.arrived = NULL;
	if (terminal)
		str_printf(&fake.calls, "terminal ends: %s; ", words);
}

const char *terminal_address(const struct terminal *terminal)
{
	(void)terminal;
	return "the-address";
}

const char *terminal_refused(const struct terminal *terminal)
{
	(void)terminal;
	return fake.refused;
}

void fake_arrive(const char *error)
{
	fake.arrived(fake.arrived_data, error ? error_create(ERROR_GONE, "%s", error) : NULL);
}

struct error *debugger_check_launch(const struct launch_spec *spec)
{
	(void)spec;
	return NULL;
}

void debugger_launch(struct debugger *debugger, const struct launch_spec *spec, debugger_done_fn done, void *data)
{
	(void)debugger;
	fake.spec = *spec;
	str_printf(&fake.calls, "launch %s; ", spec->program);
	start(done, data);
}

void debugger_attach(struct debugger *debugger, pid_t pid, bool stop_on_entry, debugger_done_fn done, void *data)
{
	(void)debugger;
	str_printf(&fake.calls, "attach %d%s; ", pid, stop_on_entry ? " stop" : "");
	start(done, data);
}

void fake_stop(enum stop_reason reason, pid_t tid)
{
	struct stop stop = { .reason = reason, .tid = tid, .pc = 0x1010, .siginfo.si_signo = SIGSEGV };
	if (reason == STOP_BREAKPOINT) {
		stop.breakpoint_ids[0] = 7;
		stop.breakpoint_count = 1;
	}
	fake.state = DEBUGGER_STOPPED;
	fake.listener->stopped(fake.data, &stop);
}

void fake_exit(int code, int signo)
{
	fake.state = DEBUGGER_ENDED;
	fake.listener->exited(fake.data, code, signo);
}

struct error *debugger_start(struct debugger *debugger)
{
	(void)debugger;
	str_add(&fake.calls, "start; ");
	if (fake.spec.stop_on_entry)
		fake_stop(STOP_ENTRY, FAKE_MAIN);
	else
		fake.state = DEBUGGER_RUNNING;
	return NULL;
}

struct error *debugger_continue(struct debugger *debugger)
{
	(void)debugger;
	str_add(&fake.calls, "continue; ");
	fake.state = DEBUGGER_RUNNING;
	return NULL;
}

struct error *debugger_step(struct debugger *debugger, pid_t tid, enum step_kind kind, enum step_unit unit)
{
	static const char *const kinds[] = { "over", "in", "out" }, *const units[] = { "line", "statement", "instruction" };
	(void)debugger;
	str_printf(&fake.calls, "step %d %s %s; ", tid, kinds[kind], units[unit]);
	fake.state = DEBUGGER_RUNNING;
	if (fake.stops_within_step)
		fake_stop(STOP_STEP, tid);
	return NULL;
}

struct error *debugger_step_syscall(struct debugger *debugger, pid_t tid)
{
	(void)debugger;
	str_printf(&fake.calls, "step %d syscall; ", tid);
	fake.state = DEBUGGER_RUNNING;
	return NULL;
}

struct error *debugger_pause(struct debugger *debugger, pid_t tid)
{
	(void)debugger;
	str_printf(&fake.calls, "pause %d; ", tid);
	return NULL;
}

struct error *debugger_signal(struct debugger *debugger, int signo)
{
	(void)debugger;
	str_printf(&fake.calls, "signal %d; ", signo);
	fake.state = DEBUGGER_RUNNING;
	if (!fake.survives_signals)
		fake_exit(0, signo);
	return NULL;
}

void debugger_kill(struct debugger *debugger)
{
	(void)debugger;
	str_add(&fake.calls, "kill; ");
	fake_exit(0, SIGKILL);
}

void debugger_detach(struct debugger *debugger, bool leave_stopped, debugger_done_fn done, void *data)
{
	(void)debugger;
	str_printf(&fake.calls, "detach%s; ", leave_stopped ? " stopped" : "");
	fake.state = DEBUGGER_ENDED;
	done(data, NULL);
}

void debugger_hold_output(struct debugger *debugger, bool is_held)
{
	(void)debugger;
	str_add(&fake.calls, is_held ? "hold output; " : "release output; ");
}

struct error *debugger_set_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret)
{
	(void)debugger, (void)specs, (void)count, (void)bad_ret;
	return NULL;
}

struct error *debugger_check_syscall_rules(struct debugger *debugger, const struct syscall_rule_spec *specs, size_t count, size_t *bad_ret)
{
	(void)debugger, (void)specs, (void)count, (void)bad_ret;
	return NULL;
}

// Knows one mistake.
struct error *syscall_rule_check(const struct syscall_rule_spec *spec)
{
	return str_equal(spec->text, "opennat") ? error_create(ERROR_INVALID, "no syscall 'opennat'") : NULL;
}

void debugger_follow_children(struct debugger *debugger, bool follows)
{
	(void)debugger, (void)follows;
}

void debugger_listen(struct debugger *debugger, const struct debugger_listener *listener, void *data)
{
	(void)debugger, (void)listener, (void)data;
}

void debugger_set_syscall_display(struct debugger *debugger, const struct syscall_display *display)
{
	(void)debugger, (void)display;
}

void debugger_syscall_context(struct debugger *debugger, pid_t tid, struct syscall_context *context_ret)
{
	(void)debugger;
	context_ret->tid = tid;
}

size_t debugger_syscall_frames(struct debugger *debugger, pid_t tid, size_t max, struct arena *arena, struct frame_info **frames_ret)
{
	(void)debugger, (void)tid, (void)max, (void)arena;
	*frames_ret = NULL;
	return 0;
}

bool debugger_syscall_caller(struct debugger *debugger, pid_t tid, struct source_place *place_ret)
{
	(void)debugger, (void)tid, (void)place_ret;
	return false;
}

const struct syscall_group *syscall_group_at(unsigned index)
{
	(void)index;
	return NULL;
}

bool syscall_known_at(unsigned index, struct syscall_known *known_ret)
{
	(void)index;
	(void)known_ret;
	return false;
}

const char *syscall_abi_name(enum syscall_abi abi)
{
	(void)abi;
	return "x86-64";
}

const char *syscall_abi_suffix(enum syscall_abi abi)
{
	(void)abi;
	return "";
}

const char *syscall_name(enum syscall_abi abi, uint64_t number)
{
	(void)abi, (void)number;
	return "call";
}

unsigned syscall_argument_count(const struct syscall_event *event)
{
	(void)event;
	return 0;
}

const char *syscall_argument_name(const struct syscall_event *event, unsigned index)
{
	(void)event, (void)index;
	return "argument";
}

bool syscall_has_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context)
{
	(void)event, (void)index, (void)context;
	return true;
}

void syscall_format_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context, struct str *text)
{
	(void)event, (void)index, (void)context, (void)text;
}

void syscall_format_result(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	(void)context;
	str_printf(text, "%lld", (long long)event->result);
}

const char *errno_description(int number)
{
	(void)number;
	return NULL;
}

const char *errno_name(int number)
{
	(void)number;
	return NULL;
}

void syscall_format(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	(void)event;
	str_printf(text, "getpid() = %d", context->tid);
}

const char *signal_name(int signo)
{
	return signo == SIGSEGV ? "SIGSEGV" : signo == SIGKILL ? "SIGKILL" : "SIGTERM";
}

const char *signal_description(int signo)
{
	return signo == SIGSEGV ? "Segmentation fault" : "Killed";
}

// ---- Breakpoints ----------------------------------------------------------------------------------------------------

static struct error *verify(const char *what, const struct breakpoint_spec *specs, size_t count, struct breakpoint_info *infos_ret)
{
	str_printf(&fake.calls, "set %zu %s; ", count, what);
	for (size_t i = 0; i < count; i++) {
		infos_ret[i] = (struct breakpoint_info){
			.id = (int)i + 1, .is_verified = specs[i].line != 99, .path = specs[i].path, .line = specs[i].line,
			.address = FAKE_PAGE + specs[i].line + specs[i].address,
		};
		if (!infos_ret[i].is_verified)
			infos_ret[i].message = "no code there";
	}
	return NULL;
}

struct error *debugger_set_line_breakpoints(struct debugger *debugger, const char *path, const struct breakpoint_spec *specs, size_t count,
					    struct breakpoint_info *infos_ret)
{
	(void)debugger;
	return verify(path, specs, count, infos_ret);
}

struct error *debugger_set_function_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						struct breakpoint_info *infos_ret)
{
	(void)debugger;
	return verify("functions", specs, count, infos_ret);
}

struct error *debugger_set_instruction_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						   struct breakpoint_info *infos_ret)
{
	(void)debugger;
	return verify("instructions", specs, count, infos_ret);
}

struct error *debugger_set_catches(struct debugger *debugger, const struct debugger_catches *catches, const char **filter_ret)
{
	(void)debugger;
	if (catches->signal_set && fake.bad_signal_set && str_equal(catches->signal_set, fake.bad_signal_set)) {
		*filter_ret = "signal";
		return error_create(ERROR_INVALID, "there is no signal \"%s\"", catches->signal_set);
	}
	str_printf(&fake.calls, "catch%s%s%s %s; ", catches->syscall_entry ? " entry" : "", catches->syscall_return ? " return" : "",
		   catches->signals ? " signals" : "", catches->signal_set ? catches->signal_set : "-");
	return NULL;
}

// ---- Looking --------------------------------------------------------------------------------------------------------

size_t debugger_threads(struct debugger *debugger, struct arena *arena, struct thread_info **threads_ret)
{
	(void)debugger;
	*threads_ret = arena_array(arena, struct thread_info, 2);
	(*threads_ret)[0] = (struct thread_info){ FAKE_MAIN, "main", true };
	(*threads_ret)[1] = (struct thread_info){ FAKE_WORKER, "worker", true };
	return 2;
}

struct error *debugger_frames(struct debugger *debugger, pid_t tid, size_t start, size_t count, struct arena *arena,
			      struct frame_info **frames_ret, size_t *count_ret, size_t *total_ret, bool *is_total_exact_ret)
{
	static const struct frame_info frames[] = {
		{ .index = 0, .name = "raise", .module_name = "libc.so.6", .module_id = 2, .pc = 0x1010, .is_without_debug_info = true },
		{ .index = 1, .name = "work", .module_id = 1, .source_path = "/src/a.c", .is_source_present = true, .line = 12, .pc = 0x1020 },
		{ .index = 2, .name = "main", .module_id = 1, .source_path = "/src/a b.c", .line = 30, .column = 2, .pc = 0x1030 },
	};
	(void)debugger, (void)tid;
	fake.frames_asked++;
	if (fake.within_frames)
		fake.within_frames();
	if (start > ARRAY_SIZE(frames))
		start = ARRAY_SIZE(frames);
	size_t left = ARRAY_SIZE(frames) - start;
	*count_ret = count && count < left ? count : left;
	*frames_ret = arena_array(arena, struct frame_info, *count_ret + 1);
	memcpy(*frames_ret, frames + start, *count_ret * sizeof(frames[0]));
	*total_ret = ARRAY_SIZE(frames);
	*is_total_exact_ret = true;
	return NULL;
}

struct fake_node {
	struct node node;
	uint64_t named, indexed;
	bool is_element, is_bad;
	uint64_t index;
	char name[32];
};

struct error *node_describe(struct node *node, const struct node_display *display, struct node_view *view_ret)
{
	return node->ops->describe(node, display, view_ret);
}

struct error *node_children(struct node *node, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret, size_t *count_ret)
{
	return node->ops->children(node, is_indexed, start, count, nodes_ret, count_ret);
}

struct error *node_assign(struct node *node, const char *text)
{
	return node->ops->assign ? node->ops->assign(node, text) : error_create(ERROR_INVALID, "%s is read-only", node->name);
}

static struct error *describe(struct node *node, const struct node_display *display, struct node_view *view_ret)
{
	static char text[64];
	struct fake_node *self = (struct fake_node *)node;
	if (self->is_bad)
		return error_create(ERROR_FAULT, "cannot read 0x0");
	if (self->is_element)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)self->index);
	else
		snprintf(text, sizeof(text), display->is_hex ? "0x%x" : "%d", (unsigned)fake.x);
	*view_ret = (struct node_view){ .value = text, .type = "int", .named_children = self->named, .indexed_children = self->indexed,
					.has_memory = self->is_element, .memory = FAKE_PAGE + self->index };
	return NULL;
}

static struct error *assign(struct node *node, const char *text)
{
	(void)node;
	fake.x = atoi(text);
	fake.listener->changed(fake.data, FAKE_PAGE + 8, 4);
	return NULL;
}

static struct error *children(struct node *node, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
			      size_t *count_ret);
static const struct node_ops ops = { describe, children, assign };
static struct fake_node x_node = { { &ops, "x", "x", NULL }, 0, 0, false, false, 0, "" };
static struct fake_node bad_node = { { &ops, "bad", "bad", NULL }, 0, 0, false, true, 0, "" };
static struct fake_node array_node = { { &ops, "array", "array", NULL }, 0, 1000000, false, false, 0, "" };
static struct fake_node locals_node = { { &ops, "Locals", NULL, NULL }, 3, 0, false, false, 0, "" };
static struct fake_node elements[128];

static struct error *children(struct node *node, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
			      size_t *count_ret)
{
	static struct node *const named[] = { &x_node.node, &bad_node.node, &array_node.node };
	static struct node *found[ARRAY_SIZE(elements)];
	uint64_t available = is_indexed ? ((struct fake_node *)node)->indexed : ARRAY_SIZE(named);
	count = count && count < available - start ? count : available - start;
	if (count > ARRAY_SIZE(elements))
		count = ARRAY_SIZE(elements);   // the double has room for no more
	for (uint64_t i = 0; i < count; i++) {
		struct fake_node *element = &elements[i];
		*element = (struct fake_node){ .node = { &ops, element->name, NULL, NULL }, .is_element = true, .index = start + i };
		snprintf(element->name, sizeof(element->name), "[%llu]", (unsigned long long)(start + i));
		found[i] = is_indexed ? &element->node : named[start + i];
	}
	*nodes_ret = found;
	*count_ret = (size_t)count;
	return NULL;
}

struct error *debugger_scopes(struct debugger *debugger, pid_t tid, size_t frame_index, struct scope_info **scopes_ret, size_t *count_ret)
{
	static struct scope_info scopes[] = {
		{ .name = "Locals", .hint = "locals", .node = &locals_node.node },
		{ .name = "Registers", .hint = "registers", .is_expensive = true, .node = &array_node.node },
	};
	(void)debugger, (void)tid, (void)frame_index;
	*scopes_ret = scopes;
	*count_ret = 2;
	return NULL;
}

struct error *debugger_evaluate(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, enum evaluate_mode mode,
				struct node **node_ret)
{
	(void)debugger;
	str_printf(&fake.calls, "evaluate %d %zu %s %d; ", tid, frame_index, expression, mode);
	*node_ret = str_equal(expression, "array") ? &array_node.node : &x_node.node;
	return str_equal(expression, "?") ? error_create(ERROR_INVALID, "column 1: expected an expression") : NULL;
}

struct error *debugger_assign(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, const char *value,
			      struct node **node_ret)
{
	(void)debugger, (void)tid, (void)frame_index, (void)expression;
	*node_ret = &x_node.node;
	return assign(&x_node.node, value);
}

struct error *debugger_exception_info(struct debugger *debugger, pid_t tid, struct arena *arena, struct exception_info *info_ret)
{
	(void)debugger, (void)tid, (void)arena;
	*info_ret = (struct exception_info){ "SIGSEGV", "Segmentation fault", "address not mapped to object", true };
	return NULL;
}

// ---- Memory and code ------------------------------------------------------------------------------------------------

struct error *debugger_read_memory(struct debugger *debugger, uint64_t address, void *bytes, size_t size, size_t *read_ret)
{
	(void)debugger;
	*read_ret = 0;
	if (address < FAKE_PAGE || address >= FAKE_PAGE + FAKE_PAGE_SIZE)
		return NULL;
	size_t left = FAKE_PAGE + FAKE_PAGE_SIZE - address;
	*read_ret = size < left ? size : left;
	memcpy(bytes, fake.memory + (address - FAKE_PAGE), *read_ret);
	return NULL;
}

struct error *debugger_write_memory(struct debugger *debugger, uint64_t address, const void *bytes, size_t size, bool allow_partial,
				    size_t *written_ret)
{
	(void)debugger;
	size_t left = address >= FAKE_PAGE && address < FAKE_PAGE + FAKE_PAGE_SIZE ? FAKE_PAGE + FAKE_PAGE_SIZE - address : 0;
	if (!left || (left < size && !allow_partial))
		return error_fault(address, "cannot write to %#llx", (unsigned long long)address);
	*written_ret = left < size ? left : size;
	memcpy(fake.memory + (address - FAKE_PAGE), bytes, *written_ret);
	fake.listener->changed(fake.data, address, *written_ret);
	return NULL;
}

uint64_t debugger_next_readable(struct debugger *debugger, uint64_t address, uint64_t limit)
{
	(void)debugger;
	return address <= FAKE_PAGE && limit > FAKE_PAGE ? FAKE_PAGE : limit;
}

struct error *debugger_disassemble(struct debugger *debugger, uint64_t address, int64_t instruction_offset, size_t count, bool resolve_symbols,
				   struct arena *arena, struct disassembly_row **rows_ret)
{
	static const uint8_t nop[] = { 0x90 };
	(void)debugger, (void)resolve_symbols;
	*rows_ret = arena_array(arena, struct disassembly_row, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t at = address + (uint64_t)instruction_offset + i;
		bool is_there = at >= FAKE_PAGE && at < FAKE_PAGE + FAKE_PAGE_SIZE;
		(*rows_ret)[i] = (struct disassembly_row){ .address = at, .bytes = nop, .size = is_there, .text = is_there ? "nop" : "" };
	}
	return NULL;
}

struct error *debugger_disassembly_text(struct debugger *debugger, uint64_t pc, char **text_ret, unsigned *line_of_pc_ret, uint64_t *start_ret)
{
	(void)debugger;
	if (text_ret)
		*text_ret = xstrdup("nop\nnop\n");
	*line_of_pc_ret = (unsigned)(pc & 0xff) / 16 + 1;
	*start_ret = FAKE_PAGE;
	return NULL;
}

size_t debugger_modules(struct debugger *debugger, struct arena *arena, struct module_info **modules_ret)
{
	(void)debugger;
	*modules_ret = arena_array(arena, struct module_info, 2);
	(*modules_ret)[0] = (struct module_info){ .id = 1, .name = "fake", .path = "/bin/fake", .start = 0x1000, .end = 0x2000 };
	(*modules_ret)[1] = (struct module_info){ .id = 2, .name = "libc.so.6", .path = "/lib/libc.so.6", .is_system = true };
	return 2;
}

size_t debugger_sources(struct debugger *debugger, struct arena *arena, struct source_info **sources_ret)
{
	(void)debugger;
	*sources_ret = arena_array(arena, struct source_info, 1);
	(*sources_ret)[0] = (struct source_info){ "/src/a.c", true };
	return 1;
}

struct error *debugger_breakpoint_locations(struct debugger *debugger, const char *path, unsigned line, unsigned end_line,
					    struct arena *arena, struct line_location **locations_ret, size_t *count_ret)
{
	(void)debugger, (void)path;
	*count_ret = end_line - line + 1;
	*locations_ret = arena_array(arena, struct line_location, *count_ret);
	for (size_t i = 0; i < *count_ret; i++)
		(*locations_ret)[i] = (struct line_location){ line + (unsigned)i, 5 };
	return NULL;
}

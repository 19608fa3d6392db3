// The user's breakpoints: what was asked, where it is bound, whether a hit counts.
#include "engine/run/breakpoint_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/run/rules.h"
#include "engine/run/site.h"
#include "engine/run/syscall_names.h"

// ---- life cycle ---------------------------------------------------------------------------------------------------------

static bool same_text(const char *a, const char *b)
{
	return str_equal(a ? a : "", b ? b : "");
}

static bool is_same(const struct breakpoint *breakpoint, enum breakpoint_kind kind, const struct breakpoint_spec *spec, const char *path)
{
	return breakpoint->kind == kind && same_text(breakpoint->path, path) && breakpoint->line == spec->line &&
	       breakpoint->column == spec->column && same_text(breakpoint->function, spec->function) &&
	       breakpoint->address == spec->address && same_text(breakpoint->condition, spec->condition) &&
	       same_text(breakpoint->hit_condition, spec->hit_condition) && same_text(breakpoint->log_message, spec->log_message);
}

static char *copy_nonempty(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

static struct breakpoint *breakpoint_create(struct debugger *debugger, enum breakpoint_kind kind, const struct breakpoint_spec *spec,
					    const char *path)
{
	struct breakpoint *breakpoint = xcalloc(1, sizeof(*breakpoint));
	breakpoint->id = ++debugger->next_breakpoint_id;
	breakpoint->kind = kind;
	breakpoint->path = xstrdup(path);
	breakpoint->line = spec->line;
	breakpoint->column = spec->column;
	breakpoint->function = xstrdup(spec->function);
	breakpoint->address = spec->address;
	breakpoint->condition = copy_nonempty(spec->condition);
	breakpoint->hit_condition = copy_nonempty(spec->hit_condition);
	breakpoint->log_message = copy_nonempty(spec->log_message);
	*vec_push(&debugger->breakpoints) = breakpoint;
	return breakpoint;
}

static void unbind(struct debugger *debugger, struct breakpoint *breakpoint, const struct module *module)
{
	for (size_t i = breakpoint->bound.count; i-- > 0;) {
		struct bound *bound = &breakpoint->bound.items[i];
		if (module && bound->module != module)
			continue;
		if (debugger->space.memory)
			site_release(&debugger->space, bound->address, SITE_OWNER_BREAKPOINT, breakpoint);
		vec_remove(&breakpoint->bound, i);
	}
}

static void forget_parsed(struct breakpoint *breakpoint)
{
	rule_destroy(breakpoint->rule);
	breakpoint->rule = NULL;
	expression_destroy(breakpoint->parsed_condition);
	breakpoint->parsed_condition = NULL;
	template_destroy(breakpoint->parsed_log);
	breakpoint->parsed_log = NULL;
}

static void breakpoint_destroy(struct debugger *debugger, struct breakpoint *breakpoint)
{
	unbind(debugger, breakpoint, NULL);
	vec_deinit(&breakpoint->bound);
	forget_parsed(breakpoint);
	free(breakpoint->path);
	free(breakpoint->function);
	free(breakpoint->condition);
	free(breakpoint->hit_condition);
	free(breakpoint->log_message);
	free(breakpoint->message);
	free(breakpoint->real_path);
	free(breakpoint);
}

void breakpoints_destroy(struct debugger *debugger)
{
	vec_each(breakpoint, &debugger->breakpoints)
		breakpoint_destroy(debugger, *breakpoint);
	vec_deinit(&debugger->breakpoints);
	for (struct strmap_entry *entry = strmap_next(&debugger->client_paths, NULL); entry;
	     entry = strmap_next(&debugger->client_paths, entry))
		free(entry->value);
	strmap_deinit(&debugger->client_paths);
}

// ---- parsing what is conditional --------------------------------------------------------------------------------------

// An expression context for a place in the code, without a frame: names and types alone.
static void place_context(struct debugger *debugger, struct frame_context *context, struct location_context *location, uint64_t pc,
			  struct arena *arena)
{
	*context = (struct frame_context){ .debugger = debugger };
	*location = (struct location_context){ .memory = debugger->space.memory, .pc = pc };
	if (debugger->space.modules)
		location->function = modules_function_at(debugger->space.modules, pc);
	context->eval = (struct eval_context){ .data = context, .arena = arena, .modules = debugger->space.modules,
					       .memory = debugger->space.memory, .location = location, .function = location->function,
					       .pc = pc, .special = syscall_special, .constant = syscall_named_constant,
					       .call = syscall_function };
}

// An unknown name or a wrong type shows without running; what needs registers or memory does not.
static struct error *try_condition(struct expression *condition, const struct eval_context *context)
{
	struct value value;
	struct error *error = expression_evaluate(condition, context, &value);
	if (!error)
		return NULL;
	bool is_call = error->code == ERROR_UNSUPPORTED && expression_has_side_effects(condition);
	if (error->code == ERROR_NOT_FOUND || error->code == ERROR_INVALID || is_call)
		return error;
	error_destroy(error);
	return NULL;
}

static struct error *parse_conditions(struct debugger *debugger, struct breakpoint *breakpoint, uint64_t pc)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct frame_context context;
	struct location_context location;
	forget_parsed(breakpoint);
	struct error *error = hit_condition_parse(breakpoint->hit_condition, &breakpoint->hits_wanted);
	if (error)
		return error;
	place_context(debugger, &context, &location, pc, arena);
	if (breakpoint->condition && breakpoint->condition[strspn(breakpoint->condition, " \t")]) {
		error = expression_parse(breakpoint->condition, pc ? &context.eval : NULL, &breakpoint->parsed_condition);
		if (!error && pc)
			error = try_condition(breakpoint->parsed_condition, &context.eval);
		if (error)
			return error_wrap(error, "the condition \"%s\"", breakpoint->condition);
	}
	if (breakpoint->log_message)
		error = error_wrap(template_parse(breakpoint->log_message, pc ? &context.eval : NULL, &breakpoint->parsed_log),
				   "the log message");
	return error;
}

// ---- binding ------------------------------------------------------------------------------------------------------------

static void set_message(struct breakpoint *breakpoint, char *message)
{
	free(breakpoint->message);
	breakpoint->message = message;
}

static struct error *resolve(struct debugger *debugger, struct breakpoint *breakpoint, struct module *only, struct arena *arena,
			     struct code_location **locations_ret, size_t *count_ret)
{
	struct modules *modules = debugger->space.modules;
	switch (breakpoint->kind) {
	case BREAKPOINT_LINE:
		if (!breakpoint->line)
			return error_create(ERROR_INVALID, "no file has such a line");
		return modules_resolve_line(modules, only, breakpoint->path, breakpoint->line, breakpoint->column, arena, locations_ret,
					    count_ret);
	case BREAKPOINT_FUNCTION:
		return modules_resolve_function(modules, only, breakpoint->function, arena, locations_ret, count_ret);
	case BREAKPOINT_INSTRUCTION: {
		struct line_position position;
		struct module *module = modules_find(modules, breakpoint->address);
		if (only && module != only)
			return NULL;
		struct code_location *location = arena_new(arena, struct code_location);
		location->address = breakpoint->address;
		location->module = module;
		if (modules_line_at(modules, breakpoint->address, &position)) {
			location->file = position.file;
			location->line = position.line;
		}
		*locations_ret = location;
		*count_ret = 1;
		return NULL;
	}
	}
	return NULL;
}

static bool is_bound_at(const struct breakpoint *breakpoint, uint64_t address)
{
	for (size_t i = 0; i < breakpoint->bound.count; i++)
		if (breakpoint->bound.items[i].address == address)
			return true;
	return false;
}

// Frames show a source as the client names it, or the editor would open it twice.
static void remember_client_path(struct debugger *debugger, const char *path, const char *client_path)
{
	char *known = strmap_get(&debugger->client_paths, path);
	if (known && str_equal(known, client_path))
		return;
	strmap_set(&debugger->client_paths, path, xstrdup(client_path));
	free(known);
}

static struct error *bind_location(struct debugger *debugger, struct breakpoint *breakpoint, const struct code_location *location)
{
	struct site_owner owner = { SITE_OWNER_BREAKPOINT, breakpoint, NULL };
	if (is_bound_at(breakpoint, location->address))
		return NULL;
	struct error *error = site_acquire(&debugger->space, location->address, owner, NULL);
	if (error)
		return error;
	if (breakpoint->kind == BREAKPOINT_LINE && location->file && !str_equal(location->file->path, breakpoint->path))
		remember_client_path(debugger, location->file->path, breakpoint->path);
	if (!breakpoint->bound.count) {
		breakpoint->real_line = location->line;
		breakpoint->real_column = location->column;
		free(breakpoint->real_path);
		breakpoint->real_path = location->file ? xstrdup(location->file->path) : NULL;
	}
	*vec_push(&breakpoint->bound) = (struct bound){ location->address, location->module };
	return NULL;
}

static char *pending_message(const struct breakpoint *breakpoint)
{
	switch (breakpoint->kind) {
	case BREAKPOINT_LINE:
		return xasprintf("no code for line %u of this file in any loaded module yet; it waits for a library that has it", breakpoint->line);
	case BREAKPOINT_FUNCTION:
		return xasprintf("no function \"%s\" in any loaded module yet; it waits for a library that has it", breakpoint->function);
	case BREAKPOINT_INSTRUCTION: return xasprintf("there is no memory at 0x%" PRIx64, breakpoint->address);
	}
	return NULL;
}

// A line that nothing else has may be one of a system library whose debug information was not read yet.
static bool want_debug_info(struct debugger *debugger, struct module *only)
{
	struct modules *modules = debugger->space.modules;
	bool is_new = false;
	for (size_t i = 0; i < modules_count(modules); i++)
		if (!only || modules_at(modules, i) == only)
			is_new = module_want_debug_info(modules_at(modules, i)) || is_new;
	return is_new;
}

// Static functions of one name, or copies of a template: a condition need not have a meaning in all of them.
static struct error *fit_condition(struct debugger *debugger, struct breakpoint *breakpoint, uint64_t pc)
{
	if (!breakpoint->bound.count)
		return parse_conditions(debugger, breakpoint, pc);
	if (!breakpoint->parsed_condition)
		return NULL;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct frame_context context;
	struct location_context location;
	place_context(debugger, &context, &location, pc, arena);
	return try_condition(breakpoint->parsed_condition, &context.eval);
}

// Binds where the condition has a meaning. The error is that of the first place, if it has one nowhere.
static struct error *bind_locations(struct debugger *debugger, struct breakpoint *breakpoint, const struct code_location *locations,
				    size_t count)
{
	struct error *first = NULL;
	for (size_t i = 0; i < count; i++) {
		struct error *misfit = fit_condition(debugger, breakpoint, locations[i].address);
		if (misfit && !first)
			first = misfit;
		else
			error_destroy(misfit);
		struct error *error = misfit ? NULL : bind_location(debugger, breakpoint, &locations[i]);
		if (error) {
			error_destroy(first);
			return error;
		}
	}
	if (!breakpoint->bound.count)
		return first;
	error_destroy(first);
	return NULL;
}

static bool is_free_running(const struct debugger *debugger)
{
	return debugger->is_free && debugger->phase == PHASE_RUNNING;
}

// Binds in one module, or in all (NULL). True if something new was bound.
static bool bind(struct debugger *debugger, struct breakpoint *breakpoint, struct module *only)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct code_location *locations = NULL;
	size_t count = 0;
	size_t before = breakpoint->bound.count;
	if (debugger->phase == PHASE_ENDED || !debugger->space.modules) {
		struct error *error = parse_conditions(debugger, breakpoint, 0);
		const char *words = is_free_running(debugger) ? "the program runs without debugging (noDebug)" : "it is set when the program starts";
		set_message(breakpoint, xstrdup(error ? error->message : words));
		error_destroy(error);
		return false;
	}
	struct error *error = resolve(debugger, breakpoint, only, arena, &locations, &count);
	if (!count && breakpoint->kind == BREAKPOINT_LINE && !breakpoint->bound.count && want_debug_info(debugger, only)) {
		error_destroy(error);
		error = resolve(debugger, breakpoint, only, arena, &locations, &count);
	}
	if (!error && !count && !only && !breakpoint->bound.count)
		error = parse_conditions(debugger, breakpoint, 0);
	if (!error)
		error = bind_locations(debugger, breakpoint, locations, count);
	if (error && breakpoint->bound.count && only) {   // a library that cannot be read does not undo what is bound elsewhere
		LOG("engine", "breakpoint %d in %s: %s", breakpoint->id, only->path, error->message);
		error_destroy(error);
	} else if (error) {
		bool is_awaited = breakpoint->kind != BREAKPOINT_INSTRUCTION && error->code == ERROR_NOT_FOUND && !count;
		set_message(breakpoint, is_awaited ? pending_message(breakpoint) : xstrdup(error->message));
		unbind(debugger, breakpoint, NULL);
		error_destroy(error);
	} else if (breakpoint->bound.count) {
		set_message(breakpoint, NULL);
	} else if (!breakpoint->message) {
		set_message(breakpoint, pending_message(breakpoint));
	}
	return breakpoint->bound.count > before;
}

// ---- system calls -------------------------------------------------------------------------------------------------------

#define SYSCALL_PREFIX "syscall:"

static bool is_syscall_breakpoint(const struct breakpoint *breakpoint)
{
	return breakpoint->kind == BREAKPOINT_FUNCTION && breakpoint->function && str_starts(breakpoint->function, SYSCALL_PREFIX);
}

static struct error *parse_syscall_breakpoint(struct debugger *debugger, struct breakpoint *breakpoint)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct frame_context context;
	struct rule_source source = { .text = breakpoint->function, .start = strlen(SYSCALL_PREFIX), .end = strlen(breakpoint->function),
				      .use = RULE_STOPS, .names = rules_names(debugger, &context, arena),
				      .condition = breakpoint->condition };
	struct error *error = hit_condition_parse(breakpoint->hit_condition, &breakpoint->hits_wanted);
	if (!error)
		error = rule_parse(&source, &breakpoint->rule);
	if (!error && breakpoint->log_message)
		error = error_wrap(template_parse(breakpoint->log_message, source.names, &breakpoint->parsed_log), "the log message");
	return error;
}

// It is no place in the program: nothing has to be loaded for it.
static void bind_to_syscalls(struct debugger *debugger, struct breakpoint *breakpoint)
{
	struct error *error = parse_syscall_breakpoint(debugger, breakpoint);
	if (error)
		forget_parsed(breakpoint);
	set_message(breakpoint, error ? xstrdup(error->message) : NULL);
	error_destroy(error);
}

static struct breakpoint_info describe(const struct breakpoint *breakpoint)
{
	bool is_bound = breakpoint->bound.count;
	return (struct breakpoint_info){
		.id = breakpoint->id,
		.is_verified = is_bound || breakpoint->rule,
		.message = breakpoint->message,
		.path = breakpoint->kind == BREAKPOINT_LINE ? breakpoint->path : breakpoint->real_path,
		.line = is_bound ? breakpoint->real_line : breakpoint->line,
		.column = is_bound && breakpoint->column ? breakpoint->real_column : breakpoint->column,
		.address = is_bound ? breakpoint->bound.items[0].address : 0,
		.hit_count = breakpoint->hit_count,
	};
}

static void notify(struct debugger *debugger, const struct breakpoint *breakpoint)
{
	struct breakpoint_info info = describe(breakpoint);
	if (debugger->listener->breakpoint)
		debugger->listener->breakpoint(debugger->data, &info);
}

void breakpoints_module_added(struct debugger *debugger, struct module *module)
{
	vec_each(item, &debugger->breakpoints)
		if (!is_syscall_breakpoint(*item) && ((*item)->kind != BREAKPOINT_INSTRUCTION || !(*item)->bound.count) && bind(debugger, *item, module))
			notify(debugger, *item);
}

void breakpoints_module_removed(struct debugger *debugger, struct module *module)
{
	rules_forget_program(debugger);
	vec_each(item, &debugger->breakpoints) {
		struct breakpoint *breakpoint = *item;
		size_t before = breakpoint->bound.count;
		if (breakpoint->rule)
			continue;
		forget_parsed(breakpoint);   // names are bound to the module's symbols
		unbind(debugger, breakpoint, module);
		if (breakpoint->bound.count)
			error_destroy(parse_conditions(debugger, breakpoint, breakpoint->bound.items[0].address));
		if (before && !breakpoint->bound.count) {
			set_message(breakpoint, pending_message(breakpoint));
			notify(debugger, breakpoint);
		}
	}
}

void breakpoints_unbind(struct debugger *debugger)
{
	vec_each(item, &debugger->breakpoints) {
		if ((*item)->rule)   // it is no place in the program
			continue;
		(*item)->bound.count = 0;
		(*item)->hit_count = 0;
		forget_parsed(*item);
	}
	rules_forget_program(debugger);
}

// ---- the requests -------------------------------------------------------------------------------------------------------

static struct breakpoint *find_same(struct debugger *debugger, enum breakpoint_kind kind, const struct breakpoint_spec *spec,
				    const char *path)
{
	vec_each(item, &debugger->breakpoints)
		if (!(*item)->is_wanted && is_same(*item, kind, spec, path))
			return *item;
	return NULL;
}

static void remove_unwanted(struct debugger *debugger, enum breakpoint_kind kind, const char *path)
{
	for (size_t i = debugger->breakpoints.count; i-- > 0;) {
		struct breakpoint *breakpoint = debugger->breakpoints.items[i];
		if (breakpoint->is_wanted || breakpoint->kind != kind || !same_text(breakpoint->path, path))
			continue;
		vec_remove(&debugger->breakpoints, i);
		breakpoint_destroy(debugger, breakpoint);
	}
}

static struct error *set_breakpoints(struct debugger *debugger, enum breakpoint_kind kind, const char *path,
				     const struct breakpoint_spec *specs, size_t count, struct breakpoint_info *infos_ret)
{
	struct breakpoint **wanted = xcalloc(count + 1, sizeof(struct breakpoint *));
	vec_each(item, &debugger->breakpoints)
		(*item)->is_wanted = false;
	for (size_t i = 0; i < count; i++) {
		wanted[i] = find_same(debugger, kind, &specs[i], path);
		if (wanted[i])
			wanted[i]->is_wanted = true;
	}
	remove_unwanted(debugger, kind, path);
	for (size_t i = 0; i < count; i++) {
		if (!wanted[i]) {
			wanted[i] = breakpoint_create(debugger, kind, &specs[i], path);
			wanted[i]->is_wanted = true;
			if (is_syscall_breakpoint(wanted[i]))
				bind_to_syscalls(debugger, wanted[i]);
			else
				bind(debugger, wanted[i], NULL);
		}
		infos_ret[i] = describe(wanted[i]);
	}
	free(wanted);
	rules_changed(debugger);
	return NULL;
}

struct error *debugger_set_line_breakpoints(struct debugger *debugger, const char *path, const struct breakpoint_spec *specs, size_t count,
					    struct breakpoint_info *infos_ret)
{
	return set_breakpoints(debugger, BREAKPOINT_LINE, path, specs, count, infos_ret);
}

struct error *debugger_set_function_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						struct breakpoint_info *infos_ret)
{
	return set_breakpoints(debugger, BREAKPOINT_FUNCTION, NULL, specs, count, infos_ret);
}

struct error *debugger_set_instruction_breakpoints(struct debugger *debugger, const struct breakpoint_spec *specs, size_t count,
						   struct breakpoint_info *infos_ret)
{
	return set_breakpoints(debugger, BREAKPOINT_INSTRUCTION, NULL, specs, count, infos_ret);
}

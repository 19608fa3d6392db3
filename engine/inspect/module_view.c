// Modules, source files and places for breakpoints, for the client.
#include <stdlib.h>

#include "engine/inspect/code_walk.h"
#include "base/str.h"
#include "engine/inspect/private.h"

// ---- modules --------------------------------------------------------------------------------------------------------------

static void describe_own(struct module *module, struct arena *arena, struct module_info *info)
{
	const char *status = module_debug_status(module);
	info->has_debug_info = module_debug_info(module) == MODULE_DEBUG_LOADED;
	const char *missing = module_debug_missing(module);
	if (info->has_debug_info)
		info->symbol_status = missing ? arena_printf(arena, "Symbols loaded; %s", missing) : "Symbols loaded";
	else
		info->symbol_status = arena_printf(arena, "No debug info: %s", status ? status : "unknown");
	if (info->has_debug_info)   // the status is where it was found
		info->symbol_file = arena_strdup(arena, status && status[0] == '/' ? status : module->path);
}

// A library of the system: its debug file may be big and compressed, so that it is opened for a frame or a breakpoint, not for
// a list. Where it would be, its name alone tells.
static void describe_system(struct arena *arena, struct module_info *info)
{
	info->symbol_status = "Symbols are read when needed";
	if (!info->build_id || strlen(info->build_id) < 4)
		return;
	char *path = arena_printf(arena, "/usr/lib/debug/.build-id/%.2s/%s.debug", info->build_id, info->build_id + 2);
	if (access(path, R_OK) == 0) {
		info->symbol_file = path;
		info->has_debug_info = true;
	}
}

static void describe_module(struct module *module, struct arena *arena, struct module_info *info)
{
	const char *path = arena_strdup(arena, module->path);
	*info = (struct module_info){
		.id = module->id,
		.name = str_base_name(path),
		.path = path,
		.build_id = arena_strdup(arena, module_build_id(module)),
		.start = module->start,
		.end = module->end,
		.is_system = module->is_system,
	};
	if (info->is_system)
		describe_system(arena, info);
	else
		describe_own(module, arena, info);
}

size_t debugger_modules(struct debugger *debugger, struct arena *arena, struct module_info **modules_ret)
{
	struct modules *modules = debugger->space.modules;
	size_t count = modules ? modules_count(modules) : 0;
	struct module_info *infos = arena_array(arena, struct module_info, count + 1);
	for (size_t i = 0; i < count; i++)
		describe_module(modules_at(modules, i), arena, &infos[i]);
	*modules_ret = infos;
	return count;
}

// ---- sources --------------------------------------------------------------------------------------------------------------

static int compare_sources(const void *a, const void *b)
{
	const struct source_info *left = a;
	const struct source_info *right = b;
	return strcmp(left->path, right->path);
}

struct source_list {
	VEC(struct source_info) items;
};

static void add_sources(struct source_list *list, struct module *module, struct arena *arena)
{
	const struct source_file **files;
	size_t count = module_sources(module, arena, &files);
	for (size_t i = 0; i < count; i++)
		if (files[i]->path)
			vec_push(&list->items)->path = files[i]->path;
}

// Of the program and its own libraries; those of the system have thousands that nobody asked for.
size_t debugger_sources(struct debugger *debugger, struct arena *arena, struct source_info **sources_ret)
{
	struct modules *modules = debugger->space.modules;
	struct source_list list = { VEC_INIT };
	size_t kept = 0;
	for (size_t i = 0; modules && i < modules_count(modules); i++)
		if (!modules_at(modules, i)->is_system)
			add_sources(&list, modules_at(modules, i), arena);
	if (list.items.count)
		qsort(list.items.items, list.items.count, sizeof(*list.items.items), compare_sources);
	struct source_info *sources = arena_array(arena, struct source_info, list.items.count + 1);
	vec_each(source, &list.items)
		if (!kept || !str_equal(sources[kept - 1].path, source->path))
			sources[kept++].path = arena_strdup(arena, source->path);
	for (size_t i = 0; i < kept; i++)
		sources[i].is_present = inspect_source_exists(debugger, sources[i].path);
	vec_deinit(&list.items);
	*sources_ret = sources;
	return kept;
}

// ---- places for breakpoints -----------------------------------------------------------------------------------------------

struct error *debugger_breakpoint_locations(struct debugger *debugger, const char *path, unsigned line, unsigned end_line,
					    struct arena *arena, struct line_location **locations_ret, size_t *count_ret)
{
	struct line_column *lines;
	size_t count;
	if (!debugger->space.modules)
		return error_create(ERROR_STATE, "no program is loaded");
	struct error *error = modules_breakable_lines(debugger->space.modules, path, line, end_line > line ? end_line : line, arena, &lines,
						      &count);
	if (error)
		return error;
	struct line_location *locations = arena_array(arena, struct line_location, count + 1);
	for (size_t i = 0; i < count; i++)
		locations[i] = (struct line_location){ lines[i].line, lines[i].column };
	*locations_ret = locations;
	*count_ret = count;
	return NULL;
}

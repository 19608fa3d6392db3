#include "engine/symbols/module.h"

#include <limits.h>
#include <string.h>

#include "engine/symbols/private.h"

struct modules {
	VEC(struct module *) list;       // load order
	VEC(struct module *) by_start;   // for modules_find
	int last_id;
};

struct modules *modules_create(void)
{
	return xcalloc(1, sizeof(struct modules));
}

static void module_destroy(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	type_forget_derived(module);
	if (symbols->unwind_cache && symbols->unwind_cache_destroy)
		symbols->unwind_cache_destroy(symbols->unwind_cache);
	name_index_destroy(symbols->name_index);
	variable_cache_destroy(symbols->variable_cache);
	type_cache_destroy(symbols->type_cache);
	function_cache_destroy(symbols->function_cache);
	line_cache_destroy(symbols->line_cache);
	symbol_table_destroy(symbols->symbol_table);
	section_table_destroy(symbols->sections);
	module_close_elf(module);
	strmap_deinit(&symbols->demangled);
	arena_destroy(symbols->arena);
	free(symbols);
	free(module->path);
	free(module->file_path);
	free(module);
}

void modules_destroy(struct modules *modules)
{
	if (!modules)
		return;
	vec_each(module, &modules->list)
		module_destroy(*module);
	vec_deinit(&modules->list);
	vec_deinit(&modules->by_start);
	free(modules);
}

// The first module in by_start that begins behind the address.
static size_t modules_upper_bound(const struct modules *modules, uint64_t address)
{
	size_t low = 0, high = modules->by_start.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (modules->by_start.items[middle]->start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void modules_insert(struct modules *modules, struct module *module)
{
	*vec_push(&modules->list) = module;
	size_t place = modules_upper_bound(modules, module->start);
	vec_push(&modules->by_start);
	struct module **items = modules->by_start.items;
	memmove(&items[place + 1], &items[place], (modules->by_start.count - 1 - place) * sizeof(*items));
	items[place] = module;
}

static bool is_system_path(const char *path)
{
	static const char *const folders[] = { "/lib/", "/lib32/", "/lib64/", "/libx32/",
					       "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/" };
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (str_starts(path, folders[i]))
			return true;
	return path[0] == '[';
}

struct error *modules_add(struct modules *modules, const struct module_spec *spec, struct module **module_ret)
{
	struct module *module = xcalloc(1, sizeof(*module));
	module->symbols = xcalloc(1, sizeof(*module->symbols));
	module->symbols->fd = module->symbols->debug_fd = module->symbols->alt_fd = -1;
	module->symbols->arena = arena_create();
	module->path = xstrdup(spec->path);
	module->file_path = spec->image ? NULL : xstrdup(spec->file_path ? spec->file_path : spec->path);
	module->is_executable = spec->is_executable;
	module->is_system = is_system_path(spec->path) && !spec->is_executable;
	module->owner = modules;
	struct error *error = module_open_elf(module, spec);
	if (error) {
		error = error_wrap(error, "%s", spec->path);
		module_destroy(module);
		return error;
	}
	module->id = ++modules->last_id;
	modules_insert(modules, module);
	*module_ret = module;
	return NULL;
}

void modules_remove(struct modules *modules, struct module *module)
{
	for (size_t i = 0; i < modules->list.count; i++)
		if (modules->list.items[i] == module) {
			vec_remove(&modules->list, i);
			break;
		}
	for (size_t i = 0; i < modules->by_start.count; i++)
		if (modules->by_start.items[i] == module) {
			vec_remove(&modules->by_start, i);
			break;
		}
	module_destroy(module);
}

size_t modules_count(const struct modules *modules)
{
	return modules->list.count;
}

struct module *modules_at(const struct modules *modules, size_t index)
{
	return index < modules->list.count ? modules->list.items[index] : NULL;
}

struct module *modules_find(const struct modules *modules, uint64_t address)
{
	size_t next = modules_upper_bound(modules, address);
	if (!next)
		return NULL;
	struct module *module = modules->by_start.items[next - 1];
	return address < module->end ? module : NULL;
}

enum module_debug_info module_debug_info(struct module *module)
{
	if (module_debug_info_waits(module))
		return MODULE_DEBUG_UNREAD;
	return module_dwarf(module) ? MODULE_DEBUG_LOADED : MODULE_DEBUG_NONE;
}

const char *module_debug_status(struct module *module)
{
	module_dwarf(module);
	return module->symbols->debug_status;
}

const char *module_debug_missing(struct module *module)
{
	module_dwarf(module);
	return module->symbols->debug_missing;
}

const char *module_build_id(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!symbols->is_build_id_read) {
		symbols->is_build_id_read = true;
		symbols->build_id = elf_build_id(symbols->elf);
	}
	return symbols->build_id;
}

uint64_t module_entry(const struct module *module)
{
	GElf_Ehdr header;
	if (!gelf_getehdr(module->symbols->elf, &header))
		return 0;
	return module_runtime(module, (struct link_address){ header.e_entry });
}

const char *module_interpreter(const struct module *module)
{
	return module->symbols->interpreter;
}

uint64_t module_dynamic(const struct module *module)
{
	return module->symbols->has_dynamic ? module_runtime(module, module->symbols->dynamic) : 0;
}

bool module_tls(const struct module *module, uint64_t *size_ret, uint64_t *align_ret)
{
	size_t count = 0;
	if (elf_getphdrnum(module->symbols->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Phdr segment;
		if (!gelf_getphdr(module->symbols->elf, (int)i, &segment) || segment.p_type != PT_TLS)
			continue;
		*size_ret = segment.p_memsz;
		*align_ret = segment.p_align ? segment.p_align : 1;
		return true;
	}
	return false;
}

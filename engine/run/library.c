// Which modules are mapped: read from /proc/PID/maps at exec and attach and whenever the run-time linker says that something changed
// (a site at _dl_debug_state, as SVR4's r_debug protocol has it; glibc and musl).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "engine/run/site.h"
#include "engine/run/state.h"

struct mapped {
	char *path;
	uint64_t start, end;
	bool is_code;
};

struct mappings {
	VEC(struct mapped) items;
};

static void mappings_deinit(struct mappings *mappings)
{
	vec_each(item, &mappings->items)
		free(item->path);
	vec_deinit(&mappings->items);
}

static void add_mapping(struct mappings *mappings, uint64_t start, uint64_t end, uint64_t offset, bool is_code, const char *path)
{
	struct mapped *last = mappings->items.count ? &mappings->items.items[mappings->items.count - 1] : NULL;
	// One object's segments follow each other; offset 0 begins it anew (the same file mapped twice).
	if (last && str_equal(last->path, path) && offset) {
		last->end = end;
		last->is_code = last->is_code || is_code;
	} else if (!offset) {
		*vec_push(&mappings->items) = (struct mapped){ xstrdup(path), start, end, is_code };
	}
}

static struct error *read_mappings(pid_t pid, struct mappings *mappings)
{
	char path[64];
	char line[4096 + 256];
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	if (!maps)
		return error_system(errno, "reading %s", path);
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start;
		uint64_t end;
		uint64_t offset;
		char permissions[5];
		int name_at = 0;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &start, &end, permissions, &offset, &name_at) < 4)
			continue;
		const char *name = name_at ? line + name_at : "";
		if (name[0] == '/' || str_equal(name, "[vdso]"))
			add_mapping(mappings, start, end, offset, permissions[2] == 'x', name);
	}
	fclose(maps);
	return NULL;
}

static uint64_t auxiliary_value(pid_t pid, uint64_t type)
{
	char path[64];
	Elf64_auxv_t entries[64];
	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, entries, sizeof(entries));
	for (size_t i = 0; size > 0 && i < (size_t)size / sizeof(entries[0]) && entries[i].a_type != AT_NULL; i++)
		if (entries[i].a_type == type)
			return entries[i].a_un.a_val;
	return 0;
}

// Files are opened as the debuggee sees them, also in another mount namespace or after their deletion.
static char *openable_path(pid_t pid, const struct mapped *mapped)
{
	struct stat status;
	char own[64];
	char theirs[64];
	char link[64];
	snprintf(link, sizeof(link), "/proc/%d/ns/mnt", pid);
	ssize_t own_length = readlink("/proc/self/ns/mnt", own, sizeof(own));
	ssize_t their_length = readlink(link, theirs, sizeof(theirs));
	bool is_same = own_length > 0 && own_length == their_length && memcmp(own, theirs, (size_t)own_length) == 0;
	if (is_same && stat(mapped->path, &status) == 0)
		return xstrdup(mapped->path);
	char *path = xasprintf("/proc/%d/root%s", pid, mapped->path);
	if (stat(path, &status) == 0)
		return path;
	free(path);
	return xasprintf("/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapped->start, mapped->end);
}

// module.c's struct module_info is the inspect layer's; run only says that something changed.
static void announce(struct debugger *debugger, const struct module *module, enum module_change change)
{
	struct module_info info = { .id = module->id, .name = str_base_name(module->path), .path = module->path,
				    .start = module->start, .end = module->end, .is_system = module->is_system };
	if (debugger->listener->module)
		debugger->listener->module(debugger->data, &info, change);
}

static void add_module(struct debugger *debugger, const struct mapped *mapped, uint64_t entry)
{
	bool is_vdso = mapped->path[0] == '[';
	_cleanup_free_ char *file_path = is_vdso ? NULL : openable_path(debugger->space.pid, mapped);
	_cleanup_free_ void *image = NULL;
	struct module_spec spec = { .path = mapped->path, .file_path = file_path, .start = mapped->start, .end = mapped->end,
				    .is_executable = entry >= mapped->start && entry < mapped->end };
	if (is_vdso) {
		spec.image_size = (size_t)(mapped->end - mapped->start);
		image = xmalloc(spec.image_size);
		spec.image_size = memory_read_some(debugger->space.memory, mapped->start, image, spec.image_size);
		spec.image = image;
	}
	struct module *module;
	struct error *error = modules_add(debugger->space.modules, &spec, &module);
	if (error) {   // a data file with executable pages, or a file that is gone
		LOG("engine", "module %s: %s", mapped->path, error->message);
		error_destroy(error);
		return;
	}
	LOG("engine", "module %s at 0x%" PRIx64, mapped->path, mapped->start);
	announce(debugger, module, MODULE_NEW);
	breakpoints_module_added(debugger, module);
}

static struct module *known_module(struct modules *modules, const struct mapped *mapped)
{
	for (size_t i = 0; i < modules_count(modules); i++) {
		struct module *module = modules_at(modules, i);
		if (module->start == mapped->start && str_equal(module->path, mapped->path))
			return module;
	}
	return NULL;
}

static bool is_mapped(const struct mappings *mappings, const struct module *module)
{
	for (size_t i = 0; i < mappings->items.count; i++)
		if (mappings->items.items[i].start == module->start && str_equal(mappings->items.items[i].path, module->path))
			return true;
	return false;
}

static void remove_unmapped(struct debugger *debugger, const struct mappings *mappings)
{
	struct modules *modules = debugger->space.modules;
	for (size_t i = modules_count(modules); i-- > 0;) {
		struct module *module = modules_at(modules, i);
		if (is_mapped(mappings, module))
			continue;
		breakpoints_module_removed(debugger, module);
		announce(debugger, module, MODULE_REMOVED);
		modules_remove(modules, module);
	}
}

void library_changed(struct debugger *debugger)
{
	struct mappings mappings = { VEC_INIT };
	struct error *error = read_mappings(debugger->space.pid, &mappings);
	if (error) {   // it is dying
		error_destroy(error);
		return;
	}
	debugger->escapes_known = false;
	remove_unmapped(debugger, &mappings);
	uint64_t entry = auxiliary_value(debugger->space.pid, AT_ENTRY);
	vec_each(mapped, &mappings.items)
		if (mapped->is_code && !known_module(debugger->space.modules, mapped))
			add_module(debugger, mapped, entry);
	mappings_deinit(&mappings);
}

// ---- the run-time linker ------------------------------------------------------------------------------------------------

static void loader_reached(struct debugger *debugger, struct thread *thread, struct site *site)
{
	(void)thread;
	(void)site;
	int state = RT_CONSISTENT;
	if (debugger->r_debug)
		error_destroy(memory_read(debugger->space.memory, debugger->r_debug + offsetof(struct r_debug, r_state), &state, sizeof(state)));
	if (state == RT_CONSISTENT)
		library_changed(debugger);
}

uint64_t library_tls_number(struct debugger *debugger, const struct module *wanted)
{
	struct memory *memory = debugger->space.memory;
	uint64_t map = 0;
	uint64_t number = 0;
	if (!debugger->r_debug)
		return 0;
	struct error *error = memory_read(memory, debugger->r_debug + offsetof(struct r_debug, r_map), &map, sizeof(map));
	for (unsigned i = 0; !error && map && i < 4096; i++) {
		struct link_map entry;
		uint64_t size;
		uint64_t align;
		error = memory_read(memory, map, &entry, sizeof(entry));
		if (error)
			break;
		struct module *module = modules_find(debugger->space.modules, (uint64_t)entry.l_ld);
		if (module && module_tls(module, &size, &align))
			number++;
		if (module == wanted)
			return number;
		map = (uint64_t)entry.l_next;
	}
	error_destroy(error);
	return 0;
}

static uint64_t symbol_in(struct debugger *debugger, const struct module *module, const char *name)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct symbol *symbols;
	size_t count = modules_symbols_named(debugger->space.modules, name, arena, &symbols);
	for (size_t i = 0; i < count; i++)
		if (symbols[i].module == module)
			return symbols[i].address;
	return 0;
}

static void watch_loader(struct debugger *debugger)
{
	uint64_t base = auxiliary_value(debugger->space.pid, AT_BASE);
	struct module *loader = base ? modules_find(debugger->space.modules, base) : NULL;
	debugger->loader_site = 0;
	debugger->r_debug = 0;
	if (!loader)
		return;   // a static program
	debugger->r_debug = symbol_in(debugger, loader, "_r_debug");
	debugger->loader_site = symbol_in(debugger, loader, "_dl_debug_state");
	if (!debugger->loader_site) {
		LOG("engine", "%s has no _dl_debug_state: libraries loaded later are not seen", loader->path);
		return;
	}
	struct site_owner owner = { SITE_OWNER_INTERNAL, debugger, loader_reached };
	error_destroy(site_acquire(&debugger->space, debugger->loader_site, owner, NULL));
}

void library_start(struct debugger *debugger)
{
	library_changed(debugger);
	watch_loader(debugger);
}

struct error *address_space_init(struct address_space *space, struct target *target, pid_t pid)
{
	*space = (struct address_space){ .pid = pid };
	space->io = target->ops->memory_open(target, pid);
	space->memory = memory_create(space->io);
	space->modules = modules_create();
	return NULL;
}

void address_space_deinit(struct address_space *space, struct target *target)
{
	if (!space->memory)
		return;
	sites_drop(space);
	memory_destroy(space->memory);
	target->ops->memory_close(target, space->io);
	modules_destroy(space->modules);
	vec_deinit(&space->slot_pages);
	*space = (struct address_space){ 0 };
}

// ---- stop at main ------------------------------------------------------------------------------------------------------

static void main_reached(struct debugger *debugger, struct thread *thread, struct site *site)
{
	uint64_t address = site->address;
	struct stop stop = { .reason = STOP_MAIN, .tid = thread->tid, .pc = address };
	site_release(&debugger->space, address, SITE_OWNER_INTERNAL, &debugger->main_site);
	site = site_at(&debugger->space, address);
	if (site)
		breakpoints_hit(thread, site, &stop);   // one that is there, too, counts, logs, and is what stopped it
	debugger_report(debugger, &stop);
}

static void stop_at(struct debugger *debugger, uint64_t address, void (*reached)(struct debugger *, struct thread *, struct site *))
{
	struct site_owner owner = { SITE_OWNER_INTERNAL, &debugger->main_site, reached };
	debugger->main_site = address;
	error_destroy(site_acquire(&debugger->space, address, owner, NULL));
}

// A stripped program has no symbol `main`, but hands it to __libc_start_main as the first argument.
static void libc_start_reached(struct debugger *debugger, struct thread *thread, struct site *site)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	site_release(&debugger->space, site->address, SITE_OWNER_INTERNAL, &debugger->main_site);
	if (registers)
		stop_at(debugger, registers->rdi, main_reached);
}

// At the program's entry all its libraries are there.
static void entry_reached(struct debugger *debugger, struct thread *thread, struct site *site)
{
	struct symbol symbol;
	(void)thread;
	site_release(&debugger->space, site->address, SITE_OWNER_INTERNAL, &debugger->main_site);
	if (modules_symbol_named(debugger->space.modules, "__libc_start_main", &symbol))
		stop_at(debugger, symbol.address, libc_start_reached);
}

void library_stop_at_main(struct debugger *debugger)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = debugger->space.modules;
	uint64_t entry = auxiliary_value(debugger->space.pid, AT_ENTRY);
	struct module *program = modules_find(modules, entry);
	struct code_location *locations = NULL;
	size_t count = 0;
	if (program)
		error_destroy(modules_resolve_function(modules, program, "main", arena, &locations, &count));
	if (count)
		stop_at(debugger, locations[0].address, main_reached);
	else if (entry)
		stop_at(debugger, entry, entry_reached);
}

// Paths of source files: as DWARF names them, and which of them a path from the user means.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/symbols/line_table.h"
#include "base/str.h"

struct source_paths {
	struct strmap by_path;
};

struct source_entry {
	struct source_file file;   // first: a source_file is the entry it lies in
	const char *real;          // NULL: no such file here
	bool is_real_known;
};

struct source_paths *source_paths_create(void)
{
	return xcalloc(1, sizeof(struct source_paths));
}

void source_paths_destroy(struct source_paths *paths)
{
	if (!paths)
		return;
	strmap_deinit(&paths->by_path);
	free(paths);
}

// Folds "." and "..", and doubled slashes, without looking at the file system.
static char *fold(const char *path)
{
	struct str folded = STR_INIT;
	bool is_absolute = *path == '/';
	size_t floor = 0;   // ".." cannot go above this length
	while (*path) {
		size_t length = strcspn(path, "/");
		bool is_up = length == 2 && !strncmp(path, "..", 2);
		if (is_up && folded.length > floor) {
			const char *slash = memrchr(folded.data, '/', folded.length);
			str_truncate(&folded, slash ? (size_t)(slash - folded.data) : 0);
		} else if (length && !(length == 1 && *path == '.') && !(is_up && is_absolute)) {
			if (folded.length || is_absolute)
				str_char(&folded, '/');
			str_append(&folded, path, length);
			if (is_up)
				floor = folded.length;
		}
		path += length;
		path += strspn(path, "/");
	}
	if (is_absolute && !folded.length)
		str_char(&folded, '/');
	return str_take(&folded);
}

// A relative DW_AT_comp_dir (-fdebug-prefix-map) starts somewhere above the module: where the file really is, if so.
static char *anchor(const struct module *module, char *relative)
{
	const char *holder = module->symbols->debug_path ? module->symbols->debug_path : module->file_path;
	char folder[PATH_MAX];
	if (!holder || !realpath(holder, folder))
		return relative;
	for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
		*slash = '\0';
		_cleanup_free_ char *joined = xasprintf("%s/%s", folder, relative);
		if (access(joined, F_OK) == 0) {
			free(relative);
			return fold(joined);
		}
	}
	return relative;
}

static char *full_path(const struct module *module, const struct line_table *table, const struct line_file *file)
{
	const char *folder = file->folder < table->folders.count ? table->folders.items[file->folder] : "";
	const char *comp_dir = table->comp_dir ? table->comp_dir : "";
	struct str joined = STR_INIT;
	if (*file->name != '/') {
		if (*folder != '/' && *comp_dir && !(file->folder == 0 && str_equal(folder, comp_dir)))
			str_printf(&joined, "%s/", comp_dir);
		if (*folder)
			str_printf(&joined, "%s/", folder);
	}
	str_add(&joined, file->name);
	char *folded = fold(str_text(&joined));
	str_deinit(&joined);
	return *folded == '/' ? folded : anchor(module, folded);
}

const struct source_file *line_table_source(struct module *module, struct line_table *table, uint64_t index)
{
	line_table_read_header(module, table);
	if (index >= table->files.count || !*table->files.items[index].name)
		return NULL;
	struct line_file *file = &table->files.items[index];
	if (file->source)
		return file->source;
	_cleanup_free_ char *path = full_path(module, table, file);
	struct source_paths *paths = module_source_paths(module);
	struct source_entry *entry = strmap_get(&paths->by_path, path);
	if (!entry) {
		entry = arena_new(module->symbols->arena, struct source_entry);
		entry->file.path = arena_strdup(module->symbols->arena, path);
		strmap_set(&paths->by_path, path, entry);
	}
	// clang writes an MD5 of zeros for files that it did not see.
	static const uint8_t nothing[16];
	if (file->md5 && !entry->file.has_md5 && memcmp(file->md5, nothing, 16) != 0) {
		memcpy(entry->file.md5, file->md5, 16);
		entry->file.has_md5 = true;
	}
	return file->source = &entry->file;
}

static const char *real_path(struct module *module, const struct source_file *file)
{
	struct source_entry *entry = (struct source_entry *)file;
	if (!entry->is_real_known) {
		char real[PATH_MAX];
		entry->is_real_known = true;
		entry->real = realpath(file->path, real) ? arena_strdup(module->symbols->arena, real) : NULL;
	}
	return entry->real;
}

// ---- Queries -----------------------------------------------------------------------------------------------------

#define EXACT UINT_MAX

struct source_query {
	char *path;        // folded
	char *real;        // NULL: no such file here
	const char *base, *real_base;
	VEC(struct source_match) matches;
};

struct source_query *source_query_create(const char *path)
{
	struct source_query *query = xcalloc(1, sizeof(*query));
	char real[PATH_MAX];
	query->path = fold(path);
	query->real = *path == '/' && realpath(path, real) ? xstrdup(real) : NULL;
	query->base = str_base_name(query->path);
	query->real_base = query->real ? str_base_name(query->real) : query->base;
	return query;
}

void source_query_destroy(struct source_query *query)
{
	if (!query)
		return;
	vec_deinit(&query->matches);
	free(query->path);
	free(query->real);
	free(query);
}

// Common trailing components.
static unsigned common_suffix(const char *a, const char *b)
{
	const char *left = a + strlen(a), *right = b + strlen(b);
	unsigned count = 0;
	while (left > a && right > b && left[-1] == right[-1]) {
		left--;
		right--;
		if (*left == '/')
			count++;
	}
	bool left_ends = left == a ? *a != '/' : left[-1] == '/', right_ends = right == b ? *b != '/' : right[-1] == '/';
	return count + (left_ends && right_ends && *left != '/' ? 1 : 0);
}

static unsigned score(const struct source_query *query, struct module *module, const struct source_file *file)
{
	if (str_equal(query->path, file->path) || (query->real && str_equal(query->real, file->path)))
		return EXACT;
	const char *real = query->real ? real_path(module, file) : NULL;
	if (real && str_equal(real, query->real))
		return EXACT;
	unsigned as_given = common_suffix(query->path, file->path);
	unsigned as_real = query->real ? common_suffix(query->real, file->path) : 0;
	return as_given > as_real ? as_given : as_real;
}

static void consider(struct source_query *query, struct module *module, struct line_table *table, uint64_t index, unsigned least)
{
	const struct source_file *file = line_table_source(module, table, index);
	unsigned points = file ? score(query, module, file) : 0;
	unsigned best = query->matches.count ? query->matches.items[0].score : 0;
	if (!points || points < least || points < best)
		return;
	if (points > best)
		query->matches.count = 0;
	*vec_push(&query->matches) = (struct source_match){ module, table, index, points };
}

static void query_tables(struct source_query *query, struct module *module)
{
	struct line_table *const *tables = NULL;
	size_t count = module_line_tables(module, &tables);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < tables[i]->files.count; j++) {
			const char *base = str_base_name(tables[i]->files.items[j].name);
			if (str_equal(base, query->base) || str_equal(base, query->real_base))
				consider(query, module, tables[i], j, 1);
		}
}

// A program that was compiled through a symlink has another name for the file: the units' own files are compared by
// what they really are.
static void query_links(struct source_query *query, struct module *module)
{
	struct line_table *const *tables = NULL;
	size_t count = query->real ? module_line_tables(module, &tables) : 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < tables[i]->files.count && j < 2; j++)
			consider(query, module, tables[i], j, EXACT);
}

static bool holds_name(struct module *module, enum debug_section section, const char *name)
{
	size_t size = 0;
	const uint8_t *bytes = module_debug_section(module, section, &size);
	return bytes && memmem(bytes, size, name, strlen(name) + 1);
}

// Cheaper than opening the DWARF of every library: is the name anywhere where file names are kept?
static bool may_name_file(const struct source_query *query, struct module *module)
{
	if (module->symbols->is_dwarf_read)
		return true;
	for (enum debug_section section = DEBUG_LINE; section <= DEBUG_LINE_STR; section++)
		if (holds_name(module, section, query->base) || holds_name(module, section, query->real_base))
			return true;
	return false;
}

size_t source_query_run(struct source_query *query, struct modules *modules, struct module *only,
			const struct source_match **matches_ret)
{
	query->matches.count = 0;
	for (size_t i = 0; i < modules_count(modules); i++) {
		struct module *module = modules_at(modules, i);
		if ((!only || only == module) && may_name_file(query, module))
			query_tables(query, module);
	}
	for (size_t i = 0; i < modules_count(modules) && !query->matches.count; i++) {
		struct module *module = modules_at(modules, i);
		// Whose debug information is in a separate file was hardly built from the user's folder.
		if ((!only || only == module) && !module->symbols->debug_elf)
			query_links(query, module);
	}
	*matches_ret = query->matches.items;
	return query->matches.count;
}

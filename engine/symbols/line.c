// Units and lines of a module: which unit covers an address, which row, which file.
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"

#define LONGEST_WALK 1024   // ranges looked at behind the nearest one

struct unit_range {
	uint64_t start, end, furthest_end;   // furthest_end: of all ranges up to this one
	uint32_t unit;
};

struct line_cache {
	VEC(struct unit) units;
	VEC(struct line_table *) tables;
	struct map by_offset;                // .debug_line offset + 1 -> table
	struct map by_die;                   // unit DIE offset + 1 -> index + 1 in units
	VEC(struct unit_range) ranges;
	bool has_ranges, has_headers;
	struct source_paths *paths;
};

void line_cache_destroy(struct line_cache *cache)
{
	if (!cache)
		return;
	vec_each(table, &cache->tables)
		line_table_destroy(*table);
	vec_deinit(&cache->tables);
	vec_deinit(&cache->units);
	vec_deinit(&cache->ranges);
	map_deinit(&cache->by_offset);
	map_deinit(&cache->by_die);
	source_paths_destroy(cache->paths);
	free(cache);
}

static struct line_table *intern_table(struct line_cache *cache, uint64_t offset, const char *comp_dir)
{
	struct line_table *table = map_get(&cache->by_offset, offset + 1);
	if (table)
		return table;
	table = xcalloc(1, sizeof(*table));
	table->offset = offset;
	table->comp_dir = comp_dir;
	map_set(&cache->by_offset, offset + 1, table);
	*vec_push(&cache->tables) = table;
	return table;
}

static void add_unit(struct module *module, struct line_cache *cache, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Word offset = 0;
	if (cache->units.count >= UINT32_MAX)
		return;
	struct unit *unit = vec_push(&cache->units);
	unit->die = unit->holder = *die;
	if (split_dwarf_unit(module, die, &unit->die))
		map_set(&cache->by_die, module_die_offset(module, &unit->die) + 1, (void *)(uintptr_t)cache->units.count);
	unit->comp_dir = dwarf_formstring(dwarf_attr(die, DW_AT_comp_dir, &attribute));
	if (dwarf_attr(die, DW_AT_stmt_list, &attribute) && dwarf_formudata(&attribute, &offset) == 0)
		unit->table = intern_table(cache, offset, unit->comp_dir);
	map_set(&cache->by_die, module_die_offset(module, die) + 1, (void *)(uintptr_t)cache->units.count);
}

// A unit from a .dwo file comes with its skeleton.
static bool is_merged(struct module *module, Dwarf_Die *die)
{
	return module->symbols->merged_size && dwarf_dieoffset(die) >= module->symbols->merged_size;
}

// Only the units' own DIEs are read.
static struct line_cache *line_cache(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->line_cache)
		return symbols->line_cache;
	struct line_cache *cache = symbols->line_cache = xcalloc(1, sizeof(*cache));
	cache->paths = source_paths_create();
	Dwarf *dwarf = module_dwarf(module);
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type = 0;
	while (dwarf && dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, NULL) == 0)
		if ((type == DW_UT_compile || type == DW_UT_skeleton || type == DW_UT_partial) && !is_merged(module, &die))
			add_unit(module, cache, &die);
	return cache;
}

struct source_paths *module_source_paths(struct module *module)
{
	return line_cache(module)->paths;
}

size_t module_units(struct module *module, const struct unit **units_ret)
{
	struct line_cache *cache = line_cache(module);
	*units_ret = cache->units.items;
	return cache->units.count;
}

size_t module_line_tables(struct module *module, struct line_table *const **tables_ret)
{
	struct line_cache *cache = line_cache(module);
	if (!cache->has_headers) {
		cache->has_headers = true;
		vec_each(table, &cache->tables)
			line_table_read_header(module, *table);
	}
	*tables_ret = cache->tables.items;
	return cache->tables.count;
}

struct line_table *unit_rows(struct module *module, const struct unit *unit)
{
	if (unit->table)
		line_table_decode(module, unit->table);
	return unit->table;
}

// ---- Address to unit ---------------------------------------------------------------------------------------------

static void add_range(struct module *module, struct line_cache *cache, uint64_t start, uint64_t end, uint32_t unit)
{
	if (start < end && module_is_code(module, (struct link_address){ start }))
		*vec_push(&cache->ranges) = (struct unit_range){ .start = start, .end = end, .unit = unit };
}

static void add_unit_ranges(struct module *module, struct line_cache *cache, uint32_t index)
{
	struct unit *unit = &cache->units.items[index];
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t position = 0;
	size_t before = cache->ranges.count;
	while ((position = dwarf_ranges(&unit->holder, position, &base, &start, &end)) > 0)
		add_range(module, cache, start, end, index);
	if (cache->ranges.count > before || dwarf_hasattr(&unit->holder, DW_AT_ranges) || dwarf_hasattr(&unit->holder, DW_AT_high_pc))
		return;
	// Some assemblers tell the unit's extent by its lines alone; a unit without code has an empty program.
	struct line_table *table = unit_rows(module, unit);
	for (size_t i = 0; table && i < table->sequences.count; i++)
		add_range(module, cache, table->sequences.items[i].start, table->sequences.items[i].end, index);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct unit_range *left = a, *right = b;
	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->end < right->end ? 1 : left->end > right->end ? -1 : 0;
}

static void index_ranges(struct module *module, struct line_cache *cache)
{
	if (cache->has_ranges)
		return;
	cache->has_ranges = true;
	for (size_t i = 0; i < cache->units.count; i++)
		add_unit_ranges(module, cache, (uint32_t)i);
	if (cache->ranges.count)
		qsort(cache->ranges.items, cache->ranges.count, sizeof(*cache->ranges.items), compare_ranges);
	uint64_t furthest = 0;
	vec_each(range, &cache->ranges)
		furthest = range->furthest_end = range->end > furthest ? range->end : furthest;
}

const struct unit *module_find_unit(struct module *module, struct link_address address)
{
	struct line_cache *cache = line_cache(module);
	index_ranges(module, cache);
	size_t low = 0, high = cache->ranges.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cache->ranges.items[middle].start <= address.value)
			low = middle + 1;
		else
			high = middle;
	}
	size_t walked = 0;
	for (size_t i = low; i-- && cache->ranges.items[i].furthest_end > address.value && walked++ < LONGEST_WALK;)
		if (cache->ranges.items[i].end > address.value)
			return &cache->units.items[cache->ranges.items[i].unit];
	return NULL;
}

bool module_unit_at(struct module *module, struct link_address address, Dwarf_Die *unit_ret)
{
	const struct unit *unit = module_find_unit(module, address);
	if (!unit)
		return false;
	*unit_ret = unit->die;
	return true;
}

// The line table of a unit DIE that need not be among ours (type units, dwz).
static struct line_table *table_of(struct module *module, Dwarf_Die *unit_die)
{
	struct line_cache *cache = line_cache(module);
	uintptr_t known = (uintptr_t)map_get(&cache->by_die, module_die_offset(module, unit_die) + 1);
	if (known)
		return cache->units.items[known - 1].table;
	Dwarf_Attribute attribute;
	Dwarf_Word offset = 0;
	// The dwz file has a .debug_line of its own.
	if (dwarf_cu_getdwarf(unit_die->cu) != module->symbols->dwarf || !dwarf_attr(unit_die, DW_AT_stmt_list, &attribute) ||
	    dwarf_formudata(&attribute, &offset) != 0)
		return NULL;
	return intern_table(cache, offset, dwarf_formstring(dwarf_attr(unit_die, DW_AT_comp_dir, &attribute)));
}

const struct source_file *module_source_file(struct module *module, Dwarf_Die *unit, Dwarf_Word file_index)
{
	struct line_table *table = table_of(module, unit);
	return table ? line_table_source(module, table, file_index) : NULL;
}

// ---- Address to line ---------------------------------------------------------------------------------------------

// Where an address is in the lines: false if nowhere.
struct place {
	struct module *module;
	struct line_table *table;
	const struct line_sequence *sequence;
	const struct line_row *row;
	uint64_t end;   // link-time end of the row
};

static bool find_place(struct modules *modules, uint64_t address, struct place *place)
{
	place->module = modules_find(modules, address);
	if (!place->module)
		return false;
	struct link_address link = module_link(place->module, address);
	const struct unit *unit = module_find_unit(place->module, link);
	place->table = unit ? unit_rows(place->module, unit) : NULL;
	place->row = place->table ? line_table_row_at(place->table, link.value, &place->sequence, &place->end) : NULL;
	return place->row != NULL;
}

bool modules_line_at(struct modules *modules, uint64_t address, struct line_position *position_ret)
{
	struct place place;
	if (!find_place(modules, address, &place))
		return false;
	const struct line_row *row = place.row;
	const struct source_file *file = line_table_source(place.module, place.table, row->file);
	if (!file)
		return false;
	*position_ret = (struct line_position){
		.file = file,
		.line = row->line,
		.column = row->column,
		.start = row->address + place.module->bias,
		.end = place.end + place.module->bias,
		.is_stmt = row->flags & ROW_STATEMENT,
	};
	return true;
}

// Rows in groups of equal address: the next and the previous group that a pc can be in.
static const struct line_row *row_before(const struct place *place, uint64_t address)
{
	const struct line_sequence *sequence = NULL;
	uint64_t end = 0;
	return address > place->sequence->start ? line_table_row_at(place->table, address - 1, &sequence, &end) : NULL;
}

static const struct line_row *row_after(const struct place *place, uint64_t address, uint64_t *end_ret)
{
	const struct line_sequence *sequence = NULL;
	return address < place->sequence->end ? line_table_row_at(place->table, address, &sequence, end_ret) : NULL;
}

static bool is_same_line(const struct place *place, const struct line_row *a, const struct line_row *b)
{
	if (a->line != b->line)
		return false;
	return a->file == b->file ||
	       line_table_source(place->module, place->table, a->file) == line_table_source(place->module, place->table, b->file);
}

// Goes down over rows of `line` (of no line: 0) as far as they reach. *below_ret: the row where it stopped, NULL at the start.
static uint64_t reach_down(const struct place *place, const struct line_row *line, uint64_t start, const struct line_row **below_ret)
{
	uint64_t reached = start;
	const struct line_row *row = NULL;
	while ((row = row_before(place, start))) {
		bool is_of_line = line && is_same_line(place, row, line);
		if (!is_of_line && row->line)
			break;
		start = row->address;
		if (is_of_line || !line)
			reached = start;
	}
	*below_ret = row;
	return reached;
}

static uint64_t reach_up(const struct place *place, const struct line_row *line, uint64_t end, const struct line_row **above_ret)
{
	uint64_t reached = end, row_end = 0;
	const struct line_row *row = NULL;
	while ((row = row_after(place, end, &row_end))) {
		bool is_of_line = line && is_same_line(place, row, line);
		if (!is_of_line && row->line)
			break;
		end = row_end;
		if (is_of_line || !line)
			reached = end;
	}
	*above_ret = row;
	return reached;
}

bool modules_line_range(struct modules *modules, uint64_t address, uint64_t *start_ret, uint64_t *end_ret)
{
	struct place place;
	if (!find_place(modules, address, &place))
		return false;
	const struct line_row *below = NULL, *above = NULL, *line = place.row->line ? place.row : NULL;
	uint64_t start = reach_down(&place, line, place.row->address, &below);
	uint64_t end = reach_up(&place, line, place.end, &above);
	if (!line && below && above && is_same_line(&place, below, above)) {
		// Compiler-made code amid one line belongs to it.
		start = reach_down(&place, below, start, &line);
		end = reach_up(&place, below, end, &line);
	}
	*start_ret = start + place.module->bias;
	*end_ret = end + place.module->bias;
	return true;
}

bool modules_is_statement_start(struct modules *modules, uint64_t address)
{
	struct place place;
	if (!find_place(modules, address, &place))
		return false;
	uint64_t link = module_link(place.module, address).value;
	return place.row->address == link && place.row->line && (place.row->flags & ROW_STATEMENT);
}

size_t module_sources(struct module *module, struct arena *arena, const struct source_file ***files_ret)
{
	struct line_table *const *tables = NULL;
	size_t count = module_line_tables(module, &tables);
	VEC(const struct source_file *) files = VEC_INIT;
	struct map seen = MAP_INIT;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < tables[i]->files.count; j++) {
			const struct source_file *file = line_table_source(module, tables[i], j);
			if (!file || str_equal(file->path, "<built-in>") || str_ends(file->path, "/<built-in>") || map_get(&seen, (uintptr_t)file))
				continue;
			map_set(&seen, (uintptr_t)file, (void *)file);
			*vec_push(&files) = file;
		}
	map_deinit(&seen);
	*files_ret = arena_array(arena, const struct source_file *, files.count);
	if (files.count)
		memcpy(*files_ret, files.items, files.count * sizeof(*files.items));
	count = files.count;
	vec_deinit(&files);
	return count;
}

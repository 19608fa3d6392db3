// file:line to addresses: one for each block, inlined instance or template copy that the line begins in, as gdb does it.
#include <string.h>

#include "engine/symbols/line_table.h"

struct candidate {
	struct module *module;
	struct line_table *table;
	uint64_t address;    // link-time
	uint32_t file;
	unsigned line, column;
	uint64_t block, function_entry;
};

struct candidates {
	VEC(struct candidate) list;
};

static bool is_breakable(const struct line_row *row)
{
	return (row->flags & ROW_STATEMENT) && !(row->flags & ROW_END) && row->line;
}

// Over the breakable rows of the matched files. One table may be matched by several of its files.
typedef void (*row_fn)(void *data, const struct source_match *match, const struct line_row *row);

static void each_row(const struct source_match *matches, size_t count, row_fn fn, void *data)
{
	for (size_t i = 0; i < count; i++) {
		struct line_table *table = matches[i].table;
		line_table_decode(matches[i].module, table);
		for (size_t j = 0; j < table->rows.count; j++)
			if (table->rows.items[j].file == matches[i].file && is_breakable(&table->rows.items[j]))
				fn(data, &matches[i], &table->rows.items[j]);
	}
}

struct line_search {
	unsigned line;
	unsigned next;       // the lowest line >= `line` that has code; 0: none
	struct candidates *candidates;
};

static void find_next_line(void *data, const struct source_match *match, const struct line_row *row)
{
	(void)match;
	struct line_search *search = data;
	if (row->line >= search->line && (!search->next || row->line < search->next))
		search->next = row->line;
}

static void add_candidate(void *data, const struct source_match *match, const struct line_row *row)
{
	struct line_search *search = data;
	if (row->line != search->line)
		return;
	*vec_push(&search->candidates->list) = (struct candidate){
		.module = match->module, .table = match->table, .address = row->address,
		.file = row->file, .line = row->line, .column = row->column,
	};
}

// The column asked for, else the next one behind it, else the last one before it.
static unsigned choose_column(struct candidates *candidates, unsigned wanted)
{
	unsigned behind = 0, before = 0;
	vec_each(candidate, &candidates->list) {
		if (candidate->column >= wanted && (!behind || candidate->column < behind))
			behind = candidate->column;
		if (candidate->column < wanted && candidate->column > before)
			before = candidate->column;
	}
	return behind ? behind : before;
}

static void keep_column(struct candidates *candidates, unsigned wanted)
{
	unsigned column = choose_column(candidates, wanted);
	size_t kept = 0;
	for (size_t i = 0; i < candidates->list.count; i++)
		if (candidates->list.items[i].column == column)
			candidates->list.items[kept++] = candidates->list.items[i];
	candidates->list.count = kept;
}

static void locate(struct candidate *candidate)
{
	Dwarf_Die function;
	struct link_address address = { candidate->address }, entry;
	if (!module_block_at(candidate->module, address, &candidate->block, &function))
		return;
	if (module_die_entry(candidate->module, &function, &entry))
		candidate->function_entry = entry.value;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	if (left->module->id != right->module->id)
		return left->module->id - right->module->id;
	if (left->block != right->block)
		return left->block < right->block ? -1 : 1;
	return left->address < right->address ? -1 : left->address > right->address;
}

// The lowest address of each block. Rows outside of all functions (assembly): each for itself.
static void keep_first_of_block(struct candidates *candidates)
{
	if (!candidates->list.count)
		return;
	vec_each(candidate, &candidates->list)
		locate(candidate);
	qsort(candidates->list.items, candidates->list.count, sizeof(*candidates->list.items), compare_candidates);
	size_t kept = 0;
	struct candidate *items = candidates->list.items;
	for (size_t i = 0; i < candidates->list.count; i++) {
		const struct candidate *last = kept ? &items[kept - 1] : NULL;
		bool is_alike = last && last->module == items[i].module && last->block == items[i].block;
		if (is_alike && (items[i].block || last->address == items[i].address))
			continue;
		items[kept++] = items[i];
	}
	candidates->list.count = kept;
}

static void skip_prologue(struct candidate *candidate)
{
	if (!candidate->function_entry)
		return;
	uint64_t body = module_after_prologue(candidate->module, (struct link_address){ candidate->function_entry }).value;
	if (candidate->address >= candidate->function_entry && candidate->address < body)
		candidate->address = body;
}

static void make_location(struct modules *modules, const struct candidate *candidate, struct arena *arena,
			  struct code_location *location)
{
	uint64_t address = module_runtime(candidate->module, (struct link_address){ candidate->address });
	*location = (struct code_location){
		.module = candidate->module,
		.address = address,
		.file = line_table_source(candidate->module, candidate->table, candidate->file),
		.line = candidate->line,
		.column = candidate->column,
		.function = modules_function_name(modules, address, arena),
	};
	// Behind the prologue another line may have begun.
	struct line_position position;
	if (modules_line_at(modules, address, &position) && position.line && position.file == location->file) {
		location->line = position.line;
		location->column = position.column;
	}
}

static int compare_locations(const void *a, const void *b)
{
	const struct code_location *left = a, *right = b;
	return left->address < right->address ? -1 : left->address > right->address;
}

static size_t make_locations(struct modules *modules, struct candidates *candidates, struct arena *arena,
			     struct code_location *locations)
{
	size_t count = 0;
	vec_each(candidate, &candidates->list) {
		skip_prologue(candidate);
		make_location(modules, candidate, arena, &locations[count++]);
	}
	if (count)
		qsort(locations, count, sizeof(*locations), compare_locations);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!kept || locations[kept - 1].address != locations[i].address)
			locations[kept++] = locations[i];
	return kept;
}

static void find_candidates(const struct source_match *matches, size_t match_count, unsigned line, unsigned column,
			    struct candidates *candidates)
{
	struct line_search search = { .line = line, .candidates = candidates };
	each_row(matches, match_count, find_next_line, &search);
	if (!search.next)
		return;
	bool is_exact = search.next == line;
	search.line = search.next;
	each_row(matches, match_count, add_candidate, &search);
	if (column && is_exact)
		keep_column(candidates, column);
	keep_first_of_block(candidates);
}

struct error *modules_resolve_line(struct modules *modules, struct module *only, const char *path, unsigned line, unsigned column,
				   struct arena *arena, struct code_location **locations_ret, size_t *count_ret)
{
	struct source_query *query = source_query_create(path);
	const struct source_match *matches = NULL;
	size_t match_count = source_query_run(query, modules, only, &matches);
	struct error *error = NULL;
	struct candidates candidates = { .list = VEC_INIT };
	if (!match_count) {
		error = error_create(ERROR_NOT_FOUND, "no module has code from \"%s\"", path);
	} else {
		find_candidates(matches, match_count, line, column, &candidates);
		if (!candidates.list.count)
			error = error_create(ERROR_NOT_FOUND, "no code at or behind line %u of \"%s\"", line, path);
	}
	if (!error) {
		*locations_ret = arena_array(arena, struct code_location, candidates.list.count);
		*count_ret = make_locations(modules, &candidates, arena, *locations_ret);
	}
	vec_deinit(&candidates.list);
	source_query_destroy(query);
	return error;
}

// ---- Breakable lines ---------------------------------------------------------------------------------------------

struct line_list {
	unsigned first, last;
	VEC(struct line_column) lines;
};

static void add_line(void *data, const struct source_match *match, const struct line_row *row)
{
	(void)match;
	struct line_list *list = data;
	if (row->line >= list->first && row->line <= list->last)
		*vec_push(&list->lines) = (struct line_column){ row->line, row->column };
}

static int compare_lines(const void *a, const void *b)
{
	const struct line_column *left = a, *right = b;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return left->column < right->column ? -1 : left->column > right->column;
}

struct error *modules_breakable_lines(struct modules *modules, const char *path, unsigned first, unsigned last,
				      struct arena *arena, struct line_column **lines_ret, size_t *count_ret)
{
	struct source_query *query = source_query_create(path);
	const struct source_match *matches = NULL;
	size_t match_count = source_query_run(query, modules, NULL, &matches), kept = 0;
	struct line_list list = { .first = first, .last = last, .lines = VEC_INIT };
	each_row(matches, match_count, add_line, &list);
	source_query_destroy(query);
	if (!match_count)
		return error_create(ERROR_NOT_FOUND, "no module has code from \"%s\"", path);
	if (list.lines.count)
		qsort(list.lines.items, list.lines.count, sizeof(*list.lines.items), compare_lines);
	struct line_column *lines = arena_array(arena, struct line_column, list.lines.count);
	vec_each(line, &list.lines)
		if (!kept || compare_lines(&lines[kept - 1], line) != 0)
			lines[kept++] = *line;
	vec_deinit(&list.lines);
	*lines_ret = lines;
	*count_ret = kept;
	return NULL;
}

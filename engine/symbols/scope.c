// What a unit's tree says about places: libdw has neither parent links nor a way from an address to its function that is not
// a walk over the whole unit. One walk over the namespace level gives both.
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"

#define DEEPEST 128          // nesting of DIEs that is followed
#define LONGEST_WALK 1024

struct scope {
	uint64_t start, end;     // DIE offsets: the DIE and all its children lie in [start, end)
	uint32_t parent;         // index + 1; 0: the unit
};

struct code_range {
	uint64_t start, end, furthest_end;
	uint64_t die_offset;     // in the unit's Dwarf
};

struct unit_scopes {
	Dwarf_Die unit;
	VEC(struct scope) scopes;          // sorted by start, as the walk comes along
	VEC(struct code_range) ranges;     // sorted by start once has_order
	bool is_deep;                      // the insides of functions and classes have been searched for functions too
	bool enters_classes;
};

struct scope_cache {
	struct map units;                  // module_die_offset of the unit + 1 -> unit_scopes
};

struct scope_cache *scope_cache_create(void)
{
	return xcalloc(1, sizeof(struct scope_cache));
}

void scope_cache_destroy(struct scope_cache *cache)
{
	if (!cache)
		return;
	for (struct map_entry *entry = map_next(&cache->units, NULL); entry; entry = map_next(&cache->units, entry)) {
		struct unit_scopes *scopes = entry->value;
		vec_deinit(&scopes->scopes);
		vec_deinit(&scopes->ranges);
		free(scopes);
	}
	map_deinit(&cache->units);
	free(cache);
}

static bool is_class(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static bool is_scope(int tag)
{
	return is_class(tag) || tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_subprogram ||
	       tag == DW_TAG_enumeration_type || tag == DW_TAG_interface_type;
}

static bool is_entered(const struct unit_scopes *scopes, int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || (is_class(tag) && scopes->enters_classes);
}

static void add_code(struct module *module, struct unit_scopes *scopes, Dwarf_Die *die)
{
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t position = 0;
	while ((position = dwarf_ranges(die, position, &base, &start, &end)) > 0)
		if (start < end && module_is_code(module, (struct link_address){ start }))
			*vec_push(&scopes->ranges) = (struct code_range){ .start = start, .end = end, .die_offset = dwarf_dieoffset(die) };
}

static void walk(struct module *module, struct unit_scopes *scopes, Dwarf_Die *parent, uint32_t parent_index, int depth)
{
	Dwarf_Die die;
	if (depth > DEEPEST || dwarf_child(parent, &die) != 0)
		return;
	size_t open = 0;   // the sibling scope whose end is not known yet: index + 1
	do {
		int tag = dwarf_tag(&die);
		uint64_t offset = dwarf_dieoffset(&die);
		if (open)
			scopes->scopes.items[open - 1].end = offset;
		open = 0;
		if (tag == DW_TAG_subprogram)
			add_code(module, scopes, &die);
		if (!is_scope(tag) || scopes->scopes.count >= UINT32_MAX - 1)
			continue;
		*vec_push(&scopes->scopes) = (struct scope){ offset, UINT64_MAX, parent_index };
		open = scopes->scopes.count;
		if (is_entered(scopes, tag))
			walk(module, scopes, &die, (uint32_t)open, depth + 1);
	} while (die_next(&die));
}

// Nested functions, methods of local classes, lambdas: their DIEs are inside of functions. Sought when an address misses.
static void walk_deep(struct module *module, struct unit_scopes *scopes, Dwarf_Die *parent, bool is_inside, int depth)
{
	Dwarf_Die die;
	if (depth > DEEPEST || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_subprogram && is_inside)
			add_code(module, scopes, &die);
		bool inside = is_inside || tag == DW_TAG_subprogram || (is_class(tag) && !scopes->enters_classes);
		if (dwarf_haschildren(&die) > 0)
			walk_deep(module, scopes, &die, inside, depth + 1);
	} while (die_next(&die));
}

static int compare_ranges(const void *a, const void *b)
{
	const struct code_range *left = a, *right = b;
	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->end < right->end ? 1 : left->end > right->end ? -1 : 0;
}

static void sort_ranges(struct unit_scopes *scopes)
{
	if (scopes->ranges.count)
		qsort(scopes->ranges.items, scopes->ranges.count, sizeof(*scopes->ranges.items), compare_ranges);
	uint64_t furthest = 0;
	vec_each(range, &scopes->ranges)
		furthest = range->furthest_end = range->end > furthest ? range->end : furthest;
}

// A last child ends where its parent ends, which was not known when it was met.
static void close_last_children(struct unit_scopes *scopes)
{
	vec_each(scope, &scopes->scopes) {
		uint64_t limit = scope->parent ? scopes->scopes.items[scope->parent - 1].end : UINT64_MAX;
		if (scope->end > limit)
			scope->end = limit;
	}
}

static struct unit_scopes *unit_scopes(struct module *module, Dwarf_Die *unit)
{
	struct scope_cache *cache = module_scopes(module);
	uint64_t key = module_die_offset(module, unit) + 1;
	struct unit_scopes *scopes = map_get(&cache->units, key);
	if (scopes)
		return scopes;
	scopes = xcalloc(1, sizeof(*scopes));
	scopes->unit = *unit;
	// rustc puts functions into the types they belong to; elsewhere a class body has declarations alone.
	scopes->enters_classes = die_language(unit) == LANGUAGE_RUST;
	map_set(&cache->units, key, scopes);
	walk(module, scopes, unit, 0, 0);
	close_last_children(scopes);
	sort_ranges(scopes);
	return scopes;
}

static const struct code_range *find_range(const struct unit_scopes *scopes, uint64_t address)
{
	size_t low = 0, high = scopes->ranges.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scopes->ranges.items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	size_t walked = 0;
	for (size_t i = low; i-- && scopes->ranges.items[i].furthest_end > address && walked++ < LONGEST_WALK;)
		if (scopes->ranges.items[i].end > address)
			return &scopes->ranges.items[i];
	return NULL;
}

bool scope_function_at(struct module *module, struct link_address address, Dwarf_Die *die_ret)
{
	Dwarf_Die unit;
	if (!module_unit_at(module, address, &unit))
		return false;
	struct unit_scopes *scopes = unit_scopes(module, &unit);
	const struct code_range *range = find_range(scopes, address.value);
	if (!range && !scopes->is_deep) {
		scopes->is_deep = true;
		walk_deep(module, scopes, &unit, false, 0);
		sort_ranges(scopes);
		range = find_range(scopes, address.value);
	}
	return range && dwarf_offdie(dwarf_cu_getdwarf(unit.cu), range->die_offset, die_ret);
}

// The DIEs on the way down from `parent` (not itself) to the one at `offset` (not itself).
static size_t path_down(Dwarf_Die *parent, uint64_t offset, Dwarf_Die *path, size_t max)
{
	size_t count = 0;
	Dwarf_Die die, holder;
	while (count < max && dwarf_child(parent, &die) == 0) {
		bool has_holder = false;
		do {
			if (dwarf_dieoffset(&die) >= offset)
				break;
			holder = die;
			has_holder = true;
		} while (die_next(&die));
		if (!has_holder || dwarf_dieoffset(&die) == offset || dwarf_haschildren(&holder) <= 0)
			return count;
		path[count++] = holder;
		parent = &path[count - 1];
	}
	return count;
}

size_t scope_parents(struct module *module, Dwarf_Die *die, Dwarf_Die *parents, size_t max)
{
	Dwarf_Die unit;
	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return 0;
	const struct unit_scopes *scopes = unit_scopes(module, &unit);
	uint64_t offset = dwarf_dieoffset(die);
	size_t low = 0, high = scopes->scopes.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scopes->scopes.items[middle].start < offset)
			low = middle + 1;
		else
			high = middle;
	}
	// Out of the scopes that closed before the DIE.
	uint32_t index = (uint32_t)low;
	while (index && scopes->scopes.items[index - 1].end <= offset)
		index = scopes->scopes.items[index - 1].parent;
	uint32_t chain[DEEPEST + 2];
	size_t length = 0;
	for (; index && length < ARRAY_SIZE(chain); index = scopes->scopes.items[index - 1].parent)
		chain[length++] = index;
	size_t count = 0;
	while (length && count < max) {
		uint64_t start = scopes->scopes.items[chain[--length] - 1].start;
		// A DIE of .debug_types has its own numbering.
		bool is_known = module_die_offset(module, die) & MODULE_DIE_TYPES
					? dwarf_offdie_types(dwarf_cu_getdwarf(die->cu), start, &parents[count]) != NULL
					: dwarf_offdie(dwarf_cu_getdwarf(die->cu), start, &parents[count]) != NULL;
		count += is_known;
	}
	Dwarf_Die *last = count ? &parents[count - 1] : &unit;
	bool is_inside = count && !is_entered(scopes, dwarf_tag(last));
	if (is_inside && count < max)
		count += path_down(last, offset, &parents[count], max - count);
	return count;
}

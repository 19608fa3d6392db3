// The definitions of a module by unqualified name. One walk over the namespace level of all units fills a hash table of unique names,
// and the DIE offsets of each name lie together in one array: a big C++ program has a hundred definitions a name.
#include <ctype.h>
#include <dwarf.h>

#include "engine/symbols/name_index.h"
#include "engine/symbols/type_private.h"

#define DEEPEST 128

struct name_slot {
	const char *name;          // NULL: free. In the file: neither copied nor NUL-terminated at `length`
	uint32_t length, hash;
	uint32_t count, first;     // its part of `offsets`
	enum name_kind kind;
};

struct definition {
	uint64_t offset;
	uint32_t slot_number;      // names are numbered as they appear
};

struct inlined_copy {
	uint64_t origin, offset;
};

struct name_index {
	struct name_slot *slots;
	size_t capacity, count;
	uint64_t *offsets;
	bool has_inlined;
	uint64_t *copies;                   // offsets of inlined copies, those of one origin together
	struct inlined_copy *inlined;       // sorted by origin, then offset; same order as `copies`
	size_t inlined_count;
	// Only while the walk lasts:
	struct module *module;
	VEC(struct definition) definitions;
	const void *marked_unit;
	uint64_t marks;
	struct map imported;                // units of the dwz file that have been walked
};

void name_index_destroy(struct name_index *index)
{
	if (!index)
		return;
	free(index->slots);
	free(index->offsets);
	free(index->copies);
	free(index->inlined);
	free(index);
}

// ---- The table ---------------------------------------------------------------------------------------------------

static uint32_t hash_name(enum name_kind kind, const char *name, size_t length)
{
	uint32_t hash = 2166136261u ^ (uint32_t)kind;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static struct name_slot *slot_find(const struct name_index *index, enum name_kind kind, const char *name, size_t length)
{
	uint32_t hash = hash_name(kind, name, length);
	for (size_t i = hash & (index->capacity - 1);; i = (i + 1) & (index->capacity - 1)) {
		struct name_slot *slot = &index->slots[i];
		if (!slot->name)
			return slot;
		if (slot->hash == hash && slot->kind == kind && slot->length == length &&
		    (slot->name == name || !memcmp(slot->name, name, length)))
			return slot;
	}
}

static void table_grow(struct name_index *index)
{
	struct name_slot *old = index->slots;
	size_t old_capacity = index->capacity;
	index->capacity = old_capacity ? old_capacity * 2 : 1024;
	index->slots = xcalloc(index->capacity, sizeof(*index->slots));
	for (size_t i = 0; i < old_capacity; i++) {
		if (!old[i].name)
			continue;
		size_t place = old[i].hash & (index->capacity - 1);
		while (index->slots[place].name)
			place = (place + 1) & (index->capacity - 1);
		index->slots[place] = old[i];
	}
	free(old);
}

// Up to the template arguments: "box" of "box<int>", but "operator<<" of "operator<< <int>" (as name_last_component() has it).
static size_t key_length(const char *name)
{
	static const char *const operators[] = { "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">" };
	if (str_starts(name, "operator") && !isalnum((unsigned char)name[8]) && name[8] != '_') {
		for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
			if (str_starts(name + 8, operators[i]))
				return 8 + strlen(operators[i]);
		return strlen(name);
	}
	return *name == '<' || *name == '{' || *name == '(' ? strlen(name) : strcspn(name, "<(");
}

static void add_name(struct name_index *index, enum name_kind kind, const char *name, uint64_t offset)
{
	size_t length = name ? key_length(name) : 0;
	if (!length || length > UINT32_MAX || index->definitions.count >= UINT32_MAX)
		return;
	if (index->count * 2 >= index->capacity)
		table_grow(index);
	struct name_slot *slot = slot_find(index, kind, name, length);
	if (!slot->name) {
		*slot = (struct name_slot){ .name = name, .length = (uint32_t)length, .kind = kind,
					    .hash = hash_name(kind, name, length), .first = (uint32_t)index->count };
		index->count++;
	}
	slot->count++;
	*vec_push(&index->definitions) = (struct definition){ offset, slot->first };
}

// `first` was the name's number until now; it becomes the start of the name's offsets.
static void table_finish(struct name_index *index)
{
	uint32_t *starts = xcalloc(index->count + 1, sizeof(*starts));
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].name)
			starts[index->slots[i].first + 1] = index->slots[i].count;
	for (size_t i = 0; i < index->count; i++)
		starts[i + 1] += starts[i];
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].name)
			index->slots[i].first = starts[index->slots[i].first];
	index->offsets = xcalloc(index->definitions.count + 1, sizeof(*index->offsets));
	vec_each(definition, &index->definitions)
		index->offsets[starts[definition->slot_number]++] = definition->offset;
	free(starts);
	vec_deinit(&index->definitions);
	map_deinit(&index->imported);
}

// ---- The walk ----------------------------------------------------------------------------------------------------

// In the order that costs least: the name is nearly always the first attribute, and dwarf_hasattr() looks at the abbreviation alone.
static const char *definition_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr(die, DW_AT_name, &attribute));
	if (dwarf_hasattr(die, DW_AT_declaration) && die_is_declaration(die))
		return NULL;
	return name ? name : die_name(die);
}

// module_die_offset(), whose marks are the same for a whole unit.
static uint64_t offset_of(struct name_index *index, Dwarf_Die *die)
{
	if (index->marked_unit != die->cu) {
		index->marked_unit = die->cu;
		index->marks = module_die_offset(index->module, die) & (MODULE_DIE_ALT | MODULE_DIE_TYPES);
	}
	return dwarf_dieoffset(die) | index->marks;
}

static void walk_level(struct name_index *index, Dwarf_Die *parent, unsigned depth);

static void add_enumerators(struct name_index *index, Dwarf_Die *die, uint64_t offset)
{
	Dwarf_Die child;
	for_each_child(&child, die)
		if (dwarf_tag(&child) == DW_TAG_enumerator)
			add_name(index, NAME_ENUMERATOR, dwarf_diename(&child), offset);
}

// Parts that dwz took out: those in this file are units like others and walked as such, those in the shared file are
// walked if this module imports them.
static void walk_imported(struct name_index *index, Dwarf_Die *die, unsigned depth)
{
	Dwarf_Attribute attribute;
	Dwarf_Die unit;
	if (!dwarf_attr(die, DW_AT_import, &attribute) || !dwarf_formref_die(&attribute, &unit))
		return;
	uint64_t offset = module_die_offset(index->module, &unit);
	if (!(offset & MODULE_DIE_ALT) || map_get(&index->imported, offset))
		return;
	map_set(&index->imported, offset, index);
	walk_level(index, &unit, depth + 1);
}

static void walk_die(struct name_index *index, Dwarf_Die *die, unsigned depth)
{
	enum name_kind kind = NAME_TYPE;
	int tag = dwarf_tag(die);
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module: walk_level(index, die, depth + 1); return;
	case DW_TAG_imported_unit: walk_imported(index, die, depth); return;
	case DW_TAG_subprogram: kind = NAME_FUNCTION; break;
	case DW_TAG_variable:
	case DW_TAG_constant: kind = NAME_VARIABLE; break;
	case DW_TAG_base_type:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_template_alias:
	case DW_TAG_unspecified_type: break;
	default: return;
	}
	uint64_t offset = offset_of(index, die);
	add_name(index, kind, definition_name(die), offset);
	if (tag == DW_TAG_enumeration_type)
		add_enumerators(index, die, offset);
	// rustc puts functions into the types they belong to.
	else if (kind == NAME_TYPE && tag != DW_TAG_base_type && tag != DW_TAG_typedef &&
		 module_unit_language(index->module, die) == LANGUAGE_RUST)
		walk_level(index, die, depth + 1);
}

static void walk_level(struct name_index *index, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;
	if (depth > DEEPEST)
		return;
	for_each_child(&die, parent)
		walk_die(index, &die, depth);
}

typedef void (*unit_fn)(void *data, Dwarf_Die *unit);

static void each_unit(Dwarf *dwarf, unit_fn visit, void *data)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
		if (die.addr)
			visit(data, &die);
}

static void walk_unit(void *data, Dwarf_Die *unit)
{
	walk_level(data, unit, 0);
}

static struct name_index *name_index(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->name_index)
		return symbols->name_index;
	struct name_index *index = xcalloc(1, sizeof(*index));
	symbols->name_index = index;
	index->module = module;
	table_grow(index);
	Dwarf *dwarf = module_dwarf(module);
	if (dwarf)
		each_unit(dwarf, walk_unit, index);
	table_finish(index);
	return index;
}

bool name_index_is_made(const struct module *module)
{
	return module->symbols->name_index != NULL;
}

size_t name_index_find(struct module *module, enum name_kind kind, const char *name, const uint64_t **die_offsets_ret)
{
	const struct name_index *index = name_index(module);
	const struct name_slot *slot = slot_find(index, kind, name, strlen(name));
	if (!slot->name)
		return 0;
	*die_offsets_ret = &index->offsets[slot->first];
	return slot->count;
}

void name_index_each(struct module *module, const char *prefix, name_visit_fn visit, void *data)
{
	const struct name_index *index = name_index(module);
	size_t length = strlen(prefix);
	for (size_t i = 0; i < index->capacity; i++) {
		const struct name_slot *slot = &index->slots[i];
		if (slot->name && slot->length >= length && !memcmp(slot->name, prefix, length) &&
		    !visit(data, slot->kind, slot->name, slot->length))
			return;
	}
}

// ---- Inlined copies ----------------------------------------------------------------------------------------------

struct copy_search {
	struct module *module;
	VEC(struct inlined_copy) list;
};

static bool may_hold_copies(int tag)
{
	switch (tag) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:    // Rust's methods, and those of C++ classes inside functions
	case DW_TAG_class_type:
	case DW_TAG_union_type: return true;
	default: return false;
	}
}

static void find_copies(struct copy_search *search, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die, origin;
	if (depth > DEEPEST)
		return;
	for_each_child(&die, parent) {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_inlined_subroutine && die_reference(&die, DW_AT_abstract_origin, &origin))
			*vec_push(&search->list) = (struct inlined_copy){ module_die_offset(search->module, &origin),
									  module_die_offset(search->module, &die) };
		if (may_hold_copies(tag) && dwarf_haschildren(&die) > 0)
			find_copies(search, &die, depth + 1);
	}
}

static void find_unit_copies(void *data, Dwarf_Die *unit)
{
	find_copies(data, unit, 0);
}

static int compare_copies(const void *a, const void *b)
{
	const struct inlined_copy *left = a, *right = b;
	if (left->origin != right->origin)
		return left->origin < right->origin ? -1 : 1;
	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void read_inlined(struct module *module, struct name_index *index)
{
	struct copy_search search = { .module = module, .list = VEC_INIT };
	Dwarf *dwarf = module_dwarf(module);
	index->has_inlined = true;
	if (dwarf)
		each_unit(dwarf, find_unit_copies, &search);
	if (search.list.count)
		qsort(search.list.items, search.list.count, sizeof(*search.list.items), compare_copies);
	index->inlined = search.list.items;
	index->inlined_count = search.list.count;
	index->copies = xcalloc(search.list.count + 1, sizeof(*index->copies));
	for (size_t i = 0; i < search.list.count; i++)
		index->copies[i] = search.list.items[i].offset;
}

static size_t first_copy(const struct name_index *index, uint64_t origin)
{
	size_t low = 0, high = index->inlined_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->inlined[middle].origin < origin)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t name_index_inlined_copies(struct module *module, uint64_t abstract_offset, const uint64_t **die_offsets_ret)
{
	struct name_index *index = name_index(module);
	if (!index->has_inlined)
		read_inlined(module, index);
	size_t first = first_copy(index, abstract_offset), last = first;
	while (last < index->inlined_count && index->inlined[last].origin == abstract_offset)
		last++;
	*die_offsets_ret = &index->copies[first];
	return last - first;
}

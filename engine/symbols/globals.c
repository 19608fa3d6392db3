// The globals and file statics of a compilation unit.
#include "engine/symbols/variable_private.h"

#define NAMESPACE_DEPTH 64

struct unit_globals {
	const struct variable **list;
	size_t count;
};

struct global_reader {
	struct module *module;
	VEC(const struct variable *) list;
	struct map imported;       // units seen
};

static void read_level(struct global_reader *reader, Dwarf_Die *parent, unsigned depth);

static void read_imported(struct global_reader *reader, Dwarf_Die *die, unsigned depth)
{
	Dwarf_Die unit;
	if (!die_reference(die, DW_AT_import, &unit))
		return;
	uint64_t offset = module_die_offset(reader->module, &unit);
	if (map_get(&reader->imported, offset))
		return;
	map_set(&reader->imported, offset, reader);
	read_level(reader, &unit, depth + 1);
}

static void read_level(struct global_reader *reader, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;
	if (depth > NAMESPACE_DEPTH)
		return;
	for_each_child(&die, parent) {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_namespace || tag == DW_TAG_module)
			read_level(reader, &die, depth + 1);
		else if (tag == DW_TAG_imported_unit)
			read_imported(reader, &die, depth);
		if ((tag != DW_TAG_variable && tag != DW_TAG_constant) || die_is_declaration(&die))
			continue;
		struct variable_node *node = module_variable(reader->module, &die, NULL);
		if (node)
			*vec_push(&reader->list) = &node->variable;
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct variable *left = *(const struct variable *const *)a, *right = *(const struct variable *const *)b;
	return strcmp(left->qualified_name, right->qualified_name);
}

static const struct unit_globals *unit_globals(struct module *module, Dwarf_Die *unit)
{
	struct map *known = variable_unit_globals(module);
	uint64_t offset = module_die_offset(module, unit);
	struct unit_globals *globals = map_get(known, offset);
	if (globals)
		return globals;
	struct global_reader reader = { .module = module, .list = VEC_INIT };
	read_level(&reader, unit, 0);
	globals = arena_new(module->symbols->arena, struct unit_globals);
	globals->count = reader.list.count;
	globals->list = arena_array(module->symbols->arena, const struct variable *, reader.list.count);
	if (reader.list.count) {
		qsort(reader.list.items, reader.list.count, sizeof(*reader.list.items), compare_names);
		memcpy(globals->list, reader.list.items, reader.list.count * sizeof(*globals->list));
	}
	vec_deinit(&reader.list);
	map_deinit(&reader.imported);
	map_set(known, offset, globals);
	return globals;
}

size_t modules_unit_globals(struct modules *modules, uint64_t address, struct arena *arena, const struct variable ***variables_ret)
{
	struct module *module = modules_find(modules, address);
	Dwarf_Die unit;
	if (!module || !module_unit_at(module, module_link(module, address), &unit))
		return 0;
	const struct unit_globals *globals = unit_globals(module, &unit);
	const struct variable **list = arena_array(arena, const struct variable *, globals->count);
	if (globals->count)
		memcpy(list, globals->list, globals->count * sizeof(*list));
	*variables_ret = list;
	return globals->count;
}

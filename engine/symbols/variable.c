// Variables of functions: the blocks of a function's DIE tree are read once for each function or inlined copy, and asked with an address.
#include "engine/symbols/variable_private.h"

#define BLOCK_DEPTH 200

struct block_range {
	uint64_t start, end;       // link-time
};

struct block_variable {
	struct block_variable *next;
	const struct variable *variable;
	uint64_t order;            // DIE offset, in the abstract instance if there is one
};

struct block {
	struct block *next, *first_child;
	struct block_variable *first;
	const struct block_range *ranges;
	size_t range_count;        // 0: visible everywhere in its parent
};

struct function_node {
	struct block root;
	const struct function *function;
	size_t variable_count;
	bool is_read;
	bool is_frame_base_read;
	struct location_source frame_base;
};

struct variable_cache {
	struct map variables;      // DIE offset -> struct variable_node
	struct map functions;      // DIE offset of the instance -> struct function_node
	struct map unit_globals;   // globals.c
};

static struct variable_cache *variable_cache(struct module *module)
{
	if (!module->symbols->variable_cache)
		module->symbols->variable_cache = xcalloc(1, sizeof(struct variable_cache));
	return module->symbols->variable_cache;
}

void variable_cache_destroy(struct variable_cache *cache)
{
	if (!cache)
		return;
	map_deinit(&cache->variables);
	map_deinit(&cache->functions);
	map_deinit(&cache->unit_globals);
	free(cache);
}

struct map *variable_unit_globals(struct module *module)
{
	return &variable_cache(module)->unit_globals;
}

// ---- One variable ------------------------------------------------------------------------------------------------

static bool is_tls_op(unsigned atom)
{
	return atom == DW_OP_form_tls_address || atom == DW_OP_GNU_push_tls_address;
}

// Storage that lives as long as the program: one expression that begins with an address.
static bool is_static_storage(struct module *module, struct location_source *location, bool *is_thread_local_ret)
{
	if (!location->has_attribute || location_source_is_list(location))
		return false;
	const struct location_range *range = location_source_at(module, location, 0);
	if (!range)
		return false;
	for (size_t i = 0; i < range->count; i++)
		if (is_tls_op(range->ops[i].atom))
			return *is_thread_local_ret = true;
	return range->ops[0].atom == DW_OP_addr || range->ops[0].atom == DW_OP_addrx || range->ops[0].atom == DW_OP_GNU_addr_index;
}

static enum variable_kind variable_kind(struct variable_node *node, const struct function *function)
{
	struct variable *variable = &node->variable;
	bool is_static = is_static_storage(variable->module, &node->location, &variable->is_thread_local);
	if (dwarf_tag(&node->die) == DW_TAG_formal_parameter)
		return VARIABLE_ARGUMENT;
	if (!node->location.has_attribute && dwarf_hasattr_integrate(&node->die, DW_AT_const_value) && !function)
		return VARIABLE_CONSTANT;
	if (!function || (node->is_declaration && variable->is_external))
		return VARIABLE_GLOBAL;
	return is_static ? VARIABLE_STATIC_LOCAL : VARIABLE_LOCAL;
}

static void read_declaration(struct module *module, Dwarf_Die *die, struct variable *variable)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index = 0;
	Dwarf_Die unit;
	uint64_t line = 0;
	if (die_unsigned(die, DW_AT_decl_line, &line) && line <= UINT32_MAX)
		variable->declared_line = (unsigned)line;
	if (dwarf_attr_integrate(die, DW_AT_decl_file, &attribute) && dwarf_formudata(&attribute, &index) == 0 &&
	    dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL))
		variable->declared_file = module_source_file(module, &unit, index);
}

static struct variable_node *variable_create(struct module *module, Dwarf_Die *die, const struct function *function)
{
	const char *name = die_name(die);
	if (!name)
		return NULL;
	struct variable_node *node = arena_new(module->symbols->arena, struct variable_node);
	struct variable *variable = &node->variable;
	node->die = *die;
	node->is_declaration = die_is_declaration(die);
	location_source_init(&node->location, die, DW_AT_location);
	variable->name = name;
	variable->module = module;
	variable->function = function;
	variable->qualified_name = function ? name : die_qualified_name(module, die);
	variable->type = module_type_of(module, die);
	if (!variable->type)
		variable->type = type_void();
	variable->is_artificial = die_flag(die, DW_AT_artificial);
	variable->is_external = die_flag(die, DW_AT_external);
	variable->die_offset = module_die_offset(module, die);
	variable->kind = variable_kind(node, function);
	read_declaration(module, die, variable);
	return node;
}

struct variable_node *module_variable(struct module *module, Dwarf_Die *die, const struct function *function)
{
	struct map *variables = &variable_cache(module)->variables;
	uint64_t offset = module_die_offset(module, die);
	struct variable_node *node = map_get(variables, offset);
	if (node)
		return node;
	node = variable_create(module, die, function);
	if (node)
		map_set(variables, offset, node);
	return node;
}

// ---- The blocks of a function ------------------------------------------------------------------------------------

struct block_reader {
	struct module *module;
	struct function_node *function;
	struct map present;        // abstract DIEs that have a concrete one somewhere in this instance
};

static bool is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt;
}

static bool is_variable(int tag)
{
	return tag == DW_TAG_formal_parameter || tag == DW_TAG_variable || tag == DW_TAG_constant;
}

static void read_ranges(struct module *module, Dwarf_Die *die, struct block *block)
{
	VEC(struct block_range) list = VEC_INIT;
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t position = 0;
	while ((position = dwarf_ranges(die, position, &base, &start, &end)) > 0)
		*vec_push(&list) = (struct block_range){ start, end };
	struct block_range *kept = arena_array(module->symbols->arena, struct block_range, list.count);
	if (list.count)
		memcpy(kept, list.items, list.count * sizeof(*kept));
	block->ranges = kept;
	block->range_count = list.count;
	vec_deinit(&list);
}

static void block_add(struct block_reader *reader, struct block_variable ***tail, struct variable_node *node, uint64_t order,
		      unsigned depth)
{
	if (!node)
		return;
	struct block_variable *item = arena_new(reader->module->symbols->arena, struct block_variable);
	node->variable.depth = depth;
	item->variable = &node->variable;
	item->order = order;
	**tail = item;
	*tail = &item->next;
	reader->function->variable_count++;
}

// The optimiser drops the DIEs of variables that it did away with from an instance; the abstract instance still has them. They are
// not interned: each copy has its own, without a place.
static void add_dropped(struct block_reader *reader, Dwarf_Die *die, struct block_variable ***tail, unsigned depth)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin, child;
	if (!dwarf_attr(die, DW_AT_abstract_origin, &attribute) || !dwarf_formref_die(&attribute, &origin))
		return;
	for_each_child(&child, &origin) {
		uint64_t offset = module_die_offset(reader->module, &child);
		if (is_variable(dwarf_tag(&child)) && !map_get(&reader->present, offset))
			block_add(reader, tail, variable_create(reader->module, &child, reader->function->function), offset, depth);
	}
}

static int compare_order(const void *a, const void *b)
{
	const struct block_variable *left = *(struct block_variable *const *)a, *right = *(struct block_variable *const *)b;
	return left->order < right->order ? -1 : left->order > right->order;
}

// gcc lists the parameters of inlined copies in any order, and with the blocks it makes for them the dropped ones come last.
static void sort_by_declaration(struct block *block)
{
	VEC(struct block_variable *) list = VEC_INIT;
	for (struct block_variable *item = block->first; item; item = item->next)
		*vec_push(&list) = item;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_order);
	struct block_variable **tail = &block->first;
	vec_each(item, &list) {
		*tail = *item;
		tail = &(*item)->next;
	}
	*tail = NULL;
	vec_deinit(&list);
}

static void read_variable(struct block_reader *reader, Dwarf_Die *die, struct block_variable ***tail, unsigned depth)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin;
	uint64_t order = module_die_offset(reader->module, die);
	if (dwarf_attr(die, DW_AT_abstract_origin, &attribute) && dwarf_formref_die(&attribute, &origin)) {
		order = module_die_offset(reader->module, &origin);
		map_set(&reader->present, order, reader);
	}
	block_add(reader, tail, module_variable(reader->module, die, reader->function->function), order, depth);
}

static void read_block(struct block_reader *reader, Dwarf_Die *die, struct block *block, unsigned depth)
{
	struct block_variable **tail = &block->first;
	struct block **child_tail = &block->first_child;
	Dwarf_Die child;
	for_each_child(&child, die) {
		int tag = dwarf_tag(&child);
		if (is_variable(tag)) {
			read_variable(reader, &child, &tail, depth);
		} else if (is_block(tag) && depth < BLOCK_DEPTH) {
			struct block *inner = arena_new(reader->module->symbols->arena, struct block);
			read_ranges(reader->module, &child, inner);
			read_block(reader, &child, inner, depth + 1);
			*child_tail = inner;
			child_tail = &inner->next;
		}
	}
	add_dropped(reader, die, &tail, depth);
	sort_by_declaration(block);
}

static struct function_node *function_node(const struct function *function)
{
	struct map *functions = &variable_cache(function->module)->functions;
	struct function_node *node = map_get(functions, function->die_offset);
	if (!node) {
		node = arena_new(function->module->symbols->arena, struct function_node);
		node->function = function;
		map_set(functions, function->die_offset, node);
	}
	return node;
}

static void function_read(struct function_node *node)
{
	struct block_reader reader = { .module = node->function->module, .function = node };
	Dwarf_Die die;
	node->is_read = true;
	if (module_die(reader.module, node->function->die_offset, &die))
		read_block(&reader, &die, &node->root, 0);
	map_deinit(&reader.present);
}

struct location_source *function_frame_base(const struct function *function)
{
	while (function->is_inlined && function->outer)
		function = function->outer;
	struct function_node *node = function_node(function);
	Dwarf_Die die;
	if (!node->is_frame_base_read && module_die(function->module, function->die_offset, &die))
		location_source_init(&node->frame_base, &die, DW_AT_frame_base);
	node->is_frame_base_read = true;
	return &node->frame_base;
}

// ---- The visible ones --------------------------------------------------------------------------------------------

struct visible {
	const struct variable **list;
	size_t count;
	uint64_t address;      // link-time
};

static bool block_covers(const struct block *block, uint64_t address)
{
	for (size_t i = 0; i < block->range_count; i++)
		if (address >= block->ranges[i].start && address < block->ranges[i].end)
			return true;
	return !block->range_count;
}

static void collect(const struct block *block, struct visible *visible)
{
	for (const struct block_variable *item = block->first; item; item = item->next)
		visible->list[visible->count++] = item->variable;
	for (const struct block *child = block->first_child; child; child = child->next)
		if (block_covers(child, visible->address))
			collect(child, visible);
}

// gcc and clang put arguments first; those that add_dropped() found come late.
static void arguments_first(const struct block *root, struct visible *visible)
{
	for (const struct block_variable *item = root->first; item; item = item->next)
		if (item->variable->kind == VARIABLE_ARGUMENT)
			visible->list[visible->count++] = item->variable;
	for (const struct block_variable *item = root->first; item; item = item->next)
		if (item->variable->kind != VARIABLE_ARGUMENT)
			visible->list[visible->count++] = item->variable;
}

size_t function_variables(const struct function *function, uint64_t address, struct arena *arena,
			  const struct variable ***variables_ret)
{
	struct function_node *node = function_node(function);
	if (!node->is_read)
		function_read(node);
	struct visible visible = { .address = module_link(function->module, address).value };
	visible.list = arena_array(arena, const struct variable *, node->variable_count);
	arguments_first(&node->root, &visible);
	for (const struct block *child = node->root.first_child; child; child = child->next)
		if (block_covers(child, visible.address))
			collect(child, &visible);
	*variables_ret = visible.list;
	return visible.count;
}

// Functions and their inlined copies by address, and names of DIEs.
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"

#define DEEPEST 64        // inlined instances inside one another
#define DEEPEST_BLOCK 256
#define RECENT 256        // addresses whose function is remembered: frames of one stop, and of the next

struct interned {
	struct function function;
	struct interned *next;    // same hash
	uint64_t start;           // link-time start of the range
};

struct function_cache {
	struct map interned;      // of DIE offset and range
	struct map names;         // DIE offset + 1 -> qualified name
	struct scope_cache *scopes;
	struct {
		uint64_t address;
		const struct function *function;
		bool is_set;
	} recent[RECENT];
};

void function_cache_destroy(struct function_cache *cache)
{
	if (!cache)
		return;
	map_deinit(&cache->interned);
	map_deinit(&cache->names);
	scope_cache_destroy(cache->scopes);
	free(cache);
}

static struct function_cache *function_cache(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!symbols->function_cache) {
		symbols->function_cache = xcalloc(1, sizeof(*symbols->function_cache));
		symbols->function_cache->scopes = scope_cache_create();
	}
	return symbols->function_cache;
}

struct scope_cache *module_scopes(struct module *module)
{
	return function_cache(module)->scopes;
}

// ---- Code --------------------------------------------------------------------------------------------------------

static bool is_inner_scope(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt;
}

// The child of `parent` that covers the address: a block or an inlined instance.
static bool covering_child(Dwarf_Die *parent, uint64_t address, Dwarf_Die *child_ret)
{
	Dwarf_Die die;
	if (dwarf_child(parent, &die) != 0)
		return false;
	do {
		int tag = dwarf_tag(&die);
		if ((tag == DW_TAG_inlined_subroutine || is_inner_scope(tag)) && dwarf_haspc(&die, address) > 0) {
			*child_ret = die;
			return true;
		}
	} while (die_next(&die));
	return false;
}

// All covering DIEs from the function inwards, blocks included.
static size_t chain_at(struct module *module, struct link_address address, Dwarf_Die *chain, size_t max)
{
	if (!max || !scope_function_at(module, address, &chain[0]))
		return 0;
	size_t count = 1;
	while (count < max && covering_child(&chain[count - 1], address.value, &chain[count]))
		count++;
	return count;
}

size_t module_function_dies(struct module *module, struct link_address address, Dwarf_Die *dies, size_t max)
{
	Dwarf_Die chain[DEEPEST_BLOCK];
	size_t length = chain_at(module, address, chain, DEEPEST_BLOCK), count = 0;
	while (length-- && count < max)
		if (!is_inner_scope(dwarf_tag(&chain[length])))
			dies[count++] = chain[length];
	return count;
}

static bool declares_something(Dwarf_Die *block)
{
	Dwarf_Die die;
	if (dwarf_child(block, &die) != 0)
		return false;
	do {
		int tag = dwarf_tag(&die);
		if (!is_inner_scope(tag) && tag != DW_TAG_inlined_subroutine && tag != DW_TAG_call_site && tag != DW_TAG_GNU_call_site)
			return true;
	} while (die_next(&die));
	return false;
}

bool module_block_at(struct module *module, struct link_address address, uint64_t *block_ret, Dwarf_Die *function_ret)
{
	Dwarf_Die chain[DEEPEST_BLOCK];
	size_t length = chain_at(module, address, chain, DEEPEST_BLOCK);
	if (!length)
		return false;
	size_t inner = length - 1;
	while (inner && is_inner_scope(dwarf_tag(&chain[inner])) && !declares_something(&chain[inner]))
		inner--;
	*block_ret = module_die_offset(module, &chain[inner]);
	*function_ret = chain[0];
	return true;
}

bool module_die_entry(struct module *module, Dwarf_Die *die, struct link_address *entry_ret)
{
	Dwarf_Addr base = 0, start = 0, end = 0, low = 0;
	Dwarf_Attribute attribute;
	Dwarf_Word offset = 0;
	if (dwarf_lowpc(die, &low) != 0 && dwarf_ranges(die, 0, &base, &start, &end) > 0)
		low = start;
	// DWARF 5, 2.18: an address, or an offset from where the scope begins.
	if (dwarf_attr(die, DW_AT_entry_pc, &attribute)) {
		if (dwarf_formaddr(&attribute, &start) == 0)
			low = start;
		else if (dwarf_formudata(&attribute, &offset) == 0)
			low += offset;
	}
	struct link_address entry = { low };
	if (!module_is_code(module, entry))
		return false;
	*entry_ret = entry;
	return true;
}

bool module_function_die_at(struct module *module, struct link_address entry, Dwarf_Die *die_ret)
{
	Dwarf_Die die;
	struct link_address start;
	if (!scope_function_at(module, entry, &die) || !module_die_entry(module, &die, &start) || start.value != entry.value)
		return false;
	*die_ret = die;
	return true;
}

// ---- DIEs --------------------------------------------------------------------------------------------------------

uint64_t module_die_offset(struct module *module, Dwarf_Die *die)
{
	uint64_t offset = dwarf_dieoffset(die);
	Dwarf_Half version = 0;
	uint8_t type = 0;
	if (dwarf_cu_getdwarf(die->cu) != module->symbols->dwarf)
		offset |= MODULE_DIE_ALT;
	if (dwarf_cu_info(die->cu, &version, &type, NULL, NULL, NULL, NULL, NULL) == 0 && version < 5 && type == DW_UT_type)
		offset |= MODULE_DIE_TYPES;
	return offset;
}

bool module_die(struct module *module, uint64_t die_offset, Dwarf_Die *die_ret)
{
	Dwarf *dwarf = module_dwarf(module);
	if (dwarf && (die_offset & MODULE_DIE_ALT))
		dwarf = module->symbols->alt_dwarf;
	uint64_t offset = die_offset & ~(MODULE_DIE_ALT | MODULE_DIE_TYPES);
	if (!dwarf)
		return false;
	if (die_offset & MODULE_DIE_TYPES)
		return dwarf_offdie_types(dwarf, offset, die_ret) != NULL;
	return dwarf_offdie(dwarf, offset, die_ret) != NULL;
}

void die_origin(Dwarf_Die *die)
{
	for (int hops = 0; hops < 8; hops++) {
		Dwarf_Attribute attribute;
		Dwarf_Die next;
		if (!dwarf_attr(die, DW_AT_abstract_origin, &attribute) && !dwarf_attr(die, DW_AT_specification, &attribute))
			return;
		if (!dwarf_formref_die(&attribute, &next))
			return;
		*die = next;
	}
}

const char *die_name(Dwarf_Die *die)
{
	Dwarf_Die origin = *die;
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr(die, DW_AT_name, &attribute));
	if (name)
		return name;
	die_origin(&origin);
	return dwarf_formstring(dwarf_attr(&origin, DW_AT_name, &attribute));
}

// dwz leaves the language out of the parts that it shares: what is in them tells.
static enum language guess_language(Dwarf_Die *unit)
{
	Dwarf_Die die;
	bool more = dwarf_child(unit, &die) == 0;
	for (int i = 0; more && i < 64; i++, more = die_next(&die)) {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_reference_type || tag == DW_TAG_imported_declaration)
			return LANGUAGE_CPP;
	}
	return LANGUAGE_C;
}

enum language die_language(Dwarf_Die *die)
{
	Dwarf_Die unit;
	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return LANGUAGE_OTHER;
	switch (dwarf_srclang(&unit)) {
	case -1: return guess_language(&unit);
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11: return LANGUAGE_C;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14: return LANGUAGE_CPP;
	case DW_LANG_Rust: return LANGUAGE_RUST;
	case 0x2b: return LANGUAGE_CPP;    // C++17 and C++20, registered after DWARF 5
	case 0x2c: return LANGUAGE_C;      // C17
	case 0x3a: return LANGUAGE_CPP;
	case 0x3e: return LANGUAGE_C;      // C23
	default: return LANGUAGE_OTHER;
	}
}

enum language modules_language_at(struct modules *modules, uint64_t address)
{
	struct module *module = modules_find(modules, address);
	Dwarf_Die unit;
	if (!module || !module_unit_at(module, module_link(module, address), &unit))
		return LANGUAGE_OTHER;
	return die_language(&unit);
}

// gcc gives a lambda's class no name: it is known by its call operator.
static bool is_lambda(Dwarf_Die *class)
{
	Dwarf_Die die;
	const char *name = NULL;
	for (bool more = dwarf_child(class, &die) == 0; more; more = die_next(&die))
		if (dwarf_tag(&die) == DW_TAG_subprogram && (name = die_name(&die)) && str_equal(name, "operator()"))
			return true;
	return false;
}

static const char *scope_name(Dwarf_Die *die)
{
	const char *name = die_name(die);
	if (name)
		return name;
	switch (dwarf_tag(die)) {
	case DW_TAG_lexical_block: return NULL;
	case DW_TAG_namespace: return "(anonymous namespace)";
	default: return is_lambda(die) ? "{lambda}" : "(anonymous)";
	}
}

static const char *make_qualified_name(struct module *module, Dwarf_Die *origin, const char *name)
{
	Dwarf_Die parents[DEEPEST_BLOCK];
	struct str text = STR_INIT;
	size_t count = scope_parents(module, origin, parents, ARRAY_SIZE(parents));
	// A function brings its own qualification: its DIE here may be a copy of one that is declared elsewhere.
	for (size_t i = 0; i < count; i++) {
		bool is_function = dwarf_tag(&parents[i]) == DW_TAG_subprogram;
		const char *scope = is_function ? die_qualified_name(module, &parents[i]) : scope_name(&parents[i]);
		if (is_function)
			str_clear(&text);
		if (scope)
			str_printf(&text, "%s::", scope);
	}
	str_add(&text, name);
	const char *result = arena_strdup(module->symbols->arena, str_text(&text));
	str_deinit(&text);
	return result;
}

const char *die_qualified_name(struct module *module, Dwarf_Die *die)
{
	Dwarf_Die origin = *die;
	die_origin(&origin);
	const char *name = die_name(&origin);
	if (!name || die_language(&origin) == LANGUAGE_C)
		return name;
	struct function_cache *cache = function_cache(module);
	uint64_t key = module_die_offset(module, &origin) + 1;
	const char *known = map_get(&cache->names, key);
	if (known)
		return known;
	// Set before the way up is walked, so that hostile origins cannot go round in circles.
	map_set(&cache->names, key, (void *)name);
	known = make_qualified_name(module, &origin, name);
	map_set(&cache->names, key, (void *)known);
	return known;
}

// ---- Functions ---------------------------------------------------------------------------------------------------

// The range of `die` that holds the address.
static void find_range(Dwarf_Die *die, uint64_t address, uint64_t *start_ret, uint64_t *end_ret)
{
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t position = 0;
	*start_ret = *end_ret = address;
	while ((position = dwarf_ranges(die, position, &base, &start, &end)) > 0)
		if (address >= start && address < end) {
			*start_ret = start;
			*end_ret = end;
			return;
		}
}

static unsigned unsigned_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;
	if (dwarf_attr_integrate(die, name, &attribute) && dwarf_formudata(&attribute, &value) == 0 && value <= UINT32_MAX)
		return (unsigned)value;
	return 0;
}

// The file behind a file-number attribute, in the numbering of the unit where the attribute stands.
static const struct source_file *file_attribute(struct module *module, Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index = 0;
	Dwarf_Die unit;
	if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &index) != 0 ||
	    !dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL))
		return NULL;
	return module_source_file(module, &unit, index);
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
	return name ? name : dwarf_formstring(dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));
}

static void fill(struct module *module, Dwarf_Die *die, struct function *function)
{
	Dwarf_Die origin = *die;
	die_origin(&origin);
	struct link_address entry = module_link(module, function->start);
	module_die_entry(module, die, &entry);
	function->module = module;
	function->name = die_name(die);
	function->qualified_name = die_qualified_name(module, die);
	function->linkage_name = linkage_name(die);
	function->language = die_language(die);
	function->type = module_type(module, &origin);
	function->is_inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	if (function->is_inlined) {
		function->call_file = file_attribute(module, die, DW_AT_call_file);
		function->call_line = unsigned_attribute(die, DW_AT_call_line);
		function->call_column = unsigned_attribute(die, DW_AT_call_column);
	}
	function->declared_file = file_attribute(module, die, DW_AT_decl_file);
	function->declared_line = unsigned_attribute(die, DW_AT_decl_line);
	function->entry = module_runtime(module, entry);
	function->die_offset = module_die_offset(module, die);
}

static const struct function *intern(struct module *module, Dwarf_Die *dies, size_t count, struct link_address address)
{
	if (!count)
		return NULL;
	struct function_cache *cache = function_cache(module);
	uint64_t start = 0, end = 0, offset = module_die_offset(module, &dies[0]);
	find_range(&dies[0], address.value, &start, &end);
	uint64_t key = hash_u64(offset) ^ start;
	for (struct interned *known = map_get(&cache->interned, key); known; known = known->next)
		if (known->function.die_offset == offset && known->start == start)
			return &known->function;
	struct interned *added = arena_new(module->symbols->arena, struct interned);
	added->start = start;
	added->function.start = start + module->bias;
	added->function.end = end + module->bias;
	fill(module, &dies[0], &added->function);
	added->function.outer = intern(module, dies + 1, count - 1, address);
	added->next = map_get(&cache->interned, key);
	map_set(&cache->interned, key, added);
	return &added->function;
}

const struct function *modules_function_at(struct modules *modules, uint64_t address)
{
	struct module *module = modules_find(modules, address);
	if (!module || !module_dwarf(module))
		return NULL;
	struct function_cache *cache = function_cache(module);
	size_t slot = hash_u64(address) % RECENT;
	if (cache->recent[slot].is_set && cache->recent[slot].address == address)
		return cache->recent[slot].function;
	Dwarf_Die dies[DEEPEST];
	struct link_address link = module_link(module, address);
	size_t count = module_function_dies(module, link, dies, DEEPEST);
	const struct function *function = intern(module, dies, count, link);
	cache->recent[slot].address = address;
	cache->recent[slot].function = function;
	cache->recent[slot].is_set = true;
	return function;
}

const char *modules_function_name(struct modules *modules, uint64_t address, struct arena *arena)
{
	(void)arena;
	const struct function *function = modules_function_at(modules, address);
	if (function && function->qualified_name)
		return function->qualified_name;
	struct symbol symbol;
	if (!modules_symbol_at(modules, address, &symbol))
		return NULL;
	return symbol_demangle_bare(symbol.module, symbol.name);
}

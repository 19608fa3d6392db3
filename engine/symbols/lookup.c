// Names to variables, types, functions and enumerators, as seen from an address: the scopes around it first, then its unit, its
// module, and the other modules. Exact names come before those that only end in what was asked for ("g" finds "ns::g" last).
#include <ctype.h>

#include "engine/symbols/lookup.h"
#include "engine/symbols/name_index.h"
#include "engine/symbols/names.h"
#include "engine/symbols/variable_private.h"

#define SCOPE_LIMIT 16
#define BLOCK_DEPTH 64
#define CLASS_DEPTH 16
#define CLASS_LIMIT 1000

// A definition that answers to a name; lower ranks are better.
struct candidate {
	struct module *module;
	Dwarf_Die die;
	unsigned rank;
};

#define RANK_NONE UINT32_MAX
#define RANK_SUFFIX 1000u     // only the end of the name is what was asked for
#define RANK_SCOPE 4u         // for each scope further out
#define RANK_OTHER_UNIT 1u

struct search {
	struct modules *modules;
	struct arena *arena;
	enum name_kind kind;
	struct module *home;              // of the address; may be NULL
	Dwarf_Die unit;
	bool has_unit;
	int wanted_tag;                   // "struct x": that alone; 0: any
	const char *file;                 // "file.c::x": that unit alone
	const char *names[SCOPE_LIMIT];   // the innermost scope first; the last one is the name itself
	size_t name_count;
	struct candidate best;
	unsigned classes_seen;            // so that broken inheritance in circles comes to an end
};

// ---- What to look for --------------------------------------------------------------------------------------------

// "ns::Class::method" puts "ns::Class::x" and "ns::x" before "x".
static void add_scopes(struct search *search, uint64_t address, const char *name)
{
	const struct function *function = modules_function_at(search->modules, address);
	while (function && function->is_inlined && !strstr(function->qualified_name ? function->qualified_name : "", "::") && function->outer)
		function = function->outer;
	if (!function || !function->qualified_name)
		return;
	char *scope = arena_strdup(search->arena, function->qualified_name);
	while (search->name_count < SCOPE_LIMIT - 1) {
		const char *last = name_last_with_arguments(scope);
		if (last <= scope + 2)
			return;
		scope[last - scope - 2] = '\0';
		search->names[search->name_count++] = arena_printf(search->arena, "%s::%s", scope, name);
	}
}

// "file.c::x" and gdb's 'file.c'::x: a file has a dot or a slash in it.
static const char *split_file(struct search *search, const char *name)
{
	const char *colons = strstr(name, "::");
	if (!colons || colons == name)
		return name;
	char *file = arena_strndup(search->arena, name, (size_t)(colons - name));
	size_t length = strlen(file);
	if (length > 2 && *file == '\'' && file[length - 1] == '\'') {
		file[length - 1] = '\0';
		file++;
	}
	if (!strpbrk(file, "./"))
		return name;
	search->file = file;
	return colons + 2;
}

static void search_init(struct search *search, struct modules *modules, struct arena *arena, enum name_kind kind, const char *name,
			uint64_t address)
{
	*search = (struct search){ .modules = modules, .arena = arena, .kind = kind, .best.rank = RANK_NONE };
	search->home = modules_find(modules, address);
	if (search->home && module_dwarf(search->home))
		search->has_unit = module_unit_at(search->home, module_link(search->home, address), &search->unit);
	name = split_file(search, name);
	if (str_starts(name, "::"))
		name += 2;
	else if (!search->file && search->has_unit && die_language(&search->unit) != LANGUAGE_C)
		add_scopes(search, address, name);
	search->names[search->name_count++] = name;
}

static const char *search_name(const struct search *search)
{
	return search->names[search->name_count - 1];
}

// ---- Candidates --------------------------------------------------------------------------------------------------

static bool is_of_file(const struct search *search, Dwarf_Die *die)
{
	Dwarf_Die unit;
	if (!search->file)
		return true;
	const char *path = dwarf_diecu(die, &unit, NULL, NULL) ? dwarf_diename(&unit) : NULL;
	if (!path || !str_ends(path, search->file))
		return false;
	size_t rest = strlen(path) - strlen(search->file);
	return !rest || path[rest - 1] == '/';
}

static bool is_wanted(const struct search *search, struct module *module, Dwarf_Die *die)
{
	struct link_address entry;
	int tag = dwarf_tag(die);
	if (search->kind == NAME_FUNCTION)
		return module_die_entry(module, die, &entry);
	if (search->wanted_tag == DW_TAG_structure_type)
		return tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
	return !search->wanted_tag || tag == search->wanted_tag;
}

static const char *candidate_name(const struct search *search, struct module *module, Dwarf_Die *die, const char *last)
{
	if (search->kind != NAME_ENUMERATOR)
		return die_qualified_name(module, die);
	// Unscoped enumerators are also members of the scope around their type; both spellings are taken.
	const char *type = die_qualified_name(module, die);
	return type ? arena_printf(search->arena, "%s::%s", type, last) : last;
}

static const char *without_type(const struct search *search, const char *name)
{
	char *scope = arena_strdup(search->arena, name);
	const char *last = name_last_with_arguments(scope);
	if (last <= scope + 2)
		return name;
	const char *enumerator = arena_strdup(search->arena, last);
	scope[last - scope - 2] = '\0';
	const char *type = name_last_with_arguments(scope);
	return arena_printf(search->arena, "%.*s%s", (int)(type - scope), scope, enumerator);
}

static unsigned rank_name(const struct search *search, const char *full)
{
	for (size_t i = 0; i < search->name_count; i++)
		if (name_matches(full, search->names[i], false))
			return (unsigned)i * RANK_SCOPE;
	return name_matches(full, search_name(search), true) ? RANK_SUFFIX : RANK_NONE;
}

static unsigned rank_candidate(const struct search *search, struct module *module, Dwarf_Die *die, const char *last)
{
	const char *full = candidate_name(search, module, die, last);
	unsigned rank = full ? rank_name(search, full) : RANK_NONE;
	if (search->kind == NAME_ENUMERATOR && full && !die_flag(die, DW_AT_enum_class)) {
		unsigned plain = rank_name(search, without_type(search, full));
		rank = plain < rank ? plain : rank;
	}
	if (rank == RANK_NONE)
		return rank;
	bool is_same_unit = search->has_unit && module == search->home && die->cu == search->unit.cu;
	return rank + (is_same_unit ? 0 : RANK_OTHER_UNIT);
}

static void search_module(struct search *search, struct module *module)
{
	const uint64_t *offsets = NULL;
	const char *last = name_last_component(search_name(search), search->arena);
	size_t count = name_index_find(module, search->kind, last, &offsets);
	for (size_t i = 0; i < count && search->best.rank; i++) {
		Dwarf_Die die;
		if (!module_die(module, offsets[i], &die) || !is_wanted(search, module, &die) || !is_of_file(search, &die))
			continue;
		unsigned rank = rank_candidate(search, module, &die, last);
		if (rank < search->best.rank)
			search->best = (struct candidate){ module, die, rank };
	}
}

// The home module's answer stands, unless it is a mere suffix.
static bool search_all(struct search *search)
{
	if (search->home)
		search_module(search, search->home);
	for (size_t i = 0; i < modules_count(search->modules) && search->best.rank >= RANK_SUFFIX; i++) {
		struct module *module = modules_at(search->modules, i);
		if (module != search->home)
			search_module(search, module);
	}
	return search->best.rank != RANK_NONE;
}

// ---- Inside functions and classes --------------------------------------------------------------------------------

static bool has_name(Dwarf_Die *die, const char *name)
{
	const char *own = die_name(die);
	return own && name_matches(own, name, false);
}

static bool is_type_tag(int tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_template_alias: return true;
	default: return false;
	}
}

static bool enum_has(Dwarf_Die *die, const char *name)
{
	Dwarf_Die child;
	for_each_child(&child, die)
		if (dwarf_tag(&child) == DW_TAG_enumerator && has_name(&child, name))
			return true;
	return false;
}

static bool is_sought_child(const struct search *search, struct module *module, Dwarf_Die *die, const char *name)
{
	int tag = dwarf_tag(die);
	switch (search->kind) {
	case NAME_TYPE: return is_type_tag(tag) && has_name(die, name) && is_wanted(search, module, die);
	case NAME_ENUMERATOR: return tag == DW_TAG_enumeration_type && enum_has(die, name);
	case NAME_VARIABLE: return is_static_member(die) && has_name(die, name);
	default: return tag == DW_TAG_subprogram && has_name(die, name) && is_wanted(search, module, die);
	}
}

// Among the DIE's children; `enters_blocks`: also those of the lexical blocks, of which the inner ones win.
static bool find_child(const struct search *search, struct module *module, Dwarf_Die *parent, const char *name, bool enters_blocks,
		       uint64_t link_pc, unsigned depth, Dwarf_Die *found_ret)
{
	Dwarf_Die die;
	bool is_found = false;
	for_each_child(&die, parent) {
		if (enters_blocks && dwarf_tag(&die) == DW_TAG_lexical_block && depth < BLOCK_DEPTH && dwarf_haspc(&die, link_pc) > 0 &&
		    find_child(search, module, &die, name, true, link_pc, depth + 1, found_ret))
			return true;
		if (!is_found && is_sought_child(search, module, &die, name)) {
			*found_ret = die;
			is_found = true;
		}
	}
	return is_found;
}

// Types and enumerators that a function declares for itself.
static bool find_local(struct search *search, uint64_t address)
{
	const char *name = search_name(search);
	if (!search->home || search->file || strstr(name, "::"))
		return false;
	Dwarf_Die dies[BLOCK_DEPTH];
	struct link_address link = module_link(search->home, address);
	size_t count = module_function_dies(search->home, link, dies, BLOCK_DEPTH);
	for (size_t i = 0; i < count; i++) {
		Dwarf_Die origin = dies[i];
		die_origin(&origin);
		search->best.module = search->home;
		if (find_child(search, search->home, &dies[i], name, true, link.value, 0, &search->best.die) ||
		    (origin.addr != dies[i].addr &&
		     find_child(search, search->home, &origin, name, true, link.value, 0, &search->best.die)))
			return true;
	}
	return false;
}

static bool find_type_die(struct modules *modules, struct arena *arena, const char *name, uint64_t address, unsigned depth,
			  struct candidate *found_ret);

// "Class::member": the class by its name, then its children and those of its base classes.
static bool find_in_class(struct search *search, struct module *module, Dwarf_Die *class, const char *name, unsigned depth,
			  Dwarf_Die *found_ret)
{
	Dwarf_Die child, base;
	if (search->kind == NAME_ENUMERATOR && dwarf_tag(class) == DW_TAG_enumeration_type) {
		*found_ret = *class;
		return enum_has(class, name);
	}
	if (find_child(search, module, class, name, false, 0, 0, found_ret))
		return true;
	if (depth >= CLASS_DEPTH || ++search->classes_seen > CLASS_LIMIT)
		return false;
	for_each_child(&child, class)
		if (dwarf_tag(&child) == DW_TAG_inheritance && die_reference(&child, DW_AT_type, &base) &&
		    find_in_class(search, module, &base, name, depth + 1, found_ret))
			return true;
	return false;
}

static bool find_in_classes(struct search *search, uint64_t address, unsigned depth)
{
	for (size_t i = 0; i < search->name_count && depth < CLASS_DEPTH; i++) {
		char *scope = arena_strdup(search->arena, search->names[i]);
		const char *last = name_last_with_arguments(scope);
		if (last <= scope + 2)
			continue;
		scope[last - scope - 2] = '\0';
		struct candidate class;
		// A whole name by now: putting the scopes before it again would multiply the search at each level.
		const char *whole = arena_printf(search->arena, "::%s", scope);
		if (!find_type_die(search->modules, search->arena, whole, address, depth + 1, &class))
			continue;
		search->best.module = class.module;
		if (find_in_class(search, class.module, &class.die, last, 0, &search->best.die))
			return true;
	}
	return false;
}

static bool find_type_die(struct modules *modules, struct arena *arena, const char *name, uint64_t address, unsigned depth,
			  struct candidate *found_ret)
{
	struct search search;
	search_init(&search, modules, arena, NAME_TYPE, name, address);
	if (!search_all(&search) && !find_in_classes(&search, address, depth))
		return false;
	*found_ret = search.best;
	return true;
}

// ---- Variables and functions -------------------------------------------------------------------------------------

// A static member's DIE in its class declares; its definition has the place, unless it is a constant.
static const struct variable *variable_of(struct search *search)
{
	struct variable_node *node = module_variable(search->best.module, &search->best.die, NULL);
	return node ? &node->variable : NULL;
}

const struct variable *modules_find_variable(struct modules *modules, const char *name, uint64_t address)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct search search;
	search_init(&search, modules, arena, NAME_VARIABLE, name, address);
	bool is_found = search_all(&search);
	if (is_found && search.best.rank < RANK_SUFFIX)
		return variable_of(&search);
	struct candidate suffix = search.best;
	if (find_in_classes(&search, address, 0))
		return variable_of(&search);
	search.best = suffix;
	return is_found ? variable_of(&search) : NULL;
}

bool modules_find_function(struct modules *modules, const char *name, uint64_t address,
			   uint64_t *entry_ret, const struct type **type_ret)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct search search;
	struct link_address entry;
	search_init(&search, modules, arena, NAME_FUNCTION, name, address);
	if ((!search_all(&search) && !find_in_classes(&search, address, 0)) ||
	    !module_die_entry(search.best.module, &search.best.die, &entry))
		return false;
	*entry_ret = module_runtime(search.best.module, entry);
	*type_ret = module_type(search.best.module, &search.best.die);
	return true;
}

// ---- Types -------------------------------------------------------------------------------------------------------

static const char *take_keyword(const char *name, int *tag_ret)
{
	static const struct {
		const char *word;
		int tag;
	} keywords[] = { { "struct ", DW_TAG_structure_type }, { "class ", DW_TAG_structure_type },
			 { "union ", DW_TAG_union_type }, { "enum ", DW_TAG_enumeration_type } };
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (str_starts(name, keywords[i].word)) {
			*tag_ret = keywords[i].tag;
			name += strlen(keywords[i].word);
		}
	while (isspace((unsigned char)*name))
		name++;
	return name;
}

static const struct type *find_named_type(struct modules *modules, struct arena *arena, const char *name, int tag, uint64_t address)
{
	struct search search;
	search_init(&search, modules, arena, NAME_TYPE, name, address);
	search.wanted_tag = tag;
	if (!find_local(&search, address) && !search_all(&search) && !find_in_classes(&search, address, 0))
		return NULL;
	return module_type(search.best.module, &search.best.die);
}

const struct type *modules_find_type(struct modules *modules, const char *name, uint64_t address)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	int tag = 0;
	const char *spellings[BASE_SPELLINGS];
	while (isspace((unsigned char)*name))
		name++;
	const char *plain = take_keyword(name, &tag);
	if (str_equal(plain, "void"))
		return type_void();
	const struct type *builtin = tag ? NULL : base_type_spellings(plain, spellings);
	if (!builtin)
		return find_named_type(modules, arena, plain, tag, address);
	for (size_t i = 0; i < BASE_SPELLINGS && spellings[i]; i++) {
		const struct type *type = find_named_type(modules, arena, spellings[i], DW_TAG_base_type, address);
		if (type && type->size == builtin->size)
			return type;
	}
	return builtin;
}

// ---- Enumerators -------------------------------------------------------------------------------------------------

bool modules_find_enumerator(struct modules *modules, const char *name, uint64_t address,
			     const struct type **type_ret, int64_t *value_ret)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct search search;
	search_init(&search, modules, arena, NAME_ENUMERATOR, name, address);
	if (!find_local(&search, address) && !search_all(&search) && !find_in_classes(&search, address, 0))
		return false;
	const struct type *type = module_type(search.best.module, &search.best.die);
	const char *last = name_last_component(search_name(&search), arena);
	size_t count = 0;
	const struct type_enumerator *enumerators = type_enumerators(type, &count);
	for (size_t i = 0; i < count; i++)
		if (str_equal(enumerators[i].name, last)) {
			*type_ret = type;
			*value_ret = enumerators[i].value;
			return true;
		}
	return false;
}

// ---- Declarations ------------------------------------------------------------------------------------------------

static const struct type *complete_in(struct module *module, const struct type *type, const char *last)
{
	const uint64_t *offsets = NULL;
	size_t count = name_index_find(module, NAME_TYPE, last, &offsets);
	for (size_t i = 0; i < count; i++) {
		Dwarf_Die die;
		if (!module_die(module, offsets[i], &die))
			continue;
		int tag = dwarf_tag(&die);
		const char *name = die_qualified_name(module, &die);
		if (!is_type_tag(tag) || tag == DW_TAG_typedef || tag == DW_TAG_template_alias || !name || !str_equal(name, type->name))
			continue;
		const struct type *found = module_type(module, &die);
		if (!found->is_declaration && type_is_aggregate(found) == type_is_aggregate(type))
			return found;
	}
	return NULL;
}

// Remembers a failure until another module comes; a success is found again by the index, so that it cannot dangle.
static const struct type *resolve_declaration(const struct type *type)
{
	struct type_node *node = type_node(type);
	struct modules *modules = type->module->owner;
	size_t count = modules_count(modules);
	int newest = count ? modules_at(modules, count - 1)->id : 0;
	if (!type->name || (newest && node->unresolved_until == newest))
		return type;
	_cleanup_arena_ struct arena *arena = arena_create();
	const char *last = name_last_component(type->name, arena);
	const struct type *found = complete_in(type->module, type, last);
	for (size_t i = 0; i < count && !found; i++)
		if (modules_at(modules, i) != type->module)
			found = complete_in(modules_at(modules, i), type, last);
	if (!found)
		node->unresolved_until = newest;
	return found ? found : type;
}

const struct type *type_resolve(const struct type *type)
{
	const struct type *plain = type_strip(type);
	if (!plain->is_declaration || !plain->module || !plain->module->owner)
		return type ? type : plain;
	const struct type *found = resolve_declaration(plain);
	return found == plain ? type : found;
}

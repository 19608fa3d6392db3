// Function names to addresses: DWARF's definitions and inlined copies, and ELF symbols for what DWARF does not describe.
#include <ctype.h>
#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "engine/symbols/line_table.h"
#include "engine/symbols/names.h"

struct found {
	struct module *module;
	struct link_address entry, address;   // where the function begins, and where to stop
	const char *name;
};

struct search {
	struct modules *modules;
	struct arena *arena;
	const char *file;            // "file.c" of "file.c:f"; NULL
	const char *plain;           // "ns::f" of "ns::f(int)"
	const char *parameters;      // "int"; NULL if any will do
	VEC(struct found) found;
};

// "file.c:f" has one colon where "a::b" has two.
static const char *split_file(struct search *search, const char *name)
{
	for (const char *at = strchr(name, ':'); at; at = strchr(at + 1, ':')) {
		if (at[1] == ':') {
			at++;
			continue;
		}
		search->file = arena_strndup(search->arena, name, (size_t)(at - name));
		return at + 1;
	}
	return name;
}

static void add_found(struct search *search, struct module *module, struct link_address entry, struct link_address address,
		      const char *name)
{
	vec_each(other, &search->found)
		if (other->module == module && (other->entry.value == entry.value || other->address.value == address.value))
			return;
	*vec_push(&search->found) = (struct found){ module, entry, address, name };
}

// ---- DWARF -------------------------------------------------------------------------------------------------------

static bool same_parameters(const char *wanted, const char *given)
{
	if (str_equal(wanted, "void"))
		wanted = "";
	if (str_equal(given, "void"))
		given = "";
	return names_equal_loosely(wanted, given);
}

static bool demangled_parameters_match(struct search *search, struct module *module, const char *mangled)
{
	const char *plain = NULL, *parameters = NULL;
	const char *demangled = symbol_demangle(module, mangled);
	if (demangled == mangled)
		return false;
	name_split_parameters(demangled, search->arena, &plain, &parameters);
	return parameters && same_parameters(search->parameters, parameters);
}

static bool declared_parameters_match(struct search *search, struct module *module, Dwarf_Die *function)
{
	struct str list = STR_INIT;
	Dwarf_Die die;
	Dwarf_Attribute attribute;
	bool is_artificial = false;
	for (bool more = dwarf_child(function, &die) == 0; more; more = die_next(&die)) {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_unspecified_parameters)
			str_add(&list, list.length ? ", ..." : "...");
		if (tag != DW_TAG_formal_parameter)
			continue;
		if (dwarf_attr_integrate(&die, DW_AT_artificial, &attribute) && dwarf_formflag(&attribute, &is_artificial) == 0 &&
		    is_artificial)
			continue;
		const struct type *type = module_type_of(module, &die);
		_cleanup_free_ char *name = type ? type_name(type) : xstrdup("void");
		str_printf(&list, "%s%s", list.length ? ", " : "", name);
	}
	bool is_match = same_parameters(search->parameters, str_text(&list));
	str_deinit(&list);
	return is_match;
}

static bool parameters_match(struct search *search, struct module *module, Dwarf_Die *origin)
{
	Dwarf_Attribute attribute;
	if (!search->parameters)
		return true;
	const char *mangled = dwarf_formstring(dwarf_attr_integrate(origin, DW_AT_linkage_name, &attribute));
	return (mangled && demangled_parameters_match(search, module, mangled)) || declared_parameters_match(search, module, origin);
}

static bool file_matches(const struct search *search, struct module *module, Dwarf_Die *origin)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index = 0;
	Dwarf_Die unit;
	if (!search->file)
		return true;
	if (!dwarf_attr_integrate(origin, DW_AT_decl_file, &attribute) || dwarf_formudata(&attribute, &index) != 0 ||
	    !dwarf_diecu(origin, &unit, NULL, NULL))
		return false;
	const struct source_file *file = module_source_file(module, &unit, index);
	if (!file || !str_ends(file->path, search->file))
		return false;
	size_t rest = strlen(file->path) - strlen(search->file);
	return !rest || file->path[rest - 1] == '/';
}

static void add_inlined_copies(struct search *search, struct module *module, uint64_t abstract_offset, const char *name)
{
	const uint64_t *copies = NULL;
	size_t count = name_index_inlined_copies(module, abstract_offset, &copies);
	for (size_t i = 0; i < count; i++) {
		Dwarf_Die die;
		struct link_address entry;
		if (module_die(module, copies[i], &die) && module_die_entry(module, &die, &entry))
			add_found(search, module, entry, entry, name);
	}
}

static void consider_die(struct search *search, struct module *module, uint64_t offset)
{
	Dwarf_Die die;
	struct link_address entry;
	if (!module_die(module, offset, &die))
		return;
	const char *name = die_qualified_name(module, &die);
	if (!name || !name_matches(name, search->plain, true) || !parameters_match(search, module, &die) ||
	    !file_matches(search, module, &die))
		return;
	if (module_die_entry(module, &die, &entry))
		add_found(search, module, entry, module_after_prologue(module, entry), name);
	if (dwarf_hasattr(&die, DW_AT_inline))
		add_inlined_copies(search, module, offset, name);
}

static void consider_name(struct search *search, struct module *module, const char *name)
{
	const uint64_t *offsets = NULL;
	size_t count = name_index_find(module, NAME_FUNCTION, name, &offsets);
	for (size_t i = 0; i < count; i++)
		consider_die(search, module, offsets[i]);
}

static void search_dwarf(struct search *search, struct module *module)
{
	const char *bare = name_last_component(search->plain, search->arena), *full = name_last_with_arguments(search->plain);
	consider_name(search, module, bare);
	if (!str_equal(bare, full))
		consider_name(search, module, full);
}

// ---- ELF ---------------------------------------------------------------------------------------------------------

struct symbol_list {
	VEC(const struct symbol_entry *) entries;
};

static void take_function(void *data, const struct symbol_entry *entry)
{
	struct symbol_list *list = data;
	if (entry->type == STT_FUNC || entry->type == STT_GNU_IFUNC || entry->type == STT_NOTYPE)
		*vec_push(&list->entries) = entry;
}

static void search_symbols(struct search *search, struct module *module, struct symbol_list *list)
{
	symbol_table_named(module, search->plain, take_function, list);
	symbol_table_demangled(module, search->plain, true, take_function, list);
}

static bool is_plain_c(const struct symbol_entry *entry, const struct search *search)
{
	return str_equal(entry->name, search->plain);
}

static void add_symbols(struct search *search, struct module *module, struct symbol_list *list)
{
	vec_each(item, &list->entries) {
		const struct symbol_entry *entry = *item;
		struct link_address start = { entry->value };
		Dwarf_Die die;
		if (!module_is_code(module, start))
			continue;
		bool is_described = module->symbols->dwarf && module_function_die_at(module, start, &die);
		if (search->file && !(is_described && file_matches(search, module, &die)))
			continue;
		if (search->parameters && !(is_described ? parameters_match(search, module, &die)
							 : !is_plain_c(entry, search) && demangled_parameters_match(search, module, entry->name)))
			continue;
		add_found(search, module, start, module_after_prologue(module, start), symbol_demangle_bare(module, entry->name));
	}
}

// A library whose debug information lies in another file is read only if its symbols know the name: else each function
// breakpoint would unpack that of the whole system.
static void search_module(struct search *search, struct module *module)
{
	struct symbol_list list = { .entries = VEC_INIT };
	search_symbols(search, module, &list);
	bool is_separate = module_debug_elf(module) != NULL;
	if ((!is_separate || module->symbols->is_dwarf_read || list.entries.count) && module_dwarf(module))
		search_dwarf(search, module);
	add_symbols(search, module, &list);
	vec_deinit(&list.entries);
}

// ---- Results -----------------------------------------------------------------------------------------------------

static void make_location(struct search *search, struct module *module, uint64_t address, const char *name,
			  struct code_location *location)
{
	struct line_position position;
	*location = (struct code_location){ .module = module, .address = address, .function = name };
	if (!modules_line_at(search->modules, address, &position))
		return;
	location->file = position.file;
	location->line = position.line;
	location->column = position.column;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *left = a, *right = b;
	uint64_t left_address = module_runtime(left->module, left->address);
	uint64_t right_address = module_runtime(right->module, right->address);
	return left_address < right_address ? -1 : left_address > right_address;
}

static struct error *resolve_address(struct search *search, const char *text, struct code_location **locations_ret, size_t *count_ret)
{
	char *end = NULL;
	errno = 0;
	uint64_t address = strtoull(text, &end, 0);
	while (isspace((unsigned char)*end))
		end++;
	if (errno || end == text || *end)
		return error_create(ERROR_INVALID, "\"%s\" is not an address", text);
	*locations_ret = arena_new(search->arena, struct code_location);
	*count_ret = 1;
	const char *name = modules_function_name(search->modules, address, search->arena);
	make_location(search, modules_find(search->modules, address), address, name, *locations_ret);
	return NULL;
}

struct error *modules_resolve_function(struct modules *modules, struct module *only, const char *name,
				       struct arena *arena, struct code_location **locations_ret, size_t *count_ret)
{
	struct search search = { .modules = modules, .arena = arena, .found = VEC_INIT };
	if (*name == '*')
		return resolve_address(&search, name + 1, locations_ret, count_ret);
	const char *function = split_file(&search, name);
	name_split_parameters(function, arena, &search.plain, &search.parameters);
	if (!*search.plain)
		return error_create(ERROR_INVALID, "\"%s\" does not name a function", name);
	for (size_t i = 0; i < modules_count(modules); i++)
		if (!only || only == modules_at(modules, i))
			search_module(&search, modules_at(modules, i));
	if (!search.found.count)
		return error_create(ERROR_NOT_FOUND, "no function \"%s\"", name);
	qsort(search.found.items, search.found.count, sizeof(*search.found.items), compare_found);
	*locations_ret = arena_array(arena, struct code_location, search.found.count);
	*count_ret = search.found.count;
	for (size_t i = 0; i < search.found.count; i++) {
		const struct found *found = &search.found.items[i];
		make_location(&search, found->module, module_runtime(found->module, found->address), found->name, &(*locations_ret)[i]);
	}
	vec_deinit(&search.found);
	return NULL;
}

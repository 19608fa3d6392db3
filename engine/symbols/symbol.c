// ELF symbols over all modules: by address and by (mangled or demangled) name.
#include <string.h>

#include "engine/symbols/names.h"
#include "engine/symbols/private.h"

void symbol_fill(struct module *module, const struct symbol_entry *entry, struct symbol *symbol_ret)
{
	bool is_tls = entry->type == STT_TLS;
	*symbol_ret = (struct symbol){
		.name = entry->name,
		.module = module,
		.address = is_tls ? entry->value : module_runtime(module, (struct link_address){ entry->value }),
		.size = entry->size,
		.is_function = entry->type == STT_FUNC || entry->type == STT_GNU_IFUNC,
		.is_ifunc = entry->type == STT_GNU_IFUNC,
		.is_data = entry->type == STT_OBJECT || entry->type == STT_COMMON,
		.is_tls = is_tls,
	};
}

bool modules_symbol_at(struct modules *modules, uint64_t address, struct symbol *symbol_ret)
{
	struct module *module = modules_find(modules, address);
	const struct symbol_entry *entry = module ? symbol_table_at(module, module_link(module, address)) : NULL;
	if (!entry)
		return false;
	symbol_fill(module, entry, symbol_ret);
	return true;
}

bool modules_symbolise(struct modules *modules, uint64_t address, struct str *text)
{
	struct symbol symbol;
	if (!modules_symbol_at(modules, address, &symbol))
		return false;
	str_add(text, symbol_demangle(symbol.module, symbol.name));
	if (address != symbol.address)
		str_printf(text, "+%llu", (unsigned long long)(address - symbol.address));
	return true;
}

void symbol_table_demangled(struct module *module, const char *name, bool is_suffix, symbol_visit_fn visit, void *data)
{
	struct arena *scratch = arena_create();
	const struct symbol_entry *entries = NULL;
	size_t count = symbol_table_entries(module, &entries);
	// Every mangling spells an identifier out, so most names are ruled out without demangling them.
	const char *identifier = name_identifier(name, scratch);
	for (size_t i = 0; i < count; i++) {
		const char *symbol = entries[i].name;
		// A function's cold part has the function's name with a suffix that demangling may drop; it is not the function.
		if (symbol[0] != '_' || (symbol[1] != 'Z' && symbol[1] != 'R') || !strstr(symbol, identifier) || strstr(symbol, ".cold"))
			continue;
		const char *demangled = symbol_demangle_bare(module, symbol);
		if (demangled != symbol && name_matches(demangled, name, is_suffix))
			visit(data, &entries[i]);
	}
	arena_destroy(scratch);
}

struct collection {
	struct module *module;
	VEC(struct symbol) found;
};

static void collect(void *data, const struct symbol_entry *entry)
{
	struct collection *collection = data;
	symbol_fill(collection->module, entry, vec_push(&collection->found));
}

static void collect_from(struct collection *collection, struct module *module, const char *name)
{
	collection->module = module;
	symbol_table_named(module, name, collect, collection);
}

static void collect_demangled(struct collection *collection, struct module *module, const char *name)
{
	collection->module = module;
	symbol_table_demangled(module, name, false, collect, collection);
}

// The executable first, then load order. Stops after the first module that has one if `is_one`.
static void collect_all(struct modules *modules, const char *name, bool is_one, struct collection *collection,
			void (*from)(struct collection *, struct module *, const char *))
{
	for (int others = 0; others < 2; others++)
		for (size_t i = 0; i < modules_count(modules) && !(is_one && collection->found.count); i++) {
			struct module *module = modules_at(modules, i);
			if (module->is_executable == !others)
				from(collection, module, name);
		}
}

static void collect_named(struct modules *modules, const char *name, bool is_one, struct collection *collection)
{
	collect_all(modules, name, is_one, collection, collect_from);
	if (!is_one || !collection->found.count)
		collect_all(modules, name, is_one, collection, collect_demangled);
}

bool modules_symbol_named(struct modules *modules, const char *name, struct symbol *symbol_ret)
{
	struct collection collection = { .found = VEC_INIT };
	collect_named(modules, name, true, &collection);
	bool is_found = collection.found.count > 0;
	if (is_found)
		*symbol_ret = collection.found.items[0];
	vec_deinit(&collection.found);
	return is_found;
}

size_t modules_symbols_named(struct modules *modules, const char *name, struct arena *arena, struct symbol **symbols_ret)
{
	struct collection collection = { .found = VEC_INIT };
	collect_named(modules, name, false, &collection);
	size_t count = collection.found.count;
	*symbols_ret = arena_array(arena, struct symbol, count);
	if (count)
		memcpy(*symbols_ret, collection.found.items, count * sizeof(struct symbol));
	vec_deinit(&collection.found);
	return count;
}

// Completion: names that begin with what has been typed.
#include "engine/symbols/name_index.h"
#include "engine/symbols/names.h"
#include "engine/symbols/variable_private.h"

#define LIMIT 10000u

struct completion {
	struct arena *arena;
	const char *scope;         // "ns::" of "ns::fo", or ""
	const char *prefix;        // "fo"
	size_t limit, count;
	const char **names;
	struct strmap seen;
	struct module *module;
};

static bool add(struct completion *completion, const char *name)
{
	if (completion->count >= completion->limit)
		return false;
	if (strmap_get(&completion->seen, name))
		return true;
	strmap_set(&completion->seen, name, completion);
	completion->names[completion->count++] = arena_strdup(completion->arena, name);
	return completion->count < completion->limit;
}

static void add_variables(struct completion *completion, const struct variable **variables, size_t count, const char *typed)
{
	for (size_t i = 0; i < count; i++) {
		if (str_starts(variables[i]->qualified_name, typed))
			add(completion, variables[i]->qualified_name);
		else if (str_starts(variables[i]->name, typed))
			add(completion, variables[i]->name);
	}
}

static void add_locals(struct completion *completion, struct modules *modules, uint64_t address, const char *typed)
{
	const struct variable **variables = NULL;
	for (const struct function *function = modules_function_at(modules, address); function; function = function->outer) {
		size_t count = function_variables(function, address, completion->arena, &variables);
		// The innermost first: it is what the name means.
		for (size_t i = count; i-- > 0;)
			add_variables(completion, &variables[i], 1, typed);
		if (!function->is_inlined)
			return;
	}
}

static bool is_in_scope(struct completion *completion, enum name_kind kind, const char *key)
{
	const uint64_t *offsets = NULL;
	const char *wanted = arena_printf(completion->arena, "%s%s", completion->scope, key);
	size_t count = name_index_find(completion->module, kind, key, &offsets);
	for (size_t i = 0; i < count; i++) {
		Dwarf_Die die;
		const char *name = module_die(completion->module, offsets[i], &die) ? die_qualified_name(completion->module, &die) : NULL;
		if (name && kind == NAME_ENUMERATOR)
			name = arena_printf(completion->arena, "%s::%s", name, key);
		if (name && name_matches(name, wanted, false))
			return true;
	}
	return false;
}

static bool visit(void *data, enum name_kind kind, const char *name, size_t length)
{
	struct completion *completion = data;
	const char *key = arena_strndup(completion->arena, name, length);
	if (!*completion->scope)
		return add(completion, key);
	if (!is_in_scope(completion, kind, key))
		return true;
	return add(completion, arena_printf(completion->arena, "%s%s", completion->scope, key));
}

// The module at the address and the program; of the others those that have been indexed for other reasons.
static void add_modules(struct completion *completion, struct modules *modules, uint64_t address)
{
	struct module *home = modules_find(modules, address);
	for (size_t i = 0; i < modules_count(modules) && completion->count < completion->limit; i++) {
		struct module *module = modules_at(modules, i);
		if (module != home && !module->is_executable && !name_index_is_made(module))
			continue;
		completion->module = module;
		name_index_each(module, completion->prefix, visit, completion);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t modules_complete(struct modules *modules, const char *prefix, uint64_t address, size_t limit,
			struct arena *arena, const char ***names_ret)
{
	const struct variable **globals = NULL;
	if (limit > LIMIT)
		limit = LIMIT;
	const char *last = name_last_with_arguments(prefix);
	struct completion completion = { .arena = arena, .limit = limit, .prefix = last };
	completion.scope = arena_strndup(arena, prefix, (size_t)(last - prefix));
	completion.names = arena_array(arena, const char *, limit);
	add_locals(&completion, modules, address, prefix);
	size_t locals = completion.count;
	size_t count = modules_unit_globals(modules, address, arena, &globals);
	add_variables(&completion, globals, count, prefix);
	add_modules(&completion, modules, address);
	if (completion.count > locals)
		qsort(completion.names + locals, completion.count - locals, sizeof(*completion.names), compare_names);
	strmap_deinit(&completion.seen);
	*names_ret = completion.names;
	return completion.count;
}

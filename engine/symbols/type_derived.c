// Types that no DIE stands for: built-in ones, and pointers and arrays that expressions make. They live until the program ends, or
// until type_forget_derived() because a module they mention goes.
#include <stdio.h>

#include "engine/symbols/type_private.h"

#define STRIP_LIMIT 512

static struct strmap builtins = STRMAP_INIT;
static struct map derived = MAP_INIT;      // target -> list of struct type_node (next_derived)

const struct type *type_void(void)
{
	static struct type_node node = { .type = { .kind = TYPE_VOID, .name = "void" } };
	return &node.type;
}

const struct type *type_builtin(enum type_kind kind, uint64_t size, bool is_signed, const char *name)
{
	char key[160];
	snprintf(key, sizeof(key), "%d %llu %d %.100s", (int)kind, (unsigned long long)size, is_signed, name);
	struct type_node *node = strmap_get(&builtins, key);
	if (node)
		return &node->type;
	node = xcalloc(1, sizeof(*node));
	node->type = (struct type){ .kind = kind, .name = xstrdup(name), .size = size, .is_signed = is_signed };
	strmap_set(&builtins, key, node);
	return &node->type;
}

const struct type *type_enum_of(const char *name, uint64_t size, const struct type_enumerator *enumerators, size_t count)
{
	struct type_node *node = type_node(type_builtin(TYPE_ENUM, size, true, name));
	node->are_enumerators_read = true;
	node->enumerators = enumerators;
	node->enumerator_count = count;
	return &node->type;
}

static struct type_node *derived_find(const struct type *target, enum type_kind kind, uint64_t count)
{
	struct type_node *node = map_get(&derived, (uintptr_t)target);
	while (node && (node->type.kind != kind || node->type.count != count))
		node = node->next_derived;
	return node;
}

static struct type_node *derived_add(const struct type *target, enum type_kind kind, uint64_t count)
{
	struct type_node *node = xcalloc(1, sizeof(*node));
	node->type = (struct type){ .kind = kind, .target = target, .count = count,
				    .language = target->language, .module = target->module };
	node->next_derived = map_get(&derived, (uintptr_t)target);
	map_set(&derived, (uintptr_t)target, node);
	return node;
}

const struct type *type_pointer_to(const struct type *target)
{
	if (!target)
		target = type_void();
	struct type_node *node = derived_find(target, TYPE_POINTER, 0);
	if (!node) {
		node = derived_add(target, TYPE_POINTER, 0);
		node->type.size = sizeof(uint64_t);
	}
	return &node->type;
}

const struct type *type_array_of(const struct type *target, uint64_t count)
{
	if (!target)
		target = type_void();
	struct type_node *node = derived_find(target, TYPE_ARRAY, count);
	if (!node) {
		node = derived_add(target, TYPE_ARRAY, count);
		node->type.has_count = true;
		if (__builtin_mul_overflow(count, type_resolve(target)->size, &node->type.size))
			node->type.size = 0;
	}
	return &node->type;
}

const struct type *type_function_returning(const struct type *result)
{
	if (!result)
		result = type_void();
	struct type_node *node = derived_find(result, TYPE_FUNCTION, 0);
	return &(node ? node : derived_add(result, TYPE_FUNCTION, 0))->type;
}

static void derived_free(struct type_node *node)
{
	while (node) {
		struct type_node *next = node->next_derived;
		free(node);
		node = next;
	}
}

// All that is derived from one target is of the target's module. What has none stays: rules that outlive a program have such types, and so have
// other processes.
void type_forget_derived(const struct module *module)
{
	for (struct map_entry *entry = map_next(&derived, NULL); entry; entry = map_next(&derived, entry)) {
		struct type_node *node = entry->value;
		if (module && node->type.module != module)
			continue;
		map_remove(&derived, entry->key);
		derived_free(node);
	}
	if (!derived.count)
		map_deinit(&derived);
}

static bool is_alias(const struct type *type)
{
	switch (type->kind) {
	case TYPE_TYPEDEF:
	case TYPE_CONST:
	case TYPE_VOLATILE:
	case TYPE_RESTRICT:
	case TYPE_ATOMIC: return true;
	default: return false;
	}
}

const struct type *type_strip(const struct type *type)
{
	for (unsigned i = 0; type && i < STRIP_LIMIT; i++) {
		if (!is_alias(type))
			return type;
		type = type->target;
	}
	return type_void();
}

bool type_is_scalar(const struct type *type)
{
	switch (type_strip(type)->kind) {
	case TYPE_BOOL:
	case TYPE_CHAR:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_ENUM:
	case TYPE_POINTER: return true;
	default: return false;
	}
}

bool type_is_aggregate(const struct type *type)
{
	enum type_kind kind = type_strip(type)->kind;
	return kind == TYPE_STRUCT || kind == TYPE_CLASS || kind == TYPE_UNION;
}

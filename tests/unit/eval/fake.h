// A program made up in the test: its memory is the test's own objects, its types are laid out with offsetof(). Stands in for
// the whole of engine/symbols, so nothing of that library is linked.
#pragma once

#include <stdio.h>

#include "base/vec.h"
#include "engine/eval/expression.h"

struct fake_region {
	uint8_t *start;
	size_t size;
};

struct fake_variable {
	struct variable variable;   // first: handed out as struct variable
	void *object;               // NULL: optimised out
	const struct location_piece *pieces;
	size_t piece_count;
};

struct fake_members {
	const struct type *type;
	const struct type_member *members;
	size_t count;
	const struct type_enumerator *enumerators;
	size_t enumerator_count;
	const struct type_member *discriminant;
};

struct modules {
	const struct fake_variable *globals;
	size_t global_count;
	const struct type *const *types;
	size_t type_count;
	const struct fake_variable *locals;
	size_t local_count;
	struct symbol symbols[4];
	size_t symbol_count;
	uint64_t function_entry;
	const struct type *function_type;
	unsigned lookups;
};

static struct modules fake_modules;
static struct fake_members fake_members[32];
static size_t fake_members_count;
static struct fake_region fake_regions[32];
static size_t fake_region_count;
static uint8_t fake_registers[REGISTER_COUNT][64];

static inline struct fake_members *fake_entry(const struct type *type)
{
	for (size_t i = 0; i < fake_members_count; i++)
		if (fake_members[i].type == type)
			return &fake_members[i];
	return NULL;
}

// ---- engine/symbols/type.h ---------------------------------------------------------------------------------------

const struct type_member *type_members(const struct type *type, size_t *count_ret)
{
	const struct fake_members *entry = fake_entry(type);
	*count_ret = entry ? entry->count : 0;
	return entry ? entry->members : NULL;
}

const struct type_enumerator *type_enumerators(const struct type *type, size_t *count_ret)
{
	const struct fake_members *entry = fake_entry(type);
	*count_ret = entry ? entry->enumerator_count : 0;
	return entry ? entry->enumerators : NULL;
}

const struct type *type_template_argument(const struct type *type, size_t index)
{
	(void)type;
	(void)index;
	return NULL;
}

const struct type_member *type_discriminant(const struct type *type)
{
	const struct fake_members *entry = fake_entry(type);
	return entry ? entry->discriminant : NULL;
}

const struct type *type_void(void)
{
	static const struct type void_type = { .kind = TYPE_VOID, .name = "void" };
	return &void_type;
}

const struct type *type_strip(const struct type *type)
{
	while (type && (type->kind == TYPE_TYPEDEF || type->kind == TYPE_CONST || type->kind == TYPE_VOLATILE ||
			type->kind == TYPE_RESTRICT || type->kind == TYPE_ATOMIC))
		type = type->target;
	return type ? type : type_void();
}

const struct type *type_resolve(const struct type *type)
{
	return type;
}

bool type_is_scalar(const struct type *type)
{
	enum type_kind kind = type_strip(type)->kind;
	return (kind >= TYPE_BOOL && kind <= TYPE_FLOAT) || kind == TYPE_ENUM || kind == TYPE_POINTER;
}

bool type_is_aggregate(const struct type *type)
{
	enum type_kind kind = type_strip(type)->kind;
	return kind == TYPE_STRUCT || kind == TYPE_CLASS || kind == TYPE_UNION;
}

static VEC(struct type *) fake_derived = VEC_INIT;

static const struct type *fake_derive(enum type_kind kind, const struct type *target, uint64_t count)
{
	for (size_t i = 0; i < fake_derived.count; i++) {
		const struct type *known = fake_derived.items[i];
		if (known->kind == kind && known->target == target && known->count == count)
			return known;
	}
	struct type *type = xcalloc(1, sizeof(*type));
	*type = (struct type){ .kind = kind, .target = target, .count = count, .has_count = kind == TYPE_ARRAY, .size = 8 };
	if (kind == TYPE_ARRAY && __builtin_mul_overflow(count, type_strip(target)->size, &type->size))
		type->size = 0;
	*vec_push(&fake_derived) = type;
	return type;
}

const struct type *type_pointer_to(const struct type *target)
{
	return fake_derive(TYPE_POINTER, target, 0);
}

const struct type *type_array_of(const struct type *target, uint64_t count)
{
	return fake_derive(TYPE_ARRAY, target, count);
}

const struct type *type_function_returning(const struct type *result)
{
	return fake_derive(TYPE_FUNCTION, result, 0);
}

char *type_name(const struct type *type)
{
	if (!type || type->kind == TYPE_VOID)
		return xstrdup("void");
	if (type->name)
		return xstrdup(type->name);
	_cleanup_free_ char *target = type->target ? type_name(type->target) : xstrdup("void");
	if (type->kind == TYPE_POINTER)
		return xasprintf("%s *", target);
	if (type->kind == TYPE_ARRAY)
		return xasprintf("%s [%llu]", target, (unsigned long long)type->count);
	return xasprintf("%s?", target);
}

// ---- engine/symbols/module.h and location.h ----------------------------------------------------------------------

size_t function_variables(const struct function *function, uint64_t address, struct arena *arena, const struct variable ***variables_ret)
{
	(void)function, (void)address;
	const struct variable **variables = arena_array(arena, const struct variable *, fake_modules.local_count + 1);
	for (size_t i = 0; i < fake_modules.local_count; i++)
		variables[i] = &fake_modules.locals[i].variable;
	fake_modules.lookups++;
	*variables_ret = variables;
	return fake_modules.local_count;
}

const struct variable *modules_find_variable(struct modules *modules, const char *name, uint64_t address)
{
	(void)address;
	modules->lookups++;
	for (size_t i = 0; i < modules->global_count; i++)
		if (str_equal(modules->globals[i].variable.qualified_name, name))
			return &modules->globals[i].variable;
	return NULL;
}

const struct type *modules_find_type(struct modules *modules, const char *name, uint64_t address)
{
	(void)address;
	if (str_starts(name, "struct "))
		name += strlen("struct ");
	for (size_t i = 0; i < modules->type_count; i++)
		if (str_equal(modules->types[i]->name, name))
			return modules->types[i];
	return NULL;
}

const struct function *modules_function_at(struct modules *modules, uint64_t address)
{
	(void)modules;
	(void)address;
	return NULL;
}

bool modules_find_function(struct modules *modules, const char *name, uint64_t address, uint64_t *entry_ret, const struct type **type_ret)
{
	(void)address;
	if (!modules->function_type || !str_equal(name, "square"))
		return false;
	*entry_ret = modules->function_entry;
	*type_ret = modules->function_type;
	return true;
}

bool modules_find_enumerator(struct modules *modules, const char *name, uint64_t address, const struct type **type_ret, int64_t *value_ret)
{
	(void)modules, (void)address;
	for (size_t i = 0; i < fake_members_count; i++) {
		for (size_t j = 0; j < fake_members[i].enumerator_count; j++) {
			if (!str_equal(fake_members[i].enumerators[j].name, name))
				continue;
			*type_ret = fake_members[i].type;
			*value_ret = fake_members[i].enumerators[j].value;
			return true;
		}
	}
	return false;
}

bool modules_symbol_named(struct modules *modules, const char *name, struct symbol *symbol_ret)
{
	for (size_t i = 0; i < modules->symbol_count; i++) {
		if (!str_equal(modules->symbols[i].name, name))
			continue;
		*symbol_ret = modules->symbols[i];
		return true;
	}
	return false;
}

bool modules_symbolise(struct modules *modules, uint64_t address, struct str *text)
{
	if (address != modules->function_entry || !address)
		return false;
	str_add(text, "square");
	return true;
}

struct error *variable_locate(const struct variable *variable, const struct location_context *context, struct arena *arena,
			      struct location *location_ret)
{
	(void)context;
	const struct fake_variable *fake = (const struct fake_variable *)variable;
	if (fake->pieces) {
		*location_ret = (struct location){ fake->pieces, fake->piece_count };
		return NULL;
	}
	if (!fake->object)
		return error_create(ERROR_UNAVAILABLE, "optimised out");
	struct location_piece *piece = arena_new(arena, struct location_piece);
	piece->kind = LOCATION_MEMORY;
	piece->address = (uint64_t)(uintptr_t)fake->object;
	*location_ret = (struct location){ piece, 1 };
	return NULL;
}

struct error *location_pointed(const struct location_piece *pointer, const struct location_context *context, struct arena *arena,
			       struct location *location_ret, uint64_t *offset_ret)
{
	(void)pointer, (void)context, (void)arena, (void)location_ret, (void)offset_ret;
	return error_create(ERROR_UNAVAILABLE, "unknown");
}

struct error *type_runtime_count(const struct type *type, const struct location_context *context, uint64_t *count_ret)
{
	(void)type, (void)context, (void)count_ret;
	return error_create(ERROR_UNAVAILABLE, "unknown");
}

struct error *member_locate(const struct type_member *member, uint64_t object, const struct location_context *context, uint64_t *address_ret)
{
	(void)context;
	*address_ret = object + member->offset;
	return NULL;
}

// ---- The process -------------------------------------------------------------------------------------------------

static uint8_t *fake_find(uint64_t address, size_t *size)
{
	for (size_t i = 0; i < fake_region_count; i++) {
		uint64_t offset = address - (uint64_t)(uintptr_t)fake_regions[i].start;
		if (offset >= fake_regions[i].size)
			continue;
		if (*size > fake_regions[i].size - offset)
			*size = fake_regions[i].size - offset;
		return fake_regions[i].start + offset;
	}
	return NULL;
}

static size_t fake_read(void *data, uint64_t address, void *bytes, size_t size)
{
	(void)data;
	const uint8_t *found = fake_find(address, &size);
	if (!found)
		return 0;
	memcpy(bytes, found, size);
	return size;
}

static size_t fake_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data;
	uint8_t *found = fake_find(address, &size);
	if (!found)
		return 0;
	memcpy(found, bytes, size);
	return size;
}

static struct error *fake_read_register(void *data, const struct register_desc *desc, void *bytes)
{
	(void)data;
	const struct register_desc *whole = desc->whole == REGISTER_NONE ? desc : &register_descs[desc->whole];
	memcpy(bytes, fake_registers[whole->id] + desc->part_offset, desc->size);
	return NULL;
}

static struct error *fake_write_register(void *data, const struct register_desc *desc, const void *bytes)
{
	(void)data;
	const struct register_desc *whole = desc->whole == REGISTER_NONE ? desc : &register_descs[desc->whole];
	memcpy(fake_registers[whole->id] + desc->part_offset, bytes, desc->size);
	return NULL;
}

static struct error *fake_read_dwarf(void *data, int dwarf_register, uint64_t *value_ret)
{
	(void)data;
	memcpy(value_ret, fake_registers[register_by_dwarf(dwarf_register)->id], sizeof(*value_ret));
	return NULL;
}

static void fake_map(void *start, size_t size)
{
	fake_regions[fake_region_count++] = (struct fake_region){ start, size };
}

static struct location_context fake_location = { .read_register = fake_read_dwarf };

static struct eval_context fake_context(const struct function *function)
{
	struct memory_io io = { .read = fake_read, .write = fake_write };
	struct memory *memory = memory_create(io);
	memory_set_caching(memory, false);
	fake_location.memory = memory;
	return (struct eval_context){ .arena = arena_create(), .modules = &fake_modules, .memory = memory, .location = &fake_location,
				      .function = function, .pc = 0x401000, .read_register = fake_read_register,
				      .write_register = fake_write_register, .may_have_side_effects = true };
}

static void fake_context_end(struct eval_context *context)
{
	arena_destroy(context->arena);
	memory_destroy(context->memory);
	for (size_t i = 0; i < fake_derived.count; i++)
		free(fake_derived.items[i]);
	vec_deinit(&fake_derived);
}

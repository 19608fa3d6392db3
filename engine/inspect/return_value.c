// Where the System V ABI for AMD64 (3.2.3) leaves a returned value: classes INTEGER (rax, rdx), SSE (xmm0, xmm1), X87 (st0), MEMORY
// (the address that comes back in rax).
#include <string.h>

#include "engine/inspect/private.h"

enum abi_class { CLASS_NONE, CLASS_INTEGER, CLASS_SSE, CLASS_X87, CLASS_MEMORY };

enum { EIGHTBYTES = 2, CLASSIFY_DEPTH = 16 };

static enum abi_class merge(enum abi_class a, enum abi_class b)
{
	if (a == b || b == CLASS_NONE)
		return a;
	if (a == CLASS_NONE)
		return b;
	if (a == CLASS_MEMORY || b == CLASS_MEMORY || a == CLASS_X87 || b == CLASS_X87)
		return CLASS_MEMORY;
	return a == CLASS_INTEGER || b == CLASS_INTEGER ? CLASS_INTEGER : CLASS_SSE;
}

static bool classify(const struct type *type, uint64_t offset, enum abi_class classes[EIGHTBYTES], unsigned depth);

static bool classify_members(const struct type *type, uint64_t offset, enum abi_class classes[EIGHTBYTES], unsigned depth)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (!members[i].is_static && members[i].type &&
		    !classify(members[i].type, offset + members[i].offset + members[i].bit_offset / 8, classes, depth + 1))
			return false;
	return true;
}

static bool classify(const struct type *type, uint64_t offset, enum abi_class classes[EIGHTBYTES], unsigned depth)
{
	type = type_resolve(type_strip(type));
	if (depth > CLASSIFY_DEPTH || offset / 8 >= EIGHTBYTES)
		return false;
	switch (type->kind) {
	case TYPE_STRUCT:
	case TYPE_CLASS:
	case TYPE_UNION: return classify_members(type, offset, classes, depth);
	case TYPE_ARRAY:
		for (uint64_t i = 0; i < type->count && type->target && type->target->size && i < 16; i++)
			if (!classify(type->target, offset + i * type_strip(type->target)->size, classes, depth + 1))
				return false;
		return true;
	case TYPE_COMPLEX:
		return type->target && classify(type->target, offset, classes, depth + 1) &&
		       classify(type->target, offset + type->size / 2, classes, depth + 1);
	case TYPE_FLOAT:
		classes[offset / 8] = merge(classes[offset / 8], type->size > 8 && !type->is_float128 ? CLASS_X87 : CLASS_SSE);
		if (type->is_float128 && offset == 0)
			classes[1] = CLASS_SSE;
		return true;
	default:
		classes[offset / 8] = merge(classes[offset / 8], CLASS_INTEGER);
		if (type->size > 8 && offset == 0)
			classes[1] = merge(classes[1], CLASS_INTEGER);
		return true;
	}
}

// C++: what cannot be copied by its bytes comes back in memory. DWARF says so with DW_AT_calling_convention, which is not read;
// a virtual table pointer is the sign that is.
static bool has_vtable(const struct type *type)
{
	size_t count;
	const struct type_member *members = type_is_aggregate(type) ? type_members(type, &count) : NULL;
	for (size_t i = 0; members && i < count; i++)
		if (members[i].is_artificial || members[i].is_virtual_base)
			return true;
	return false;
}

static struct error *read_named(struct frame_context *context, const char *name, void *bytes, size_t size)
{
	uint8_t whole[64];
	const struct register_desc *desc = register_find(name);
	struct error *error = thread_get_register(context->thread, desc, whole);
	if (!error)
		memcpy(bytes, whole, size < desc->size ? size : desc->size);
	return error;
}

static struct error *from_registers(struct frame_context *context, const enum abi_class classes[EIGHTBYTES], uint8_t bytes[16])
{
	static const char *const integers[] = { "rax", "rdx" };
	static const char *const vectors[] = { "xmm0", "xmm1" };
	unsigned next_integer = 0;
	unsigned next_vector = 0;
	for (unsigned i = 0; i < EIGHTBYTES; i++) {
		struct error *error = NULL;
		if (classes[i] == CLASS_INTEGER)
			error = read_named(context, integers[next_integer++], bytes + i * 8, 8);
		else if (classes[i] == CLASS_SSE)
			error = read_named(context, vectors[next_vector++], bytes + i * 8, 8);
		if (error)
			return error;
	}
	return NULL;
}

struct error *return_value_read(struct frame_context *context, const struct type *function_type, struct value *value_ret, bool *is_void_ret)
{
	const struct type *declared = function_type ? function_type->target : NULL;
	const struct type *type = type_resolve(type_strip(declared));
	uint8_t bytes[16] = { 0 };
	enum abi_class classes[EIGHTBYTES] = { CLASS_NONE, CLASS_NONE };
	*is_void_ret = type->kind == TYPE_VOID;
	if (*is_void_ret)
		return NULL;
	bool is_x87 = type->kind == TYPE_FLOAT && type->size > 8 && !type->is_float128;
	if (is_x87) {
		struct error *error = read_named(context, "st0", bytes, 10);
		if (!error)
			*value_ret = value_from_bytes(&context->eval, declared, bytes);
		return error;
	}
	bool in_registers = type->size <= 16 && !has_vtable(type) && classify(type, 0, classes, 0) && classes[0] != CLASS_MEMORY &&
			    classes[0] != CLASS_X87 && classes[1] != CLASS_MEMORY && classes[1] != CLASS_X87;
	if (!in_registers) {
		uint64_t address;
		struct error *error = read_named(context, "rax", &address, sizeof(address));
		if (!error)
			*value_ret = value_at(&context->eval, declared, address);
		return error;
	}
	struct error *error = NULL;
	if (type->is_float128 || (type->is_vector && type->size == 16))
		error = read_named(context, "xmm0", bytes, sizeof(bytes));   // SSE and SSEUP: one register
	else
		error = from_registers(context, classes, bytes);
	if (!error)
		*value_ret = value_from_bytes(&context->eval, declared, bytes);
	return error;
}

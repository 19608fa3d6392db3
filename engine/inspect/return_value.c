// Where the System V ABI for AMD64 (3.2.3) leaves a returned value: classes INTEGER (rax, rdx), SSE (xmm0, xmm1; SSEUP: the upper half of
// the last one), X87 (st0), COMPLEX_X87 (st0, st1), MEMORY (the address that comes back in rax).
#include <string.h>

#include "engine/inspect/private.h"

enum abi_class { CLASS_NONE, CLASS_INTEGER, CLASS_SSE, CLASS_SSEUP, CLASS_X87, CLASS_X87UP, CLASS_MEMORY };

enum { EIGHTBYTES = 2, CLASSIFY_DEPTH = 16 };

static enum abi_class merge(enum abi_class a, enum abi_class b)
{
	if (a == b || b == CLASS_NONE)
		return a;
	if (a == CLASS_NONE)
		return b;
	if (a == CLASS_MEMORY || b == CLASS_MEMORY)
		return CLASS_MEMORY;
	if (a == CLASS_INTEGER || b == CLASS_INTEGER)
		return CLASS_INTEGER;
	bool is_x87 = a == CLASS_X87 || b == CLASS_X87 || a == CLASS_X87UP || b == CLASS_X87UP;
	return is_x87 ? CLASS_MEMORY : CLASS_SSE;
}

static bool classify(const struct type *type, uint64_t offset, enum abi_class classes[EIGHTBYTES], unsigned depth);

// A scalar of one or two eightbytes; one that is not aligned sends the whole to memory.
static bool classify_scalar(uint64_t offset, uint64_t size, enum abi_class low, enum abi_class high, enum abi_class classes[EIGHTBYTES])
{
	if (size > 8 ? offset != 0 : size && offset % size)
		return false;
	classes[offset / 8] = merge(classes[offset / 8], low);
	if (size > 8)
		classes[1] = merge(classes[1], high);
	return true;
}

static bool classify_members(const struct type *type, uint64_t offset, enum abi_class classes[EIGHTBYTES], unsigned depth)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (members[i].bit_size) {
			uint64_t byte = offset + members[i].offset + members[i].bit_offset / 8;
			if (!classify_scalar(byte, 1, CLASS_INTEGER, CLASS_NONE, classes))
				return false;
		} else if (!members[i].is_static && members[i].type &&
			   !classify(members[i].type, offset + members[i].offset, classes, depth + 1)) {
			return false;
		}
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
		if (type->is_vector)
			return classify_scalar(offset, type->size, CLASS_SSE, CLASS_SSEUP, classes);
		for (uint64_t i = 0; i < type->count && type->target && type->target->size && i < 16; i++)
			if (!classify(type->target, offset + i * type_strip(type->target)->size, classes, depth + 1))
				return false;
		return true;
	case TYPE_COMPLEX:
		return type->target && classify(type->target, offset, classes, depth + 1) &&
		       classify(type->target, offset + type->size / 2, classes, depth + 1);
	case TYPE_FLOAT:
		if (type->size > 8 && !type->is_float128)
			return classify_scalar(offset, type->size, CLASS_X87, CLASS_X87UP, classes);
		return classify_scalar(offset, type->size, CLASS_SSE, CLASS_SSEUP, classes);
	default: return classify_scalar(offset, type->size, CLASS_INTEGER, CLASS_INTEGER, classes);
	}
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
	if (classes[0] == CLASS_X87)
		return read_named(context, "st0", bytes, 10);
	if (classes[1] == CLASS_SSEUP)
		return read_named(context, "xmm0", bytes, 16);
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

static bool is_in_registers(const struct type *type, enum abi_class classes[EIGHTBYTES])
{
	if (type->size > 16 || type_is_passed_by_reference(type) || !classify(type, 0, classes, 0))
		return false;
	return classes[0] != CLASS_MEMORY && classes[1] != CLASS_MEMORY && (classes[1] != CLASS_X87UP || classes[0] == CLASS_X87);
}

// Larger than two eightbytes and yet not in memory: whole vector registers, and a complex number of long doubles.
static bool wide_from_registers(struct frame_context *context, const struct type *type, uint8_t bytes[64], struct error **error_ret)
{
	const char *name = type->is_vector && type->size == 32 ? "ymm0" : type->is_vector && type->size == 64 ? "zmm0" : NULL;
	if (name && register_find(name)) {
		*error_ret = read_named(context, name, bytes, type->size);
		return true;
	}
	if (type->kind != TYPE_COMPLEX || type->size != 32)
		return false;
	*error_ret = read_named(context, "st0", bytes, 10);
	if (!*error_ret)
		*error_ret = read_named(context, "st1", bytes + 16, 10);
	return true;
}

struct error *return_value_read(struct frame_context *context, const struct type *function_type, struct value *value_ret, bool *is_void_ret)
{
	const struct type *declared = function_type ? function_type->target : NULL;
	const struct type *type = type_resolve(type_strip(declared));
	uint8_t bytes[64] = { 0 };
	enum abi_class classes[EIGHTBYTES] = { CLASS_NONE, CLASS_NONE };
	struct error *error = NULL;
	*is_void_ret = type->kind == TYPE_VOID;
	if (*is_void_ret)
		return NULL;
	if (is_in_registers(type, classes)) {
		error = from_registers(context, classes, bytes);
	} else if (!wide_from_registers(context, type, bytes, &error)) {
		uint64_t address;
		error = read_named(context, "rax", &address, sizeof(address));
		if (!error)
			*value_ret = value_at(&context->eval, declared, address);
		return error;
	}
	if (!error)
		*value_ret = value_from_bytes(&context->eval, declared, bytes);
	return error;
}

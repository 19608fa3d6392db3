#include "engine/arch/registers.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "engine/arch/xstate.h"

// The columns of registers.def.
#define GENERAL_AS(group_, field, kind_, size_, dwarf_) \
	.group = REGISTER_GROUP_##group_, .kind = REGISTER_##kind_, .store = REGISTER_IN_GENERAL, \
	.offset = offsetof(struct user_regs_struct, field), .size = (size_), .dwarf = (dwarf_), .whole = REGISTER_NONE
#define GENERAL(field, kind_, dwarf_) GENERAL_AS(GENERAL, field, kind_, 8, dwarf_)
#define GENERAL_PART(whole_, field, size_, at) \
	.group = REGISTER_GROUP_GENERAL, .kind = REGISTER_INTEGER, .store = REGISTER_IN_GENERAL, \
	.offset = offsetof(struct user_regs_struct, field) + (at), .size = (size_), .dwarf = -1, .whole = REGISTER_##whole_, \
	.part_offset = (at)

#define IN_XSTATE(group_, kind_, offset_, size_, dwarf_, whole_, xcr0_) \
	.group = REGISTER_GROUP_##group_, .kind = REGISTER_##kind_, .store = REGISTER_IN_XSTATE, .offset = (offset_), \
	.size = (size_), .dwarf = (dwarf_), .whole = REGISTER_##whole_, .xcr0 = (xcr0_)
#define X87_CONTROL(offset_, size_, kind_, dwarf_) IN_XSTATE(X87, kind_, offset_, size_, dwarf_, NONE, XSTATE_X87)
#define X87_PART(whole_, offset_, size_, at) \
	IN_XSTATE(X87, INTEGER, offset_, size_, -1, whole_, XSTATE_X87), .part_offset = (at)
#define STACK(n) IN_XSTATE(X87, X87, XSTATE_ST_OFFSET + 16 * (n), 10, 33 + (n), NONE, XSTATE_X87)
#define MMX(n) IN_XSTATE(X87, VECTOR, n, 8, 41 + (n), ST##n, XSTATE_X87)
#define SSE_CONTROL(offset_, size_, kind_, dwarf_) IN_XSTATE(VECTOR, kind_, offset_, size_, dwarf_, NONE, XSTATE_SSE)
#define XMM(n, dwarf_) IN_XSTATE(VECTOR, VECTOR, n, 16, dwarf_, ZMM##n, (n) < 16 ? XSTATE_SSE : XSTATE_AVX512_ALL)
#define YMM(n) IN_XSTATE(VECTOR, VECTOR, n, 32, -1, ZMM##n, (n) < 16 ? XSTATE_SSE | XSTATE_AVX : XSTATE_AVX512_ALL)
#define ZMM(n) IN_XSTATE(VECTOR, VECTOR, n, 64, -1, NONE, XSTATE_AVX512_ALL)
#define MASK(n) IN_XSTATE(MASK, INTEGER, n, 8, 118 + (n), NONE, XSTATE_AVX512_ALL)

#define DEBUG(n) \
	.group = REGISTER_GROUP_DEBUG, .kind = (n) < 4 ? REGISTER_POINTER : REGISTER_FLAGS, .store = REGISTER_IN_DEBUG, \
	.offset = (n), .size = 8, .dwarf = -1, .whole = REGISTER_NONE

const struct register_desc register_descs[REGISTER_COUNT] = {
#define REGISTER(id_, name_, ...) [REGISTER_##id_] = { .id = REGISTER_##id_, .name = name_, __VA_ARGS__ },
#include "engine/arch/registers.def"
#undef REGISTER
};

const struct register_desc *register_find(const char *name)
{
	static const struct {
		const char *name;
		enum register_id id;
	} aliases[] = {
		{ "pc", REGISTER_RIP },
		{ "sp", REGISTER_RSP },
		{ "fp", REGISTER_RBP },
		{ "flags", REGISTER_EFLAGS },
		{ "rflags", REGISTER_EFLAGS },
	};
	for (size_t i = 0; i < REGISTER_COUNT; i++)
		if (str_equal(register_descs[i].name, name))
			return &register_descs[i];
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_equal(aliases[i].name, name))
			return &register_descs[aliases[i].id];
	return NULL;
}

const struct register_desc *register_by_dwarf(int dwarf)
{
	if (dwarf < 0)
		return NULL;
	for (size_t i = 0; i < REGISTER_COUNT; i++)
		if (register_descs[i].dwarf == dwarf)
			return &register_descs[i];
	return NULL;
}

// psABI x86-64, figure 3.36: the order of DWARF is not the order of the encoding.
static const uint16_t dwarf_offsets[DWARF_REGISTER_COUNT] = {
	offsetof(struct user_regs_struct, rax), offsetof(struct user_regs_struct, rdx), offsetof(struct user_regs_struct, rcx),
	offsetof(struct user_regs_struct, rbx), offsetof(struct user_regs_struct, rsi), offsetof(struct user_regs_struct, rdi),
	offsetof(struct user_regs_struct, rbp), offsetof(struct user_regs_struct, rsp), offsetof(struct user_regs_struct, r8),
	offsetof(struct user_regs_struct, r9),  offsetof(struct user_regs_struct, r10), offsetof(struct user_regs_struct, r11),
	offsetof(struct user_regs_struct, r12), offsetof(struct user_regs_struct, r13), offsetof(struct user_regs_struct, r14),
	offsetof(struct user_regs_struct, r15), offsetof(struct user_regs_struct, rip),
};

uint64_t registers_get_dwarf(const struct user_regs_struct *general, int dwarf)
{
	uint64_t value;
	assert(dwarf >= 0 && dwarf < DWARF_REGISTER_COUNT);
	memcpy(&value, (const char *)general + dwarf_offsets[dwarf], sizeof(value));
	return value;
}

void registers_set_dwarf(struct user_regs_struct *general, int dwarf, uint64_t value)
{
	assert(dwarf >= 0 && dwarf < DWARF_REGISTER_COUNT);
	memcpy((char *)general + dwarf_offsets[dwarf], &value, sizeof(value));
}

static struct error *get_debug(const struct register_block *block, const struct register_desc *desc, void *bytes)
{
	if (!block->has_debug)
		return error_create(ERROR_STATE, "the debug registers have not been read");
	memcpy(bytes, &block->debug[desc->offset], desc->size);
	return NULL;
}

static struct error *set_debug(struct register_block *block, const struct register_desc *desc, const void *bytes)
{
	if (!block->has_debug)
		return error_create(ERROR_STATE, "the debug registers have not been read");
	memcpy(&block->debug[desc->offset], bytes, desc->size);
	return NULL;
}

struct error *register_get(const struct register_block *block, const struct register_desc *desc, void *bytes)
{
	switch (desc->store) {
	case REGISTER_IN_GENERAL:
		memcpy(bytes, (const char *)&block->general + desc->offset, desc->size);
		return NULL;
	case REGISTER_IN_XSTATE:
		return xstate_get(block, desc, bytes);
	case REGISTER_IN_DEBUG:
		return get_debug(block, desc, bytes);
	}
	return error_create(ERROR_UNSUPPORTED, "register %s is kept nowhere", desc->name);
}

struct error *register_set(struct register_block *block, const struct register_desc *desc, const void *bytes)
{
	switch (desc->store) {
	case REGISTER_IN_GENERAL:
		memcpy((char *)&block->general + desc->offset, bytes, desc->size);
		return NULL;
	case REGISTER_IN_XSTATE:
		return xstate_set(block, desc, bytes);
	case REGISTER_IN_DEBUG:
		return set_debug(block, desc, bytes);
	}
	return error_create(ERROR_UNSUPPORTED, "register %s is kept nowhere", desc->name);
}

// The registers of x86-64: what exists (registers.def, one line each), where ptrace keeps it, how DWARF
// numbers it (psABI 3.6.2), which parts it has. Pure data and byte moving: no ptrace here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "base/error.h"

enum register_group {
	REGISTER_GROUP_GENERAL,    // rax .. r15, rip, orig_rax
	REGISTER_GROUP_FLAGS,      // eflags
	REGISTER_GROUP_SEGMENT,    // cs ds es fs gs ss
	REGISTER_GROUP_X87,        // st0..7 (mm0..7 as their parts), fctrl fstat ftag fop fioff fooff ...
	REGISTER_GROUP_VECTOR,     // xmm, ymm, zmm (one entry each, widest that XCR0 enables, others are its parts), mxcsr
	REGISTER_GROUP_MASK,       // k0..7
	REGISTER_GROUP_DEBUG,      // dr0-3 dr6 dr7
	REGISTER_GROUP_THREAD,     // fs_base gs_base
	REGISTER_GROUP_COUNT
};

// How the value is shown and parsed. Vector registers have lanes (see register_lane_kind).
enum register_kind {
	REGISTER_INTEGER,    // unsigned, hex
	REGISTER_POINTER,    // hex, symbolised where it points
	REGISTER_FLAGS,      // named bits: see register_bits()
	REGISTER_X87,        // 80-bit float
	REGISTER_VECTOR,     // lanes
};

enum register_id {
	REGISTER_NONE = -1,
#define REGISTER(id, ...) REGISTER_##id,
#include "engine/arch/registers.def"
#undef REGISTER
	REGISTER_COUNT
};

enum { DWARF_REGISTER_COUNT = 17, DWARF_RSP = 7, DWARF_RBP = 6, DWARF_RIP = 16 };   // rax rdx rcx rbx rsi rdi rbp rsp r8..r15 RA

// Where the bytes of a register are.
enum register_store {
	REGISTER_IN_GENERAL,   // struct user_regs_struct at `offset`
	REGISTER_IN_XSTATE,    // the XSAVE area, standard format (Intel SDM vol. 1, 13.4); wide vectors are in pieces
	REGISTER_IN_DEBUG,     // debug register number `offset`
};

struct register_desc {
	enum register_id id;
	const char *name;
	enum register_group group;
	enum register_kind kind;
	enum register_store store;
	unsigned offset;              // of a vector, mm or mask register: its number in its file
	unsigned size;                // bytes
	int dwarf;                    // DWARF register number, -1 if none
	enum register_id whole;       // the register this is a part of (eax -> rax, xmm0 -> zmm0), or REGISTER_NONE
	unsigned part_offset;         // byte offset inside the whole (ah: 1)
	uint64_t xcr0;                // the XCR0 bits that must be set for it to exist (0: always)
};

extern const struct register_desc register_descs[REGISTER_COUNT];

// By name without '$', lower case ("rax", "eax", "ymm3"), also "pc", "sp", "fp", "flags". NULL if unknown.
const struct register_desc *register_find(const char *name);
const struct register_desc *register_by_dwarf(int dwarf);

// The raw state of one stopped thread, as ptrace gives it. `xstate` is NULL until somebody asked for it.
struct register_block {
	struct user_regs_struct general;
	uint8_t *xstate;
	size_t xstate_size;       // what the kernel returned
	uint64_t debug[8];
	bool has_debug;
};

// XCR0, from the software-reserved bytes (offset 464); x87|SSE if absent.
uint64_t xstate_features(const struct register_block *block);

// The register's bytes, little-endian, `desc->size` of them. Errors: ERROR_UNSUPPORTED if XCR0 lacks it,
// ERROR_STATE if the block does not hold its store yet. A component in its init state (XSTATE_BV clear) reads as
// the architecture's initial value; writing it sets its XSTATE_BV bit. mm registers follow fstat's TOP: mmN is in st((N-TOP)&7),
// which is its `whole` once an MMX instruction has run (TOP is 0 then). Writing a part leaves the rest of its whole alone.
struct error *register_get(const struct register_block *block, const struct register_desc *desc, void *bytes);
struct error *register_set(struct register_block *block, const struct register_desc *desc, const void *bytes);

// Named bits of eflags, mxcsr, fctrl, fstat, dr6, dr7 (fields may be several bits wide: IOPL, RC, TOP).
struct register_bit {
	const char *name;       // "ZF"
	const char *meaning;    // "zero"
	unsigned shift;
	unsigned width;
};
// NULL and 0 if the register has none.
const struct register_bit *register_bits(const struct register_desc *desc, size_t *count_ret);

// DWARF register order <-> user_regs_struct; dwarf in [0, 17).
uint64_t registers_get_dwarf(const struct user_regs_struct *general, int dwarf);
void registers_set_dwarf(struct user_regs_struct *general, int dwarf, uint64_t value);

// Lanes of a vector register: v4_float, v2_double, v16_int8, v8_int16, v4_int32, v2_int64, v1_int128 and unsigned
// twins, counts growing with the register's size.
struct register_lane_kind {
	const char *element;   // "float", "double", "int8" ...
	unsigned size;         // bytes of an element
	bool is_float;
	bool is_signed;
};
const struct register_lane_kind *register_lane_kinds(size_t *count_ret);

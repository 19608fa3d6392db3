// Where a variable is: DWARF location expressions and lists (DWARF 5, 2.5 and 2.6) evaluated for one frame.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/symbols/module.h"

// What an expression can ask of a frame. Each returns an error if it does not know.
struct location_context {
	void *data;
	struct memory *memory;
	uint64_t pc;                       // the address to choose from location lists (call sites: pc - 1)
	const struct function *function;   // for the frame base; NULL outside functions
	struct error *(*read_register)(void *data, int dwarf_register, uint64_t *value_ret);
	// Any register, from its start; what it does not have is zeros. `survives`: its contents outlive the call that the frame is in, so
	// the callees left alone what they did not save. NULL if not offered.
	struct error *(*read_register_bytes)(void *data, int dwarf_register, bool survives, void *bytes, size_t size);
	struct error *(*frame_cfa)(void *data, uint64_t *cfa_ret);
	struct error *(*tls_address)(void *data, struct module *module, uint64_t offset, uint64_t *address_ret);
	// DW_OP_entry_value: the caller's view of a register at the call; NULL if not offered.
	struct error *(*entry_register)(void *data, int dwarf_register, uint64_t *value_ret);
};

enum location_kind {
	LOCATION_MEMORY,       // at `address`
	LOCATION_REGISTER,     // DWARF register `dwarf_register` (0..16, 17..32 xmm0..15)
	LOCATION_BYTES,        // a constant: `bytes` (DW_OP_stack_value, implicit_value, DW_AT_const_value): not assignable
	LOCATION_NONE,         // optimised out
	LOCATION_IMPLICIT_POINTER,   // points to an object that is not in memory: the DIE at `die_offset` plus `address`
};

struct location_piece {
	enum location_kind kind;
	uint64_t address;
	int dwarf_register;
	bool survives;            // the register's contents outlive the call that the frame is in
	uint64_t die_offset;
	struct module *module;    // of the DIE
	const uint8_t *bytes;
	uint32_t bit_size;        // 0: all the rest of the object
	uint32_t bit_offset;      // into the register or bytes
};

// Most objects are one piece. Lives in the arena it was made in.
struct location {
	const struct location_piece *pieces;
	size_t count;
};

// ERROR_UNAVAILABLE: "optimised out" (no location at this pc); others: why the expression failed. For one
// piece no allocation but the piece itself.
struct error *variable_locate(const struct variable *variable, const struct location_context *context,
			      struct arena *arena, struct location *location_ret);
// Where the object is that a piece of the kind LOCATION_IMPLICIT_POINTER points to: `offset` bytes into the location.
struct error *location_pointed(const struct location_piece *pointer, const struct location_context *context, struct arena *arena,
			       struct location *location_ret, uint64_t *offset_ret);
// Number of elements of an array type whose bound is only known at run time (C99 VLA): via its DIE. ERROR_UNAVAILABLE if unknown.
struct error *type_runtime_count(const struct type *type, const struct location_context *context, uint64_t *count_ret);
// Where a virtual base or a member with a location expression starts, given the object's address.
struct error *member_locate(const struct type_member *member, uint64_t object, const struct location_context *context,
			    uint64_t *address_ret);
// For location_context.entry_register: what a register held when `callee` was called, by the caller's own record of the call that
// returns to `return_address`. `caller`: the calling frame (its pc: return_address - 1). ERROR_UNAVAILABLE if there is no record of it.
struct error *location_entry_register(struct modules *modules, const struct function *callee, uint64_t return_address,
				      int dwarf_register, const struct location_context *caller, uint64_t *value_ret);

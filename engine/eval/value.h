// Values: a type and where its bytes are. Read lazily; summarised, expanded into children, assigned.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/arch/registers.h"
#include "engine/symbols/location.h"
#include "engine/symbols/module.h"
#include "engine/symbols/type.h"
#include "engine/target/memory.h"

struct value {
	const struct type *type;           // never NULL
	struct location location;          // where it lives; count 0: only in `bytes`
	const uint8_t *bytes;              // type->size bytes if already read or computed; NULL: read on demand
	const struct register_desc *register_desc;   // set: lives in this register of the frame ($eax, $xmm0 lanes)
	uint32_t register_offset;          // byte offset inside that register
	uint32_t bit_offset, bit_size;     // bit field inside the storage unit at `location`; bit_size 0: none
	bool is_of_syscall;                // register_desc: an argument or the result of the call: read_syscall, write_syscall
	bool is_lvalue;                    // may be assigned and have its address taken (if it is in memory)
};

// What evaluation can see and do. Filled in by the inspect layer (a frame of a stopped thread) or by a breakpoint's condition.
// Callbacks get `data`. A NULL callback: not offered.
struct eval_context {
	void *data;
	struct arena *arena;               // results live here
	struct modules *modules;
	struct memory *memory;
	const struct location_context *location;     // of the frame; NULL: globals and constants alone
	const struct function *function;   // of the frame; NULL without DWARF
	uint64_t pc;                       // lookup pc of the frame; 0: none
	struct error *(*read_register)(void *data, const struct register_desc *desc, void *bytes);
	struct error *(*write_register)(void *data, const struct register_desc *desc, const void *bytes);
	// Of the call that the thread stands at; where there are none, those of the frame.
	struct error *(*read_syscall)(void *data, const struct register_desc *desc, void *bytes);
	struct error *(*write_syscall)(void *data, const struct register_desc *desc, const void *bytes);
	void (*wrote)(void *data, uint64_t address, size_t size);   // memory was; NULL: nobody asks
	// Names that begin with '$' and are no register ($syscall, $result, $arg.fd, $arg[0] ...); false: unknown. Where the value is an
	// enum, == and != take the enumerators' names before all others, also quoted: $syscall == openat.
	bool (*special)(void *data, const char *name, struct value *value_ret, struct error **error_ret);
	// Names that nothing in the program has (ENOENT); false: unknown.
	bool (*constant)(void *data, const char *name, uint64_t *number_ret);
	// Calls of our own functions (path("/etc/*")); false: it is none of them. The arguments may be read, which changes them.
	bool (*call)(void *data, const char *name, struct value *arguments, size_t count, struct value *value_ret, struct error **error_ret);
	bool may_have_side_effects;        // false in hover and conditions: assignment is then an error
};

struct error *value_read(const struct eval_context *context, struct value *value);   // fills `bytes`
// Scalars as numbers, bit fields extracted, through typedefs.
struct error *value_as_integer(const struct eval_context *context, struct value *value, int64_t *integer_ret);
struct error *value_as_double(const struct eval_context *context, struct value *value, double *double_ret);
struct error *value_is_true(const struct eval_context *context, struct value *value, bool *is_true_ret);
// Address of an lvalue in memory; ERROR_INVALID tells why it has none (register, bit field, constant).
struct error *value_address(const struct value *value, uint64_t *address_ret);

// Makers; bytes are copied into the arena.
struct value value_from_integer(const struct eval_context *context, const struct type *type, uint64_t integer);
struct value value_from_double(const struct eval_context *context, const struct type *type, double number);
struct value value_at(const struct eval_context *context, const struct type *type, uint64_t address);   // lvalue
struct value value_from_bytes(const struct eval_context *context, const struct type *type, const void *bytes);

// The type with the sizes that its variable-length arrays have now; itself if it has none.
const struct type *eval_sized(const struct eval_context *context, const struct type *type);

struct error *value_member(const struct eval_context *context, struct value *value, const struct type_member *member, struct value *member_ret);
struct error *value_find_member(const struct eval_context *context, struct value *value, const char *name, struct value *member_ret);   // through bases and anonymous members
struct error *value_dereference(const struct eval_context *context, struct value *value, struct value *target_ret);
// A pointer to an object that was taken apart (DW_OP_implicit_pointer): it has no value, but can be dereferenced.
bool value_points_to_parts(const struct value *value);
struct error *value_element(const struct eval_context *context, struct value *value, int64_t index, struct value *element_ret);
struct error *value_cast(const struct eval_context *context, struct value *value, const struct type *type, struct value *cast_ret);

// Stores `source`, converted to target's type as C does. ERROR_INVALID for wrong types, out-of-range enumerators and
// such; the target's own storage only: a bit field's neighbours stay.
struct error *value_assign(const struct eval_context *context, struct value *target, struct value *source);

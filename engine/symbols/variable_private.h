// Private to the variable, lookup and location files: what a variable carries besides its public face, and the expression machine.
#pragma once

#include "engine/symbols/type_private.h"

// One expression and where it holds: link-time addresses, end exclusive.
struct location_range {
	uint64_t start, end;
	Dwarf_Op *ops;
	size_t count;
};

// A location attribute, and what it decodes to once somebody asked. Single expressions are one range over everything.
struct location_source {
	Dwarf_Attribute attribute;
	bool has_attribute, is_decoded;
	const struct location_range *ranges;
	size_t count;
};

struct variable_node {
	struct variable variable;
	struct location_source location;
	Dwarf_Die die;
	bool is_declaration;
};

static inline struct variable_node *variable_node(const struct variable *variable)
{
	return (struct variable_node *)(uintptr_t)variable;
}

// location_source.c
void location_source_init(struct location_source *source, Dwarf_Die *die, unsigned attribute_name);
// The expression for a link-time address; NULL if there is none there.
const struct location_range *location_source_at(struct module *module, struct location_source *source, uint64_t link_pc);
bool location_source_is_list(struct location_source *source);

// variable.c. Interned by DIE. NULL if it has no name.
struct variable_node *module_variable(struct module *module, Dwarf_Die *die, const struct function *function);
// DW_AT_frame_base of the function's DIE; NULL if it has none.
struct location_source *function_frame_base(const struct function *function);
struct map *variable_unit_globals(struct module *module);

// ---- The expression machine (location_machine.c) -----------------------------------------------------------------

#define MACHINE_STACK 64
#define MACHINE_STEPS 65536
#define MACHINE_DEPTH 8

enum machine_kind { MACHINE_GENERIC, MACHINE_SIGNED, MACHINE_UNSIGNED, MACHINE_FLOAT };

// An entry of the typed stack (DWARF 5, 2.5.1). Generic entries are 64 bits whose sign depends on the operation.
struct machine_value {
	enum machine_kind kind;
	uint8_t size;              // bytes
	uint64_t integer;          // SIGNED: sign-extended
	long double real;          // FLOAT
};

// Where the object is, as far as the operations since the last piece say.
enum machine_place { PLACE_STACK, PLACE_REGISTER, PLACE_VALUE, PLACE_BYTES, PLACE_POINTER };

struct machine {
	struct module *module;
	const struct location_context *context;    // never NULL
	struct arena *arena;
	Dwarf_Attribute *attribute;                // the expression's, for operands that libdw looks up
	uint64_t object_size;                      // of what is located; 0: unknown
	uint64_t object;                           // for DW_OP_push_object_address
	bool has_object;
	bool survives;                             // the location holds behind the call that the frame is in, too
	unsigned depth, steps;
	size_t count;
	struct machine_value stack[MACHINE_STACK];
	enum machine_place place;
	int dwarf_register;
	Dwarf_Block bytes;
	uint64_t pointer_die;
	int64_t pointer_offset;
	struct location_piece *pieces;
	size_t piece_count, piece_capacity;
};

void machine_init(struct machine *machine, struct module *module, const struct location_context *context, struct arena *arena);
struct error *machine_push(struct machine *machine, uint64_t value);
struct error *machine_pop(struct machine *machine, struct machine_value *value_ret);
struct error *machine_pop_integer(struct machine *machine, uint64_t *value_ret);
struct error *machine_run(struct machine *machine, const Dwarf_Op *ops, size_t count);
// The result as a number: the address, the value, or the register's contents.
struct error *machine_scalar(struct machine *machine, uint64_t *value_ret);
// Runs the expression on a machine of its own and takes its result as a number.
struct error *machine_evaluate(const struct machine *parent, Dwarf_Attribute *attribute, const Dwarf_Op *ops, size_t count,
			       uint64_t *value_ret);
struct error *machine_register(struct machine *machine, int dwarf_register, uint64_t *value_ret);
// `size` bytes of any register.
struct error *machine_register_bytes(struct machine *machine, int dwarf_register, void *bytes, size_t size);
struct error *machine_read(struct machine *machine, uint64_t address, void *bytes, size_t size);

// location_operands.c: operations that need more than the stack. *is_known_ret false: not one of these.
struct error *machine_operand_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret);
// The value of the variable that the DIE describes, as a number of at most 8 bytes.
struct error *machine_variable_value(const struct machine *parent, Dwarf_Die *die, uint64_t *value_ret);
// Just a register: its number; else false.
bool expression_register(const Dwarf_Op *ops, size_t count, int *dwarf_register_ret);

// location_typed.c
struct error *machine_typed_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret);
struct error *machine_arithmetic(struct machine *machine, unsigned atom, bool *is_known_ret);
void machine_value_bytes(const struct machine_value *value, uint8_t bytes[16]);

// location_pieces.c. Closes the present simple location as a piece.
struct error *machine_finish_piece(struct machine *machine, uint64_t bit_size, uint64_t bit_offset);
struct error *machine_result(struct machine *machine, struct location *location_ret);
// DW_AT_const_value of a DIE as bytes; false if it has none.
bool constant_location(Dwarf_Die *die, uint64_t object_size, struct arena *arena, struct location *location_ret,
		       struct error **error_ret);

extern const struct location_context location_no_context;

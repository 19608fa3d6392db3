// Private to engine/unwind: call-frame rows translated once from libdw's form, and the ways to a caller.
#pragma once

#include <elfutils/libdw.h>

#include "engine/unwind/frame.h"

enum cfi_rule_kind {
	CFI_UNDEFINED,     // not recoverable
	CFI_SAME,          // not changed by the function
	CFI_AT_CFA,        // saved at CFA + offset
	CFI_CFA_OFFSET,    // is CFA + offset
	CFI_REGISTER,      // is in the register numbered `offset`; for the CFA: register `number` + offset
	CFI_EXPRESSION,    // saved at the expression's value
	CFI_VALUE,         // is the expression's value
};

struct cfi_rule {
	uint8_t kind;      // enum cfi_rule_kind
	uint8_t number;    // the CFA's base register
	uint16_t count;    // of an expression's operations
	int32_t offset;    // or the index of the expression's first operation in the row's `operations`
};

// What DWARF 5, 6.4.1 calls a row of the table, for link-time addresses [start, end); start is the lowest asked for so far.
struct cfi_row {
	uint64_t start, end;
	const Dwarf_Op *operations;        // of all expressions of the row; NULL if it has none
	struct cfi_rule cfa;
	struct cfi_rule registers[DWARF_REGISTER_COUNT];
	uint8_t return_register;
	bool is_signal;                    // augmentation 'S'
	bool is_missing;                   // no CFI covers this address
};

// cfi.c. The row that covers a run-time address; NULL if there is none. Valid until the module is removed or the next
// unwind_forget().
const struct cfi_row *cfi_row_at(struct module *module, uint64_t address);
// Is the address in a segment that the file maps executable?
bool cfi_is_text(struct module *module, uint64_t address);

// cfi_expression.c. Evaluates with `cfa` for DW_OP_call_frame_cfa (NULL: not known yet). Errors: a broken expression, a
// register that is not known, a fault.
struct error *cfi_evaluate(const Dwarf_Op *operations, size_t count, const struct frame_registers *registers, const uint64_t *cfa,
			   struct memory *memory, uint64_t bias, uint64_t *value_ret);

// One physical frame on its way to its caller.
struct unwind_step {
	struct modules *modules;
	struct memory *memory;
	struct module *module;                      // of lookup_pc; NULL outside
	const struct frame_registers *registers;
	uint64_t pc, lookup_pc;
	bool is_exact;                              // pc was not pushed by a call
	// Results.
	struct frame_registers caller;
	uint64_t cfa;                               // 0: unknown; may be known although there is no caller
	bool is_signal;                             // this frame is a signal trampoline
	bool is_guess;                              // the caller may not be one
};

// stack_depth.c. The stack in a function without call-frame information.
struct stack_depth {
	int64_t bytes;                              // between rsp and the return address
	int64_t saved[DWARF_REGISTER_COUNT];        // `bytes` when the register was pushed; 0: it was not
};

// False: the instructions from the symbol to the pc do not tell.
bool stack_depth_at(const struct unwind_step *step, struct stack_depth *depth_ret);

// step.c. Fills the results; ERROR_NOT_FOUND: the outermost frame.
struct error *unwind_step(struct unwind_step *step);
// Reads 8 bytes without making an error of it.
bool unwind_read(struct memory *memory, uint64_t address, uint64_t *value_ret);
void frame_registers_set(struct frame_registers *registers, int number, uint64_t value, uint64_t saved_at);
static inline bool frame_registers_know(const struct frame_registers *registers, unsigned number)
{
	return number < DWARF_REGISTER_COUNT && registers->known & 1u << number;
}

// signal_frame.c. rt_sigreturn trampolines without CFI (musl, own restorers): does one stand at pc?
bool signal_trampoline_at(struct memory *memory, uint64_t pc);
struct error *signal_frame_step(struct unwind_step *step);

// guess.c. The caller where there is no CFI.
struct error *guess_step(struct unwind_step *step);

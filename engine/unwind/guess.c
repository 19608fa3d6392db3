// The caller of code without call-frame information, by what compilers usually emit.
#include <string.h>

#include "engine/arch/instruction.h"
#include "engine/unwind/private.h"

enum {
	CALL_MAX = 8,              // bytes of the longest near call (REX, opcode, ModRM, SIB, disp32)
	SCAN_WORDS = 512,          // how far up the stack a return address is looked for
	START_CODE_MAX = 64,       // bytes of _start that may be in progress
};

static bool is_code(const struct unwind_step *step, uint64_t address)
{
	struct module *module = modules_find(step->modules, address);
	return module && cfi_is_text(module, address);
}

// Does a call instruction end exactly here?
static bool is_behind_call(const struct unwind_step *step, uint64_t address)
{
	uint8_t bytes[CALL_MAX];
	if (address < CALL_MAX || memory_read_some(step->memory, address - CALL_MAX, bytes, CALL_MAX) != CALL_MAX)
		return false;
	for (size_t length = 2; length <= CALL_MAX; length++) {
		struct instruction instruction;
		struct error *error = instruction_decode(bytes + CALL_MAX - length, length, address - length, &instruction);
		if (error)
			error_destroy(error);
		else if (instruction.length == length && instruction.class == INSTRUCTION_CALL)
			return true;
	}
	return false;
}

// Code in a module, or made at run time: then all that can be checked is the call.
static bool is_return_address(const struct unwind_step *step, uint64_t address)
{
	struct module *module = modules_find(step->modules, address);
	return (!module || cfi_is_text(module, address)) && is_behind_call(step, address);
}

static const int callee_saved[] = { 3, DWARF_RBP, 12, 13, 14, 15 };

// The return address stands below `cfa`; nothing else was saved but, if rbp_at is not 0, rbp.
static struct error *leave(struct unwind_step *step, uint64_t cfa, uint64_t rbp_at)
{
	uint64_t value;
	if (!unwind_read(step->memory, cfa - 8, &value))
		return error_fault(cfa - 8, "cannot read the return address at 0x%lx", cfa - 8);
	step->cfa = cfa;
	step->caller.known = step->caller.kept = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(callee_saved); i++) {
		unsigned number = (unsigned)callee_saved[i];
		if (frame_registers_know(step->registers, number))
			frame_registers_set(&step->caller, (int)number, step->registers->value[number],
					    step->registers->saved_at[number]);
	}
	frame_registers_set(&step->caller, DWARF_RSP, cfa, 0);
	frame_registers_set(&step->caller, DWARF_RIP, value, cfa - 8);
	if (rbp_at && unwind_read(step->memory, rbp_at, &value))
		frame_registers_set(&step->caller, DWARF_RBP, value, rbp_at);
	return NULL;
}

// After this the function may have saved and changed callee-saved registers in ways that nobody told us.
static void doubt_callee_saved(struct unwind_step *step)
{
	step->caller.known &= 1u << DWARF_RBP | 1u << DWARF_RSP | 1u << DWARF_RIP;
}

static bool is_endbr64(const uint8_t *code, size_t size)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	return size >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64));
}

// push rbp; mov rbp, rsp in both encodings of the move.
static bool is_frame_setup(const uint8_t *code, size_t size)
{
	return size >= 4 && code[0] == 0x55 && code[1] == 0x48 &&
	       ((code[2] == 0x89 && code[3] == 0xe5) || (code[2] == 0x8b && code[3] == 0xec));
}

// A PLT entry pushes its index and jumps to PLT0, which pushes the link map (psABI, 5.2).
static int pushed_bytes_in_plt(const uint8_t *code, const uint8_t before[8])
{
	bool is_behind_index = (code[0] == 0xe9 || (code[0] == 0xf2 && code[1] == 0xe9)) && before[3] == 0x68;
	bool is_plt0 = code[0] == 0xff && code[1] == 0x35;
	bool is_behind_link_map = before[2] == 0xff && before[3] == 0x35 && (code[0] == 0xff || code[0] == 0xf2);
	return is_behind_link_map ? 16 : is_behind_index || is_plt0 ? 8 : 0;
}

// Bytes that were pushed below the return address so far, or -1 if the pc is not at one of the places where that is known: a
// function's entry, behind its endbr64, behind push rbp, at its ret, in a PLT stub.
static int pushed_bytes(const struct unwind_step *step)
{
	uint8_t code[8] = { 0 };
	size_t size = memory_read_some(step->memory, step->pc, code, sizeof(code));
	if (!size)
		return -1;
	uint8_t before[8] = { 0 };
	memory_read_some(step->memory, step->pc - sizeof(before), before, sizeof(before));
	if (module_is_plt(step->module, step->pc))
		return pushed_bytes_in_plt(code, before);
	if (code[0] == 0xc3 || code[0] == 0xc2 || is_endbr64(code, size) || is_frame_setup(code, size))
		return 0;
	if (before[7] == 0x55 && size >= 3 && code[0] == 0x48 && is_frame_setup((uint8_t[]){ 0x55, code[0], code[1], code[2] }, 4))
		return 8;
	struct symbol symbol;
	if (!modules_symbol_at(step->modules, step->pc, &symbol) || !symbol.is_function)
		return -1;
	uint64_t offset = step->pc - symbol.address;
	return offset == 0 || (offset == 4 && is_endbr64(before + 4, 4)) ? 0 : -1;
}

// A call through a bad pointer: nothing of the function ran, the return address was just pushed. Leaf functions made at run
// time look the same.
static bool step_from_bad_call(struct unwind_step *step, uint64_t rsp)
{
	uint64_t return_address;
	if ((step->module && cfi_is_text(step->module, step->pc)) || !unwind_read(step->memory, rsp, &return_address) ||
	    !is_code(step, return_address) || !is_behind_call(step, return_address))
		return false;
	struct error *error = leave(step, rsp + 8, 0);
	error_destroy(error);
	return !error;
}

static bool step_by_prologue(struct unwind_step *step, uint64_t rsp)
{
	int pushed = step->module ? pushed_bytes(step) : -1;
	if (pushed < 0)
		return false;
	uint64_t rbp_at = pushed == 8 && !module_is_plt(step->module, step->pc) ? rsp : 0;
	struct error *error = leave(step, rsp + 8 + (uint64_t)pushed, rbp_at);
	error_destroy(error);
	return !error;
}

// The value counts only if a call leads to it: the walk may have gone astray.
static bool step_by_code(struct unwind_step *step, uint64_t rsp)
{
	struct stack_depth depth;
	uint64_t value;
	if (!step->module || !stack_depth_at(step, &depth))
		return false;
	uint64_t cfa = rsp + (uint64_t)depth.bytes + 8;
	if (!unwind_read(step->memory, cfa - 8, &value) || !is_return_address(step, value))
		return false;
	struct error *error = leave(step, cfa, 0);
	for (size_t i = 0; !error && i < ARRAY_SIZE(callee_saved); i++) {
		uint64_t saved_at = cfa - 8 - (uint64_t)depth.saved[callee_saved[i]];
		if (depth.saved[callee_saved[i]] && unwind_read(step->memory, saved_at, &value))
			frame_registers_set(&step->caller, callee_saved[i], value, saved_at);
	}
	error_destroy(error);
	return !error;
}

static bool step_by_frame_pointer(struct unwind_step *step, uint64_t rsp)
{
	uint64_t saved_rbp, return_address;
	if (!frame_registers_know(step->registers, DWARF_RBP))
		return false;
	uint64_t rbp = step->registers->value[DWARF_RBP];
	if (rbp < rsp || rbp % 8 || rbp > UINT64_MAX - 16 || !unwind_read(step->memory, rbp, &saved_rbp) ||
	    !unwind_read(step->memory, rbp + 8, &return_address))
		return false;
	bool is_chained = !saved_rbp || saved_rbp > rbp;
	if (!is_return_address(step, return_address) && !(is_chained && is_code(step, return_address)))
		return false;
	struct error *error = leave(step, rbp + 16, rbp);
	error_destroy(error);
	doubt_callee_saved(step);
	return !error;
}

static bool step_by_scan(struct unwind_step *step, uint64_t rsp)
{
	for (uint64_t at = (rsp + 7) & ~UINT64_C(7); at - rsp < SCAN_WORDS * 8; at += 8) {
		uint64_t word;
		if (!unwind_read(step->memory, at, &word))
			return false;
		if (!is_code(step, word) || !is_behind_call(step, word))
			continue;
		struct error *error = leave(step, at + 8, 0);
		error_destroy(error);
		doubt_callee_saved(step);
		step->is_guess = true;
		return !error;
	}
	return false;
}

// The ELF entry is nobody's callee.
static bool is_start_code(const struct unwind_step *step)
{
	if (!step->module)
		return false;
	uint64_t entry = module_entry(step->module);
	if (step->is_exact)
		return step->pc == entry;
	bool has_entry = module_link(step->module, entry).value != 0;
	return has_entry && step->pc > entry && step->pc - entry <= START_CODE_MAX;
}

struct error *guess_step(struct unwind_step *step)
{
	if (!frame_registers_know(step->registers, DWARF_RSP) || is_start_code(step))
		return error_create(ERROR_NOT_FOUND, "outermost frame");
	uint64_t rsp = step->registers->value[DWARF_RSP];
	if (step->is_exact && (step_from_bad_call(step, rsp) || step_by_prologue(step, rsp)))
		return NULL;
	// Beyond this a return address that leads nowhere is the end of a broken stack, not a frame to go on from.
	uint8_t byte;
	bool is_readable = memory_read_some(step->memory, step->lookup_pc, &byte, 1) == 1;
	if ((step->is_exact || is_readable) && (step_by_code(step, rsp) || step_by_frame_pointer(step, rsp) || step_by_scan(step, rsp)))
		return NULL;
	return error_create(ERROR_NOT_FOUND, "no call-frame information and no frame pointer to go on from");
}

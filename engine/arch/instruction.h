// x86-64 instructions through Zydis: decoding, what a debugger must know of them, running them elsewhere
// (relocation) or in our head (emulation), and their text. Pure: bytes and registers in, bytes and registers out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "base/error.h"
#include "base/str.h"

enum { INSTRUCTION_MAX = 15, INSTRUCTION_SLOT_MAX = 64 };

enum instruction_class {
	INSTRUCTION_OTHER,
	INSTRUCTION_CALL,        // near call, direct or indirect
	INSTRUCTION_JUMP,        // unconditional, direct or indirect
	INSTRUCTION_BRANCH,      // jcc, jrcxz, loop*
	INSTRUCTION_RETURN,      // near ret
	INSTRUCTION_SYSCALL,     // syscall, sysenter, int 0x80
	INSTRUCTION_TRAP,        // int3, int1, ud2, hlt ...: must not be relocated silently
	INSTRUCTION_PUSHF,       // reads eflags to memory: TF shows
	INSTRUCTION_POPF,        // writes TF: popf, iret
};

struct instruction {
	uint64_t address;
	uint8_t length;
	enum instruction_class class;
	bool is_straight;               // OTHER that always goes on behind itself, in one go: no far transfer, rep prefix or xbegin
	bool is_indirect;              // CALL or JUMP whose target comes from a register or memory
	bool is_rip_relative;          // has a rip-relative memory operand
	bool has_target;               // direct call, jump or branch: `target` is valid
	uint64_t target;
	uint8_t bytes[INSTRUCTION_MAX];
};

// Decodes one instruction of at most `size` bytes that stands at `address`. ERROR_FORMAT if it is not one.
struct error *instruction_decode(const uint8_t *bytes, size_t size, uint64_t address, struct instruction *instruction_ret);

// Writes to `slot` code that does at `slot_address` what the instruction does at its own address, and then jumps
// (jmp [rip+0]; .quad) to the instruction behind the original. rip-relative operands are rewritten; that must
// reach within +-2 GiB. Not for classes CALL, JUMP, BRANCH, RETURN, TRAP: those are emulated; ERROR_UNSUPPORTED, as for
// far calls and jumps. A SYSCALL moves, but then rcx holds its return address in the slot, as pc does while it blocks.
// *body_ret: length of the relocated instruction alone; *size_ret <= INSTRUCTION_SLOT_MAX: all of it.
struct error *instruction_relocate(const struct instruction *instruction, uint64_t slot_address,
				   uint8_t slot[INSTRUCTION_SLOT_MAX], size_t *body_ret, size_t *size_ret);

// How the emulator reaches the debuggee's memory.
struct instruction_memory {
	void *data;
	struct error *(*read)(void *data, uint64_t address, void *bytes, size_t size);
	struct error *(*write)(void *data, uint64_t address, const void *bytes, size_t size);
};

// Does the instruction's work on `registers` and memory: every CALL, JUMP, BRANCH and near RETURN form without a far
// operand, and the cheap common ones (nop, endbr64, push/pop register, leave, mov reg,reg, lea, sub/add rsp,imm).
// *done_ret says whether it was emulated; if not, nothing changed. Errors: a memory access that would fault
// (then nothing changed; let the processor run into the fault), or a target that is not canonical. fs/gs bases are
// honoured. `registers->rip` on entry does not matter: the instruction's own address counts.
struct error *instruction_emulate(const struct instruction *instruction, struct user_regs_struct *registers,
				  const struct instruction_memory *memory, bool *done_ret);

// For a BRANCH: would it be taken with these registers?
bool instruction_branch_taken(const struct instruction *instruction, const struct user_regs_struct *registers);

// Where control goes: next address, given the registers (and memory for indirect ones). Errors as in emulate.
struct error *instruction_successor(const struct instruction *instruction, const struct user_regs_struct *registers,
				    const struct instruction_memory *memory, uint64_t *address_ret);

enum instruction_syntax { SYNTAX_INTEL, SYNTAX_ATT };

// Turns an address into words such as "main+4" appended to `text`; false if it knows none.
typedef bool (*instruction_symbolise_fn)(void *data, uint64_t address, struct str *text);

// Appends the instruction's text: "call   0x401136 <square>". `symbolise` may be NULL.
void instruction_format(const struct instruction *instruction, enum instruction_syntax syntax,
			instruction_symbolise_fn symbolise, void *data, struct str *text);

// Decodes backwards: finds where the `count` instructions before `address` start, given the bytes from `start` (a known
// instruction boundary such as a function's entry or line row, or any address well before if none is known) to `address`.
// Fills `starts` (oldest first) with at most `count` and returns how many were found; the last one ends exactly at `address`,
// each ends where the next one starts. A byte that is no instruction counts as one of length 1. If the bytes do not lead to
// `address` in step, the likeliest chain that does is taken, and that may have fewer than are there, or none.
size_t instruction_starts_before(const uint8_t *bytes, uint64_t start, uint64_t address, uint64_t *starts, size_t count);

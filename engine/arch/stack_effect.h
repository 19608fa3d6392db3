// What an instruction does to the stack pointer, as far as its bytes tell.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/arch/instruction.h"

struct stack_effect {
	int64_t moved;     // bytes that rsp goes up; a call and what it calls: 0
	int saves;         // DWARF number of the general register that is pushed whole; -1: none
	int restores;      // or popped
};

// False: rsp is something else afterwards (and rsp, -64; leave; mov rsp, rbp).
bool instruction_stack_effect(const struct instruction *instruction, struct stack_effect *effect_ret);

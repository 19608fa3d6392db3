// Hand-written assembly without call-frame information: how deep the stack is at a place shows in the instructions that lead
// there from the start of the function. Conditional jumps are taken to be balanced.
#include <string.h>

#include "engine/arch/instruction.h"
#include "engine/arch/stack_effect.h"
#include "engine/unwind/private.h"

enum { CODE_MAX = 4096, TARGETS_MAX = 64 };

// A place that a jump leads to, and the stack there.
struct target {
	uint64_t address;
	struct stack_depth depth;
};

struct walk {
	struct stack_depth depth;
	bool is_reached;             // false: behind a jump or return
	size_t target_count;
	struct target targets[TARGETS_MAX];
};

static void remember_target(struct walk *walk, const struct instruction *instruction)
{
	if (instruction->has_target && instruction->target > instruction->address && walk->target_count < TARGETS_MAX)
		walk->targets[walk->target_count++] = (struct target){ instruction->target, walk->depth };
}

static void arrive(struct walk *walk, uint64_t address)
{
	for (size_t i = 0; !walk->is_reached && i < walk->target_count; i++) {
		if (walk->targets[i].address != address)
			continue;
		walk->depth = walk->targets[i].depth;
		walk->is_reached = true;
	}
}

static bool apply(struct walk *walk, const struct instruction *instruction)
{
	struct stack_effect effect;
	if (!instruction_stack_effect(instruction, &effect))
		return false;
	struct stack_depth *depth = &walk->depth;
	depth->bytes -= effect.moved;
	if (effect.saves >= 0 && !depth->saved[effect.saves])
		depth->saved[effect.saves] = depth->bytes;
	if (effect.restores >= 0 && depth->saved[effect.restores] > depth->bytes)
		depth->saved[effect.restores] = 0;
	return depth->bytes >= 0;
}

static bool pass(struct walk *walk, const struct instruction *instruction)
{
	switch (instruction->class) {
	case INSTRUCTION_BRANCH: remember_target(walk, instruction); return true;
	case INSTRUCTION_JUMP:
		remember_target(walk, instruction);
		walk->is_reached = false;
		return true;
	case INSTRUCTION_RETURN:
	case INSTRUCTION_TRAP: walk->is_reached = false; return true;
	default: return apply(walk, instruction);
	}
}

bool stack_depth_at(const struct unwind_step *step, struct stack_depth *depth_ret)
{
	struct symbol symbol;
	uint8_t code[CODE_MAX];
	struct walk walk = { .is_reached = true };
	if (!modules_symbol_at(step->modules, step->lookup_pc, &symbol) || symbol.is_data || step->pc - symbol.address > CODE_MAX)
		return false;
	size_t size = step->pc - symbol.address;
	if (memory_read_some(step->memory, symbol.address, code, size) != size)
		return false;
	for (size_t at = 0; at < size;) {
		struct instruction instruction;
		struct error *error = instruction_decode(code + at, size - at, symbol.address + at, &instruction);
		bool is_good = !error;
		error_destroy(error);
		if (!is_good)
			return false;
		arrive(&walk, instruction.address);
		if (walk.is_reached && !pass(&walk, &instruction))
			return false;
		at += instruction.length;
	}
	arrive(&walk, step->pc);
	*depth_ret = walk.depth;
	return walk.is_reached;
}

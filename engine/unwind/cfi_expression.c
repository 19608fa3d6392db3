// A stack machine for the operations that call-frame information uses (DWARF 5, 2.5.1 without those that 6.4.2 forbids).
#include <dwarf.h>

#include "engine/unwind/private.h"

enum { STACK_MAX = 64, STEPS_MAX = 4096 };

struct machine {
	const Dwarf_Op *operations;
	size_t count;
	const struct frame_registers *registers;
	const uint64_t *cfa;
	struct memory *memory;
	uint64_t bias;
	uint64_t stack[STACK_MAX];
	size_t depth;
	size_t next;      // operation
};

static struct error *error_broken(const char *how)
{
	return error_create(ERROR_FORMAT, "broken call-frame expression: %s", how);
}

static struct error *push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_MAX)
		return error_broken("it needs too deep a stack");
	machine->stack[machine->depth++] = value;
	return NULL;
}

static struct error *push_register(struct machine *machine, uint64_t number, uint64_t offset)
{
	if (number >= DWARF_REGISTER_COUNT || !frame_registers_know(machine->registers, (unsigned)number))
		return error_create(ERROR_UNAVAILABLE, "register %lu is not known in this frame", number);
	return push(machine, machine->registers->value[number] + offset);
}

static struct error *dereference(struct machine *machine, uint64_t size)
{
	if (!machine->depth || size > 8)
		return error_broken("bad memory access");
	uint64_t value = 0;
	struct error *error = memory_read(machine->memory, machine->stack[machine->depth - 1], &value, size);
	if (!error)
		machine->stack[machine->depth - 1] = value;
	return error;
}

static struct error *jump(struct machine *machine, const Dwarf_Op *op)
{
	uint64_t target = op->offset + 3 + op->number;   // behind the operation with its 2-byte operand
	for (size_t i = 0; i < machine->count; i++) {
		if (machine->operations[i].offset == target && machine->operations[i].atom != DW_OP_call_frame_cfa) {
			machine->next = i;
			return NULL;
		}
	}
	const Dwarf_Op *last = &machine->operations[machine->count - 1];
	if (target <= last->offset)
		return error_broken("jump into an operation");
	machine->next = machine->count;
	return NULL;
}

static struct error *shuffle(struct machine *machine, const Dwarf_Op *op)
{
	uint64_t *top = machine->stack + machine->depth;
	size_t from = op->atom == DW_OP_over ? 1 : op->atom == DW_OP_pick ? op->number : 0;
	size_t needed = op->atom == DW_OP_swap ? 2 : op->atom == DW_OP_rot ? 3 : 1;
	if (from >= machine->depth || needed > machine->depth)
		return error_broken("stack underflow");
	uint64_t first = top[-1];
	switch (op->atom) {
	case DW_OP_drop:
		machine->depth--;
		return NULL;
	case DW_OP_swap:
		top[-1] = top[-2];
		top[-2] = first;
		return NULL;
	case DW_OP_rot:
		top[-1] = top[-2];
		top[-2] = top[-3];
		top[-3] = first;
		return NULL;
	default:
		return push(machine, machine->stack[machine->depth - 1 - from]);
	}
}

static struct error *unary(struct machine *machine, const Dwarf_Op *op)
{
	if (!machine->depth)
		return error_broken("stack underflow");
	uint64_t *top = &machine->stack[machine->depth - 1];
	switch (op->atom) {
	case DW_OP_abs: *top = (int64_t)*top < 0 ? -*top : *top; break;
	case DW_OP_neg: *top = -*top; break;
	case DW_OP_not: *top = ~*top; break;
	default: *top += op->number; break;   // DW_OP_plus_uconst
	}
	return NULL;
}

static struct error *divide(uint64_t left, uint64_t right, uint64_t *value_ret)
{
	if (!right)
		return error_broken("division by zero");
	// INT64_MIN / -1 overflows in C.
	*value_ret = right == UINT64_MAX ? -left : (uint64_t)((int64_t)left / (int64_t)right);
	return NULL;
}

static struct error *binary(struct machine *machine, uint8_t atom)
{
	if (machine->depth < 2)
		return error_broken("stack underflow");
	uint64_t right = machine->stack[--machine->depth];
	uint64_t *result = &machine->stack[machine->depth - 1];
	uint64_t left = *result;
	int64_t sleft = (int64_t)left, sright = (int64_t)right;
	switch (atom) {
	case DW_OP_and: *result = left & right; break;
	case DW_OP_or: *result = left | right; break;
	case DW_OP_xor: *result = left ^ right; break;
	case DW_OP_plus: *result = left + right; break;
	case DW_OP_minus: *result = left - right; break;
	case DW_OP_mul: *result = left * right; break;
	case DW_OP_div: return divide(left, right, result);
	case DW_OP_mod:
		if (!right)
			return error_broken("division by zero");
		*result = left % right;
		break;
	case DW_OP_shl: *result = right < 64 ? left << right : 0; break;
	case DW_OP_shr: *result = right < 64 ? left >> right : 0; break;
	case DW_OP_shra: *result = (uint64_t)(sleft >> (right < 64 ? right : 63)); break;
	case DW_OP_eq: *result = left == right; break;
	case DW_OP_ne: *result = left != right; break;
	case DW_OP_lt: *result = sleft < sright; break;
	case DW_OP_le: *result = sleft <= sright; break;
	case DW_OP_gt: *result = sleft > sright; break;
	default: *result = sleft >= sright; break;   // DW_OP_ge
	}
	return NULL;
}

static struct error *branch(struct machine *machine, const Dwarf_Op *op)
{
	if (op->atom == DW_OP_bra) {
		if (!machine->depth)
			return error_broken("stack underflow");
		if (!machine->stack[--machine->depth])
			return NULL;
	}
	return jump(machine, op);
}

static struct error *execute(struct machine *machine, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return push(machine, op->atom - DW_OP_lit0);
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return push_register(machine, op->atom - DW_OP_breg0, op->number);
	switch (op->atom) {
	case DW_OP_addr:
		return push(machine, op->number + machine->bias);
	case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u: case DW_OP_const2s: case DW_OP_const4u:
	case DW_OP_const4s: case DW_OP_const8u: case DW_OP_const8s: case DW_OP_constu: case DW_OP_consts:
		return push(machine, op->number);
	case DW_OP_bregx:
		return push_register(machine, op->number, op->number2);
	case DW_OP_call_frame_cfa:
		return machine->cfa ? push(machine, *machine->cfa) : error_broken("the CFA is defined by itself");
	case DW_OP_deref:
		return dereference(machine, 8);
	case DW_OP_deref_size:
		return dereference(machine, op->number);
	case DW_OP_dup: case DW_OP_drop: case DW_OP_over: case DW_OP_pick: case DW_OP_swap: case DW_OP_rot:
		return shuffle(machine, op);
	case DW_OP_abs: case DW_OP_neg: case DW_OP_not: case DW_OP_plus_uconst:
		return unary(machine, op);
	case DW_OP_and: case DW_OP_or: case DW_OP_xor: case DW_OP_plus: case DW_OP_minus: case DW_OP_mul: case DW_OP_div:
	case DW_OP_mod: case DW_OP_shl: case DW_OP_shr: case DW_OP_shra: case DW_OP_eq: case DW_OP_ne: case DW_OP_lt:
	case DW_OP_le: case DW_OP_gt: case DW_OP_ge:
		return binary(machine, op->atom);
	case DW_OP_skip: case DW_OP_bra:
		return branch(machine, op);
	case DW_OP_nop: case DW_OP_stack_value:
		return NULL;
	default:
		return error_create(ERROR_UNSUPPORTED, "DWARF operation 0x%x in call-frame information", op->atom);
	}
}

struct error *cfi_evaluate(const Dwarf_Op *operations, size_t count, const struct frame_registers *registers, const uint64_t *cfa,
			   struct memory *memory, uint64_t bias, uint64_t *value_ret)
{
	struct machine machine;
	machine.operations = operations;
	machine.count = count;
	machine.registers = registers;
	machine.cfa = cfa;
	machine.memory = memory;
	machine.bias = bias;
	machine.depth = machine.next = 0;
	for (unsigned steps = 0; machine.next < count; steps++) {
		if (steps == STEPS_MAX)
			return error_broken("it does not end");
		struct error *error = execute(&machine, &operations[machine.next++]);
		if (error)
			return error;
	}
	if (!machine.depth)
		return error_broken("no result");
	*value_ret = machine.stack[machine.depth - 1];
	return NULL;
}

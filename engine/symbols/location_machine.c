// The DWARF expression machine (DWARF 5, 2.5): the stack, control flow, registers and memory.
#include <string.h>

#include "engine/symbols/variable_private.h"

const struct location_context location_no_context = { 0 };

void machine_init(struct machine *machine, struct module *module, const struct location_context *context, struct arena *arena)
{
	// The stack is not cleared: this runs for each look at each variable.
	memset(machine, 0, offsetof(struct machine, stack));
	memset(&machine->place, 0, sizeof(*machine) - offsetof(struct machine, place));
	machine->module = module;
	machine->context = context ? context : &location_no_context;
	machine->arena = arena;
}

static struct error *push_value(struct machine *machine, struct machine_value value)
{
	if (machine->count == MACHINE_STACK)
		return error_create(ERROR_FORMAT, "a location expression overflows its stack");
	machine->stack[machine->count++] = value;
	return NULL;
}

struct error *machine_push(struct machine *machine, uint64_t value)
{
	return push_value(machine, (struct machine_value){ .kind = MACHINE_GENERIC, .size = 8, .integer = value });
}

struct error *machine_pop(struct machine *machine, struct machine_value *value_ret)
{
	if (!machine->count)
		return error_create(ERROR_FORMAT, "a location expression takes from an empty stack");
	*value_ret = machine->stack[--machine->count];
	return NULL;
}

struct error *machine_pop_integer(struct machine *machine, uint64_t *value_ret)
{
	struct machine_value value;
	struct error *error = machine_pop(machine, &value);
	if (error)
		return error;
	if (value.kind == MACHINE_FLOAT)
		return error_create(ERROR_FORMAT, "a location expression uses a floating-point number as an address");
	*value_ret = value.integer;
	return NULL;
}

struct error *machine_register(struct machine *machine, int dwarf_register, uint64_t *value_ret)
{
	if (!machine->context->read_register)
		return error_create(ERROR_UNAVAILABLE, "needs the registers of a frame");
	if (machine->survives && machine->context->read_register_bytes)
		return machine_register_bytes(machine, dwarf_register, value_ret, sizeof(*value_ret));
	return machine->context->read_register(machine->context->data, dwarf_register, value_ret);
}

struct error *machine_register_bytes(struct machine *machine, int dwarf_register, void *bytes, size_t size)
{
	const struct location_context *context = machine->context;
	if (context->read_register_bytes)
		return context->read_register_bytes(context->data, dwarf_register, machine->survives, bytes, size);
	uint64_t word = 0;
	if (size > sizeof(word))
		return error_create(ERROR_UNSUPPORTED, "a register of %zu bytes", size);
	struct error *error = machine_register(machine, dwarf_register, &word);
	if (!error)
		memcpy(bytes, &word, size);
	return error;
}

struct error *machine_read(struct machine *machine, uint64_t address, void *bytes, size_t size)
{
	if (!machine->context->memory)
		return error_create(ERROR_UNAVAILABLE, "needs the memory of a process");
	return memory_read(machine->context->memory, address, bytes, size);
}

static struct error *push_register(struct machine *machine, int dwarf_register, uint64_t offset)
{
	uint64_t value = 0;
	struct error *error = machine_register(machine, dwarf_register, &value);
	return error ? error : machine_push(machine, value + offset);
}

static struct error *push_cfa(struct machine *machine)
{
	uint64_t cfa = 0;
	if (!machine->context->frame_cfa)
		return error_create(ERROR_UNAVAILABLE, "needs a frame");
	struct error *error = machine->context->frame_cfa(machine->context->data, &cfa);
	return error ? error : machine_push(machine, cfa);
}

// DW_AT_frame_base (DWARF 5, 3.3.5): for gcc the CFA, for clang a register, whose contents it is then.
static struct error *push_frame_base(struct machine *machine, uint64_t offset)
{
	const struct location_context *context = machine->context;
	if (!context->function)
		return error_create(ERROR_UNAVAILABLE, "needs a frame");
	struct module *module = context->function->module;
	struct location_source *source = function_frame_base(context->function);
	const struct location_range *range = location_source_at(module, source, module_link(module, context->pc).value);
	if (!range)
		return error_create(ERROR_UNAVAILABLE, "the function has no frame base here");
	uint64_t base = 0;
	struct error *error = NULL;
	if (range->count == 1 && range->ops[0].atom == DW_OP_call_frame_cfa && context->frame_cfa)
		error = context->frame_cfa(context->data, &base);
	else
		error = machine_evaluate(machine, &source->attribute, range->ops, range->count, &base);
	return error ? error : machine_push(machine, base + offset);
}

static struct error *dereference(struct machine *machine, uint64_t size, bool has_space)
{
	uint64_t address = 0, space = 0, value = 0;
	struct error *error = machine_pop_integer(machine, &address);
	if (!error && has_space)
		error = machine_pop_integer(machine, &space);
	if (error)
		return error;
	if (space)
		return error_create(ERROR_UNSUPPORTED, "another address space");
	if (!size || size > sizeof(value))
		return error_create(ERROR_FORMAT, "a location expression reads %llu bytes at once", (unsigned long long)size);
	error = machine_read(machine, address, &value, size);
	return error ? error : machine_push(machine, value);
}

static struct error *duplicate(struct machine *machine, uint64_t depth)
{
	if (depth >= machine->count)
		return error_create(ERROR_FORMAT, "a location expression picks from below its stack");
	return push_value(machine, machine->stack[machine->count - 1 - depth]);
}

// The top `depth` entries move up by one, the top one goes below them.
static struct error *rotate(struct machine *machine, size_t depth)
{
	if (depth > machine->count)
		return error_create(ERROR_FORMAT, "a location expression swaps what its stack does not have");
	struct machine_value *low = &machine->stack[machine->count - depth], top = low[depth - 1];
	memmove(low + 1, low, (depth - 1) * sizeof(*low));
	*low = top;
	return NULL;
}

static struct error *stack_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret)
{
	struct machine_value dropped;
	switch (op->atom) {
	case DW_OP_dup: return duplicate(machine, 0);
	case DW_OP_over: return duplicate(machine, 1);
	case DW_OP_pick: return duplicate(machine, op->number);
	case DW_OP_drop: return machine_pop(machine, &dropped);
	case DW_OP_swap: return rotate(machine, 2);
	case DW_OP_rot: return rotate(machine, 3);
	case DW_OP_deref: return dereference(machine, 8, false);
	case DW_OP_deref_size: return dereference(machine, op->number, false);
	case DW_OP_xderef: return dereference(machine, 8, true);
	case DW_OP_xderef_size: return dereference(machine, op->number, true);
	case DW_OP_nop: return NULL;
	default: *is_known_ret = false; return NULL;
	}
}

static struct error *push_object(struct machine *machine)
{
	if (!machine->has_object)
		return error_create(ERROR_UNAVAILABLE, "needs an object");
	return machine_push(machine, machine->object);
}

static struct error *literal_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret)
{
	unsigned atom = op->atom;
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return machine_push(machine, atom - DW_OP_lit0);
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return push_register(machine, (int)(atom - DW_OP_breg0), op->number);
	switch (atom) {
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts: return machine_push(machine, op->number);
	case DW_OP_addr: return machine_push(machine, op->number + machine->module->bias);
	case DW_OP_bregx:
		if (op->number > INT16_MAX)
			return error_create(ERROR_FORMAT, "no such register");
		return push_register(machine, (int)op->number, op->number2);
	case DW_OP_fbreg: return push_frame_base(machine, op->number);
	case DW_OP_call_frame_cfa: return push_cfa(machine);
	case DW_OP_push_object_address: return push_object(machine);
	default: *is_known_ret = false; return NULL;
	}
}

static struct error *set_register(struct machine *machine, uint64_t dwarf_register)
{
	if (dwarf_register > INT16_MAX)
		return error_create(ERROR_FORMAT, "no such register");
	machine->place = PLACE_REGISTER;
	machine->dwarf_register = (int)dwarf_register;
	return NULL;
}

// What an expression says the object is, instead of where (DWARF 5, 2.6.1.1.2 and 2.6.1.1.3), and pieces (2.6.1.2).
static struct error *place_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret)
{
	unsigned atom = op->atom;
	if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
		return set_register(machine, atom - DW_OP_reg0);
	switch (atom) {
	case DW_OP_regx: return set_register(machine, op->number);
	case DW_OP_stack_value:
		if (!machine->count)
			return error_create(ERROR_FORMAT, "a location expression takes from an empty stack");
		machine->place = PLACE_VALUE;
		return NULL;
	case DW_OP_piece:
		if (op->number > UINT32_MAX / 8)
			return error_create(ERROR_FORMAT, "a piece of %llu bytes", (unsigned long long)op->number);
		return machine_finish_piece(machine, op->number * 8, 0);
	case DW_OP_bit_piece: return machine_finish_piece(machine, op->number, op->number2);
	default: *is_known_ret = false; return NULL;
	}
}

static struct error *one_op(struct machine *machine, const Dwarf_Op *op)
{
	static struct error *(*const groups[])(struct machine *, const Dwarf_Op *, bool *) = {
		literal_op, stack_op, place_op, machine_typed_op, machine_operand_op,
	};
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		bool is_known = true;
		struct error *error = groups[i](machine, op, &is_known);
		if (is_known)
			return error;
	}
	return error_create(ERROR_UNSUPPORTED, "the location expression has the unknown operation 0x%x", op->atom);
}

// Operand: bytes from the end of this operation (one byte and two of operand).
static struct error *jump(const Dwarf_Op *ops, size_t count, size_t *index)
{
	uint64_t target = ops[*index].offset + 3 + ops[*index].number;
	if ((int64_t)target > (int64_t)ops[count - 1].offset) {
		*index = count;
		return NULL;
	}
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ops[middle].offset < target)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count || ops[low].offset != target)
		return error_create(ERROR_FORMAT, "a location expression jumps into the middle of an operation");
	*index = low;
	return NULL;
}

static bool is_end_of_place(const struct machine *machine, unsigned atom)
{
	return machine->place == PLACE_STACK || atom == DW_OP_piece || atom == DW_OP_bit_piece || atom == DW_OP_nop ||
	       atom == DW_OP_GNU_uninit;
}

struct error *machine_run(struct machine *machine, const Dwarf_Op *ops, size_t count)
{
	for (size_t i = 0; i < count;) {
		const Dwarf_Op *op = &ops[i];
		uint64_t condition = 1;
		struct error *error = NULL;
		if (++machine->steps > MACHINE_STEPS)
			return error_create(ERROR_FORMAT, "a location expression does not come to an end");
		if (!is_end_of_place(machine, op->atom))
			return error_create(ERROR_FORMAT, "a location expression goes on after its result");
		if (op->atom != DW_OP_skip && op->atom != DW_OP_bra) {
			error = one_op(machine, op);
			i++;
		} else {
			if (op->atom == DW_OP_bra)
				error = machine_pop_integer(machine, &condition);
			if (!error && condition)
				error = jump(ops, count, &i);
			else
				i++;
		}
		if (error)
			return error;
	}
	return NULL;
}

struct error *machine_scalar(struct machine *machine, uint64_t *value_ret)
{
	uint8_t bytes[16] = { 0 };
	struct machine_value value;
	if (machine->piece_count)
		return error_create(ERROR_UNSUPPORTED, "a number in pieces");
	switch (machine->place) {
	case PLACE_REGISTER: return machine_register(machine, machine->dwarf_register, value_ret);
	case PLACE_BYTES:
		memcpy(bytes, machine->bytes.data, machine->bytes.length < sizeof(bytes) ? machine->bytes.length : sizeof(bytes));
		break;
	case PLACE_POINTER: return error_create(ERROR_UNAVAILABLE, "optimised out");
	default: {
		struct error *error = machine_pop(machine, &value);
		if (error)
			return error;
		if (value.kind != MACHINE_FLOAT) {
			*value_ret = value.integer;
			return NULL;
		}
		machine_value_bytes(&value, bytes);
	}
	}
	memcpy(value_ret, bytes, sizeof(*value_ret));
	return NULL;
}

struct error *machine_evaluate(const struct machine *parent, Dwarf_Attribute *attribute, const Dwarf_Op *ops, size_t count,
			       uint64_t *value_ret)
{
	struct machine machine;
	if (parent->depth >= MACHINE_DEPTH)
		return error_create(ERROR_FORMAT, "location expressions that refer to each other in circles");
	machine_init(&machine, parent->module, parent->context, parent->arena);
	machine.attribute = attribute;
	machine.depth = parent->depth + 1;
	machine.steps = parent->steps;
	machine.object_size = sizeof(uint64_t);
	struct error *error = machine_run(&machine, ops, count);
	return error ? error : machine_scalar(&machine, value_ret);
}

// Operations of the expression machine whose operands are elsewhere: address tables, constants, other DIEs, thread-local storage and the
// caller's frame (DWARF 5, 2.5.1.1, 2.5.1.5, 2.5.1.7, 2.6.1.1).
#include <string.h>

#include "engine/symbols/split_private.h"
#include "engine/symbols/variable_private.h"

static struct error *push_indexed(struct machine *machine, const Dwarf_Op *op, bool is_address)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;
	if (!machine->attribute || dwarf_getlocation_attr(machine->attribute, op, &attribute) != 0 ||
	    (is_address ? dwarf_formaddr(&attribute, &value) : dwarf_formudata(&attribute, &value)) != 0)
		return error_libdw("an index in a location expression");
	return machine_push(machine, is_address ? value + machine->module->bias : value);
}

static struct error *push_tls(struct machine *machine)
{
	uint64_t offset = 0, address = 0;
	const struct location_context *context = machine->context;
	if (!context->tls_address)
		return error_create(ERROR_UNAVAILABLE, "needs a thread");
	struct error *error = machine_pop_integer(machine, &offset);
	if (!error)
		error = context->tls_address(context->data, machine->module, offset, &address);
	return error ? error : machine_push(machine, address);
}

static struct error *implicit_value(struct machine *machine, const Dwarf_Op *op)
{
	if (!machine->attribute || dwarf_getlocation_implicit_value(machine->attribute, op, &machine->bytes) != 0)
		return error_libdw("a value in a location expression");
	machine->place = PLACE_BYTES;
	return NULL;
}

// An entry that the operand names by its place in .debug_info; in a unit of split DWARF by that in the .dwo file.
static bool operand_die(const struct machine *machine, const Dwarf_Op *op, Dwarf_Die *die_ret)
{
	Dwarf_Die root;
	int64_t shift = 0;
	if (!machine->attribute)
		return false;
	if (!dwarf_cu_die(machine->attribute->cu, &root, NULL, NULL, NULL, NULL, NULL, NULL) ||
	    !die_signed(&root, ATTRIBUTE_SPLIT_SHIFT, &shift))
		return dwarf_getlocation_die(machine->attribute, op, die_ret) == 0;
	return dwarf_offdie(dwarf_cu_getdwarf(machine->attribute->cu), op->number + (uint64_t)shift, die_ret) != NULL;
}

static struct error *implicit_pointer(struct machine *machine, const Dwarf_Op *op)
{
	Dwarf_Die die;
	if (!operand_die(machine, op, &die))
		return error_libdw("a pointer in a location expression");
	machine->place = PLACE_POINTER;
	machine->pointer_die = module_die_offset(machine->module, &die);
	machine->pointer_offset = (int64_t)op->number2;
	return NULL;
}

// ---- The caller's view -------------------------------------------------------------------------------------------

bool expression_register(const Dwarf_Op *ops, size_t count, int *dwarf_register_ret)
{
	if (count != 1)
		return false;
	if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		*dwarf_register_ret = ops[0].atom - DW_OP_reg0;
	else if (ops[0].atom == DW_OP_regx && ops[0].number <= INT16_MAX)
		*dwarf_register_ret = (int)ops[0].number;
	else
		return false;
	return true;
}

static struct error *entry_register(struct machine *machine, int dwarf_register, uint64_t *value_ret)
{
	const struct location_context *context = machine->context;
	// At the first instruction nothing has changed yet.
	if (context->function && context->pc == context->function->entry)
		return machine_register(machine, dwarf_register, value_ret);
	if (!context->entry_register)
		return error_create(ERROR_UNAVAILABLE, "optimised out: known at the function's entry alone");
	return context->entry_register(context->data, dwarf_register, value_ret);
}

// Nearly always the operand is one register; "what was at [register] at entry" cannot be recovered once memory has changed.
static struct error *entry_value(struct machine *machine, const Dwarf_Op *op)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	int dwarf_register = 0;
	uint64_t value = 0;
	if (!machine->attribute || dwarf_getlocation_attr(machine->attribute, op, &attribute) != 0 ||
	    dwarf_getlocation(&attribute, &ops, &count) != 0)
		return error_libdw("an entry value in a location expression");
	if (!expression_register(ops, count, &dwarf_register))
		return error_create(ERROR_UNAVAILABLE, "optimised out: known at the function's entry alone");
	struct error *error = entry_register(machine, dwarf_register, &value);
	return error ? error : machine_push(machine, value);
}

// ---- Other DIEs --------------------------------------------------------------------------------------------------

static bool die_location(Dwarf_Die *die, uint64_t link_pc, Dwarf_Attribute *attribute, Dwarf_Op **ops, size_t *count)
{
	return dwarf_attr_integrate(die, DW_AT_location, attribute) && dwarf_getlocation_addr(attribute, link_pc, ops, count, 1) == 1;
}

static uint64_t link_pc(const struct machine *machine)
{
	return module_link(machine->module, machine->context->pc).value;
}

// DW_OP_call*: the other DIE's expression works on this stack; one without a location does nothing.
static struct error *call(struct machine *machine, const Dwarf_Op *op)
{
	Dwarf_Die die;
	Dwarf_Attribute attribute, *caller = machine->attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	// DW_OP_call2 and call4 count from the unit's own beginning.
	bool is_found = op->atom == DW_OP_call_ref ? operand_die(machine, op, &die) : caller && dwarf_getlocation_die(caller, op, &die) == 0;
	if (!is_found)
		return error_libdw("a call in a location expression");
	if (!die_location(&die, link_pc(machine), &attribute, &ops, &count))
		return NULL;
	if (machine->depth >= MACHINE_DEPTH)
		return error_create(ERROR_FORMAT, "location expressions that refer to each other in circles");
	machine->depth++;
	machine->attribute = &attribute;
	struct error *error = machine_run(machine, ops, count);
	machine->attribute = caller;
	machine->depth--;
	return error;
}

static uint64_t narrow(uint64_t value, uint64_t size, bool is_signed)
{
	unsigned shift = (unsigned)(64 - size * 8);
	if (!shift)
		return value;
	return is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

static struct error *located_value(struct machine *machine, uint64_t size, uint64_t *value_ret)
{
	uint64_t address = 0;
	if (machine->place != PLACE_STACK || machine->piece_count)
		return machine_scalar(machine, value_ret);
	struct error *error = machine_pop_integer(machine, &address);
	*value_ret = 0;
	return error ? error : machine_read(machine, address, value_ret, size);
}

struct error *machine_variable_value(const struct machine *parent, Dwarf_Die *die, uint64_t *value_ret)
{
	struct machine machine;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	uint64_t value = 0;
	struct error *error = NULL;
	const struct type *type = type_strip(module_type_of(parent->module, die));
	uint64_t size = type->size && type->size < 8 ? type->size : 8;
	if (parent->depth >= MACHINE_DEPTH)
		return error_create(ERROR_FORMAT, "location expressions that refer to each other in circles");
	if (die_location(die, link_pc(parent), &attribute, &ops, &count)) {
		machine_init(&machine, parent->module, parent->context, parent->arena);
		machine.attribute = &attribute;
		machine.depth = parent->depth + 1;
		machine.steps = parent->steps;
		machine.object_size = size;
		error = machine_run(&machine, ops, count);
		if (!error)
			error = located_value(&machine, size, &value);
	} else if (!die_signed(die, DW_AT_const_value, (int64_t *)&value)) {
		error = error_create(ERROR_UNAVAILABLE, "optimised out");
	}
	if (!error)
		*value_ret = narrow(value, size, type->is_signed);
	return error;
}

static struct error *push_variable(struct machine *machine, const Dwarf_Op *op)
{
	Dwarf_Die die;
	uint64_t value = 0;
	if (!operand_die(machine, op, &die))
		return error_libdw("a variable in a location expression");
	struct error *error = machine_variable_value(machine, &die, &value);
	return error ? error : machine_push(machine, value);
}

struct error *machine_operand_op(struct machine *machine, const Dwarf_Op *op, bool *is_known_ret)
{
	switch (op->atom) {
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index: return push_indexed(machine, op, true);
	case DW_OP_constx:
	case DW_OP_GNU_const_index: return push_indexed(machine, op, false);
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address: return push_tls(machine);
	case DW_OP_implicit_value: return implicit_value(machine, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer: return implicit_pointer(machine, op);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value: return entry_value(machine, op);
	case DW_OP_call2:
	case DW_OP_call4:
	case DW_OP_call_ref: return call(machine, op);
	case DW_OP_GNU_variable_value: return push_variable(machine, op);
	case DW_OP_GNU_parameter_ref: return error_create(ERROR_UNAVAILABLE, "optimised out: a parameter that is not passed");
	case DW_OP_GNU_uninit: return NULL;
	default: *is_known_ret = false; return NULL;
	}
}

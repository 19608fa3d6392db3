// Named bits of the flag and control registers, and the ways to cut a vector into lanes.
#include "base/memory.h"
#include "engine/arch/registers.h"

// Intel SDM vol. 1, 3.4.3
static const struct register_bit eflags_bits[] = {
	{ "CF", "carry", 0, 1 },
	{ "PF", "parity", 2, 1 },
	{ "AF", "auxiliary carry", 4, 1 },
	{ "ZF", "zero", 6, 1 },
	{ "SF", "sign", 7, 1 },
	{ "TF", "trap", 8, 1 },
	{ "IF", "interrupts enabled", 9, 1 },
	{ "DF", "direction down", 10, 1 },
	{ "OF", "overflow", 11, 1 },
	{ "IOPL", "I/O privilege level", 12, 2 },
	{ "NT", "nested task", 14, 1 },
	{ "RF", "resume", 16, 1 },
	{ "VM", "virtual 8086", 17, 1 },
	{ "AC", "alignment check", 18, 1 },
	{ "VIF", "virtual interrupts enabled", 19, 1 },
	{ "VIP", "virtual interrupt pending", 20, 1 },
	{ "ID", "CPUID available", 21, 1 },
};

// Intel SDM vol. 1, 10.2.3
static const struct register_bit mxcsr_bits[] = {
	{ "IE", "invalid operation", 0, 1 },
	{ "DE", "denormal operand", 1, 1 },
	{ "ZE", "division by zero", 2, 1 },
	{ "OE", "overflow", 3, 1 },
	{ "UE", "underflow", 4, 1 },
	{ "PE", "inexact result", 5, 1 },
	{ "DAZ", "denormals are zero", 6, 1 },
	{ "IM", "invalid operation masked", 7, 1 },
	{ "DM", "denormal operand masked", 8, 1 },
	{ "ZM", "division by zero masked", 9, 1 },
	{ "OM", "overflow masked", 10, 1 },
	{ "UM", "underflow masked", 11, 1 },
	{ "PM", "inexact result masked", 12, 1 },
	{ "RC", "rounding: nearest, down, up, to zero", 13, 2 },
	{ "FZ", "flush to zero", 15, 1 },
};

// Intel SDM vol. 1, 8.1.5
static const struct register_bit fctrl_bits[] = {
	{ "IM", "invalid operation masked", 0, 1 },
	{ "DM", "denormal operand masked", 1, 1 },
	{ "ZM", "division by zero masked", 2, 1 },
	{ "OM", "overflow masked", 3, 1 },
	{ "UM", "underflow masked", 4, 1 },
	{ "PM", "inexact result masked", 5, 1 },
	{ "PC", "precision: single, reserved, double, extended", 8, 2 },
	{ "RC", "rounding: nearest, down, up, to zero", 10, 2 },
	{ "X", "infinity control (8087)", 12, 1 },
};

// Intel SDM vol. 1, 8.1.3
static const struct register_bit fstat_bits[] = {
	{ "IE", "invalid operation", 0, 1 },
	{ "DE", "denormal operand", 1, 1 },
	{ "ZE", "division by zero", 2, 1 },
	{ "OE", "overflow", 3, 1 },
	{ "UE", "underflow", 4, 1 },
	{ "PE", "inexact result", 5, 1 },
	{ "SF", "stack fault", 6, 1 },
	{ "ES", "exception summary", 7, 1 },
	{ "C0", "condition 0", 8, 1 },
	{ "C1", "condition 1", 9, 1 },
	{ "C2", "condition 2", 10, 1 },
	{ "TOP", "top of stack", 11, 3 },
	{ "C3", "condition 3", 14, 1 },
	{ "B", "busy", 15, 1 },
};

// Intel SDM vol. 3, 17.2.3
static const struct register_bit dr6_bits[] = {
	{ "B0", "breakpoint 0 hit", 0, 1 },
	{ "B1", "breakpoint 1 hit", 1, 1 },
	{ "B2", "breakpoint 2 hit", 2, 1 },
	{ "B3", "breakpoint 3 hit", 3, 1 },
	{ "BD", "debug register accessed", 13, 1 },
	{ "BS", "single step", 14, 1 },
	{ "BT", "task switch", 15, 1 },
	{ "RTM", "not in a transaction", 16, 1 },
};

// Intel SDM vol. 3, 17.2.4
static const struct register_bit dr7_bits[] = {
	{ "L0", "breakpoint 0 enabled", 0, 1 },
	{ "G0", "breakpoint 0 enabled globally", 1, 1 },
	{ "L1", "breakpoint 1 enabled", 2, 1 },
	{ "G1", "breakpoint 1 enabled globally", 3, 1 },
	{ "L2", "breakpoint 2 enabled", 4, 1 },
	{ "G2", "breakpoint 2 enabled globally", 5, 1 },
	{ "L3", "breakpoint 3 enabled", 6, 1 },
	{ "G3", "breakpoint 3 enabled globally", 7, 1 },
	{ "LE", "exact breakpoints", 8, 1 },
	{ "GE", "exact breakpoints, globally", 9, 1 },
	{ "GD", "guard debug registers", 13, 1 },
	{ "RW0", "kind 0: execute, write, I/O, read or write", 16, 2 },
	{ "LEN0", "length 0: 1, 2, 8, 4 bytes", 18, 2 },
	{ "RW1", "kind 1: execute, write, I/O, read or write", 20, 2 },
	{ "LEN1", "length 1: 1, 2, 8, 4 bytes", 22, 2 },
	{ "RW2", "kind 2: execute, write, I/O, read or write", 24, 2 },
	{ "LEN2", "length 2: 1, 2, 8, 4 bytes", 26, 2 },
	{ "RW3", "kind 3: execute, write, I/O, read or write", 28, 2 },
	{ "LEN3", "length 3: 1, 2, 8, 4 bytes", 30, 2 },
};

const struct register_bit *register_bits(const struct register_desc *desc, size_t *count_ret)
{
	static const struct {
		enum register_id id;
		const struct register_bit *bits;
		size_t count;
	} tables[] = {
		{ REGISTER_EFLAGS, eflags_bits, ARRAY_SIZE(eflags_bits) },
		{ REGISTER_MXCSR, mxcsr_bits, ARRAY_SIZE(mxcsr_bits) },
		{ REGISTER_FCTRL, fctrl_bits, ARRAY_SIZE(fctrl_bits) },
		{ REGISTER_FSTAT, fstat_bits, ARRAY_SIZE(fstat_bits) },
		{ REGISTER_DR6, dr6_bits, ARRAY_SIZE(dr6_bits) },
		{ REGISTER_DR7, dr7_bits, ARRAY_SIZE(dr7_bits) },
	};
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (tables[i].id == desc->id) {
			*count_ret = tables[i].count;
			return tables[i].bits;
		}
	}
	*count_ret = 0;
	return NULL;
}

const struct register_lane_kind *register_lane_kinds(size_t *count_ret)
{
	static const struct register_lane_kind kinds[] = {
		{ "float", 4, true, true },    { "double", 8, true, true },
		{ "int8", 1, false, true },    { "int16", 2, false, true },  { "int32", 4, false, true },
		{ "int64", 8, false, true },   { "int128", 16, false, true },
		{ "uint8", 1, false, false },  { "uint16", 2, false, false }, { "uint32", 4, false, false },
		{ "uint64", 8, false, false }, { "uint128", 16, false, false },
	};
	*count_ret = ARRAY_SIZE(kinds);
	return kinds;
}

// Control flow and the cheap common instructions, done on a copy of the registers in place of the processor.
// Everything that can fail is done before anything is changed.
#include "engine/arch/decode.h"

#include <string.h>

#define FLAG_CF UINT64_C(0x001)
#define FLAG_PF UINT64_C(0x004)
#define FLAG_AF UINT64_C(0x010)
#define FLAG_ZF UINT64_C(0x040)
#define FLAG_SF UINT64_C(0x080)
#define FLAG_OF UINT64_C(0x800)
#define FLAG_RF UINT64_C(0x10000)

struct machine {
	const struct instruction *instruction;
	const struct instruction_memory *memory;
	struct decoded decoded;
	struct user_regs_struct registers;   // the copy
	uint64_t next;                       // address of the next instruction
};

static bool machine_init(struct machine *machine, const struct instruction *instruction,
			 const struct user_regs_struct *registers, const struct instruction_memory *memory)
{
	machine->instruction = instruction;
	machine->memory = memory;
	machine->registers = *registers;
	machine->next = instruction->address + instruction->length;
	return decode_full(instruction->bytes, instruction->length, &machine->decoded);
}

// The 64-bit register that encloses `reg`, or NULL if it is no general one.
static unsigned long long *general(struct user_regs_struct *registers, ZydisRegister reg)
{
	unsigned long long *const by_encoding[] = {
		&registers->rax, &registers->rcx, &registers->rdx, &registers->rbx, &registers->rsp, &registers->rbp,
		&registers->rsi, &registers->rdi, &registers->r8,  &registers->r9,  &registers->r10, &registers->r11,
		&registers->r12, &registers->r13, &registers->r14, &registers->r15,
	};
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
		return NULL;
	return by_encoding[whole - ZYDIS_REGISTER_RAX];
}

static bool is_general(const ZydisDecodedOperand *operand)
{
	struct user_regs_struct unused;
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER && general(&unused, operand->reg.value);
}

static bool is_high_byte(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
}

static uint64_t mask_of(unsigned width)
{
	return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static uint64_t read_register(struct machine *machine, const ZydisDecodedOperand *operand)
{
	uint64_t value = *general(&machine->registers, operand->reg.value);
	return (is_high_byte(operand->reg.value) ? value >> 8 : value) & mask_of(operand->size);
}

// A 32-bit result clears the upper half, smaller ones leave the rest alone (SDM vol. 1, 3.4.1.1).
static void write_register(struct machine *machine, const ZydisDecodedOperand *operand, uint64_t value)
{
	unsigned long long *whole = general(&machine->registers, operand->reg.value);
	unsigned shift = is_high_byte(operand->reg.value) ? 8 : 0;
	uint64_t mask = operand->size == 32 ? UINT64_MAX : mask_of(operand->size) << shift;
	*whole = (*whole & ~mask) | ((value & mask_of(operand->size)) << shift);
}

static uint64_t address_part(struct machine *machine, ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE)
		return 0;
	if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
		return machine->next;
	unsigned long long *whole = general(&machine->registers, reg);
	return whole ? *whole : 0;
}

static uint64_t effective_address(struct machine *machine, const ZydisDecodedOperand *operand)
{
	uint64_t address = address_part(machine, operand->mem.base) + address_part(machine, operand->mem.index) * operand->mem.scale;
	if (operand->mem.disp.has_displacement)
		address += (uint64_t)operand->mem.disp.value;
	return address & mask_of(machine->decoded.info.address_width);
}

static uint64_t linear_address(struct machine *machine, const ZydisDecodedOperand *operand)
{
	uint64_t address = effective_address(machine, operand);
	if (operand->mem.segment == ZYDIS_REGISTER_FS)
		address += machine->registers.fs_base;
	if (operand->mem.segment == ZYDIS_REGISTER_GS)
		address += machine->registers.gs_base;
	return address;
}

static struct error *load(struct machine *machine, uint64_t address, size_t size, uint64_t *value_ret)
{
	uint64_t value = 0;
	struct error *error = machine->memory->read(machine->memory->data, address, &value, size);
	if (!error)
		*value_ret = value;
	return error;
}

static struct error *push(struct machine *machine, uint64_t value, size_t size)
{
	uint64_t top = machine->registers.rsp - size;
	struct error *error = machine->memory->write(machine->memory->data, top, &value, size);
	if (!error)
		machine->registers.rsp = top;
	return error;
}

static struct error *pop(struct machine *machine, size_t size, uint64_t *value_ret)
{
	struct error *error = load(machine, machine->registers.rsp, size, value_ret);
	if (!error)
		machine->registers.rsp += size;
	return error;
}

// A branch to an address that is not canonical faults at the branch itself.
static struct error *check_target(uint64_t target)
{
	int64_t top = (int64_t)target >> 47;
	if (top == 0 || top == -1)
		return NULL;
	return error_fault(target, "the target 0x%llx is not canonical", (unsigned long long)target);
}

static size_t operand_bytes(const struct machine *machine)
{
	return machine->decoded.info.operand_width / 8u;
}

static size_t transfer_bytes(const struct machine *machine)
{
	return decoded_transfer_width(&machine->decoded.info) / 8;
}

// The target of a CALL or JUMP.
static struct error *resolve_target(struct machine *machine, uint64_t *target_ret)
{
	const ZydisDecodedOperand *operand = &machine->decoded.operands[0];
	uint64_t target = machine->instruction->target;
	struct error *error = NULL;
	if (!machine->instruction->has_target && is_general(operand))
		target = read_register(machine, operand) & mask_of(decoded_transfer_width(&machine->decoded.info));
	else if (!machine->instruction->has_target)
		error = load(machine, linear_address(machine, operand), transfer_bytes(machine), &target);
	if (!error)
		error = check_target(target);
	if (!error)
		*target_ret = target;
	return error;
}

static struct error *do_call(struct machine *machine)
{
	uint64_t target;
	struct error *error = resolve_target(machine, &target);
	if (!error)
		error = push(machine, machine->next, transfer_bytes(machine));
	if (!error)
		machine->registers.rip = target;
	return error;
}

static struct error *do_jump(struct machine *machine)
{
	uint64_t target;
	struct error *error = resolve_target(machine, &target);
	if (!error)
		machine->registers.rip = target;
	return error;
}

static struct error *do_return(struct machine *machine)
{
	uint64_t target;
	struct error *error = pop(machine, transfer_bytes(machine), &target);
	if (!error)
		error = check_target(target);
	if (error)
		return error;
	machine->registers.rsp += machine->decoded.info.raw.imm[0].value.u;   // ret imm16; 0 without
	machine->registers.rip = target;
	return NULL;
}

static bool is_loop(ZydisMnemonic mnemonic)
{
	return mnemonic == ZYDIS_MNEMONIC_LOOP || mnemonic == ZYDIS_MNEMONIC_LOOPE || mnemonic == ZYDIS_MNEMONIC_LOOPNE;
}

// The sixteen conditions by their number in the opcode (SDM vol. 2, B.1.4.7): odd ones negate their neighbour.
static bool condition_holds(unsigned condition, uint64_t flags)
{
	bool sign_is_not_overflow = !(flags & FLAG_SF) != !(flags & FLAG_OF);
	bool holds = false;
	switch (condition >> 1) {
	case 0: holds = flags & FLAG_OF; break;
	case 1: holds = flags & FLAG_CF; break;
	case 2: holds = flags & FLAG_ZF; break;
	case 3: holds = flags & (FLAG_CF | FLAG_ZF); break;
	case 4: holds = flags & FLAG_SF; break;
	case 5: holds = flags & FLAG_PF; break;
	case 6: holds = sign_is_not_overflow; break;
	case 7: holds = (flags & FLAG_ZF) || sign_is_not_overflow; break;
	}
	return holds != (condition & 1);
}

static bool branch_is_taken(const ZydisDecodedInstruction *info, const struct user_regs_struct *registers)
{
	uint64_t mask = mask_of(info->address_width);
	bool zero = registers->eflags & FLAG_ZF;
	switch (info->mnemonic) {
	case ZYDIS_MNEMONIC_JRCXZ:
	case ZYDIS_MNEMONIC_JECXZ:
		return (registers->rcx & mask) == 0;
	case ZYDIS_MNEMONIC_LOOP:
		return ((registers->rcx - 1) & mask) != 0;
	case ZYDIS_MNEMONIC_LOOPE:
		return ((registers->rcx - 1) & mask) != 0 && zero;
	case ZYDIS_MNEMONIC_LOOPNE:
		return ((registers->rcx - 1) & mask) != 0 && !zero;
	default:
		return condition_holds(info->opcode & 0xf, registers->eflags);
	}
}

bool instruction_branch_taken(const struct instruction *instruction, const struct user_regs_struct *registers)
{
	ZydisDecodedInstruction info;
	if (instruction->class != INSTRUCTION_BRANCH || !decode_info(instruction->bytes, instruction->length, &info))
		return false;
	return branch_is_taken(&info, registers);
}

static struct error *do_branch(struct machine *machine)
{
	const ZydisDecodedInstruction *info = &machine->decoded.info;
	uint64_t target = machine->next;
	if (branch_is_taken(info, &machine->registers))
		target = machine->instruction->target;
	struct error *error = check_target(target);
	if (error)
		return error;
	if (is_loop(info->mnemonic))
		machine->registers.rcx = (machine->registers.rcx - 1) & mask_of(info->address_width);
	machine->registers.rip = target;
	return NULL;
}

static struct error *do_push(struct machine *machine)
{
	return push(machine, read_register(machine, &machine->decoded.operands[0]), operand_bytes(machine));
}

// pop rsp: the popped value wins over the increment, so the register is written last.
static struct error *do_pop(struct machine *machine)
{
	uint64_t value;
	struct error *error = pop(machine, operand_bytes(machine), &value);
	if (!error)
		write_register(machine, &machine->decoded.operands[0], value);
	return error;
}

static struct error *do_leave(struct machine *machine)
{
	uint64_t value;
	machine->registers.rsp = machine->registers.rbp;
	struct error *error = pop(machine, operand_bytes(machine), &value);
	if (!error) {
		uint64_t mask = mask_of(machine->decoded.info.operand_width);
		machine->registers.rbp = (machine->registers.rbp & ~mask) | value;
	}
	return error;
}

// Flags of a + b = result, or with is_subtraction of a - b = result (SDM vol. 1, 3.4.3.1).
static uint64_t arithmetic_flags(uint64_t a, uint64_t b, uint64_t result, bool is_subtraction)
{
	uint64_t flags = 0;
	uint64_t overflow = is_subtraction ? (a ^ b) & (a ^ result) : ~(a ^ b) & (a ^ result);
	if (is_subtraction ? a < b : result < a)
		flags |= FLAG_CF;
	if (!__builtin_parity((unsigned)(result & 0xff)))
		flags |= FLAG_PF;
	if ((a ^ b ^ result) & 0x10)
		flags |= FLAG_AF;
	if (result == 0)
		flags |= FLAG_ZF;
	if (result >> 63)
		flags |= FLAG_SF;
	if (overflow >> 63)
		flags |= FLAG_OF;
	return flags;
}

static void do_move_stack(struct machine *machine)
{
	const uint64_t all = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;
	bool is_subtraction = machine->decoded.info.mnemonic == ZYDIS_MNEMONIC_SUB;
	uint64_t a = machine->registers.rsp;
	uint64_t b = machine->decoded.operands[1].imm.value.u;
	uint64_t result = is_subtraction ? a - b : a + b;
	machine->registers.eflags = (machine->registers.eflags & ~all) | arithmetic_flags(a, b, result, is_subtraction);
	machine->registers.rsp = result;
}

static bool moves_stack(const struct decoded *decoded)
{
	return decoded->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && decoded->operands[0].reg.value == ZYDIS_REGISTER_RSP &&
	       decoded->operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

// The instructions that only go on to the next one. *done_ret stays false for those that are not known.
static struct error *do_straight(struct machine *machine, bool *done_ret)
{
	const struct decoded *decoded = &machine->decoded;
	const ZydisDecodedOperand *operands = decoded->operands;
	struct error *error = NULL;
	bool done = true;
	switch (decoded->info.mnemonic) {
	case ZYDIS_MNEMONIC_NOP:
	case ZYDIS_MNEMONIC_ENDBR32:
	case ZYDIS_MNEMONIC_ENDBR64:
		break;
	case ZYDIS_MNEMONIC_PUSH:
		if ((done = is_general(&operands[0])))
			error = do_push(machine);
		break;
	case ZYDIS_MNEMONIC_POP:
		if ((done = is_general(&operands[0])))
			error = do_pop(machine);
		break;
	case ZYDIS_MNEMONIC_LEAVE:
		error = do_leave(machine);
		break;
	case ZYDIS_MNEMONIC_MOV:
		if ((done = is_general(&operands[0]) && is_general(&operands[1])))
			write_register(machine, &operands[0], read_register(machine, &operands[1]));
		break;
	case ZYDIS_MNEMONIC_LEA:
		write_register(machine, &operands[0], effective_address(machine, &operands[1]));
		break;
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
		if ((done = moves_stack(decoded)))
			do_move_stack(machine);
		break;
	default:
		done = false;
	}
	machine->registers.rip = machine->next;
	*done_ret = done;
	return error;
}

struct error *instruction_emulate(const struct instruction *instruction, struct user_regs_struct *registers,
				  const struct instruction_memory *memory, bool *done_ret)
{
	struct machine machine;
	struct error *error = NULL;
	bool done = machine_init(&machine, instruction, registers, memory);
	if (!done) {
		*done_ret = false;
		return NULL;
	}
	switch (instruction->class) {
	case INSTRUCTION_CALL: error = do_call(&machine); break;
	case INSTRUCTION_JUMP: error = do_jump(&machine); break;
	case INSTRUCTION_BRANCH: error = do_branch(&machine); break;
	case INSTRUCTION_RETURN: error = do_return(&machine); break;
	case INSTRUCTION_OTHER: error = do_straight(&machine, &done); break;
	case INSTRUCTION_SYSCALL:
	case INSTRUCTION_TRAP:
	case INSTRUCTION_PUSHF:
	case INSTRUCTION_POPF: done = false; break;
	}
	if (error)
		return error;
	if (done) {
		machine.registers.eflags &= ~FLAG_RF;   // as after every instruction (SDM vol. 3, 17.3.1.1)
		*registers = machine.registers;
	}
	*done_ret = done;
	return NULL;
}

// Where iret and far ret go (the segment they load is not looked at), or the next instruction.
static struct error *straight_successor(struct machine *machine, uint64_t *address_ret)
{
	uint64_t target;
	struct error *error;
	switch (machine->decoded.info.mnemonic) {
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_RET:
		error = load(machine, machine->registers.rsp, operand_bytes(machine), &target);
		if (!error)
			*address_ret = target;
		return error;
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
		return error_create(ERROR_UNSUPPORTED, "the instruction at 0x%llx goes to another segment",
				    (unsigned long long)machine->instruction->address);
	default:
		*address_ret = machine->next;
		return NULL;
	}
}

struct error *instruction_successor(const struct instruction *instruction, const struct user_regs_struct *registers,
				    const struct instruction_memory *memory, uint64_t *address_ret)
{
	struct machine machine;
	if (!machine_init(&machine, instruction, registers, memory))
		return error_create(ERROR_FORMAT, "no instruction at 0x%llx", (unsigned long long)instruction->address);
	struct error *error = NULL;
	switch (instruction->class) {
	case INSTRUCTION_CALL:
	case INSTRUCTION_JUMP: return resolve_target(&machine, address_ret);
	case INSTRUCTION_BRANCH: error = do_branch(&machine); break;
	case INSTRUCTION_RETURN: error = do_return(&machine); break;
	case INSTRUCTION_OTHER:
	case INSTRUCTION_SYSCALL:
	case INSTRUCTION_TRAP:
	case INSTRUCTION_PUSHF:
	case INSTRUCTION_POPF: return straight_successor(&machine, address_ret);
	}
	if (!error)
		*address_ret = machine.registers.rip;
	return error;
}

#include "engine/arch/stack_effect.h"

#include "engine/arch/decode.h"

static int dwarf_number(const ZydisDecodedOperand *operand)
{
	static const uint8_t numbers[] = { 0, 2, 1, 3, 7, 6, 4, 5 };   // psABI, figure 3.36, in the order of the encoding
	if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || operand->reg.value < ZYDIS_REGISTER_RAX ||
	    operand->reg.value > ZYDIS_REGISTER_R15)
		return -1;
	unsigned encoded = operand->reg.value - ZYDIS_REGISTER_RAX;
	return encoded < sizeof(numbers) ? numbers[encoded] : (int)encoded;
}

static bool is_stack_pointer(const ZydisDecodedOperand *operand)
{
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       (operand->reg.value == ZYDIS_REGISTER_RSP || operand->reg.value == ZYDIS_REGISTER_ESP ||
		operand->reg.value == ZYDIS_REGISTER_SP || operand->reg.value == ZYDIS_REGISTER_SPL);
}

static bool writes_stack_pointer(const struct decoded *decoded)
{
	for (unsigned i = 0; i < decoded->info.operand_count; i++)
		if (is_stack_pointer(&decoded->operands[i]) && decoded->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			return true;
	return false;
}

// add, sub and lea of rsp by a constant.
static bool constant_move(const struct decoded *decoded, int64_t *moved_ret)
{
	const ZydisDecodedOperand *to = &decoded->operands[0], *from = &decoded->operands[1];
	if (to->type != ZYDIS_OPERAND_TYPE_REGISTER || to->reg.value != ZYDIS_REGISTER_RSP)
		return false;
	switch (decoded->info.mnemonic) {
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
		if (from->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return false;
		*moved_ret = decoded->info.mnemonic == ZYDIS_MNEMONIC_ADD ? from->imm.value.s : -from->imm.value.s;
		return true;
	case ZYDIS_MNEMONIC_LEA:
		if (from->mem.base != ZYDIS_REGISTER_RSP || from->mem.index != ZYDIS_REGISTER_NONE)
			return false;
		*moved_ret = decoded->info.raw.disp.size ? decoded->info.raw.disp.value : 0;
		return true;
	default: return false;
	}
}

bool instruction_stack_effect(const struct instruction *instruction, struct stack_effect *effect_ret)
{
	struct decoded decoded;
	struct stack_effect effect = { .saves = -1, .restores = -1 };
	if (!decode_full(instruction->bytes, instruction->length, &decoded))
		return false;
	int64_t width = decoded.info.operand_width / 8;
	switch (decoded.info.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		effect.saves = dwarf_number(&decoded.operands[0]);
		effect.moved = -width;
		break;
	case ZYDIS_MNEMONIC_POP:
		effect.restores = dwarf_number(&decoded.operands[0]);
		effect.moved = width;
		if (is_stack_pointer(&decoded.operands[0]))
			return false;
		break;
	case ZYDIS_MNEMONIC_PUSHF:
	case ZYDIS_MNEMONIC_PUSHFQ: effect.moved = -width; break;
	case ZYDIS_MNEMONIC_POPF:
	case ZYDIS_MNEMONIC_POPFQ: effect.moved = width; break;
	case ZYDIS_MNEMONIC_CALL: break;
	default:
		if (!constant_move(&decoded, &effect.moved) && writes_stack_pointer(&decoded))
			return false;
	}
	*effect_ret = effect;
	return true;
}

// An instruction moved to another address: Intel SDM vol. 2, 2.2.1.6 (rip-relative addressing).
#include "engine/arch/decode.h"

#include <string.h>

static const uint8_t jump_through_next[] = { 0xff, 0x25, 0, 0, 0, 0 };   // jmp [rip+0]

static struct error *refuse(const struct instruction *instruction, const char *why)
{
	return error_create(ERROR_UNSUPPORTED, "the instruction at 0x%llx cannot be moved: %s",
			    (unsigned long long)instruction->address, why);
}

static struct error *check_class(const struct instruction *instruction)
{
	switch (instruction->class) {
	case INSTRUCTION_CALL:
	case INSTRUCTION_JUMP:
	case INSTRUCTION_BRANCH:
	case INSTRUCTION_RETURN:
		return refuse(instruction, "it transfers control");
	case INSTRUCTION_TRAP:
		return refuse(instruction, "it traps");
	case INSTRUCTION_OTHER:
	case INSTRUCTION_SYSCALL:
	case INSTRUCTION_PUSHF:
	case INSTRUCTION_POPF:
		break;
	}
	return NULL;
}

// Rewrites the 32-bit field at `offset`, so that it leads from the new address to where it led from the old one.
static struct error *move_field(const struct instruction *instruction, uint64_t slot_address, uint8_t *body, size_t offset)
{
	int32_t old;
	memcpy(&old, body + offset, sizeof(old));
	int64_t moved = (int64_t)(instruction->address - slot_address + (uint64_t)(int64_t)old);
	if (moved != (int32_t)moved)
		return refuse(instruction, "what it refers to is more than 2 GiB away");
	int32_t new = (int32_t)moved;
	memcpy(body + offset, &new, sizeof(new));
	return NULL;
}

// With a 67 prefix the sum is cut to 32 bits (eip-relative), so any distance can be spanned modulo 2^32.
static void move_field_32(const struct instruction *instruction, uint64_t slot_address, uint8_t *body, size_t offset)
{
	uint32_t value;
	memcpy(&value, body + offset, sizeof(value));
	value += (uint32_t)(instruction->address - slot_address);
	memcpy(body + offset, &value, sizeof(value));
}

static struct error *move_fields(const struct instruction *instruction, const ZydisDecodedInstruction *info,
				 uint64_t slot_address, uint8_t *body)
{
	if (info->raw.imm[0].is_relative) {   // xbegin
		if (info->raw.imm[0].size != 32)
			return refuse(instruction, "its fallback address has 16 bits");
		return move_field(instruction, slot_address, body, info->raw.imm[0].offset);
	}
	if (!decoded_is_rip_relative(info))
		return NULL;
	if (info->address_width == 32) {
		move_field_32(instruction, slot_address, body, info->raw.disp.offset);
		return NULL;
	}
	return move_field(instruction, slot_address, body, info->raw.disp.offset);
}

struct error *instruction_relocate(const struct instruction *instruction, uint64_t slot_address,
				   uint8_t slot[INSTRUCTION_SLOT_MAX], size_t *body_ret, size_t *size_ret)
{
	struct error *error = check_class(instruction);
	if (error)
		return error;
	ZydisDecodedInstruction info;
	if (!decode_info(instruction->bytes, instruction->length, &info))
		return refuse(instruction, "it is none");
	if (info.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR && info.mnemonic != ZYDIS_MNEMONIC_RET)
		return refuse(instruction, "it transfers control to another segment");
	uint8_t body[INSTRUCTION_MAX];
	memcpy(body, instruction->bytes, instruction->length);
	error = move_fields(instruction, &info, slot_address, body);
	if (error)
		return error;
	uint64_t next = instruction->address + instruction->length;
	uint8_t *to = slot;
	to = (uint8_t *)mempcpy(to, body, instruction->length);
	to = (uint8_t *)mempcpy(to, jump_through_next, sizeof(jump_through_next));
	to = (uint8_t *)mempcpy(to, &next, sizeof(next));
	*body_ret = instruction->length;
	*size_ret = (size_t)(to - slot);
	return NULL;
}

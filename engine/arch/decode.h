// Zydis as the files of engine/arch use it: one decoder for 64-bit code. Private to engine/arch.
#pragma once

#include <Zydis/Zydis.h>

#include "engine/arch/instruction.h"

struct decoded {
	ZydisDecodedInstruction info;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

// Both answer false if the bytes are no instruction. decode_info() leaves out the operands and is the faster one.
bool decode_info(const uint8_t *bytes, size_t size, ZydisDecodedInstruction *info);
bool decode_full(const uint8_t *bytes, size_t size, struct decoded *decoded);

// Has it a displacement that is relative to the next instruction?
bool decoded_is_rip_relative(const ZydisDecodedInstruction *info);
// The address such a displacement means.
uint64_t decoded_rip_target(const ZydisDecodedInstruction *info, uint64_t address);
// Bits of a near transfer's target and of the return address that it pushes or pops: 64, or 16 where 66 counts.
unsigned decoded_transfer_width(const ZydisDecodedInstruction *info);

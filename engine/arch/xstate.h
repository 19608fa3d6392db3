// The XSAVE area in standard format (Intel SDM vol. 1, 13.4), as PTRACE_GETREGSET NT_X86_XSTATE hands it out: where
// the pieces of a register are, and the rule of the init state. Private to engine/arch.
#pragma once

#include "engine/arch/registers.h"

// State components: bits of XCR0 and of XSTATE_BV.
#define XSTATE_X87 UINT64_C(0x01)
#define XSTATE_SSE UINT64_C(0x02)
#define XSTATE_AVX UINT64_C(0x04)
#define XSTATE_OPMASK UINT64_C(0x20)
#define XSTATE_ZMM_HI256 UINT64_C(0x40)
#define XSTATE_HI16_ZMM UINT64_C(0x80)
#define XSTATE_AVX512_ALL (XSTATE_SSE | XSTATE_AVX | XSTATE_OPMASK | XSTATE_ZMM_HI256 | XSTATE_HI16_ZMM)

enum {
	XSTATE_ST_OFFSET = 32,
	XSTATE_XMM_OFFSET = 160,
	XSTATE_XCR0_OFFSET = 464,     // software-reserved bytes of the legacy area: the kernel's word, not the processor's
	XSTATE_BV_OFFSET = 512,
	XSTATE_LEGACY_SIZE = 512,
	XSTATE_HEADER_END = 576,
};

struct error *xstate_get(const struct register_block *block, const struct register_desc *desc, void *bytes);
struct error *xstate_set(struct register_block *block, const struct register_desc *desc, const void *bytes);

// Where the instructions in the debuggee's memory start, forwards and backwards. Every address belongs to one row: an instruction,
// a byte that is none, or a byte without memory (rows of the last two kinds are one byte long). Known starts (functions, lines, stubs)
// put a walk that is out of step back into it. Addresses count modulo 2^64.
#pragma once

#include "engine/run/state.h"

// What is mapped is mapped by whole pages.
enum { CODE_PAGE = 4096, CODE_CHUNK = 4096 };

struct code_walk {
	struct modules *modules;
	struct memory *memory;
	uint64_t symbol_start, symbol_end;   // inside, no other function begins
	uint64_t chunk_start, gap_end;       // between the chunk's end and gap_end nothing can be read
	size_t chunk_size;
	uint8_t chunk[CODE_CHUNK];
};

void code_walk_init(struct code_walk *walk, struct modules *modules, struct memory *memory);
// Where the row after the one at `at` starts.
uint64_t code_walk_next(struct code_walk *walk, uint64_t at, bool *is_readable_ret);
// The starts of the `count` rows before `end`, in rising order; the last one ends exactly at `end`.
void code_walk_back(struct code_walk *walk, uint64_t end, uint64_t *starts, size_t count);

// memory_view.c. Is there a debuggee whose memory and modules can be looked at? ERROR_STATE if not.
struct error *inspect_require_memory(const struct debugger *debugger);

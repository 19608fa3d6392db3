// Memory, disassembly, modules and source files. Reading memory works while running too.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

struct debugger;

// The bytes that could be read from the start; original bytes, never our breakpoints. 0: unreadable there.
struct error *debugger_read_memory(struct debugger *debugger, uint64_t address, void *bytes, size_t size, size_t *read_ret);
// Writes all or (allow_partial) as much as possible; ERROR_FAULT if nothing or not all could be written.
struct error *debugger_write_memory(struct debugger *debugger, uint64_t address, const void *bytes, size_t size, bool allow_partial, size_t *written_ret);
// First readable address at or after `address` below `limit`, `limit` if none: how many bytes are unreadable.
uint64_t debugger_next_readable(struct debugger *debugger, uint64_t address, uint64_t limit);

struct disassembly_row {
	uint64_t address;
	const uint8_t *bytes;
	unsigned size;                // 0: no memory there, an `invalid` row that pads
	const char *text;
	const char *symbol;           // at the first instruction of a symbol; NULL elsewhere
	const char *source_path;      // at the first row of a new position; NULL elsewhere
	unsigned line, column, end_line;
};
// Exactly `count` rows, the one at `address` at index -instruction_offset, addresses rising and unique.
struct error *debugger_disassemble(struct debugger *debugger, uint64_t address, int64_t instruction_offset, size_t count, bool resolve_symbols,
				   struct arena *arena, struct disassembly_row **rows_ret);
// The text shown for a frame without source: the function's instructions. *line_of_pc_ret: the 1-based line of `pc` in it; *start_ret:
// where the text begins, the same for every pc of the function. *text_ret is owned by the caller; text_ret NULL: only the line, cheaply.
struct error *debugger_disassembly_text(struct debugger *debugger, uint64_t pc, char **text_ret, unsigned *line_of_pc_ret, uint64_t *start_ret);

struct module_info {
	int id;
	const char *name, *path;
	const char *symbol_status;    // "Symbols loaded", "No debug info: ..."
	const char *symbol_file;      // NULL: none
	const char *build_id;         // NULL: none
	uint64_t start, end;
	bool has_debug_info;
	bool is_system;               // under /lib, /usr/lib, vdso
};
size_t debugger_modules(struct debugger *debugger, struct arena *arena, struct module_info **modules_ret);

struct source_info {
	const char *path;
	bool is_present;
};
size_t debugger_sources(struct debugger *debugger, struct arena *arena, struct source_info **sources_ret);

struct line_location {
	unsigned line, column;
};
struct error *debugger_breakpoint_locations(struct debugger *debugger, const char *path, unsigned line, unsigned end_line,
					    struct arena *arena, struct line_location **locations_ret, size_t *count_ret);

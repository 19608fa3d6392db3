// One line-number program (DWARF 5, 6.2): its file table, and its rows once somebody needs addresses. Private to line*.c and
// resolve*.c. Addresses are link-time ones.
#pragma once

#include "engine/symbols/private.h"

enum { ROW_STATEMENT = 1, ROW_PROLOGUE_END = 2, ROW_END = 4 };

struct line_row {
	uint64_t address;
	uint32_t line, file;
	uint16_t column;
	uint8_t flags;
};

// Rows of one contiguous piece of code, addresses never falling; the last one is its ROW_END.
struct line_sequence {
	uint64_t start, end;
	size_t first, count;
};

struct line_file {
	const char *name;                    // as in the table, in the section
	uint64_t folder;
	const uint8_t *md5;                  // NULL if none
	const struct source_file *source;    // NULL until line_table_source()
};

struct line_table {
	uint64_t offset;                     // in .debug_line
	const char *comp_dir;                // NULL if unknown
	bool is_header_read, is_decoded;
	unsigned version, offset_size;
	unsigned min_instruction_length, line_range, opcode_base;
	int line_base;
	bool default_is_stmt;
	const uint8_t *opcode_lengths;       // of opcode_base - 1 standard opcodes
	const uint8_t *program, *program_end;
	VEC(const char *) folders;
	VEC(struct line_file) files;         // by the number DW_LNS_set_file and DW_AT_decl_file use; version < 5: 0 is empty
	VEC(struct line_row) rows;
	VEC(struct line_sequence) sequences; // sorted by start
};

struct unit {
	Dwarf_Die die;
	Dwarf_Die holder;                    // of its ranges: the skeleton if the unit is from a .dwo file, else `die`
	struct line_table *table;            // NULL if it has none; may be shared
	const char *comp_dir;
};

// line_header.c. Leaves an empty file table if the header is broken.
void line_table_read_header(struct module *module, struct line_table *table);
// line_program.c
void line_table_decode(struct module *module, struct line_table *table);
void line_table_destroy(struct line_table *table);
// The sequence that covers the address; NULL if none.
const struct line_sequence *line_table_sequence_at(const struct line_table *table, uint64_t address);

// line.c. All units (skeletons and dwz partial units too) in the order of .debug_info.
size_t module_units(struct module *module, const struct unit **units_ret);
const struct unit *module_find_unit(struct module *module, struct link_address address);
// Distinct line tables, headers read, in order.
size_t module_line_tables(struct module *module, struct line_table *const **tables_ret);
// Rows decoded.
struct line_table *unit_rows(struct module *module, const struct unit *unit);
// The row that holds an address: the last one that starts at or before it (of several at one address the last that
// begins a statement), and where it ends. NULL if none.
const struct line_row *line_table_row_at(const struct line_table *table, uint64_t address, const struct line_sequence **sequence_ret,
					 uint64_t *end_ret);

// source_path.c. File number `index` of the table, interned by path; NULL if there is no such file.
const struct source_file *line_table_source(struct module *module, struct line_table *table, uint64_t index);
struct source_paths;
struct source_paths *module_source_paths(struct module *module);   // line.c keeps it
struct source_paths *source_paths_create(void);
void source_paths_destroy(struct source_paths *paths);

// Which files a path that a user gave means.
struct source_query;
struct source_query *source_query_create(const char *path);
void source_query_destroy(struct source_query *query);
struct source_match {
	struct module *module;
	struct line_table *table;
	uint64_t file;
	unsigned score;
};
// Appends the best matches over all modules (or `only`); owned by the query.
size_t source_query_run(struct source_query *query, struct modules *modules, struct module *only,
			const struct source_match **matches_ret);

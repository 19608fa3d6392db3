// Where a function's body begins: behind the code that makes its frame, so that arguments and frame base are right.
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"

// "endbr64; push %rbp; mov %rsp,%rbp", the first one optional. The length, 0 if the code does not begin with it.
static size_t frame_setup_length(struct module *module, struct link_address entry)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const uint8_t moves[][3] = { { 0x48, 0x89, 0xe5 }, { 0x48, 0x8b, 0xec } };
	uint8_t code[16];
	size_t size = module_file_bytes(module, entry, code, sizeof(code)), at = 0;
	if (size >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64)))
		at = sizeof(endbr64);
	if (size < at + 4 || code[at] != 0x55)
		return 0;
	at++;
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		if (!memcmp(code + at, moves[i], 3))
			return at + 3;
	return 0;
}

// Unoptimised code keeps its arguments in the frame for good: their locations are expressions, not lists.
static bool is_unoptimised(Dwarf_Die *function)
{
	Dwarf_Die die;
	Dwarf_Attribute attribute;
	if (dwarf_child(function, &die) != 0)
		return false;
	do {
		if (dwarf_tag(&die) != DW_TAG_formal_parameter || !dwarf_attr(&die, DW_AT_location, &attribute))
			continue;
		Dwarf_Block block;
		return dwarf_formblock(&attribute, &block) == 0 && block.length && *(uint8_t *)block.data == DW_OP_fbreg;
	} while (die_next(&die));
	return false;
}

// The first row behind `entry` that starts another address and is marked as the prologue's end, or any (is_marked false).
static bool find_row(const struct line_table *table, const struct line_sequence *sequence, uint64_t entry, uint64_t end,
		     bool is_marked, uint64_t *address_ret)
{
	const struct line_row *rows = &table->rows.items[sequence->first];
	for (size_t i = 0; i < sequence->count && rows[i].address < end; i++) {
		if (rows[i].address < entry || (rows[i].flags & ROW_END))
			continue;
		bool is_behind = rows[i].address > entry && rows[i].line && (rows[i].flags & ROW_STATEMENT);
		if (is_marked ? (rows[i].flags & ROW_PROLOGUE_END) != 0 : is_behind) {
			*address_ret = rows[i].address;
			return true;
		}
	}
	return false;
}

// Of the range of the function that holds its entry.
static uint64_t function_end(Dwarf_Die *function, uint64_t entry)
{
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t position = 0;
	while ((position = dwarf_ranges(function, position, &base, &start, &end)) > 0)
		if (entry >= start && entry < end)
			return end;
	return entry;
}

static uint64_t after_prologue_by_lines(struct module *module, Dwarf_Die *function, struct link_address entry)
{
	const struct unit *unit = module_find_unit(module, entry);
	const struct line_table *table = unit ? unit_rows(module, unit) : NULL;
	const struct line_sequence *sequence = table ? line_table_sequence_at(table, entry.value) : NULL;
	uint64_t setup = frame_setup_length(module, entry), end = function_end(function, entry.value), address = 0;
	if (!sequence)
		return entry.value + setup;
	if (find_row(table, sequence, entry.value, end, true, &address))
		return address;
	// Optimised code has no prologue to speak of: its variables are described from the first instruction on.
	if (!setup && !is_unoptimised(function))
		return entry.value;
	return find_row(table, sequence, entry.value, end, false, &address) ? address : entry.value + setup;
}

struct link_address module_after_prologue(struct module *module, struct link_address entry)
{
	Dwarf_Die function;
	if (module_dwarf(module) && module_function_die_at(module, entry, &function))
		return (struct link_address){ after_prologue_by_lines(module, &function, entry) };
	return (struct link_address){ entry.value + frame_setup_length(module, entry) };
}

uint64_t modules_after_prologue(struct modules *modules, uint64_t entry)
{
	struct module *module = modules_find(modules, entry);
	return module ? module_runtime(module, module_after_prologue(module, module_link(module, entry))) : entry;
}

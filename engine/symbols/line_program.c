// Running a line-number program (DWARF 5, 6.2.5). Sequences of functions that the linker threw away are dropped.
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"
#include "engine/symbols/reader.h"

struct machine {
	struct module *module;
	struct line_table *table;
	struct reader reader;
	struct line_row row;
	size_t sequence_first;
	bool is_falling;         // addresses of this sequence are not in order
};

void line_table_destroy(struct line_table *table)
{
	if (!table)
		return;
	vec_deinit(&table->folders);
	vec_deinit(&table->files);
	vec_deinit(&table->rows);
	vec_deinit(&table->sequences);
	free(table);
}

static void reset(struct machine *machine)
{
	machine->row = (struct line_row){ .line = 1, .file = 1, .flags = machine->table->default_is_stmt ? ROW_STATEMENT : 0 };
	machine->sequence_first = machine->table->rows.count;
	machine->is_falling = false;
}

static void emit(struct machine *machine)
{
	struct line_table *table = machine->table;
	if (table->rows.count > machine->sequence_first && table->rows.items[table->rows.count - 1].address > machine->row.address)
		machine->is_falling = true;
	*vec_push(&table->rows) = machine->row;
	machine->row.flags &= ROW_STATEMENT;
}

static void end_sequence(struct machine *machine)
{
	struct line_table *table = machine->table;
	machine->row.flags |= ROW_END;
	emit(machine);
	size_t first = machine->sequence_first, count = table->rows.count - first;
	uint64_t start = table->rows.items[first].address, end = machine->row.address;
	if (machine->is_falling || start >= end || !module_is_code(machine->module, (struct link_address){ start }))
		table->rows.count = first;
	else
		*vec_push(&table->sequences) = (struct line_sequence){ start, end, first, count };
	reset(machine);
}

static void advance_address(struct machine *machine, uint64_t operation_advance)
{
	machine->row.address += operation_advance * machine->table->min_instruction_length;
}

static void extended(struct machine *machine)
{
	struct reader *reader = &machine->reader;
	uint64_t length = read_uleb(reader);
	const uint8_t *bytes = NULL;
	if (!length || !reader_take(reader, length, &bytes))
		return;
	struct reader inner = { .at = bytes + 1, .end = bytes + length };
	switch (bytes[0]) {
	case DW_LNE_end_sequence: end_sequence(machine); break;
	case DW_LNE_set_address: machine->row.address = read_fixed(&inner, (unsigned)(length - 1 > 8 ? 8 : length - 1)); break;
	case DW_LNE_define_file: {
		struct line_file file = { .name = read_string(&inner) };
		file.folder = read_uleb(&inner);
		if (file.name)
			*vec_push(&machine->table->files) = file;
		break;
	}
	default: break;   // discriminators and vendors' opcodes
	}
}

static void standard(struct machine *machine, uint8_t opcode)
{
	struct reader *reader = &machine->reader;
	struct line_row *row = &machine->row;
	const struct line_table *table = machine->table;
	switch (opcode) {
	case DW_LNS_copy: emit(machine); break;
	case DW_LNS_advance_pc: advance_address(machine, read_uleb(reader)); break;
	case DW_LNS_advance_line: row->line += (uint32_t)read_sleb(reader); break;
	case DW_LNS_set_file: row->file = (uint32_t)read_uleb(reader); break;
	case DW_LNS_set_column: {
		uint64_t column = read_uleb(reader);
		row->column = (uint16_t)(column > UINT16_MAX ? 0 : column);
		break;
	}
	case DW_LNS_negate_stmt: row->flags ^= ROW_STATEMENT; break;
	case DW_LNS_set_basic_block:
	case DW_LNS_set_epilogue_begin: break;
	case DW_LNS_const_add_pc:
		if (table->line_range)
			advance_address(machine, (255 - table->opcode_base) / table->line_range);
		break;
	case DW_LNS_fixed_advance_pc: row->address += read_fixed(reader, 2); break;
	case DW_LNS_set_prologue_end: row->flags |= ROW_PROLOGUE_END; break;
	default:
		for (unsigned i = 0; i < table->opcode_lengths[opcode - 1]; i++)
			read_uleb(reader);
		break;
	}
}

static void special(struct machine *machine, uint8_t opcode)
{
	const struct line_table *table = machine->table;
	if (!table->line_range)
		return;
	unsigned adjusted = opcode - table->opcode_base;
	advance_address(machine, adjusted / table->line_range);
	machine->row.line += (uint32_t)(table->line_base + (int)(adjusted % table->line_range));
	emit(machine);
}

static int compare_sequences(const void *a, const void *b)
{
	const struct line_sequence *left = a, *right = b;
	return left->start < right->start ? -1 : left->start > right->start;
}

void line_table_decode(struct module *module, struct line_table *table)
{
	line_table_read_header(module, table);
	if (table->is_decoded || !table->program)
		return;
	table->is_decoded = true;
	struct machine machine = { .module = module, .table = table, .reader = { .at = table->program, .end = table->program_end } };
	reset(&machine);
	while (machine.reader.at < machine.reader.end && !machine.reader.is_bad) {
		uint8_t opcode = read_u8(&machine.reader);
		if (opcode >= table->opcode_base)
			special(&machine, opcode);
		else if (opcode)
			standard(&machine, opcode);
		else
			extended(&machine);
	}
	table->rows.count = machine.sequence_first;   // what has no end belongs to nothing
	if (table->sequences.count)
		qsort(table->sequences.items, table->sequences.count, sizeof(*table->sequences.items), compare_sequences);
}

const struct line_sequence *line_table_sequence_at(const struct line_table *table, uint64_t address)
{
	size_t low = 0, high = table->sequences.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->sequences.items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct line_sequence *sequence = low ? &table->sequences.items[low - 1] : NULL;
	return sequence && address < sequence->end ? sequence : NULL;
}

const struct line_row *line_table_row_at(const struct line_table *table, uint64_t address, const struct line_sequence **sequence_ret,
					 uint64_t *end_ret)
{
	const struct line_sequence *sequence = line_table_sequence_at(table, address);
	if (!sequence)
		return NULL;
	const struct line_row *rows = &table->rows.items[sequence->first];
	size_t low = 0, high = sequence->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rows[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct line_row *row = &rows[low - 1];
	*end_ret = low < sequence->count ? rows[low].address : sequence->end;
	*sequence_ret = sequence;
	for (const struct line_row *other = row; other >= rows && other->address == row->address; other--)
		if ((other->flags & ROW_STATEMENT) && other->line)
			return other;
	return row;
}

// The header of a line-number program: directories and files (DWARF 5, 6.2.4; versions 2 to 5).
#include <dwarf.h>
#include <string.h>

#include "engine/symbols/line_table.h"
#include "engine/symbols/reader.h"

static const char *string_at(struct module *module, enum debug_section section, uint64_t offset)
{
	size_t size = 0;
	const uint8_t *bytes = module_debug_section(module, section, &size);
	if (offset >= size || !memchr(bytes + offset, 0, size - offset))
		return NULL;
	return (const char *)bytes + offset;
}

struct entry_format {
	uint64_t content, form;
};

struct entry {
	const char *text;
	uint64_t number;
	const uint8_t *bytes16;
};

// One value. The forms that producers use here; all take at least one byte, so a count cannot outrun the section.
static void read_form(struct module *module, const struct line_table *table, struct reader *reader, uint64_t form, struct entry *entry)
{
	const uint8_t *skipped = NULL;
	*entry = (struct entry){ 0 };
	switch (form) {
	case DW_FORM_string: entry->text = read_string(reader); break;
	case DW_FORM_line_strp: entry->text = string_at(module, DEBUG_LINE_STR, read_fixed(reader, table->offset_size)); break;
	case DW_FORM_strp: entry->text = string_at(module, DEBUG_STR, read_fixed(reader, table->offset_size)); break;
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_strp_alt: read_fixed(reader, table->offset_size); break;
	case DW_FORM_udata: entry->number = read_uleb(reader); break;
	case DW_FORM_data1: entry->number = read_fixed(reader, 1); break;
	case DW_FORM_data2: entry->number = read_fixed(reader, 2); break;
	case DW_FORM_data4: entry->number = read_fixed(reader, 4); break;
	case DW_FORM_data8: entry->number = read_fixed(reader, 8); break;
	case DW_FORM_data16:
		if (reader_take(reader, 16, &skipped))
			entry->bytes16 = skipped;
		break;
	case DW_FORM_block: reader_take(reader, read_uleb(reader), &skipped); break;
	default: reader->is_bad = true; break;
	}
}

static void add_entry(struct line_table *table, bool is_file, const struct line_file *file)
{
	const char *name = file->name ? file->name : "";
	if (!is_file) {
		*vec_push(&table->folders) = name;
		return;
	}
	struct line_file *added = vec_push(&table->files);
	*added = *file;
	added->name = name;
}

// Directories or files of version 5: a format, then entries in it.
static void read_entries(struct module *module, struct line_table *table, struct reader *reader, bool is_file)
{
	struct entry_format formats[256];
	unsigned format_count = read_u8(reader);
	for (unsigned i = 0; i < format_count; i++) {
		formats[i].content = read_uleb(reader);
		formats[i].form = read_uleb(reader);
	}
	uint64_t count = read_uleb(reader);
	if (!format_count)
		return;
	for (uint64_t i = 0; i < count && !reader->is_bad; i++) {
		struct line_file file = { 0 };
		for (unsigned j = 0; j < format_count; j++) {
			struct entry entry;
			read_form(module, table, reader, formats[j].form, &entry);
			if (formats[j].content == DW_LNCT_path)
				file.name = entry.text;
			else if (formats[j].content == DW_LNCT_directory_index)
				file.folder = entry.number;
			else if (formats[j].content == DW_LNCT_MD5)
				file.md5 = entry.bytes16;
		}
		if (!reader->is_bad)
			add_entry(table, is_file, &file);
	}
}

// Versions 2 to 4: directory 0 is the unit's, file 0 does not exist.
static void read_old_entries(struct line_table *table, struct reader *reader)
{
	*vec_push(&table->folders) = table->comp_dir ? table->comp_dir : "";
	for (const char *name = read_string(reader); name && *name; name = read_string(reader))
		*vec_push(&table->folders) = name;
	vec_push(&table->files)->name = "";
	for (const char *name = read_string(reader); name && *name; name = read_string(reader)) {
		struct line_file file = { .name = name };
		file.folder = read_uleb(reader);
		read_uleb(reader);
		read_uleb(reader);
		if (!reader->is_bad)
			add_entry(table, true, &file);
	}
}

// The length at the front bounds everything behind it.
static bool enter(struct module *module, struct line_table *table, struct reader *reader)
{
	size_t size = 0;
	const uint8_t *bytes = module_debug_section(module, DEBUG_LINE, &size);
	if (table->offset >= size)
		return false;
	*reader = (struct reader){ .at = bytes + table->offset, .end = bytes + size };
	uint64_t length = read_fixed(reader, 4);
	table->offset_size = 4;
	if (length == 0xffffffff) {
		length = read_fixed(reader, 8);
		table->offset_size = 8;
	}
	if (reader->is_bad || length > (uint64_t)(reader->end - reader->at))
		return false;
	reader->end = reader->at + length;
	table->version = (unsigned)read_fixed(reader, 2);
	return table->version >= 2 && table->version <= 5;
}

static bool read_parameters(struct line_table *table, struct reader *reader)
{
	if (table->version >= 5)
		read_fixed(reader, 2);   // address size, segment selector size
	uint64_t header_length = read_fixed(reader, table->offset_size);
	if (reader->is_bad || header_length > (uint64_t)(reader->end - reader->at))
		return false;
	table->program = reader->at + header_length;
	table->program_end = reader->end;
	reader->end = table->program;
	table->min_instruction_length = read_u8(reader);
	if (table->version >= 4)
		read_u8(reader);         // operations per instruction: 1 on this machine
	table->default_is_stmt = read_u8(reader) != 0;
	table->line_base = (int8_t)read_u8(reader);
	table->line_range = read_u8(reader);
	table->opcode_base = read_u8(reader);
	return table->opcode_base && reader_take(reader, table->opcode_base - 1, &table->opcode_lengths);
}

void line_table_read_header(struct module *module, struct line_table *table)
{
	if (table->is_header_read)
		return;
	table->is_header_read = true;
	struct reader reader;
	if (!enter(module, table, &reader) || !read_parameters(table, &reader)) {
		table->program = table->program_end = NULL;
		return;
	}
	if (table->version < 5) {
		read_old_entries(table, &reader);
	} else {
		read_entries(module, table, &reader, false);
		read_entries(module, table, &reader, true);
	}
}

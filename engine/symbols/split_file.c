// .dwo and .dwp files: their sections, and the index of a .dwp (DWARF 5, 7.3.5.3; version 2 is GNU's for DWARF 4).
#include "engine/symbols/reader.h"
#include "engine/symbols/split_private.h"

enum { INDEX_COLUMNS = 16 };

void split_file_destroy(struct split_file *file)
{
	if (!file)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(file->units); i++)
		vec_deinit(&file->units[i]);
	elf_end(file->elf);
	closep(&file->fd);
	free(file);
}

static void add_unit_section(void *data, struct section_bytes bytes)
{
	struct section_list *sections = data;
	*vec_push(sections) = bytes;
}

struct split_file *split_file_open(const char *path)
{
	static const char *const names[SPLIT_SECTION_COUNT] = {
		[SPLIT_INFO] = ".debug_info.dwo",	  [SPLIT_TYPES] = ".debug_types.dwo",
		[SPLIT_ABBREV] = ".debug_abbrev.dwo",	  [SPLIT_STR] = ".debug_str.dwo",
		[SPLIT_STR_OFFSETS] = ".debug_str_offsets.dwo", [SPLIT_LOC] = ".debug_loc.dwo",
		[SPLIT_LOCLISTS] = ".debug_loclists.dwo", [SPLIT_RNGLISTS] = ".debug_rnglists.dwo",
	};
	struct split_file *file = xcalloc(1, sizeof(*file));
	file->fd = -1;
	elf_open(path, &file->fd, &file->elf);
	for (unsigned i = 0; file->elf && i < SPLIT_SECTION_COUNT; i++)
		file->all.sections[i] = elf_section_bytes(file->elf, names[i]);
	if (!file->all.sections[SPLIT_INFO].size) {
		split_file_destroy(file);
		return NULL;
	}
	elf_each_section(file->elf, names[SPLIT_INFO], add_unit_section, &file->units[SPLIT_INFO]);
	elf_each_section(file->elf, names[SPLIT_TYPES], add_unit_section, &file->units[SPLIT_TYPES]);
	file->cu_index = elf_section_bytes(file->elf, ".debug_cu_index");
	file->tu_index = elf_section_bytes(file->elf, ".debug_tu_index");
	return file;
}

// The section that a column is about; SPLIT_SECTION_COUNT: none that is wanted.
static enum split_section section_of_column(unsigned version, uint64_t column)
{
	static const enum split_section version_2[] = { SPLIT_SECTION_COUNT, SPLIT_INFO, SPLIT_TYPES, SPLIT_ABBREV,
							SPLIT_SECTION_COUNT, SPLIT_LOC, SPLIT_STR_OFFSETS };
	static const enum split_section version_5[] = { SPLIT_SECTION_COUNT, SPLIT_INFO, SPLIT_SECTION_COUNT, SPLIT_ABBREV,
							SPLIT_SECTION_COUNT, SPLIT_LOCLISTS, SPLIT_STR_OFFSETS, SPLIT_SECTION_COUNT,
							SPLIT_RNGLISTS };
	if (version == 2)
		return column < ARRAY_SIZE(version_2) ? version_2[column] : SPLIT_SECTION_COUNT;
	return column < ARRAY_SIZE(version_5) ? version_5[column] : SPLIT_SECTION_COUNT;
}

struct index {
	unsigned version;
	uint64_t columns, rows, slots;
	const uint8_t *ids, *row_numbers, *names, *offsets, *sizes;
};

static bool read_index(const struct section_bytes *bytes, struct index *index)
{
	struct reader reader = { .at = bytes->at, .end = bytes->at + bytes->size };
	index->version = (unsigned)read_fixed(&reader, 4) & 0xffff;   // version 5: two bytes and padding
	index->columns = read_fixed(&reader, 4);
	index->rows = read_fixed(&reader, 4);
	index->slots = read_fixed(&reader, 4);
	return !reader.is_bad && (index->version == 2 || index->version == 5) && index->columns && index->columns <= INDEX_COLUMNS &&
	       reader_take(&reader, index->slots * 8, &index->ids) && reader_take(&reader, index->slots * 4, &index->row_numbers) &&
	       reader_take(&reader, index->columns * 4, &index->names) &&
	       reader_take(&reader, index->rows * index->columns * 4, &index->offsets) &&
	       reader_take(&reader, index->rows * index->columns * 4, &index->sizes);
}

static uint32_t word_at(const uint8_t *table, uint64_t index)
{
	uint32_t word;
	memcpy(&word, table + index * sizeof(word), sizeof(word));
	return word;
}

static void fill_slice(const struct split_file *file, const struct index *index, uint64_t row, struct split_slice *slice)
{
	for (uint64_t column = 0; column < index->columns; column++) {
		enum split_section section = section_of_column(index->version, word_at(index->names, column));
		if (section == SPLIT_SECTION_COUNT)
			continue;
		struct section_bytes whole = file->all.sections[section];
		uint64_t offset = word_at(index->offsets, row * index->columns + column);
		uint64_t size = word_at(index->sizes, row * index->columns + column);
		if (offset <= whole.size && size <= whole.size - offset && size)
			slice->sections[section] = (struct section_bytes){ whole.at + offset, size };
	}
	slice->sections[SPLIT_STR] = file->all.sections[SPLIT_STR];
}

void split_file_each_row(const struct split_file *file, const struct section_bytes *bytes, split_row_fn visit, void *data)
{
	struct index index;
	if (!read_index(bytes, &index))
		return;
	for (uint64_t slot = 0; slot < index.slots; slot++) {
		uint64_t row = word_at(index.row_numbers, slot);
		uint64_t id;
		if (!row || row > index.rows)
			continue;
		memcpy(&id, index.ids + slot * sizeof(id), sizeof(id));
		struct split_slice slice = { 0 };
		fill_slice(file, &index, row - 1, &slice);
		visit(data, id, &slice);
	}
}

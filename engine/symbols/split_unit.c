// Copying a unit of a .dwo file so that it stands alone among those of the program.
//
// Added attributes are of DW_FORM_implicit_const: they live in the abbreviation and take no room in the unit, so all references within it
// stay right. The one value that needs room, DW_AT_low_pc (from which its ranges count), takes that of the id that tied it to its skeleton:
// the last eight bytes of the header of version 5, the data of DW_AT_GNU_dwo_id in version 4.
#include <dwarf.h>

#include "engine/symbols/reader.h"
#include "engine/symbols/split_private.h"

enum { LISTS_HEADER = 12, STR_OFFSETS_HEADER = 8 };

struct split_unit {
	const uint8_t *start, *end;            // with its header
	const uint8_t *root;                   // its first DIE
	unsigned version;
	bool is_type_unit;
	uint64_t id, abbrev_offset;
	size_t abbrev_field;                   // where the header has it
	uint64_t root_code;
};

uint64_t split_merge_place(struct split_merge *merge, enum split_section section, struct section_bytes bytes)
{
	if (!bytes.size)
		return 0;
	uintptr_t known = (uintptr_t)map_get(&merge->placed, (uintptr_t)bytes.at);
	if (known)
		return known - 1;
	struct str *merged = &merge->sections[section];
	uint64_t position = merged->length;
	str_append(merged, bytes.at, bytes.size);
	map_set(&merge->placed, (uintptr_t)bytes.at, (void *)(uintptr_t)(position + 1));
	return position;
}

static void add_uleb(struct str *bytes, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		str_char(bytes, (char)(value | 0x80));
	str_char(bytes, (char)value);
}

static void add_sleb(struct str *bytes, int64_t value)
{
	for (; value < -0x40 || value >= 0x40; value >>= 7)
		str_char(bytes, (char)((uint64_t)value | 0x80));
	str_char(bytes, (char)(value & 0x7f));
}

static bool read_unit(struct reader *reader, enum split_section section, struct split_unit *unit)
{
	unit->start = reader->at;
	uint64_t length = read_fixed(reader, 4);
	struct reader inside = *reader;
	if (length >= 0xfffffff0 || !reader_take(reader, length, &unit->end)) {   // no 64-bit DWARF
		reader->is_bad = true;
		return false;
	}
	inside.end = unit->end = reader->at;
	unit->version = (unsigned)read_fixed(&inside, 2);
	unsigned type = unit->version >= 5 ? read_u8(&inside) : section == SPLIT_TYPES ? DW_UT_split_type : 0;
	unsigned address_size = unit->version >= 5 ? read_u8(&inside) : 8;
	unit->abbrev_field = (size_t)(inside.at - unit->start);
	unit->abbrev_offset = read_fixed(&inside, 4);
	if (unit->version < 5)
		address_size = read_u8(&inside);
	unit->is_type_unit = type == DW_UT_split_type;
	if (unit->version >= 5 || unit->is_type_unit)
		unit->id = read_fixed(&inside, 8);
	if (unit->is_type_unit)
		read_fixed(&inside, 4);
	unit->root = inside.at;
	unit->root_code = read_uleb(&inside);
	return !inside.is_bad && unit->version >= 4 && unit->version <= 5 && address_size == 8 && unit->root_code &&
	       (unit->version < 5 || type == DW_UT_split_compile || unit->is_type_unit);
}

// ---- Values by their form ----------------------------------------------------------------------------------------

static void skip_form(struct reader *reader, uint64_t form)
{
	const uint8_t *ignored;
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const: return;
	case DW_FORM_data1: case DW_FORM_ref1: case DW_FORM_flag: case DW_FORM_strx1: case DW_FORM_addrx1: read_fixed(reader, 1); return;
	case DW_FORM_data2: case DW_FORM_ref2: case DW_FORM_strx2: case DW_FORM_addrx2: read_fixed(reader, 2); return;
	case DW_FORM_strx3: case DW_FORM_addrx3: read_fixed(reader, 3); return;
	case DW_FORM_data4: case DW_FORM_ref4: case DW_FORM_strp: case DW_FORM_line_strp: case DW_FORM_sec_offset: case DW_FORM_ref_addr:
	case DW_FORM_strx4: case DW_FORM_addrx4: case DW_FORM_ref_sup4: case DW_FORM_strp_sup: read_fixed(reader, 4); return;
	case DW_FORM_data8: case DW_FORM_ref8: case DW_FORM_addr: case DW_FORM_ref_sig8: case DW_FORM_ref_sup8: read_fixed(reader, 8); return;
	case DW_FORM_data16: reader_take(reader, 16, &ignored); return;
	case DW_FORM_sdata: case DW_FORM_udata: case DW_FORM_ref_udata: case DW_FORM_strx: case DW_FORM_addrx: case DW_FORM_loclistx:
	case DW_FORM_rnglistx: case DW_FORM_GNU_addr_index: case DW_FORM_GNU_str_index: read_uleb(reader); return;
	case DW_FORM_string: read_string(reader); return;
	case DW_FORM_exprloc: case DW_FORM_block: reader_take(reader, read_uleb(reader), &ignored); return;
	case DW_FORM_block1: reader_take(reader, read_fixed(reader, 1), &ignored); return;
	case DW_FORM_block2: reader_take(reader, read_fixed(reader, 2), &ignored); return;
	case DW_FORM_block4: reader_take(reader, read_fixed(reader, 4), &ignored); return;
	case DW_FORM_indirect: skip_form(reader, read_uleb(reader)); return;
	default: reader->is_bad = true;
	}
}

static bool is_location_list(uint64_t name, uint64_t form)
{
	return form == DW_FORM_sec_offset && name != DW_AT_ranges && name != DW_AT_stmt_list && name != DW_AT_macro_info &&
	       name != DW_AT_GNU_macros && name != DW_AT_start_scope;
}

// Reads one name and form; false at the end of the list.
static bool read_specification(struct reader *reader, uint64_t *name_ret, uint64_t *form_ret, int64_t *constant_ret)
{
	*name_ret = read_uleb(reader);
	*form_ret = read_uleb(reader);
	*constant_ret = *form_ret == DW_FORM_implicit_const ? read_sleb(reader) : 0;
	return !reader->is_bad && (*name_ret || *form_ret);
}

// ---- Abbreviations -----------------------------------------------------------------------------------------------

// A unit on its way into the merged file.
struct copy {
	struct split_merge *merge;             // NULL: only looked at
	const struct split_slice *slice;
	struct split_unit *unit;
	const struct skeleton *skeleton;       // NULL: a type unit
	struct map abbreviations;              // code -> where its attributes are in the file
	bool has_location_lists;
};

static void add_constant(struct str *abbrev, unsigned name, uint64_t value)
{
	add_uleb(abbrev, name);
	add_uleb(abbrev, DW_FORM_implicit_const);
	add_sleb(abbrev, (int64_t)value);
}

static uint64_t place_slice(const struct copy *copy, enum split_section section)
{
	return split_merge_place(copy->merge, section, copy->slice->sections[section]);
}

// The offsets count from where the file's strings are now.
static uint64_t place_str_offsets(const struct copy *copy)
{
	struct section_bytes bytes = copy->slice->sections[SPLIT_STR_OFFSETS];
	size_t header = copy->unit->version >= 5 ? STR_OFFSETS_HEADER : 0;
	uint64_t strings = place_slice(copy, SPLIT_STR);
	bool is_new = !map_get(&copy->merge->placed, (uintptr_t)bytes.at);
	uint64_t position = place_slice(copy, SPLIT_STR_OFFSETS);
	char *merged = copy->merge->sections[SPLIT_STR_OFFSETS].data;
	for (size_t i = header; is_new && i + 4 <= bytes.size; i += 4) {
		uint32_t offset;
		memcpy(&offset, merged + position + i, sizeof(offset));
		offset += (uint32_t)strings;
		memcpy(merged + position + i, &offset, sizeof(offset));
	}
	return position + header;
}

// How far the unit goes from where it is in its file: expressions name entries by their place there.
static uint64_t shift_of(const struct copy *copy)
{
	return copy->merge->sections[SPLIT_INFO].length - (uint64_t)(copy->unit->start - copy->slice->sections[SPLIT_INFO].at);
}

static void add_bases(const struct copy *copy, struct str *abbrev)
{
	add_constant(abbrev, DW_AT_str_offsets_base, place_str_offsets(copy));
	if (!copy->skeleton)
		return;
	add_constant(abbrev, ATTRIBUTE_SPLIT_SHIFT, shift_of(copy));
	if (copy->unit->version < 5) {
		add_constant(abbrev, DW_AT_GNU_addr_base, copy->skeleton->addr_base);
		add_constant(abbrev, DW_AT_GNU_ranges_base, copy->skeleton->ranges_base);
		add_constant(abbrev, DW_AT_GNU_dwo_id, copy->unit->id);   // by which libdw knows this version's kind of location lists
		return;
	}
	add_constant(abbrev, DW_AT_addr_base, copy->skeleton->addr_base);
	if (copy->slice->sections[SPLIT_LOCLISTS].size)
		add_constant(abbrev, DW_AT_loclists_base, place_slice(copy, SPLIT_LOCLISTS) + LISTS_HEADER);
	if (copy->slice->sections[SPLIT_RNGLISTS].size)
		add_constant(abbrev, DW_AT_rnglists_base, place_slice(copy, SPLIT_RNGLISTS) + LISTS_HEADER);
}

static bool is_dwo_id(const struct copy *copy, uint64_t name, uint64_t form)
{
	return copy->skeleton && copy->unit->version < 5 && name == DW_AT_GNU_dwo_id && form == DW_FORM_data8;
}

static void copy_attributes(struct copy *copy, struct reader *reader, struct str *abbrev, bool is_root)
{
	uint64_t name;
	uint64_t form;
	int64_t constant;
	if (is_root && copy->skeleton && copy->unit->version >= 5) {
		add_uleb(abbrev, DW_AT_low_pc);
		add_uleb(abbrev, DW_FORM_addr);
	}
	while (read_specification(reader, &name, &form, &constant)) {
		copy->has_location_lists |= copy->unit->version < 5 && is_location_list(name, form);
		if (is_root && is_dwo_id(copy, name, form)) {
			name = DW_AT_low_pc;
			form = DW_FORM_addr;
		} else if (is_root && (name == DW_AT_stmt_list || name == DW_AT_dwo_name || name == DW_AT_GNU_dwo_name)) {
			name = ATTRIBUTE_IGNORED;   // .debug_line.dwo is not copied
		}
		add_uleb(abbrev, name);
		add_uleb(abbrev, form);
		if (form == DW_FORM_implicit_const)
			add_sleb(abbrev, constant);
	}
	if (is_root && copy->merge)
		add_bases(copy, abbrev);
	str_append(abbrev, "\0\0", 2);
}

static bool copy_abbreviations(struct copy *copy, struct str *abbrev)
{
	struct section_bytes table = copy->slice->sections[SPLIT_ABBREV];
	if (copy->unit->abbrev_offset >= table.size)
		return false;
	struct reader reader = { .at = table.at + copy->unit->abbrev_offset, .end = table.at + table.size };
	for (;;) {
		uint64_t code = read_uleb(&reader);
		if (reader.is_bad || !code)
			break;
		add_uleb(abbrev, code);
		add_uleb(abbrev, read_uleb(&reader));
		str_char(abbrev, (char)read_u8(&reader));
		map_set(&copy->abbreviations, code, (void *)(uintptr_t)reader.at);
		copy_attributes(copy, &reader, abbrev, code == copy->unit->root_code);
	}
	str_char(abbrev, 0);
	return !reader.is_bad && map_get(&copy->abbreviations, copy->unit->root_code);
}

// ---- Entries -----------------------------------------------------------------------------------------------------

// Where the root's DW_AT_GNU_dwo_id has its eight bytes; NULL if it has none.
static const uint8_t *find_dwo_id(const struct copy *copy)
{
	struct section_bytes table = copy->slice->sections[SPLIT_ABBREV];
	struct reader specifications = { .at = map_get(&copy->abbreviations, copy->unit->root_code), .end = table.at + table.size };
	struct reader values = { .at = copy->unit->root, .end = copy->unit->end };
	uint64_t name;
	uint64_t form;
	int64_t constant;
	read_uleb(&values);
	while (read_specification(&specifications, &name, &form, &constant)) {
		const uint8_t *at = values.at;
		skip_form(&values, form);
		if (values.is_bad)
			break;
		if (name == DW_AT_GNU_dwo_id && form == DW_FORM_data8)
			return at;
	}
	return NULL;
}

// Version 4 counts location lists from the beginning of the file's section.
static void move_location_lists(const struct copy *copy, char *merged)
{
	uint32_t base = (uint32_t)place_slice(copy, SPLIT_LOC);
	struct section_bytes table = copy->slice->sections[SPLIT_ABBREV];
	struct reader values = { .at = copy->unit->root, .end = copy->unit->end };
	while (base && values.at < values.end && !values.is_bad) {
		uint64_t code = read_uleb(&values);
		const uint8_t *attributes = code ? map_get(&copy->abbreviations, code) : NULL;
		struct reader specifications = { .at = attributes, .end = table.at + table.size };
		uint64_t name;
		uint64_t form;
		int64_t constant;
		if (code && !attributes)
			return;
		while (code && read_specification(&specifications, &name, &form, &constant)) {
			size_t at = (size_t)(values.at - copy->unit->start);
			skip_form(&values, form);
			if (values.is_bad || !is_location_list(name, form))
				continue;
			uint32_t offset;
			memcpy(&offset, merged + at, sizeof(offset));
			offset += base;
			memcpy(merged + at, &offset, sizeof(offset));
		}
	}
}

static void write_low_pc(const struct copy *copy, char *merged)
{
	size_t root = (size_t)(copy->unit->root - copy->unit->start);
	uint64_t low_pc = copy->skeleton->low_pc;
	if (copy->unit->version < 5) {
		const uint8_t *id = find_dwo_id(copy);
		if (id)
			memcpy(merged + (id - copy->unit->start), &low_pc, sizeof(low_pc));
		return;
	}
	struct reader code = { .at = copy->unit->root, .end = copy->unit->end };
	read_uleb(&code);
	size_t length = (size_t)(code.at - copy->unit->root);
	memcpy(merged + root - sizeof(low_pc), copy->unit->root, length);
	memcpy(merged + root - sizeof(low_pc) + length, &low_pc, sizeof(low_pc));
}

static void copy_unit(struct split_merge *merge, const struct split_slice *slice, struct split_unit *unit, enum split_section section,
		      struct skeleton *skeleton)
{
	struct copy copy = { .merge = merge, .slice = slice, .unit = unit, .skeleton = skeleton };
	_cleanup_str_ struct str abbrev = STR_INIT;
	struct str *info = &merge->sections[section];
	if (copy_abbreviations(&copy, &abbrev)) {
		uint64_t position = info->length;
		uint32_t abbrev_position = (uint32_t)merge->sections[SPLIT_ABBREV].length;
		str_append(&merge->sections[SPLIT_ABBREV], abbrev.data, abbrev.length);
		str_append(info, unit->start, (size_t)(unit->end - unit->start));
		char *merged = info->data + position;
		memcpy(merged + unit->abbrev_field, &abbrev_position, sizeof(abbrev_position));
		if (copy.has_location_lists)
			move_location_lists(&copy, merged);
		if (unit->version >= 5)
			merged[6] = unit->is_type_unit ? DW_UT_type : DW_UT_compile;
		if (skeleton) {
			write_low_pc(&copy, merged);
			size_t root = (size_t)(unit->root - unit->start);
			skeleton->unit_offset = position + root - (unit->version >= 5 ? sizeof(uint64_t) : 0);
		}
	}
	map_deinit(&copy.abbreviations);
}

static uint64_t dwo_id_of(const struct split_slice *slice, struct split_unit *unit)
{
	if (unit->version >= 5)
		return unit->id;
	struct copy copy = { .slice = slice, .unit = unit };
	_cleanup_str_ struct str ignored = STR_INIT;
	const uint8_t *at = copy_abbreviations(&copy, &ignored) ? find_dwo_id(&copy) : NULL;
	if (at)
		memcpy(&unit->id, at, sizeof(unit->id));
	map_deinit(&copy.abbreviations);
	return unit->id;
}

void split_merge_units(struct split_merge *merge, const struct split_slice *slice, enum split_section section, struct skeleton *skeleton)
{
	struct section_bytes bytes = slice->sections[section];
	struct reader reader = { .at = bytes.at, .end = bytes.at + bytes.size };
	while (reader.at < reader.end && !reader.is_bad) {
		struct split_unit unit = { 0 };
		if (!read_unit(&reader, section, &unit))
			continue;
		if (unit.is_type_unit && !map_get(&merge->type_units, unit.id)) {
			map_set(&merge->type_units, unit.id, merge);
			copy_unit(merge, slice, &unit, section, NULL);
		} else if (!unit.is_type_unit && skeleton && !skeleton->unit_offset && dwo_id_of(slice, &unit) == skeleton->id) {
			copy_unit(merge, slice, &unit, section, skeleton);
		}
	}
}

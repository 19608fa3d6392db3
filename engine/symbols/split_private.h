// Private to the split*.c files. Split DWARF (DWARF 5, 7.3.2; GNU's "DebugFission" for version 4): the program holds skeleton units, the
// rest is in .dwo files or, packed, in a .dwp file. libdw of the versions that are about reads no .dwp and hands each .dwo out as a Dwarf
// of its own, so the units are copied behind those of the program into one file in memory, each made to stand alone: what it takes from
// its skeleton or counts from the beginning of its own sections is told by attributes of its root. Then nobody else need know of it.
#pragma once

#include "engine/symbols/private.h"

// Attributes of our own in the copied units, from the end of what DWARF leaves to producers.
enum {
	ATTRIBUTE_SPLIT_SHIFT = 0x3ffd,        // of the root: to be added to the places of entries that expressions name
	ATTRIBUTE_IGNORED = 0x3ffe,
};

enum split_section {
	SPLIT_INFO, SPLIT_TYPES, SPLIT_ABBREV, SPLIT_STR, SPLIT_STR_OFFSETS, SPLIT_LOC, SPLIT_LOCLISTS, SPLIT_RNGLISTS, SPLIT_SECTION_COUNT
};

// What one unit finds in its file: all of a .dwo, a row of a .dwp's index.
struct split_slice {
	struct section_bytes sections[SPLIT_SECTION_COUNT];
};

struct section_list {
	struct section_bytes *items;
	size_t count, capacity;
};

// split_file.c. An open .dwo or .dwp.
struct split_file {
	int fd;
	Elf *elf;
	struct split_slice all;
	struct section_list units[2];            // of SPLIT_INFO and SPLIT_TYPES: a .dwo has a section for each type unit
	struct section_bytes cu_index, tu_index;   // empty in a .dwo
};

struct split_file *split_file_open(const char *path);   // NULL if it is none; destroy with split_file_destroy()
void split_file_destroy(struct split_file *file);       // NULL-safe
// The rows of .debug_cu_index or .debug_tu_index; `slice` is valid during the call.
typedef void (*split_row_fn)(void *data, uint64_t id, const struct split_slice *slice);
void split_file_each_row(const struct split_file *file, const struct section_bytes *index, split_row_fn visit, void *data);

// A skeleton unit of the program.
struct skeleton {
	uint64_t die_offset, id;
	unsigned version;
	uint64_t low_pc, addr_base, ranges_base;
	const char *name, *comp_dir;               // DW_AT_dwo_name
	uint64_t unit_offset;                      // of the merged unit's DIE; 0: not found
};

// The sections that grow; begins with the program's own.
struct split_merge {
	struct str sections[SPLIT_SECTION_COUNT];
	struct map placed;                         // address of a piece of a file -> its position in the merged section + 1
	struct map type_units;                     // signatures that are there already
};

// split_unit.c. Copies one piece of a file into its merged section, once; its position.
uint64_t split_merge_place(struct split_merge *merge, enum split_section section, struct section_bytes bytes);
// Copies the units of SPLIT_INFO or SPLIT_TYPES: the type units, and the compile unit with the skeleton's id (skeleton NULL: none).
void split_merge_units(struct split_merge *merge, const struct split_slice *slice, enum split_section section, struct skeleton *skeleton);

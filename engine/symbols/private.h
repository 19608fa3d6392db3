// Private to engine/symbols and engine/unwind: the libdw side of a module.
//
// file ownership: elf.c opens files and separate debug files; symbol_table.c, line.c, resolve.c, function.c read ELF symbols, lines
// and functions; type.c, variable.c, location.c, name_index.c read types, variables and names.
#pragma once

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/symbols/location.h"
#include "engine/symbols/module.h"

struct section_table;
struct symbol_table;
struct line_cache;
struct function_cache;
struct type_cache;
struct variable_cache;
struct name_index;
struct unwind_cache;

// Sections of the file with the debug information that are read without libdw.
enum debug_section { DEBUG_LINE, DEBUG_LINE_STR, DEBUG_STR, DEBUG_SECTION_COUNT };

struct section_bytes {
	const uint8_t *at;
	size_t size;
};

struct module_symbols {
	int fd, debug_fd;                  // -1 if none
	Elf *elf;                          // the mapped file
	Elf *debug_elf;                    // the separate debug file, NULL if none
	Dwarf *dwarf;                      // from debug_elf or elf; NULL until module_dwarf(), or none
	bool is_own_dwarf_known, has_own_dwarf;
	bool is_dwarf_read;
	bool is_debug_info_wanted;         // see module_want_debug_info()
	Dwarf *alt_dwarf;                  // .gnu_debugaltlink (dwz), NULL if none
	Elf *alt_elf;
	int alt_fd;                        // -1 if none
	char *merged_image;                // split_dwarf.c: the file in memory that `dwarf` is of; NULL if not split
	Elf *merged_elf;
	uint64_t merged_size;              // of the module's own .debug_info in it; 0 if not split
	char *minidebug_image;             // minidebug.c
	Elf *minidebug_elf;
	bool is_minidebug_read;
	struct map split_units;            // offset of a skeleton's DIE + 1 -> that of the unit it stands for
	bool is_debug_file_sought, is_build_id_read;
	void *image;                       // our copy of a memory image; NULL for files
	struct section_table *sections;
	struct {
		struct section_bytes bytes;
		bool is_read;
	} debug_sections[DEBUG_SECTION_COUNT];
	struct strmap demangled;           // mangled -> demangled name, both in `arena`
	char *debug_missing;               // see module_debug_missing()
	char *debug_status, *debug_path, *build_id, *interpreter;
	struct link_address dynamic;       // meaningful if has_dynamic
	bool has_dynamic;
	struct arena *arena;               // strings and interned objects with the life of the module
	// One cache for each file that reads; created on first use, destroyed by that file's x_cache_destroy() (NULL-safe).
	struct symbol_table *symbol_table;
	struct line_cache *line_cache;
	struct function_cache *function_cache;
	struct type_cache *type_cache;
	struct variable_cache *variable_cache;
	struct name_index *name_index;
	struct unwind_cache *unwind_cache;
	void (*unwind_cache_destroy)(struct unwind_cache *cache);   // set by engine/unwind when it makes the cache
};

// elf.c. The DWARF of the module, read on first call (embedded, build-id, debuglink, .gnu_debugaltlink); NULL if none.
Dwarf *module_dwarf(struct module *module);
struct error *error_libdw(const char *doing);     // wraps dwarf_errmsg (-1), at the libdw border
// Opens the ELF file (or image) and reads its headers; fills in module->bias, start and end.
struct error *module_open_elf(struct module *module, const struct module_spec *spec);
void module_close_elf(struct module *module);
// The separate debug file's ELF, sought on first call; NULL if there is none (or none is needed).
Elf *module_debug_elf(struct module *module);
// The bytes of a debug section, decompressed; *size_ret 0 if there is none. Does not open the DWARF.
const uint8_t *module_debug_section(struct module *module, enum debug_section section, size_t *size_ret);
// A section by name, decompressed; empty if there is none. Valid like `elf`.
struct section_bytes elf_section_bytes(Elf *elf, const char *name);
void elf_each_section(Elf *elf, const char *name, void (*visit)(void *data, struct section_bytes bytes), void *data);
// Bytes of the file at a link-time address, at most `size`; the count.
size_t module_file_bytes(struct module *module, struct link_address address, void *bytes, size_t size);
// Inside an executable segment, and not where linkers leave discarded functions (0, -1, -2)?
bool module_is_code(struct module *module, struct link_address address);

// minidebug.c. The symbols that .gnu_debugdata has, unpacked on first call; NULL if there are none.
Elf *module_minidebug_elf(struct module *module);

// debug_file.c: finding what elf.c opens.
bool debug_file_find(struct module *module, int *fd_ret, char **path_ret, Elf **elf_ret);
void debug_file_find_alt(struct module *module);
// Hex, owned by the caller; NULL if the file has none.
char *elf_build_id(Elf *elf);
// Of a regular file; leaves both alone if it is none.
void elf_open(const char *path, int *fd_ret, Elf **elf_ret);
// "/proc/7/root" if the module is opened as "/proc/7/root/usr/bin/x" and the debuggee calls it "/usr/bin/x". Owned by the caller.
char *module_root(const struct module *module);
char *path_folder(const char *path);               // owned by the caller; "." without a slash

// split_dwarf.c. Replaces the module's Dwarf, which is `elf`'s, by one that has also the units of its .dwo files or .dwp; owned by the
// caller: what is missing, NULL if nothing.
char *split_dwarf_merge(struct module *module, Elf *elf);
// The unit that a skeleton stands for; false if it was not found.
bool split_dwarf_unit(struct module *module, Dwarf_Die *skeleton, Dwarf_Die *unit_ret);

// sections.c
void section_table_destroy(struct section_table *table);

// One ELF symbol as the tables keep it.
struct symbol_entry {
	const char *name;
	uint64_t value, size;              // link-time address, or offset in the TLS block
	uint16_t section;
	uint8_t type, binding;             // STT_*, STB_*
};
// symbol_table.c. The entry that covers the address; NULL if none. Sorted on first use.
const struct symbol_entry *symbol_table_at(struct module *module, struct link_address address);
// Calls `visit` for each defined symbol of exactly that name, best first.
typedef void (*symbol_visit_fn)(void *data, const struct symbol_entry *entry);
void symbol_table_named(struct module *module, const char *name, symbol_visit_fn visit, void *data);
size_t symbol_table_entries(struct module *module, const struct symbol_entry **entries_ret);
// All function or data symbols whose demangled name without parameters is `name` (or ends in ::name if is_suffix), template
// arguments aside if `name` has none. Unmangled names count as demangled.
void symbol_table_demangled(struct module *module, const char *name, bool is_suffix, symbol_visit_fn visit, void *data);
void symbol_fill(struct module *module, const struct symbol_entry *entry, struct symbol *symbol_ret);
// demangle.c. Without parameters: "ns::f" (symbol_demangle gives "ns::f(int)").
const char *symbol_demangle_bare(struct module *module, const char *name);
void symbol_table_destroy(struct symbol_table *table);
void line_cache_destroy(struct line_cache *cache);
void function_cache_destroy(struct function_cache *cache);
void type_cache_destroy(struct type_cache *cache);
void variable_cache_destroy(struct variable_cache *cache);
void name_index_destroy(struct name_index *index);

// line.c. The unit DIE that covers the address: .debug_aranges or the units' ranges, indexed on first use.
bool module_unit_at(struct module *module, struct link_address address, Dwarf_Die *unit_ret);
// The file behind DW_AT_decl_file / DW_AT_call_file of `die`'s unit, interned by path; NULL if there is none.
const struct source_file *module_source_file(struct module *module, Dwarf_Die *unit, Dwarf_Word file_index);

// function.c. Qualified name of a DIE from its parents ("ns::Class::f"), in the module's arena.
const char *die_qualified_name(struct module *module, Dwarf_Die *die);
// The DIE chain at an address: innermost inlined instance or subprogram first; number of DIEs, at most max.
size_t module_function_dies(struct module *module, struct link_address address, Dwarf_Die *dies, size_t max);
bool module_die(struct module *module, uint64_t die_offset, Dwarf_Die *die_ret);
#define MODULE_DIE_ALT (UINT64_C(1) << 63)
#define MODULE_DIE_TYPES (UINT64_C(1) << 62)
// What module_die() takes: dwarf_dieoffset, marked in the top bits if the DIE is in the dwz file or in .debug_types.
uint64_t module_die_offset(struct module *module, Dwarf_Die *die);
// DW_AT_name etc. through DW_AT_abstract_origin and DW_AT_specification.
const char *die_name(Dwarf_Die *die);
enum language die_language(Dwarf_Die *die);

// The innermost block at an address that declares something, inlined instance or function: what makes two addresses of one
// line two places for a breakpoint. *function_ret: the function (not inlined) around it. False if none covers the address.
bool module_block_at(struct module *module, struct link_address address, uint64_t *block_ret, Dwarf_Die *function_ret);
// Where a function or inlined instance is entered; false if it has no code.
bool module_die_entry(struct module *module, Dwarf_Die *die, struct link_address *entry_ret);
// The function (not inlined) that begins at `entry`; false if there is none.
bool module_function_die_at(struct module *module, struct link_address entry, Dwarf_Die *die_ret);

// scope.c. Per unit, from one walk over its namespaces: where the functions are, and what encloses a DIE.
struct scope_cache;
struct scope_cache *scope_cache_create(void);
void scope_cache_destroy(struct scope_cache *cache);
struct scope_cache *module_scopes(struct module *module);    // kept by function.c
bool scope_function_at(struct module *module, struct link_address address, Dwarf_Die *die_ret);
// The DIEs around `die`, outermost first, without its unit; the count, at most max.
size_t scope_parents(struct module *module, Dwarf_Die *die, Dwarf_Die *parents, size_t max);
// To the next sibling; false at the last one, and for DW_AT_sibling that goes back (a loop).
static inline bool die_next(Dwarf_Die *die)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	Dwarf_Die next;
	if (dwarf_siblingof(die, &next) != 0 || dwarf_dieoffset(&next) <= offset)
		return false;
	*die = next;
	return true;
}
// To the definition or declaration that DW_AT_abstract_origin and DW_AT_specification name at last.
void die_origin(Dwarf_Die *die);

// prologue.c
struct link_address module_after_prologue(struct module *module, struct link_address entry);

// type.c. The type a DIE's DW_AT_type names (NULL: void, no attribute), and the type a type DIE is. Interned by DIE offset.
const struct type *module_type_of(struct module *module, Dwarf_Die *die);
const struct type *module_type(struct module *module, Dwarf_Die *type_die);

// name_index.c. The definitions of a module by unqualified name: functions, variables, types, enumerators. Made on first use by one
// walk over namespaces and top-level DIEs (declarations and class bodies are skipped, but member functions' specifications kept).
enum name_kind { NAME_FUNCTION, NAME_VARIABLE, NAME_TYPE, NAME_ENUMERATOR };
// DIE offsets of all definitions of that unqualified name; valid like the module. 0 if none.
// Template arguments do not count: "box" and not "box<int>". NAME_ENUMERATOR: the offset of the enumeration type's DIE.
size_t name_index_find(struct module *module, enum name_kind kind, const char *name, const uint64_t **die_offsets_ret);
// Inlined instances (DW_TAG_inlined_subroutine) of the abstract function DIE at this offset; found by a walk on first use.
size_t name_index_inlined_copies(struct module *module, uint64_t abstract_offset, const uint64_t **die_offsets_ret);

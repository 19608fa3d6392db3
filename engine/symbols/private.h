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

struct symbol_table;
struct line_cache;
struct function_cache;
struct type_cache;
struct variable_cache;
struct name_index;
struct unwind_cache;

struct module_symbols {
	int fd, debug_fd;                  // -1 if none
	Elf *elf;                          // the mapped file
	Elf *debug_elf;                    // the separate debug file, NULL if none
	Dwarf *dwarf;                      // from debug_elf or elf; NULL until module_dwarf(), or none
	bool is_dwarf_read;
	char *debug_status, *debug_path, *build_id, *interpreter;
	struct link_address dynamic;
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
// DW_AT_name etc. through DW_AT_abstract_origin and DW_AT_specification.
const char *die_name(Dwarf_Die *die);
enum language die_language(Dwarf_Die *die);

// type.c. The type a DIE's DW_AT_type names (NULL: void, no attribute), and the type a type DIE is. Interned by DIE offset.
const struct type *module_type_of(struct module *module, Dwarf_Die *die);
const struct type *module_type(struct module *module, Dwarf_Die *type_die);

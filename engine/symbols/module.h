// The modules (executable, shared libraries, vdso) of one address space, and what their ELF and DWARF say. Everything is
// read on first use. libdw and libelf are used behind this header and in engine/unwind alone.
//
// Addresses: run-time addresses are plain uint64_t; a module's own (link-time) addresses are struct link_address, so that
// the compiler keeps the two apart. All functions here take and give run-time addresses unless their type says otherwise.
//
// Lifetime: everything returned without an arena parameter lives until its module is removed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/symbols/type.h"
#include "engine/target/memory.h"

struct link_address {
	uint64_t value;
};

struct modules;
struct module_symbols;   // private

enum module_debug_info {
	MODULE_DEBUG_UNREAD,     // nobody asked yet
	MODULE_DEBUG_NONE,       // ELF symbols at most
	MODULE_DEBUG_LOADED,
};

struct module {
	int id;                      // > 0, unique in the session
	char *path;                  // as the debuggee names it
	char *file_path;             // how we open it (/proc/PID/root/... or map_files); NULL for a memory image (vdso)
	uint64_t bias;               // run-time = link-time + bias
	uint64_t start, end;         // run-time range of its mappings, end exclusive
	bool is_executable;          // the program itself
	bool is_system;              // came with the system: under /lib or /usr/lib, or the vdso
	struct modules *owner;
	struct module_symbols *symbols;
};

static inline uint64_t module_runtime(const struct module *module, struct link_address address)
{
	return address.value + module->bias;
}
static inline struct link_address module_link(const struct module *module, uint64_t address)
{
	return (struct link_address){ address - module->bias };
}

struct modules *modules_create(void);
void modules_destroy(struct modules *modules);

// Adds the ELF file mapped with its lowest page at `start` (bias is computed from its program headers). Only the ELF header and
// program headers are read. `image` (may be NULL, else `image_size` bytes, copied): the file's contents instead of file_path.
struct module_spec {
	const char *path;
	const char *file_path;
	uint64_t start, end;
	bool is_executable;
	const void *image;
	size_t image_size;
};
struct error *modules_add(struct modules *modules, const struct module_spec *spec, struct module **module_ret);
void modules_remove(struct modules *modules, struct module *module);
size_t modules_count(const struct modules *modules);
struct module *modules_at(const struct modules *modules, size_t index);   // load order
struct module *modules_find(const struct modules *modules, uint64_t address);   // NULL if none; O(log n)

enum module_debug_info module_debug_info(struct module *module);   // reads it if unread
// A system library's separate debug file is not read until it is wanted: until then the library is without debug info,
// though its symbols are known. True if there is something to read that now will be (functions and lines appear).
bool module_want_debug_info(struct module *module);
bool module_debug_info_waits(struct module *module);
// Why there is none, or where it was found ("/usr/lib/debug/.build-id/..."), for the user; valid like the module.
const char *module_debug_status(struct module *module);
// Which part of the debug information was not found (.dwo files), in words; NULL if all was.
const char *module_debug_missing(struct module *module);
const char *module_build_id(struct module *module);                // hex, NULL if none
uint64_t module_entry(const struct module *module);                // e_entry, run-time
// PT_INTERP of the program, NULL if static; DT_DEBUG holder: run-time address of .dynamic, 0 if none.
const char *module_interpreter(const struct module *module);
uint64_t module_dynamic(const struct module *module);
// The section that holds the address (".plt", ".text"), NULL if unknown.
const char *module_section_name(struct module *module, uint64_t address);
bool module_is_plt(struct module *module, uint64_t address);       // .plt, .plt.got, .plt.sec
// The function that a stub of the procedure linkage table leads to, by its relocation; NULL if the address is in no stub.
const char *module_plt_name(struct module *module, uint64_t address);
// The TLS block: offset of this module's block from the thread pointer for modules in the initial (static) TLS set,
// computed by the caller from the run-time linker's data; here only what ELF knows.
bool module_tls(const struct module *module, uint64_t *size_ret, uint64_t *align_ret);

// ---- ELF symbols -------------------------------------------------------------------------------------------------

struct symbol {
	const char *name;            // as in the file (mangled), without @version
	struct module *module;
	uint64_t address;
	uint64_t size;               // 0 if unknown
	bool is_function;            // STT_FUNC or STT_GNU_IFUNC
	bool is_ifunc;
	bool is_data;                // STT_OBJECT
	bool is_tls;                 // address is the offset in the module's TLS block, not run-time
};

// The symbol that covers the address (or the nearest before it in the same section when sizes are 0). Stripped files use
// .dynsym and, for functions, .eh_frame ranges named "sub_401136"? No: without a name it is false.
bool modules_symbol_at(struct modules *modules, uint64_t address, struct symbol *symbol_ret);
// First defined symbol of that (mangled or demangled-without-parameters) name; executable first, then load order.
bool modules_symbol_named(struct modules *modules, const char *name, struct symbol *symbol_ret);
// All of them, appended to an arena array.
size_t modules_symbols_named(struct modules *modules, const char *name, struct arena *arena, struct symbol **symbols_ret);
// C++ and Rust through libiberty; the name itself if it is not mangled. Cached, valid like the module (or static).
const char *symbol_demangle(struct module *module, const char *name);
// Appends "main+4" ("main" at offset 0); false and nothing appended if no symbol covers it.
bool modules_symbolise(struct modules *modules, uint64_t address, struct str *text);

// ---- Lines -------------------------------------------------------------------------------------------------------

struct source_file {
	const char *path;         // absolute, from DWARF (comp_dir joined, "." and ".." folded); relative if comp_dir is and no file is there
	uint8_t md5[16];
	bool has_md5;             // DWARF 5
};

struct line_position {
	const struct source_file *file;
	unsigned line;            // 0: code without a source line (compiler made)
	unsigned column;          // 0: unknown
	uint64_t start, end;      // the row's run-time range: pc in [start, end) is at this row
	bool is_stmt;
};

bool modules_line_at(struct modules *modules, uint64_t address, struct line_position *position_ret);
// The widest contiguous range around address whose rows all name the same file and line (or line 0 in between):
// what a source step must leave.
bool modules_line_range(struct modules *modules, uint64_t address, uint64_t *start_ret, uint64_t *end_ret);
// Is address the start of an is_stmt row of a line?
bool modules_is_statement_start(struct modules *modules, uint64_t address);

// A place where a breakpoint may be planted.
struct code_location {
	struct module *module;
	uint64_t address;
	const struct source_file *file;   // NULL without line information
	unsigned line, column;
	const char *function;             // name for the user, NULL if unknown
};

// Where code of path:line (column 0: any) starts: all is_stmt addresses that begin a statement there, one for each block
// and each inlined or template copy. If the line has no code, the next line of the file that has, as gdb does it (the location's line
// says which); an error if there is no later one. Path matching: real path equality first, then the longest
// common suffix of whole components of at least the file name ("src/a.c" matches "/build/src/a.c"); symlinks folded.
// Only modules (or one module, if not NULL) that name the file are read.
struct error *modules_resolve_line(struct modules *modules, struct module *only, const char *path, unsigned line, unsigned column,
				   struct arena *arena, struct code_location **locations_ret, size_t *count_ret);
// By name: "main", "ns::f", "Class::method", "f" (any namespace), "f(int)" (with parameters: that overload), "file.c:f",
// a mangled name, "*0x401136". Address after the prologue (DWARF prologue_end, else second line row; ELF symbols: after
// endbr64; push rbp; mov rbp,rsp). All overloads and inlined copies.
struct error *modules_resolve_function(struct modules *modules, struct module *only, const char *name,
				       struct arena *arena, struct code_location **locations_ret, size_t *count_ret);
// The first address after the prologue of the function that starts at `entry`.
uint64_t modules_after_prologue(struct modules *modules, uint64_t entry);

struct line_column {
	unsigned line, column;
};
// Each (line, column) that starts a statement in [first, last], sorted, unique.
struct error *modules_breakable_lines(struct modules *modules, const char *path, unsigned first, unsigned last,
				      struct arena *arena, struct line_column **lines_ret, size_t *count_ret);
// Every source file of the module that has code or declarations, in the order of DWARF, unique by path. Reads file tables only.
size_t module_sources(struct module *module, struct arena *arena, const struct source_file ***files_ret);

// ---- Functions ---------------------------------------------------------------------------------------------------

// A function with code, or one inlined copy of it, as it covers some address. Interned: same instance and range, same pointer;
// code in several ranges (a cold part) is one function for each range: (module, die_offset) is the instance's identity.
struct function {
	struct module *module;
	const char *name;                 // "method"
	const char *qualified_name;       // "ns::Class::method"; with template arguments as DWARF spells them
	const char *linkage_name;         // NULL in C
	enum language language;
	const struct type *type;          // TYPE_FUNCTION: return and parameter types
	bool is_inlined;
	const struct function *outer;     // inlined copies: the instance that it is inlined into; NULL otherwise
	const struct source_file *call_file;   // inlined copies: where the outer one calls it
	unsigned call_line, call_column;
	const struct source_file *declared_file;
	unsigned declared_line;
	uint64_t entry;                   // run-time entry address
	uint64_t start, end;              // the range that holds the address asked for
	uint64_t die_offset;
};

// The innermost instance (inlined or not) that covers the address; NULL without DWARF.
const struct function *modules_function_at(struct modules *modules, uint64_t address);
// The name for a frame: function's qualified name, else demangled symbol, else NULL. Arena or module lifetime.
const char *modules_function_name(struct modules *modules, uint64_t address, struct arena *arena);

// ---- Variables ---------------------------------------------------------------------------------------------------

enum variable_kind { VARIABLE_ARGUMENT, VARIABLE_LOCAL, VARIABLE_STATIC_LOCAL, VARIABLE_GLOBAL, VARIABLE_CONSTANT };

struct variable {
	const char *name;
	const char *qualified_name;       // globals: "ns::g", else the same as name
	const struct type *type;
	enum variable_kind kind;
	struct module *module;
	const struct source_file *declared_file;
	unsigned declared_line;
	unsigned depth;                   // nesting of lexical blocks: a deeper one shadows
	bool is_artificial;               // `this`: still shown
	bool is_external;
	bool is_thread_local;
	uint64_t die_offset;
	const struct function *function;  // NULL for globals
};

// Arguments (declaration order) and locals visible at `address` in this instance, outer blocks first; those declared
// on a later line of the same block than the address's line are included (they exist; the value may not be set yet).
size_t function_variables(const struct function *function, uint64_t address, struct arena *arena,
			  const struct variable ***variables_ret);
// Globals and statics of the compilation unit that covers the address, sorted by name.
size_t modules_unit_globals(struct modules *modules, uint64_t address, struct arena *arena, const struct variable ***variables_ret);
// A global by name ("g", "ns::g", "Class::member", "file.c::g"): the unit of `address` first, then its module, then all others.
// NULL if there is none. Falls back to nothing: for ELF-only data symbols see modules_symbol_named.
const struct variable *modules_find_variable(struct modules *modules, const char *name, uint64_t address);
// By the name a user writes: "int", "unsigned long", "struct node", "node", "ns::T", "std::string". Not with * or [].
const struct type *modules_find_type(struct modules *modules, const char *name, uint64_t address);
// A function's type and entry by name, for use in expressions; false if unknown.
bool modules_find_function(struct modules *modules, const char *name, uint64_t address,
			   uint64_t *entry_ret, const struct type **type_ret);
// An enumerator by name ("RED", "ns::RED", "Color::Red"): its type and value.
bool modules_find_enumerator(struct modules *modules, const char *name, uint64_t address,
			     const struct type **type_ret, int64_t *value_ret);
enum language modules_language_at(struct modules *modules, uint64_t address);
// Names that begin with prefix and are visible at address (locals, globals, functions, types), for completion; at most limit.
size_t modules_complete(struct modules *modules, const char *prefix, uint64_t address, size_t limit,
			struct arena *arena, const char ***names_ret);

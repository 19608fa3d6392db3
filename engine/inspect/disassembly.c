// Disassembly: rows around an address, and whole functions as text for frames without a source.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/arch/instruction.h"
#include "engine/inspect/code_walk.h"

enum {
	OFFSET_MAX = 1 << 24,      // rows away from the address
	COUNT_MAX = 1 << 20,
	STUB_SIZE = 16,            // of a procedure linkage table
	TEXT_BYTES_MAX = 65536,    // of a function in one text; some 16000 instructions
	SYNC_BYTES = 64,           // code read from a wrong byte falls into step within these
};

// ---- one instruction ------------------------------------------------------------------------------------------------------

// "puts@plt" at the start of a stub.
static bool stub_symbol(struct modules *modules, uint64_t address, struct str *text)
{
	struct module *module = modules_find(modules, address);
	if (!module || !module_is_plt(module, address))
		return false;
	const char *name = module_plt_name(module, address - address % STUB_SIZE);
	if (!name)
		return false;
	str_printf(text, "%s@plt", name);
	if (address % STUB_SIZE)
		str_printf(text, "+%u", (unsigned)(address % STUB_SIZE));
	return true;
}

static bool symbolise(void *data, uint64_t address, struct str *text)
{
	return modules_symbolise(data, address, text) || stub_symbol(data, address, text);
}

// The instruction that fills `size` bytes, or "(bad)".
static void format_bytes(struct modules *modules, const uint8_t *bytes, size_t size, uint64_t address, struct str *text)
{
	struct instruction instruction;
	struct error *error = instruction_decode(bytes, size, address, &instruction);
	if (error || instruction.length != size)
		str_add(text, "(bad)");
	else
		instruction_format(&instruction, SYNTAX_INTEL, modules ? symbolise : NULL, modules, text);
	error_destroy(error);
}

// ---- rows -----------------------------------------------------------------------------------------------------------------

struct row_maker {
	struct debugger *debugger;
	struct arena *arena;
	bool resolve_symbols;
	const struct source_file *file;   // position of the rows before
	unsigned line;
	struct str text;                  // scratch
};

static const char *symbol_starting_at(struct row_maker *maker, uint64_t address)
{
	struct modules *modules = maker->debugger->space.modules;
	struct symbol symbol;
	if (modules_symbol_at(modules, address, &symbol))
		return symbol.address == address ? arena_strdup(maker->arena, symbol_demangle(symbol.module, symbol.name)) : NULL;
	str_clear(&maker->text);
	if (address % STUB_SIZE || !stub_symbol(modules, address, &maker->text))
		return NULL;
	return arena_strdup(maker->arena, str_text(&maker->text));
}

static void add_position(struct row_maker *maker, struct disassembly_row *row)
{
	struct line_position position;
	if (!modules_line_at(maker->debugger->space.modules, row->address, &position)) {
		maker->file = NULL;
		return;
	}
	// Line 0 is the compiler's: such rows go with those before them.
	if (!position.line || (position.file == maker->file && position.line == maker->line))
		return;
	maker->file = position.file;
	maker->line = position.line;
	row->source_path = arena_strdup(maker->arena, position.file->path);
	row->line = position.line;
	row->column = position.column;
}

static void make_row(struct row_maker *maker, uint64_t start, uint64_t end, struct disassembly_row *row)
{
	struct address_space *space = &maker->debugger->space;
	size_t size = (size_t)(end - start);
	uint8_t *bytes = arena_alloc(maker->arena, size);
	*row = (struct disassembly_row){ .address = start, .bytes = bytes, .text = "(no memory)" };
	if (memory_read_some(space->memory, start, bytes, size) < size)
		return;
	row->size = (unsigned)size;
	str_clear(&maker->text);
	format_bytes(maker->resolve_symbols ? space->modules : NULL, bytes, size, start, &maker->text);
	row->text = arena_strdup(maker->arena, str_text(&maker->text));
	if (maker->resolve_symbols)
		row->symbol = symbol_starting_at(maker, start);
	add_position(maker, row);
}

// Where rows [offset, offset + count] start, the row of `address` being 0: one more than there are, for the end of the last.
static void find_starts(struct code_walk *walk, uint64_t address, int64_t offset, uint64_t *starts, size_t count)
{
	bool is_readable;
	size_t filled = 0;
	if (offset < 0) {
		size_t before = (size_t)-offset;
		_cleanup_free_ uint64_t *earlier = xmalloc(before * sizeof(*earlier));
		code_walk_back(walk, address, earlier, before);
		filled = before < count + 1 ? before : count + 1;
		memcpy(starts, earlier, filled * sizeof(*starts));
	}
	for (; offset > 0; offset--)
		address = code_walk_next(walk, address, &is_readable);
	for (; filled <= count; filled++) {
		starts[filled] = address;
		address = code_walk_next(walk, address, &is_readable);
	}
}

struct error *debugger_disassemble(struct debugger *debugger, uint64_t address, int64_t instruction_offset, size_t count, bool resolve_symbols,
				   struct arena *arena, struct disassembly_row **rows_ret)
{
	struct error *error = inspect_require_memory(debugger);
	if (error)
		return error;
	if (instruction_offset < -OFFSET_MAX || instruction_offset > OFFSET_MAX || count > COUNT_MAX)
		return error_create(ERROR_INVALID, "at most %d instructions, and at most %d away from the address", COUNT_MAX, OFFSET_MAX);
	_cleanup_free_ uint64_t *starts = xmalloc((count + 1) * sizeof(*starts));
	_cleanup_free_ struct code_walk *walk = xmalloc(sizeof(*walk));
	code_walk_init(walk, debugger->space.modules, debugger->space.memory);
	find_starts(walk, address, instruction_offset, starts, count);
	struct disassembly_row *rows = arena_array(arena, struct disassembly_row, count + 1);
	struct row_maker maker = { .debugger = debugger, .arena = arena, .resolve_symbols = resolve_symbols };
	for (size_t i = 0; i < count; i++)
		make_row(&maker, starts[i], starts[i + 1], &rows[i]);
	str_deinit(&maker.text);
	*rows_ret = rows;
	return NULL;
}

// ---- a function as text ---------------------------------------------------------------------------------------------------

// What one text shows. It depends on nothing but what contains pc, so that all addresses in it share it.
struct extent {
	uint64_t base;          // what offsets count from; 0: no function is known
	uint64_t start, end;
	const char *name;       // NULL: unknown
	const struct module *module;
	bool is_open;           // ends where another symbol, or none, begins
};

static bool extent_of_function(struct modules *modules, uint64_t pc, struct extent *extent)
{
	const struct function *function = modules_function_at(modules, pc);
	while (function && function->is_inlined)
		function = function->outer;
	if (!function || pc < function->start || pc >= function->end)
		return false;
	extent->base = function->start;
	extent->end = function->end;
	extent->name = function->qualified_name ? function->qualified_name : function->name;
	return true;
}

static bool extent_of_symbol(struct modules *modules, uint64_t pc, struct extent *extent)
{
	struct symbol symbol;
	if (!modules_symbol_at(modules, pc, &symbol) || symbol.is_data)
		return false;
	uint64_t end = symbol.address + symbol.size;
	extent->base = symbol.address;
	extent->end = symbol.size && end > pc ? end : UINT64_MAX;
	extent->is_open = !symbol.size;
	extent->name = symbol_demangle(symbol.module, symbol.name);
	return true;
}

static bool extent_of_stub(struct modules *modules, uint64_t pc, struct extent *extent, struct arena *arena)
{
	struct str name = STR_INIT;
	uint64_t start = pc - pc % STUB_SIZE;
	if (stub_symbol(modules, start, &name)) {
		extent->base = start;
		extent->end = start + STUB_SIZE;
		extent->name = arena_strdup(arena, str_text(&name));
	}
	str_deinit(&name);
	return extent->name;
}

// A start of a row at or shortly before `block`, found from a little further back.
static uint64_t row_before_block(struct code_walk *walk, uint64_t block, uint64_t floor)
{
	bool is_readable;
	uint64_t at = block - floor > SYNC_BYTES ? block - SYNC_BYTES : floor;
	for (uint64_t next = at; next <= block && next >= at; next = code_walk_next(walk, at, &is_readable))
		at = next;
	return at;
}

// A huge function is shown in blocks of equal size.
static void cut_to_block(struct code_walk *walk, uint64_t pc, struct extent *extent)
{
	uint64_t block = extent->base + (pc - extent->base) / TEXT_BYTES_MAX * TEXT_BYTES_MAX;
	extent->start = block > extent->base ? row_before_block(walk, block, extent->base) : extent->base;
	if (extent->end - block > TEXT_BYTES_MAX)
		extent->end = block + TEXT_BYTES_MAX;
}

// Code that belongs to no function: between those that are known, so that its start is none of theirs.
static void cut_to_gap(struct code_walk *walk, uint64_t pc, struct extent *extent)
{
	struct symbol symbol;
	uint64_t block = pc - pc % CODE_PAGE;
	uint64_t start = pc;
	while (start > block && !modules_symbol_at(walk->modules, start - 1, &symbol))
		start--;
	extent->start = start > block ? start : row_before_block(walk, block, 0);
	extent->end = UINT64_MAX - block > CODE_PAGE ? block + CODE_PAGE : UINT64_MAX;
	extent->is_open = true;
}

static void find_extent(struct code_walk *walk, uint64_t pc, struct arena *arena, struct extent *extent)
{
	struct modules *modules = walk->modules;
	*extent = (struct extent){ .module = modules_find(modules, pc) };
	if (extent_of_function(modules, pc, extent) || extent_of_symbol(modules, pc, extent) || extent_of_stub(modules, pc, extent, arena))
		cut_to_block(walk, pc, extent);
	else
		cut_to_gap(walk, pc, extent);
}

static void add_header(const struct extent *extent, struct str *text)
{
	if (extent->name)
		str_add(text, extent->name);
	else
		str_add(text, "no function is known here");
	if (extent->module)
		str_printf(text, " in %s", extent->module->path);
	if (extent->base && extent->start != extent->base)
		str_printf(text, ", from +%" PRIu64 " on", extent->start - extent->base);
	str_char(text, '\n');
}

static void add_line(struct code_walk *walk, const struct extent *extent, uint64_t start, uint64_t end, bool is_readable, struct str *text)
{
	uint8_t bytes[INSTRUCTION_MAX];
	char offset[32] = "";
	size_t size = (size_t)(end - start);
	int width = 0;
	if (extent->base) {
		width = snprintf(NULL, 0, "<+%" PRIu64 ">  ", extent->end - extent->base);
		snprintf(offset, sizeof(offset), "<+%" PRIu64 ">", start - extent->base);
	}
	str_printf(text, "0x%016" PRIx64 " %-*s", start, width, offset);
	if (!is_readable || size > sizeof(bytes) || memory_read_some(walk->memory, start, bytes, size) < size)
		str_add(text, "(no memory)");
	else
		format_bytes(walk->modules, bytes, size, start, text);
	str_char(text, '\n');
}

static bool is_past_open_end(struct code_walk *walk, const struct extent *extent, uint64_t at)
{
	struct symbol symbol;
	if (!extent->is_open)
		return false;
	uint64_t base = modules_symbol_at(walk->modules, at, &symbol) ? symbol.address : 0;
	return base != extent->base;
}

// Without a text only lengths are decoded, and only up to pc.
static unsigned write_text(struct code_walk *walk, const struct extent *extent, uint64_t pc, struct str *text)
{
	unsigned line = 1;
	unsigned line_of_pc = 1;
	if (text)
		add_header(extent, text);
	for (uint64_t at = extent->start, next; at < extent->end && (text || at <= pc); at = next) {
		bool is_readable;
		if (at > pc && is_past_open_end(walk, extent, at))
			break;
		next = code_walk_next(walk, at, &is_readable);
		if (!is_readable)   // one line for the whole page
			next = (at & ~(uint64_t)(CODE_PAGE - 1)) + CODE_PAGE;
		if (next > extent->end || next < at)
			next = extent->end;
		line++;
		if (at <= pc)
			line_of_pc = line;
		if (text)
			add_line(walk, extent, at, next, is_readable, text);
	}
	return line_of_pc;
}

// text_ret may be NULL: the line alone is wanted, which is much cheaper.
struct error *debugger_disassembly_text(struct debugger *debugger, uint64_t pc, char **text_ret, unsigned *line_of_pc_ret, uint64_t *start_ret)
{
	struct error *error = inspect_require_memory(debugger);
	uint8_t byte;
	if (!error)
		error = memory_read(debugger->space.memory, pc, &byte, sizeof(byte));
	if (error)
		return error;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ struct code_walk *walk = xmalloc(sizeof(*walk));
	struct str text = STR_INIT;
	struct extent extent;
	code_walk_init(walk, debugger->space.modules, debugger->space.memory);
	find_extent(walk, pc, arena, &extent);
	*line_of_pc_ret = write_text(walk, &extent, pc, text_ret ? &text : NULL);
	*start_ret = extent.start;
	if (text_ret)
		*text_ret = str_take(&text);
	return NULL;
}

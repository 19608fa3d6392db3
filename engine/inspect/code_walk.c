#include "engine/inspect/code_walk.h"

#include "engine/arch/instruction.h"

enum {
	ANCHOR_REACH = 64 * 1024,  // a known start further away costs too much
	PADDING_MAX = 64,          // between functions
	STUB_SIZE = 16,            // of a procedure linkage table
	SYNC_BYTES = 64,           // code read from a wrong byte falls into step within these
};

void code_walk_init(struct code_walk *walk, struct modules *modules, struct memory *memory)
{
	walk->modules = modules;
	walk->memory = memory;
	walk->symbol_start = walk->symbol_end = 0;
	walk->chunk_start = walk->gap_end = 0;
	walk->chunk_size = 0;
}

// An undecodable byte counts as one of its own.
static size_t length_of(const uint8_t *bytes, size_t size, uint64_t at)
{
	struct instruction instruction;
	struct error *error = instruction_decode(bytes, size, at, &instruction);
	size_t length = error ? 1 : instruction.length;
	error_destroy(error);
	return length;
}

// ---- forwards -------------------------------------------------------------------------------------------------------------

static void fill_chunk(struct code_walk *walk, uint64_t at)
{
	walk->chunk_start = at;
	walk->chunk_size = memory_read_some(walk->memory, at, walk->chunk, CODE_CHUNK);
	uint64_t end = at + walk->chunk_size;
	walk->gap_end = walk->chunk_size < CODE_CHUNK ? (end & ~(uint64_t)(CODE_PAGE - 1)) + CODE_PAGE : end;
}

static const uint8_t *bytes_at(struct code_walk *walk, uint64_t at, size_t *size_ret)
{
	uint64_t into = at - walk->chunk_start;
	bool is_in_gap = into >= walk->chunk_size && into < walk->gap_end - walk->chunk_start;
	bool is_short = walk->chunk_size - into < INSTRUCTION_MAX && walk->gap_end == walk->chunk_start + walk->chunk_size;
	if (!is_in_gap && (into >= walk->chunk_size || is_short)) {
		fill_chunk(walk, at);
		into = 0;
	}
	*size_ret = into < walk->chunk_size ? walk->chunk_size - (size_t)into : 0;
	return walk->chunk + (*size_ret ? into : 0);
}

// Does a function begin inside the instruction? Then it is none, but data or padding before that function.
static bool runs_into_function(struct code_walk *walk, uint64_t at, size_t length)
{
	uint64_t last = at + length - 1;
	uint64_t symbol_size = walk->symbol_end - walk->symbol_start;
	struct symbol symbol;
	if (at - walk->symbol_start < symbol_size && last - walk->symbol_start < symbol_size)
		return false;
	if (!modules_symbol_at(walk->modules, last, &symbol))
		return false;
	if (symbol.size) {
		walk->symbol_start = symbol.address;
		walk->symbol_end = symbol.address + symbol.size;
	}
	return symbol.is_function && symbol.address > at && symbol.address <= last;
}

uint64_t code_walk_next(struct code_walk *walk, uint64_t at, bool *is_readable_ret)
{
	size_t size;
	const uint8_t *bytes = bytes_at(walk, at, &size);
	*is_readable_ret = size > 0;
	size_t length = size ? length_of(bytes, size, at) : 1;
	return at + (length > 1 && runs_into_function(walk, at, length) ? 1 : length);
}

// ---- backwards ------------------------------------------------------------------------------------------------------------

// The part of the result that is still to be found: `left` rows before `end`.
struct backwards {
	uint64_t end;
	uint64_t *starts;
	size_t left;
};

static void put(struct backwards *back, uint64_t start)
{
	back->starts[--back->left] = start;
	back->end = start;
}

// Rising starts that end at back->end.
static void put_all(struct backwards *back, const uint64_t *starts, size_t count)
{
	while (count && back->left)
		put(back, starts[--count]);
}

// From a known start on: what does not end at back->end in step is cut there, byte by byte if need be.
static void put_sweep(struct backwards *back, const uint8_t *bytes, uint64_t start)
{
	size_t size = (size_t)(back->end - start);
	size_t count = 0;
	_cleanup_free_ uint64_t *starts = xmalloc((size + 1) * sizeof(*starts));
	for (size_t at = 0; at < size; at += length_of(bytes + at, size - at, start + at))
		starts[count++] = start + at;
	put_all(back, starts, count);
}

// Functions are padded to an alignment; the padding belongs to no symbol, but begins where one ends.
static bool padding_start(struct modules *modules, uint64_t at, uint64_t *start_ret)
{
	struct symbol symbol;
	for (uint64_t i = 1; i <= PADDING_MAX && i <= at; i++) {
		if (!modules_symbol_at(modules, at - i, &symbol))
			continue;
		uint64_t end = symbol.address + symbol.size;
		*start_ret = end;
		return end > at - i && end <= at;
	}
	return false;
}

// The nearest start of something at or before `at` that is known for sure and not too far.
static bool known_start(struct modules *modules, uint64_t at, uint64_t *start_ret)
{
	struct symbol symbol;
	struct line_position position;
	struct module *module = modules_find(modules, at);
	if (!module)
		return false;
	if (modules_symbol_at(modules, at, &symbol) && at - symbol.address < ANCHOR_REACH)
		*start_ret = symbol.address;
	else if (modules_line_at(modules, at, &position) && at - position.start < ANCHOR_REACH)
		*start_ret = position.start;
	else if (module_is_plt(module, at))
		*start_ret = at - at % STUB_SIZE;
	else
		return padding_start(modules, at, start_ret);
	return true;
}

static bool walk_from_known_start(struct code_walk *walk, struct backwards *back)
{
	uint64_t start;
	if (!known_start(walk->modules, back->end - 1, &start) || start >= back->end)
		return false;
	size_t size = (size_t)(back->end - start);
	_cleanup_free_ uint8_t *bytes = xmalloc(size);
	if (memory_read_some(walk->memory, start, bytes, size) < size)
		return false;
	put_sweep(back, bytes, start);
	return true;
}

// Nothing is known: the likeliest chain of instructions that ends here. `page` is known to be readable from its start.
static void walk_from_guess(struct code_walk *walk, struct backwards *back, uint64_t page)
{
	uint8_t bytes[CODE_PAGE];
	uint64_t starts[CODE_PAGE];
	bool is_few = back->left < (CODE_PAGE - 2 * SYNC_BYTES) / INSTRUCTION_MAX;
	size_t size = is_few ? back->left * INSTRUCTION_MAX + 2 * SYNC_BYTES : CODE_PAGE;
	uint64_t start = back->end - size;
	bool is_hard = memory_read_some(walk->memory, start, bytes, size) < size;
	if (is_hard) {   // memory begins in between
		start = page;
		size = (size_t)(back->end - page);
		if (memory_read_some(walk->memory, start, bytes, size) < size) {   // unmapped this moment: it runs
			put(back, back->end - 1);
			return;
		}
	}
	// The first ones may be out of step.
	uint64_t sure = is_hard ? start : start + SYNC_BYTES;
	size_t count = instruction_starts_before(bytes, start, back->end, starts, size);
	size_t unsure = 0;
	while (unsure < count && starts[unsure] < sure)
		unsure++;
	put_all(back, starts + unsure, count - unsure);
	// A chain that is shorter: the rest of the window as it comes, so that it is not read again and again.
	if (!unsure && back->left && back->end > sure)
		put_sweep(back, bytes + (sure - start), sure);
}

// Bytes without memory before back->end. False if the byte before it can be read.
static bool put_unreadable(struct code_walk *walk, struct backwards *back, uint64_t page)
{
	uint8_t bytes[CODE_PAGE];
	size_t size = (size_t)(back->end - page);
	size_t readable = memory_read_some(walk->memory, page, bytes, size);
	if (readable == size)
		return false;
	while (back->left && size-- > readable)
		put(back, back->end - 1);
	return true;
}

void code_walk_back(struct code_walk *walk, uint64_t end, uint64_t *starts, size_t count)
{
	struct backwards back = { end, starts, count };
	while (back.left) {
		uint64_t page = (back.end - 1) & ~(uint64_t)(CODE_PAGE - 1);
		if (!put_unreadable(walk, &back, page) && !walk_from_known_start(walk, &back))
			walk_from_guess(walk, &back, page);
	}
}

#include "engine/unwind/private.h"

#include <dwarf.h>
#include <string.h>

#include "engine/symbols/private.h"

enum {
	RECENT_ROWS = 256,       // direct-mapped by pc: what a deep recursion or a stepped loop asks for again and again
	EXPRESSION_MAX = 256,    // operations of one row; longer ones are taken as undefined
	TEXT_SEGMENTS_MAX = 8,
};

struct unwind_cache {
	Dwarf_CFI *eh_frame;            // ours to end
	Dwarf_CFI *debug_frame;         // libdw's
	bool is_debug_frame_read;
	struct arena *arena;            // rows and expressions
	VEC(struct cfi_row *) rows;     // by start
	struct {
		uint64_t address;
		const struct cfi_row *row;
	} recent[RECENT_ROWS];
	struct {
		uint64_t start, end;
	} text[TEXT_SEGMENTS_MAX];
	size_t text_count;
};

static void unwind_cache_destroy(struct unwind_cache *cache)
{
	if (!cache)
		return;
	if (cache->eh_frame)
		dwarf_cfi_end(cache->eh_frame);
	vec_deinit(&cache->rows);
	arena_destroy(cache->arena);
	free(cache);
}

static void read_text_segments(struct unwind_cache *cache, Elf *elf)
{
	size_t count = 0;
	if (elf_getphdrnum(elf, &count) != 0)
		return;
	for (size_t i = 0; i < count && i < INT32_MAX && cache->text_count < TEXT_SEGMENTS_MAX; i++) {
		GElf_Phdr header;
		if (!gelf_getphdr(elf, (int)i, &header))
			return;
		if (header.p_type != PT_LOAD || !(header.p_flags & PF_X))
			continue;
		cache->text[cache->text_count].start = header.p_vaddr;
		cache->text[cache->text_count++].end = header.p_vaddr + header.p_memsz;
	}
}

static struct unwind_cache *unwind_cache(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!symbols->unwind_cache) {
		struct unwind_cache *cache = xcalloc(1, sizeof(*cache));
		cache->arena = arena_create();
		if (symbols->elf) {
			cache->eh_frame = dwarf_getcfi_elf(symbols->elf);
			read_text_segments(cache, symbols->elf);
		}
		symbols->unwind_cache = cache;
		symbols->unwind_cache_destroy = unwind_cache_destroy;
	}
	return symbols->unwind_cache;
}

void unwind_forget(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!symbols || !symbols->unwind_cache)
		return;
	unwind_cache_destroy(symbols->unwind_cache);
	symbols->unwind_cache = NULL;
}

bool cfi_is_text(struct module *module, uint64_t address)
{
	const struct unwind_cache *cache = unwind_cache(module);
	uint64_t link = module_link(module, address).value;
	for (size_t i = 0; i < cache->text_count; i++)
		if (link >= cache->text[i].start && link < cache->text[i].end)
			return true;
	return false;
}

// ---- Translation -------------------------------------------------------------------------------------------------

struct translation {
	Dwarf_Op operations[EXPRESSION_MAX];
	size_t count;
};

static struct cfi_rule keep_expression(struct translation *translation, enum cfi_rule_kind kind, const Dwarf_Op *ops,
				       size_t count)
{
	if (count > EXPRESSION_MAX - translation->count)
		return (struct cfi_rule){ .kind = CFI_UNDEFINED };
	struct cfi_rule rule = { .kind = (uint8_t)kind, .count = (uint16_t)count, .offset = (int32_t)translation->count };
	memcpy(translation->operations + translation->count, ops, count * sizeof(*ops));
	translation->count += count;
	return rule;
}

static bool fits_offset(Dwarf_Word number)
{
	return (int64_t)number >= INT32_MIN && (int64_t)number <= INT32_MAX;
}

static struct cfi_rule translate_cfa(struct translation *translation, const Dwarf_Op *ops, size_t count)
{
	if (count == 1 && ops[0].atom == DW_OP_bregx && ops[0].number < DWARF_REGISTER_COUNT && fits_offset(ops[0].number2))
		return (struct cfi_rule){ .kind = CFI_REGISTER, .number = (uint8_t)ops[0].number, .offset = (int32_t)ops[0].number2 };
	return keep_expression(translation, CFI_VALUE, ops, count);
}

// dwarf_frame_register() gives no operations for "undefined" and "same value", else a location expression, which ends with
// DW_OP_stack_value if it computes the value itself.
static struct cfi_rule translate_register(struct translation *translation, const Dwarf_Op *ops, size_t count)
{
	bool is_value = ops[count - 1].atom == DW_OP_stack_value;
	size_t length = is_value ? count - 1 : count;
	if (length >= 1 && length <= 2 && ops[0].atom == DW_OP_call_frame_cfa &&
	    (length == 1 || (ops[1].atom == DW_OP_plus_uconst && fits_offset(ops[1].number))))
		return (struct cfi_rule){ .kind = is_value ? CFI_CFA_OFFSET : CFI_AT_CFA,
					  .offset = length == 2 ? (int32_t)ops[1].number : 0 };
	if (count == 1 && ops[0].atom == DW_OP_regx)
		return (struct cfi_rule){ .kind = CFI_REGISTER, .offset = (int32_t)(ops[0].number & 0xff) };
	if (count == 1 && ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		return (struct cfi_rule){ .kind = CFI_REGISTER, .offset = ops[0].atom - DW_OP_reg0 };
	return keep_expression(translation, is_value ? CFI_VALUE : CFI_EXPRESSION, ops, length);
}

static struct cfi_rule translate_frame_register(struct translation *translation, Dwarf_Frame *frame, int number)
{
	enum { RAX = 0, RBX = 3 };
	Dwarf_Op memory[3], *ops = NULL;
	size_t count = 0;
	if (dwarf_frame_register(frame, number, memory, &ops, &count) != 0)
		return (struct cfi_rule){ .kind = CFI_UNDEFINED };
	if (count)
		return translate_register(translation, ops, count);
	// No operations: NULL says "same value", `memory` "undefined", also for registers without a rule, by libdw's table of
	// the psABI. That table has rax for rbx (seen in 0.188). A return address that is the same value would be a loop.
	bool is_same = number == RBX || (!ops && number != RAX && number != DWARF_RIP);
	return (struct cfi_rule){ .kind = is_same ? CFI_SAME : CFI_UNDEFINED };
}

// False: libdw cannot make sense of it.
static bool translate_frame(struct unwind_cache *cache, Dwarf_Frame *frame, uint64_t address, struct cfi_row *row)
{
	struct translation translation;
	translation.count = 0;
	Dwarf_Addr start, end;
	bool is_signal;
	int return_register = dwarf_frame_info(frame, &start, &end, &is_signal);
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	if (return_register < 0 || return_register >= DWARF_REGISTER_COUNT || dwarf_frame_cfa(frame, &ops, &count) != 0 || !count)
		return false;
	row->return_register = (uint8_t)return_register;
	row->is_signal = is_signal;
	// Behind DW_CFA_restore_state libdw gives the start of the remembered row (seen in 0.188): only the end can be trusted.
	if (address < end)
		row->end = end;
	row->cfa = translate_cfa(&translation, ops, count);
	for (int i = 0; i < DWARF_REGISTER_COUNT; i++)
		row->registers[i] = translate_frame_register(&translation, frame, i);
	if (translation.count) {
		Dwarf_Op *kept = arena_array(cache->arena, Dwarf_Op, translation.count);
		row->operations = memcpy(kept, translation.operations, translation.count * sizeof(*kept));
	}
	return true;
}

static bool translate_from(struct unwind_cache *cache, Dwarf_CFI *cfi, uint64_t address, struct cfi_row *row)
{
	Dwarf_Frame *frame = NULL;
	if (!cfi || dwarf_cfi_addrframe(cfi, address, &frame) != 0)
		return false;
	bool is_ok = translate_frame(cache, frame, address, row);
	free(frame);
	return is_ok;
}

// .eh_frame first: it is in the mapped file and has a search table; .debug_frame costs the reading of the DWARF.
static struct cfi_row *row_make(struct module *module, struct unwind_cache *cache, uint64_t address)
{
	struct cfi_row *row = arena_new(cache->arena, struct cfi_row);
	row->start = address;
	row->end = address + 1;
	if (translate_from(cache, cache->eh_frame, address, row))
		return row;
	if (!cache->is_debug_frame_read) {
		Dwarf *dwarf = module_dwarf(module);
		cache->debug_frame = dwarf ? dwarf_getcfi(dwarf) : NULL;
		cache->is_debug_frame_read = true;
	}
	row->is_missing = !translate_from(cache, cache->debug_frame, address, row);
	return row;
}

// ---- Rows by address ---------------------------------------------------------------------------------------------

// The number of rows that start at or before the address.
static size_t rows_up_to(const struct unwind_cache *cache, uint64_t address)
{
	size_t low = 0, high = cache->rows.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cache->rows.items[middle]->start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct cfi_row *row_find(struct module *module, struct unwind_cache *cache, uint64_t address)
{
	size_t at = rows_up_to(cache, address);
	if (at && address < cache->rows.items[at - 1]->end)
		return cache->rows.items[at - 1];
	struct cfi_row *row = row_make(module, cache, address);
	if (at < cache->rows.count && cache->rows.items[at]->end == row->end && !row->is_missing) {
		cache->rows.items[at]->start = address;   // no row ends in between: it is the same one, known from further on
		return cache->rows.items[at];
	}
	vec_push(&cache->rows);
	memmove(cache->rows.items + at + 1, cache->rows.items + at, (cache->rows.count - 1 - at) * sizeof(row));
	cache->rows.items[at] = row;
	return row;
}

const struct cfi_row *cfi_row_at(struct module *module, uint64_t address)
{
	struct unwind_cache *cache = unwind_cache(module);
	uint64_t link = module_link(module, address).value;
	size_t slot = (size_t)((link ^ link >> 8) % RECENT_ROWS);
	if (!cache->recent[slot].row || cache->recent[slot].address != link) {
		cache->recent[slot].row = row_find(module, cache, link);
		cache->recent[slot].address = link;
	}
	const struct cfi_row *row = cache->recent[slot].row;
	return row->is_missing ? NULL : row;
}

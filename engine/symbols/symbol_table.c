// ELF symbols of one module: the names as they come, an order by address and a hash by name, each made when first asked for.
#include <string.h>

#include "engine/symbols/private.h"

#define LONGEST_WALK 4096   // entries looked at behind the nearest one, for a symbol that encloses it
#define SCANS_MAX 16        // searches by address that cost less than the order does

struct symbol_table {
	VEC(struct symbol_entry) entries;
	uint32_t *by_address;      // indices of those with an address, sorted; NULL until needed
	uint64_t *furthest_end;    // of by_address[0..i]
	size_t address_count;
	unsigned scans;            // searches by address that did without the order
	uint32_t *buckets, *next;  // by name: index + 1 of a chain's first and next entry, 0: its end
	size_t bucket_count;       // a power of two
};

void symbol_table_destroy(struct symbol_table *table)
{
	if (!table)
		return;
	vec_deinit(&table->entries);
	free(table->by_address);
	free(table->furthest_end);
	free(table->buckets);
	free(table->next);
	free(table);
}

static bool is_wanted(const GElf_Sym *symbol, const char *name)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);
	if (!name || !*name || str_starts(name, ".L") || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
		return false;
	return type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC || type == STT_TLS || type == STT_GNU_IFUNC ||
	       type == STT_COMMON;
}

// "memcpy@@GLIBC_2.14" in .symtab is "memcpy".
static const char *without_version(struct module *module, const char *name)
{
	const char *at = strchr(name, '@');
	return at && at != name ? arena_strndup(module->symbols->arena, name, (size_t)(at - name)) : name;
}

static void add_symbol(struct module *module, struct symbol_table *table, const GElf_Sym *symbol, const char *name)
{
	if (!is_wanted(symbol, name) || table->entries.count >= UINT32_MAX - 1)
		return;
	*vec_push(&table->entries) = (struct symbol_entry){
		.name = without_version(module, name),
		.value = symbol->st_value,
		.size = symbol->st_size,
		.section = symbol->st_shndx,
		.type = (uint8_t)GELF_ST_TYPE(symbol->st_info),
		.binding = (uint8_t)GELF_ST_BIND(symbol->st_info),
	};
}

// The section of symbols (SHT_SYMTAB, SHT_DYNSYM); false if the file has none.
static bool read_section(struct module *module, struct symbol_table *table, Elf *elf, uint32_t type)
{
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header) || header.sh_type != type || !header.sh_entsize)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		size_t count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
		for (size_t i = 1; i < count && i < INT32_MAX; i++) {
			GElf_Sym symbol;
			if (gelf_getsym(data, (int)i, &symbol))
				add_symbol(module, table, &symbol, elf_strptr(elf, header.sh_link, symbol.st_name));
		}
		if (count > 1)
			return true;
	}
	return false;
}

struct dynamic {
	uint64_t symbols, strings, strings_size, gnu_hash, hash;
};

static void read_dynamic(struct module *module, struct dynamic *dynamic)
{
	struct link_address at = module->symbols->dynamic;
	Elf64_Dyn entry;
	for (int i = 0; i < 1024; i++, at.value += sizeof(entry)) {
		if (module_file_bytes(module, at, &entry, sizeof(entry)) < sizeof(entry) || entry.d_tag == DT_NULL)
			return;
		switch (entry.d_tag) {
		case DT_SYMTAB: dynamic->symbols = entry.d_un.d_ptr; break;
		case DT_STRTAB: dynamic->strings = entry.d_un.d_ptr; break;
		case DT_STRSZ: dynamic->strings_size = entry.d_un.d_val; break;
		case DT_GNU_HASH: dynamic->gnu_hash = entry.d_un.d_ptr; break;
		case DT_HASH: dynamic->hash = entry.d_un.d_ptr; break;
		default: break;
		}
	}
}

static uint32_t file_u32(struct module *module, uint64_t address)
{
	uint32_t value = 0;
	if (module_file_bytes(module, (struct link_address){ address }, &value, sizeof(value)) < sizeof(value))
		return 0;
	return value;
}

// The dynamic section does not say how many symbols there are: DT_HASH does, and DT_GNU_HASH by its longest chain.
static uint64_t dynamic_count(struct module *module, const struct dynamic *dynamic)
{
	if (dynamic->hash)
		return file_u32(module, dynamic->hash + 4);
	if (!dynamic->gnu_hash)
		return 0;
	uint32_t buckets = file_u32(module, dynamic->gnu_hash), first = file_u32(module, dynamic->gnu_hash + 4);
	uint32_t bloom = file_u32(module, dynamic->gnu_hash + 8);
	uint64_t bucket_at = dynamic->gnu_hash + 16 + (uint64_t)bloom * 8, chain_at = bucket_at + (uint64_t)buckets * 4;
	uint32_t last = 0;
	size_t file_size = 0;
	elf_rawfile(module->symbols->elf, &file_size);
	for (uint32_t i = 0; i < buckets && i < file_size / 4; i++) {
		uint32_t symbol = file_u32(module, bucket_at + (uint64_t)i * 4);
		last = symbol > last ? symbol : last;
	}
	if (last < first)
		return first;
	while (last - first < file_size / 4 && !(file_u32(module, chain_at + (uint64_t)(last - first) * 4) & 1))
		last++;
	return (uint64_t)last + 1;
}

// A file without section headers: what the dynamic linker would read.
static void read_dynamic_symbols(struct module *module, struct symbol_table *table)
{
	struct dynamic dynamic = { 0 };
	size_t file_size = 0;
	if (!module->symbols->has_dynamic || !elf_rawfile(module->symbols->elf, &file_size))
		return;
	read_dynamic(module, &dynamic);
	uint64_t count = dynamic.symbols && dynamic.strings ? dynamic_count(module, &dynamic) : 0;
	if (count > file_size / sizeof(Elf64_Sym) || dynamic.strings_size > file_size || !dynamic.strings_size)
		return;
	char *strings = arena_alloc(module->symbols->arena, dynamic.strings_size + 1);
	uint64_t length = module_file_bytes(module, (struct link_address){ dynamic.strings }, strings, dynamic.strings_size);
	for (uint64_t i = 1; i < count; i++) {
		Elf64_Sym symbol;
		struct link_address at = { dynamic.symbols + i * sizeof(symbol) };
		if (module_file_bytes(module, at, &symbol, sizeof(symbol)) < sizeof(symbol))
			return;
		if (symbol.st_name < length)
			add_symbol(module, table, &symbol, strings + symbol.st_name);
	}
}

static struct symbol_table *symbol_table(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->symbol_table)
		return symbols->symbol_table;
	struct symbol_table *table = symbols->symbol_table = xcalloc(1, sizeof(*table));
	if (read_section(module, table, symbols->elf, SHT_SYMTAB))
		return table;
	Elf *debug = module_debug_elf(module);
	if (debug && read_section(module, table, debug, SHT_SYMTAB))
		return table;
	// It has what is not in .dynsym.
	Elf *mini = module_minidebug_elf(module);
	if (mini)
		read_section(module, table, mini, SHT_SYMTAB);
	if (!read_section(module, table, symbols->elf, SHT_DYNSYM))
		read_dynamic_symbols(module, table);
	return table;
}

size_t symbol_table_entries(struct module *module, const struct symbol_entry **entries_ret)
{
	struct symbol_table *table = symbol_table(module);
	*entries_ret = table->entries.items;
	return table->entries.count;
}

// ---- by address --------------------------------------------------------------------------------------------------

// Which of several names for one address a user wants to read: functions, then data; global, then weak, then local; and
// rather "malloc" than "__libc_malloc".
static int rank(const struct symbol_entry *entry)
{
	int rank = entry->type == STT_FUNC || entry->type == STT_GNU_IFUNC ? 0 : entry->type == STT_OBJECT ? 16 : 32;
	rank += entry->size ? 0 : 8;
	rank += entry->binding == STB_GLOBAL ? 0 : entry->binding == STB_WEAK ? 1 : 2;
	return rank + (entry->name[0] == '_' ? 4 : 0);
}

static int compare_entries(const struct symbol_entry *left, const struct symbol_entry *right)
{
	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	int difference = rank(left) - rank(right);
	return difference ? difference : strcmp(left->name, right->name);
}

static int compare_by_address(const void *a, const void *b, void *data)
{
	const struct symbol_entry *entries = data;
	return compare_entries(&entries[*(const uint32_t *)a], &entries[*(const uint32_t *)b]);
}

static uint64_t entry_end(const struct symbol_entry *entry)
{
	uint64_t end = 0;
	return __builtin_add_overflow(entry->value, entry->size, &end) ? UINT64_MAX : end;
}

static void sort_by_address(struct symbol_table *table)
{
	if (table->by_address)
		return;
	table->by_address = xcalloc(table->entries.count + 1, sizeof(*table->by_address));
	for (size_t i = 0; i < table->entries.count; i++)
		if (table->entries.items[i].type != STT_TLS)
			table->by_address[table->address_count++] = (uint32_t)i;
	if (table->address_count)
		qsort_r(table->by_address, table->address_count, sizeof(*table->by_address), compare_by_address, table->entries.items);
	table->furthest_end = xcalloc(table->address_count + 1, sizeof(*table->furthest_end));
	uint64_t furthest = 0;
	for (size_t i = 0; i < table->address_count; i++) {
		uint64_t end = entry_end(&table->entries.items[table->by_address[i]]);
		furthest = table->furthest_end[i] = end > furthest ? end : furthest;
	}
}

static const struct symbol_entry *entry_at(const struct symbol_table *table, size_t place)
{
	return &table->entries.items[table->by_address[place]];
}

// The best of those that share the address of `place`.
static size_t first_alike(const struct symbol_table *table, size_t place)
{
	while (place && entry_at(table, place - 1)->value == entry_at(table, place)->value)
		place--;
	return place;
}

static const struct symbol_entry *covering(const struct symbol_table *table, size_t count, uint64_t address)
{
	size_t walked = 0;
	for (size_t i = count; i-- && table->furthest_end[i] > address && walked++ < LONGEST_WALK;) {
		if (entry_end(entry_at(table, i)) <= address)
			continue;
		for (size_t best = first_alike(table, i); best <= i; best++)
			if (entry_end(entry_at(table, best)) > address)
				return entry_at(table, best);
	}
	return NULL;
}

static uint64_t section_end(struct module *module, const struct symbol_entry *entry)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_getscn(module->symbols->elf, entry->section);
	return section && gelf_getshdr(section, &header) ? header.sh_addr + header.sh_size : 0;
}

// A label without a size (hand-written assembly) reaches to the next symbol or the end of its section. `first` and `last` of those
// that share its address.
static const struct symbol_entry *open_label(struct module *module, const struct symbol_entry *first, const struct symbol_entry *last,
					     uint64_t address)
{
	bool is_open = !last->size && !first->size;
	return is_open && address < section_end(module, first) ? first : NULL;
}

// What the order would find.
static const struct symbol_entry *scan_for(struct module *module, const struct symbol_table *table, uint64_t address)
{
	const struct symbol_entry *covering = NULL, *first = NULL, *last = NULL;
	for (size_t i = 0; i < table->entries.count; i++) {
		const struct symbol_entry *entry = &table->entries.items[i];
		if (entry->value > address || entry->type == STT_TLS)
			continue;
		if (entry_end(entry) > address && (!covering || entry->value > covering->value ||
						   (entry->value == covering->value && compare_entries(entry, covering) < 0)))
			covering = entry;
		if (!first || entry->value > first->value)
			first = last = entry;
		else if (entry->value == first->value && compare_entries(entry, first) < 0)
			first = entry;
		else if (entry->value == last->value && compare_entries(entry, last) > 0)
			last = entry;
	}
	return covering || !first ? covering : open_label(module, first, last, address);
}

const struct symbol_entry *symbol_table_at(struct module *module, struct link_address address)
{
	struct symbol_table *table = symbol_table(module);
	if (!table->by_address && table->scans++ < SCANS_MAX)
		return scan_for(module, table, address.value);
	sort_by_address(table);
	size_t low = 0, high = table->address_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (entry_at(table, middle)->value <= address.value)
			low = middle + 1;
		else
			high = middle;
	}
	const struct symbol_entry *entry = covering(table, low, address.value);
	if (entry || !low)
		return entry;
	return open_label(module, entry_at(table, first_alike(table, low - 1)), entry_at(table, low - 1), address.value);
}

// ---- by name -----------------------------------------------------------------------------------------------------

static void hash_names(struct symbol_table *table)
{
	if (table->buckets)
		return;
	table->bucket_count = 16;
	while (table->bucket_count < table->entries.count)
		table->bucket_count *= 2;
	table->buckets = xcalloc(table->bucket_count, sizeof(*table->buckets));
	table->next = xcalloc(table->entries.count + 1, sizeof(*table->next));
	// Backwards, so that a chain goes in the file's order.
	for (size_t i = table->entries.count; i--;) {
		uint32_t *bucket = &table->buckets[hash_string(table->entries.items[i].name) & (table->bucket_count - 1)];
		table->next[i] = *bucket;
		*bucket = (uint32_t)i + 1;
	}
}

void symbol_table_named(struct module *module, const char *name, symbol_visit_fn visit, void *data)
{
	struct symbol_table *table = symbol_table(module);
	hash_names(table);
	uint32_t first = table->buckets[hash_string(name) & (table->bucket_count - 1)];
	// Globals before locals: the first is what a linker would take.
	for (int local = 0; local < 2; local++)
		for (uint32_t i = first; i; i = table->next[i - 1]) {
			const struct symbol_entry *entry = &table->entries.items[i - 1];
			if ((entry->binding == STB_LOCAL) == local && str_equal(entry->name, name))
				visit(data, entry);
		}
}

// Which section holds an address: stepping asks at every stop whether it is in a PLT.
#include "engine/symbols/private.h"

struct section_range {
	uint64_t start, end;
	const char *name;   // in the mapped file
	bool is_plt;
};

struct section_table {
	VEC(struct section_range) ranges;   // sorted
};

void section_table_destroy(struct section_table *table)
{
	if (!table)
		return;
	vec_deinit(&table->ranges);
	free(table);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct section_range *left = a, *right = b;
	return left->start < right->start ? -1 : left->start > right->start;
}

static bool is_plt_name(const char *name)
{
	return str_equal(name, ".plt") || str_equal(name, ".plt.got") || str_equal(name, ".plt.sec") || str_equal(name, ".iplt");
}

static void add_section(struct section_table *table, Elf *elf, size_t names, Elf_Scn *section)
{
	GElf_Shdr header;
	uint64_t end = 0;
	if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) || !header.sh_size ||
	    __builtin_add_overflow(header.sh_addr, header.sh_size, &end))
		return;
	// .tbss takes no addresses of its own: it would hide what follows it.
	if (header.sh_type == SHT_NOBITS && (header.sh_flags & SHF_TLS))
		return;
	const char *name = elf_strptr(elf, names, header.sh_name);
	if (name)
		*vec_push(&table->ranges) = (struct section_range){ header.sh_addr, end, name, is_plt_name(name) };
}

static struct section_table *section_table(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->sections)
		return symbols->sections;
	struct section_table *table = symbols->sections = xcalloc(1, sizeof(*table));
	size_t names = 0;
	if (elf_getshdrstrndx(symbols->elf, &names) != 0)
		return table;
	for (Elf_Scn *section = elf_nextscn(symbols->elf, NULL); section; section = elf_nextscn(symbols->elf, section))
		add_section(table, symbols->elf, names, section);
	if (table->ranges.count)
		qsort(table->ranges.items, table->ranges.count, sizeof(*table->ranges.items), compare_ranges);
	return table;
}

static const struct section_range *section_at(struct module *module, uint64_t address)
{
	struct section_table *table = section_table(module);
	uint64_t link = module_link(module, address).value;
	size_t low = 0, high = table->ranges.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->ranges.items[middle].start <= link)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || link >= table->ranges.items[low - 1].end)
		return NULL;
	return &table->ranges.items[low - 1];
}

const char *module_section_name(struct module *module, uint64_t address)
{
	const struct section_range *range = section_at(module, address);
	return range ? range->name : NULL;
}

bool module_is_plt(struct module *module, uint64_t address)
{
	const struct section_range *range = section_at(module, address);
	return range && range->is_plt;
}

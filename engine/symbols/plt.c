// Which function a stub of the procedure linkage table stands for: the jump slot that it jumps through has a relocation, and that
// names a symbol (psABI, "Procedure Linkage Table").
#include <string.h>

#include "engine/symbols/private.h"

static Elf_Scn *section_named(Elf *elf, const char *name, GElf_Shdr *header_ret)
{
	size_t names;
	if (elf_getshdrstrndx(elf, &names) < 0)
		return NULL;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
		const char *found;
		if (gelf_getshdr(section, header_ret) && (found = elf_strptr(elf, names, header_ret->sh_name)) && strcmp(found, name) == 0)
			return section;
	}
	return NULL;
}

// The slot of `jmp *slot(%rip)`, with or without endbr64 and bnd before it; 0 if the stub does not look like that.
static uint64_t slot_of_stub(struct module *module, uint64_t address)
{
	static const char *const tables[] = { ".plt.sec", ".plt.got", ".plt" };
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		GElf_Shdr header;
		Elf_Scn *section = section_named(module->symbols->elf, tables[i], &header);
		uint64_t link = module_link(module, address).value;
		if (!section || link < header.sh_addr || link >= header.sh_addr + header.sh_size)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		size_t at = (size_t)(link - header.sh_addr);
		for (size_t end = at + 16; data && data->d_buf && at + 6 <= data->d_size && at < end; at++) {
			const uint8_t *code = (const uint8_t *)data->d_buf + at;
			int32_t displacement;
			if (code[0] != 0xff || code[1] != 0x25)
				continue;
			memcpy(&displacement, code + 2, sizeof(displacement));
			return header.sh_addr + at + 6 + (uint64_t)(int64_t)displacement;
		}
	}
	return 0;
}

static const char *relocation_symbol(struct module *module, const char *table, uint64_t slot)
{
	Elf *elf = module->symbols->elf;
	GElf_Shdr header;
	Elf_Scn *section = section_named(elf, table, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	Elf_Scn *symbols = section ? elf_getscn(elf, header.sh_link) : NULL;
	GElf_Shdr symbols_header;
	if (!data || !symbols || !gelf_getshdr(symbols, &symbols_header) || !header.sh_entsize)
		return NULL;
	Elf_Data *symbol_data = elf_getdata(symbols, NULL);
	for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
		GElf_Rela relocation;
		GElf_Sym symbol;
		if (gelf_getrela(data, (int)i, &relocation) && relocation.r_offset == slot && symbol_data &&
		    gelf_getsym(symbol_data, (int)GELF_R_SYM(relocation.r_info), &symbol))
			return elf_strptr(elf, symbols_header.sh_link, symbol.st_name);
	}
	return NULL;
}

const char *module_plt_name(struct module *module, uint64_t address)
{
	uint64_t slot = module->symbols->elf ? slot_of_stub(module, address) : 0;
	if (!slot)
		return NULL;
	const char *name = relocation_symbol(module, ".rela.plt", slot);
	return name ? name : relocation_symbol(module, ".rela.dyn", slot);
}

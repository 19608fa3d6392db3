// One file in memory of a program's debug information and that of its .dwo files or its .dwp.
#include <dwarf.h>
#include <limits.h>

#include "engine/symbols/split_private.h"

// What the merged file has: the sections that grow, and those of the program that stay as they are.
static const struct {
	const char *name;
	enum split_section section;            // SPLIT_SECTION_COUNT: just copied
} merged_sections[] = {
	{ ".debug_info", SPLIT_INFO },
	{ ".debug_types", SPLIT_TYPES },
	{ ".debug_abbrev", SPLIT_ABBREV },
	{ ".debug_str", SPLIT_STR },
	{ ".debug_str_offsets", SPLIT_STR_OFFSETS },
	{ ".debug_loc", SPLIT_LOC },
	{ ".debug_loclists", SPLIT_LOCLISTS },
	{ ".debug_rnglists", SPLIT_RNGLISTS },
	{ ".debug_line", SPLIT_SECTION_COUNT },
	{ ".debug_line_str", SPLIT_SECTION_COUNT },
	{ ".debug_addr", SPLIT_SECTION_COUNT },
	{ ".debug_ranges", SPLIT_SECTION_COUNT },
	{ ".debug_frame", SPLIT_SECTION_COUNT },
	{ ".gnu_debugaltlink", SPLIT_SECTION_COUNT },
};

struct split {
	struct module *module;
	VEC(struct skeleton) skeletons;
	struct split_merge merge;
	const char *missing;                   // a file that was not found
	size_t missing_count;
	struct map by_id;                      // dwo id -> skeleton
};

static const char *unit_string(Dwarf_Die *unit, unsigned name, unsigned gnu_name)
{
	Dwarf_Attribute attribute;
	const char *text = dwarf_formstring(dwarf_attr(unit, name, &attribute));
	return text ? text : dwarf_formstring(dwarf_attr(unit, gnu_name, &attribute));
}

static uint64_t unit_number(Dwarf_Die *unit, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number = 0;
	return dwarf_attr(unit, name, &attribute) && dwarf_formudata(&attribute, &number) == 0 ? number : 0;
}

static void add_skeleton(struct split *split, Dwarf_Die *die, unsigned version, uint64_t id)
{
	struct skeleton skeleton = { .die_offset = dwarf_dieoffset(die), .id = id, .version = version };
	Dwarf_Addr low_pc = 0;
	if (dwarf_lowpc(die, &low_pc) == 0)
		skeleton.low_pc = low_pc;
	skeleton.addr_base = unit_number(die, version >= 5 ? DW_AT_addr_base : DW_AT_GNU_addr_base);
	skeleton.ranges_base = unit_number(die, DW_AT_GNU_ranges_base);
	skeleton.name = unit_string(die, DW_AT_dwo_name, DW_AT_GNU_dwo_name);
	skeleton.comp_dir = unit_string(die, DW_AT_comp_dir, DW_AT_comp_dir);
	if (skeleton.name)
		*vec_push(&split->skeletons) = skeleton;
}

static void find_skeletons(struct split *split, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Half version = 0;
	Dwarf_Die die;
	uint8_t type = 0;
	while (dwarf_get_units(dwarf, cu, &cu, &version, &type, &die, NULL) == 0) {
		uint64_t id = 0;
		if (type == DW_UT_skeleton && dwarf_cu_info(cu, NULL, NULL, NULL, NULL, &id, NULL, NULL) == 0)
			add_skeleton(split, &die, version, id);
	}
}

// ---- Files -------------------------------------------------------------------------------------------------------

// Takes `path`.
static struct split_file *try_file(char *path)
{
	_cleanup_free_ char *owned = path;
	return split_file_open(owned);
}

// Where the compiler put it, in the debuggee's file system and in ours; else near the program, which may have been moved with it.
static struct split_file *find_dwo(struct module *module, const struct skeleton *skeleton)
{
	_cleanup_free_ char *root = module_root(module);
	const char *holder = module->symbols->debug_path ? module->symbols->debug_path : module->file_path;
	_cleanup_free_ char *folder = path_folder(holder ? holder : "/");
	bool is_relative = skeleton->name[0] != '/' && skeleton->comp_dir;
	const char *before = is_relative ? skeleton->comp_dir : "";
	const char *slash = is_relative ? "/" : "";
	struct split_file *file = *root ? try_file(xasprintf("%s%s%s%s", root, before, slash, skeleton->name)) : NULL;
	if (!file)
		file = try_file(xasprintf("%s%s%s", before, slash, skeleton->name));
	if (!file && skeleton->name[0] != '/')
		file = try_file(xasprintf("%s/%s", folder, skeleton->name));
	return file ? file : try_file(xasprintf("%s/%s", folder, str_base_name(skeleton->name)));
}

// Next to the program, whatever it is called; in its real folder if the name is a link.
static struct split_file *find_dwp(struct module *module)
{
	const char *holder = module->symbols->debug_path ? module->symbols->debug_path : module->file_path;
	char real[PATH_MAX];
	if (!holder)
		return NULL;
	struct split_file *file = try_file(xasprintf("%s.dwp", holder));
	if (!file && module->file_path)
		file = try_file(xasprintf("%s.dwp", module->file_path));
	return !file && realpath(holder, real) ? try_file(xasprintf("%s.dwp", real)) : file;
}

static void add_row(void *data, uint64_t id, const struct split_slice *slice)
{
	struct split *split = data;
	struct skeleton *skeleton = map_get(&split->by_id, id);
	if (skeleton)
		split_merge_units(&split->merge, slice, SPLIT_INFO, skeleton);
}

static void add_type_row(void *data, uint64_t id, const struct split_slice *slice)
{
	struct split *split = data;
	(void)id;
	split_merge_units(&split->merge, slice, SPLIT_TYPES, NULL);
	split_merge_units(&split->merge, slice, SPLIT_INFO, NULL);
}

static void merge_dwp(struct split *split)
{
	struct split_file *file = find_dwp(split->module);
	if (!file)
		return;
	vec_each(skeleton, &split->skeletons)
		map_set(&split->by_id, skeleton->id, skeleton);
	split_file_each_row(file, &file->tu_index, add_type_row, split);
	split_file_each_row(file, &file->cu_index, add_row, split);
	map_deinit(&split->by_id);
	map_deinit(&split->merge.placed);   // addresses in the file
	split_file_destroy(file);
}

static void merge_dwo_units(struct split *split, const struct split_file *file, enum split_section section, struct skeleton *skeleton)
{
	for (size_t i = 0; i < file->units[section].count; i++) {
		struct split_slice slice = file->all;
		slice.sections[section] = file->units[section].items[i];
		split_merge_units(&split->merge, &slice, section, skeleton);
	}
}

static void merge_dwo(struct split *split, struct skeleton *skeleton)
{
	struct split_file *file = find_dwo(split->module, skeleton);
	if (file) {
		merge_dwo_units(split, file, SPLIT_TYPES, NULL);
		merge_dwo_units(split, file, SPLIT_INFO, skeleton);
		map_deinit(&split->merge.placed);
	}
	if (!skeleton->unit_offset) {
		split->missing = skeleton->name;
		split->missing_count++;
	}
	split_file_destroy(file);
}

// ---- The merged file ---------------------------------------------------------------------------------------------

static void pad(struct str *image)
{
	static const char zeros[8];
	str_append(image, zeros, -image->length & 7);
}

static void add_section(struct str *image, struct str *headers, struct str *names, const char *name, uint32_t type, struct section_bytes bytes)
{
	Elf64_Shdr header = { .sh_name = (Elf64_Word)names->length, .sh_type = type, .sh_addralign = 1 };
	pad(image);
	header.sh_offset = image->length;
	header.sh_size = bytes.size;
	str_append(names, name, strlen(name) + 1);
	str_append(image, bytes.at, bytes.size);
	str_append(headers, &header, sizeof(header));
}

static void build_image(const struct split *split, Elf *elf, struct str *image)
{
	_cleanup_str_ struct str headers = STR_INIT;
	_cleanup_str_ struct str names = STR_INIT;
	Elf64_Ehdr file = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
			    .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_ehsize = sizeof(file), .e_shentsize = sizeof(Elf64_Shdr) };
	Elf64_Shdr none = { 0 };
	str_append(image, &file, sizeof(file));
	str_append(&headers, &none, sizeof(none));
	str_append(&names, "", 1);
	for (size_t i = 0; i < ARRAY_SIZE(merged_sections); i++) {
		enum split_section section = merged_sections[i].section;
		struct section_bytes bytes;
		if (section == SPLIT_SECTION_COUNT)
			bytes = elf_section_bytes(elf, merged_sections[i].name);
		else
			bytes = (struct section_bytes){ (const uint8_t *)split->merge.sections[section].data, split->merge.sections[section].length };
		if (bytes.size)
			add_section(image, &headers, &names, merged_sections[i].name, SHT_PROGBITS, bytes);
	}
	str_append(&names, ".shstrtab", sizeof(".shstrtab"));
	size_t names_size = names.length;
	names.length -= sizeof(".shstrtab");
	add_section(image, &headers, &names, ".shstrtab", SHT_STRTAB, (struct section_bytes){ (const uint8_t *)names.data, names_size });
	pad(image);
	file.e_shoff = image->length;
	file.e_shnum = (Elf64_Half)(headers.length / sizeof(Elf64_Shdr));
	file.e_shstrndx = (Elf64_Half)(file.e_shnum - 1);
	str_append(image, headers.data, headers.length);
	memcpy(image->data, &file, sizeof(file));
}

static void add_own_sections(struct split *split, Elf *elf)
{
	for (size_t i = 0; i < ARRAY_SIZE(merged_sections); i++) {
		struct section_bytes bytes = elf_section_bytes(elf, merged_sections[i].name);
		if (merged_sections[i].section != SPLIT_SECTION_COUNT && bytes.size)
			str_append(&split->merge.sections[merged_sections[i].section], bytes.at, bytes.size);
	}
}

static void replace_dwarf(struct split *split, Elf *elf)
{
	struct module_symbols *symbols = split->module->symbols;
	struct str image = STR_INIT;
	build_image(split, elf, &image);
	size_t size = image.length;
	symbols->merged_image = str_take(&image);
	symbols->merged_elf = elf_memory(symbols->merged_image, size);
	Dwarf *merged = symbols->merged_elf ? dwarf_begin_elf(symbols->merged_elf, DWARF_C_READ, NULL) : NULL;
	if (!merged)
		return;
	dwarf_end(symbols->dwarf);
	symbols->dwarf = merged;
	symbols->merged_size = elf_section_bytes(elf, ".debug_info").size;
	vec_each(skeleton, &split->skeletons)
		if (skeleton->unit_offset)
			map_set(&symbols->split_units, skeleton->die_offset + 1, (void *)(uintptr_t)skeleton->unit_offset);
}

static char *missing_words(const struct split *split)
{
	if (!split->missing_count)
		return NULL;
	return xasprintf("the split debug information of %zu of %zu units is missing, as %s: put it where the compiler left it or next to the "
			 "program", split->missing_count, split->skeletons.count, split->missing);
}

static void split_deinit(struct split *split)
{
	for (unsigned i = 0; i < SPLIT_SECTION_COUNT; i++)
		str_deinit(&split->merge.sections[i]);
	map_deinit(&split->merge.placed);
	map_deinit(&split->merge.type_units);
	vec_deinit(&split->skeletons);
}

char *split_dwarf_merge(struct module *module, Elf *elf)
{
	struct split split = { .module = module };
	find_skeletons(&split, module->symbols->dwarf);
	if (!split.skeletons.count)
		return NULL;
	add_own_sections(&split, elf);
	merge_dwp(&split);
	vec_each(skeleton, &split.skeletons)
		if (!skeleton->unit_offset)
			merge_dwo(&split, skeleton);
	char *words = missing_words(&split);
	if (split.missing_count < split.skeletons.count)
		replace_dwarf(&split, elf);
	split_deinit(&split);
	return words;
}

bool split_dwarf_unit(struct module *module, Dwarf_Die *skeleton, Dwarf_Die *unit_ret)
{
	uintptr_t offset = (uintptr_t)map_get(&module->symbols->split_units, dwarf_dieoffset(skeleton) + 1);
	return offset && dwarf_offdie(module->symbols->dwarf, offset, unit_ret);
}

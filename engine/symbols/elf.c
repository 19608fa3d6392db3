// Opening ELF files: mapped, so that a big one costs what is looked at.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/symbols/private.h"

#define PAGE_SIZE 4096u

struct error *error_libdw(const char *doing)
{
	const char *message = dwarf_errmsg(-1);
	return error_create(ERROR_FORMAT, "%s: %s", doing, message ? message : "unknown error");
}

static struct error *error_libelf(const char *doing)
{
	const char *message = elf_errmsg(-1);
	return error_create(ERROR_FORMAT, "%s: %s", doing, message ? message : "unknown error");
}

static struct error *open_file(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	symbols->fd = open(module->file_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (symbols->fd < 0)
		return error_system(errno, "cannot open the file");
	struct stat status;
	if (fstat(symbols->fd, &status) < 0)
		return error_system(errno, "cannot look at the file");
	if (!S_ISREG(status.st_mode))
		return error_create(ERROR_FORMAT, "not a regular file");
	symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	return symbols->elf ? NULL : error_libelf("cannot read the file");
}

static struct error *open_image(struct module *module, const struct module_spec *spec)
{
	struct module_symbols *symbols = module->symbols;
	// Behind the copy follow zeros: libelf trusts the last string of a memory image to end.
	symbols->image = xcalloc(1, spec->image_size + 16);
	memcpy(symbols->image, spec->image, spec->image_size);
	symbols->elf = elf_memory(symbols->image, spec->image_size);
	return symbols->elf ? NULL : error_libelf("cannot read the image");
}

static struct error *check_kind(Elf *elf)
{
	GElf_Ehdr header;
	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return error_create(ERROR_FORMAT, "not an ELF file");
	if (gelf_getclass(elf) != ELFCLASS64 || header.e_machine != EM_X86_64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
		return error_create(ERROR_UNSUPPORTED, "not an x86-64 ELF file");
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return error_create(ERROR_UNSUPPORTED, "neither a program nor a shared library");
	return NULL;
}

static char *read_interpreter(Elf *elf, const GElf_Phdr *segment)
{
	size_t size = 0;
	const char *file = elf_rawfile(elf, &size);
	if (!file || segment->p_offset >= size || segment->p_filesz > size - segment->p_offset || segment->p_filesz > PATH_MAX)
		return NULL;
	return xstrndup(file + segment->p_offset, segment->p_filesz);
}

struct extent {
	uint64_t low, high;
	bool is_loadable;
};

static void extent_add(struct extent *extent, const GElf_Phdr *segment)
{
	uint64_t low = segment->p_vaddr & ~(uint64_t)(PAGE_SIZE - 1), high = 0;
	if (__builtin_add_overflow(segment->p_vaddr, segment->p_memsz, &high))
		return;
	if (!extent->is_loadable || low < extent->low)
		extent->low = low;
	if (high > extent->high)
		extent->high = high;
	extent->is_loadable = true;
}

static struct error *read_segments(struct module *module, struct extent *extent)
{
	struct module_symbols *symbols = module->symbols;
	size_t count = 0;
	if (elf_getphdrnum(symbols->elf, &count) != 0)
		return error_libelf("cannot read the program headers");
	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Phdr segment;
		if (!gelf_getphdr(symbols->elf, (int)i, &segment))
			return error_libelf("cannot read the program headers");
		if (segment.p_type == PT_LOAD)
			extent_add(extent, &segment);
		else if (segment.p_type == PT_INTERP && !symbols->interpreter)
			symbols->interpreter = read_interpreter(symbols->elf, &segment);
		else if (segment.p_type == PT_DYNAMIC) {
			symbols->dynamic.value = segment.p_vaddr;
			symbols->has_dynamic = true;
		}
	}
	return extent->is_loadable ? NULL : error_create(ERROR_FORMAT, "nothing to load in it");
}

// ET_EXEC lives where it was linked; for all others the lowest segment is at spec->start.
static void place(struct module *module, const struct module_spec *spec, const struct extent *extent)
{
	GElf_Ehdr header;
	gelf_getehdr(module->symbols->elf, &header);
	module->bias = header.e_type == ET_EXEC ? 0 : spec->start - extent->low;
	module->start = extent->low + module->bias;
	uint64_t end = extent->high + module->bias;
	module->end = spec->end > module->start ? spec->end : (end + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

struct error *module_open_elf(struct module *module, const struct module_spec *spec)
{
	elf_version(EV_CURRENT);
	struct error *error = spec->image ? open_image(module, spec) : open_file(module);
	if (!error)
		error = check_kind(module->symbols->elf);
	struct extent extent = { 0 };
	if (!error)
		error = read_segments(module, &extent);
	if (!error)
		place(module, spec, &extent);
	return error;
}

void module_close_elf(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->dwarf)
		dwarf_end(symbols->dwarf);
	if (symbols->alt_dwarf)
		dwarf_end(symbols->alt_dwarf);
	elf_end(symbols->minidebug_elf);
	free(symbols->minidebug_image);
	elf_end(symbols->merged_elf);
	free(symbols->merged_image);
	map_deinit(&symbols->split_units);
	elf_end(symbols->alt_elf);
	elf_end(symbols->debug_elf);
	elf_end(symbols->elf);
	closep(&symbols->alt_fd);
	closep(&symbols->debug_fd);
	closep(&symbols->fd);
	free(symbols->image);
	free(symbols->debug_missing);
	free(symbols->debug_status);
	free(symbols->debug_path);
	free(symbols->build_id);
	free(symbols->interpreter);
}

static bool is_section_named(const char *name, const char *wanted)
{
	if (!name)
		return false;
	if (str_equal(name, wanted))
		return true;
	// .zdebug_line is how old binutils wrote a compressed .debug_line.
	return str_starts(wanted, ".debug_") && str_starts(name, ".zdebug_") && str_equal(name + 2, wanted + 1);
}

// The next section of that name behind `after` (NULL: the first).
static Elf_Scn *next_section(Elf *elf, const char *wanted, Elf_Scn *after)
{
	size_t names = 0;
	if (!elf || elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	for (Elf_Scn *section = elf_nextscn(elf, after); section; section = elf_nextscn(elf, section)) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type != SHT_NOBITS &&
		    is_section_named(elf_strptr(elf, names, header.sh_name), wanted))
			return section;
	}
	return NULL;
}

static Elf_Scn *find_section(Elf *elf, const char *wanted)
{
	return next_section(elf, wanted, NULL);
}

size_t module_file_bytes(struct module *module, struct link_address address, void *bytes, size_t size)
{
	Elf *elf = module->symbols->elf;
	size_t count = 0, file_size = 0;
	const char *file = elf_rawfile(elf, &file_size);
	if (!file || elf_getphdrnum(elf, &count) != 0)
		return 0;
	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Phdr segment;
		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD || address.value < segment.p_vaddr ||
		    address.value - segment.p_vaddr >= segment.p_filesz)
			continue;
		uint64_t into = address.value - segment.p_vaddr, rest = segment.p_filesz - into;
		if (segment.p_offset > file_size || into >= file_size - segment.p_offset)
			return 0;
		if (rest > file_size - segment.p_offset - into)
			rest = file_size - segment.p_offset - into;
		size_t length = rest < size ? (size_t)rest : size;
		memcpy(bytes, file + segment.p_offset + into, length);
		return length;
	}
	return 0;
}

bool module_is_code(struct module *module, struct link_address address)
{
	size_t count = 0;
	if (address.value == 0 || address.value >= UINT64_MAX - 1 || elf_getphdrnum(module->symbols->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Phdr segment;
		if (gelf_getphdr(module->symbols->elf, (int)i, &segment) && segment.p_type == PT_LOAD && (segment.p_flags & PF_X) &&
		    address.value >= segment.p_vaddr && address.value - segment.p_vaddr < segment.p_memsz)
			return true;
	}
	return false;
}

static bool has_dwarf(Elf *elf)
{
	return find_section(elf, ".debug_info") != NULL;
}

// Asked at every stop: remembered.
static bool has_own_dwarf(struct module_symbols *symbols)
{
	if (!symbols->is_own_dwarf_known)
		symbols->has_own_dwarf = has_dwarf(symbols->elf);
	symbols->is_own_dwarf_known = true;
	return symbols->has_own_dwarf;
}

Elf *module_debug_elf(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!symbols->is_debug_file_sought) {
		symbols->is_debug_file_sought = true;
		if (!has_dwarf(symbols->elf) && module->file_path)
			debug_file_find(module, &symbols->debug_fd, &symbols->debug_path, &symbols->debug_elf);
	}
	return symbols->debug_elf;
}

// Decompressed; libdw finds it so when it comes.
static struct section_bytes section_bytes(Elf *elf, Elf_Scn *section)
{
	struct section_bytes none = { 0 };
	size_t names = 0;
	GElf_Shdr header;
	if (!section || !gelf_getshdr(section, &header) || elf_getshdrstrndx(elf, &names) != 0)
		return none;
	const char *real_name = elf_strptr(elf, names, header.sh_name);
	if ((header.sh_flags & SHF_COMPRESSED) && elf_compress(section, 0, 0) < 0)
		return none;
	// 0: a .zdebug section that libdw has decompressed meanwhile, or that never was compressed.
	if (real_name && str_starts(real_name, ".zdebug") && elf_compress_gnu(section, 0, 0) < 0 && elf_errno() == 0)
		return none;
	Elf_Data *data = elf_getdata(section, NULL);
	if (!data || !data->d_buf)
		return none;
	return (struct section_bytes){ data->d_buf, data->d_size };
}

struct section_bytes elf_section_bytes(Elf *elf, const char *name)
{
	return section_bytes(elf, find_section(elf, name));
}

void elf_each_section(Elf *elf, const char *name, void (*visit)(void *data, struct section_bytes bytes), void *data)
{
	for (Elf_Scn *section = next_section(elf, name, NULL); section; section = next_section(elf, name, section))
		visit(data, section_bytes(elf, section));
}

const uint8_t *module_debug_section(struct module *module, enum debug_section section, size_t *size_ret)
{
	static const char *const names[DEBUG_SECTION_COUNT] = { ".debug_line", ".debug_line_str", ".debug_str" };
	struct module_symbols *symbols = module->symbols;
	if (!symbols->debug_sections[section].is_read && !module_debug_info_waits(module)) {
		symbols->debug_sections[section].is_read = true;
		Elf *elf = has_dwarf(symbols->elf) ? symbols->elf : module_debug_elf(module);
		if (elf)
			symbols->debug_sections[section].bytes = elf_section_bytes(elf, names[section]);
	}
	*size_ret = symbols->debug_sections[section].bytes.size;
	return symbols->debug_sections[section].bytes.at;
}

static void set_status(struct module_symbols *symbols, char *status)
{
	free(symbols->debug_status);
	symbols->debug_status = status;
}

// With `elf`'s debug sections if it has any.
static void begin_dwarf(struct module *module, Elf *elf, const char *where)
{
	struct module_symbols *symbols = module->symbols;
	if (!has_dwarf(elf))
		return;
	symbols->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (symbols->dwarf) {
		set_status(symbols, xstrdup(where));
		symbols->debug_missing = split_dwarf_merge(module, elf);
		return;
	}
	struct error *error = error_libdw("cannot read the debug information");
	set_status(symbols, xstrdup(error->message));
	error_destroy(error);
}

// Reading libc's separate debug file costs more time and memory than everything else in a session: it waits until it is wanted.
bool module_debug_info_waits(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	return module->is_system && !symbols->is_debug_info_wanted && !symbols->is_dwarf_read && !has_own_dwarf(symbols) &&
	       module_debug_elf(module);
}

bool module_want_debug_info(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (!module_debug_info_waits(module))
		return false;
	symbols->is_debug_info_wanted = true;
	// What was remembered without it: nothing of it was handed out.
	line_cache_destroy(TAKE(symbols->line_cache));
	function_cache_destroy(TAKE(symbols->function_cache));
	return true;
}

Dwarf *module_dwarf(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->is_dwarf_read || module_debug_info_waits(module))
		return symbols->dwarf;
	symbols->is_dwarf_read = true;
	set_status(symbols, xstrdup("no debug information in the file, and no separate debug file for it"));
	begin_dwarf(module, symbols->elf, "in the file");
	if (!symbols->dwarf && module_debug_elf(module))
		begin_dwarf(module, symbols->debug_elf, symbols->debug_path);
	if (symbols->dwarf)
		debug_file_find_alt(module);
	return symbols->dwarf;
}

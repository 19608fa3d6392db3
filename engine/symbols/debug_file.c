// Separate debug files: by build-id, by .gnu_debuglink (gdb manual, "Debugging Information in Separate Files"), and the dwz
// file of .gnu_debugaltlink. A file is taken only if its build-id or checksum proves that it belongs to the module.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/symbols/private.h"

#define DEBUG_FOLDER "/usr/lib/debug"

char *elf_build_id(Elf *elf)
{
	const void *bytes = NULL;
	ssize_t size = dwelf_elf_gnu_build_id(elf, &bytes);
	if (size <= 0 || size > 64)
		return NULL;
	struct str text = STR_INIT;
	for (ssize_t i = 0; i < size; i++)
		str_printf(&text, "%02x", ((const uint8_t *)bytes)[i]);
	return str_take(&text);
}

void elf_open(const char *path, int *fd_ret, Elf **elf_ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0)
		return;
	Elf *elf = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL) : NULL;
	if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64) {
		elf_end(elf);
		close(fd);
		return;
	}
	*fd_ret = fd;
	*elf_ret = elf;
}

// The CRC-32 of IEEE 802.3, as .gnu_debuglink wants it.
static uint32_t file_crc(Elf *elf)
{
	static uint32_t table[256];
	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		uint32_t value = i;
		for (int bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
		table[i] = value;
	}
	size_t size = 0;
	const unsigned char *bytes = (const unsigned char *)elf_rawfile(elf, &size);
	uint32_t crc = 0xffffffffu;
	for (size_t i = 0; bytes && i < size; i++)
		crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

struct search {
	const char *build_id;   // NULL: the module has none
	const char *link;       // NULL: no .gnu_debuglink
	uint32_t crc;
	const char *root;       // "/proc/PID/root" or ""
	dev_t device;           // of the module's own file
	ino_t inode;
	int fd;
	Elf *elf;
	char *path;
};

// A build-id on both sides settles it, and saves reading the whole file for its checksum.
static bool belongs(const struct search *search, Elf *elf, bool is_linked)
{
	_cleanup_free_ char *build_id = elf_build_id(elf);
	if (search->build_id && build_id)
		return str_equal(search->build_id, build_id);
	return is_linked && file_crc(elf) == search->crc;
}

// Takes `path`.
static bool try_path(struct search *search, char *path, bool is_linked)
{
	_cleanup_free_ char *owned = path;
	int fd = -1;
	Elf *elf = NULL;
	elf_open(owned, &fd, &elf);
	if (!elf)
		return false;
	struct stat status;
	bool is_self = fstat(fd, &status) == 0 && status.st_dev == search->device && status.st_ino == search->inode;
	if (is_self || !belongs(search, elf, is_linked)) {
		elf_end(elf);
		close(fd);
		return false;
	}
	search->fd = fd;
	search->elf = elf;
	search->path = TAKE(owned);
	return true;
}

static bool try_build_id(struct search *search, const char *root)
{
	if (!search->build_id || strlen(search->build_id) < 4)
		return false;
	const char *id = search->build_id;
	return try_path(search, xasprintf("%s" DEBUG_FOLDER "/.build-id/%.2s/%s.debug", root, id, id + 2), false);
}

// `folder` is where the module's file is; a link must be a bare file name.
static bool try_link(struct search *search, const char *root, const char *folder)
{
	if (!search->link || !*search->link || strchr(search->link, '/'))
		return false;
	return try_path(search, xasprintf("%s%s/%s", root, folder, search->link), true) ||
	       try_path(search, xasprintf("%s%s/.debug/%s", root, folder, search->link), true) ||
	       try_path(search, xasprintf("%s" DEBUG_FOLDER "%s/%s", root, folder, search->link), true);
}

char *module_root(const struct module *module)
{
	if (str_starts(module->file_path, "/proc/") && str_ends(module->file_path, module->path))
		return xstrndup(module->file_path, strlen(module->file_path) - strlen(module->path));
	return xstrdup("");
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

// In the debuggee's file system and in ours; next to the name it was started by and next to the real file.
static bool search_all(struct search *search, const struct module *module)
{
	if ((*search->root && try_build_id(search, search->root)) || try_build_id(search, ""))
		return true;
	_cleanup_free_ char *folder = path_folder(module->path);
	if (*search->root && try_link(search, search->root, folder))
		return true;
	char real[PATH_MAX];
	_cleanup_free_ char *real_folder = path_folder(realpath(module->file_path, real) ? real : module->path);
	return try_link(search, "", real_folder) || try_link(search, "", folder);
}

bool debug_file_find(struct module *module, int *fd_ret, char **path_ret, Elf **elf_ret)
{
	GElf_Word crc = 0;
	_cleanup_free_ char *root = module_root(module);
	struct search search = { .build_id = module_build_id(module), .root = root };
	search.link = dwelf_elf_gnu_debuglink(module->symbols->elf, &crc);
	search.crc = crc;
	struct stat status;
	if (fstat(module->symbols->fd, &status) == 0) {
		search.device = status.st_dev;
		search.inode = status.st_ino;
	}
	if (!search_all(&search, module))
		return false;
	*fd_ret = search.fd;
	*path_ret = search.path;
	*elf_ret = search.elf;
	return true;
}

static bool try_alt(struct module_symbols *symbols, char *path, const char *build_id)
{
	_cleanup_free_ char *owned = path;
	int fd = -1;
	Elf *elf = NULL;
	elf_open(owned, &fd, &elf);
	_cleanup_free_ char *found = elf ? elf_build_id(elf) : NULL;
	Dwarf *dwarf = found && str_equal(found, build_id) ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
	if (!dwarf) {
		elf_end(elf);
		closep(&fd);
		return false;
	}
	symbols->alt_fd = fd;
	symbols->alt_elf = elf;
	symbols->alt_dwarf = dwarf;
	dwarf_setalt(symbols->dwarf, dwarf);
	return true;
}

void debug_file_find_alt(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	const char *name = NULL;
	const void *id = NULL;
	ssize_t size = dwelf_dwarf_gnu_debugaltlink(symbols->dwarf, &name, &id);
	if (size <= 1 || size > 64)
		return;
	struct str hex = STR_INIT;
	for (ssize_t i = 0; i < size; i++)
		str_printf(&hex, "%02x", ((const uint8_t *)id)[i]);
	_cleanup_free_ char *build_id = str_take(&hex);
	char real[PATH_MAX];
	const char *holder = symbols->debug_path ? symbols->debug_path : module->file_path;
	_cleanup_free_ char *folder = path_folder(holder && realpath(holder, real) ? real : "/");
	if (try_alt(symbols, *name == '/' ? xstrdup(name) : xasprintf("%s/%s", folder, name), build_id))
		return;
	try_alt(symbols, xasprintf(DEBUG_FOLDER "/.build-id/%.2s/%s.debug", build_id, build_id + 2), build_id);
}

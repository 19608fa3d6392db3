#include "engine/run/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"
#include "base/vec.h"

extern char **environ;

// ---- what can be said before execve fails with a bare errno -----------------------------------------------------------

static struct error *check_interpreter(const char *program, int fd, const Elf64_Ehdr *header)
{
	for (unsigned i = 0; i < header->e_phnum && i < 256; i++) {
		Elf64_Phdr segment;
		char path[4096];
		if (pread(fd, &segment, sizeof(segment), (off_t)(header->e_phoff + i * sizeof(segment))) != sizeof(segment))
			return NULL;
		if (segment.p_type != PT_INTERP || segment.p_filesz >= sizeof(path))
			continue;
		ssize_t length = pread(fd, path, segment.p_filesz, (off_t)segment.p_offset);
		if (length <= 0)
			return NULL;
		path[length] = '\0';
		if (access(path, F_OK) < 0)
			return error_create(ERROR_NOT_FOUND,
					    "%s needs the interpreter %s, which does not exist here; install it, or build the program for this system",
					    program, path);
	}
	return NULL;
}

// The kernel starts the interpreter that the first line names: execve (2).
static struct error *check_script(const char *program, int fd)
{
	char line[256];
	ssize_t length = pread(fd, line, sizeof(line) - 1, 2);
	line[length > 0 ? length : 0] = '\0';
	char *interpreter = line + strspn(line, " \t");
	interpreter[strcspn(interpreter, " \t\n")] = '\0';
	if (*interpreter && access(interpreter, F_OK) < 0)
		return error_create(ERROR_NOT_FOUND, "the script %s needs the interpreter %s, which does not exist", program, interpreter);
	return NULL;
}

static struct error *check_elf(const char *program, int fd)
{
	Elf64_Ehdr header;
	ssize_t length = pread(fd, &header, sizeof(header), 0);
	if (length >= 2 && header.e_ident[0] == '#' && header.e_ident[1] == '!')
		return check_script(program, fd);
	if (length < (ssize_t)sizeof(header) || __builtin_memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return error_create(ERROR_INVALID, "%s is not an executable: neither an ELF file nor a script that begins with #!", program);
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
		return error_create(ERROR_UNSUPPORTED, "%s is for another architecture (ELF machine %u); ptdap debugs 64-bit x86-64 programs",
				    program, header.e_machine);
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return error_create(ERROR_INVALID, "%s is not an executable but %s", program,
				    header.e_type == ET_REL ? "an object file; link it first"
				    : header.e_type == ET_CORE ? "a core file" : "another kind of ELF file");
	return check_interpreter(program, fd, &header);
}

static struct error *check_program(const char *program)
{
	struct stat status;
	if (stat(program, &status) < 0)
		return errno == ENOENT ? error_create(ERROR_NOT_FOUND, "the program %s does not exist", program)
				       : error_system(errno, "looking for the program %s", program);
	if (S_ISDIR(status.st_mode))
		return error_create(ERROR_INVALID, "the program %s is a directory", program);
	if (!S_ISREG(status.st_mode))
		return error_create(ERROR_INVALID, "the program %s is not a regular file", program);
	if (!(status.st_mode & 0111) || access(program, X_OK) < 0)
		return error_create(ERROR_PERMISSION, "the program %s may not be executed; chmod +x makes it executable", program);
	_cleanup_close_ int fd = open(program, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : check_elf(program, fd);   // executable but unreadable: execve will tell
}

static struct error *check_cwd(const char *cwd)
{
	struct stat status;
	if (!cwd)
		return NULL;
	if (!*cwd)
		return error_create(ERROR_INVALID, "the working directory is empty; name one, or leave cwd out");
	if (stat(cwd, &status) < 0)
		return error_system(errno, "the working directory %s", cwd);
	if (!S_ISDIR(status.st_mode))
		return error_create(ERROR_INVALID, "the working directory %s is not a directory", cwd);
	return NULL;
}

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static char *search_path(const char *name)
{
	const char *search = getenv("PATH");
	for (const char *at = search ? search : "/usr/local/bin:/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		char *path = length ? xasprintf("%.*s/%s", (int)length, at, name) : xstrdup(name);
		if (is_file(path) && access(path, X_OK) == 0)
			return path;
		free(path);
		at += length + (at[length] == ':');
	}
	return NULL;
}

static char *resolve(const char *path, const char *cwd)
{
	char *resolved = path[0] == '/' || !cwd ? xstrdup(path) : xasprintf("%s/%s", cwd, path);
	if (path[0] != '/' && cwd && access(resolved, F_OK) < 0 && access(path, F_OK) == 0) {
		free(resolved);
		resolved = realpath(path, NULL);
	}
	return resolved;
}

// As execvp (3) does, but "a.out" is that of the working directory if one is named: editors have such configurations.
static struct error *find_program(const char *name, const char *cwd, char **path_ret)
{
	if (!name || !*name)
		return error_create(ERROR_INVALID, "no program is named");
	if (strchr(name, '/')) {
		*path_ret = resolve(name, cwd);
		return NULL;
	}
	_cleanup_free_ char *here = cwd ? xasprintf("%s/%s", cwd, name) : NULL;
	bool is_here = here && is_file(here);
	char *path = is_here && access(here, X_OK) == 0 ? NULL : search_path(name);
	if (!path && !is_here)
		return error_create(ERROR_NOT_FOUND, "the program %s is not in %s%sPATH; give its full path", name, cwd ? cwd : "", cwd ? " and not in " : "");
	*path_ret = path ? path : xstrdup(here);
	return NULL;
}

struct error *program_find(const struct launch_spec *spec, char **program_ret)
{
	char *program = NULL;
	struct error *error = check_cwd(spec->cwd);
	if (!error)
		error = find_program(spec->program, spec->cwd, &program);
	if (!error)
		error = check_program(program);
	if (error)
		free(program);
	else
		*program_ret = program;
	return error;
}

struct error *debugger_check_launch(const struct launch_spec *spec)
{
	_cleanup_free_ char *program = NULL;
	return program_find(spec, &program);
}

// ---- environment ------------------------------------------------------------------------------------------------------

struct environment {
	VEC(char *) entries;
};

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

static void environment_unset(struct environment *environment, const char *name, size_t length)
{
	for (size_t i = environment->entries.count; i-- > 0;) {
		const char *entry = environment->entries.items[i];
		if (name_length(entry) == length && strncmp(entry, name, length) == 0)
			vec_remove(&environment->entries, i);
	}
}

char **program_environment(const char *const *changes)
{
	struct environment environment = { VEC_INIT };
	for (char **entry = environ; *entry; entry++)
		*vec_push(&environment.entries) = *entry;
	for (; changes && *changes; changes++) {
		environment_unset(&environment, *changes, name_length(*changes));
		if (strchr(*changes, '='))
			*vec_push(&environment.entries) = (char *)*changes;
	}
	*vec_push(&environment.entries) = NULL;
	return environment.entries.items;
}

char **program_argv(const char *program, const char *const *arguments)
{
	VEC(char *) argv = VEC_INIT;
	*vec_push(&argv) = (char *)program;
	for (; arguments && *arguments; arguments++)
		*vec_push(&argv) = (char *)*arguments;
	*vec_push(&argv) = NULL;
	return argv.items;
}

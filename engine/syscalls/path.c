// The paths that a call is about, and patterns for them.
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/syscalls/decode.h"

// What the link of /proc says; false if there is none.
static bool follow(pid_t tid, const char *name, char path[static PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof(link), "/proc/%d/%s", tid, name);
	ssize_t length = tid ? readlink(link, path, PATH_MAX - 1) : -1;
	path[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool follow_fd(pid_t tid, int fd, char path[static PATH_MAX])
{
	char name[32];
	snprintf(name, sizeof(name), fd == AT_FDCWD ? "cwd" : "fd/%d", fd);
	return follow(tid, name, path);
}

// "/a/./b//../c" becomes "/a/c": by its letters, symbolic links stay.
static void add_normal(struct str *paths, const char *path)
{
	size_t start = paths->length;
	for (const char *at = path; *at;) {
		at += strspn(at, "/");
		size_t length = strcspn(at, "/");
		bool is_here = length == 0 || (length == 1 && at[0] == '.');
		if (length == 2 && at[0] == '.' && at[1] == '.') {
			while (paths->length > start && paths->data[--paths->length] != '/')
				;
		} else if (!is_here) {
			str_char(paths, '/');
			str_append(paths, at, length);
		}
		at += length;
	}
	if (paths->length == start)
		str_char(paths, '/');
	str_append(paths, "", 1);
}

// Strings are read up to the end of what is mapped.
static bool read_path(const struct syscall_context *context, uint64_t address, char path[static PATH_MAX])
{
	size_t length = context->memory ? memory_read_some(context->memory, address, path, PATH_MAX - 1) : 0;
	path[length] = '\0';
	return memchr(path, '\0', length);
}

static void add_path(const struct syscall_context *context, int directory, uint64_t address, struct str *paths)
{
	char path[PATH_MAX], base[PATH_MAX];
	if (!address || !read_path(context, address, path))
		return;
	_cleanup_str_ struct str whole = STR_INIT;
	if (path[0] != '/') {
		if (!follow_fd(context->tid, directory, base))
			return;
		str_add(&whole, base);
		str_char(&whole, '/');
	}
	str_add(&whole, path);
	add_normal(paths, str_text(&whole));
}

static void add_fd(const struct syscall_context *context, int fd, struct str *paths)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];
	if (fd < 0 || !follow_fd(context->tid, fd, path))
		return;
	if (str_ends(path, deleted))
		path[strlen(path) - strlen(deleted)] = '\0';
	str_append(paths, path, strlen(path) + 1);
}

void syscall_paths(const struct syscall_event *event, const struct syscall_context *context, struct str *paths)
{
	struct signature signature;
	int directory = AT_FDCWD;
	syscall_signature(event, &signature);
	for (unsigned i = 0; i < signature.count; i++) {
		uint64_t value = event->abi == SYSCALL_ABI_I386 ? (uint32_t)event->arguments[i] : event->arguments[i];
		switch ((enum kind_id)signature.arguments[i]->kind) {
		case KIND_dirfd: directory = (int)value; break;
		case KIND_fd: add_fd(context, (int)value, paths); break;
		case KIND_path:
			if (signature.arguments[i]->direction == DIRECTION_IN)
				add_path(context, directory, value, paths);
			directory = AT_FDCWD;
			break;
		default: break;
		}
	}
}

// ---- patterns -------------------------------------------------------------------------------------------------------------

// One past "[...]"; NULL if it is not closed, and then the bracket stands for itself.
static const char *match_class(const char *pattern, char character, bool *is_match_ret)
{
	const char *at = pattern + 1;
	bool is_negated = *at == '!' || *at == '^', is_in = false;
	at += is_negated;
	for (bool is_first = true; *at && (*at != ']' || is_first); is_first = false) {
		bool is_range = at[1] == '-' && at[2] && at[2] != ']';
		char last = is_range ? at[2] : at[0];
		is_in |= character >= at[0] && character <= last;
		at += is_range ? 3 : 1;
	}
	if (!*at)
		return NULL;
	*is_match_ret = character != '/' && is_in != is_negated;
	return at + 1;
}

// One past what stands for one character of the path; NULL: it does not match.
static const char *match_one(const char *pattern, char character)
{
	bool is_match;
	const char *end = *pattern == '[' ? match_class(pattern, character, &is_match) : NULL;
	if (end)
		return is_match ? end : NULL;
	if (*pattern == '?')
		return character != '/' ? pattern + 1 : NULL;
	if (*pattern == '\\' && pattern[1])
		pattern++;
	return *pattern && *pattern == character ? pattern + 1 : NULL;
}

// Where to try again: the last star of each kind that was passed, and how much of the path it had taken.
struct star {
	const char *behind, *path;
};

static bool retry(struct star *star, bool crosses, const char **pattern, const char **path)
{
	if (!star->behind || !*star->path || (!crosses && *star->path == '/'))
		return false;
	star->path++;
	*pattern = star->behind;
	*path = star->path;
	return true;
}

static bool glob(const char *pattern, const char *path)
{
	struct star one = { NULL, NULL }, many = { NULL, NULL };
	while (*path || *pattern) {
		if (pattern[0] == '*') {
			bool crosses = pattern[1] == '*';
			pattern += strspn(pattern, "*");
			bool is_whole_part = crosses && *pattern == '/';   // "**/x" is "x", too
			if (crosses) {
				many = (struct star){ pattern, path };
				one.behind = NULL;
				if (is_whole_part && glob(pattern + 1, path))
					return true;
			} else {
				one = (struct star){ pattern, path };
			}
			continue;
		}
		const char *next = *path ? match_one(pattern, *path) : NULL;
		if (next) {
			pattern = next;
			path++;
			continue;
		}
		if (!retry(&one, false, &pattern, &path)) {
			one.behind = NULL;
			if (!retry(&many, true, &pattern, &path))
				return false;
		}
	}
	return true;
}

bool syscall_path_matches(const char *pattern, const char *path)
{
	if (glob(pattern, path))
		return true;
	if (pattern[0] == '/' || path[0] != '/')
		return false;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (glob(pattern, slash + 1))
			return true;
	return false;
}

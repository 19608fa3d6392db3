#include "adapter/paths.h"

#include <ctype.h>

#include "base/str.h"

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower(c) - 'a' + 10 : -1;
}

// RFC 8089: file:///path or file://localhost/path, percent-encoded.
static const char *decode_uri(struct arena *arena, const char *uri)
{
	const char *in = uri + strlen("file://");
	if (str_starts(in, "localhost/"))
		in += strlen("localhost");
	char *path = arena_alloc(arena, strlen(in) + 1), *out = path;
	for (; *in; in++) {
		int high = *in == '%' ? hex_digit(in[1]) : -1, low = high >= 0 ? hex_digit(in[2]) : -1;
		if (low >= 0 && (high || low)) {
			*out++ = (char)(high << 4 | low);
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	return path;
}

static const char *encode_uri(struct arena *arena, const char *path)
{
	_cleanup_str_ struct str uri = STR_INIT;
	str_add(&uri, "file://");
	for (const char *in = path; *in; in++) {
		if (isalnum((unsigned char)*in) || strchr("/-._~!$&'()*+,;=:@", *in))
			str_char(&uri, *in);
		else
			str_printf(&uri, "%%%02X", (unsigned char)*in);
	}
	return arena_strdup(arena, str_text(&uri));
}

// What follows `prefix` in `path`, NULL if it is no prefix of whole components.
static const char *behind(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);
	while (length > 1 && prefix[length - 1] == '/')
		length--;
	if (strncmp(path, prefix, length) != 0)
		return NULL;
	return path[length] == '/' || !path[length] ? path + length : NULL;
}

static const char *join(struct arena *arena, const char *prefix, const char *rest)
{
	size_t length = strlen(prefix);
	while (length && prefix[length - 1] == '/')
		length--;
	return arena_printf(arena, "%.*s%s", (int)length, prefix, rest);
}

const char *paths_from_client(const struct paths *paths, struct arena *arena, const char *path)
{
	if (str_starts(path, "file://"))
		path = decode_uri(arena, path);
	for (size_t i = 0; i < paths->map_count; i++) {
		const char *rest = behind(path, paths->map[i].client);
		if (rest)
			return join(arena, paths->map[i].debuggee, rest);
	}
	return path;
}

const char *paths_to_client(const struct paths *paths, struct arena *arena, const char *path, bool *is_mapped_ret)
{
	*is_mapped_ret = false;
	for (size_t i = 0; i < paths->map_count && !*is_mapped_ret; i++) {
		const char *rest = behind(path, paths->map[i].debuggee);
		if (rest) {
			path = join(arena, paths->map[i].client, rest);
			*is_mapped_ret = true;
		}
	}
	return paths->is_uri && *path == '/' ? encode_uri(arena, path) : path;
}

bool paths_can_be_found(const struct paths *paths, const char *path)
{
	bool is_found = *path == '/';
	for (size_t i = 0; i < paths->map_count && !is_found; i++)
		is_found = behind(path, paths->map[i].debuggee) != NULL;
	return is_found;
}

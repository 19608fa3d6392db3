// Paths as the client writes them (plain or file:// URIs, its side of the source map) and as debug information has them.
#pragma once

#include <stdbool.h>

#include "base/memory.h"
#include "base/vec.h"

struct path_pair {
	const char *debuggee, *client;   // prefixes of whole components
};

struct paths {
	bool is_uri;                     // pathFormat "uri"
	const struct path_pair *map;     // not owned; first match wins
	size_t map_count;
};

// In the arena, or `path` itself.
const char *paths_from_client(const struct paths *paths, struct arena *arena, const char *path);
const char *paths_to_client(const struct paths *paths, struct arena *arena, const char *path, bool *is_mapped_ret);
// Whether a client may find the file. A relative path, as debug packages of distributions have them, leads nowhere unless it is mapped.
bool paths_can_be_found(const struct paths *paths, const char *path);

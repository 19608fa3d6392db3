// Files of NAME=VALUE lines, as `envFile` names them: comments (#), `export`, single quotes (literal), double quotes
// (\n \t \" \\ \$), unquoted values up to " #".
#pragma once

#include "base/error.h"
#include "base/memory.h"
#include "base/vec.h"

struct string_vec {
	const char **items;
	size_t count, capacity;
};

// Appends "NAME=VALUE" strings, in the arena. ERROR_FORMAT names `path` and the line.
struct error *env_file_parse(const char *text, const char *path, struct arena *arena, struct string_vec *entries);
struct error *env_file_read(const char *path, struct arena *arena, struct string_vec *entries);

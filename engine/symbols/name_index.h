// Private to name_index.c and its users in this folder.
#pragma once

#include "engine/symbols/private.h"

// Each unqualified name of a kind that begins with `prefix`; the walk ends when `visit` says false.
typedef bool (*name_visit_fn)(void *data, enum name_kind kind, const char *name, size_t length);
void name_index_each(struct module *module, const char *prefix, name_visit_fn visit, void *data);
// Has the index been made already? (Completion does not make one just for a library.)
bool name_index_is_made(const struct module *module);

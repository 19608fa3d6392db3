// Qualified names as users write and as DWARF and demanglers spell them.
#pragma once

#include <stdbool.h>

#include "base/memory.h"

// Does `full` ("ns::Class<int>::f<int>", no parameters) answer to `wanted`? Whole, or (is_suffix) from a "::" on. Template
// arguments and blanks of `full` are skipped where `wanted` has none.
bool name_matches(const char *full, const char *wanted, bool is_suffix);
// The last plain identifier of a qualified name: "f" of "ns::Class::f<int>", "Class" of "Class::~Class", "" of operators.
const char *name_identifier(const char *name, struct arena *arena);
// The last component without template arguments ("operator<<", "~Class", "f"), and with them.
const char *name_last_component(const char *name, struct arena *arena);
const char *name_last_with_arguments(const char *name);
// "f(int, char)" gives "f" and "int, char"; *parameters_ret is NULL if there are none.
void name_split_parameters(const char *name, struct arena *arena, const char **plain_ret, const char **parameters_ret);
// Equal but for blanks.
bool names_equal_loosely(const char *a, const char *b);

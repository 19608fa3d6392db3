// libiberty behind one function: its headers define names that ours define too.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef void (*demangler_output_fn)(const char *text, size_t length, void *data);
// False if `name` is not mangled or broken (`output` may have been called all the same).
bool demangler_rust(const char *name, bool has_parameters, demangler_output_fn output, void *data);
bool demangler_cpp(const char *name, bool has_parameters, demangler_output_fn output, void *data);

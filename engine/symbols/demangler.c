#include "engine/symbols/demangler.h"

#include <libiberty/demangle.h>

static int options(bool has_parameters)
{
	return DMGL_ANSI | (has_parameters ? DMGL_PARAMS : 0);
}

bool demangler_rust(const char *name, bool has_parameters, demangler_output_fn output, void *data)
{
	return rust_demangle_callback(name, options(has_parameters), output, data) != 0;
}

bool demangler_cpp(const char *name, bool has_parameters, demangler_output_fn output, void *data)
{
	return cplus_demangle_v3_callback(name, options(has_parameters), output, data) != 0;
}

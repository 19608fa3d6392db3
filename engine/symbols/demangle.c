// Demangling through libiberty, bounded: a hostile name may ask for gigabytes of output.
#include <setjmp.h>
#include <string.h>

#include "engine/symbols/demangler.h"
#include "engine/symbols/private.h"

#define LONGEST_MANGLED 4096
#define LONGEST_DEMANGLED 16384

struct output {
	struct str text;
	jmp_buf too_long;
};

static void take_output(const char *text, size_t length, void *opaque)
{
	struct output *output = opaque;
	if (output->text.length + length > LONGEST_DEMANGLED)
		longjmp(output->too_long, 1);
	str_append(&output->text, text, length);
}

static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R') && strnlen(name, LONGEST_MANGLED) < LONGEST_MANGLED;
}

// Rust first: its older mangling looks like C++ with a hash at the end.
static bool run_demangler(const char *name, bool has_parameters, struct output *output)
{
	if (setjmp(output->too_long))
		return false;
	if (demangler_rust(name, has_parameters, take_output, output))
		return true;
	str_clear(&output->text);
	return name[1] == 'Z' && demangler_cpp(name, has_parameters, take_output, output);
}

static const char *demangle(struct module *module, const char *name, bool has_parameters)
{
	if (!is_mangled(name))
		return name;
	struct module_symbols *symbols = module->symbols;
	_cleanup_free_ char *key = xasprintf("%c%s", has_parameters ? 'p' : 'b', name);
	const char *known = strmap_get(&symbols->demangled, key);
	if (known)
		return known;
	struct output output = { .text = STR_INIT };
	const char *result = name;
	if (run_demangler(name, has_parameters, &output) && output.text.length)
		result = output.text.data;
	result = arena_strdup(symbols->arena, result);
	str_deinit(&output.text);
	strmap_set(&symbols->demangled, key, (void *)result);
	return result;
}

const char *symbol_demangle(struct module *module, const char *name)
{
	return demangle(module, name, true);
}

const char *symbol_demangle_bare(struct module *module, const char *name)
{
	return demangle(module, name, false);
}

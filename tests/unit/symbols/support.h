// For the tests of engine/symbols: programs as modules, and what other tools say about them.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/symbols/module.h"

static inline struct module *add_program(struct modules *modules, const char *path)
{
	struct module *module = NULL;
	struct error *error = modules_add(modules, &(struct module_spec){ .path = path, .is_executable = true }, &module);
	if (error)
		fail_msg("%s", error->message);
	return module;
}

// What a shell command prints.
__attribute__((format(printf, 1, 2))) static inline char *output_of(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	_cleanup_free_ char *command = xvasprintf(format, args);
	va_end(args);
	// The sanitizer's library must not be preloaded into other tools, nor their leaks counted.
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	struct str text = STR_INIT;
	char bytes[4096];
	for (size_t size; (size = fread(bytes, 1, sizeof(bytes), pipe)) > 0;)
		str_append(&text, bytes, size);
	pclose(pipe);
	return str_take(&text);
}

static inline bool is_installed(const char *tool)
{
	_cleanup_free_ char *path = output_of("command -v %s", tool);
	return *path != '\0';
}

// The line of a source file (below SOURCE_DIR) that holds `text`.
static inline unsigned line_of(const char *source, const char *text)
{
	_cleanup_free_ char *path = xasprintf(SOURCE_DIR "/%s", source);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char line[512];
	unsigned number = 1;
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, text)) {
			fclose(file);
			return number;
		}
		number++;
	}
	fclose(file);
	fail_msg("no \"%s\" in %s", text, source);
	return 0;
}

// The number of a symbol by `nm`; 0 if there is none.
static inline uint64_t nm_address(const char *path, const char *symbol)
{
	_cleanup_free_ char *text = output_of("nm '%s' | awk '$3 == \"%s\" { print $1; exit }'", path, symbol);
	return strtoull(text, NULL, 16);
}

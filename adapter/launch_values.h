// How one attribute's value is read, a function a kind in launch_options.def. Each names the attribute when it complains.
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/memory.h"

struct launch_value {
	const char *name;        // as the client wrote it
	const char *choices;     // separated by blanks
	const cJSON *json;       // not null
	struct arena *arena;
};

typedef struct error *(*launch_value_fn)(const struct launch_value *value, void *result);

struct error *launch_value_STRING(const struct launch_value *value, void *result);        // const char *
struct error *launch_value_BOOLEAN(const struct launch_value *value, void *result);       // bool
struct error *launch_value_CHOICE(const struct launch_value *value, void *result);        // int
struct error *launch_value_ARGUMENTS(const struct launch_value *value, void *result);     // const char *const *
struct error *launch_value_ENVIRONMENT(const struct launch_value *value, void *result);   // struct launch_environment
struct error *launch_value_STDIO(const struct launch_value *value, void *result);         // struct launch_stdio
struct error *launch_value_PID(const struct launch_value *value, void *result);           // pid_t
struct error *launch_value_SOURCE_MAP(const struct launch_value *value, void *result);    // struct launch_source_map
struct error *launch_value_SYSCALLS(const struct launch_value *value, void *result);      // struct syscall_settings
struct error *launch_value_ANY(const struct launch_value *value, void *result);           // const cJSON *

enum terminal_kind { TERMINAL_NONE, TERMINAL_INTEGRATED, TERMINAL_EXTERNAL };
enum terminal_kind launch_console_terminal(int choice);   // what a choice of `console` means

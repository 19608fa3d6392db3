// The attributes of launch and attach (launch_options.def), decoded.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "adapter/env_file.h"
#include "adapter/launch_values.h"
#include "adapter/paths.h"
#include "adapter/syscall_settings.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/debugger.h"

struct launch_environment {
	struct string_vec entries;     // "NAME=value", "NAME" to unset
};

struct launch_stdio {
	const char *files[3];
};

struct launch_source_map {
	struct path_pair *items;
	size_t count, capacity;
};

struct launch_options {
	bool is_attach;
	const char *program, *cwd, *env_file, *core_file;
	const char *const *args;       // NULL-terminated; NULL: none
	struct launch_environment env; // with envFile's entries in front
	struct launch_stdio stdio;
	bool stop_on_entry, stop_at_main, disable_aslr, no_debug, external_console, run_in_terminal, wait_for, syscall_filter, hex, disassembly_as_source;
	int console;                   // index of the choice, -1: not given
	int breakpoint_mode;           // index of the choice
	pid_t pid;
	struct launch_source_map source_map;
	struct syscall_settings syscalls;
	const cJSON *source_languages, *visualizer_file;   // only whether they were given: dead after decoding
	struct string_vec notes;       // for the console: what was ignored, what has no effect
	struct arena *arena;           // of all strings
};

// ERROR_INVALID names the attribute; ERROR_UNSUPPORTED what is not built. `arguments` may be NULL.
struct error *launch_options_decode(const cJSON *arguments, bool is_attach, struct launch_options **options_ret);
void launch_options_destroy(struct launch_options *options);   // NULL-safe
// Points into `options`.
void launch_options_spec(const struct launch_options *options, struct launch_spec *spec_ret);
enum terminal_kind launch_options_terminal(const struct launch_options *options);
void launch_options_note(struct launch_options *options, const char *text);   // static; noted once
// The table of docs/launch.md (Markdown).
void launch_options_help(struct str *text);
// The same for programs: docs/protocol.md.
void launch_options_help_json(struct str *text);

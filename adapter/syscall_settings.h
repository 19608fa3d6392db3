// The `syscalls` attribute of launch and attach, which the request ptdap/syscalls changes while the program runs: what is traced, where it stops,
// what is injected, the summary and the file (docs/syscalls.md). One table of the members serves all verbs.
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/memory.h"
#include "dap/writer.h"

// `has_` is true for null too, which takes the thing away.
struct syscall_settings {
	bool has_trace, has_stop, has_inject, has_summary, has_file, has_events;
	const char *trace, *stop, *file;     // NULL: nothing; in `trace` and `stop` "" is every call
	const char *const *inject;           // NULL-terminated; NULL: nothing
	bool summary;
	bool events;                         // what is traced goes out as ptdap/syscallTrace, not as console lines
};

// Strings are copied into the arena. ERROR_INVALID names the member; a rule's mistake with its column.
struct error *syscall_settings_decode(const cJSON *object, const char *where, struct arena *arena, struct syscall_settings *settings_ret);
// { "stop": RULE }, as a lone string says it: not every editor's configuration can hold an object.
struct error *syscall_settings_stop_at(const char *rule, const char *where, struct arena *arena, struct syscall_settings *settings_ret);

// Do both say the same?
bool syscall_settings_equal(const struct syscall_settings *a, const struct syscall_settings *b);
// Lays the members that `change` has over those of `settings`. Strings stay where they are.
void syscall_settings_change(struct syscall_settings *settings, const struct syscall_settings *change);
struct syscall_settings syscall_settings_copy(const struct syscall_settings *settings, struct arena *arena);
// As members of an object: texts only where there are any, all else in any case.
void syscall_settings_write(struct writer *object, const struct syscall_settings *settings);

// What was called how often, how often in vain, and how long it took: the table that `ptdap trace -c` and "summary" show at the end.
#pragma once

#include "base/map.h"
#include "base/str.h"
#include "engine/debugger.h"

struct syscall_summary {
	struct map rows;   // by ABI and number
};
#define SYSCALL_SUMMARY_INIT { MAP_INIT }

void syscall_summary_deinit(struct syscall_summary *summary);   // back to empty
void syscall_summary_add(struct syscall_summary *summary, const struct syscall_event *event);
// Appends the table, the longest time first; nothing where nothing was called. Time is that on the clock between entry and return.
void syscall_summary_format(const struct syscall_summary *summary, struct str *text);

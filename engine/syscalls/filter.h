// The kernel's filter of a launched program: a seccomp BPF program (seccomp (2)) that stops chosen calls alone, for PTRACE_O_TRACESECCOMP.
#pragma once

#include "engine/syscalls/syscall.h"

// What our filter gives to its tracer (SECCOMP_RET_DATA): a stop with other data is one of a filter that the program has itself.
enum { SYSCALL_FILTER_DATA = 0x7064 };

// Appends the program, an array of struct sock_filter. Which call stops is decided by ABI and number, so that the kernel remembers what runs
// through (since 5.11). Besides the set these stop: what installs a filter, what asks for CPUs, and all calls of other ABIs.
struct error *syscall_filter_build(const struct syscall_set *set, struct str *program);
// Must the tracer see it, whatever the set: the program may install a filter of its own, which can hide calls from ours?
bool syscall_installs_filter(const struct syscall_event *event);
// The set has every call: a filter is of no use.
bool syscall_set_is_full(const struct syscall_set *set);
bool syscall_set_covers(const struct syscall_set *set, const struct syscall_set *other);
void syscall_set_add(struct syscall_set *set, const struct syscall_set *other);

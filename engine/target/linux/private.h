// Private to engine/target/linux.
#pragma once

#include <sched.h>
#include <time.h>

#include "base/vec.h"
#include "engine/target/linux/linux.h"

struct confined_thread {
	pid_t tid;
	cpu_set_t mask;
};

struct target_linux {
	struct target target;
	sigset_t outer_mask;                     // the signal mask before us: what a child gets
	cpu_set_t own_mask;
	bool is_confined;
	int confined_cpu;
	cpu_set_t confined_cpus;                 // now or before: a thread that was just made may have inherited one of them
	VEC(struct confined_thread) confined;    // with the masks to give back
	timer_t slice_timer;
	bool has_slice_timer, is_in_slice;
};

struct error *linux_spawn(struct target *target, const struct target_spawn *spawn, pid_t *pid_ret);
struct error *linux_seize(struct target *target, pid_t tid, bool kill_on_exit);
struct error *linux_watch_filters(struct target *target, pid_t tid);
bool linux_has_exited(pid_t tid);        // a zombie, or not even that
// confine.c: see target_ops
void linux_confine(struct target *target, pid_t tid);
void linux_release(struct target *target);
void linux_inherit_cpus(struct target *target, pid_t from, pid_t to);
bool linux_begin_slice(struct target *target, unsigned ms);
void linux_end_slice(struct target *target);
void linux_destroy_slice(struct target_linux *backend);
struct error *linux_error(pid_t tid, const char *doing);   // from errno

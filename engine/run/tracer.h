// One tracer, several debuggees: the kernel reports the events of all tracees to one thread, and each goes to the debugger that owns it.
// A debugger makes its own tracer; the children that it follows share it; the last of them to go destroys it.
#pragma once

#include "base/loop.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/target/target.h"

struct debugger;

struct tracer {
	struct loop *loop;
	struct target *target;              // owned
	struct loop_source *source;
	struct loop_timer *drain_timer;     // events are left over after a turn's budget
	struct loop_timer *quiet_timer;     // gives the CPUs back when no hot stop came for a while
	unsigned hot_streak, hot_season;    // quiet stops of late; how often that was counted anew
	VEC(struct debugger *) debuggers;
	struct map threads;                 // tid -> struct thread, of all debuggees
	struct map orphans;                 // tid -> struct wait_event *: stopped before their parent's event told who they are
	struct map early_deaths;            // tid of what died before its parent's event told who it was
	bool has_filter;                    // what one of them launched has a filter, and so may whatever is let go
	struct map kept;                    // tid of what was let go, but cannot be without a tracer: kept.c
	struct map leaving;                 // tid of what was not stopped when all the rest was let go: detached at its next event
	VEC(struct wait_event) late;        // deaths that were seen in the middle of something else: handled in the next turn
};

// Takes the target.
struct tracer *tracer_create(struct loop *loop, struct target *target);
void tracer_join(struct tracer *tracer, struct debugger *debugger);
void tracer_leave(struct debugger *debugger);   // the last one destroys the tracer

void tracer_drain(void *tracer, uint32_t events);   // loop callback: what has happened goes to its owners
void tracer_handle(struct tracer *tracer, const struct wait_event *event);
void tracer_handle_later(struct tracer *tracer, const struct wait_event *event);
void tracer_handle_late(struct tracer *tracer);
bool tracer_knows(struct tracer *tracer, pid_t tid);   // or awaits it
bool tracer_is_hot(const struct tracer *tracer);   // stops come fast

// child.c. An event of a tid that is nobody's thread.
void tracer_handle_unknown(struct tracer *tracer, const struct wait_event *event);
void tracer_let_go(struct tracer *tracer, const struct wait_event *event);   // of what is leaving

// kept.c. A stopped thread that is nobody's any more goes its way: detached, or kept if it may have a filter.
void tracer_free_thread(struct tracer *tracer, pid_t tid, int signo);
bool tracer_keeps(const struct tracer *tracer, pid_t tid);
void tracer_handle_kept(struct tracer *tracer, const struct wait_event *event);
void tracer_end_kept(struct tracer *tracer);   // kills them

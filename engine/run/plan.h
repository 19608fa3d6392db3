// A step is a plan: while one is under way for a thread, it says after each of the thread's quiet stops whether to go on, or
// that the step is complete. A visible stop of any kind ends all plans.
#pragma once

#include "engine/run/site.h"
#include "engine/run/state.h"

enum plan_verdict {
	PLAN_GO_ON,     // resume
	PLAN_DONE,      // report the step
	PLAN_REPORT,    // report plan->stop instead
};

struct plan_ops {
	// The thread reached a site that the plan owns (pc stands on it, corrected).
	enum plan_verdict (*site_reached)(struct plan *plan, struct site *site);
	// A single step ended (thread->wants_step was set).
	enum plan_verdict (*stepped)(struct plan *plan);
	// A syscall boundary, if the plan wants those; NULL otherwise.
	enum plan_verdict (*syscall)(struct plan *plan);
	// A signal with a handler is about to be delivered.
	void (*signal)(struct plan *plan);
	void (*destroy)(struct plan *plan);
};

struct plan {
	const struct plan_ops *ops;
	struct thread *thread;
	bool wants_all;      // the other threads run, too
	unsigned hidden_inlines;   // PLAN_DONE: see struct thread
	struct stop stop;
};

void plan_end(struct thread *thread);   // destroys the thread's plan, if any
// Makes the plan and does what can be done without running; *verdict_ret as after a stop.
struct error *step_plan_create(struct thread *thread, enum step_kind kind, enum step_unit unit, enum plan_verdict *verdict_ret);
struct error *syscall_plan_create(struct thread *thread);

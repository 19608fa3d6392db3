// Private to the step plans: step.c, and escape.c for the ways out of a call that is stepped over other than by returning.
#pragma once

#include "engine/run/plan.h"

enum step_site_purpose {
	STEP_SITE_BLOCK,     // the end of straight code inside the line
	STEP_SITE_RETURN,    // behind a call, or at the caller's pc
	STEP_SITE_ENTERED,   // behind the prologue of the function that is stepped into
	STEP_SITE_RETRY,     // where a signal handler returns to
	STEP_SITE_ESCAPE,    // longjmp and its kin, __cxa_begin_catch
	STEP_SITE_LANDED,    // where they lead to
};

struct step_site {
	enum step_site_purpose purpose;
	uint64_t address;
	uint64_t min_sp;     // a deeper frame (recursion) is not meant; 0: any
};

struct step_plan {
	struct plan plan;
	enum step_kind kind;
	enum step_unit unit;
	uint64_t cfa;                       // of the physical frame where the step began; 0: unknown
	const struct function *function;    // the instance where it began
	bool is_inlined;
	const struct source_file *file;
	unsigned line;
	uint64_t range_start, range_end;    // the code of the line
	bool has_returned;                  // a return of that frame was emulated
	bool needs_source;                  // out of code without source, to code with
	uint64_t return_site, return_sp;    // behind the call that is stepped over
	uint64_t tail_entry;                // a tail call to step into; 0: none
	struct instruction instruction;     // the one that is single-stepped
	VEC(struct step_site) armed;
};

void step_arm(struct step_plan *plan, enum step_site_purpose purpose, uint64_t address, uint64_t min_sp);
void step_disarm(struct step_plan *plan);
uint64_t step_current_cfa(struct thread *thread);
enum plan_verdict step_advance(struct step_plan *plan);

// escape.c
void step_arm_escapes(struct step_plan *plan);
enum plan_verdict step_escaping(struct step_plan *plan, uint64_t address);
enum plan_verdict step_landed(struct step_plan *plan);

// Private to the step plans: step.c (the plan and its sites), step_line.c (lines and statements), step_call.c (into and over calls, out
// of frames), step_instruction.c, step_source.c (is there source?) and escape.c (the ways out of a call other than by returning).
#pragma once

#include "engine/run/plan.h"

enum step_site_purpose {
	STEP_SITE_BLOCK,     // the end of straight code inside the line
	STEP_SITE_RETURN,    // behind a call, or at the caller's pc
	STEP_SITE_RESOLVED,  // the run-time linker's jump to the function that it looked up
	STEP_SITE_ENTRY,     // the function that a trampoline leads to
	STEP_SITE_MAIN,      // where source begins, for steps before it
	STEP_SITE_RETRY,     // where a signal handler returns to
	STEP_SITE_ESCAPE,    // longjmp and its kin, the unwinder's _Unwind_SetIP
	STEP_SITE_LANDED,    // where they lead to
};

struct step_site {
	enum step_site_purpose purpose;
	uint64_t address;
	uint64_t sp;         // RESOLVED, ENTRY, RETRY, RETURN: of the frame that is meant. LANDED: at least; 0: any
};

struct step_plan {
	struct plan plan;
	enum step_kind kind;
	enum step_unit unit;
	uint64_t cfa;                       // of the physical frame where the step began; 0: unknown
	const struct function *function;    // the instance where it began
	bool is_inlined;
	const struct source_file *file;
	unsigned line;                      // 0: any statement ends the step
	uint64_t range_start, range_end;    // the code of the line
	unsigned backward_jumps;            // emulated ones: it is in a loop
	bool is_entering;                   // the range is the prologue of the function that is stepped into
	bool has_returned;                  // a return of that frame was emulated
	bool needs_source;                  // out of code without source, to code with
	uint64_t tail_entry;                // a tail call to step into; 0: none
	bool is_interrupted;                // a signal was delivered since the sites were armed: a handler may reach them
	struct instruction instruction;     // the one that is single-stepped (STEP_INSTRUCTION)
	// Of the last two questions: source files are looked for once.
	const struct source_file *begin_file, *known_file;
	bool is_begin_known, is_begin_present, is_known_present;
	VEC(struct step_site) armed;
};

// step.c
void step_arm(struct step_plan *plan, enum step_site_purpose purpose, uint64_t address, uint64_t sp);
void step_disarm(struct step_plan *plan);
void step_disarm_purpose(struct step_plan *plan, enum step_site_purpose purpose);
bool step_has_armed(const struct step_plan *plan, enum step_site_purpose purpose);
uint64_t step_current_cfa(struct thread *thread);
uint64_t step_stack_pointer(struct thread *thread);
bool step_decode(struct thread *thread, uint64_t pc, struct instruction *instruction_ret);
bool step_emulate(struct thread *thread, const struct instruction *instruction);
void step_let_others_run(struct step_plan *plan);
enum plan_verdict step_single(struct step_plan *plan);

// step_source.c
bool step_has_source(struct step_plan *plan, uint64_t address);    // to stop in when control comes back to it
bool step_enters(struct step_plan *plan, uint64_t address);        // to step into

// step_line.c
const struct function *step_physical(const struct function *function);
// Inlined functions whose code begins at pc: the thread is still at their call.
bool step_is_between(struct step_plan *plan, uint64_t pc);   // another function's instruction behind a call
unsigned step_hidden_at(struct step_plan *plan, uint64_t pc);
void step_begin_line(struct step_plan *plan, const struct line_position *position);
enum plan_verdict step_advance(struct step_plan *plan);

// step_call.c
enum plan_verdict step_over_call(struct step_plan *plan, const struct instruction *call);
enum plan_verdict step_call(struct step_plan *plan, const struct instruction *call);
enum plan_verdict step_resolved(struct step_plan *plan);
enum plan_verdict step_enter(struct step_plan *plan);              // the pc is at a function's entry
bool step_tail_trampoline(struct step_plan *plan, enum plan_verdict *verdict_ret);
enum plan_verdict step_run_to_return(struct step_plan *plan, uint64_t address, uint64_t min_sp);
enum plan_verdict step_out_of_frame(struct step_plan *plan);

// step_instruction.c
enum plan_verdict step_instruction_advance(struct step_plan *plan);
enum plan_verdict step_instruction_done(struct step_plan *plan);

// escape.c
void step_arm_escapes(struct step_plan *plan);
enum plan_verdict step_escaping(struct step_plan *plan, uint64_t address);
enum plan_verdict step_landed(struct step_plan *plan, bool is_landing_pad);

// Steps to another line or statement. Inside a line the thread runs alone and from one control transfer to the next: straight code is
// left by a temporary site at its end, and jumps, calls and returns are emulated there. A single step by the trap flag costs six times
// an int3 stop on many machines.
//
// Where the code of an inlined function begins, two places in the source have the same pc: the call and the function's first line.
// A step ends at the call first; "step in" then goes into the function without running anything (plan.hidden_inlines).
#include "engine/run/step.h"

// Control transfers emulated in a row before the event loop gets a turn (an endless loop on one line).
enum { EMULATIONS_IN_A_ROW = 256, BLOCK_BYTES = 256 };
// From this many rounds of a loop on, all ways out of the line are watched instead of every jump inside.
enum { ROUNDS_MAX = 4, EXIT_RANGE_BYTES = 1024, EXITS_MAX = 16 };

// ---- where ----------------------------------------------------------------------------------------------------------------

// A function has a description for each of its ranges: the cold part of one is the same instance.
static bool is_same_function(const struct function *a, const struct function *b)
{
	return a == b || (a && b && a->module == b->module && a->die_offset == b->die_offset);
}

static bool is_inside(const struct function *inner, const struct function *outer)
{
	for (; inner; inner = inner->outer)
		if (is_same_function(inner, outer))
			return true;
	return false;
}

const struct function *step_physical(const struct function *function)
{
	while (function && function->is_inlined && function->outer)
		function = function->outer;
	return function;
}

// What the user sees at a pc.
struct place {
	const struct function *function;   // the innermost instance that is not hidden
	const struct function *inlined;    // the outermost hidden one; NULL: none
	unsigned hidden;
	struct line_position position;     // of the row, for line and file see below
	const struct source_file *file;
	unsigned line;
};

static bool hide_one(struct place *place)
{
	const struct function *function = place->function;
	if (!function || !function->is_inlined || !function->outer || !function->call_line || !function->call_file)
		return false;
	place->inlined = function;
	place->function = function->outer;
	place->line = function->call_line;
	place->file = function->call_file;
	place->hidden++;
	return true;
}

// At its entry, or where one of its ranges is entered from elsewhere: optimised code is in pieces.
static bool begins_at(struct modules *modules, const struct function *function, uint64_t pc)
{
	return function->entry == pc || (function->is_inlined && !is_inside(modules_function_at(modules, pc - 1), function));
}

// Inlined instances that begin at pc are hidden, but for those where the thread is already.
static bool find_place(struct modules *modules, uint64_t pc, const struct function *already_in, struct place *place_ret)
{
	struct place place = { .function = modules_function_at(modules, pc) };
	if (!modules_line_at(modules, pc, &place.position))
		return false;
	place.line = place.position.line;
	place.file = place.position.file;
	while (place.function && begins_at(modules, place.function, pc) && !is_inside(already_in, place.function) && hide_one(&place))
		;
	*place_ret = place;
	return true;
}

static void take_line_range(struct step_plan *plan, uint64_t pc, const struct line_position *position)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	plan->range_start = position->start;
	plan->range_end = position->end;
	if (plan->unit != STEP_LINE)
		return;
	modules_line_range(modules, pc, &plan->range_start, &plan->range_end);
	// Copies of an inlined function may follow each other: the same line, and yet another call.
	const struct function *function = modules_function_at(modules, pc);
	if (!function || !function->is_inlined)
		return;
	if (plan->range_start < function->start)
		plan->range_start = function->start;
	if (plan->range_end > function->end)
		plan->range_end = function->end;
}

// ---- out of the line ----------------------------------------------------------------------------------------------------

enum range_verdict { RANGE_CONTINUE, RANGE_DONE, RANGE_OUT };

static bool is_line_of_plan(const struct step_plan *plan, const struct place *place)
{
	return plan->line && place->line == plan->line && place->file == plan->file;
}

static enum range_verdict done_at(struct step_plan *plan, unsigned hidden)
{
	plan->plan.hidden_inlines = hidden;
	return RANGE_DONE;
}

// The code of an inlined function begins here.
static enum range_verdict at_inlined_call(struct step_plan *plan, uint64_t pc, const struct place *place)
{
	bool is_same_instance = is_same_function(place->function, plan->function);
	bool is_deeper = !is_same_instance && plan->function && is_inside(place->function, plan->function);
	if (plan->kind == STEP_OUT)
		return is_same_instance || is_deeper ? RANGE_CONTINUE : done_at(plan, place->hidden);
	if (is_deeper && (plan->kind == STEP_OVER || !step_enters(plan, pc)))
		return RANGE_CONTINUE;
	if (!is_same_instance || !is_line_of_plan(plan, place))
		return done_at(plan, place->hidden);
	return plan->kind == STEP_IN && step_enters(plan, pc) ? done_at(plan, place->hidden - 1) : RANGE_CONTINUE;
}

// The start of a line's row, or its middle: where a jump led into it.
static enum range_verdict at_row(struct step_plan *plan, uint64_t pc, const struct place *place)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	bool is_same_instance = is_same_function(place->function, plan->function);
	bool is_deeper = !is_same_instance && plan->function && is_inside(place->function, plan->function);
	if (!place->line || (is_deeper && (plan->kind != STEP_IN || !step_enters(plan, pc))))
		return RANGE_CONTINUE;
	if (plan->kind == STEP_OUT)
		return is_same_instance ? RANGE_CONTINUE : RANGE_DONE;
	if (!modules_is_statement_start(modules, pc))
		return is_same_instance || is_deeper ? RANGE_CONTINUE : RANGE_DONE;
	return is_same_instance && is_line_of_plan(plan, place) && plan->unit == STEP_LINE ? RANGE_CONTINUE : RANGE_DONE;
}

// In the frame where the step began, but outside the line.
static enum range_verdict at_other_line(struct step_plan *plan, uint64_t pc)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	struct place place;
	if (!find_place(modules, pc, plan->function, &place))
		return RANGE_OUT;   // a tail call into code without source
	const struct function *physical = step_physical(place.function);
	if (physical && physical->entry == pc && !is_same_function(physical, step_physical(plan->function))) {   // a tail call
		if (plan->kind != STEP_IN || !step_enters(plan, pc))
			return RANGE_OUT;
		plan->tail_entry = pc;
		return RANGE_CONTINUE;
	}
	take_line_range(plan, pc, &place.position);
	return place.hidden ? at_inlined_call(plan, pc, &place) : at_row(plan, pc, &place);
}

unsigned step_hidden_at(struct step_plan *plan, uint64_t pc)
{
	struct place place;
	return find_place(plan->plan.thread->debugger->space.modules, pc, NULL, &place) ? place.hidden : 0;
}

// Behind a call stands an instruction of something else: of an inlined function, say, that is called later.
static bool is_between(struct modules *modules, uint64_t pc)
{
	struct line_position call;
	struct line_position here;
	return !modules_is_statement_start(modules, pc) && modules_line_at(modules, pc - 1, &call) && modules_line_at(modules, pc, &here) &&
	       (call.line != here.line || call.file != here.file) &&
	       !is_same_function(modules_function_at(modules, pc - 1), modules_function_at(modules, pc));
}

bool step_is_between(struct step_plan *plan, uint64_t pc)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	return is_between(modules, pc) && !is_inside(modules_function_at(modules, pc - 1), modules_function_at(modules, pc)) &&
	       is_inside(modules_function_at(modules, pc), modules_function_at(modules, pc - 1));
}

// Back in a frame further out, somewhere in a line: on to the next statement there.
static enum range_verdict go_on_in_caller(struct step_plan *plan, uint64_t pc, uint64_t cfa, const struct function *function,
					  const struct line_position *position)
{
	plan->has_returned = false;
	plan->cfa = cfa;
	plan->function = function;
	plan->line = 0;
	take_line_range(plan, pc, position);
	return RANGE_CONTINUE;
}

// In the caller of the frame where the step began.
static enum range_verdict at_caller(struct step_plan *plan, uint64_t pc, uint64_t cfa)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	struct line_position position;
	if (step_has_source(plan, pc)) {
		if (is_between(modules, pc) && modules_line_at(modules, pc, &position))
			return go_on_in_caller(plan, pc, cfa, modules_function_at(modules, pc - 1), &position);
		return RANGE_DONE;
	}
	if (!modules_line_at(modules, pc, &position) || position.line)
		return RANGE_OUT;
	// Code without a line in a function that has some: on to the next that has.
	return go_on_in_caller(plan, pc, cfa, step_physical(modules_function_at(modules, pc)), &position);
}

static enum range_verdict left_range(struct step_plan *plan, uint64_t pc)
{
	uint64_t cfa = step_current_cfa(plan->plan.thread);
	if (plan->is_entering && pc == plan->range_end && cfa == plan->cfa) {
		struct place place;
		bool is_known = find_place(plan->plan.thread->debugger->space.modules, pc, NULL, &place);
		return done_at(plan, is_known ? place.hidden : 0);
	}
	if (plan->has_returned || cfa > plan->cfa)
		return at_caller(plan, pc, cfa);
	if (cfa < plan->cfa && cfa)
		return RANGE_OUT;   // deeper: how it got there is not a call that we saw
	return at_other_line(plan, pc);
}

static enum plan_verdict follow_range(struct step_plan *plan, enum range_verdict verdict)
{
	enum plan_verdict trampoline;
	if (verdict == RANGE_DONE)
		return PLAN_DONE;
	if (verdict == RANGE_OUT) {
		bool may_enter = plan->kind == STEP_IN && !plan->has_returned && !plan->is_entering;
		return may_enter && step_tail_trampoline(plan, &trampoline) ? trampoline : step_out_of_frame(plan);
	}
	plan->tail_entry = 0;
	return step_enter(plan);
}

// ---- inside the line ----------------------------------------------------------------------------------------------------

// The end of straight code from pc: the next control transfer, or the end of the line.
static uint64_t block_end(struct step_plan *plan, uint64_t pc, struct instruction *first_ret)
{
	struct memory *memory = plan->plan.thread->debugger->space.memory;
	uint8_t bytes[BLOCK_BYTES + INSTRUCTION_MAX];
	size_t size = memory_read_some(memory, pc, bytes, sizeof(bytes));
	uint64_t at = pc;
	while (at < plan->range_end && at - pc < BLOCK_BYTES) {
		struct instruction instruction;
		struct error *error = instruction_decode(bytes + (at - pc), size - (size_t)(at - pc), at, &instruction);
		if (error) {
			error_destroy(error);
			break;
		}
		if (at == pc)
			*first_ret = instruction;
		if (instruction.class != INSTRUCTION_OTHER && instruction.class != INSTRUCTION_PUSHF)
			break;
		at += instruction.length;
	}
	return at;
}

static enum plan_verdict run_block(struct step_plan *plan, uint64_t end)
{
	step_disarm(plan);
	step_arm(plan, STEP_SITE_BLOCK, end, 0);
	return PLAN_GO_ON;
}

// Where the processor must not pass when it runs freely inside the line: targets outside, and what is not a direct jump.
static bool find_exit(const struct step_plan *plan, const struct instruction *instruction, uint64_t *exit_ret)
{
	switch (instruction->class) {
	case INSTRUCTION_OTHER:
	case INSTRUCTION_PUSHF: return false;
	case INSTRUCTION_JUMP:
	case INSTRUCTION_BRANCH:
		if (!instruction->has_target)
			break;
		*exit_ret = instruction->target;
		return instruction->target < plan->range_start || instruction->target >= plan->range_end;
	default: break;
	}
	*exit_ret = instruction->address;
	return true;
}

// False: too long, too many, or not all of it is code.
static bool run_loop(struct step_plan *plan)
{
	struct memory *memory = plan->plan.thread->debugger->space.memory;
	uint8_t bytes[EXIT_RANGE_BYTES];
	uint64_t exits[EXITS_MAX];
	unsigned count = 0;
	uint64_t start = plan->range_start;
	uint64_t size = plan->range_end - start;
	if (size > sizeof(bytes) || memory_read_some(memory, start, bytes, (size_t)size) != size)
		return false;
	uint64_t at = 0;
	while (at < size) {
		struct instruction instruction;
		struct error *error = instruction_decode(bytes + at, (size_t)(size - at), start + at, &instruction);
		if (error || count == EXITS_MAX) {
			error_destroy(error);
			return false;
		}
		count += find_exit(plan, &instruction, &exits[count]);
		at += instruction.length;
	}
	if (at != size)
		return false;
	step_disarm(plan);
	step_arm(plan, STEP_SITE_BLOCK, plan->range_end, 0);
	for (unsigned i = 0; i < count; i++)
		step_arm(plan, STEP_SITE_BLOCK, exits[i], 0);
	return true;
}

// At a control transfer. *moved_ret: it was emulated, the pc is elsewhere.
static enum plan_verdict at_transfer(struct step_plan *plan, const struct instruction *instruction, bool *moved_ret)
{
	struct thread *thread = plan->plan.thread;
	switch (instruction->class) {
	case INSTRUCTION_CALL: return step_call(plan, instruction);
	case INSTRUCTION_RETURN:
		*moved_ret = step_emulate(thread, instruction);
		plan->has_returned = *moved_ret;
		return *moved_ret ? PLAN_GO_ON : step_single(plan);
	case INSTRUCTION_JUMP:
	case INSTRUCTION_BRANCH:
		*moved_ret = step_emulate(thread, instruction);
		return *moved_ret ? PLAN_GO_ON : step_single(plan);
	case INSTRUCTION_SYSCALL:
		step_let_others_run(plan);   // it may block
		return run_block(plan, instruction->address + instruction->length);
	default: return step_single(plan);
	}
}

static bool must_hit_breakpoint(struct thread *thread, uint64_t pc)
{
	struct site *site = site_at(&thread->debugger->space, pc);
	if (!site || thread->passed_site == pc)
		return false;
	for (size_t i = 0; i < site->owners.count; i++)
		if (site->owners.items[i].kind != SITE_OWNER_PLAN)
			return true;
	return false;
}

enum plan_verdict step_advance(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	for (unsigned emulated = 0; emulated < EMULATIONS_IN_A_ROW; emulated++) {
		uint64_t pc = thread_pc(thread);
		if (!pc)
			return step_single(plan);   // into the fault, or gone
		if (pc < plan->range_start || pc >= plan->range_end) {
			enum range_verdict verdict = left_range(plan, pc);
			if (verdict != RANGE_CONTINUE || plan->tail_entry)
				return follow_range(plan, verdict);
		}
		if (must_hit_breakpoint(thread, pc)) {
			step_disarm(plan);
			return PLAN_GO_ON;
		}
		struct instruction first = { 0 };
		uint64_t end = block_end(plan, pc, &first);
		if (end != pc)
			return plan->backward_jumps >= ROUNDS_MAX && run_loop(plan) ? PLAN_GO_ON : run_block(plan, end);
		bool is_moved = false;
		enum plan_verdict verdict = first.length ? at_transfer(plan, &first, &is_moved) : step_single(plan);
		if (!is_moved)
			return verdict;
		plan->backward_jumps += thread_pc(thread) < pc;
	}
	return step_single(plan);
}

// ---- beginning ----------------------------------------------------------------------------------------------------------

// The pc is where `position` says; plan->function may be the instance outside hidden ones.
void step_begin_line(struct step_plan *plan, const struct line_position *position)
{
	struct thread *thread = plan->plan.thread;
	plan->line = position->line;
	plan->file = position->file;
	struct place place = { .function = modules_function_at(thread->debugger->space.modules, thread_pc(thread)) };
	while (place.hidden < thread->hidden_inlines && hide_one(&place)) {
		plan->line = place.line;
		plan->file = place.file;
	}
	plan->begin_file = plan->file;
	take_line_range(plan, thread_pc(thread), position);
}

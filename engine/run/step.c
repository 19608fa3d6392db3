// Steps as plans: what is armed, what a stop means, how one begins. See step_line.c for how a line is stepped through.
#include "engine/run/step.h"

#include <stdlib.h>

void step_arm(struct step_plan *plan, enum step_site_purpose purpose, uint64_t address, uint64_t sp)
{
	struct address_space *space = &plan->plan.thread->debugger->space;
	struct site_owner owner = { SITE_OWNER_PLAN, plan->plan.thread, NULL };
	struct error *error = site_acquire(space, address, owner, NULL);
	if (error) {   // not writable: the step ends where something else stops it
		error_destroy(error);
		return;
	}
	*vec_push(&plan->armed) = (struct step_site){ purpose, address, sp };
}

void step_disarm(struct step_plan *plan)
{
	vec_each(armed, &plan->armed)
		site_release(&plan->plan.thread->debugger->space, armed->address, SITE_OWNER_PLAN, plan->plan.thread);
	plan->armed.count = 0;
	plan->is_interrupted = false;
}

bool step_has_armed(const struct step_plan *plan, enum step_site_purpose purpose)
{
	for (size_t i = 0; i < plan->armed.count; i++)
		if (plan->armed.items[i].purpose == purpose)
			return true;
	return false;
}

static const struct step_site *armed_at(const struct step_plan *plan, uint64_t address)
{
	for (size_t i = 0; i < plan->armed.count; i++)
		if (plan->armed.items[i].address == address)
			return &plan->armed.items[i];
	return NULL;
}

void step_disarm_purpose(struct step_plan *plan, enum step_site_purpose purpose)
{
	for (size_t i = plan->armed.count; i-- > 0;) {
		struct step_site armed = plan->armed.items[i];
		if (armed.purpose != purpose)
			continue;
		vec_remove(&plan->armed, i);
		if (!armed_at(plan, armed.address))
			site_release(&plan->plan.thread->debugger->space, armed.address, SITE_OWNER_PLAN, plan->plan.thread);
	}
}

uint64_t step_stack_pointer(struct thread *thread)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	return registers ? registers->rsp : 0;
}

uint64_t step_current_cfa(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *registers = thread_registers(thread);
	uint64_t cfa = 0;
	if (registers)
		error_destroy(unwind_cfa(debugger->space.modules, debugger->space.memory, registers, &cfa));
	return cfa;
}

bool step_decode(struct thread *thread, uint64_t pc, struct instruction *instruction_ret)
{
	uint8_t bytes[INSTRUCTION_MAX];
	size_t count = memory_read_some(thread->debugger->space.memory, pc, bytes, sizeof(bytes));
	struct error *error = instruction_decode(bytes, count, pc, instruction_ret);
	bool is_good = !error;
	error_destroy(error);
	return is_good;
}

bool step_emulate(struct thread *thread, const struct instruction *instruction)
{
	const struct user_regs_struct *now = thread_registers(thread);
	if (!now)
		return false;
	if (is_call_to_restart(now))
		return false;
	struct user_regs_struct registers = *now;
	struct instruction_memory memory = site_memory(&thread->debugger->space);
	bool is_done = false;
	struct error *error = instruction_emulate(instruction, &registers, &memory, &is_done);
	bool is_faulting = error;
	error_destroy(error);
	if (is_faulting || !is_done)
		return false;
	thread_set_registers(thread, &registers);
	thread->passed_site = 0;
	return true;
}

void step_let_others_run(struct step_plan *plan)
{
	plan->plan.wants_all = true;
	if (plan->plan.thread->debugger->solo == plan->plan.thread)
		debugger_end_solo(plan->plan.thread->debugger);
}

enum plan_verdict step_single(struct step_plan *plan)
{
	step_disarm(plan);
	plan->plan.thread->wants_step = true;
	return PLAN_GO_ON;
}

// ---- the plan's answers -----------------------------------------------------------------------------------------------

static enum plan_verdict plan_stepped(struct plan *base)
{
	struct step_plan *plan = (struct step_plan *)base;
	return plan->unit == STEP_INSTRUCTION ? step_instruction_done(plan) : step_advance(plan);
}

// Recursion and signal handlers run through the same code in other frames.
static bool is_own_frame(struct step_plan *plan, const struct step_site *armed)
{
	struct thread *thread = plan->plan.thread;
	uint64_t sp = step_stack_pointer(thread);
	switch (armed->purpose) {
	// Another context (swapcontext) may come back to the same pc on a stack next to ours. `ret imm16` leaves sp further up.
	case STEP_SITE_RETURN:
		return !armed->sp || sp == armed->sp || (sp > armed->sp && plan->kind != STEP_OUT && plan->cfa && step_current_cfa(thread) == plan->cfa);
	case STEP_SITE_LANDED: return sp >= armed->sp;
	case STEP_SITE_RESOLVED:
	case STEP_SITE_ENTRY:
	case STEP_SITE_RETRY: return sp == armed->sp;
	case STEP_SITE_MAIN:
	case STEP_SITE_ESCAPE: return true;
	case STEP_SITE_BLOCK: break;
	}
	// Straight code: nothing else of this thread runs in between, but for the handler of a signal.
	if (!plan->is_interrupted || !plan->cfa)
		return true;
	uint64_t cfa = step_current_cfa(thread);
	return !cfa || cfa == plan->cfa;
}

static enum plan_verdict returned(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	step_disarm(plan);
	if (plan->kind == STEP_OUT && !plan->is_inlined) {
		if (plan->needs_source && !step_has_source(plan, thread_pc(thread)))
			return step_out_of_frame(plan);
		if (!plan->needs_source)
			thread->debugger->return_value = (struct return_value){ thread->tid, plan->function };
		if (plan->unit != STEP_INSTRUCTION && step_is_between(plan, thread_pc(thread)))
			plan->plan.hidden_inlines = step_hidden_at(plan, thread_pc(thread));
		return PLAN_DONE;
	}
	if (plan->unit == STEP_INSTRUCTION)
		return PLAN_DONE;
	plan->has_returned = false;   // where it is now shows: left_range()
	return step_advance(plan);
}

static enum plan_verdict reached(struct step_plan *plan, const struct step_site *armed)
{
	switch (armed->purpose) {
	case STEP_SITE_BLOCK:
		step_disarm(plan);
		return plan->unit == STEP_INSTRUCTION ? PLAN_DONE : step_advance(plan);
	case STEP_SITE_RETURN: return returned(plan);
	case STEP_SITE_RESOLVED: return step_resolved(plan);
	case STEP_SITE_ENTRY: return step_enter(plan);
	case STEP_SITE_MAIN: return PLAN_DONE;
	case STEP_SITE_RETRY:
		step_disarm(plan);
		return plan->unit == STEP_INSTRUCTION ? step_single(plan) : step_advance(plan);
	case STEP_SITE_ESCAPE: return step_escaping(plan, armed->address);
	case STEP_SITE_LANDED: return step_landed(plan, !armed->sp);
	}
	return PLAN_GO_ON;
}

static enum plan_verdict plan_site_reached(struct plan *base, struct site *site)
{
	struct step_plan *plan = (struct step_plan *)base;
	uint64_t pc = thread_pc(base->thread);
	bool is_armed = false;
	(void)site;
	for (size_t i = 0; i < plan->armed.count; i++) {
		struct step_site armed = plan->armed.items[i];
		if (armed.address != pc)
			continue;
		is_armed = true;
		if (is_own_frame(plan, &armed))
			return reached(plan, &armed);
	}
	// A breakpoint that did not stop, met inside the line: find the way from here. Elsewhere: on to what is armed.
	bool is_in_line = !is_armed && plan->unit != STEP_INSTRUCTION && !plan->armed.count && !base->thread->wants_step && pc;
	return is_in_line && plan->range_end ? step_advance(plan) : PLAN_GO_ON;
}

// A handler is run through: a single step would end at its first instruction, and it may jump out.
static void plan_signal(struct plan *base)
{
	struct step_plan *plan = (struct step_plan *)base;
	struct thread *thread = base->thread;
	if (thread->wants_step) {
		thread->wants_step = false;
		thread->passed_site = 0;
		step_disarm(plan);
		step_arm(plan, STEP_SITE_RETRY, thread_pc(thread), step_stack_pointer(thread));
	}
	plan->is_interrupted = true;
	if (!step_has_armed(plan, STEP_SITE_ESCAPE))
		step_arm_escapes(plan);
}

static void plan_destroy(struct plan *base)
{
	struct step_plan *plan = (struct step_plan *)base;
	step_disarm(plan);
	vec_deinit(&plan->armed);
	free(plan);
}

static const struct plan_ops step_ops = {
	.site_reached = plan_site_reached,
	.stepped = plan_stepped,
	.signal = plan_signal,
	.destroy = plan_destroy,
};

void plan_end(struct thread *thread)
{
	struct plan *plan = thread->plan;
	if (!plan)
		return;
	thread->plan = NULL;
	free(plan->stop.text);
	plan->ops->destroy(plan);
}

// ---- beginning ----------------------------------------------------------------------------------------------------------

// Of the instance that the user sees: the one outside those that are hidden.
static const struct function *shown_function(struct thread *thread, uint64_t pc)
{
	const struct function *function = modules_function_at(thread->debugger->space.modules, pc);
	for (unsigned i = 0; i < thread->hidden_inlines && function && function->is_inlined && function->outer; i++)
		function = function->outer;
	return function;
}

static enum plan_verdict begin_out(struct step_plan *plan, struct error **error)
{
	struct thread *thread = plan->plan.thread;
	struct unwinder *unwinder = thread_unwinder(thread);
	if (plan->is_inlined) {
		plan->unit = STEP_LINE;
		plan->range_start = plan->range_end = 0;   // everything is outside: at_other_line() decides
		return step_advance(plan);
	}
	const struct frame *frame = NULL;
	for (size_t i = 1; unwinder && (frame = unwinder_frame(unwinder, i)); i++)
		if (frame->cfa != plan->cfa && !frame->is_signal_frame)
			break;
	if (!frame) {
		*error = error_create(ERROR_STATE, "this is the outermost frame: there is nothing to step out to");
		return PLAN_GO_ON;
	}
	uint64_t min_sp = frame->registers.known & (1u << DWARF_RSP) ? frame->registers.value[DWARF_RSP] : plan->cfa;
	return step_run_to_return(plan, frame->pc, min_sp);
}

static enum plan_verdict begin_line(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct modules *modules = thread->debugger->space.modules;
	uint64_t pc = thread_pc(thread);
	struct line_position position;
	if (modules_line_at(modules, pc, &position) && position.line) {
		step_begin_line(plan, &position);
		if (plan->kind != STEP_IN || !thread->hidden_inlines || !step_enters(plan, pc))
			return step_advance(plan);
		plan->plan.hidden_inlines = thread->hidden_inlines - 1;
		return PLAN_DONE;
	}
	// No source here: as gdb's step, out to where there is some.
	plan->needs_source = true;
	plan->kind = STEP_OUT;
	plan->is_inlined = false;
	return step_out_of_frame(plan);
}

static enum plan_verdict begin(struct step_plan *plan, struct error **error)
{
	struct thread *thread = plan->plan.thread;
	const struct user_regs_struct *registers = thread_registers(thread);
	enum plan_verdict verdict;
	if (registers && is_call_to_restart(registers))
		plan->plan.wants_all = true;   // it may block again
	if (plan->kind == STEP_OUT)
		verdict = begin_out(plan, error);
	else
		verdict = plan->unit == STEP_INSTRUCTION ? step_instruction_advance(plan) : begin_line(plan);
	if (verdict == PLAN_GO_ON && thread->signal && !*error)   // the one that it stopped for is delivered now
		plan_signal(&plan->plan);
	return verdict;
}

struct error *step_plan_create(struct thread *thread, enum step_kind kind, enum step_unit unit, enum plan_verdict *verdict_ret)
{
	const struct user_regs_struct *registers;
	struct error *error = thread_read_registers(thread, &registers);
	if (error)
		return error_wrap(error, "stepping");
	struct step_plan *plan = xcalloc(1, sizeof(*plan));
	plan->plan = (struct plan){ .ops = &step_ops, .thread = thread };
	plan->kind = kind;
	plan->unit = unit;
	plan->cfa = step_current_cfa(thread);
	plan->function = shown_function(thread, registers->rip);
	plan->is_inlined = plan->function && plan->function->is_inlined;
	plan_end(thread);
	thread->plan = &plan->plan;
	*verdict_ret = begin(plan, &error);
	if (error)
		plan_end(thread);
	else if (*verdict_ret == PLAN_GO_ON)   // else it was emulated
		debugger_become_hot(thread->debugger, thread);
	return error;
}

// ---- to the next syscall boundary -----------------------------------------------------------------------------------

static enum plan_verdict syscall_boundary(struct plan *plan)
{
	(void)plan;
	return PLAN_DONE;
}

static enum plan_verdict syscall_site_reached(struct plan *plan, struct site *site)
{
	(void)plan;
	(void)site;
	return PLAN_GO_ON;
}

static void syscall_plan_destroy(struct plan *plan)
{
	plan->thread->debugger->syscall_plans--;
	free(plan);
}

static const struct plan_ops syscall_ops = {
	.site_reached = syscall_site_reached,
	.syscall = syscall_boundary,
	.destroy = syscall_plan_destroy,
};

struct error *syscall_plan_create(struct thread *thread)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));
	*plan = (struct plan){ .ops = &syscall_ops, .thread = thread };
	plan_end(thread);
	thread->plan = plan;
	thread->debugger->syscall_plans++;
	return NULL;
}

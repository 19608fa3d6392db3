// Steps. Inside a line the thread runs alone and from one control transfer to the next: straight code is left by a temporary site
// at its end, and jumps, calls and returns are emulated there. A single step by the trap flag costs six times an int3 stop on
// many machines, so it is used for bare instruction steps alone. Calls are stepped over by a site behind them, with everybody running.
#include "engine/run/step.h"

#include <stdlib.h>

#include "base/log.h"

// Control transfers emulated in a row before the event loop gets a turn (an endless loop on one line).
enum { EMULATIONS_IN_A_ROW = 256, BLOCK_BYTES = 256 };

void step_arm(struct step_plan *plan, enum step_site_purpose purpose, uint64_t address, uint64_t min_sp)
{
	struct address_space *space = &plan->plan.thread->debugger->space;
	struct site_owner owner = { SITE_OWNER_PLAN, plan->plan.thread, NULL };
	struct error *error = site_acquire(space, address, owner, NULL);
	if (error) {   // not writable: the step ends where something else stops it
		error_destroy(error);
		return;
	}
	*vec_push(&plan->armed) = (struct step_site){ purpose, address, min_sp };
}

void step_disarm(struct step_plan *plan)
{
	vec_each(armed, &plan->armed)
		site_release(&plan->plan.thread->debugger->space, armed->address, SITE_OWNER_PLAN, plan->plan.thread);
	plan->armed.count = 0;
}

static uint64_t stack_pointer(struct thread *thread)
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

static bool decode_at(struct thread *thread, uint64_t pc, struct instruction *instruction_ret)
{
	uint8_t bytes[INSTRUCTION_MAX];
	size_t count = memory_read_some(thread->debugger->space.memory, pc, bytes, sizeof(bytes));
	struct error *error = instruction_decode(bytes, count, pc, instruction_ret);
	bool is_good = !error;
	error_destroy(error);
	return is_good;
}

static bool emulate(struct thread *thread, const struct instruction *instruction)
{
	const struct user_regs_struct *now = thread_registers(thread);
	if (!now)
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

// The stubs of the procedure linkage table lead to the real function: through the slot of the GOT, or by name if that is not bound yet.
static uint64_t through_plt(struct thread *thread, uint64_t target)
{
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *registers = thread_registers(thread);
	struct instruction_memory memory = site_memory(&debugger->space);
	for (unsigned hops = 0; registers && hops < 4; hops++) {
		struct module *module = modules_find(debugger->space.modules, target);
		if (!module || !module_is_plt(module, target))
			return target;
		struct instruction instruction;
		uint64_t pc = target;
		for (unsigned i = 0; decode_at(thread, pc, &instruction) && instruction.class != INSTRUCTION_JUMP; i++) {
			if (i == 3)
				return target;
			pc += instruction.length;
		}
		uint64_t next = 0;
		struct error *error = instruction_successor(&instruction, registers, &memory, &next);
		if (error) {
			error_destroy(error);
			return target;
		}
		if (modules_find(debugger->space.modules, next) == module && module_is_plt(module, next)) {
			const char *name = module_plt_name(module, target);
			struct symbol symbol;
			return name && modules_symbol_named(debugger->space.modules, name, &symbol) ? symbol.address : target;
		}
		target = next;
	}
	return target;
}

static bool has_source(struct debugger *debugger, uint64_t address)
{
	struct line_position position;
	return modules_line_at(debugger->space.modules, address, &position) && position.line;
}

static void let_others_run(struct step_plan *plan)
{
	plan->plan.wants_all = true;
	if (plan->plan.thread->debugger->solo == plan->plan.thread)
		debugger_end_solo(plan->plan.thread->debugger);
}

// Runs to `address`, reached by a return to a frame whose stack pointer is at least min_sp.
static enum plan_verdict run_to_return(struct step_plan *plan, uint64_t address, uint64_t min_sp)
{
	step_disarm(plan);
	plan->return_site = address;
	plan->return_sp = min_sp;
	step_arm(plan, STEP_SITE_RETURN, address, min_sp);
	step_arm_escapes(plan);
	let_others_run(plan);
	return PLAN_GO_ON;
}

static enum plan_verdict step_over_call(struct step_plan *plan, const struct instruction *call)
{
	return run_to_return(plan, call->address + call->length, stack_pointer(plan->plan.thread));
}

static enum plan_verdict step_into(struct step_plan *plan, uint64_t entry)
{
	struct thread *thread = plan->plan.thread;
	uint64_t body = modules_after_prologue(thread->debugger->space.modules, entry);
	step_disarm(plan);
	if (body == entry && thread_pc(thread) == entry)
		return PLAN_DONE;
	step_arm(plan, STEP_SITE_ENTERED, body, 0);
	return PLAN_GO_ON;
}

static enum plan_verdict step_call(struct step_plan *plan, const struct instruction *call)
{
	struct thread *thread = plan->plan.thread;
	struct instruction_memory memory = site_memory(&thread->debugger->space);
	uint64_t target = 0;
	const struct user_regs_struct *registers = thread_registers(thread);
	if (plan->kind != STEP_IN || !registers)
		return step_over_call(plan, call);
	struct error *error = instruction_successor(call, registers, &memory, &target);
	if (error) {
		error_destroy(error);
		return step_over_call(plan, call);
	}
	uint64_t function = through_plt(thread, target);
	if (!has_source(thread->debugger, function))
		return step_over_call(plan, call);
	enum plan_verdict verdict = step_into(plan, function);
	if (verdict == PLAN_GO_ON && function != target)
		let_others_run(plan);   // the run-time linker may wait for a lock
	return verdict;
}

// Out of the physical frame that the thread is in now. False: there is no caller, the thread runs on.
static enum plan_verdict run_out_of_frame(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *now = thread_registers(thread);
	struct frame_registers registers;
	struct frame_registers caller;
	uint64_t cfa = 0;
	bool is_signal_frame = false;
	if (!now)
		return PLAN_GO_ON;
	frame_registers_from_user(&registers, now);
	struct error *error = unwind_caller(debugger->space.modules, debugger->space.memory, &registers, now->rip, true, &caller, &cfa,
					    &is_signal_frame);
	if (error || !caller.value[DWARF_RIP]) {
		error_destroy(error);
		step_disarm(plan);
		let_others_run(plan);
		return PLAN_GO_ON;
	}
	return run_to_return(plan, caller.value[DWARF_RIP], caller.known & (1u << DWARF_RSP) ? caller.value[DWARF_RSP] : cfa);
}

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

static void take_line_range(struct step_plan *plan, uint64_t pc, const struct line_position *position)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	plan->range_start = position->start;
	plan->range_end = position->end;
	if (plan->unit == STEP_LINE)
		modules_line_range(modules, pc, &plan->range_start, &plan->range_end);
}

enum range_verdict { RANGE_CONTINUE, RANGE_DONE, RANGE_OUT };

// The pc is in the frame where the step began, but outside the line.
static enum range_verdict at_other_line(struct step_plan *plan, uint64_t pc)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	const struct function *function = modules_function_at(modules, pc);
	struct line_position position;
	if (!modules_line_at(modules, pc, &position))
		return RANGE_OUT;   // a tail call into code without source
	bool is_same_instance = is_same_function(function, plan->function);
	if (!is_same_instance && function && function->entry == pc && !function->is_inlined) {   // a tail call
		if (plan->kind != STEP_IN)
			return RANGE_OUT;
		plan->tail_entry = pc;
		return RANGE_CONTINUE;
	}
	bool is_deeper = !is_same_instance && plan->function && is_inside(function, plan->function);
	take_line_range(plan, pc, &position);
	if (!position.line || (is_deeper && plan->kind != STEP_IN))
		return RANGE_CONTINUE;
	if (plan->kind == STEP_OUT)
		return is_same_instance ? RANGE_CONTINUE : RANGE_DONE;
	if (!modules_is_statement_start(modules, pc))
		return is_same_instance || is_deeper ? RANGE_CONTINUE : RANGE_DONE;
	bool is_same_line = position.line == plan->line && position.file == plan->file;
	return is_same_instance && is_same_line && plan->unit == STEP_LINE ? RANGE_CONTINUE : RANGE_DONE;
}

static enum range_verdict left_range(struct step_plan *plan, uint64_t pc)
{
	struct thread *thread = plan->plan.thread;
	uint64_t cfa = step_current_cfa(thread);
	if (plan->has_returned || cfa > plan->cfa)
		return has_source(thread->debugger, pc) ? RANGE_DONE : RANGE_OUT;
	if (cfa < plan->cfa && cfa)
		return RANGE_OUT;   // deeper: how it got there is not a call that we saw
	return at_other_line(plan, pc);
}

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

static enum plan_verdict single_step(struct step_plan *plan)
{
	step_disarm(plan);
	plan->plan.thread->wants_step = true;
	return PLAN_GO_ON;
}

static enum plan_verdict run_block(struct step_plan *plan, uint64_t end)
{
	step_disarm(plan);
	step_arm(plan, STEP_SITE_BLOCK, end, 0);
	return PLAN_GO_ON;
}

// At a control transfer. *moved_ret: it was emulated, the pc is elsewhere.
static enum plan_verdict at_transfer(struct step_plan *plan, const struct instruction *instruction, bool *moved_ret)
{
	struct thread *thread = plan->plan.thread;
	switch (instruction->class) {
	case INSTRUCTION_CALL: return step_call(plan, instruction);
	case INSTRUCTION_RETURN:
		*moved_ret = emulate(thread, instruction);
		plan->has_returned = *moved_ret;
		return *moved_ret ? PLAN_GO_ON : single_step(plan);
	case INSTRUCTION_JUMP:
	case INSTRUCTION_BRANCH:
		*moved_ret = emulate(thread, instruction);
		return *moved_ret ? PLAN_GO_ON : single_step(plan);
	case INSTRUCTION_SYSCALL:
		let_others_run(plan);   // it may block
		return run_block(plan, instruction->address + instruction->length);
	default: return single_step(plan);
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

static enum plan_verdict follow_range(struct step_plan *plan, enum range_verdict verdict)
{
	if (verdict == RANGE_DONE)
		return PLAN_DONE;
	if (verdict == RANGE_OUT)
		return run_out_of_frame(plan);
	uint64_t entry = plan->tail_entry;
	plan->tail_entry = 0;
	return step_into(plan, entry);
}

enum plan_verdict step_advance(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	for (unsigned emulated = 0; emulated < EMULATIONS_IN_A_ROW; emulated++) {
		uint64_t pc = thread_pc(thread);
		if (!pc)
			return single_step(plan);   // into the fault, or gone
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
			return run_block(plan, end);
		bool is_moved = false;
		enum plan_verdict verdict = first.length ? at_transfer(plan, &first, &is_moved) : single_step(plan);
		if (!is_moved)
			return verdict;
	}
	return single_step(plan);
}

// ---- instruction steps ------------------------------------------------------------------------------------------------

static enum plan_verdict instruction_advance(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct instruction *instruction = &plan->instruction;
	*instruction = (struct instruction){ 0 };
	if (!decode_at(thread, thread_pc(thread), instruction))
		return single_step(plan);
	if (instruction->class == INSTRUCTION_CALL && plan->kind == STEP_OVER)
		return step_over_call(plan, instruction);
	if (instruction->class == INSTRUCTION_SYSCALL)
		let_others_run(plan);
	if (instruction->class != INSTRUCTION_OTHER && emulate(thread, instruction))
		return PLAN_DONE;
	return single_step(plan);
}

enum { TRAP_FLAG = 0x100 };

// The trap flag of the step shows where the program can see its flags: r11 after `syscall`, the stack after `pushf`.
static void hide_trap_flag(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	const struct user_regs_struct *now = thread_registers(thread);
	if (!now)
		return;
	struct user_regs_struct registers = *now;
	if (plan->instruction.class == INSTRUCTION_SYSCALL) {
		registers.r11 &= ~(unsigned long long)TRAP_FLAG;
		thread_set_registers(thread, &registers);
	} else if (plan->instruction.class == INSTRUCTION_PUSHF) {
		struct memory *memory = thread->debugger->space.memory;
		uint8_t high;
		struct error *error = memory_read(memory, registers.rsp + 1, &high, 1);
		if (!error) {
			high &= (uint8_t)~(TRAP_FLAG >> 8);
			error = memory_write(memory, registers.rsp + 1, &high, 1);
		}
		error_destroy(error);
	}
}

// ---- the plan's answers -----------------------------------------------------------------------------------------------

static enum plan_verdict plan_stepped(struct plan *base)
{
	struct step_plan *plan = (struct step_plan *)base;
	hide_trap_flag(plan);
	return plan->unit == STEP_INSTRUCTION ? PLAN_DONE : step_advance(plan);
}

static const struct step_site *armed_at(const struct step_plan *plan, uint64_t address)
{
	for (size_t i = 0; i < plan->armed.count; i++)
		if (plan->armed.items[i].address == address)
			return &plan->armed.items[i];
	return NULL;
}

// Recursion and signal handlers run through the same code in deeper frames.
static bool is_own_frame(struct step_plan *plan, const struct step_site *armed)
{
	struct thread *thread = plan->plan.thread;
	if (stack_pointer(thread) < armed->min_sp)
		return false;
	if (armed->purpose != STEP_SITE_BLOCK || !plan->cfa)
		return true;
	uint64_t cfa = step_current_cfa(thread);
	return !cfa || cfa == plan->cfa;
}

static enum plan_verdict returned(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	step_disarm(plan);
	if (plan->unit == STEP_INSTRUCTION && plan->kind == STEP_OVER)
		return PLAN_DONE;
	if (plan->kind == STEP_OUT && !plan->is_inlined) {
		if (!has_source(thread->debugger, thread_pc(thread)) && plan->needs_source)
			return run_out_of_frame(plan);
		thread->debugger->return_value = (struct return_value){ thread->tid, plan->function };
		return PLAN_DONE;
	}
	plan->has_returned = false;   // where it is now shows: left_range()
	return step_advance(plan);
}

static enum plan_verdict plan_site_reached(struct plan *base, struct site *site)
{
	struct step_plan *plan = (struct step_plan *)base;
	struct thread *thread = plan->plan.thread;
	const struct step_site *found = armed_at(plan, thread_pc(thread));
	(void)site;
	if (!found) {
		// A breakpoint that did not stop, met inside the line: find the way from here. Elsewhere: on to what is armed.
		uint64_t pc = thread_pc(thread);
		bool is_in_line = plan->unit != STEP_INSTRUCTION && !plan->armed.count && pc;
		return is_in_line ? step_advance(plan) : PLAN_GO_ON;
	}
	struct step_site armed = *found;
	if (!is_own_frame(plan, &armed))
		return PLAN_GO_ON;
	switch (armed.purpose) {
	case STEP_SITE_BLOCK: return step_advance(plan);
	case STEP_SITE_ENTERED: return PLAN_DONE;
	case STEP_SITE_RETURN: return returned(plan);
	case STEP_SITE_RETRY:
		step_disarm(plan);
		return plan->unit == STEP_INSTRUCTION ? single_step(plan) : step_advance(plan);
	case STEP_SITE_ESCAPE: return step_escaping(plan, thread_pc(thread));
	case STEP_SITE_LANDED:
		step_disarm(plan);
		return step_landed(plan);
	}
	return PLAN_GO_ON;
}

// A single step would end in the handler's first instruction: the handler runs through first.
static void plan_signal(struct plan *base)
{
	struct step_plan *plan = (struct step_plan *)base;
	struct thread *thread = base->thread;
	if (!thread->wants_step)
		return;
	thread->wants_step = false;
	thread->passed_site = 0;
	step_disarm(plan);
	step_arm(plan, STEP_SITE_RETRY, thread_pc(thread), stack_pointer(thread));
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

static enum plan_verdict begin_out(struct step_plan *plan, struct error **error)
{
	struct thread *thread = plan->plan.thread;
	struct unwinder *unwinder = thread_unwinder(thread);
	if (plan->is_inlined) {
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
	return run_to_return(plan, frame->pc, min_sp);
}

static enum plan_verdict begin_line(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct modules *modules = thread->debugger->space.modules;
	uint64_t pc = thread_pc(thread);
	struct line_position position;
	if (modules_line_at(modules, pc, &position) && position.line) {
		plan->line = position.line;
		plan->file = position.file;
		take_line_range(plan, pc, &position);
		return step_advance(plan);
	}
	// No source here: as gdb's step, out to where there is some.
	plan->needs_source = true;
	plan->kind = STEP_OUT;
	plan->is_inlined = false;
	return run_out_of_frame(plan);
}

struct error *step_plan_create(struct thread *thread, enum step_kind kind, enum step_unit unit, enum plan_verdict *verdict_ret)
{
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *registers;
	struct error *error = thread_read_registers(thread, &registers);
	if (error)
		return error_wrap(error, "stepping");
	struct step_plan *plan = xcalloc(1, sizeof(*plan));
	plan->plan = (struct plan){ .ops = &step_ops, .thread = thread };
	plan->kind = kind;
	plan->unit = unit;
	plan->cfa = step_current_cfa(thread);
	plan->function = modules_function_at(debugger->space.modules, registers->rip);
	plan->is_inlined = plan->function && plan->function->is_inlined;
	plan_end(thread);
	thread->plan = &plan->plan;
	debugger_become_hot(debugger, thread);
	if (kind == STEP_OUT)
		*verdict_ret = begin_out(plan, &error);
	else if (unit == STEP_INSTRUCTION)
		*verdict_ret = instruction_advance(plan);
	else
		*verdict_ret = begin_line(plan);
	if (error)
		plan_end(thread);
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

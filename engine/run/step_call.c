// Calls: over them by a site behind them, with everybody running; into them through trampolines (the procedure linkage table, C++
// thunks) to the real function; and out of frames.
#include "engine/run/step.h"

enum {
	TRAMPOLINE_HOPS = 8,
	TRAMPOLINE_INSTRUCTIONS = 8,     // before its jump
	RESOLVER_INSTRUCTIONS = 128,     // of the run-time linker's _dl_runtime_resolve_*, before its jump
};

// Where a call or jump leads.
struct callee {
	uint64_t entry;       // of the function; 0: not known before `resolver` is reached
	uint64_t resolver;    // the run-time linker's jump to it; 0: there is none on the way
};

// Runs to `address`, reached by a return to a frame whose stack pointer is at least min_sp.
enum plan_verdict step_run_to_return(struct step_plan *plan, uint64_t address, uint64_t min_sp)
{
	step_disarm(plan);
	step_arm(plan, STEP_SITE_RETURN, address, min_sp);
	step_arm_escapes(plan);
	step_let_others_run(plan);
	return PLAN_GO_ON;
}

enum plan_verdict step_over_call(struct step_plan *plan, const struct instruction *call)
{
	return step_run_to_return(plan, call->address + call->length, step_stack_pointer(plan->plan.thread));
}

// ---- trampolines --------------------------------------------------------------------------------------------------------

// The first jump from pc on that straight code leads to.
static bool find_jump(struct thread *thread, uint64_t pc, unsigned limit, bool is_indirect, struct instruction *jump_ret)
{
	for (unsigned i = 0; i < limit && step_decode(thread, pc, jump_ret); i++) {
		if (jump_ret->class == INSTRUCTION_JUMP && (jump_ret->is_indirect || !is_indirect))
			return true;
		bool is_passed = jump_ret->class == INSTRUCTION_OTHER || (is_indirect && jump_ret->class != INSTRUCTION_RETURN);
		if (!is_passed)
			return false;
		pc += jump_ret->length;
	}
	return false;
}

static bool successor(struct thread *thread, const struct instruction *instruction, uint64_t *address_ret)
{
	struct instruction_memory memory = site_memory(&thread->debugger->space);
	const struct user_regs_struct *registers = thread_registers(thread);
	struct error *error = registers ? instruction_successor(instruction, registers, &memory, address_ret) : NULL;
	bool is_known = registers && !error;
	error_destroy(error);
	return is_known;
}

// Itanium C++ ABI, 5.1.4: thunks adjust `this` and jump.
static bool is_thunk(struct modules *modules, uint64_t address)
{
	struct symbol symbol;
	struct line_position position;
	if (modules_line_at(modules, address, &position) && position.line)
		return false;
	return modules_symbol_at(modules, address, &symbol) && symbol.address == address &&
	       (strncmp(symbol.name, "_ZTh", 4) == 0 || strncmp(symbol.name, "_ZTv", 4) == 0 || strncmp(symbol.name, "_ZTc", 4) == 0);
}

// Stubs of the procedure linkage table lead to the function through their slot of the GOT; while that is not bound, by way of the
// table's first entry to the run-time linker's _dl_runtime_resolve_*, which looks the function up (and asks an IFUNC's resolver)
// and jumps to it.
static struct callee follow_trampolines(struct thread *thread, uint64_t target)
{
	struct modules *modules = thread->debugger->space.modules;
	bool is_unbound = false;
	for (unsigned hop = 0; hop < TRAMPOLINE_HOPS; hop++) {
		struct module *module = modules_find(modules, target);
		bool is_plt = module && module_is_plt(module, target);
		struct instruction jump;
		uint64_t next;
		if (is_unbound && !is_plt)
			return find_jump(thread, target, RESOLVER_INSTRUCTIONS, true, &jump) ? (struct callee){ 0, jump.address }
											     : (struct callee){ target, 0 };
		if (!module || (!is_plt && !is_thunk(modules, target)))
			break;
		if (!find_jump(thread, target, TRAMPOLINE_INSTRUCTIONS, false, &jump) || !successor(thread, &jump, &next))
			break;
		is_unbound = is_unbound || (is_plt && jump.is_indirect && modules_find(modules, next) == module && module_is_plt(module, next));
		target = next;
	}
	return (struct callee){ target, 0 };
}

// ---- into ---------------------------------------------------------------------------------------------------------------

// At the entry: behind its prologue the step ends.
enum plan_verdict step_enter(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct modules *modules = thread->debugger->space.modules;
	uint64_t entry = thread_pc(thread);
	step_disarm(plan);
	plan->is_entering = true;
	plan->has_returned = false;
	plan->function = step_physical(modules_function_at(modules, entry));
	plan->cfa = step_current_cfa(thread);
	plan->line = 0;
	plan->file = NULL;
	plan->range_start = entry;
	plan->range_end = modules_after_prologue(modules, entry);
	return step_advance(plan);
}

// Runs by way of a trampoline to the function; where its stack pointer is `sp`, it was called from here.
static void run_to_callee(struct step_plan *plan, const struct callee *callee, uint64_t sp)
{
	if (callee->resolver)
		step_arm(plan, STEP_SITE_RESOLVED, callee->resolver, sp);
	else
		step_arm(plan, STEP_SITE_ENTRY, callee->entry, sp);
}

enum plan_verdict step_call(struct step_plan *plan, const struct instruction *call)
{
	struct thread *thread = plan->plan.thread;
	uint64_t target;
	if (plan->kind != STEP_IN || plan->is_entering || !successor(thread, call, &target))
		return step_over_call(plan, call);
	struct callee callee = follow_trampolines(thread, target);
	if (!callee.resolver && !step_enters(plan, callee.entry))
		return step_over_call(plan, call);
	if (callee.entry == target && step_emulate(thread, call))
		return step_enter(plan);
	uint64_t sp = step_stack_pointer(thread);
	step_over_call(plan, call);   // should it not come by there
	run_to_callee(plan, &callee, sp - 8);
	return PLAN_GO_ON;
}

// The run-time linker's jump: now it is known which function it is. Without source, on to the return.
enum plan_verdict step_resolved(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct instruction jump;
	uint64_t target;
	step_disarm_purpose(plan, STEP_SITE_RESOLVED);
	if (!step_decode(thread, thread_pc(thread), &jump) || !successor(thread, &jump, &target))
		return PLAN_GO_ON;
	struct callee callee = follow_trampolines(thread, target);
	if (!callee.entry || !step_enters(plan, callee.entry))
		return PLAN_GO_ON;
	step_arm(plan, STEP_SITE_ENTRY, callee.entry, step_stack_pointer(thread));
	return PLAN_GO_ON;
}

// A tail call that ended in a trampoline. False: there is nothing to enter behind it.
bool step_tail_trampoline(struct step_plan *plan, enum plan_verdict *verdict_ret)
{
	struct thread *thread = plan->plan.thread;
	uint64_t pc = thread_pc(thread);
	struct callee callee = follow_trampolines(thread, pc);
	if (callee.entry == pc || (!callee.resolver && !step_enters(plan, callee.entry)))
		return false;
	*verdict_ret = step_out_of_frame(plan);
	run_to_callee(plan, &callee, step_stack_pointer(thread));
	return true;
}

// ---- out ----------------------------------------------------------------------------------------------------------------

// The program has not come to its source yet (the run-time linker, _start): that begins at main.
static void arm_main(struct step_plan *plan)
{
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	struct symbol symbol;
	if (plan->needs_source && modules_symbol_named(modules, "main", &symbol) && symbol.is_function)
		step_arm(plan, STEP_SITE_MAIN, modules_after_prologue(modules, symbol.address), 0);
}

// Out of the physical frame that the thread is in now. Without a caller the thread runs on.
enum plan_verdict step_out_of_frame(struct step_plan *plan)
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
		arm_main(plan);
		step_let_others_run(plan);
		return PLAN_GO_ON;
	}
	enum plan_verdict verdict = step_run_to_return(plan, caller.value[DWARF_RIP],
						       caller.known & (1u << DWARF_RSP) ? caller.value[DWARF_RSP] : cfa);
	arm_main(plan);
	return verdict;
}

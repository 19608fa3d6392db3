// A call that is stepped over may never return: longjmp and C++ exceptions leave it. Sites at their library functions tell where
// control goes, and the step goes on there if that is in the frame where it began or further out.
#include "engine/run/step.h"

// setjmp's buffer on x86-64 glibc: words 6 and 7 are the stack pointer and pc, mangled (sysdeps/x86_64/__longjmp.S).
enum { JB_RSP = 6, JB_PC = 7, POINTER_GUARD_OFFSET = 0x30, MANGLE_ROTATE = 17 };

static const char *const escape_names[] = {
	"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk", "__libc_longjmp", "__libc_siglongjmp", "_Unwind_SetIP",
};

// Looked up once for a set of modules.
static void find_escapes(struct debugger *debugger)
{
	if (debugger->escapes_known)
		return;
	debugger->escapes_known = true;
	debugger->escapes.count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(escape_names); i++) {
		struct symbol symbol;
		if (!modules_symbol_named(debugger->space.modules, escape_names[i], &symbol) || !symbol.is_function)
			continue;
		bool is_known = false;
		vec_each(known, &debugger->escapes)
			is_known = is_known || known->address == symbol.address;
		if (!is_known)
			*vec_push(&debugger->escapes) = (struct escape){ symbol.address, i == ARRAY_SIZE(escape_names) - 1 };
	}
}

void step_arm_escapes(struct step_plan *plan)
{
	struct debugger *debugger = plan->plan.thread->debugger;
	find_escapes(debugger);
	vec_each(escape, &debugger->escapes)
		step_arm(plan, STEP_SITE_ESCAPE, escape->address, 0);
}

static bool read_word(struct debugger *debugger, uint64_t address, uint64_t *word_ret)
{
	struct error *error = memory_read(debugger->space.memory, address, word_ret, sizeof(*word_ret));
	bool is_good = !error;
	error_destroy(error);
	return is_good;
}

static uint64_t demangle(uint64_t word, uint64_t guard)
{
	return ((word >> MANGLE_ROTATE) | (word << (64 - MANGLE_ROTATE))) ^ guard;
}

static bool longjmp_target(struct thread *thread, uint64_t *pc_ret, uint64_t *sp_ret)
{
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *registers = thread_registers(thread);
	uint64_t pc;
	uint64_t sp;
	uint64_t guard;
	if (!registers || !read_word(debugger, registers->rdi + JB_PC * 8, &pc) || !read_word(debugger, registers->rdi + JB_RSP * 8, &sp) ||
	    !read_word(debugger, registers->fs_base + POINTER_GUARD_OFFSET, &guard))
		return false;
	*pc_ret = demangle(pc, guard);
	*sp_ret = demangle(sp, guard);
	return modules_find(debugger->space.modules, *pc_ret);
}

enum plan_verdict step_escaping(struct step_plan *plan, uint64_t address)
{
	struct thread *thread = plan->plan.thread;
	const struct user_regs_struct *registers = thread_registers(thread);
	uint64_t pc = 0;
	uint64_t sp = 0;
	bool is_landing_pad = false;
	vec_each(escape, &thread->debugger->escapes)
		is_landing_pad = is_landing_pad || (escape->address == address && escape->is_landing_pad);
	if (is_landing_pad && registers)
		pc = registers->rsi;
	else if (!longjmp_target(thread, &pc, &sp))
		return PLAN_GO_ON;
	step_disarm_purpose(plan, STEP_SITE_LANDED);
	step_arm(plan, STEP_SITE_LANDED, pc, sp);
	return PLAN_GO_ON;
}

// Still inside the call, or (out of the frame) still inside the frame: it may escape again, or return.
static bool is_landed_inside(const struct step_plan *plan, uint64_t cfa)
{
	if (!cfa || !plan->cfa)
		return false;
	bool is_leaving = plan->kind == STEP_OUT && !plan->is_inlined;
	return cfa < plan->cfa || (is_leaving && cfa == plan->cfa);
}

enum plan_verdict step_landed(struct step_plan *plan, bool is_landing_pad)
{
	struct thread *thread = plan->plan.thread;
	struct modules *modules = thread->debugger->space.modules;
	uint64_t cfa = step_current_cfa(thread);
	struct line_position position;
	uint64_t pc = thread_pc(thread);
	step_disarm_purpose(plan, STEP_SITE_LANDED);
	if (is_landed_inside(plan, cfa))
		return PLAN_GO_ON;
	step_disarm(plan);
	if (plan->unit == STEP_INSTRUCTION || (plan->kind == STEP_OUT && !plan->is_inlined && !plan->needs_source))
		return PLAN_DONE;
	if (!modules_line_at(modules, pc, &position) || !step_has_source(plan, pc))
		return step_out_of_frame(plan);
	bool is_statement = position.line && modules_is_statement_start(modules, pc);
	if (is_landing_pad && is_statement && plan->kind != STEP_OUT)
		return PLAN_DONE;
	// In the middle of a line, as a rule: on to the start of a statement.
	if (cfa != plan->cfa || plan->needs_source)
		plan->function = modules_function_at(modules, pc);
	if (plan->needs_source)
		plan->kind = STEP_OVER;
	plan->cfa = cfa;
	plan->is_entering = plan->has_returned = false;
	plan->line = 0;
	plan->file = NULL;
	plan->range_start = pc;
	plan->range_end = position.end;
	return step_advance(plan);
}

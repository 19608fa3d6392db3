// A call that is stepped over may never return: longjmp and C++ exceptions leave it. Sites at their library functions tell where
// control goes, and the step goes on there if that is in the frame where it began or further out.
#include "engine/run/step.h"

// setjmp's buffer on x86-64 glibc: words 6 and 7 are the stack pointer and pc, mangled (sysdeps/x86_64/__longjmp.S).
enum { JB_RSP = 6, JB_PC = 7, POINTER_GUARD_OFFSET = 0x30, MANGLE_ROTATE = 17 };

static const char *const escape_names[] = {
	"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk", "__libc_longjmp", "__libc_siglongjmp", "__cxa_begin_catch",
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

// The frame that called the function at whose entry the thread stands.
static bool caller_of(struct thread *thread, uint64_t *pc_ret, uint64_t *sp_ret)
{
	const struct user_regs_struct *registers = thread_registers(thread);
	if (!registers || !read_word(thread->debugger, registers->rsp, pc_ret))
		return false;
	*sp_ret = registers->rsp + 8;
	return true;
}

enum plan_verdict step_escaping(struct step_plan *plan, uint64_t address)
{
	struct thread *thread = plan->plan.thread;
	struct debugger *debugger = thread->debugger;
	uint64_t pc;
	uint64_t sp;
	bool is_catch = false;
	vec_each(escape, &debugger->escapes)
		is_catch = is_catch || (escape->address == address && escape->is_catch);
	if (is_catch ? caller_of(thread, &pc, &sp) : longjmp_target(thread, &pc, &sp))
		step_arm(plan, STEP_SITE_LANDED, pc, sp);
	return PLAN_GO_ON;
}

enum plan_verdict step_landed(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	uint64_t cfa = step_current_cfa(thread);
	struct line_position position;
	uint64_t pc = thread_pc(thread);
	if (cfa && plan->cfa && cfa < plan->cfa) {   // still inside the call: it may escape again, or return
		step_arm_escapes(plan);
		if (plan->return_site)
			step_arm(plan, STEP_SITE_RETURN, plan->return_site, plan->return_sp);
		return PLAN_GO_ON;
	}
	if (plan->kind == STEP_OUT || plan->unit == STEP_INSTRUCTION || !modules_line_at(thread->debugger->space.modules, pc, &position))
		return PLAN_DONE;
	// In the middle of a line, as a rule: on to the start of a statement.
	plan->cfa = cfa;
	plan->function = modules_function_at(thread->debugger->space.modules, pc);
	plan->line = 0;
	plan->file = NULL;
	plan->range_start = pc;
	plan->range_end = position.end;
	return step_advance(plan);
}

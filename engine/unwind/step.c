#include <string.h>

#include "engine/unwind/private.h"

bool unwind_read(struct memory *memory, uint64_t address, uint64_t *value_ret)
{
	return memory_read_some(memory, address, value_ret, sizeof(*value_ret)) == sizeof(*value_ret);
}

void frame_registers_set(struct frame_registers *registers, int number, uint64_t value, uint64_t saved_at)
{
	registers->value[number] = value;
	registers->saved_at[number] = saved_at;
	registers->known |= 1u << number;
}

void frame_registers_from_user(struct frame_registers *frame_registers, const struct user_regs_struct *registers)
{
	// In DWARF's order (psABI, 3.6.2); not through engine/arch: this is asked for at every step of a plan.
	*frame_registers = (struct frame_registers){
		.value = { registers->rax, registers->rdx, registers->rcx, registers->rbx, registers->rsi, registers->rdi,
			   registers->rbp, registers->rsp, registers->r8, registers->r9, registers->r10, registers->r11,
			   registers->r12, registers->r13, registers->r14, registers->r15, registers->rip },
		.known = (1u << DWARF_REGISTER_COUNT) - 1,
		.kept = 1u << FRAME_KEPT_OTHERS,
	};
}

static struct error *row_cfa(const struct unwind_step *step, const struct cfi_row *row, uint64_t *cfa_ret)
{
	const struct cfi_rule *rule = &row->cfa;
	switch (rule->kind) {
	case CFI_REGISTER:
		if (!frame_registers_know(step->registers, rule->number))
			return error_create(ERROR_UNAVAILABLE, "register %u is not known in this frame", rule->number);
		*cfa_ret = step->registers->value[rule->number] + (uint64_t)(int64_t)rule->offset;
		return NULL;
	case CFI_VALUE:
		return cfi_evaluate(row->operations + rule->offset, rule->count, step->registers, NULL, step->memory,
				    step->module->bias, cfa_ret);
	default:
		return error_create(ERROR_UNSUPPORTED, "call-frame information too large");
	}
}

static void recover_saved(struct unwind_step *step, int number, uint64_t address)
{
	uint64_t value;
	if (unwind_read(step->memory, address, &value))
		frame_registers_set(&step->caller, number, value, address);
}

static void recover_copy(struct unwind_step *step, int number, unsigned from)
{
	if (frame_registers_know(step->registers, from))
		frame_registers_set(&step->caller, number, step->registers->value[from], step->registers->saved_at[from]);
}

// gcc uses registers across a call that no callee changes (-fipa-ra), whatever the calling convention says.
static void keep_unsaved(struct unwind_step *step, int number)
{
	if (!((step->registers->known | step->registers->kept) & 1u << number))
		return;
	step->caller.value[number] = step->registers->value[number];
	step->caller.saved_at[number] = step->registers->saved_at[number];
	step->caller.kept |= 1u << number;
}

static void recover_computed(struct unwind_step *step, int number, const struct cfi_row *row, const struct cfi_rule *rule)
{
	uint64_t value;
	struct error *error = cfi_evaluate(row->operations + rule->offset, rule->count, step->registers, &step->cfa, step->memory,
					   step->module->bias, &value);
	if (error)
		error_destroy(error);   // then the register is simply not known
	else if (rule->kind == CFI_EXPRESSION)
		recover_saved(step, number, value);
	else
		frame_registers_set(&step->caller, number, value, 0);
}

static void recover(struct unwind_step *step, int number, const struct cfi_row *row)
{
	const struct cfi_rule *rule = &row->registers[number];
	uint64_t at_offset = step->cfa + (uint64_t)(int64_t)rule->offset;
	switch ((enum cfi_rule_kind)rule->kind) {
	case CFI_UNDEFINED: keep_unsaved(step, number); break;
	case CFI_SAME: recover_copy(step, number, (unsigned)number); break;
	case CFI_AT_CFA: recover_saved(step, number, at_offset); break;
	case CFI_CFA_OFFSET: frame_registers_set(&step->caller, number, at_offset, 0); break;
	case CFI_REGISTER: recover_copy(step, number, (unsigned)rule->offset); break;
	case CFI_EXPRESSION:
	case CFI_VALUE: recover_computed(step, number, row, rule); break;
	}
}

static struct error *row_step(struct unwind_step *step, const struct cfi_row *row)
{
	struct error *error = row_cfa(step, row, &step->cfa);
	if (error)
		return error;
	step->is_signal = row->is_signal;
	step->caller.known = 0;
	step->caller.kept = row->is_signal ? 0 : step->registers->kept & 1u << FRAME_KEPT_OTHERS;
	for (int i = 0; i < DWARF_REGISTER_COUNT; i++)
		recover(step, i, row);
	if (row->registers[row->return_register].kind == CFI_UNDEFINED)
		return error_create(ERROR_NOT_FOUND, "outermost frame");
	if (!frame_registers_know(&step->caller, row->return_register))
		return error_fault(step->cfa, "cannot read the return address of the frame at 0x%lx", step->cfa);
	if (row->return_register != DWARF_RIP)
		frame_registers_set(&step->caller, DWARF_RIP, step->caller.value[row->return_register],
				    step->caller.saved_at[row->return_register]);
	return NULL;
}

static struct error *step_by_any_means(struct unwind_step *step)
{
	const struct cfi_row *row = step->module ? cfi_row_at(step->module, step->lookup_pc) : NULL;
	// A restorer without CFI may stand directly behind a function that has some.
	bool is_behind_row = row && module_runtime(step->module, (struct link_address){ row->end }) <= step->pc;
	bool may_be_trampoline = !row || (is_behind_row && !row->is_signal);
	if (may_be_trampoline && signal_trampoline_at(step->memory, step->pc))
		return signal_frame_step(step);
	return row ? row_step(step, row) : guess_step(step);
}

struct error *unwind_step(struct unwind_step *step)
{
	step->cfa = 0;
	step->is_signal = step->is_guess = false;
	struct error *error = step_by_any_means(step);
	if (error)
		return error;
	// A thread that a signal caught with pc 0 (a call through NULL) has a caller; otherwise nothing returns to 0.
	if (!step->caller.value[DWARF_RIP] && !step->is_signal)
		return error_create(ERROR_NOT_FOUND, "outermost frame");
	return NULL;
}

static struct unwind_step step_init(struct modules *modules, struct memory *memory, const struct frame_registers *registers,
				    uint64_t pc, bool is_exact)
{
	uint64_t lookup_pc = pc - !is_exact;
	return (struct unwind_step){
		.modules = modules, .memory = memory, .module = modules_find(modules, lookup_pc), .registers = registers,
		.pc = pc, .lookup_pc = lookup_pc, .is_exact = is_exact,
	};
}

struct error *unwind_caller(struct modules *modules, struct memory *memory, const struct frame_registers *registers, uint64_t pc,
			    bool is_pc_exact, struct frame_registers *caller_ret, uint64_t *cfa_ret, bool *is_signal_frame_ret)
{
	struct unwind_step step = step_init(modules, memory, registers, pc, is_pc_exact);
	struct error *error = unwind_step(&step);
	if (error)
		return error;
	*caller_ret = step.caller;
	*cfa_ret = step.cfa;
	*is_signal_frame_ret = step.is_signal;
	return NULL;
}

struct error *unwind_cfa(struct modules *modules, struct memory *memory, const struct user_regs_struct *registers,
			 uint64_t *cfa_ret)
{
	struct frame_registers frame_registers;
	frame_registers_from_user(&frame_registers, registers);
	struct unwind_step step = step_init(modules, memory, &frame_registers, registers->rip, true);
	const struct cfi_row *row = step.module ? cfi_row_at(step.module, step.lookup_pc) : NULL;
	if (row)
		return row_cfa(&step, row, cfa_ret);
	struct error *error = unwind_step(&step);
	if (step.cfa) {
		error_destroy(error);
		*cfa_ret = step.cfa;
		return NULL;
	}
	return error ? error : error_create(ERROR_UNAVAILABLE, "the frame's CFA is not known");
}

// Single instructions: control transfers are emulated, all others run with the trap flag, which the program must not see.
#include "engine/run/step.h"

enum { TRAP_FLAG = 0x100 };

enum plan_verdict step_instruction_advance(struct step_plan *plan)
{
	struct thread *thread = plan->plan.thread;
	struct instruction *instruction = &plan->instruction;
	uint64_t pc = thread_pc(thread);
	*instruction = (struct instruction){ 0 };
	if (!step_decode(thread, pc, instruction))
		return step_single(plan);
	if (instruction->class == INSTRUCTION_CALL && plan->kind == STEP_OVER)
		return step_over_call(plan, instruction);
	if (instruction->class == INSTRUCTION_SYSCALL)
		step_let_others_run(plan);   // it may block
	if ((instruction->class != INSTRUCTION_OTHER || instruction->is_straight) && step_emulate(thread, instruction))
		return PLAN_DONE;
	if (!instruction->is_straight)
		return step_single(plan);
	// An int3 behind it costs a fraction of what the trap flag does where a hypervisor catches #DB.
	step_arm(plan, STEP_SITE_BLOCK, pc + instruction->length, 0);
	return PLAN_GO_ON;
}

// r11 after `syscall` holds the flags, rcx the pc behind it: those of the slot if it ran there.
static void hide_in_registers(struct step_plan *plan, const struct user_regs_struct *now)
{
	struct thread *thread = plan->plan.thread;
	const struct instruction *instruction = &plan->instruction;
	struct user_regs_struct registers = *now;
	if (registers.rip != instruction->address + instruction->length)
		return;   // rt_sigreturn, execve: other registers than those of the instruction
	registers.r11 &= ~(unsigned long long)TRAP_FLAG;
	if (slot_original_pc(&thread->debugger->space, registers.rcx) != registers.rcx)
		registers.rcx = registers.rip;
	thread_set_registers(thread, &registers);
}

static void hide_on_stack(struct step_plan *plan, uint64_t sp)
{
	struct memory *memory = plan->plan.thread->debugger->space.memory;
	uint8_t high;
	struct error *error = memory_read(memory, sp + 1, &high, 1);
	if (!error && high & TRAP_FLAG >> 8) {
		high &= (uint8_t)~(TRAP_FLAG >> 8);
		error = memory_write(memory, sp + 1, &high, 1);
	}
	error_destroy(error);
}

// The trap flag of the step shows where the program can see its flags.
static void hide_trap_flag(struct step_plan *plan)
{
	const struct user_regs_struct *now = thread_registers(plan->plan.thread);
	if (now && plan->instruction.class == INSTRUCTION_SYSCALL)
		hide_in_registers(plan, now);
	else if (now && plan->instruction.class == INSTRUCTION_PUSHF)
		hide_on_stack(plan, now->rsp);
}

enum plan_verdict step_instruction_done(struct step_plan *plan)
{
	const struct instruction *instruction = &plan->instruction;
	bool is_repeating = instruction->length && thread_pc(plan->plan.thread) == instruction->address;
	hide_trap_flag(plan);
	if (!is_repeating || plan->kind != STEP_OVER || instruction->class != INSTRUCTION_OTHER)
		return PLAN_DONE;
	// `rep movs` and its kin trap after each round: "over" means all of them.
	step_arm(plan, STEP_SITE_BLOCK, instruction->address + instruction->length, 0);
	return PLAN_GO_ON;
}

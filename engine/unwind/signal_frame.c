#include <string.h>

#include "engine/unwind/private.h"

// The restorer's code: mov eax or rax, __NR_rt_sigreturn; syscall.
bool signal_trampoline_at(struct memory *memory, uint64_t pc)
{
	static const uint8_t long_form[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t short_form[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	uint8_t code[sizeof(long_form)] = { 0 };
	size_t size = memory_read_some(memory, pc, code, sizeof(code));
	return (size == sizeof(long_form) && !memcmp(code, long_form, sizeof(long_form))) ||
	       (size >= sizeof(short_form) && !memcmp(code, short_form, sizeof(short_form)));
}

// The handler's return popped the restorer's address: rsp points to struct ucontext, whose registers begin at offset 40
// (struct sigcontext, asm/sigcontext.h).
struct error *signal_frame_step(struct unwind_step *step)
{
	static const int order[] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, DWARF_RBP, 3, 1, 0, 2, DWARF_RSP, DWARF_RIP };
	uint64_t saved[DWARF_REGISTER_COUNT];
	if (!frame_registers_know(step->registers, DWARF_RSP))
		return error_create(ERROR_UNAVAILABLE, "the stack pointer is not known");
	uint64_t address = step->registers->value[DWARF_RSP] + 40;
	struct error *error = memory_read(step->memory, address, saved, sizeof(saved));
	if (error)
		return error;
	step->is_signal = true;
	step->caller.known = step->caller.kept = 0;
	for (unsigned i = 0; i < DWARF_REGISTER_COUNT; i++)
		frame_registers_set(&step->caller, order[i], saved[i], address + 8 * i);
	step->cfa = step->caller.value[DWARF_RSP];
	return NULL;
}

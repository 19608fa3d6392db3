// Call frames: from a thread's registers outwards through call-frame information (.eh_frame, .debug_frame; DWARF 5, 6.4), through
// signal frames, PLT stubs, functions without frame pointer and, where there is no CFI at all, by frame pointer.
// Inlined functions are frames of their own. Frames are found lazily, the innermost first.
//
// The CFI row of a pc is cached in the module's unwind data, so that deep recursion costs a lookup a frame.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/arch/registers.h"
#include "engine/symbols/location.h"
#include "engine/symbols/module.h"

struct frame_registers {
	uint64_t value[DWARF_REGISTER_COUNT];
	uint64_t saved_at[DWARF_REGISTER_COUNT];   // address where the value is saved; 0: still in the register, or computed
	uint32_t known;                            // bit i: value[i] is valid
	uint32_t kept;                             // bit i: value[i] is valid if the callees left alone what they did not save
};

// A bit of frame_registers.kept: the thread's vector and x87 registers, which nothing saves.
enum { FRAME_KEPT_OTHERS = 31 };

struct frame {
	unsigned index;
	uint64_t pc;
	uint64_t lookup_pc;                 // pc, or pc - 1 after a call: what names the function and line
	uint64_t cfa;                       // same for all inlined frames of one physical frame; 0 if unknown
	struct frame_registers registers;
	const struct function *function;    // this instance (inlined or not); NULL without DWARF
	struct module *module;              // NULL: code outside every module
	bool is_inlined;                    // a copy inside the next (outer) frame: shares its registers
	bool is_signal_frame;               // the kernel's signal trampoline
	bool is_artificial;                 // pc outside all modules or no way to go on for sure
};

struct unwinder;

// The registers are copied; memory and modules must outlive it.
struct unwinder *unwinder_create(struct modules *modules, struct memory *memory, const struct user_regs_struct *registers);
void unwinder_destroy(struct unwinder *unwinder);
// Where the code of inlined functions begins, the thread is still at the call as well: the innermost `count` inlined frames are left
// out, and frame 0 is at the call. To be asked for before the first frame.
void unwinder_hide_inlined(struct unwinder *unwinder, unsigned count);
// Frame `index`, 0 innermost. NULL past the outermost. Valid until destroy.
const struct frame *unwinder_frame(struct unwinder *unwinder, size_t index);
// Unwinds to the end (at most `limit` frames) and returns the number.
size_t unwinder_count(struct unwinder *unwinder, size_t limit);
// How many frames are known already, and whether that is all.
size_t unwinder_known(const struct unwinder *unwinder, bool *is_complete_ret);

// The source position to show for a frame: its own line for frame 0 and physical frames, the call site for the
// frame outside an inlined one. False without line information.
bool frame_position(struct unwinder *unwinder, const struct frame *frame, struct line_position *position_ret);

// Just the caller's pc, CFA and registers, for stepping plans: no inlined frames, nothing kept.
struct error *unwind_caller(struct modules *modules, struct memory *memory, const struct frame_registers *registers, uint64_t pc,
			    bool is_pc_exact, struct frame_registers *caller_ret, uint64_t *cfa_ret, bool *is_signal_frame_ret);
// The CFA of the frame that these registers are in. Fast for a pc seen before.
struct error *unwind_cfa(struct modules *modules, struct memory *memory, const struct user_regs_struct *registers, uint64_t *cfa_ret);

void frame_registers_from_user(struct frame_registers *frame_registers, const struct user_regs_struct *registers);

// Drops the cached CFI of a module (it is being unloaded); called by modules_remove through its hook.
void unwind_forget(struct module *module);

// A site is one patched address: an int3 in the debuggee's text with its owners. It is never lifted to let a thread pass: the
// displaced instruction is emulated, or runs from an out-of-line slot (a relocated copy with a jump back), so that no
// other thread can slip by. A pc inside a slot is an implementation detail: thread_normalise_pc() maps it back at every stop.
#pragma once

#include "base/vec.h"
#include "engine/arch/instruction.h"
#include "engine/run/state.h"

enum site_owner_kind {
	SITE_OWNER_BREAKPOINT,   // a user's breakpoint
	SITE_OWNER_PLAN,         // a step of one thread
	SITE_OWNER_INTERNAL,     // the debugger itself: the loader's events, main
};

struct site_owner {
	enum site_owner_kind kind;
	const void *owner;       // struct breakpoint, struct thread, or the callback's data
	void (*reached)(struct debugger *debugger, struct thread *thread, struct site *site);   // INTERNAL
};

struct site {
	uint64_t address;
	VEC(struct site_owner) owners;
	struct instruction instruction;
	bool is_decoded, is_undecodable;
	uint64_t slot;                   // address of its copy, 0: none yet
	size_t slot_body;                // length of the copy without the jump back
	struct breakpoint *last_breakpoint;
};

struct site *site_at(struct address_space *space, uint64_t address);   // NULL if there is none
// Adds an owner; plants the int3 for the first. ERROR_FAULT if the address cannot be written.
struct error *site_acquire(struct address_space *space, uint64_t address, struct site_owner owner, struct site **site_ret);
// Takes the owner away; the last one lifts the int3. No site, no owner: nothing happens.
void site_release(struct address_space *space, uint64_t address, enum site_owner_kind kind, const void *owner);
bool site_has_owner(const struct site *site, enum site_owner_kind kind, const void *owner);
void sites_drop(struct address_space *space);      // after exec or death: the memory is not ours any more
void sites_lift(struct address_space *space);      // before detach: original bytes everywhere
// Gets the thread, which stands at the site, past it: emulates (registers change) or moves the pc to the slot. False if neither is
// possible: then only a single step with the int3 lifted and all others stopped helps.
bool site_pass(struct thread *thread, struct site *site);

// slot.c
struct error *slot_create(struct thread *thread, struct site *site);
struct site *slot_owner(struct address_space *space, uint64_t pc, uint64_t *offset_ret);   // NULL: pc is in no slot
// The pc as it would be without slots.
uint64_t slot_original_pc(struct address_space *space, uint64_t pc);
void slots_unmap(struct thread *thread);           // before detach: gives the pages back
// inject.c. Runs one system call in a stopped thread, whose registers and signal mask are as before afterwards; one at the entry of a
// call of its own stands in front of it again, one in a call with a mask of its own (pselect) enters that again. ERROR_STATE if a signal
// is to be delivered. The thread runs nothing but the kernel's part of that call and no signal reaches it, so
// this may wait for it.
struct error *inject_syscall(struct thread *thread, long number, const uint64_t arguments[6], int64_t *result_ret);

struct instruction_memory site_memory(struct address_space *space);   // for the emulator

// A call that a thread stands in front of, or has just come back from, is made another one: other arguments, another number, not
// made at all, another result. For the user and for rules alike.
//
// The argument registers that were changed get back at the return what the program had in them: it relies on the kernel leaving
// them alone. Nothing else has to be undone, so a debugger that goes away in the middle leaves a sound program.
#pragma once

#include "engine/run/state.h"

// ERROR_STATE unless the thread is stopped at a syscall's entry.
struct error *syscall_edit_argument(struct thread *thread, unsigned index, uint64_t value);
// Another call is made, with the same arguments. `number` is one of the event's ABI, without the x32 bit. Undoes a skip.
struct error *syscall_edit_number(struct thread *thread, uint64_t number);
// At the entry: the call is not made, and `result` (-errno: it fails) is what the program gets. At the return: it gets that instead;
// an interrupted call is not restarted then. ERROR_INVALID for a call that has no result.
struct error *syscall_edit_result(struct thread *thread, int64_t result);
// At the return: rdx, too.
struct error *syscall_edit_result2(struct thread *thread, uint64_t value);

// For event.c and thread.c. The registers of a thread at a syscall stop were changed, by whomever: its event follows.
void syscall_edit_follow(struct thread *thread);
// The thread is out of its call: argument registers as the program had them.
void syscall_edit_settle(struct thread *thread);

// scratch.c. A copy of the bytes in memory of our own in the debuggee, below 2 GiB, zero behind it: for what has no room where the
// program has it. Stays until the debuggee is let go; the room is used again, the oldest first. `size` <= SCRATCH_SIZE / 4.
enum { SCRATCH_SIZE = 64 * 1024 };
struct error *scratch_write(struct thread *thread, const void *bytes, size_t size, uint64_t *address_ret);
void scratch_unmap(struct thread *thread);   // before detach; not while a call still reads from it

// A debugger on a fabricated machine, and what it told.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/debugger.h"
#include "engine/run/state.h"
#include "tests/unit/run/machine.h"

#define MACHINE_CODE SOURCE_DIR "/tests/programs/machine_code.c"

struct world {
	struct loop *loop;
	struct machine *machine;       // the debugger's
	struct debugger *debugger;
	struct stop stop;              // the last one
	unsigned stops, exits, threads_started, threads_ended, launches, messages, dones;
	bool is_stopped, is_done, is_late;
	bool is_behind;                // a message is not read: output is held
	char said[1024];               // the text of all messages
	int exit_code, signo;
	enum error_code done_code;     // of launch, attach, detach; 0: success
};

// How a run goes in which something may fail at any moment.
struct world_plan {
	unsigned long dies_at;         // the operation at which SIGKILL comes; 0: none
	bool hides_exit, is_newest_first, is_child_first, is_interrupt_first, refuses_memory;   // as in struct machine
	unsigned interrupt_delay;
};

void world_init(struct world *world, const struct world_plan *plan);   // plan: NULL for the plainest
// Destroys the debugger and asserts that nothing hung, that the end was told at most once and that nothing is left in what was let go.
void world_deinit(struct world *world);

// Launches, with the function that the machine is to run; it stands at its first instruction. False: it died meanwhile.
bool world_launch(struct world *world, const char *function);
bool world_attach(struct world *world, const char *function);
void world_set_handler(struct world *world, uint64_t signals);   // `handler` handles these (bit signo - 1), and nobody is told
// Each goes on until the next stop; false: the debuggee ended, which was told.
bool world_start(struct world *world);
bool world_continue(struct world *world);
bool world_step(struct world *world, enum step_kind kind, enum step_unit unit);
bool world_wait(struct world *world);                            // for a stop or the end
void world_settle(struct world *world);                          // until nobody runs
void world_detach(struct world *world);                          // waits for it

// Breakpoints at the line of machine_code.c that contains the text; they replace those before. texts: NULL-terminated.
void world_break(struct world *world, const char *text, const char *condition, const char *hit, const char *log);
unsigned world_line(const char *text);
void world_assert_at(struct world *world, const char *text);     // the reported thread stands at the start of this line
uint64_t world_symbol(struct world *world, const char *name);
struct machine_thread *world_leader(struct world *world);

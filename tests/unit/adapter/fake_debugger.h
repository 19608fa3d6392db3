// The double of the engine for the adapter's tests: two threads, three frames, a few variables and one page of memory, and a
// record of the verbs that were called. Tests raise events through fake_listener().
#pragma once

#include "base/str.h"
#include "engine/debugger.h"
#include "engine/terminal.h"

enum { FAKE_MAIN = 100, FAKE_WORKER = 101, FAKE_PAGE = 0x1000, FAKE_PAGE_SIZE = 0x1000 };

struct fake {
	enum debugger_state state;
	const struct debugger_listener *listener;
	void *data;
	struct str calls;              // "launch /bin/true; start; step 100 over line; "
	// How it behaves:
	bool starts_later;             // launch is done when fake_finish_start() is called
	bool stops_within_step;        // the stop is reported from within the verb
	bool survives_signals;
	void (*within_frames)(void);   // called while frames are being found
	const char *launch_error;
	const char *refused;           // came to the terminal and was turned away
	const char *bad_signal_set;    // this text of a filter is refused
	uint8_t memory[FAKE_PAGE_SIZE];
	// What came:
	struct launch_spec spec;
	debugger_done_fn done;
	terminal_fn arrived;           // NULL: no terminal is awaited
	void *arrived_data;
	void *done_data;
	int x;                         // the one variable that can be set
	unsigned long long frames_asked;
};
extern struct fake fake;

void fake_reset(void);
void fake_finish_start(void);
void fake_arrive(const char *error);   // at the terminal; NULL: well
void fake_stop(enum stop_reason reason, pid_t tid);
void fake_exit(int code, int signo);

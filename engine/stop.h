// Why the debuggee stopped: a value, made by a pure classifier from the wait status, the siginfo and what we knew of the
// thread, so that tests can fabricate any stop.
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/syscalls/syscall.h"

enum stop_reason {
	STOP_NONE,
	STOP_ENTRY,                 // first instruction after exec of the program we launched
	STOP_MAIN,                  // the beginning of main, asked for by launch_spec
	STOP_BREAKPOINT,            // source line
	STOP_FUNCTION_BREAKPOINT,
	STOP_INSTRUCTION_BREAKPOINT,
	STOP_STEP,
	STOP_PAUSE,
	STOP_SIGNAL,
	STOP_SYSCALL,
	STOP_EXEC,                  // the process runs a new program
	STOP_GOTO,
	STOP_DATA_BREAKPOINT,
};

enum { STOP_HIT_MAX = 32 };

struct stop {
	enum stop_reason reason;
	pid_t tid;
	uint64_t pc;                       // after correction: the breakpoint's own address
	int breakpoint_ids[STOP_HIT_MAX];  // all user breakpoints hit here
	unsigned breakpoint_count;
	siginfo_t siginfo;                 // STOP_SIGNAL
	struct syscall_event syscall;      // STOP_SYSCALL
	char *text;                        // more words ("Breakpoint 2.1", a returned value); owned; may be NULL
};

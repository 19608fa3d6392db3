// Looking at a stopped debuggee: threads, frames, scopes, values. All of it is valid until the next resume: every frame carries the
// stop's epoch, and using an old one is ERROR_STATE, never a wrong answer.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/node.h"
#include "engine/stop.h"

struct debugger;

struct thread_info {
	pid_t tid;
	char name[32];       // from /proc/PID/task/TID/comm
	bool is_stopped;
};
// In the arena, by rising tid.
size_t debugger_threads(struct debugger *debugger, struct arena *arena, struct thread_info **threads_ret);

struct frame_info {
	unsigned index;
	const char *name;             // "main", "std::sort<...>", "0x7ffff7dd3000" if nothing is known; with module if no source
	const char *module_name;
	int module_id;                // 0: none
	const char *source_path;      // NULL: no source (use debugger_disassembly_text)
	bool is_source_present;       // the file exists here
	unsigned line, column;
	uint64_t pc;
	bool is_inlined, is_signal_frame;
	bool is_without_debug_info;   // presentationHint subtle
};
// Frames [start, start + count) (count 0: all) of a stopped thread, in the arena. *total_ret: number of frames if known without extra work,
// else at least what was returned plus one.
struct error *debugger_frames(struct debugger *debugger, pid_t tid, size_t start, size_t count, struct arena *arena,
			      struct frame_info **frames_ret, size_t *count_ret, size_t *total_ret, bool *is_total_exact_ret);

// Of a thread that stands at the system call that listener->syscall is told of, from within that call; nothing needs to be stopped.
// Its stack, innermost frame first, at most `max` frames, in the arena.
size_t debugger_syscall_frames(struct debugger *debugger, pid_t tid, size_t max, struct arena *arena, struct frame_info **frames_ret);
// Where the program itself is in it: the innermost line outside the system's libraries. False: none is known. `path` is valid during
// the call of the listener.
struct source_place {
	const char *path;
	unsigned line;
};
bool debugger_syscall_caller(struct debugger *debugger, pid_t tid, struct source_place *place_ret);

struct scope_info {
	const char *name;             // "Syscall", "Locals" (with the arguments), "Globals", "Registers"
	const char *hint;             // DAP presentationHint: "locals", "globals", "registers"; NULL: none
	bool is_expensive;
	struct node *node;            // its children are the variables
	const char *source_path;      // range of the function for locals; NULL: none
	unsigned line, end_line;
};
// The scopes of a frame; cheap ones first, registers last. Lives until resume.
struct error *debugger_scopes(struct debugger *debugger, pid_t tid, size_t frame_index, struct scope_info **scopes_ret, size_t *count_ret);

enum evaluate_mode { EVALUATE_WATCH, EVALUATE_HOVER, EVALUATE_REPL, EVALUATE_CLIPBOARD, EVALUATE_VARIABLES };
// tid 0: no frame, globals alone. The node lives until resume.
struct error *debugger_evaluate(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, enum evaluate_mode mode,
				struct node **node_ret);
// Assigns and gives the new value. setExpression.
struct error *debugger_assign(struct debugger *debugger, pid_t tid, size_t frame_index, const char *expression, const char *value,
			      struct node **node_ret);

struct exception_info {
	const char *id;               // "SIGSEGV"
	const char *description;      // "Segmentation fault: address not mapped to object, at 0x10"
	const char *details;          // several lines: code, fault address, sender pid and uid
	bool is_fatal;                // the default action would kill
};
struct error *debugger_exception_info(struct debugger *debugger, pid_t tid, struct arena *arena, struct exception_info *info_ret);

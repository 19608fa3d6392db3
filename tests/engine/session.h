// Drives a debugger from a test, one event after the other. Every wait ends at the event or, after a minute, with a failure.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "engine/debugger.h"

struct session {
	struct loop *loop;
	struct debugger *debugger;
	struct stop stop;              // the last one
	unsigned stops, resumes, threads_started, threads_ended, modules_added;
	bool is_stopped, has_ended, has_kept_ended, is_done, is_timed_out;
	int exit_code, signo;
	struct str out, err, console;
	char *done_error;              // of launch, attach, detach; NULL: success
	unsigned syscalls;             // traced
	struct syscall_event last_syscall;
	pid_t pid;
};

#define PROGRAM(name) PROGRAMS_DIR "/" name

void session_init(struct session *session);
void session_deinit(struct session *session);   // destroys the debugger: nothing is left of the debuggee

// Launches and asserts that it worked. arguments: NULL-terminated or NULL.
void session_launch(struct session *session, const char *program, const char *const *arguments);
void session_launch_spec(struct session *session, const struct launch_spec *spec);
void session_attach(struct session *session, pid_t pid);
void session_detach(struct session *session);
void session_start(struct session *session);
// Each runs the loop until what it names.
void session_wait_stop(struct session *session);
void session_wait_exit(struct session *session);
void session_wait_stop_or_exit(struct session *session);
void session_turn_until(struct session *session, bool *flag);
// One turn that ends soon also without an event: for what only /proc tells.
void session_turn_briefly(struct session *session);
// Resume and wait for the next stop.
void session_continue(struct session *session);
void session_step(struct session *session, enum step_kind kind, enum step_unit unit);
void session_continue_to_exit(struct session *session);

// From session_init() to the line that contains `text`, without a breakpoint left there.
void session_begin_at(struct session *session, const char *program, const char *path, const char *text);
// `function`: its name, without namespaces and parameters.
void session_assert_at(struct session *session, const char *function, const char *path, const char *text);
// A line step that must end there, in the same thread.
void session_step_to(struct session *session, enum step_kind kind, const char *function, const char *path, const char *text);

int session_break_line(struct session *session, const char *path, unsigned line, const char *condition, const char *hit, const char *log);
int session_break_function(struct session *session, const char *name);
void session_clear_breakpoints(struct session *session, const char *path);

// Facts of the stopped thread; strings live until the next call.
const char *session_function(struct session *session, size_t frame);
unsigned session_line(struct session *session, size_t frame);
const char *session_value(struct session *session, const char *expression);
size_t session_depth(struct session *session);
// The line of the first source line that contains `text`, so that tests do not count lines.
unsigned line_of(const char *path, const char *text);

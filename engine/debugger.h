// The debugger: one debuggee (a process and its threads) under control of this thread. The facade that the adapter and `ptdap trace`
// use; what is behind it never calls back into them except through struct debugger_listener.
//
// Everything happens on the loop's thread, which is the tracer thread. A verb either does its work now or starts it and tells the
// listener; listener calls come from the loop or from within a verb, never after debugger_destroy.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/loop.h"
#include "engine/breakpoint.h"
#include "engine/code.h"
#include "engine/inspect.h"
#include "engine/node.h"
#include "engine/stop.h"
#include "engine/syscall_rules.h"

struct debugger;
struct terminal;

enum debugger_state {
	DEBUGGER_IDLE,          // nothing launched or attached yet
	DEBUGGER_STARTING,      // launch or attach under way
	DEBUGGER_STOPPED,
	DEBUGGER_RUNNING,       // also while a stop of all threads is under way
	DEBUGGER_ENDED,         // exited, detached or killed
};

enum output_category { OUTPUT_CONSOLE, OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_IMPORTANT };

struct process_info {
	pid_t pid;
	const char *name;        // full path of the program
	bool is_attached;
};

enum module_change { MODULE_NEW, MODULE_CHANGED, MODULE_REMOVED };

// Any member may be NULL. Pointers are valid during the call.
struct debugger_listener {
	void (*started)(void *data, const struct process_info *process);
	void (*stopped)(void *data, const struct stop *stop);
	void (*resumed)(void *data, pid_t tid);                    // not for a requested resume
	void (*thread)(void *data, pid_t tid, bool is_new);
	void (*module)(void *data, const struct module_info *module, enum module_change change);
	void (*breakpoint)(void *data, const struct breakpoint_info *breakpoint);   // verified, moved, unverified later on
	void (*output)(void *data, enum output_category category, const char *bytes, size_t length,
		       const char *source_path, unsigned line);    // source_path: of a log message; else NULL
	void (*exited)(void *data, int exit_code, int signo);      // signo != 0: killed by it
	// A syscall that is traced, not caught (debugger_set_syscall_rules): at ENTRY only for calls that never return.
	void (*syscall)(void *data, pid_t tid, const struct syscall_event *event);
	// Another process is debugged from now on (debugger_follow_children). Its state is STOPPED, where it was made, or STARTING: it is still in
	// the memory of its parent (vfork) and runs on there, traced, until its exec. It does nothing more until debugger_start(), which may
	// come now or later, and tells nobody of it but whom debugger_listen() names. The debugger is the listener's to destroy, at any time
	// but in its own callbacks. A child that is killed before it ran anything is not told of.
	void (*child)(void *data, struct debugger *child, pid_t parent);
	void (*kept_ended)(void *data);   // the last of debugger_has_kept()
	void (*changed)(void *data, uint64_t address, size_t size);   // memory was written by a request; size 0: a register, of a thread or a frame
};

struct debugger *debugger_create(struct loop *loop, const struct debugger_listener *listener, void *data);
// A launched debuggee dies, an attached one is detached unpatched. Returns when both are done; no zombie is left. NULL-safe.
void debugger_destroy(struct debugger *debugger);
enum debugger_state debugger_state(const struct debugger *debugger);
pid_t debugger_pid(const struct debugger *debugger);   // 0: none

// The children of this debuggee (fork, vfork, clone) become debuggees of their own, each with a debugger in the same tracer that has
// the same choices: catches, trace, display, following. The parent's end does not end them. Those made from now on; off at first, and if the
// listener has no child(): then children run free, unpatched.
void debugger_follow_children(struct debugger *debugger, bool follows);
void debugger_listen(struct debugger *debugger, const struct debugger_listener *listener, void *data);   // instead of who listened before

// May the kernel be given a filter (seccomp (2)), so that calls which nobody chose do not stop? It stays until the program ends, and
// whoever inherits it cannot live without a tracer: children that would run free stay ours, die with the debugger, and there is no
// detaching. Calls chosen later may be beyond it: then all stop, as without one.
enum syscall_filter {
	SYSCALL_FILTER_OFF,
	SYSCALL_FILTER_AUTO,             // if it needs no no_new_privs, which set-user-ID programs would notice: with CAP_SYS_ADMIN
	SYSCALL_FILTER_ON,
};

struct launch_spec {
	const char *program;             // path; without a slash: in cwd, if that is given, or else in PATH
	const char *const *arguments;    // without argv[0]; NULL-terminated; NULL: none
	const char *cwd;                 // NULL: the adapter's
	// NULL-terminated "NAME=value" (adds or replaces) and "NAME" (unsets), in order, on top of the adapter's environment. NULL: none.
	const char *const *environment;
	const char *stdio[3];            // file paths; NULL: stdin empty, stdout and stderr captured as output
	bool disable_aslr;
	bool stop_on_entry;
	bool stop_at_main;
	bool no_debug;                   // runs free: no ptrace at all, output and exit alone
	enum syscall_filter syscall_filter;   // of what is chosen when debugger_start() is called
	bool inherits_stdio;             // `ptdap trace`: the debuggee has our terminal
	// Whose stand-in becomes the program (engine/terminal.h); NULL: a child of ours does. The environment is then that of the terminal, and
	// `stdio` that is NULL the terminal itself.
	struct terminal *terminal;
};

// NULL, or why the program cannot be launched, as far as it shows without doing it (an error with the words that launching has).
struct error *debugger_check_launch(const struct launch_spec *spec);
// `done` is called once, from within or later: NULL for success (then state is STOPPED, at the first instruction, without a
// stopped() call), or why not.
typedef void (*debugger_done_fn)(void *data, struct error *error);   // takes the error
void debugger_launch(struct debugger *debugger, const struct launch_spec *spec, debugger_done_fn done, void *data);
void debugger_attach(struct debugger *debugger, pid_t pid, bool stop_on_entry, debugger_done_fn done, void *data);
// Children of a program with a filter that still live: they die with the debugger.
bool debugger_has_kept(const struct debugger *debugger);
// Configuration is done: reports the entry stop, or runs (to main, or freely).
struct error *debugger_start(struct debugger *debugger);

enum step_kind { STEP_OVER, STEP_IN, STEP_OUT };
enum step_unit { STEP_LINE, STEP_STATEMENT, STEP_INSTRUCTION };

// ERROR_STATE if not stopped; ERROR_NOT_FOUND for an unknown thread.
struct error *debugger_continue(struct debugger *debugger);
struct error *debugger_step(struct debugger *debugger, pid_t tid, enum step_kind kind, enum step_unit unit);
struct error *debugger_step_syscall(struct debugger *debugger, pid_t tid);   // to the thread's next syscall boundary
struct error *debugger_pause(struct debugger *debugger, pid_t tid);          // tid is reported as the one that paused; 0: any

struct error *debugger_signal(struct debugger *debugger, int signo);         // kill (2) to the process; resumes it if it is stopped
// Each ends with exited() or, for detach, with `done`.
void debugger_kill(struct debugger *debugger);
void debugger_detach(struct debugger *debugger, bool leave_stopped, debugger_done_fn done, void *data);

// For a client that cannot keep up: until released, what the program writes is left where it is, and a thread that reaches a log
// point stands there behind its message. Pause, kill and detach do not wait. The next launch is not held.
void debugger_hold_output(struct debugger *debugger, bool is_held);

// How traced and caught syscalls are shown, from their next entry on. Copied.
void debugger_set_syscall_display(struct debugger *debugger, const struct syscall_display *display);
// Context to format a traced or caught syscall of this thread with.
void debugger_syscall_context(struct debugger *debugger, pid_t tid, struct syscall_context *context_ret);

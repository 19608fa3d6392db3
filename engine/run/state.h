// The debugger's state, shared by engine/run and engine/inspect: debugger, address space, threads.
//
// Who is stopped: a thread is RUNNING from our resume until its next wait event. The debuggee as a whole is STOPPED (visibly) only
// when every thread is quiet; between the decision and that moment it is STOPPING. Nothing here waits for another thread's event.
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "engine/debugger.h"
#include "engine/eval/expression.h"
#include "engine/run/tracer.h"
#include "engine/symbols/module.h"
#include "engine/target/target.h"
#include "engine/unwind/frame.h"

struct breakpoint;
struct plan;
struct rules;
struct output;
struct site;

enum thread_state {
	THREAD_RUNNING,
	THREAD_STOPPED,      // in a ptrace-stop whose event we took
	THREAD_LISTENING,    // in a group-stop (PTRACE_LISTEN): does not run, but registers need an interrupt first
	THREAD_EXITING,      // resumed from its exit event: runs no user code any more, no stop will come
};

enum thread_role {
	THREAD_MEMBER,          // of the debuggee
	THREAD_SHARING_CHILD,   // a guest: another process in our memory (vfork, CLONE_VM): runs on, meets our sites, leaves at its exec
};

// What was found out at the entry of a system call, for its return.
struct syscall_call {
	bool is_judged;                // the rules were asked at the entry
	bool is_traced;                // they want it shown
	uint64_t delay_exit_us;        // at its return
	bool has_paths;
	struct str paths;              // see syscall_paths()
};

struct site_return {
	uint64_t address, sp;
};
enum { RETURNS_MAX = 16 };         // handlers in handlers; beyond that the outermost is forgotten

// Argument registers of the call a thread is in that are not the program's: one bit an argument.
struct syscall_edits {
	unsigned mask;
	uint64_t before[SYSCALL_ARGUMENT_MAX];   // what the program had in them
	uint64_t after[SYSCALL_ARGUMENT_MAX];
};

struct thread {
	pid_t tid;
	struct debugger *debugger;
	enum thread_role role;
	struct debugger *follower;     // of a guest: the debugger of its process; NULL: it is not followed
	enum thread_state state;
	bool is_announced;             // the listener knows it
	bool is_in_vfork;              // the kernel holds it until the child is done: as good as stopped
	bool has_old_mode;             // runs in a mode that was changed since; it is on its way to a stop that changes it
	bool is_in_group_stop;         // goes on with LISTEN
	bool is_at_event_stop;         // stopped by an interrupt or in a group-stop: LISTEN is possible from there alone

	// An event that came while all were being stopped for another reason: handled when the debuggee goes on.
	bool has_deferred;
	struct wait_event deferred;

	// Registers as of this stop; fetched on demand, written back at resume.
	struct register_block registers;
	bool has_general, is_general_changed;
	bool is_pc_changed;            // the pc and nothing else: cheaper to write
	bool has_xstate, is_xstate_changed;

	int signal;                    // delivered at the next resume; 0: none
	siginfo_t siginfo;             // of the signal stop
	bool has_siginfo;
	uint64_t passed_site;          // a stop at this address was reported or is no hit: go over its site. 0: none
	// A signal was delivered while the thread stood on a site that it was to pass: when the handler is back, it passes.
	struct site_return returns[RETURNS_MAX];   // the innermost handler's last
	unsigned return_count;
	bool wants_step;               // resume by one instruction
	uint64_t signal_pc, signal_sp; // where the last quiet signal came
	unsigned hot_streak, hot_season;   // its own quiet stops in that season of the tracer
	bool holds_signals;            // runs one instruction with signals blocked (starve.c); `mask`: its own
	uint64_t mask;
	int held_signal;               // the one that came, to be queued again

	struct syscall_event syscall;  // of the last syscall stop
	uint64_t syscall_began_ns;     // CLOCK_MONOTONIC at its entry
	struct syscall_entry entry;    // its arguments' words as they were at the entry, if the return is to be shown
	struct syscall_edits edits;
	struct syscall_call call;
	bool is_at_syscall;            // stopped in it now
	bool is_entry_shown;           // at an entry that was reported: the user may edit it, so `entry` is taken when it goes on
	bool is_inside_call;           // stopped in the middle of one (clone, fork, vfork): its result is still to come
	bool has_broken_call;          // restart_syscall is to go on with:
	uint64_t broken_call;
	bool is_launching;             // has not returned from the execve that started it, which is ours and not the program's
	bool is_in_syscall;            // its entry was seen and its return not yet
	bool is_before_filter;         // ... and the filter may stop it there once more

	uint64_t delay_us;             // it does not go on before; 0: it does
	struct loop_timer *delay_timer; // runs; NULL: it is to start when the thread would go on
	bool waits_for_client;         // said something while output is held: it goes on when it is released

	int comm_fd;                   // the thread's name in /proc, kept open for the next stop; -1: not opened
	struct plan *plan;             // a step under way; NULL: none
	struct stop stop;              // why this thread stopped last, as reported
	struct unwinder *unwinder;     // of this stop; made on demand
	unsigned hidden_inlines;       // a step ended at the call of an inlined function, whose code begins at pc: so many are not shown yet
};

struct slot_page {
	uint64_t address;
	unsigned used;                 // slots
};

struct address_space {
	pid_t pid;                     // a living thread's, for /proc: that of a leader that exited shows nothing
	struct memory_io io;
	struct memory *memory;
	struct modules *modules;
	struct map sites;              // address -> struct site
	VEC(struct slot_page) slot_pages;
	struct map slots;              // slot address -> struct site
	struct map lifted;             // addresses whose int3 was taken out since everything stood still: a hit may be on its way
	uint64_t scratch;              // SCRATCH_SIZE bytes of ours (syscall_edit.h); 0: not mapped
	uint32_t scratch_used;
	uint64_t syscall_instruction;  // one in the debuggee's text, for inject_syscall(); 0: not looked for yet
};

// A library function that leaves frames without returning through them.
struct escape {
	uint64_t address;
	bool is_landing_pad;           // _Unwind_SetIP: its second argument is where an exception goes
};

enum debugger_phase {
	PHASE_IDLE,
	PHASE_STARTING,
	PHASE_STOPPED,
	PHASE_RUNNING,
	PHASE_STOPPING,      // to report `pending`
	PHASE_DETACHING,     // stopping to detach
	PHASE_ENDED,
};

struct catches {
	bool signals, exec;
	uint64_t signal_mask;          // bit signo - 1
	bool has_signal_set;           // the user gave one; else the default rule
};

// What a step out brought back, for the Locals scope.
struct return_value {
	pid_t tid;                     // 0: none
	const struct function *function;
};

// See filter.c.
struct filter {
	enum syscall_filter wanted;
	bool is_installed;
	bool is_asked;                 // any call is wanted now, with a filter or without
	bool is_enough;                // for what is wanted now
	bool is_hidden;                // the program has a filter of its own, which may decide before ours
	struct syscall_set set;
};

// What runs in a terminal before the program does, or beside it if that is not traced (terminal.c).
struct stand_in {
	int fd;                        // the connection; -1: none
	struct loop_source *source;    // not traced: it reports there
	pid_t pid;
	bool is_traced;                // it is on its way to its exec
	char *cwd;
};

struct debugger {
	struct loop *loop;
	struct tracer *tracer;
	const struct debugger_listener *listener;
	void *data;
	struct target *target;               // the tracer's
	struct loop_timer *solo_timer;

	enum debugger_phase phase;
	bool is_attached;
	bool is_let_go;                     // launched and then detached: its terminals must outlive us
	bool is_terminating;                // a signal of ours must not be reported
	bool is_free;                       // noDebug: not traced
	pid_t pid;
	char *program;
	struct address_space space;
	struct map threads;                 // tid -> struct thread
	struct map copies;                  // tid of a forked child whose first stop is to come -> its parent's pid
	struct map early;                   // tid of a thread whose first stop came before its parent's event
	bool follows_children;
	bool is_guest;                      // a followed child in its parent's memory: its threads are with the parent's debugger until its exec
	bool is_start_wanted;               // debugger_start() came while it was one
	bool has_lost_leader;               // attached when the leader had exited already: its end is not reported to us
	struct thread *lifting;             // must single-step over a site while all others stand still; NULL: none
	bool has_run;                       // something ran since the last stop: it may have written
	bool is_lifted;                     // ... and is doing it: its site's int3 is out
	struct thread *solo;                // only this thread runs (a step inside a line); NULL: all

	struct stop pending;                // what is reported when all are quiet
	uint64_t epoch;                     // counts resumes
	struct arena *hit_arena;            // scratch of conditions and log messages
	struct arena *stop_arena;           // frames, nodes: dies at resume
	struct strmap sources_present;      // source files that were seen to be there
	struct strmap sources_absent;       // ... and not; for one stop, since they may come
	struct return_value return_value;

	struct strmap client_paths;         // a source's own path -> as the client names it (symbolic links); owned copies
	VEC(struct breakpoint *) breakpoints;   // breakpoint.c
	int next_breakpoint_id;
	struct catches catches;
	struct rules *rules;                // for system calls; see rules.h
	struct syscall_display syscall_display;
	unsigned changes;                   // by the user, in the memory or registers of this stop
	struct filter filter;
	VEC(struct escape) escapes;         // see escape.c
	bool escapes_known;                 // false again when modules change
	unsigned syscall_plans;             // threads that step to a syscall

	// launch and attach
	bool stop_on_entry, stop_at_main;
	debugger_done_fn done;
	void *done_data;
	bool leave_stopped;
	struct output *output;
	bool is_output_held;                // debugger_hold_output()
	struct stand_in stand_in;
	uint64_t loader_site;               // where the run-time linker announces changes; 0: unknown
	uint64_t r_debug;                   // run-time address of _r_debug; 0: unknown
	uint64_t main_site;                 // internal, for stop_at_main
};

// debugger.c. As debugger_create(), on a target of the caller's (tests fabricate one), which the debugger destroys at its end.
struct debugger *debugger_create_with(struct loop *loop, struct target *target, const struct debugger_listener *listener, void *data);
struct debugger *debugger_create_in(struct tracer *tracer, const struct debugger_listener *listener, void *data);

// ---- thread.c ---------------------------------------------------------------------------------------------------------

struct thread *thread_create(struct debugger *debugger, pid_t tid, enum thread_role role);
void thread_destroy(struct thread *thread);           // takes it out of the map
struct thread *debugger_thread(struct debugger *debugger, pid_t tid);   // NULL if unknown
struct thread *debugger_any_thread(struct debugger *debugger);          // the leader if it lives, else the lowest tid
// All members that are not exiting, by rising tid. Owned by the caller.
size_t debugger_members(struct debugger *debugger, struct thread ***threads_ret);
bool debugger_any_member(const struct debugger *debugger, pid_t except);
bool thread_is_quiet(const struct thread *thread);    // runs no user code
// The stopped thread or why not: ERROR_NOT_FOUND, ERROR_STATE.
struct error *debugger_stopped_thread(struct debugger *debugger, pid_t tid, struct thread **thread_ret);

// General registers of a stopped thread, read once a stop. NULL when it is gone.
const struct user_regs_struct *thread_registers(struct thread *thread);
struct error *thread_read_registers(struct thread *thread, const struct user_regs_struct **registers_ret);
void thread_set_registers(struct thread *thread, const struct user_regs_struct *registers);
void thread_set_pc(struct thread *thread, uint64_t pc);
bool is_call_to_restart(const struct user_regs_struct *registers);   // interrupted; the kernel takes 2 from rip when it goes on
uint64_t thread_pc(struct thread *thread);            // 0 when gone
// A message of this thread for the console, with the place that it is about (NULL, 0: none). While output is held the thread waits.
void thread_say(struct thread *thread, const char *text, const char *path, unsigned line);
// All of it, for any register; fetches the store that the register needs.
struct error *thread_get_register(struct thread *thread, const struct register_desc *desc, void *bytes);
struct error *thread_set_register(struct thread *thread, const struct register_desc *desc, const void *bytes);
struct error *thread_fetch_block(struct thread *thread, enum register_store store);
struct error *thread_flush(struct thread *thread);    // writes changed registers back: before it runs
void thread_forget(struct thread *thread);            // registers, unwinder: before it runs

struct unwinder *thread_unwinder(struct thread *thread);   // NULL when gone

void thread_expect_return(struct thread *thread, uint64_t address);   // to a site that it is to pass then
// It is at a site: is that such a return? Takes it, and those inside it, which were left.
bool thread_is_return(struct thread *thread, uint64_t address);

// ---- the running of it ------------------------------------------------------------------------------------------------

// resume.c. Lets one stopped thread run: over its site, with its signal, as its plan and the catches want.
void thread_resume(struct thread *thread);
// Everything that stands still runs, deferred events first (which may stop everything again).
// The stop is over: frames, values and nodes die.
void debugger_begin_run(struct debugger *debugger);
void debugger_resume_all(struct debugger *debugger);
void debugger_run_solo(struct debugger *debugger, struct thread *thread);
void debugger_end_solo(struct debugger *debugger);
// Stops all threads and then reports `stop` (its text is taken).
void debugger_report(struct debugger *debugger, const struct stop *stop);
// Running threads are to stop (or no more) at syscalls: they are resumed anew.
void debugger_change_resume_mode(struct debugger *debugger);
bool debugger_stops_at_all_calls(const struct debugger *debugger);   // running threads stop at every entry and return
void debugger_end_lift(struct debugger *debugger);   // the single step over a lifted site is over
void debugger_check_all_quiet(struct debugger *debugger);   // PHASE_STOPPING / DETACHING: is it done?
// event.c
void thread_keep_entry(struct thread *thread);   // the words of the arguments that a later return shows, if it is to be shown
// child.c
struct debugger *thread_process(const struct thread *thread);  // whose process it belongs to: for a guest not its host
void thread_made_child(struct thread *thread, const struct wait_event *event);
void thread_tell_children(struct thread *thread);              // before it dies: those that no event has told of
struct debugger *thread_leave_host(struct thread *thread);     // a guest's exec
void debugger_release_children(struct debugger *debugger);     // forked children whose first stop is to come: waits for it
void debugger_release_guests(struct debugger *debugger);       // our memory is given up
void debugger_bequeath_memory(struct debugger *debugger);      // to the guests, if they are followed
void debugger_abandon_guest(struct debugger *child);           // nobody follows it any more
// Where the pc is inside a slot: as if the instruction ran, or did not run, at its own place.
void thread_normalise_pc(struct thread *thread);
void debugger_become_hot(struct debugger *debugger, struct thread *thread);   // stops come fast and quiet

// event.c
void debugger_handle(struct debugger *debugger, const struct wait_event *event);
void thread_note_broken_call(struct thread *thread, uint64_t number, int64_t result);   // for the restart_syscall that may follow
void thread_announce(struct thread *thread, bool is_new);  // to the listener, once
void thread_go_on(struct thread *thread);                  // unless all are to stand still
// syscall_stop.c
void syscall_stopped(struct thread *thread);                // WAIT_SYSCALL
// The whole thing is over: reports exited() and becomes ENDED.
void debugger_step_done(struct thread *thread);    // reports the end of the thread's plan
void debugger_ended(struct debugger *debugger, int exit_code, int signo);

// tamper.c. At the boundaries of a call: what the rules want done to it.
void tamper_begin(struct thread *thread);
void tamper_end(struct thread *thread);
bool thread_is_delayed(struct thread *thread);   // it goes on by itself when that is over
void thread_end_delay(struct thread *thread);    // something else happened to it

// starve.c. True: the signal waits until the thread, which has not got further since the last one, has run an instruction.
bool thread_hold_signal(struct thread *thread, int signo);
void thread_release_signals(struct thread *thread);   // at its next stop
void thread_deliver_held(struct thread *thread);      // it got further without running

// catch.c: does a signal stop visibly?
// Neither caught nor ignored, and its default action ends the process.
bool debugger_signal_would_kill(const struct debugger *debugger, int signo);
bool debugger_catches_signal(struct debugger *debugger, struct thread *thread, const siginfo_t *info);

bool debugger_wants_return(const struct debugger *debugger, const struct syscall_event *event);

// filter.c: only chosen calls of a launched program stop.
void filter_install(struct debugger *debugger);    // before its first instruction, if it was wanted and is of use
void filter_update(struct debugger *debugger);     // other calls are wanted
void filter_reset(struct debugger *debugger);
// At a stop by a filter, which may be the program's own: what the kernel would do without us. False: this entry was seen already.
bool filter_settle(struct thread *thread, const struct target_syscall_info *info);
void filter_refuse(struct user_regs_struct *registers);   // the call fails with ENOSYS
void filter_watch_program(struct thread *thread);   // at an entry: it may install a filter of its own
// context.c. Fills in what expressions see in frame `frame` of the thread (NULL: frame 0 without an unwinder, for
// conditions). `storage` must live as long as the context.
struct frame_context {
	struct eval_context eval;
	struct location_context location;
	struct thread *thread;
	const struct frame *frame;
	struct debugger *debugger;
	const struct type *spelled_type;   // the last one whose name was wanted, and the name
	const char *spelling;
	bool lacks_argument;               // the system call has no argument of a name that was wanted
	bool is_outer;                     // a physical frame outside the innermost: registers as unwinding recovers them
};
void frame_context_wrote(void *data, uint64_t address, size_t size);   // eval_context.wrote; size 0: a register
void frame_context_init(struct frame_context *context, struct debugger *debugger, struct thread *thread, const struct frame *frame,
			struct arena *arena);

// library.c: modules come and go.
void library_start(struct debugger *debugger);      // after exec or attach: program, vdso, loader, what is mapped
void library_changed(struct debugger *debugger);    // the loader's event
struct error *address_space_init(struct address_space *space, struct target *target, pid_t pid);
void address_space_deinit(struct address_space *space, struct target *target);

// breakpoint.c
void breakpoints_module_added(struct debugger *debugger, struct module *module);
void breakpoints_module_removed(struct debugger *debugger, struct module *module);
void breakpoints_unbind(struct debugger *debugger);    // after exec: no sites, no modules
void breakpoints_destroy(struct debugger *debugger);
// The user's breakpoints at this site were reached: counts, conditions, log messages. True: stop; ids are added to `stop`.
bool breakpoints_hit(struct thread *thread, struct site *site, struct stop *stop);
// The same for those named "syscall:...", at the boundary of a call.
bool breakpoints_at_syscall(struct thread *thread, struct stop *stop);

// launch.c
void debugger_announce_threads(struct debugger *debugger);
void debugger_started(struct debugger *debugger);         // tells the listener
void debugger_name_program(struct debugger *debugger);   // from /proc: after attach and exec
void debugger_finish_start(struct debugger *debugger, struct error *error);   // answers `done`
struct error *debugger_take_over(struct debugger *debugger);   // its first thread stands at the first instruction
// Why we may not trace the process, with the cure. Takes the error, gives it back.
struct error *debugger_explain_tracing(pid_t pid, struct error *error);
void debugger_finish_detach(struct debugger *debugger);
void debugger_leave_output(struct debugger *debugger);   // before the output of a program that was let go is destroyed
void debugger_finish_attach(struct debugger *debugger);
// resume.c: interrupts everything; debugger_finish_detach() when all are quiet.
void debugger_stop_for_detach(struct debugger *debugger);
// library.c: a temporary stop at main, however it can be found.
// The module's number in the dynamic thread vector, from the run-time linker's list; 0: unknown.
uint64_t library_tls_number(struct debugger *debugger, const struct module *module);
void library_stop_at_main(struct debugger *debugger);

static inline struct target_ops const *target_of(const struct debugger *debugger)
{
	return debugger->target->ops;
}

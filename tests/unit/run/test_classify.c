// with: world.c machine*.c
// Each wait status, with its siginfo, to what becomes of it: a stop that the user sees, or a way to go on. Each comes to a program that
// runs, and once more at the moment when it is being paused, where it must wait and not be lost.
#include <linux/ptrace.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "engine/run/breakpoint_private.h"
#include "tests/unit/run/world.h"

#define FIRST "first"    // a site on an instruction of one byte
#define ASKS "asks"      // and on a longer one, before `syscall`
enum { ASKS_SYSCALL = 8 };

enum row_flags {
	IS_BEHIND_SITE = 1,      // the pc is one byte behind the start of the site
	IS_SITE_LIFTED = 2,      // the breakpoint was taken away while the event was on its way
	IS_STEPPING = 4,         // a single step is under way
	CATCHES_CALLS = 8,       // getpid, at entry and return
	IGNORES_SIGNALS = 16,    // the signal filter is off
	PICKS_SIGNALS = 32,      // ... or set to USR1 alone
	IS_REWOUND = 64,         // then the pc is at the site
};

struct row {
	const char *name, *site;
	int signo, event, code;
	unsigned flags;
	enum stop_reason reason;         // STOP_NONE: nobody is told
	enum stop_reason kept_reason;    // when it goes on after the pause in which the event came
	enum target_resume how;          // how the thread then goes on, and with which signal
	int delivered;
	enum target_syscall_op op;
	unsigned long number;
};

enum { CALL_SIGNO = SIGTRAP | 0x80 };

// clang-format off
static const struct row rows[] = {
	// SIGTRAP, by its siginfo
	{ "our int3", FIRST, SIGTRAP, 0, SI_KERNEL, IS_BEHIND_SITE | IS_REWOUND, STOP_BREAKPOINT, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "our int3 in a longer instruction", ASKS, SIGTRAP, 0, SI_KERNEL, IS_BEHIND_SITE | IS_REWOUND, STOP_BREAKPOINT, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "our int3, as other kernels name it", FIRST, SIGTRAP, 0, TRAP_BRKPT, IS_BEHIND_SITE | IS_REWOUND, STOP_BREAKPOINT, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "an int3 of ours that was lifted meanwhile", FIRST, SIGTRAP, 0, SI_KERNEL, IS_BEHIND_SITE | IS_SITE_LIFTED | IS_REWOUND, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "the program's own int3", FIRST, SIGTRAP, 0, SI_KERNEL, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, 0, 0, 0 },
	{ "the program's own int3 that it handles", FIRST, SIGTRAP, 0, SI_KERNEL, IGNORES_SIGNALS, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGTRAP, 0, 0 },
	{ "kill -TRAP", FIRST, SIGTRAP, 0, SI_USER, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGTRAP, 0, 0 },
	{ "kill -TRAP where our int3 was passed", FIRST, SIGTRAP, 0, SI_USER, IS_BEHIND_SITE, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGTRAP, 0, 0 },
	{ "tgkill with TRAP where our int3 was passed", FIRST, SIGTRAP, 0, SI_TKILL, IS_BEHIND_SITE | IGNORES_SIGNALS, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGTRAP, 0, 0 },
	{ "kill -TRAP amid a step", ASKS, SIGTRAP, 0, SI_USER, IS_STEPPING, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGTRAP, 0, 0 },
	{ "a single step", ASKS, SIGTRAP, 0, TRAP_TRACE, IS_STEPPING, STOP_STEP, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "a single step over syscall", ASKS, SIGTRAP, 0, TRAP_BRKPT, IS_STEPPING, STOP_STEP, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "a single step into a handler", ASKS, SIGTRAP, 0, TRAP_UNK, IS_STEPPING, STOP_STEP, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "a single step that nobody asked for", FIRST, SIGTRAP, 0, TRAP_TRACE, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	// other signals
	{ "a bad address", FIRST, SIGSEGV, 0, SEGV_MAPERR, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGSEGV, 0, 0 },
	{ "an address that is no address", FIRST, SIGSEGV, 0, SI_KERNEL, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGSEGV, 0, 0 },
	{ "a file that is shorter", FIRST, SIGBUS, 0, BUS_ADRERR, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGBUS, 0, 0 },
	{ "a division by zero", FIRST, SIGFPE, 0, FPE_INTDIV, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGFPE, 0, 0 },
	{ "no such instruction", FIRST, SIGILL, 0, ILL_ILLOPN, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGILL, 0, 0 },
	{ "abort", FIRST, SIGABRT, 0, SI_TKILL, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGABRT, 0, 0 },
	{ "a call that a filter of the program forbids", FIRST, SIGSYS, 0, 1, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGSYS, 0, 0 },
	{ "a fault behind the site", FIRST, SIGSEGV, 0, SEGV_ACCERR, IS_BEHIND_SITE, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGSEGV, 0, 0 },
	{ "a fault that nobody wants to see", FIRST, SIGSEGV, 0, SEGV_MAPERR, IGNORES_SIGNALS, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGSEGV, 0, 0 },
	{ "a fault where another signal is wanted", FIRST, SIGSEGV, 0, SEGV_MAPERR, PICKS_SIGNALS, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGSEGV, 0, 0 },
	{ "the signal that is wanted", FIRST, SIGUSR1, 0, SI_USER, PICKS_SIGNALS, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGUSR1, 0, 0 },
	{ "a signal that would kill", FIRST, SIGTERM, 0, SI_USER, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, SIGTERM, 0, 0 },
	{ "a real-time signal that would kill", FIRST, 40, 0, SI_QUEUE, 0, STOP_SIGNAL, STOP_SIGNAL, RESUME_CONTINUE, 40, 0, 0 },
	{ "a child's end", FIRST, SIGCHLD, 0, CLD_EXITED, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGCHLD, 0, 0 },
	{ "another window size", FIRST, SIGWINCH, 0, SI_KERNEL, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGWINCH, 0, 0 },
	{ "urgent data", FIRST, SIGURG, 0, SI_KERNEL, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGURG, 0, 0 },
	{ "SIGCONT, behind the end of a group-stop", FIRST, SIGCONT, 0, SI_USER, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGCONT, 0, 0 },
	{ "SIGSTOP before the group-stop that it brings", FIRST, SIGSTOP, 0, SI_USER, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, SIGSTOP, 0, 0 },
	// group-stop and its end
	{ "group-stop by SIGSTOP", FIRST, SIGSTOP, PTRACE_EVENT_STOP, 0, 0, STOP_NONE, STOP_NONE, RESUME_LISTEN, 0, 0, 0 },
	{ "group-stop by SIGTSTP", FIRST, SIGTSTP, PTRACE_EVENT_STOP, 0, 0, STOP_NONE, STOP_NONE, RESUME_LISTEN, 0, 0, 0 },
	{ "group-stop by SIGTTIN", FIRST, SIGTTIN, PTRACE_EVENT_STOP, 0, 0, STOP_NONE, STOP_NONE, RESUME_LISTEN, 0, 0, 0 },
	{ "group-stop by SIGTTOU", FIRST, SIGTTOU, PTRACE_EVENT_STOP, 0, 0, STOP_NONE, STOP_NONE, RESUME_LISTEN, 0, 0, 0 },
	{ "an interrupt that nobody waits for, or the end of a group-stop", FIRST, SIGTRAP, PTRACE_EVENT_STOP, 0, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "an interrupt amid a step, which goes on", ASKS, SIGTRAP, PTRACE_EVENT_STOP, 0, IS_STEPPING, STOP_NONE, STOP_NONE, RESUME_STEP, 0, 0, 0 },
	// other events
	{ "the end of a vfork", FIRST, SIGTRAP, PTRACE_EVENT_VFORK_DONE, 0, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	{ "an event of a later kernel", FIRST, SIGTRAP, 99, 0, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, 0, 0 },
	// system calls
	{ "the entry of a wanted call", FIRST, CALL_SIGNO, 0, 0, CATCHES_CALLS, STOP_SYSCALL, STOP_SYSCALL, RESUME_SYSCALL, 0, TARGET_SYSCALL_ENTRY, SYS_getpid },
	{ "the entry of another call", FIRST, CALL_SIGNO, 0, 0, CATCHES_CALLS, STOP_NONE, STOP_NONE, RESUME_SYSCALL, 0, TARGET_SYSCALL_ENTRY, SYS_getppid },
	{ "the return of a wanted call", FIRST, CALL_SIGNO, 0, 0, CATCHES_CALLS, STOP_SYSCALL, STOP_SYSCALL, RESUME_SYSCALL, 0, TARGET_SYSCALL_EXIT, SYS_getpid },
	{ "the return of another call", FIRST, CALL_SIGNO, 0, 0, CATCHES_CALLS, STOP_NONE, STOP_NONE, RESUME_SYSCALL, 0, TARGET_SYSCALL_EXIT, SYS_getppid },
	{ "a call's stop that is neither", FIRST, CALL_SIGNO, 0, 0, CATCHES_CALLS, STOP_NONE, STOP_NONE, RESUME_SYSCALL, 0, TARGET_SYSCALL_NONE, SYS_getpid },
	{ "a call's stop from before the filter went off", FIRST, CALL_SIGNO, 0, 0, 0, STOP_NONE, STOP_NONE, RESUME_CONTINUE, 0, TARGET_SYSCALL_ENTRY, SYS_getpid },
};
// clang-format on

// What the row is about; a condition that fails then tells which.
static const char *current;

#define expect(what) \
	do { \
		if (!(what)) \
			fail_msg("%s: not so: %s", current, #what); \
	} while (0)

static uint64_t site_address(const struct world *world)
{
	const struct breakpoint *breakpoint = world->debugger->breakpoints.items[0];
	assert_int_equal(breakpoint->bound.count, 1);
	return breakpoint->bound.items[0].address;
}

static void choose_catches(struct world *world, unsigned flags)
{
	bool has_calls = flags & CATCHES_CALLS;
	struct debugger_catches catches = { .syscall_entry = has_calls, .syscall_entry_set = "getpid", .syscall_return = has_calls,
					    .syscall_return_set = "getpid", .signals = !(flags & IGNORES_SIGNALS),
					    .signal_set = flags & PICKS_SIGNALS ? "USR1" : "" };
	const char *filter;
	assert_null(debugger_set_catches(world->debugger, &catches, &filter));
}

static void go_on(struct world *world, bool is_stepping)
{
	world->is_stopped = false;
	assert_null(is_stepping ? debugger_step(world->debugger, world->stop.tid, STEP_IN, STEP_INSTRUCTION) : debugger_continue(world->debugger));
}

static void move_to(struct world *world, pid_t tid, uint64_t pc)
{
	machine_thread(world->machine, tid)->registers.rip = pc;
	thread_forget(debugger_thread(world->debugger, tid));
}

// It runs, in a machine that does nothing by itself from now on. Returns where the site is.
static uint64_t start(struct world *world, const char *line, unsigned flags)
{
	world_init(world, NULL);
	assert_true(world_launch(world, "steps"));
	world_break(world, line, NULL, NULL, NULL);
	assert_true(world_start(world));
	uint64_t site = site_address(world);
	expect(world->stop.pc == site);
	choose_catches(world, flags);
	world->machine->is_scripted = true;
	if (flags & IS_STEPPING)   // over `syscall`, which needs the trap flag
		move_to(world, world->machine->pid, site + ASKS_SYSCALL);
	go_on(world, flags & IS_STEPPING);
	return site;
}

static void happen(struct world *world, const struct row *row, uint64_t pc)
{
	struct machine_thread *thread = world_leader(world);
	siginfo_t info = { .si_signo = row->signo & 0x7f, .si_code = row->code };
	thread->registers.rip = pc;
	thread->registers.orig_rax = row->op ? row->number : (unsigned long long)-1;
	thread->call = (struct target_syscall_info){ .op = row->op, .arch = 0xc000003e, .number = row->number, .pc = pc };
	thread->delivered = 0;
	machine_report(world->machine, thread->tid, machine_stop(row->signo, row->event), &info);
	if (row->flags & IS_SITE_LIFTED)
		world_break(world, NULL, NULL, NULL, NULL);
}

static void expect_outcome(struct world *world, const struct row *row, enum stop_reason reason, uint64_t pc)
{
	const struct machine_thread *thread = world_leader(world);
	expect(world->is_stopped == (reason != STOP_NONE));
	if (reason) {
		expect(world->stop.reason == reason);
		expect(world->stop.pc == pc);
		expect(world->stop.breakpoint_count == (reason == STOP_BREAKPOINT));
		expect(reason != STOP_SIGNAL || (world->stop.siginfo.si_signo == row->signo && world->stop.siginfo.si_code == row->code));
		expect(reason != STOP_SYSCALL || world->stop.syscall.number == row->number);
		expect(reason != STOP_SYSCALL || (world->stop.syscall.phase == SYSCALL_ENTRY) == (row->op == TARGET_SYSCALL_ENTRY));
		go_on(world, false);
	}
	expect(thread->how == row->how);
	expect(thread->delivered == row->delivered);
	expect(thread->state != MACHINE_STOPPED || thread->has_report);
}

static uint64_t pc_of(const struct row *row, uint64_t site, bool is_after)
{
	if (is_after && row->flags & IS_REWOUND)
		return site;
	return row->flags & IS_BEHIND_SITE ? site + 1 : 0x401000;
}

static void end(struct world *world)
{
	if (debugger_state(world->debugger) != DEBUGGER_ENDED)
		debugger_kill(world->debugger);
	world->is_stopped = false;
	assert_false(world_wait(world));
	world_deinit(world);
}

static void events_of_a_running_thread(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world;
		const struct row *row = &rows[i];
		current = row->name;
		uint64_t site = start(&world, row->site, row->flags);
		happen(&world, row, pc_of(row, site, false));
		tracer_drain(world.debugger->tracer, 0);
		if (!row->reason)
			expect(world_leader(&world)->registers.rip == pc_of(row, site, true));
		expect_outcome(&world, row, row->reason, pc_of(row, site, true));
		end(&world);
	}
}

static void events_that_a_pause_overtakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world;
		const struct row *row = &rows[i];
		struct row kept = *row;
		current = row->name;
		uint64_t site = start(&world, row->site, row->flags);
		unsigned resumes = world_leader(&world)->resumes;
		assert_null(debugger_pause(world.debugger, 0));
		happen(&world, row, pc_of(row, site, false));
		tracer_drain(world.debugger->tracer, 0);
		expect(world.is_stopped && world.stop.reason == STOP_PAUSE);
		expect(world_leader(&world)->resumes == resumes);
		if (kept.how == RESUME_STEP)
			kept.how = RESUME_CONTINUE;   // the pause has ended the step
		go_on(&world, false);
		expect_outcome(&world, &kept, row->kept_reason, pc_of(row, site, true));
		end(&world);
	}
}

// ---- children -----------------------------------------------------------------------------------------------------------

struct birth {
	const char *name;
	unsigned long number;          // of the call
	unsigned started;              // threads that the listener hears of
	bool is_free;                  // it is let go
};

static const struct birth births[] = {
	{ "clone", SYS_clone, 1, false },
	{ "fork", SYS_fork, 0, true },
	{ "vfork", SYS_vfork, 0, false },
};

static void drain_all(struct world *world)
{
	do
		tracer_drain(world->debugger->tracer, 0);
	while (machine_is_busy(world->machine) && world->machine->threads.items[0]->has_report);
}

// dies: the child, before the first of its stops was seen.
static void bear(const struct birth *birth, bool is_child_first, bool is_pausing, bool dies)
{
	struct world world;
	char name[80];
	snprintf(name, sizeof(name), "%s, %s first%s%s", birth->name, is_child_first ? "child" : "parent", is_pausing ? ", amid a pause" : "",
		 dies ? ", which dies" : "");
	current = name;
	start(&world, FIRST, 0);
	world.machine->is_child_first = is_child_first;
	unsigned before = world.threads_started;
	struct machine_thread *parent = world_leader(&world);
	if (is_pausing)
		assert_null(debugger_pause(world.debugger, 0));
	machine_call(world.machine, parent->tid, birth->number);
	struct machine_thread *child = world.machine->threads.items[1];
	if (dies)
		machine_report(world.machine, child->tid, SIGKILL, NULL);
	drain_all(&world);
	if (is_pausing) {
		expect(world.is_stopped && world.stop.reason == STOP_PAUSE);
		expect(parent->state == MACHINE_STOPPED);
		expect(dies || birth->number != SYS_clone || (child->state == MACHINE_STOPPED && !child->resumes));
		go_on(&world, false);
		drain_all(&world);
	}
	expect(!world.is_stopped);
	expect(parent->state == MACHINE_RUNNING && parent->how == RESUME_CONTINUE && !parent->delivered);
	expect(child->is_free == (birth->is_free && !dies));
	expect(dies || birth->is_free || (child->state == MACHINE_RUNNING && child->how == RESUME_CONTINUE && !child->delivered));
	expect(dies || world.threads_started == before + birth->started);
	expect(!dies || world.threads_started - before == world.threads_ended);
	end(&world);
}

static void children_come_before_or_after_their_parents_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(births); i++)
		for (unsigned variant = 0; variant < 8; variant++)
			bear(&births[i], variant & 1, variant & 2, variant & 4);
}

// ---- ends ---------------------------------------------------------------------------------------------------------------

struct ending {
	const char *name;
	int status;
	bool has_exit_stop;
	int code, signo;
};

static const struct ending endings[] = {
	{ "exit", 7 << 8, true, 7, 0 },
	{ "exit without its event", 7 << 8, false, 7, 0 },
	{ "death by a signal", SIGSEGV, true, 0, SIGSEGV },
	{ "death with a core file", SIGABRT | 0x80, true, 0, SIGABRT },
	{ "SIGKILL without its event", SIGKILL, false, 0, SIGKILL },
};

static void finish_as(const struct ending *ending, bool is_pausing)
{
	struct world world;
	current = ending->name;
	start(&world, FIRST, 0);
	struct machine_thread *thread = world_leader(&world);
	if (is_pausing)
		assert_null(debugger_pause(world.debugger, 0));
	thread->end_status = ending->status;
	machine_report(world.machine, thread->tid, ending->has_exit_stop ? machine_stop(SIGTRAP, PTRACE_EVENT_EXIT) : ending->status, NULL);
	drain_all(&world);
	expect(!world.is_stopped && world.exits == 1);
	expect(world.exit_code == ending->code && world.signo == ending->signo);
	world_deinit(&world);
}

static void the_end_is_told_whatever_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		finish_as(&endings[i], false);
		finish_as(&endings[i], true);
	}
}

// ---- exec ---------------------------------------------------------------------------------------------------------------

enum exec_moment { EXEC_QUIET, EXEC_CAUGHT, EXEC_PAUSED };

static void execute_by(bool is_second, enum exec_moment moment)
{
	struct world world;
	struct debugger_catches catches = { .exec = moment == EXEC_CAUGHT };
	const char *filter;
	current = is_second ? "exec by another thread" : "exec";
	start(&world, FIRST, 0);
	struct machine_thread *leader = world_leader(&world);
	assert_null(debugger_set_catches(world.debugger, &catches, &filter));
	machine_call(world.machine, leader->tid, SYS_clone);
	struct machine_thread *second = world.machine->threads.items[1];
	drain_all(&world);
	unsigned launches = world.launches;
	if (moment == EXEC_PAUSED)
		assert_null(debugger_pause(world.debugger, 0));
	machine_call(world.machine, is_second ? second->tid : leader->tid, SYS_execve);
	drain_all(&world);
	expect(world.launches == launches + 1);
	expect(world.threads_ended == 1);
	expect(!world.debugger->space.sites.count || world.debugger->breakpoints.items[0]->bound.count);
	if (moment != EXEC_QUIET) {
		expect(world.is_stopped && world.stop.reason == STOP_EXEC && world.stop.tid == leader->tid);
		expect(leader->state == MACHINE_STOPPED);
		go_on(&world, false);
	}
	expect(!world.is_stopped && leader->state == MACHINE_RUNNING && leader->how == RESUME_CONTINUE);
	end(&world);
}

static void exec_is_the_leaders_whoever_did_it(void **state)
{
	(void)state;
	for (enum exec_moment moment = EXEC_QUIET; moment <= EXEC_PAUSED; moment++) {
		execute_by(false, moment);
		execute_by(true, moment);
	}
}

// ---- an interrupt before the signal of an instruction -------------------------------------------------------------------

static void interrupt_before(const struct row *row)
{
	struct world world;
	current = row->name;
	uint64_t site = start(&world, row->site, row->flags);
	struct machine_thread *thread = world_leader(&world);
	assert_null(debugger_pause(world.debugger, 0));
	happen(&world, row, pc_of(row, site, false));
	thread->has_fault = true;
	thread->fault = thread->siginfo;
	machine_report(world.machine, thread->tid, machine_stop(SIGTRAP, PTRACE_EVENT_STOP), NULL);
	drain_all(&world);
	expect(world.is_stopped && world.stop.reason == STOP_PAUSE);
	expect(!thread->has_fault && thread->state == MACHINE_STOPPED);   // it was taken, and the program has not run
	expect(world.stop.pc == pc_of(row, site, true));
	go_on(&world, false);
	expect_outcome(&world, row, row->kept_reason, pc_of(row, site, true));
	end(&world);
}

static void a_signal_that_an_interrupt_overtakes_comes_with_the_pause(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!rows[i].event && rows[i].code > 0 && rows[i].signo != SIGCHLD && rows[i].signo != CALL_SIGNO)
			interrupt_before(&rows[i]);
}

// A hit of one thread, and at the same moment one of another: both are told, one after the other.
static void hits_of_two_threads_are_two_stops(void **state)
{
	struct world world;
	struct row row = rows[0];
	(void)state;
	current = "hits of two threads";
	uint64_t site = start(&world, FIRST, 0);
	struct machine_thread *leader = world_leader(&world);
	machine_call(world.machine, leader->tid, SYS_clone);
	drain_all(&world);
	struct machine_thread *second = world.machine->threads.items[1];
	happen(&world, &row, site + 1);
	second->registers.rip = site + 1;
	machine_report(world.machine, second->tid, machine_stop(SIGTRAP, 0), &leader->siginfo);
	drain_all(&world);
	expect(world.is_stopped && world.stop.reason == STOP_BREAKPOINT && world.stop.tid == leader->tid);
	expect(second->registers.rip == site || debugger_thread(world.debugger, second->tid)->is_pc_changed);
	world.machine->is_scripted = false;   // the second meets it again
	move_to(&world, leader->tid, world_symbol(&world, "spins"));
	go_on(&world, false);
	assert_true(world_wait(&world));
	expect(world.stop.reason == STOP_BREAKPOINT && world.stop.tid == second->tid && world.stop.pc == site);
	end(&world);
}

// Many quiet stops of one thread bring it to the tracer's CPU. A signal of another one amid them does not: it may ask for its CPUs.
static void a_signal_confines_no_thread_but_a_habit_does(void **state)
{
	struct world world;
	const siginfo_t info = { .si_signo = SIGCHLD, .si_code = CLD_EXITED };
	(void)state;
	current = "confined threads";
	start(&world, FIRST, 0);
	struct machine_thread *leader = world_leader(&world);
	machine_call(world.machine, leader->tid, SYS_clone);
	drain_all(&world);
	struct machine_thread *second = world.machine->threads.items[1];
	for (unsigned i = 0; i < 50; i++) {
		machine_report(world.machine, leader->tid, machine_stop(SIGCHLD, 0), &info);
		drain_all(&world);
	}
	machine_report(world.machine, second->tid, machine_stop(SIGCHLD, 0), &info);
	drain_all(&world);
	expect(leader->confines && !second->confines);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_a_running_thread),
		cmocka_unit_test(events_that_a_pause_overtakes),
		cmocka_unit_test(children_come_before_or_after_their_parents_event),
		cmocka_unit_test(the_end_is_told_whatever_goes_on),
		cmocka_unit_test(exec_is_the_leaders_whoever_did_it),
		cmocka_unit_test(a_signal_that_an_interrupt_overtakes_comes_with_the_pause),
		cmocka_unit_test(hits_of_two_threads_are_two_stops),
		cmocka_unit_test(a_signal_confines_no_thread_but_a_habit_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

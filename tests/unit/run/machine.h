// A fabricated target: threads that run the code of tests/programs/machine_code.c in our head, with the stops, signals and deaths that
// ptrace (2) and wait (2) would bring, in an order that is always the same. A real process of that program only stands by, for /proc.
//
// Any thread's next stop may also be fabricated outright (machine_report), and SIGKILL may come at the n-th operation (dies_at).
#pragma once

#include <signal.h>

#include "base/vec.h"
#include "engine/arch/instruction.h"
#include "engine/target/target.h"

enum machine_state {
	MACHINE_RUNNING,
	MACHINE_STOPPED,     // in a ptrace-stop; its report may not have been taken yet
	MACHINE_LISTENING,
	MACHINE_BLOCKED,     // in a call that does not return by itself, or a vfork's parent
	MACHINE_EXITING,     // in its exit stop
	MACHINE_DEAD,
};

struct machine_frame {           // what a signal handler interrupted
	struct user_regs_struct registers;
	struct machine_frame *outer;
};

struct machine_thread {
	pid_t tid, process;
	pid_t space;                     // whose memory it has: a vfork's child that of its parent
	enum machine_state state;
	enum target_resume how;
	bool has_report, is_free;   // free: detached
	int status;                      // of the report, as from waitpid
	int end_status;                  // how it ends
	struct user_regs_struct registers;
	siginfo_t siginfo;
	bool has_fault;                  // a signal that an interrupt has overtaken
	siginfo_t fault;
	uint64_t mask;
	unsigned long message;
	bool is_at_entry, is_leaving;    // of a system call
	struct target_syscall_info call;
	bool is_interrupted;             // PTRACE_INTERRUPT was asked for
	pid_t vfork_child;
	struct machine_frame *frames;
	unsigned resumes;                // by the debugger
	unsigned confines;               // to one CPU, so often
	bool is_confined;
	int delivered;                   // the signal of the last of them
};

struct machine_page {
	pid_t process;
	uint64_t address;
	uint8_t *bytes;
};

struct machine {
	struct target target;
	pid_t pid;
	VEC(struct machine_thread *) threads;
	VEC(struct machine_page) pages;
	VEC(siginfo_t) pending;          // signals for the process
	uint64_t handler;                // of every signal that has one; 0: none has
	uint64_t handled;                // bit signo - 1
	uint64_t restorer;
	uint64_t next_function;          // what it runs after an exec
	unsigned ids;
	// What a test may choose.
	bool is_scripted;                // threads do not run: stops come from machine_report() alone
	bool is_newest_first;            // the thread made last is waited for first
	bool is_child_first;             // a new thread's first stop comes before its parent's event
	bool is_interrupt_first;         // an interrupt is reported before the signal that an instruction just raised
	bool refuses_memory;             // mmap fails
	bool hides_exit;                 // no exit stops, as kernels before 6.x had it for SIGKILL
	unsigned interrupt_delay;        // instructions that are run before an interrupt takes effect
	unsigned long calls, dies_at;    // operations so far; the one at which SIGKILL comes, 0: none
	bool is_stuck, *stuck_ret;       // something waited for what never comes; the copy outlives the machine
	char what[160];                  // why
};

#define MACHINE_PROGRAM PROGRAMS_DIR "/machine_code"

struct machine *machine_create(void);   // dies with the debugger: target_ops.destroy
// The raw status of a stop for wait (2): signal-delivery-stop, or with an event of ptrace (2).
int machine_stop(int signo, int event);
// The thread's next report; of a running thread, it stops it.
void machine_report(struct machine *machine, pid_t tid, int status, const siginfo_t *info);
// The running thread makes a system call at this moment, with the events that it brings.
void machine_call(struct machine *machine, pid_t tid, uint64_t number);
void machine_signal(struct machine *machine, int signo);      // to the process, from elsewhere
struct machine_thread *machine_thread(struct machine *machine, pid_t tid);
// Anything that runs, or a report that nobody took.
bool machine_is_busy(const struct machine *machine);
// NULL, or what a detached process still has of the debugger: patched bytes, pages, a pc in one of them, a thread that is held.
const char *machine_traces(struct machine *machine, pid_t process);

// Private to the fabricated machine: machine.c (threads and what a test asks of them), machine_memory.c, machine_calls.c,
// machine_processor.c, machine_ops.c (what the debugger calls).
#pragma once

#include "tests/unit/run/machine.h"

enum { PAGE = 4096, INT3 = 0xcc, MACHINE_ENTRY = 0x401000, MACHINE_END = 0x402000 };
#define STACK_TOP ((uint64_t)0x7f0000000000)
enum { STACK_BYTES = 0x40000 };

// Whose memory.
struct access {
	struct machine *machine;
	pid_t process;
};

extern const struct target_ops machine_ops;

// machine.c
void machine_set_report(struct machine_thread *thread, int status);
void machine_raise(struct machine_thread *thread, int signo, int code, uint64_t address);   // a signal-delivery-stop
void machine_end_thread(struct machine *machine, struct machine_thread *thread, int status);
void machine_end_process(struct machine *machine, pid_t process, int status);
struct user_regs_struct machine_first_registers(uint64_t function);
struct machine_thread *machine_add_thread(struct machine *machine, pid_t process, const struct user_regs_struct *registers);   // process 0: its own

// machine_memory.c. `process`: whose memory.
struct machine_page *machine_find_page(struct machine *machine, pid_t process, uint64_t address);
struct machine_page *machine_add_page(struct machine *machine, pid_t process, uint64_t address);
// Reads to `out`, or writes what is at `in`. Returns how much was there.
size_t machine_move(struct machine *machine, pid_t process, uint64_t address, uint8_t *out, const uint8_t *in, size_t size);
void machine_drop_pages(struct machine *machine, pid_t process);
void machine_copy_pages(struct machine *machine, pid_t from, pid_t to);
const char *machine_page_traces(struct machine *machine, const struct machine_page *page);

// machine_calls.c
void machine_enter_call(struct machine *machine, struct machine_thread *thread, uint64_t next);
void machine_do_call(struct machine *machine, struct machine_thread *thread);
void machine_leave_call(struct machine_thread *thread);
void machine_leave_handler(struct machine_thread *thread);   // rt_sigreturn

// machine_processor.c
void machine_run_thread(struct machine *machine, struct machine_thread *thread, unsigned count);   // instructions at most
void machine_deliver(struct machine *machine, struct machine_thread *thread, int signo);
void machine_restart_call(struct machine_thread *thread);

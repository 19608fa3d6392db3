// What a signal means: in words, with where it came from and what the program was doing.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/audit.h>

#include "engine/arch/instruction.h"
#include "engine/inspect/private.h"

// ---- the words ------------------------------------------------------------------------------------------------------------

static bool is_from_process(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

// The kernel gives the address of a fault, but none of a general protection fault (SI_KERNEL).
static bool has_fault_address(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE: return info->si_code > 0 && info->si_code != SI_KERNEL;
	case SIGTRAP: return info->si_code > 0 && info->si_code != SI_KERNEL && info->si_addr;
	default: return false;
	}
}

static bool is_breakpoint_trap(const siginfo_t *info)
{
	return info->si_signo == SIGTRAP && (info->si_code == SI_KERNEL || info->si_code == TRAP_BRKPT);
}

static uint64_t fault_address(const siginfo_t *info)
{
	return (uint64_t)(uintptr_t)info->si_addr;
}

static void add_process_name(pid_t pid, struct str *text)
{
	char path[64];
	char name[32];
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
	if (length <= 0)
		return;   // it has ended since
	name[length] = '\0';
	str_printf(text, " (%.*s)", (int)strcspn(name, "\n"), name);
}

static void add_sender(const struct debugger *debugger, const siginfo_t *info, struct str *text)
{
	if (info->si_pid == debugger->pid)
		str_printf(text, "the program itself (process %d)", info->si_pid);
	else if (info->si_pid == 0)
		str_add(text, "the kernel, or a process outside the program's PID namespace");
	else {
		str_printf(text, "process %d", info->si_pid);
		add_process_name(info->si_pid, text);
	}
	str_printf(text, ", user %u", info->si_uid);
}

static enum syscall_abi seccomp_abi(const siginfo_t *info, uint64_t *number_ret)
{
	enum { X32_BIT = 0x40000000 };
	*number_ret = (uint32_t)info->si_syscall;
	if (info->si_arch == AUDIT_ARCH_I386)
		return SYSCALL_ABI_I386;
	if (info->si_syscall > 0 && (info->si_syscall & X32_BIT)) {
		*number_ret &= ~(uint64_t)X32_BIT;
		return SYSCALL_ABI_X32;
	}
	return SYSCALL_ABI_X86_64;
}

static void add_syscall(const siginfo_t *info, struct str *text)
{
	uint64_t number;
	enum syscall_abi abi = seccomp_abi(info, &number);
	str_printf(text, "%s (%" PRIu64 ")", syscall_name(abi, number), number);
}

static void add_code(const siginfo_t *info, struct str *text)
{
	const char *words = signal_code_description(info->si_signo, info->si_code);
	if (info->si_signo == SIGSEGV && info->si_code == SI_KERNEL)
		str_add(text, "general protection fault (an address that is not canonical, or a privileged instruction)");
	else if (is_breakpoint_trap(info))
		str_add(text, "breakpoint instruction of the program itself");
	else if (words)
		str_add(text, words);
	else
		str_printf(text, "code %d", info->si_code);
}

static const char *describe(const struct debugger *debugger, const siginfo_t *info, struct arena *arena)
{
	_cleanup_str_ struct str text = STR_INIT;
	str_printf(&text, "%s: ", signal_description(info->si_signo));
	if (is_from_process(info)) {
		str_add(&text, "sent by ");
		add_sender(debugger, info, &text);
		return arena_strdup(arena, str_text(&text));
	}
	add_code(info, &text);
	if (has_fault_address(info))
		str_printf(&text, ", at 0x%" PRIx64, fault_address(info));
	else if (info->si_signo == SIGSYS && info->si_code > 0) {
		str_add(&text, ", system call ");
		add_syscall(info, &text);
	} else if (info->si_signo == SIGCHLD && info->si_code > 0) {
		str_printf(&text, ", process %d, %s %d", info->si_pid, info->si_code == CLD_EXITED ? "exit code" : "signal", info->si_status);
	}
	return arena_strdup(arena, str_text(&text));
}

// ---- the details ----------------------------------------------------------------------------------------------------------

static void add_numbers(const struct debugger *debugger, const siginfo_t *info, struct str *text)
{
	const char *name = signal_code_name(info->si_signo, info->si_code);
	str_printf(text, "Signal: %s (%d)\nCode: ", signal_name(info->si_signo), info->si_signo);
	if (name)
		str_printf(text, "%s (%d), ", name, info->si_code);
	add_code(info, text);
	str_char(text, '\n');
	if (has_fault_address(info))
		str_printf(text, "Fault address: 0x%" PRIx64 "\n", fault_address(info));
	if (info->si_signo == SIGSEGV && info->si_code == SEGV_PKUERR)
		str_printf(text, "Protection key: %u\n", info->si_pkey);
	if (info->si_signo == SIGSYS && info->si_code > 0) {
		str_add(text, "System call: ");
		add_syscall(info, text);
		str_printf(text, ", made before 0x%" PRIx64 "\n", (uint64_t)(uintptr_t)info->si_call_addr);
	}
	if (is_from_process(info)) {
		str_add(text, "Sender: ");
		add_sender(debugger, info, text);
		str_char(text, '\n');
	}
	if (info->si_code == SI_QUEUE)
		str_printf(text, "Value: 0x%" PRIx64 "\n", (uint64_t)(uintptr_t)info->si_value.sival_ptr);
}

static bool symbolise(void *modules, uint64_t address, struct str *text)
{
	return modules_symbolise(modules, address, text);
}

static void add_instruction(struct debugger *debugger, uint64_t pc, struct str *text)
{
	struct address_space *space = &debugger->space;
	uint8_t bytes[INSTRUCTION_MAX];
	struct instruction instruction;
	size_t size = memory_read_some(space->memory, pc, bytes, sizeof(bytes));
	if (!size) {
		str_add(text, "Instruction: there is no memory at pc\n");
		return;
	}
	struct error *error = instruction_decode(bytes, size, pc, &instruction);
	str_add(text, "Instruction: ");
	if (error)
		str_add(text, "(bad)");
	else
		instruction_format(&instruction, SYNTAX_INTEL, symbolise, space->modules, text);
	str_char(text, '\n');
	error_destroy(error);
}

static void add_place(struct debugger *debugger, uint64_t pc, struct str *text)
{
	struct modules *modules = debugger->space.modules;
	struct module *module = modules_find(modules, pc);
	struct line_position position;
	str_printf(text, "pc: 0x%" PRIx64, pc);
	size_t before = text->length;
	str_add(text, " <");
	if (modules_symbolise(modules, pc, text))
		str_char(text, '>');
	else
		str_truncate(text, before);
	if (module)
		str_printf(text, " in %s", module->path);
	str_char(text, '\n');
	if (modules_line_at(modules, pc, &position) && position.line)
		str_printf(text, "Source: %s:%u\n", position.file->path, position.line);
}

static const char *detail(struct thread *thread, const siginfo_t *info, bool is_fatal, struct arena *arena)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct debugger *debugger = thread->debugger;
	const struct user_regs_struct *registers = thread_registers(thread);
	add_numbers(debugger, info, &text);
	if (registers) {
		// A trap leaves the pc behind its instruction.
		uint64_t pc = is_breakpoint_trap(info) ? registers->rip - 1 : registers->rip;
		add_place(debugger, pc, &text);
		add_instruction(debugger, pc, &text);
	}
	if (!thread->signal)
		str_add(&text, "It is not delivered: the program may go on");
	else
		str_add(&text, is_fatal ? "The program does not handle it: going on ends the process"
					: "The program handles or ignores it, or by default it does no harm");
	return arena_strdup(arena, str_text(&text));
}

// ---- threads that stopped otherwise ---------------------------------------------------------------------------------------

static const char *reason_words(enum stop_reason reason)
{
	switch (reason) {
	case STOP_ENTRY: return "stopped at its entry";
	case STOP_MAIN: return "stopped at the beginning of main";
	case STOP_BREAKPOINT: return "stopped at a breakpoint";
	case STOP_FUNCTION_BREAKPOINT: return "stopped at a function breakpoint";
	case STOP_INSTRUCTION_BREAKPOINT: return "stopped at an instruction breakpoint";
	case STOP_STEP: return "stopped after a step";
	case STOP_PAUSE: return "was paused";
	case STOP_SYSCALL: return "stopped at a system call";
	case STOP_EXEC: return "stopped because it runs a new program";
	case STOP_GOTO: return "was moved to another place";
	case STOP_DATA_BREAKPOINT: return "stopped at a data breakpoint";
	case STOP_SIGNAL:   // of an earlier stop: it ran since
	case STOP_NONE: break;
	}
	return "stopped because another thread did";
}

static struct error *no_signal(struct thread *thread)
{
	// thread->stop is of the thread's own last stop, and it may have run since.
	bool is_present = thread->stop.reason != STOP_NONE && thread->stop.pc == thread_pc(thread);
	return error_create(ERROR_STATE, "thread %d has no signal: it %s", thread->tid,
			    reason_words(is_present ? thread->stop.reason : STOP_NONE));
}

struct error *debugger_exception_info(struct debugger *debugger, pid_t tid, struct arena *arena, struct exception_info *info_ret)
{
	struct thread *thread;
	struct error *error = debugger_stopped_thread(debugger, tid, &thread);
	if (error)
		return error;
	if (!thread->has_siginfo)
		return no_signal(thread);
	const siginfo_t *info = &thread->siginfo;
	bool is_fatal = debugger_signal_would_kill(debugger, info->si_signo);
	*info_ret = (struct exception_info){
		.id = arena_strdup(arena, signal_name(info->si_signo)),
		.description = describe(debugger, info, arena),
		.details = detail(thread, info, is_fatal, arena),
		.is_fatal = is_fatal,
	};
	return NULL;
}

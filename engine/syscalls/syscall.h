// Syscalls: what they are called, what their arguments mean (x86_64.def, flags.def, one line each), how one call reads.
// Names and numbers come from libseccomp; decoding reads the debuggee's memory and /proc/TID.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine/target/memory.h"

enum syscall_phase { SYSCALL_ENTRY, SYSCALL_RETURN };
enum syscall_abi { SYSCALL_ABI_X86_64, SYSCALL_ABI_I386, SYSCALL_ABI_X32 };

// One syscall stop, as PTRACE_GET_SYSCALL_INFO tells it (ptrace (2)); at the return the entry's number and arguments
// are kept by the caller.
struct syscall_event {
	enum syscall_phase phase;
	enum syscall_abi abi;
	uint64_t number;          // without the x32 bit
	uint64_t arguments[6];
	int64_t result;           // RETURN: as in rax
	int64_t result2;          // RETURN: rdx
	bool is_error;            // RETURN: result is -errno
	bool is_skipped;          // the call is not made (was not, at the RETURN); also at the ENTRY `result` holds then
	uint64_t duration_ns;     // RETURN: on the clock since the entry; 0 if that was not seen
	bool is_injected;         // ... because a rule wants it
	bool is_delayed;          // by a rule
	uint64_t pc, sp;
	bool is_continuation;     // restart_syscall (2): goes on with a call that was interrupted,
	uint64_t continued;       // ... this one
};

enum { SYSCALL_ARGUMENT_MAX = 6 };

// The decoder's view of the debuggee.
struct syscall_context {
	struct memory *memory;
	pid_t pid, tid;           // for /proc/TID/fd and the like; 0: show fds as numbers
	unsigned string_limit;    // bytes of a string or buffer shown; 0: 32 for buffers, whole paths
	bool show_fd_paths;       // 3</etc/hosts>
	bool show_sockets;        // 3<TCP:[127.0.0.1:80->127.0.0.1:4711]>, with show_fd_paths
	bool is_verbose;          // nothing is left out of structs, lists and environments
	const struct syscall_entry *entry;   // at a RETURN: what syscall_entry_take() kept, or NULL
};

// How much the words of calls say: a choice of the user, not of the call.
struct syscall_display {
	unsigned string_limit;    // as in syscall_context
	bool hide_fd_paths, show_sockets, is_verbose;
};

// The words of the arguments as they were at the entry: what a return shows as in-arguments, since a path's buffer may be overwritten
// and a descriptor closed by then. Belongs to a thread and is used again for each call.
struct syscall_entry {
	struct str text;
	uint32_t ends[SYSCALL_ARGUMENT_MAX];
	int32_t name_length;      // of a msghdr: how much room for the address there was
	uint64_t number;
	enum syscall_abi abi;
	bool is_valid;
};
void syscall_entry_take(struct syscall_entry *entry, const struct syscall_event *event, const struct syscall_context *context);
void syscall_entry_drop(struct syscall_entry *entry);   // it belongs to no call any more
void syscall_entry_deinit(struct syscall_entry *entry);

// NULL never: an unknown number is named "syscall_0x1ff". Valid for ever.
const char *syscall_name(enum syscall_abi abi, uint64_t number);
const char *syscall_abi_name(enum syscall_abi abi);          // "x86-64", "i386", "x32"
const char *syscall_abi_description(enum syscall_abi abi);   // "i386 (int 0x80)"
const char *syscall_abi_suffix(enum syscall_abi abi);        // behind the name of a call, as strace writes it: "", "@32", "@x32"
// -1 if unknown.
int syscall_number(enum syscall_abi abi, const char *name);
// Of a restart_syscall: the name of the call that it goes on with; NULL if it is another call or that is not known.
const char *syscall_continued_name(const struct syscall_event *event);
// Number of arguments and their names ("dirfd"); 6 and "arg0".. for a call that is not in the table.
unsigned syscall_argument_count(const struct syscall_event *event);
const char *syscall_argument_name(const struct syscall_event *event, unsigned index);
// Whether this call looks at it: without O_CREAT there is no `mode`, and the text of the call leaves it out.
bool syscall_has_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context);
// The register that carries it in this ABI: "rdi", "rsi", "rdx", "r10", "r8", "r9" (i386: "ebx" ...).
const char *syscall_argument_register(enum syscall_abi abi, unsigned index);
// False for exit, exit_group, rt_sigreturn and, at its RETURN, a successful execve (the program that called it is gone).
bool syscall_returns(const struct syscall_event *event);
// False for exit and exit_group alone: the kernel stops at the return of rt_sigreturn and execve too, with other registers.
bool syscall_comes_back(const struct syscall_event *event);

// Appends one argument: `AT_FDCWD`, `"/etc/hosts"`, `O_RDONLY|O_CLOEXEC`. Out-arguments are decoded at RETURN and appear as their
// address at ENTRY. Never fails: what cannot be read shows as `0x...`.
void syscall_format_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context, struct str *text);
// `3</etc/hosts>`, `-1 ENOENT (No such file or directory)`, `0x7f...`, `?` if it does not return. RETURN phase only.
void syscall_format_result(const struct syscall_event *event, const struct syscall_context *context, struct str *text);
// `openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3`; at ENTRY without the result.
// Calls of another ABI are marked: `open@32("/x", O_RDONLY)`, `read@x32(...)`.
void syscall_format(const struct syscall_event *event, const struct syscall_context *context, struct str *text);

// If the argument points to memory: its address and the size of what is there (0: unknown), for memoryReference.
bool syscall_argument_memory(const struct syscall_event *event, unsigned index, uint64_t *address_ret, uint64_t *size_ret);

// How a program's language would have the argument.
enum syscall_word {
	SYSCALL_WORD_INT, SYSCALL_WORD_UNSIGNED, SYSCALL_WORD_LONG, SYSCALL_WORD_UNSIGNED_LONG,
	SYSCALL_WORD_TEXT,        // char *
	SYSCALL_WORD_POINTER,     // void *
};
enum syscall_word syscall_argument_word(const struct syscall_event *event, unsigned index);

// Appends what the call is about, each ended by NUL: its path arguments, made absolute with the directory of the thread or of the
// descriptor before them, without "." and "..", links not followed; and what its descriptors are ("/etc/hosts", "socket:[4711]").
void syscall_paths(const struct syscall_event *event, const struct syscall_context *context, struct str *paths);
// `?`, `[a-z]` and `*` stay within a component, `**` does not; a pattern that does not begin with '/' matches at any depth.
bool syscall_path_matches(const char *pattern, const char *path);

// Constants by name: ENOENT, O_CREAT, SIGINT. False if unknown.
bool syscall_constant(const char *name, uint64_t *number_ret);
const char *syscall_nearest_constant(const char *word);   // that it may have been meant to be; NULL: none

enum { ERRNO_MAX = 4095 };               // the kernel's MAX_ERRNO (include/linux/err.h): a result below -4095 is no error
const char *errno_description(int number);   // "No such file or directory"; NULL if unknown, or never seen by programs
const char *errno_name(int number);      // "ENOENT"; also ERESTARTSYS (512) and its kin; NULL if unknown

// Signals (used by stops and exceptionInfo too): "SIGSEGV", "SIGRTMIN+1"; never NULL.
const char *signal_name(int signo);
const char *signal_description(int signo);               // "Segmentation fault"
int signal_number(const char *name);                     // "SEGV", "SIGSEGV", "11"; -1 unknown
const char *signal_code_name(int signo, int code);       // "SEGV_MAPERR"; NULL unknown
const char *signal_code_description(int signo, int code); // "address not mapped to object"; NULL unknown

// ---- Sets: "openat,read,%file,!close", numbers, "all", "none"; empty means all -------------------------------------

enum { SYSCALL_SET_SIZE = 1024 };
struct syscall_set {
	uint64_t bits[SYSCALL_SET_SIZE / 64];   // by x86-64 number
	bool has_others;                        // numbers beyond the table and other ABIs
};
// ERROR_INVALID names the word and its column, and for a misspelt name the nearest one.
struct error *syscall_set_parse(const char *text, struct syscall_set *set_ret);
bool syscall_set_has(const struct syscall_set *set, enum syscall_abi abi, uint64_t number);
bool syscall_set_is_empty(const struct syscall_set *set);
// The argument of that name that a call of the set has, else the name that comes nearest; NULL: none does.
const char *syscall_set_argument(const struct syscall_set *set, const char *name);
// Known x86-64 calls in the set; the last one's name if there is any.
unsigned syscall_set_count(const struct syscall_set *set, const char **only_ret);
// A known call's name that the word may have been meant to be; NULL: none.
const char *syscall_nearest_name(const char *word);

// ---- What there is to choose from, for completion and help -------------------------------------------------------------

struct syscall_group {
	const char *name;         // "file": "%file" in a set
	const char *description;
	uint32_t bit;             // in syscall_known.groups
};
const struct syscall_group *syscall_group_at(unsigned index);   // NULL behind the last

// A call of x86-64, with all arguments that it may have: those of a call like fcntl depend on one of them.
struct syscall_known {
	const char *name;
	uint64_t number;
	uint32_t groups;
	unsigned argument_count;
	const char *arguments[SYSCALL_ARGUMENT_MAX];
};
bool syscall_known_at(unsigned index, struct syscall_known *known_ret);   // in the order of the numbers; false behind the last

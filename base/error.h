// Errors that carry a code for the program and words for the user.
//
// A fallible function returns `struct error *`: NULL is success. Results leave through the last
// parameters and are untouched on failure. The caller owns the error: hand it up (wrapped with what
// was being done), or look at it and error_destroy() it. Never assert on the debuggee's, a file's or
// a client's input: return one of these. Running out of memory ends the process (PTRACE_O_EXITKILL
// then ends a launched debuggee), so allocation is not fallible here.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum error_code {
	ERROR_INVALID = 1,  // the user's or client's input is wrong
	ERROR_NOT_FOUND,    // no such file, symbol, thread, reference ...
	ERROR_PERMISSION,   // EPERM, EACCES
	ERROR_GONE,         // the debuggee or thread died meanwhile (ESRCH): a normal outcome
	ERROR_FAULT,        // memory not readable or writable; `address` says where
	ERROR_STATE,        // not possible in the present state (running, not launched ...)
	ERROR_UNSUPPORTED,  // not built, or the kernel or file does not offer it
	ERROR_UNAVAILABLE,  // optimised out, not saved by the callee ...
	ERROR_CANCELLED,
	ERROR_FORMAT,       // a file's or message's contents break its format
	ERROR_IO,           // anything else from the system; `system_errno` says what
};

struct error {
	enum error_code code;
	int system_errno;   // 0 if none
	uint64_t address;   // for ERROR_FAULT
	char *message;      // one sentence without a full stop, fit for the user
};

// Each make-function copies its words. Never returns NULL.
struct error *error_create(enum error_code code, const char *format, ...) __attribute__((returns_nonnull, format(printf, 2, 3)));
// "words: strerror(system_errno)"; the code follows from system_errno (ESRCH gone, EPERM permission ...).
struct error *error_system(int system_errno, const char *format, ...) __attribute__((returns_nonnull, format(printf, 2, 3)));
struct error *error_fault(uint64_t address, const char *format, ...) __attribute__((returns_nonnull, format(printf, 2, 3)));
// Takes `cause` and returns it with "words: " before its message; NULL stays NULL.
struct error *error_wrap(struct error *cause, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_destroy(struct error *error);

// If *error has this code: destroys it, sets *error to NULL, answers true.
bool error_catch(struct error **error, enum error_code code);

static inline void error_destroyp(struct error **error)
{
	error_destroy(*error);
}
#define _cleanup_error_ __attribute__((cleanup(error_destroyp)))

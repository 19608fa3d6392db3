// The other way round: what somebody writes for a value, in the notation in which the value is shown.
#pragma once

#include "engine/syscalls/value.h"

// Makes an expression of numbers from `text`, for the evaluator: the names of the value's own flags, signals, modes become numbers,
// htons(80), makedev(8, 1), inet_addr("1.2.3.4") too, and what the words tell the reader (3</etc/hosts>, comments) goes. Names that
// are none of the value's stay: they may be the program's.
void notation_expression(const struct syscall_value *value, const char *text, struct str *expression);
// The same for a call's result: also "ENOENT", "-ENOENT", "-1 ENOENT (No such file or directory)".
void notation_result(const struct syscall_value *value, const char *text, struct str *expression);
// "ENOENT", also "EWOULDBLOCK" and its like; 0: none of that name.
int notation_errno(const char *name);

// What holds text or bytes that can be written as "...": in which way.
enum notation_text {
	NOTATION_NO_TEXT,
	NOTATION_STRING,   // up to its NUL
	NOTATION_BYTES,    // `memory_size` of them
};
enum notation_text notation_text_of(const struct syscall_value *value);
// Is it text at all: quoted, or a path ("/etc/hosts", "./x")? Then `bytes` gets it, without quotes and escapes. ERROR_INVALID with the
// column: an unknown escape, a quote missing, or "..." behind it (what was cut off cannot be guessed).
bool notation_is_text(const char *text);
struct error *notation_parse_text(const char *text, struct str *bytes);

// The word with that bit (or field of bits) on or off.
uint64_t notation_with_bit(const struct syscall_value *parent, const struct syscall_value *bit, uint64_t word, bool is_on);

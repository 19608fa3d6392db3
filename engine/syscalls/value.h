// A decoded value as a tree: an argument or result with its fields, elements, bits and what /proc says of it. Made by the same
// pass as the words of the line.
#pragma once

#include "base/memory.h"
#include "engine/syscalls/syscall.h"

enum syscall_value_form {
	SYSCALL_VALUE_WORD,      // a number in a register or in memory: `value`, `address`, `size`
	SYSCALL_VALUE_POINTER,   // a word that points to `memory`; its children stand there
	SYSCALL_VALUE_EMBEDDED,  // a struct or array in place, `memory` bytes of its own
	SYSCALL_VALUE_BIT,       // `mask` of the parent's word
	SYSCALL_VALUE_NOTE,      // what the kernel or we say of it; cannot be changed
};

// All of it lives in the arena given.
struct syscall_value {
	const char *name;        // "st_mode", "[2]", "O_CLOEXEC"; unique among its siblings
	const char *text;        // as in the line
	const char *type;        // "struct stat", "fd", "O_*"; NULL: none
	enum syscall_value_form form;
	uint64_t value;
	uint64_t mask;           // BIT
	uint64_t address;        // where the word stands in the debuggee; 0: in the register of its argument
	unsigned size;           // of the word in bytes
	uint64_t memory;         // what it points to; 0: nothing
	uint64_t memory_size;    // 0: unknown
	uint16_t detail;
	uint8_t kind;            // how it is written: for notation.h
	bool is_output;          // the kernel writes there
	bool is_pair;            // 64 bits of a 32-bit program, in the registers of this argument and the next; `value` has the low half
	struct syscall_value *children, *next;
	size_t child_count;
};

// Never NULL. An argument of an index that the call does not have is a word without a name.
struct syscall_value *syscall_argument_value(const struct syscall_event *event, unsigned index, const struct syscall_context *context,
					     struct arena *arena);
struct syscall_value *syscall_result_value(const struct syscall_event *event, const struct syscall_context *context, struct arena *arena);

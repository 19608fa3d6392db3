// What a kind's function sees and what it may use: private to this layer.
//
// One pass makes both the words of a value and, if `tree` is set, its parts (value.h): whatever goes through decode_value() or
// decode_part() becomes a node whose text is what was appended meanwhile.
#pragma once

#include "engine/syscalls/table.h"
#include "engine/syscalls/value.h"

struct tree;

struct decode {
	const struct syscall_event *event;
	const struct syscall_context *context;
	const struct argument *argument;   // the argument or field being shown
	const uint64_t *arguments;         // the call's, as this ABI has them
	struct str *text;
	struct tree *tree;                 // NULL: words alone
	const uint8_t *base;               // the struct around a field; NULL for an argument
	size_t base_size;                  // how much of it is there
	unsigned depth;                    // of nested structs
	unsigned index;                    // of the argument
	uint64_t moved;                    // bytes the call moved through the struct around, if has_moved
	bool has_moved;
};

enum {
	DECODE_DEPTH_MAX = 6,
	DECODE_ELEMENTS_MAX = 32,
	DECODE_ELEMENTS_VERBOSE = 1024,
	DECODE_BUFFER_DEFAULT = 32,
	DECODE_PATH_MAX = 4096,
	DECODE_TEXT_MAX = 1 << 20,         // nothing is appended to a line longer than this
};

#define KIND(name, is_pointer) void kind_##name(const struct decode *decode, uint64_t value);
#include "engine/syscalls/kinds.def"
#undef KIND

// `place`: where the value itself stands in the debuggee's memory; 0: in a register.
void decode_value(const struct decode *decode, const struct argument *argument, uint64_t value, uint64_t place);
// The same for element `position` of an array.
void decode_element(const struct decode *decode, const struct argument *argument, uint64_t position, uint64_t value, uint64_t place);
// Shows a struct's fields in braces; `bytes` is the whole struct, `address` where it stands, `size` how much of it there is.
void decode_fields(const struct decode *decode, const struct layout *layout, const uint8_t *bytes, uint64_t address, size_t size);
// Reads the struct (at most `length` bytes of it, the rest zero) and shows it; the address if it cannot be read.
void decode_struct(const struct decode *decode, const struct layout *layout, uint64_t address, uint64_t length);
uint64_t decode_field(const struct argument *field, const uint8_t *bytes);
bool decode_condition(const struct decode *decode, enum condition_id condition);
// How much there is, by the argument's length source; what cannot be read is 0. The caller bounds it.
uint64_t decode_length(const struct decode *decode);
bool decode_read(const struct decode *decode, uint64_t address, void *bytes, size_t size);
// A word of this ABI: 8 bytes, 4 of a 32-bit program. False if it cannot be read.
bool decode_read_word(const struct decode *decode, uint64_t address, uint64_t *word_ret);
unsigned decode_word_size(const struct decode *decode);
unsigned decode_element_size(const struct decode *decode, const struct argument *array);
// NULL: this ABI's layout is not known.
const struct layout *decode_layout(const struct decode *decode, enum layout_id id);
bool decode_is_verbose(const struct decode *decode);   // nothing is to be left out
unsigned decode_elements_max(const struct decode *decode);
bool decode_is_full(const struct decode *decode);      // the line is as long as a line may be

// tree.c. A part that is no argument or field of a table. Free of cost without a tree. `name` is copied.
struct part {
	size_t start;
	struct syscall_value *value, *parent, **tail;
};
struct part decode_part(const struct decode *decode, const char *name, const char *type);
void decode_part_end(const struct decode *decode, const struct part *part);
// A part without words in the line.
void decode_note(const struct decode *decode, const char *name, const char *type, const char *text);
// A named bit (`is_bit`) or the value of a field of bits, for the one who edits it.
void decode_bit(const struct decode *decode, const char *name, uint64_t mask, bool is_set);

void text_address(struct str *text, uint64_t value);    // NULL or 0x...
void text_signed(struct str *text, int64_t value);
void text_unsigned(struct str *text, uint64_t value);
void text_escape(struct str *text, const void *bytes, size_t length, bool digit_follows);
void text_flags(struct str *text, const struct flag_set *set, uint64_t value);
void text_choice(struct str *text, const struct flag_set *set, uint64_t value);
void text_moment(struct str *text, int64_t seconds, uint64_t fraction, int digits);
void text_mode(struct str *text, uint32_t mode);
void text_signal(struct str *text, int signo);          // "SIGINT", "SIGRT_2" as strace has them
void text_sigset(struct str *text, uint64_t bits, int signals);
void text_rest(struct str *text, uint64_t address);     // "... /* 0x1234 */": unreadable from there on
const char *flag_name(const struct flag_set *set, uint64_t value);   // NULL if unknown
unsigned decode_string_limit(const struct syscall_context *context);
void decode_bytes(const struct decode *decode, uint64_t address, uint64_t length);   // a quoted buffer
void decode_text(const struct decode *decode, uint64_t address, uint64_t limit);     // a string up to its NUL
void decode_flag_parts(const struct decode *decode, const struct flag_set *set, uint64_t value);

// image.c. At a successful execve's return: the path, argv or envp of the new image; 0: not found.
uint64_t image_argument(const struct decode *decode, enum kind_id kind);
// What /proc says of a descriptor: "/etc/hosts", "TCP:[127.0.0.1:80->127.0.0.1:4711]". False if nothing.
bool socket_words(pid_t tid, uint64_t inode, struct str *text);

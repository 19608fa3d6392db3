// What a kind's function sees and what it may use: private to this layer.
#pragma once

#include "engine/syscalls/table.h"

struct decode {
	const struct syscall_event *event;
	const struct syscall_context *context;
	const struct argument *argument;   // the argument or field being shown
	const uint64_t *arguments;         // the call's, as this ABI has them
	struct str *text;
	const uint8_t *base;               // the struct around a field; NULL for an argument
	unsigned depth;                    // of nested structs
};

enum { DECODE_DEPTH_MAX = 6, DECODE_ELEMENTS_MAX = 32, DECODE_BUFFER_DEFAULT = 32, DECODE_PATH_MAX = 4096 };

#define KIND(name, is_portable) void kind_##name(const struct decode *decode, uint64_t value);
#include "engine/syscalls/kinds.def"
#undef KIND

void decode_value(const struct decode *decode, const struct argument *argument, uint64_t value);
// Shows a struct's fields in braces; `bytes` is the whole struct, `address` where it stands (for embedded fields).
void decode_fields(const struct decode *decode, const struct layout *layout, const uint8_t *bytes, uint64_t address);
uint64_t decode_field(const struct argument *field, const uint8_t *bytes);
bool decode_condition(const struct decode *decode, enum condition_id condition);
// How much there is, by the argument's length source; negative numbers and what cannot be read are 0.
uint64_t decode_length(const struct decode *decode);
bool decode_read(const struct decode *decode, uint64_t address, void *bytes, size_t size);

void text_address(struct str *text, uint64_t value);    // NULL or 0x...
void text_escape(struct str *text, const void *bytes, size_t length, bool digit_follows);
void text_flags(struct str *text, const struct flag_set *set, uint64_t value);
void text_choice(struct str *text, const struct flag_set *set, uint64_t value);
void text_mode(struct str *text, uint32_t mode);
void text_signal(struct str *text, int signo);          // "SIGINT", "SIGRT_2" as strace has them
void text_sigset(struct str *text, const uint8_t *bytes, size_t size);
const char *flag_name(const struct flag_set *set, uint64_t value);   // NULL if unknown
unsigned decode_string_limit(const struct syscall_context *context);
void decode_bytes(const struct decode *decode, uint64_t address, uint64_t length);   // a quoted buffer
void decode_iovec(const struct decode *decode, uint64_t address, uint64_t count, uint64_t bytes, bool has_contents);

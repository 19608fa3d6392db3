// The tables behind syscall.h, private to this layer: x86_64.def (calls), kinds.def (how a value reads), flags.def (names of
// bits and values), structs.def (layouts), variants.def (calls whose arguments depend on one of them), conditions.def.
//
// A struct's field is described like an argument: its kind says how it reads, `offset` and `size` where it stands.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/syscalls/syscall.h"

enum kind_id {
#define KIND(name, is_pointer) KIND_##name,
#include "engine/syscalls/kinds.def"
#undef KIND
	KIND_COUNT,
};

enum flag_set_id {
	FLAGS_nothing,
#define SET(name, style, mask) FLAGS_##name,
#define FLAG(name)
#define VALUE(name, value)
#define END(name, prefix)
#include "engine/syscalls/flags.def"
#undef SET
#undef FLAG
#undef VALUE
#undef END
	FLAGS_COUNT,
};

enum layout_id {
	LAYOUT_nothing,
#define LAYOUT(name, size, ...) LAYOUT_##name,
#include "engine/syscalls/structs.def"
#undef LAYOUT
	LAYOUT_COUNT,
};

enum condition_id {
	CONDITION_always,
#define CONDITION(name, expression) CONDITION_##name,
#include "engine/syscalls/conditions.def"
#undef CONDITION
};

enum variants_id {
	VARIANTS_nothing,
#define VARIANTS(name, mask, keeps_rest) VARIANTS_##name,
#define VARIANT(...)
#define VARIANTS_END(name)
#include "engine/syscalls/variants.def"
#undef VARIANTS
#undef VARIANT
#undef VARIANTS_END
};

enum direction { DIRECTION_IN, DIRECTION_OUT, DIRECTION_INOUT };
enum length_source { LENGTH_NONE, LENGTH_ARGUMENT, LENGTH_POINTED, LENGTH_OF_RESULT, LENGTH_LITERAL, LENGTH_FIELD };

struct argument {
	const char *name;
	uint8_t kind;            // enum kind_id
	uint8_t direction;
	uint8_t length_source;
	uint8_t length;          // index of an argument, offset of a field, or the literal
	uint8_t length_bytes;    // of that field
	uint16_t detail;         // flag_set_id or layout_id, by kind
	uint8_t element;         // array: kind of one element
	uint8_t element_size;    // 0: a word of the ABI
	uint8_t condition;       // enum condition_id
	uint16_t offset, size;   // of a field
	bool is_embedded;        // a field that is itself a struct or array, not a pointer to one
	bool is_abridged;        // a field left out of the text ("..."), there in the variables
	bool is_filled_if_interrupted;   // an OUT that only an interrupted call fills
	bool is_late;            // an IN that reads as it is at the return
	bool is_unsigned;        // a field: no sign extension
	bool is_bare;            // a field: its words alone, without "name="
	bool is_named;           // an argument: with "name="
	uint16_t then;           // an INOUT struct: the layout (layout_id) of what the call writes; 0: the same
	uint32_t order;          // of a result: in which order the arguments read, four bits each; 0: as they are
	bool is_joined;          // an INOUT array: "[128 => 16]", not "[128] => [16]"
};

#define IN(name_, kind_, ...) { .name = #name_, .kind = KIND_##kind_, ##__VA_ARGS__ }
#define OUT(name_, kind_, ...) { .name = #name_, .kind = KIND_##kind_, .direction = DIRECTION_OUT, ##__VA_ARGS__ }
#define INOUT(name_, kind_, ...) { .name = #name_, .kind = KIND_##kind_, .direction = DIRECTION_INOUT, ##__VA_ARGS__ }
#define R(kind_, ...) { .name = "result", .kind = KIND_##kind_, ##__VA_ARGS__ }
#define OF(set) .detail = FLAGS_##set
#define IS(layout_) .detail = LAYOUT_##layout_
#define EACH(kind_, size_) .element = KIND_##kind_, .element_size = (size_)
#define LENGTH(index) .length_source = LENGTH_ARGUMENT, .length = (index)
#define LENGTH_AT(index) .length_source = LENGTH_POINTED, .length = (index)
#define LENGTH_RESULT .length_source = LENGTH_OF_RESULT
#define BY(offset_, bytes_) .length_source = LENGTH_FIELD, .length = (offset_), .length_bytes = (bytes_)
#define COUNT(count) .length_source = LENGTH_LITERAL, .length = (count)
#define WHEN(condition_) .condition = CONDITION_##condition_
#define IF_INTERRUPTED .is_filled_if_interrupted = true
#define LATE .is_late = true
#define NAMED .is_named = true
#define THEN(layout_) .then = LAYOUT_##layout_
#define ORDER(a, b, c, d, e) .order = (a) | (b) << 4 | (c) << 8 | (d) << 12 | (e) << 16 | 5 << 20
#define JOINED .is_joined = true
#define WORD 0

enum {
#define GROUP(name, bit, text, description) in_##name = 1 << (bit),
#include "engine/syscalls/groups.def"
#undef GROUP
};

struct syscall_row {
	uint16_t number;
	uint8_t count;
	uint8_t variants, selector;   // variants_id, and the argument that selects
	uint32_t groups;
	const char *name;
	struct argument result;
	const struct argument *arguments;
};

struct variant {
	uint64_t selector;
	uint8_t count;                // arguments behind the selecting one
	struct argument result;
	const struct argument *arguments;
};

struct variant_set {
	uint64_t mask;                // of the selecting argument
	bool keeps_rest;              // arguments behind those of the variant stay as x86_64.def has them
	unsigned count;
	const struct variant *variants;
};

struct layout {
	const char *name;             // NULL: not known for this ABI
	uint16_t size;
	uint16_t count;
	const struct argument *fields;
};

// MIXED: an enum under `mask`, bits outside. SORTED: an enum whose values rise, for the long ones.
enum flag_style { STYLE_BITS, STYLE_ENUM, STYLE_MIXED, STYLE_SORTED };

struct flag {
	uint64_t value;
	const char *name;
};

struct flag_set {
	uint8_t style;
	const char *prefix;           // of what an unknown value is: "O_???"
	uint64_t mask;                // of the enum part
	unsigned count;
	const struct flag *flags;
};

extern const struct flag_set flag_sets[];
// The first flag of that value in a SORTED set; set->count if there is none.
unsigned flag_search(const struct flag_set *set, uint64_t value);
extern const struct layout layouts[];
extern const struct variant_set variant_sets[];

const struct syscall_row *syscall_table_at(unsigned index);   // NULL behind the last
const struct syscall_row *syscall_row_by_number(uint64_t number);
const struct syscall_row *syscall_row_by_name(const char *name);
// The row whose arguments describe this event (also of another ABI by the same name), or NULL.
const struct syscall_row *syscall_row_of(const struct syscall_event *event);

// What holds for this event, variants resolved. Unknown calls have six words.
struct signature {
	const struct syscall_row *row;   // NULL: unknown
	unsigned count;
	const struct argument *result;
	const struct argument *arguments[SYSCALL_ARGUMENT_MAX];
};
void syscall_signature(const struct syscall_event *event, struct signature *signature_ret);

bool kind_is_pointer(enum kind_id kind);   // its value is the address of what it shows
// What stands there for a program of this ABI; NULL: not known.
const struct layout *layout_of_abi(enum syscall_abi abi, enum layout_id id);
const struct syscall_row *syscall_i386_row(uint64_t number);   // NULL: unknown; `name` is that of i386
const struct syscall_row *syscall_i386_row_by_name(const char *name);
const struct syscall_row *syscall_x32_row(uint64_t number);
int syscall_x32_number(unsigned number);   // of the x86-64 call of that number
uint32_t syscall_group_by_name(const char *name);   // 0: none

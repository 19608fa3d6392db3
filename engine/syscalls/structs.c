#include "engine/syscalls/decode.h"

// clang-format off
#define AT(name_, kind_, offset_, size_, ...) { .name = #name_, .kind = KIND_##kind_, .offset = (offset_), .size = (size_), ##__VA_ARGS__ }
#define U .is_unsigned = true
#define SUB .is_embedded = true
#define BARE .is_bare = true
#define MORE .is_abridged = true
#define LAYOUT(name, size, ...) static const struct argument fields_##name[] = { __VA_ARGS__ };
#include "engine/syscalls/structs.def"
#undef LAYOUT

const struct layout layouts[] = {
	[LAYOUT_nothing] = { .name = "" },
#define LAYOUT(name_, size_, ...) [LAYOUT_##name_] = { .name = #name_, .size = (size_), .fields = fields_##name_, .count = ARRAY_SIZE(fields_##name_) },
#include "engine/syscalls/structs.def"
#undef LAYOUT
};

// What 32-bit programs have: structs32.def says how theirs look, and which are the same everywhere.
#define LAYOUT32(name, is_x32_too, size, ...) static const struct argument fields32_##name[] = { __VA_ARGS__ };
#define SAME(name)
#include "engine/syscalls/structs32.def"
#undef LAYOUT32
#undef SAME

enum { ABI_SAME = 1, ABI_X32_TOO };
static const struct {
	struct layout layout;
	int how;
} layouts32[LAYOUT_COUNT] = {
#define LAYOUT32(name_, is_x32_too, size_, ...) [LAYOUT_##name_] = { { .name = #name_, .size = (size_), .fields = fields32_##name_, .count = ARRAY_SIZE(fields32_##name_) }, \
	(is_x32_too) ? ABI_X32_TOO : 0 },
#define SAME(name_) [LAYOUT_##name_] = { .how = ABI_SAME },
#include "engine/syscalls/structs32.def"
#undef LAYOUT32
#undef SAME
};
// clang-format on

// x32 has the times and sizes of x86-64 and the pointers of i386.
const struct layout *layout_of_abi(enum syscall_abi abi, enum layout_id id)
{
	if (abi == SYSCALL_ABI_X86_64 || layouts32[id].how == ABI_SAME)
		return &layouts[id];
	if (abi == SYSCALL_ABI_X32 && layouts32[id].how != ABI_X32_TOO)
		return layouts32[id].layout.name ? &layouts[id] : NULL;
	return layouts32[id].layout.name ? &layouts32[id].layout : NULL;
}

uint64_t decode_field(const struct argument *field, const uint8_t *bytes)
{
	uint64_t value = 0;
	unsigned size = field->size < 8 ? field->size : 8;
	memcpy(&value, bytes + field->offset, size);
	if (size < 8 && !field->is_unsigned && !kind_is_pointer(field->kind) && field->kind != KIND_address) {
		unsigned shift = 64 - 8 * size;
		value = (uint64_t)((int64_t)(value << shift) >> shift);
	}
	return value;
}

static void add_field(const struct decode *decode, const struct argument *field, const uint8_t *bytes, uint64_t address, bool is_first)
{
	if (!is_first)
		str_append(decode->text, ", ", 2);
	if (!field->is_bare) {
		str_add(decode->text, field->name);
		str_char(decode->text, '=');
	}
	uint64_t place = address + field->offset;
	decode_value(decode, field, field->is_embedded ? place : decode_field(field, bytes), place);
}

// A field that is not for the line is still a part, if parts are wanted.
static bool show_field(const struct decode *decode, const struct argument *field, const uint8_t *bytes, uint64_t address, bool is_first)
{
	bool is_shown = !field->is_abridged || decode_is_verbose(decode);
	size_t start = decode->text->length;
	if (is_shown || decode->tree)
		add_field(decode, field, bytes, address, is_first);
	if (!is_shown)
		str_truncate(decode->text, start);
	return is_shown;
}

void decode_fields(const struct decode *decode, const struct layout *layout, const uint8_t *bytes, uint64_t address, size_t size)
{
	struct decode inner = *decode;
	inner.base = bytes;
	inner.base_size = size;
	inner.depth++;
	bool is_first = true, is_abridged = false;
	str_char(decode->text, '{');
	for (unsigned i = 0; i < layout->count; i++) {
		const struct argument *field = &layout->fields[i];
		unsigned needed = field->is_embedded ? field->size > 0 : field->size;
		if (field->offset + needed > size || !decode_condition(&inner, field->condition))
			continue;
		if (show_field(&inner, field, bytes, address, is_first))
			is_first = false;
		else
			is_abridged = true;
	}
	if (is_abridged)
		str_add(decode->text, is_first ? "..." : ", ...");
	str_char(decode->text, '}');
}

enum { LAYOUT_SIZE_MAX = 512 };

void decode_struct(const struct decode *decode, const struct layout *layout, uint64_t address, uint64_t length)
{
	_Alignas(8) uint8_t bytes[LAYOUT_SIZE_MAX];
	size_t size = layout && layout->size < length ? layout->size : (size_t)length;
	bool is_possible = address && layout && decode->depth < DECODE_DEPTH_MAX && layout->size <= sizeof(bytes);
	if (!is_possible || !decode_read(decode, address, bytes, size)) {
		text_address(decode->text, address);
		return;
	}
	memset(bytes + size, 0, sizeof(bytes) - size);
	decode_fields(decode, layout, bytes, address, size);
}

// A length of a struct says how many bytes were moved through it.
void kind_structure(const struct decode *decode, uint64_t value)
{
	struct decode inner = *decode;
	if (decode->argument->length_source == LENGTH_FIELD) {
		inner.moved = decode_length(decode);
		inner.has_moved = true;
	}
	decode_struct(&inner, decode_layout(decode, decode->argument->detail), value, LAYOUT_SIZE_MAX);
}

// A struct that grows with the kernel: the caller says how much of it there is.
void kind_sized(const struct decode *decode, uint64_t value)
{
	uint64_t length = decode_length(decode);
	if (length)
		decode_struct(decode, decode_layout(decode, decode->argument->detail), value, length);
	else
		text_address(decode->text, value);
}

static void add_structures(const struct decode *decode, const struct layout *layout, uint64_t address, uint64_t count, enum kind_id kind)
{
	struct argument element = { .name = "", .kind = (uint8_t)kind, .detail = decode->argument->detail, .size = layout->size, .is_embedded = true };
	unsigned limit = decode_elements_max(decode);
	for (uint64_t i = 0; i < count; i++, address += layout->size) {
		uint8_t probe;
		if (i)
			str_add(decode->text, ", ");
		if (i >= limit || decode_is_full(decode)) {
			str_add(decode->text, "...");
			return;
		}
		if (!decode_read(decode, address + layout->size - 1, &probe, 1)) {
			text_rest(decode->text, address);
			return;
		}
		decode_element(decode, &element, i, address, address);
	}
}

enum { NANOSECONDS = 1000000000, MICROSECONDS = 1000000, NOW = 0x3fffffff, OMIT = 0x3ffffffe };

// Seconds and a fraction, and which moment that is; the second field's name says which fraction. utimensat (2) has two special ones.
void kind_moment(const struct decode *decode, uint64_t value)
{
	const struct layout *layout = decode_layout(decode, decode->argument->detail);
	_Alignas(8) uint8_t bytes[16];
	if (!value || !layout || layout->size > sizeof(bytes) || !decode_read(decode, value, bytes, layout->size)) {
		text_address(decode->text, value);
		return;
	}
	const struct argument *second = &layout->fields[1];
	uint64_t fraction = decode_field(second, bytes);
	bool is_micro = str_equal(second->name, "tv_usec");
	size_t start = decode->text->length;
	decode_fields(decode, layout, bytes, value, layout->size);
	if (second->kind == KIND_utime_nsec && (fraction == NOW || fraction == OMIT)) {
		str_truncate(decode->text, start);
		str_add(decode->text, fraction == NOW ? "UTIME_NOW" : "UTIME_OMIT");
	} else if (fraction < (is_micro ? MICROSECONDS : NANOSECONDS)) {
		text_moment(decode->text, (int64_t)decode_field(&layout->fields[0], bytes), fraction, is_micro ? 6 : 9);
	}
}

static void decode_structures(const struct decode *decode, uint64_t value, enum kind_id kind)
{
	const struct layout *layout = decode_layout(decode, decode->argument->detail);
	uint64_t count = decode_length(decode);
	uint8_t probe;
	if (!value || !layout || decode->depth >= DECODE_DEPTH_MAX || (count && !decode_read(decode, value + layout->size - 1, &probe, 1))) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	add_structures(decode, layout, value, count, kind);
	str_char(decode->text, ']');
}

void kind_structures(const struct decode *decode, uint64_t value)
{
	decode_structures(decode, value, KIND_structure);
}

void kind_moments(const struct decode *decode, uint64_t value)
{
	decode_structures(decode, value, KIND_moment);
}

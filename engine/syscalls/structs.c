#include "engine/syscalls/decode.h"

// clang-format off
#define AT(name_, kind_, offset_, size_, ...) { .name = #name_, .kind = KIND_##kind_, .offset = (offset_), .size = (size_), ##__VA_ARGS__ }
#define U .is_unsigned = true
#define SUB .is_embedded = true
#define MORE .is_abridged = true
// An embedded array says EACH after AT's size: the size of one element replaces it.
#define LAYOUT(name, size, ...) static const struct argument fields_##name[] = { __VA_ARGS__ };
_Pragma("GCC diagnostic push")
#ifdef __clang__
_Pragma("GCC diagnostic ignored \"-Winitializer-overrides\"")
#else
_Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#endif
#include "engine/syscalls/structs.def"
_Pragma("GCC diagnostic pop")
#undef LAYOUT

const struct layout layouts[] = {
	[LAYOUT_nothing] = { .name = "" },
#define LAYOUT(name_, size_, ...) [LAYOUT_##name_] = { .name = #name_, .size = (size_), .fields = fields_##name_, .count = ARRAY_SIZE(fields_##name_) },
#include "engine/syscalls/structs.def"
#undef LAYOUT
};
// clang-format on

uint64_t decode_field(const struct argument *field, const uint8_t *bytes)
{
	uint64_t value = 0;
	unsigned size = field->size < 8 ? field->size : 8;
	memcpy(&value, bytes + field->offset, size);
	if (size < 8 && !field->is_unsigned) {
		unsigned shift = 64 - 8 * size;
		value = (uint64_t)((int64_t)(value << shift) >> shift);
	}
	return value;
}

static bool is_field_shown(const struct decode *decode, const struct argument *field)
{
	return decode_condition(decode, field->condition);
}

void decode_fields(const struct decode *decode, const struct layout *layout, const uint8_t *bytes, uint64_t address)
{
	struct decode inner = *decode;
	inner.base = bytes;
	inner.depth++;
	bool is_first = true, is_abridged = false;
	str_char(decode->text, '{');
	for (unsigned i = 0; i < layout->count; i++) {
		const struct argument *field = &layout->fields[i];
		if (!is_field_shown(&inner, field))
			continue;
		if (field->is_abridged) {
			is_abridged = true;
			continue;
		}
		str_printf(decode->text, "%s%s=", is_first ? "" : ", ", field->name);
		is_first = false;
		decode_value(&inner, field, field->is_embedded ? address + field->offset : decode_field(field, bytes));
	}
	if (is_abridged)
		str_add(decode->text, is_first ? "..." : ", ...");
	str_char(decode->text, '}');
}

enum { LAYOUT_SIZE_MAX = 512 };

void kind_structure(const struct decode *decode, uint64_t value)
{
	const struct layout *layout = &layouts[decode->argument->detail];
	_Alignas(8) uint8_t bytes[LAYOUT_SIZE_MAX];
	if (!value || decode->depth >= DECODE_DEPTH_MAX || layout->size > sizeof(bytes) ||
	    !decode_read(decode, value, bytes, layout->size)) {
		text_address(decode->text, value);
		return;
	}
	decode_fields(decode, layout, bytes, value);
}

void kind_structures(const struct decode *decode, uint64_t value)
{
	const struct layout *layout = &layouts[decode->argument->detail];
	uint64_t count = decode_length(decode);
	if (!value || (count && layout->size > LAYOUT_SIZE_MAX)) {
		text_address(decode->text, value);
		return;
	}
	_Alignas(8) uint8_t bytes[LAYOUT_SIZE_MAX];
	if (count && !decode_read(decode, value, bytes, layout->size)) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < count; i++) {
		uint64_t address = value + i * layout->size;
		if (i)
			str_add(decode->text, ", ");
		if (i >= DECODE_ELEMENTS_MAX || !decode_read(decode, address, bytes, layout->size)) {
			if (i >= DECODE_ELEMENTS_MAX)
				str_add(decode->text, "...");
			else
				str_printf(decode->text, "... /* 0x%llx */", (unsigned long long)address);
			break;
		}
		decode_fields(decode, layout, bytes, address);
	}
	str_char(decode->text, ']');
}

// What an expression found, as pieces of an object (DWARF 5, 2.6.1.2), and constants of DIEs.
#include <string.h>

#include "engine/symbols/variable_private.h"

#define BYTES_LIMIT (1u << 20)

// At least `needed` bytes: readers take as many as the object has.
static struct error *pad(struct arena *arena, const void *bytes, size_t length, uint64_t needed, const uint8_t **bytes_ret)
{
	if (length >= needed && length) {
		*bytes_ret = bytes;
		return NULL;
	}
	if (needed > BYTES_LIMIT)
		return error_create(ERROR_FORMAT, "a constant of %llu bytes", (unsigned long long)needed);
	uint8_t *copy = arena_alloc(arena, needed ? needed : 1);
	if (length)
		memcpy(copy, bytes, length);
	*bytes_ret = copy;
	return NULL;
}

static struct error *value_piece(struct machine *machine, uint64_t needed, struct location_piece *piece)
{
	struct machine_value value;
	uint8_t bytes[16];
	struct error *error = machine_pop(machine, &value);
	if (error)
		return error;
	machine_value_bytes(&value, bytes);
	piece->kind = LOCATION_BYTES;
	// A copy always: the bytes are on our own stack.
	return pad(machine->arena, bytes, value.kind == MACHINE_FLOAT ? value.size : 8, needed > sizeof(bytes) ? needed : 17, &piece->bytes);
}

static struct error *memory_piece(struct machine *machine, struct location_piece *piece)
{
	piece->kind = LOCATION_NONE;
	if (!machine->count)
		return NULL;
	piece->kind = LOCATION_MEMORY;
	return machine_pop_integer(machine, &piece->address);
}

static struct error *simple_piece(struct machine *machine, uint64_t needed, struct location_piece *piece)
{
	switch (machine->place) {
	case PLACE_REGISTER:
		piece->kind = LOCATION_REGISTER;
		piece->dwarf_register = machine->dwarf_register;
		piece->survives = machine->survives;
		return NULL;
	case PLACE_VALUE: return value_piece(machine, needed, piece);
	case PLACE_BYTES:
		piece->kind = LOCATION_BYTES;
		return pad(machine->arena, machine->bytes.data, machine->bytes.length, needed, &piece->bytes);
	case PLACE_POINTER:
		piece->kind = LOCATION_IMPLICIT_POINTER;
		piece->module = machine->module;
		piece->die_offset = machine->pointer_die;
		piece->address = (uint64_t)machine->pointer_offset;
		return NULL;
	default: return memory_piece(machine, piece);
	}
}

static struct location_piece *add_piece(struct machine *machine)
{
	if (machine->piece_count == machine->piece_capacity) {
		size_t capacity = machine->piece_capacity ? machine->piece_capacity * 2 : 4;
		struct location_piece *pieces = arena_array(machine->arena, struct location_piece, capacity);
		if (machine->piece_count)
			memcpy(pieces, machine->pieces, machine->piece_count * sizeof(*pieces));
		machine->pieces = pieces;
		machine->piece_capacity = capacity;
	}
	return &machine->pieces[machine->piece_count++];
}

struct error *machine_finish_piece(struct machine *machine, uint64_t bit_size, uint64_t bit_offset)
{
	struct location_piece piece = { 0 };
	if (!machine->arena)
		return error_create(ERROR_UNSUPPORTED, "a number in pieces");
	if (bit_size > UINT32_MAX || bit_offset > UINT32_MAX)
		return error_create(ERROR_FORMAT, "a piece of %llu bits", (unsigned long long)bit_size);
	struct error *error = simple_piece(machine, (bit_offset + bit_size + 7) / 8, &piece);
	if (error)
		return error;
	machine->place = PLACE_STACK;
	machine->count = 0;
	// "0: all the rest": a piece of nothing is none.
	if (!bit_size)
		return NULL;
	piece.bit_size = (uint32_t)bit_size;
	piece.bit_offset = (uint32_t)bit_offset;
	if (piece.kind == LOCATION_MEMORY) {
		piece.address += bit_offset / 8;
		piece.bit_offset = (uint32_t)(bit_offset % 8);
	}
	*add_piece(machine) = piece;
	return NULL;
}

static bool is_nothing(const struct location_piece *pieces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pieces[i].kind != LOCATION_NONE)
			return false;
	return true;
}

struct error *machine_result(struct machine *machine, struct location *location_ret)
{
	if (!machine->piece_count) {
		struct location_piece *piece = arena_new(machine->arena, struct location_piece);
		struct error *error = simple_piece(machine, machine->object_size, piece);
		if (error)
			return error;
		machine->pieces = piece;
		machine->piece_count = 1;
	}
	if (is_nothing(machine->pieces, machine->piece_count))
		return error_create(ERROR_UNAVAILABLE, "optimised out");
	location_ret->pieces = machine->pieces;
	location_ret->count = machine->piece_count;
	return NULL;
}

// ---- DW_AT_const_value -------------------------------------------------------------------------------------------

static bool constant_bytes(Dwarf_Attribute *attribute, int64_t number[2], const void **bytes_ret, size_t *size_ret)
{
	Dwarf_Block block;
	bool flag = false;
	const char *text = NULL;
	*bytes_ret = number;
	*size_ret = 2 * sizeof(number[0]);
	if (attribute_signed(attribute, &number[0])) {
		unsigned form = dwarf_whatform(attribute);
		bool is_signed = form == DW_FORM_sdata || form == DW_FORM_implicit_const;
		number[1] = is_signed && number[0] < 0 ? -1 : 0;
		return true;
	}
	if (dwarf_formblock(attribute, &block) == 0) {
		*bytes_ret = block.data;
		*size_ret = block.length;
		return true;
	}
	text = dwarf_formstring(attribute);
	if (text) {
		*bytes_ret = text;
		*size_ret = strlen(text) + 1;
		return true;
	}
	Dwarf_Addr address = 0;
	if (dwarf_formflag(attribute, &flag) == 0)
		number[0] = flag;
	else if (dwarf_formaddr(attribute, &address) == 0)
		number[0] = (int64_t)address;
	else
		return false;
	return true;
}

bool constant_location(Dwarf_Die *die, uint64_t object_size, struct arena *arena, struct location *location_ret,
		       struct error **error_ret)
{
	Dwarf_Attribute attribute;
	const void *bytes = NULL;
	size_t size = 0;
	int64_t number[2] = { 0 };
	if (!dwarf_attr_integrate(die, DW_AT_const_value, &attribute))
		return false;
	if (!constant_bytes(&attribute, number, &bytes, &size)) {
		*error_ret = error_create(ERROR_UNSUPPORTED, "a constant of form 0x%x", dwarf_whatform(&attribute));
		return true;
	}
	struct location_piece *piece = arena_new(arena, struct location_piece);
	piece->kind = LOCATION_BYTES;
	bool is_ours = bytes == number;
	*error_ret = pad(arena, bytes, size, is_ours && object_size <= size ? size + 1 : object_size, &piece->bytes);
	if (!*error_ret)
		*location_ret = (struct location){ piece, 1 };
	return true;
}

// Bytes of an object wherever they are: memory, registers, constants, or in pieces of all these (DWARF 5, 2.6.1.2).
#include "engine/eval/private.h"

void bits_copy(uint8_t *to, uint64_t to_bit, const uint8_t *from, uint64_t from_bit, uint64_t count)
{
	if (!(to_bit % 8) && !(from_bit % 8)) {
		memcpy(to + to_bit / 8, from + from_bit / 8, count / 8);
		to_bit += count / 8 * 8;
		from_bit += count / 8 * 8;
		count %= 8;
	}
	for (uint64_t i = 0; i < count; i++, to_bit++, from_bit++) {
		uint8_t bit = from[from_bit / 8] >> (from_bit % 8) & 1;
		to[to_bit / 8] = (uint8_t)((to[to_bit / 8] & ~(1u << to_bit % 8)) | (unsigned)bit << to_bit % 8);
	}
}

struct location place_at(const struct eval_context *context, uint64_t address)
{
	struct location_piece *piece = arena_new(context->arena, struct location_piece);
	piece->kind = LOCATION_MEMORY;
	piece->address = address;
	return (struct location){ piece, 1 };
}

bool place_address(const struct location *location, uint64_t *address_ret)
{
	if (location->count != 1 || location->pieces[0].kind != LOCATION_MEMORY || location->pieces[0].bit_offset % 8)
		return false;
	*address_ret = location->pieces[0].address + location->pieces[0].bit_offset / 8;
	return true;
}

struct location place_slice(const struct eval_context *context, const struct location *location, uint64_t offset, uint64_t size)
{
	uint64_t address;
	if (place_address(location, &address))
		return place_at(context, address + offset);
	struct location_piece *pieces = arena_array(context->arena, struct location_piece, location->count ? location->count : 1);
	size_t count = 0;
	uint64_t at = 0;
	uint64_t first = offset * 8;
	uint64_t end = size ? first + size * 8 : UINT64_MAX;
	for (size_t i = 0; i < location->count && at < end; i++) {
		struct location_piece piece = location->pieces[i];
		uint64_t piece_end = piece.bit_size ? at + piece.bit_size : UINT64_MAX;
		if (piece_end > first) {
			uint64_t skipped = first > at ? first - at : 0;
			uint64_t last = piece_end < end ? piece_end : end;
			piece.bit_offset += (uint32_t)skipped;
			piece.bit_size = last == UINT64_MAX || last - at - skipped > UINT32_MAX ? 0 : (uint32_t)(last - at - skipped);
			pieces[count++] = piece;
		}
		at = piece_end;
	}
	return (struct location){ pieces, count };
}

static struct error *read_piece_register(const struct eval_context *context, const struct location_piece *piece, uint8_t *bytes,
					 size_t *size_ret)
{
	int dwarf = piece->dwarf_register;
	if (piece->survives && context->location && context->location->read_register_bytes) {
		const struct register_desc *whole = register_by_dwarf(dwarf);
		*size_ret = whole && whole->size < PLACE_REGISTER_SIZE ? whole->size : PLACE_REGISTER_SIZE;
		return context->location->read_register_bytes(context->location->data, dwarf, true, bytes, *size_ret);
	}
	if (dwarf < DWARF_REGISTER_COUNT) {
		if (!context->location || !context->location->read_register)
			return error_create(ERROR_STATE, "no frame to read registers from");
		uint64_t word;
		struct error *error = context->location->read_register(context->location->data, dwarf, &word);
		if (error)
			return error;
		memcpy(bytes, &word, sizeof(word));
		*size_ret = sizeof(word);
		return NULL;
	}
	const struct register_desc *desc = register_by_dwarf(dwarf);
	if (!desc || desc->size > PLACE_REGISTER_SIZE || !context->read_register)
		return error_create(ERROR_UNAVAILABLE, "DWARF register %d cannot be read", dwarf);
	*size_ret = desc->size;
	return context->read_register(context->data, desc, bytes);
}

// Makes the bytes [first, first + size) of a piece's store available in `bytes`.
static struct error *piece_fetch(const struct eval_context *context, const struct location_piece *piece, uint64_t first,
				 uint64_t size, uint8_t *bytes)
{
	uint8_t whole[PLACE_REGISTER_SIZE] = { 0 };
	size_t whole_size = 0;
	struct error *error;
	switch (piece->kind) {
	case LOCATION_MEMORY: return memory_read(context->memory, piece->address + first, bytes, size);
	case LOCATION_BYTES:
		memcpy(bytes, piece->bytes + first, size);
		return NULL;
	case LOCATION_REGISTER:
		error = read_piece_register(context, piece, whole, &whole_size);
		if (error)
			return error;
		if (first > whole_size || size > whole_size - first)
			return error_create(ERROR_UNAVAILABLE, "larger than the register that holds it");
		memcpy(bytes, whole + first, size);
		return NULL;
	case LOCATION_IMPLICIT_POINTER: return error_create(ERROR_UNAVAILABLE, "points to an object that is not in memory");
	case LOCATION_NONE: break;
	}
	return error_create(ERROR_UNAVAILABLE, "optimised out");
}

static struct error *write_dwarf_register(const struct eval_context *context, int dwarf, uint64_t first, uint64_t size,
					  const uint8_t *bytes)
{
	const struct register_desc *desc = register_by_dwarf(dwarf);
	if (!desc || desc->size > PLACE_REGISTER_SIZE || !context->read_register || !context->write_register)
		return error_create(ERROR_UNSUPPORTED, "DWARF register %d cannot be written", dwarf);
	uint8_t whole[PLACE_REGISTER_SIZE] = { 0 };
	if (first > desc->size || size > desc->size - first)
		return error_create(ERROR_UNAVAILABLE, "larger than the register that holds it");
	struct error *error = context->read_register(context->data, desc, whole);
	if (error)
		return error;
	memcpy(whole + first, bytes, size);
	return context->write_register(context->data, desc, whole);
}

struct error *place_write_memory(const struct eval_context *context, uint64_t address, const void *bytes, uint64_t size)
{
	struct error *error = memory_write(context->memory, address, bytes, size);
	if (!error && context->wrote)
		context->wrote(context->data, address, size);
	return error;
}

static struct error *piece_put(const struct eval_context *context, const struct location_piece *piece, uint64_t first, uint64_t size,
			       const uint8_t *bytes)
{
	switch (piece->kind) {
	case LOCATION_MEMORY: return place_write_memory(context, piece->address + first, bytes, size);
	case LOCATION_REGISTER: return write_dwarf_register(context, piece->dwarf_register, first, size, bytes);
	case LOCATION_NONE: return error_create(ERROR_UNAVAILABLE, "optimised out");
	case LOCATION_BYTES:
	case LOCATION_IMPLICIT_POINTER: break;
	}
	return error_create(ERROR_INVALID, "the compiler keeps it as a constant, it cannot be changed");
}

typedef struct error *(*piece_fn)(const struct eval_context *context, const struct location_piece *piece, uint64_t first,
				  uint64_t size, uint64_t count, uint8_t *bytes, uint64_t at);

// `count` bits of the piece to bit `at` of the object's bytes; `first` and `size` cover them in the store.
static struct error *piece_read_bits(const struct eval_context *context, const struct location_piece *piece, uint64_t first,
				     uint64_t size, uint64_t count, uint8_t *bytes, uint64_t at)
{
	if (!(piece->bit_offset % 8) && !(at % 8) && !(count % 8))
		return piece_fetch(context, piece, first, size, bytes + at / 8);
	_cleanup_free_ uint8_t *raw = xcalloc(size, 1);
	struct error *error = piece_fetch(context, piece, first, size, raw);
	if (!error)
		bits_copy(bytes, at, raw, piece->bit_offset % 8, count);
	return error;
}

static struct error *piece_write_bits(const struct eval_context *context, const struct location_piece *piece, uint64_t first,
				      uint64_t size, uint64_t count, uint8_t *bytes, uint64_t at)
{
	if (!(piece->bit_offset % 8) && !(at % 8) && !(count % 8))
		return piece_put(context, piece, first, size, bytes + at / 8);
	_cleanup_free_ uint8_t *raw = xcalloc(size, 1);
	struct error *error = piece_fetch(context, piece, first, size, raw);
	if (error)
		return error;
	bits_copy(raw, piece->bit_offset % 8, bytes, at, count);
	return piece_put(context, piece, first, size, raw);
}

static struct error *place_visit(const struct eval_context *context, const struct location *location, uint64_t size, uint8_t *bytes,
				 piece_fn fn)
{
	uint64_t at = 0;
	uint64_t end = size * 8;
	for (size_t i = 0; i < location->count && at < end; i++) {
		const struct location_piece *piece = &location->pieces[i];
		uint64_t count = piece->bit_size && piece->bit_size < end - at ? piece->bit_size : end - at;
		uint64_t first = piece->bit_offset / 8;
		uint64_t last = ((uint64_t)piece->bit_offset + count + 7) / 8;
		struct error *error = fn(context, piece, first, last - first, count, bytes, at);
		if (error)
			return error;
		at += count;
	}
	if (at >= end)
		return NULL;
	return error_create(ERROR_UNAVAILABLE, at ? "optimised out in part" : "optimised out");
}

struct error *place_read(const struct eval_context *context, const struct location *location, uint64_t size, uint8_t *bytes)
{
	if (location->count == 1 && location->pieces[0].kind == LOCATION_MEMORY && !location->pieces[0].bit_offset)
		return memory_read(context->memory, location->pieces[0].address, bytes, size);
	return place_visit(context, location, size, bytes, piece_read_bits);
}

struct error *place_write(const struct eval_context *context, const struct location *location, uint64_t size, const uint8_t *bytes)
{
	return place_visit(context, location, size, (uint8_t *)bytes, piece_write_bits);
}

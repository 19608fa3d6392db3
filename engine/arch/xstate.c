#include "engine/arch/xstate.h"

#include <cpuid.h>
#include <pthread.h>
#include <string.h>

enum { MXCSR_OFFSET = 24, MXCSR_INIT = 0x1f80, FCW_INIT = 0x37f, PIECES_MAX = 3 };
enum { COMPONENT_AVX = 2, COMPONENT_OPMASK = 5, COMPONENT_ZMM_HI256 = 6, COMPONENT_HI16_ZMM = 7, COMPONENT_COUNT = 8 };

// A run of bytes of a register inside the area.
struct piece {
	size_t offset;
	size_t size;
	uint64_t component;   // its bit in XSTATE_BV
};

struct extent {
	size_t offset;
	size_t size;
};

static struct extent components[COMPONENT_COUNT];   // from CPUID: AMD and Intel place them differently

static void read_components(void)
{
	unsigned size, offset, ecx, edx;
	for (unsigned i = COMPONENT_AVX; i < COMPONENT_COUNT; i++)
		if (__get_cpuid_count(0xd, i, &size, &offset, &ecx, &edx))
			components[i] = (struct extent){ offset, size };
}

static struct extent component_extent(unsigned component)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, read_components);
	return components[component];
}

// A piece in an extended component; one that this processor does not describe gets a size that fits nowhere.
static struct piece extended_piece(unsigned component, size_t index, size_t size)
{
	struct extent extent = component_extent(component);
	uint64_t bit = UINT64_C(1) << component;
	if (index * size + size > extent.size)
		return (struct piece){ SIZE_MAX, size, bit };
	return (struct piece){ extent.offset + index * size, size, bit };
}

static uint64_t load64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

uint64_t xstate_features(const struct register_block *block)
{
	const uint64_t legacy = XSTATE_X87 | XSTATE_SSE;
	if (!block->xstate || block->xstate_size < XSTATE_HEADER_END)
		return legacy;
	return load64(block->xstate + XSTATE_XCR0_OFFSET) | legacy;
}

// Which components hold something else than their initial value. A bare FXSAVE image has no header: both are live.
static uint64_t live_components(const struct register_block *block)
{
	if (block->xstate_size < XSTATE_HEADER_END)
		return XSTATE_X87 | XSTATE_SSE;
	return load64(block->xstate + XSTATE_BV_OFFSET);
}

static void set_live(struct register_block *block, uint64_t live)
{
	if (block->xstate_size >= XSTATE_HEADER_END)
		memcpy(block->xstate + XSTATE_BV_OFFSET, &live, sizeof(live));
}

// mm registers are the physical x87 registers; the image holds the stack, whose top is in fstat (SDM vol. 1, 8.1.2, 9.6.2).
static size_t mmx_offset(const struct register_block *block, unsigned number)
{
	unsigned top = live_components(block) & XSTATE_X87 ? (block->xstate[3] >> 3) & 7 : 0;
	return XSTATE_ST_OFFSET + 16 * ((number - top) & 7);
}

static size_t vector_pieces(const struct register_desc *desc, struct piece pieces[PIECES_MAX])
{
	size_t number = desc->offset;
	size_t count = 0;
	if (number >= 16) {
		pieces[0] = extended_piece(COMPONENT_HI16_ZMM, number - 16, 64);
		pieces[0].size = desc->size;
		return 1;
	}
	pieces[count++] = (struct piece){ XSTATE_XMM_OFFSET + 16 * number, 16, XSTATE_SSE };
	if (desc->size > 16)
		pieces[count++] = extended_piece(COMPONENT_AVX, number, 16);
	if (desc->size > 32)
		pieces[count++] = extended_piece(COMPONENT_ZMM_HI256, number, 32);
	return count;
}

static size_t register_pieces(const struct register_block *block, const struct register_desc *desc,
			      struct piece pieces[PIECES_MAX])
{
	if (desc->group == REGISTER_GROUP_MASK) {
		pieces[0] = extended_piece(COMPONENT_OPMASK, desc->offset, 8);
		return 1;
	}
	if (desc->kind == REGISTER_VECTOR && desc->group == REGISTER_GROUP_VECTOR)
		return vector_pieces(desc, pieces);
	size_t offset = desc->kind == REGISTER_VECTOR ? mmx_offset(block, desc->offset) : desc->offset;
	pieces[0] = (struct piece){ offset, desc->size, desc->xcr0 };
	return 1;
}

// MXCSR belongs to SSE, but is saved and restored whenever SSE or AVX is (SDM vol. 1, 13.7 and 13.8.1).
static bool piece_is_live(uint64_t live, const struct piece *piece)
{
	if (piece->offset == MXCSR_OFFSET)
		return live & (XSTATE_SSE | XSTATE_AVX);
	return live & piece->component;
}

static void piece_initial(const struct piece *piece, uint8_t *bytes)
{
	static const uint16_t control = FCW_INIT;
	static const uint32_t mxcsr = MXCSR_INIT;
	memset(bytes, 0, piece->size);
	if (piece->offset == 0)
		memcpy(bytes, &control, sizeof(control));
	if (piece->offset == MXCSR_OFFSET)
		memcpy(bytes, &mxcsr, sizeof(mxcsr));
}

static void fill_initial(struct register_block *block, size_t offset, size_t size)
{
	struct piece piece = { offset, size, 0 };
	if (offset <= block->xstate_size && size <= block->xstate_size - offset)
		piece_initial(&piece, block->xstate + offset);
}

// Setting a component's bit brings all its bytes to life, so they first become what they meant: the initial values.
static void bring_to_life(struct register_block *block, uint64_t component)
{
	uint64_t live = live_components(block);
	if (live & component)
		return;
	switch (component) {
	case XSTATE_X87:
		fill_initial(block, 0, MXCSR_OFFSET);
		fill_initial(block, XSTATE_ST_OFFSET, 8 * 16);
		break;
	case XSTATE_SSE:
		if (!(live & XSTATE_AVX))
			fill_initial(block, MXCSR_OFFSET, sizeof(uint32_t));
		fill_initial(block, XSTATE_XMM_OFFSET, 16 * 16);
		break;
	default: {
		struct extent extent = component_extent((unsigned)__builtin_ctzll(component));
		if (component == XSTATE_AVX && !(live & XSTATE_SSE))
			fill_initial(block, MXCSR_OFFSET, sizeof(uint32_t));
		fill_initial(block, extent.offset, extent.size);
	}
	}
	set_live(block, live | component);
}

// Finds the pieces and makes sure that all of them lie inside what the kernel (or a core file) gave us.
static struct error *locate(const struct register_block *block, const struct register_desc *desc,
			    struct piece pieces[PIECES_MAX], size_t *count_ret)
{
	if (!block->xstate || block->xstate_size < XSTATE_LEGACY_SIZE)
		return error_create(ERROR_STATE, "the vector and x87 registers have not been read");
	if (desc->xcr0 & ~xstate_features(block))
		return error_create(ERROR_UNSUPPORTED, "register %s is not enabled on this system", desc->name);
	size_t count = register_pieces(block, desc, pieces);
	for (size_t i = 0; i < count; i++)
		if (pieces[i].offset > block->xstate_size || pieces[i].size > block->xstate_size - pieces[i].offset)
			return error_create(ERROR_UNSUPPORTED, "register %s is not in the saved state", desc->name);
	*count_ret = count;
	return NULL;
}

struct error *xstate_get(const struct register_block *block, const struct register_desc *desc, void *bytes)
{
	struct piece pieces[PIECES_MAX];
	size_t count;
	struct error *error = locate(block, desc, pieces, &count);
	if (error)
		return error;
	uint64_t live = live_components(block);
	uint8_t *to = bytes;
	for (size_t i = 0; i < count; to += pieces[i++].size) {
		if (piece_is_live(live, &pieces[i]))
			memcpy(to, block->xstate + pieces[i].offset, pieces[i].size);
		else
			piece_initial(&pieces[i], to);
	}
	return NULL;
}

struct error *xstate_set(struct register_block *block, const struct register_desc *desc, const void *bytes)
{
	struct piece pieces[PIECES_MAX];
	size_t count;
	struct error *error = locate(block, desc, pieces, &count);
	if (error)
		return error;
	const uint8_t *from = bytes;
	for (size_t i = 0; i < count; from += pieces[i++].size) {
		bring_to_life(block, pieces[i].component);
		memcpy(block->xstate + pieces[i].offset, from, pieces[i].size);
	}
	return NULL;
}

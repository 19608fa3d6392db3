#include "engine/unwind/frame.h"

#include <string.h>

#include "base/vec.h"
#include "engine/unwind/private.h"

enum {
	CHUNK_FRAMES = 32,        // frames are allocated by so many and never move
	FRAMES_MAX = 1 << 20,
	RECENT_PLACES = 64,       // direct-mapped by address
};

// What code at an address belongs to.
struct place {
	uint64_t address;         // 0: unused
	struct module *module;
	const struct function *function;
};

struct unwinder {
	struct modules *modules;
	struct memory *memory;
	VEC(struct frame *) chunks;
	size_t count;
	bool is_complete;
	struct unwind_step step;          // of the next physical frame
	struct frame_registers registers; // its registers
	bool is_artificial;               // it is a guess itself
	uint64_t last_cfa;                // of the physical frame before it
	bool was_signal;
	unsigned hidden_count;            // inlined frames to leave out, see unwinder_hide_inlined()
	const struct function *hidden;    // the outermost of them
	struct place recent[RECENT_PLACES];
};

struct unwinder *unwinder_create(struct modules *modules, struct memory *memory, const struct user_regs_struct *registers)
{
	struct unwinder *unwinder = xcalloc(1, sizeof(*unwinder));
	unwinder->modules = unwinder->step.modules = modules;
	unwinder->memory = unwinder->step.memory = memory;
	frame_registers_from_user(&unwinder->registers, registers);
	unwinder->step.registers = &unwinder->registers;
	unwinder->step.is_exact = true;
	return unwinder;
}

void unwinder_hide_inlined(struct unwinder *unwinder, unsigned count)
{
	unwinder->hidden_count = count;
}

void unwinder_destroy(struct unwinder *unwinder)
{
	if (!unwinder)
		return;
	vec_each(chunk, &unwinder->chunks)
		free(*chunk);
	vec_deinit(&unwinder->chunks);
	free(unwinder);
}

static struct frame *frame_at(struct unwinder *unwinder, size_t index)
{
	return &unwinder->chunks.items[index / CHUNK_FRAMES][index % CHUNK_FRAMES];
}

static const struct place *place_at(struct unwinder *unwinder, uint64_t address)
{
	struct place *place = &unwinder->recent[(address ^ address >> 6) % RECENT_PLACES];
	if (place->address == address && address)
		return place;
	place->address = address;
	place->module = modules_find(unwinder->modules, address);
	place->function = place->module ? modules_function_at(unwinder->modules, address) : NULL;
	return place;
}

static struct frame *frame_push(struct unwinder *unwinder)
{
	if (unwinder->count == unwinder->chunks.count * CHUNK_FRAMES)
		*vec_push(&unwinder->chunks) = xmalloc(CHUNK_FRAMES * sizeof(struct frame));
	struct frame *frame = frame_at(unwinder, unwinder->count);
	frame->index = (unsigned)unwinder->count++;
	return frame;
}

// One frame for each inlined function at the place, the innermost first, and the physical one.
static void push_frames(struct unwinder *unwinder, const struct place *place)
{
	const struct unwind_step *step = &unwinder->step;
	const struct function *function = place->function;
	bool is_inlined;
	do {
		is_inlined = function && function->is_inlined && function->outer;
		if (is_inlined && !unwinder->count && unwinder->hidden_count) {
			unwinder->hidden_count--;
			unwinder->hidden = function;
			function = function->outer;
			continue;
		}
		struct frame *frame = frame_push(unwinder);
		frame->pc = step->pc;
		frame->lookup_pc = step->lookup_pc;
		frame->cfa = step->cfa;
		frame->registers = unwinder->registers;
		frame->function = function;
		frame->module = place->module;
		frame->is_inlined = is_inlined;
		frame->is_signal_frame = step->is_signal;
		frame->is_artificial = unwinder->is_artificial || !place->module;
		function = function ? function->outer : NULL;
	} while (is_inlined && unwinder->count < FRAMES_MAX);
}

// A stack grows down, but a signal handler may run on another stack than what it interrupted.
static bool is_going_outwards(const struct unwinder *unwinder)
{
	const struct unwind_step *step = &unwinder->step;
	return !unwinder->count || !step->cfa || step->is_signal || unwinder->was_signal || step->cfa > unwinder->last_cfa;
}

// Finds the next physical frame with the inlined ones in it.
static void unwinder_advance(struct unwinder *unwinder)
{
	struct unwind_step *step = &unwinder->step;
	step->pc = unwinder->registers.value[DWARF_RIP];
	step->lookup_pc = step->pc - !step->is_exact;
	const struct place *place = place_at(unwinder, step->lookup_pc);
	step->module = place->module;
	struct error *error = unwind_step(step);
	if (!is_going_outwards(unwinder)) {
		unwinder->is_complete = true;
		error_destroy(error);
		return;
	}
	push_frames(unwinder, place);
	unwinder->last_cfa = step->cfa;
	unwinder->was_signal = step->is_signal;
	if (error || unwinder->count >= FRAMES_MAX) {
		unwinder->is_complete = true;
		error_destroy(error);
		return;
	}
	unwinder->registers = step->caller;
	unwinder->is_artificial = step->is_guess;
	step->is_exact = step->is_signal;
}

const struct frame *unwinder_frame(struct unwinder *unwinder, size_t index)
{
	while (index >= unwinder->count && !unwinder->is_complete)
		unwinder_advance(unwinder);
	return index < unwinder->count ? frame_at(unwinder, index) : NULL;
}

size_t unwinder_count(struct unwinder *unwinder, size_t limit)
{
	while (unwinder->count < limit && !unwinder->is_complete)
		unwinder_advance(unwinder);
	return unwinder->count < limit ? unwinder->count : limit;
}

size_t unwinder_known(const struct unwinder *unwinder, bool *is_complete_ret)
{
	*is_complete_ret = unwinder->is_complete;
	return unwinder->count;
}

static bool call_position(const struct function *inlined, struct line_position *position_ret)
{
	if (!inlined || !inlined->call_file || !inlined->call_line)
		return false;
	*position_ret = (struct line_position){
		.file = inlined->call_file, .line = inlined->call_line, .column = inlined->call_column,
		.start = inlined->start, .end = inlined->end, .is_stmt = true,
	};
	return true;
}

bool frame_position(struct unwinder *unwinder, const struct frame *frame, struct line_position *position_ret)
{
	if (!frame->index && unwinder->hidden && call_position(unwinder->hidden, position_ret))
		return true;
	const struct frame *inner = frame->index ? unwinder_frame(unwinder, frame->index - 1) : NULL;
	if (inner && inner->is_inlined && call_position(inner->function, position_ret))
		return true;
	return frame->module && modules_line_at(unwinder->modules, frame->lookup_pc, position_ret);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/unwind/snapshot.h"

static void inlined_functions_are_frames_with_their_call_sites(void **state)
{
	(void)state;
	struct snapshot snapshot;
	snapshot_open(&snapshot, PROGRAMS_DIR "/unwind_inlined");
	assert_false(snapshot_read(&snapshot, "end"));
	snapshot_load(&snapshot);
	struct unwinder *unwinder = unwinder_create(snapshot.modules, snapshot.memory, &snapshot.registers);
	static const char *const names[] = { "inner", "middle", "outer", "main" };
	unsigned start = 0;   // the frame outside snapshot_take and what is inlined into it
	while (unwinder_frame(unwinder, start) && unwinder_frame(unwinder, start)->is_inlined)
		start++;
	const struct frame *first = unwinder_frame(unwinder, ++start);
	assert_non_null(first);
	for (unsigned i = 0; i < 4; i++) {
		const struct frame *frame = unwinder_frame(unwinder, start + i);
		assert_non_null(frame);
		assert_int_equal(frame->index, start + i);
		assert_non_null(frame->function);
		assert_string_equal(frame->function->name, names[i]);
		assert_int_equal(frame->is_inlined, i < 2);
		struct line_position position;
		assert_true(frame_position(unwinder, frame, &position));
		assert_true(str_ends(position.file->path, "/unwind_inlined.c"));
		uint64_t line;
		if (snapshot_expects(&snapshot, names[i], 0, &line))
			assert_int_equal(position.line, line);
		if (i < 3) {
			assert_int_equal(frame->pc, first->pc);
			assert_int_equal(frame->cfa, first->cfa);
			assert_memory_equal(&frame->registers, &first->registers, sizeof(frame->registers));
		}
	}
	unwinder_destroy(unwinder);
	snapshot_close(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_functions_are_frames_with_their_call_sites),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

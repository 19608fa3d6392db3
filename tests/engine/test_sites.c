// Breakpoints and many threads: no hit is lost, none is counted twice, and the program does not notice.
#include "tests/engine/child.h"

#define PASSES_C SOURCE_DIR "/tests/programs/stops_passes.c"
#define KINDS_C SOURCE_DIR "/tests/programs/stops_instructions.c"
#define FAULTS_C SOURCE_DIR "/tests/programs/stops_faults.c"
#define LOADS_C SOURCE_DIR "/tests/programs/loads_library.c"
#define LIBRARY_C SOURCE_DIR "/tests/programs/library_answer.c"
#define SPINS_C SOURCE_DIR "/tests/programs/spins.c"

static unsigned lines_in(const struct str *str)
{
	unsigned lines = 0;
	for (const char *at = str_text(str); (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

// Where a symbol of a program without address randomisation is.
static uint64_t symbol_of(const char *program, const char *symbol)
{
	char command[512];
	unsigned long address = 0;
	snprintf(command, sizeof(command), "nm %s | awk '$3 == \"%s\" { print $1 }'", program, symbol);
	FILE *nm = popen(command, "r");
	assert_non_null(nm);
	if (fscanf(nm, "%lx", &address) != 1)
		fail_msg("%s has no symbol %s", program, symbol);
	pclose(nm);
	return 0x555555554000 + address;
}

static void break_at(struct session *session, uint64_t address, const char *hit, const char *log)
{
	struct breakpoint_spec spec = { .address = address, .hit_condition = hit, .log_message = log };
	struct breakpoint_info info;
	assert_null(debugger_set_instruction_breakpoints(session->debugger, &spec, 1, &info));
	assert_true(info.is_verified);
}

static void count_hits(const char *const *arguments, unsigned expected, const char *condition)
{
	struct session session;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), condition, NULL, "hit");
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 0);
	assert_int_equal(lines_in(&session.console), condition ? 0 : expected);
	assert_int_equal(atol(str_text(&session.out)), expected);
	session_deinit(&session);
}

static void every_pass_of_eight_threads_is_a_hit(void **state)
{
	static const char *const arguments[] = { "8", "10000", NULL };
	(void)state;
	count_hits(arguments, 80000, NULL);
}

static void a_false_condition_lets_everybody_pass(void **state)
{
	static const char *const arguments[] = { "8", "10000", NULL };
	(void)state;
	count_hits(arguments, 80000, "sum < 0");
}

static void hit_condition_stops_at_that_very_hit(void **state)
{
	static const char *const arguments[] = { "8", "1000", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, "% 1000", NULL);
	session_start(&session);
	for (int i = 0; i < 8; i++) {
		session_wait_stop(&session);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "8000\n");
	session_deinit(&session);
}

static void every_stop_counts_with_all_threads(void **state)
{
	static const char *const arguments[] = { "4", "20", NULL };
	struct session session;
	unsigned stops = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, NULL);
	session_start(&session);
	for (session_wait_stop_or_exit(&session); !session.has_ended; session_wait_stop_or_exit(&session)) {
		stops++;
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_int_equal(stops, 80);
	assert_string_equal(str_text(&session.out), "80\n");
	session_deinit(&session);
}

static void pauses_lose_no_hit(void **state)
{
	static const char *const arguments[] = { "4", "2500", NULL };
	struct session session;
	unsigned pauses = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), NULL, NULL, "hit");
	session_start(&session);
	while (!session.has_ended) {
		for (int i = 0; i < 2 && !session.has_ended; i++)
			loop_turn(session.loop);
		if (session.has_ended || debugger_state(session.debugger) == DEBUGGER_ENDED)
			break;
		session.is_stopped = false;
		error_destroy(debugger_pause(session.debugger, 0));
		session_wait_stop_or_exit(&session);
		if (session.has_ended)
			break;
		assert_int_equal(session.stop.reason, STOP_PAUSE);
		pauses++;
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_true(pauses > 0);
	assert_int_equal(lines_in(&session.console), 10000);
	assert_string_equal(str_text(&session.out), "10000\n");
	session_deinit(&session);
}

static void an_instruction_that_has_no_copy_is_stepped_alone(void **state)
{
	static const char *const arguments[] = { "4", "100", "nomap", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// all are there"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	session_clear_breakpoints(&session, PASSES_C);
	break_at(&session, symbol_of(PROGRAM("stops_passes"), "cpuid_at"), NULL, "hit");
	session_continue_to_exit(&session);
	assert_int_equal(lines_in(&session.console), 400);
	assert_string_equal(str_text(&session.out), "400\n");
	session_deinit(&session);
}

static void pausing_while_one_is_stepped_alone(void **state)
{
	static const char *const arguments[] = { "4", "100", "nomap", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// all are there"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	session_clear_breakpoints(&session, PASSES_C);
	break_at(&session, symbol_of(PROGRAM("stops_passes"), "cpuid_at"), NULL, "hit");
	session.is_stopped = false;
	assert_null(debugger_continue(session.debugger));
	for (int turns = 1; !session.has_ended; turns = turns % 7 + 1) {
		for (int i = 0; i < turns && !session.has_ended; i++)
			loop_turn(session.loop);
		if (session.has_ended || debugger_state(session.debugger) == DEBUGGER_ENDED)
			break;
		session.is_stopped = false;
		error_destroy(debugger_pause(session.debugger, 0));
		session_wait_stop_or_exit(&session);
		if (session.has_ended)
			break;
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
	}
	assert_int_equal(lines_in(&session.console), 400);
	assert_string_equal(str_text(&session.out), "400\n");
	session_deinit(&session);
}

// A breakpoint at every instruction of a function: all kinds of them pass as if it were not there.
static void every_instruction_kind_passes(void **state)
{
	struct session session;
	char line[256];
	struct breakpoint_spec specs[200] = { 0 };
	struct breakpoint_info infos[200];
	size_t count = 0;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_instructions"), NULL);
	FILE *objdump = popen("objdump -d --no-show-raw-insn --disassemble=main " PROGRAM("stops_instructions"), "r");
	assert_non_null(objdump);
	while (fgets(line, sizeof(line), objdump) && count < 200) {
		char *end;
		uint64_t address = strtoul(line, &end, 16);
		if (address && *end == ':')
			specs[count++] = (struct breakpoint_spec){ .address = 0x555555554000 + address, .log_message = "hit" };
	}
	pclose(objdump);
	assert_true(count > 50);
	assert_null(debugger_set_instruction_breakpoints(session.debugger, specs, count, infos));
	session_start(&session);
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "20 12 the quick brown fox 3 1\n");
	assert_int_equal(session.exit_code, 0);
	assert_true(lines_in(&session.console) >= count - 10);
	session_deinit(&session);
}

static void handlers_see_where_the_instruction_belongs(void **state)
{
	static const char *const arguments[] = { "divide", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_faults"), arguments);
	struct debugger_catches none = { 0 };
	const char *filter;
	assert_null(debugger_set_catches(session.debugger, &none, &filter));
	struct breakpoint_spec specs[] = {
		{ .address = symbol_of(PROGRAM("stops_faults"), "fault_at"), .log_message = "fault" },
		{ .address = symbol_of(PROGRAM("stops_faults"), "loop_at"), .condition = "ticks > 1000" },
		{ .address = symbol_of(PROGRAM("stops_faults"), "loop_at") + 3, .condition = "ticks > 1000" },
	};
	struct breakpoint_info infos[3];
	assert_null(debugger_set_instruction_breakpoints(session.debugger, specs, 3, infos));
	session_start(&session);
	session_wait_exit(&session);
	assert_string_equal(str_text(&session.out), "1\n0\n");
	assert_int_equal(lines_in(&session.console), 1);
	session_deinit(&session);
}

static void a_fault_is_reported_at_its_instruction(void **state)
{
	static const char *const arguments[] = { "divide", NULL };
	struct debugger_catches catches = { .signals = true };
	const char *filter;
	struct session session;
	uint64_t fault_at = symbol_of(PROGRAM("stops_faults"), "fault_at");
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_faults"), arguments);
	assert_null(debugger_set_catches(session.debugger, &catches, &filter));
	break_at(&session, fault_at, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_INSTRUCTION_BREAKPOINT);
	session_continue(&session);
	assert_int_equal(session.stop.reason, STOP_SIGNAL);
	assert_true(session.stop.pc == fault_at);
	assert_true((uint64_t)session.stop.siginfo.si_addr == fault_at);
	session_continue_to_exit(&session);
	assert_string_equal(str_text(&session.out), "1\n0\n");
	session_deinit(&session);
}

static void a_breakpoint_set_where_the_program_stands_is_not_hit_at_once(void **state)
{
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("spins"), NULL);
	unsigned line = line_of(SPINS_C, "// turns");
	session_break_line(&session, SPINS_C, line, NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	uint64_t pc = session.stop.pc;
	session_clear_breakpoints(&session, SPINS_C);
	break_at(&session, pc, NULL, NULL);
	session_continue(&session);
	assert_true(session.stop.pc == pc);
	assert_string_equal(session_value(&session, "turn"), "1");
	session_deinit(&session);
}

static void breakpoints_come_and_go_while_threads_hit_them(void **state)
{
	static const char *const arguments[] = { "8", "10000", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_start(&session);
	struct breakpoint_spec spec = { .line = line_of(PASSES_C, "// passes"), .condition = "sum < 0" };
	for (unsigned i = 0; !session.has_ended; i++) {
		struct breakpoint_info info;
		assert_null(debugger_set_line_breakpoints(session.debugger, PASSES_C, &spec, i % 2, &info));
		loop_turn(session.loop);
	}
	assert_string_equal(str_text(&session.out), "80000\n");
	assert_int_equal(session.exit_code, 0);
	session_deinit(&session);
}

static void a_breakpoint_set_after_a_step_while_running_is_hit(void **state)
{
	struct session session;
	unsigned line = line_of(SPINS_C, "// turns");
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("spins"), NULL);
	session_break_line(&session, SPINS_C, line, NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	for (int i = 0; i < 30; i++) {
		session_step(&session, STEP_OVER, i % 3 ? STEP_LINE : STEP_INSTRUCTION);
		session_clear_breakpoints(&session, SPINS_C);
		session.is_stopped = false;
		assert_null(debugger_continue(session.debugger));
		session_break_line(&session, SPINS_C, line, NULL, NULL, NULL);
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	}
	session_deinit(&session);
}

static void a_library_with_breakpoints_is_unloaded(void **state)
{
	static const char *const arguments[] = { PROGRAM("library_answer"), NULL };
	struct breakpoint_spec spec = { .line = line_of(LIBRARY_C, "in library") };
	struct breakpoint_info info;
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("loads_library"), arguments);
	assert_null(debugger_set_line_breakpoints(session.debugger, LIBRARY_C, &spec, 1, &info));
	session_break_line(&session, LOADS_C, line_of(LOADS_C, "// closed"), NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_string_equal(session_function(&session, 0), "library_answer");
	session_continue(&session);
	assert_string_equal(session_function(&session, 0), "main");
	session_continue_to_exit(&session);
	assert_string_equal(str_text(&session.out), "42\n");
	session_deinit(&session);
}

static void a_pause_gets_through_a_storm_of_hits(void **state)
{
	static const char *const arguments[] = { "8", "100000000", NULL };
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	session_break_line(&session, PASSES_C, line_of(PASSES_C, "// passes"), "sum < 0", NULL, NULL);
	session_start(&session);
	for (int i = 0; i < 20; i++) {
		for (int turn = 0; turn < 20; turn++)
			loop_turn(session.loop);
		session.is_stopped = false;
		assert_null(debugger_pause(session.debugger, 0));
		for (int turn = 0; !session.is_stopped; turn++) {
			if (turn == 200)
				fail_msg("a pause took %d turns of the loop", turn);
			loop_turn(session.loop);
		}
		assert_null(debugger_continue(session.debugger));
	}
	session_deinit(&session);
}

static bool stands_at(struct session *session, uint64_t address)
{
	struct arena *arena = arena_create();
	struct thread_info *threads;
	bool is_found = false;
	size_t count = debugger_threads(session->debugger, arena, &threads);
	for (size_t i = 0; i < count; i++) {
		struct frame_info *frames;
		size_t got;
		size_t total;
		bool is_exact;
		struct error *error = debugger_frames(session->debugger, threads[i].tid, 0, 1, arena, &frames, &got, &total, &is_exact);
		is_found = is_found || (!error && got && frames[0].pc == address);
		error_destroy(error);
	}
	arena_destroy(arena);
	return is_found;
}

// The kernel stops a thread that has just run into an int3 before it tells of the hit.
static void a_hit_on_its_way_is_neither_seen_nor_left_behind(void **state)
{
	static const char *const arguments[] = { "8", "100000000", NULL };
	struct breakpoint_spec spec = { .line = line_of(PASSES_C, "// passes"), .condition = "sum < 0" };
	struct breakpoint_info info;
	struct session session;
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("stops_passes"), arguments);
	assert_null(debugger_set_line_breakpoints(session.debugger, PASSES_C, &spec, 1, &info));
	session_start(&session);
	for (unsigned round = 0; round < 400; round++) {
		for (unsigned turn = 0; turn < round % 6 && round % 2 == 0; turn++)   // else nobody hits anything
			loop_turn(session.loop);
		session.is_stopped = false;
		assert_null(debugger_pause(session.debugger, 0));
		session_wait_stop(&session);
		assert_int_equal(session.stop.reason, STOP_PAUSE);
		assert_false(stands_at(&session, info.address + 1));
		assert_null(debugger_set_line_breakpoints(session.debugger, PASSES_C, &spec, round % 2, &info));
		assert_null(debugger_continue(session.debugger));
	}
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pass_of_eight_threads_is_a_hit),
		cmocka_unit_test(a_false_condition_lets_everybody_pass),
		cmocka_unit_test(hit_condition_stops_at_that_very_hit),
		cmocka_unit_test(every_stop_counts_with_all_threads),
		cmocka_unit_test(pauses_lose_no_hit),
		cmocka_unit_test(an_instruction_that_has_no_copy_is_stepped_alone),
		cmocka_unit_test(pausing_while_one_is_stepped_alone),
		cmocka_unit_test(every_instruction_kind_passes),
		cmocka_unit_test(handlers_see_where_the_instruction_belongs),
		cmocka_unit_test(a_fault_is_reported_at_its_instruction),
		cmocka_unit_test(a_breakpoint_set_where_the_program_stands_is_not_hit_at_once),
		cmocka_unit_test(breakpoints_come_and_go_while_threads_hit_them),
		cmocka_unit_test(a_breakpoint_set_after_a_step_while_running_is_hit),
		cmocka_unit_test(a_library_with_breakpoints_is_unloaded),
		cmocka_unit_test(a_pause_gets_through_a_storm_of_hits),
		cmocka_unit_test(a_hit_on_its_way_is_neither_seen_nor_left_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

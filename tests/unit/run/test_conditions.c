// with: world.c machine*.c
// When a breakpoint counts, stops or only says something: a loop passes it 19 times, with rcx from 19 down to 1.
#include <string.h>

#include "tests/unit/run/world.h"

enum { PASSES = 19 };

// The passes at which it stopped, from 1 on; the count is returned. The program has ended then.
static unsigned passes_of(struct world *world, unsigned *passes_ret)
{
	unsigned count = 0;
	bool is_alive = world_start(world);
	for (; is_alive; is_alive = world_continue(world)) {
		assert_int_equal(world->stop.reason, STOP_BREAKPOINT);
		assert_int_equal(world->stop.breakpoint_count, 1);
		assert_in_range(count, 0, PASSES - 1);
		passes_ret[count++] = PASSES + 1 - (unsigned)world_leader(world)->registers.rcx;
	}
	assert_int_equal(world->exit_code, 7);
	return count;
}

static void launch(struct world *world)
{
	world_init(world, NULL);
	assert_true(world_launch(world, "passes"));
}

struct row {
	const char *condition, *hit, *log;
	unsigned count, first, last;   // the passes at which it stops; 0: none
	const char *said;
};

static const struct row rows[] = {
	{ NULL, NULL, NULL, 19, 1, 19, "" },
	{ "", "", "", 19, 1, 19, "" },
	// hit conditions
	{ NULL, "5", NULL, 15, 5, 19, "" },
	{ NULL, ">= 5", NULL, 15, 5, 19, "" },
	{ NULL, ">=5", NULL, 15, 5, 19, "" },
	{ NULL, "== 5", NULL, 1, 5, 5, "" },
	{ NULL, "= 5", NULL, 1, 5, 5, "" },
	{ NULL, " > 5 ", NULL, 14, 6, 19, "" },
	{ NULL, "< 5", NULL, 4, 1, 4, "" },
	{ NULL, "<= 5", NULL, 5, 1, 5, "" },
	{ NULL, "% 4", NULL, 4, 4, 16, "" },
	{ NULL, "% 1", NULL, 19, 1, 19, "" },
	{ NULL, "20", NULL, 0, 0, 0, "" },
	{ NULL, "0", NULL, 19, 1, 19, "" },
	{ NULL, "< 1", NULL, 0, 0, 0, "" },
	{ NULL, "99999999999999999999999999", NULL, 0, 0, 0, "" },
	// conditions, which say what counts
	{ "$rcx == 3", NULL, NULL, 1, 17, 17, "" },
	{ "$rcx < 0", NULL, NULL, 0, 0, 0, "" },
	{ "$rcx % 2 == 0", "% 3", NULL, 3, 6, 18, "" },
	{ "$rcx % 2 == 0", "== 2", NULL, 1, 4, 4, "" },
	// log points, which never stop
	{ NULL, NULL, ".", 0, 0, 0, ".\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n" },
	{ NULL, "% 5", "rcx {$rcx,d}", 0, 0, 0, "rcx 15\nrcx 10\nrcx 5\n" },
	{ "$rcx > 17", NULL, "{$rcx,d} of {{19}}", 0, 0, 0, "19 of {19}\n18 of {19}\n" },
	{ "$rcx < 5", "> 2", "{$rcx & 7,d}", 0, 0, 0, "2\n1\n" },
};

static void each_way_to_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world;
		const struct row *row = &rows[i];
		unsigned passes[PASSES] = { 0 };
		print_message("condition %s, hits %s, log %s\n", row->condition, row->hit, row->log);
		launch(&world);
		world_break(&world, "passes", row->condition, row->hit, row->log);
		unsigned count = passes_of(&world, passes);
		assert_int_equal(count, row->count);
		assert_int_equal(passes[0], row->first);
		assert_int_equal(count ? passes[count - 1] : 0, row->last);
		assert_string_equal(world.said, row->said);
		world_deinit(&world);
	}
}

struct refusal {
	const char *condition, *hit, *log, *words;
};

static const struct refusal refusals[] = {
	{ NULL, "five", NULL, "the hit condition \"five\" is not a number" },
	{ NULL, "% 0", NULL, "is not a number" },
	{ NULL, "-1", NULL, "is not a number" },
	{ NULL, "5 6", NULL, "is not a number" },
	{ NULL, "=> 5", NULL, "is not a number" },
	{ NULL, "%", NULL, "is not a number" },
	{ "no_such_name > 1", NULL, NULL, "no_such_name" },
	{ "$rcx >", NULL, NULL, "$rcx >" },
	{ NULL, NULL, "{$rcx", "missing } for the { at column 1" },
	{ NULL, NULL, "a } b", "a single } at column 3" },
};

// It is not verified, says why, and nothing stops there.
static void what_is_not_understood_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct world world;
		const struct refusal *refusal = &refusals[i];
		struct breakpoint_spec spec = { .line = world_line("passes"), .condition = refusal->condition, .hit_condition = refusal->hit,
						.log_message = refusal->log };
		struct breakpoint_info info;
		unsigned passes[PASSES];
		launch(&world);
		assert_null(debugger_set_line_breakpoints(world.debugger, MACHINE_CODE, &spec, 1, &info));
		if (info.is_verified)
			fail_msg("%s %s %s is taken", refusal->condition, refusal->hit, refusal->log);
		if (!info.message || !strstr(info.message, refusal->words))
			fail_msg("\"%s\" does not say \"%s\"", info.message ? info.message : "", refusal->words);
		assert_int_equal(passes_of(&world, passes), 0);
		world_deinit(&world);
	}
}

// Silence would be taken for "never true".
static void a_condition_that_fails_stops_and_says_why(void **state)
{
	struct world world;
	(void)state;
	launch(&world);
	world_break(&world, "passes", "$rcx < 17 && *(int *)16", NULL, NULL);
	assert_true(world_start(&world));
	assert_int_equal(world.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(world_leader(&world)->registers.rcx, 16);
	assert_non_null(strstr(world.said, "stops because its condition \"$rcx < 17 && *(int *)16\" failed: "));
	world_break(&world, NULL, NULL, NULL, NULL);
	assert_false(world_continue(&world));
	world_deinit(&world);
}

// What fails in a message is named in its place.
static void a_log_point_never_stops(void **state)
{
	struct world world;
	(void)state;
	launch(&world);
	world_break(&world, "passes", NULL, "<= 1", "at {*(int *)16} and {no_such_name}.");
	assert_false(world_start(&world));
	assert_int_equal(world.messages, 1);
	assert_string_equal(world.said, "at <cannot read 0x10> and <error: no symbol \"no_such_name\" in scope>.\n");
	world_deinit(&world);
}

static void a_condition_of_a_log_point_that_fails_is_named_and_logs(void **state)
{
	struct world world;
	(void)state;
	launch(&world);
	world_break(&world, "passes", "*(int *)16", NULL, "{$rcx,d}");
	assert_false(world_start(&world));
	assert_int_equal(world.messages, 2 * PASSES);
	assert_non_null(strstr(world.said, "logs because its condition \"*(int *)16\" failed: "));
	assert_non_null(strstr(world.said, "\n18\n"));
	world_deinit(&world);
}

static void set_two(struct world *world, const struct breakpoint_spec *second)
{
	struct breakpoint_info infos[2];
	struct breakpoint_spec specs[2] = { { .line = world_line("passes"), .hit_condition = "% 6" }, *second };
	specs[1].line = specs[0].line;
	assert_null(debugger_set_line_breakpoints(world->debugger, MACHINE_CODE, specs, 2, infos));
	assert_true(infos[0].is_verified && infos[1].is_verified);
}

static void launch_behind(struct world *world)
{
	launch(world);
	world_break(world, "passes", NULL, NULL, "{$rcx,d}");
	world->is_behind = true;
	assert_null(debugger_start(world->debugger));
	world_settle(world);
	assert_string_equal(world->said, "19\n");
}

// Nothing is said any more, and nothing is lost; whoever pauses meanwhile sees where it waits.
static void a_log_point_waits_until_its_message_is_read(void **state)
{
	struct world world;
	(void)state;
	launch_behind(&world);
	assert_null(debugger_pause(world.debugger, 0));
	assert_true(world_wait(&world));
	assert_int_equal(world.stop.reason, STOP_PAUSE);
	world_assert_at(&world, "passes");
	world.is_stopped = false;
	assert_null(debugger_continue(world.debugger));
	world_settle(&world);
	assert_string_equal(world.said, "19\n");
	debugger_hold_output(world.debugger, false);
	world_settle(&world);
	assert_string_equal(world.said, "19\n18\n");
	world.is_behind = false;
	debugger_hold_output(world.debugger, false);
	assert_false(world_wait(&world));
	assert_int_equal(world.messages, PASSES);
	world_deinit(&world);
}

// Released while everything stands still, it goes on with everything.
static void a_message_that_is_read_while_stopped_holds_nothing(void **state)
{
	struct world world;
	(void)state;
	launch_behind(&world);
	assert_null(debugger_pause(world.debugger, 0));
	assert_true(world_wait(&world));
	world.is_behind = false;
	debugger_hold_output(world.debugger, false);
	assert_int_equal(world.messages, 1);
	assert_false(world_continue(&world));
	assert_int_equal(world.messages, PASSES);
	world_deinit(&world);
}

static void a_log_point_that_waits_is_detached_and_killed(void **state)
{
	struct world world;
	(void)state;
	launch_behind(&world);
	debugger_kill(world.debugger);
	assert_false(world_wait(&world));
	assert_int_equal(world.signo, SIGKILL);
	world_deinit(&world);
	launch_behind(&world);
	world_detach(&world);
	assert_int_equal(world.messages, 1);
	assert_null(machine_traces(world.machine, world.machine->pid));
	world_deinit(&world);
}

static void two_at_one_place_count_each_for_itself(void **state)
{
	struct world world;
	unsigned passes[PASSES];
	(void)state;
	launch(&world);
	set_two(&world, &(struct breakpoint_spec){ .hit_condition = "% 9", .log_message = "{$rcx,d}" });
	assert_int_equal(passes_of(&world, passes), 3);
	assert_true(passes[0] == 6 && passes[1] == 12 && passes[2] == 18);
	assert_string_equal(world.said, "11\n2\n");
	world_deinit(&world);
}

static void a_stop_names_all_that_stopped(void **state)
{
	struct world world;
	(void)state;
	launch(&world);
	set_two(&world, &(struct breakpoint_spec){ .hit_condition = "% 4" });
	const unsigned expected[] = { 4, 6, 8, 12, 16, 18 };
	assert_true(world_start(&world));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(PASSES + 1 - world_leader(&world)->registers.rcx, expected[i]);
		assert_int_equal(world.stop.breakpoint_count, expected[i] == 12 ? 2 : 1);
		assert_true(world_continue(&world) == (i + 1 < ARRAY_SIZE(expected)));
	}
	world_deinit(&world);
}

// Editors send all breakpoints of a file whenever one changes.
static void a_breakpoint_that_is_set_again_goes_on_counting(void **state)
{
	struct world world;
	(void)state;
	launch(&world);
	world_break(&world, "passes", NULL, "% 4", NULL);
	assert_true(world_start(&world));
	assert_int_equal(world_leader(&world)->registers.rcx, 16);
	world_break(&world, "passes", NULL, "% 4", NULL);
	assert_true(world_continue(&world));
	assert_int_equal(world_leader(&world)->registers.rcx, 12);
	world_break(&world, "passes", NULL, "% 3", NULL);   // another one: from 0
	assert_true(world_continue(&world));
	assert_int_equal(world_leader(&world)->registers.rcx, 9);
	world_break(&world, NULL, NULL, NULL, NULL);
	assert_false(world_continue(&world));
	world_deinit(&world);
}

static void the_passes_of_all_threads_count(void **state)
{
	struct world world;
	struct breakpoint_info infos[2];
	struct breakpoint_spec specs[2] = { { .line = world_line("made") }, { .line = world_line("in thread"), .hit_condition = "== 2" } };
	(void)state;
	world_init(&world, NULL);
	assert_true(world_launch(&world, "threads"));
	assert_null(debugger_set_line_breakpoints(world.debugger, MACHINE_CODE, specs, 2, infos));
	assert_true(world_start(&world));
	world_assert_at(&world, "made");
	world_leader(&world)->registers.rip = world_symbol(&world, "spins");   // else it would end the process
	thread_forget(debugger_any_thread(world.debugger));
	assert_true(world_continue(&world));
	world_assert_at(&world, "in thread");
	assert_int_equal(world.stop.breakpoint_ids[0], infos[1].id);
	debugger_kill(world.debugger);
	world.is_stopped = false;
	assert_false(world_wait(&world));
	world_deinit(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_count),
		cmocka_unit_test(what_is_not_understood_is_refused_with_its_reason),
		cmocka_unit_test(a_condition_that_fails_stops_and_says_why),
		cmocka_unit_test(a_log_point_never_stops),
		cmocka_unit_test(a_condition_of_a_log_point_that_fails_is_named_and_logs),
		cmocka_unit_test(a_log_point_waits_until_its_message_is_read),
		cmocka_unit_test(a_message_that_is_read_while_stopped_holds_nothing),
		cmocka_unit_test(a_log_point_that_waits_is_detached_and_killed),
		cmocka_unit_test(two_at_one_place_count_each_for_itself),
		cmocka_unit_test(a_stop_names_all_that_stopped),
		cmocka_unit_test(a_breakpoint_that_is_set_again_goes_on_counting),
		cmocka_unit_test(the_passes_of_all_threads_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

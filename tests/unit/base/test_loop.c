#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/str.h"

// What callbacks did, in order.
struct record {
	struct loop *loop;
	struct str text;
	struct loop_source *sources[2];
	int fds[2];
	struct loop_timer *timer;
	int rounds;
};

static int begin(void **state)
{
	struct record *record = calloc(1, sizeof(*record));
	*state = record;
	record->loop = loop_create();
	for (int i = 0; i < 2; i++)
		record->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return !record->loop || record->fds[1] < 0;
}

static int end(void **state)
{
	struct record *record = *state;
	for (int i = 0; i < 2; i++) {
		loop_remove(record->sources[i]);
		close(record->fds[i]);
	}
	loop_destroy(record->loop);
	str_deinit(&record->text);
	free(record);
	return 0;
}

static void make_ready(const struct record *record, int index)
{
	uint64_t one = 1;
	assert_int_equal(write(record->fds[index], &one, sizeof(one)), sizeof(one));
}

static void quit(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'q');
	loop_quit(record->loop);
}

static void note_deferred(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'd');
}

static void note_timer(void *data)
{
	struct record *record = data;
	str_char(&record->text, 't');
}

static void note_late_timer(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'T');
}

static void drain(struct record *record, int index, uint32_t events)
{
	uint64_t count;
	assert_true(events & EPOLLIN);
	assert_int_equal(read(record->fds[index], &count, sizeof(count)), sizeof(count));
	str_printf(&record->text, "%d", index);
}

static void on_first(void *data, uint32_t events)
{
	drain(data, 0, events);
}

static void on_second(void *data, uint32_t events)
{
	drain(data, 1, events);
}

static void remove_both(void *data, uint32_t events)
{
	(void)events;
	struct record *record = data;
	str_char(&record->text, 'r');
	for (int i = 0; i < 2; i++) {
		loop_remove(record->sources[i]);
		record->sources[i] = NULL;
	}
}

static void a_ready_fd_is_called(void **state)
{
	struct record *record = *state;
	record->sources[0] = loop_add_fd(record->loop, record->fds[0], EPOLLIN, on_first, record);
	record->sources[1] = loop_add_fd(record->loop, record->fds[1], EPOLLIN, on_second, record);
	make_ready(record, 1);
	loop_turn(record->loop);
	make_ready(record, 0);
	loop_turn(record->loop);
	assert_string_equal(str_text(&record->text), "10");
}

static void a_regular_file_is_refused(void **state)
{
	struct record *record = *state;
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_null(loop_add_fd(record->loop, fileno(file), EPOLLIN, on_first, record));
	fclose(file);
}

// Both are ready in the same wait: the one that is removed by the other must not be called any more.
static void a_source_removed_by_another_callback_is_not_called(void **state)
{
	struct record *record = *state;
	for (int i = 0; i < 2; i++) {
		record->sources[i] = loop_add_fd(record->loop, record->fds[i], EPOLLIN, remove_both, record);
		make_ready(record, i);
	}
	loop_turn(record->loop);
	assert_string_equal(str_text(&record->text), "r");
}

static void replace_itself(void *data, uint32_t events)
{
	struct record *record = data;
	drain(record, 0, events);
	loop_remove(record->sources[0]);
	record->sources[0] = loop_add_fd(record->loop, record->fds[0], EPOLLIN, on_first, record);
}

static void a_callback_may_replace_its_own_source(void **state)
{
	struct record *record = *state;
	record->sources[0] = loop_add_fd(record->loop, record->fds[0], EPOLLIN, replace_itself, record);
	for (int i = 0; i < 3; i++) {
		make_ready(record, 0);
		loop_turn(record->loop);
	}
	assert_string_equal(str_text(&record->text), "000");
}

static void events_can_be_switched_off_and_on(void **state)
{
	struct record *record = *state;
	record->sources[0] = loop_add_fd(record->loop, record->fds[0], EPOLLIN, on_first, record);
	make_ready(record, 0);
	loop_set_events(record->sources[0], 0);
	loop_add_timer(record->loop, 0, note_timer, record);
	loop_turn(record->loop);
	loop_set_events(record->sources[0], EPOLLIN);
	loop_turn(record->loop);
	assert_string_equal(str_text(&record->text), "t0");
}

static void timers_fire_once_in_the_order_they_are_due(void **state)
{
	struct record *record = *state;
	loop_add_timer(record->loop, 20, quit, record);
	loop_add_timer(record->loop, 10, note_late_timer, record);
	loop_add_timer(record->loop, 0, note_timer, record);
	loop_run(record->loop);
	assert_string_equal(str_text(&record->text), "tTq");
}

static void cancel_the_other(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'c');
	loop_cancel_timer(record->timer);
	record->timer = NULL;
}

static void a_cancelled_timer_does_not_fire(void **state)
{
	struct record *record = *state;
	loop_cancel_timer(NULL);
	loop_add_timer(record->loop, 0, cancel_the_other, record);
	record->timer = loop_add_timer(record->loop, 1, note_timer, record);
	loop_add_timer(record->loop, 5, quit, record);
	loop_run(record->loop);
	assert_string_equal(str_text(&record->text), "cq");
}

static void again(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'a');
	if (++record->rounds < 3)
		loop_add_timer(record->loop, 0, again, record);
	else
		loop_quit(record->loop);
}

static void a_timer_may_start_the_next_one(void **state)
{
	struct record *record = *state;
	loop_add_timer(record->loop, 0, again, record);
	loop_run(record->loop);
	assert_string_equal(str_text(&record->text), "aaa");
}

static void defer_more(void *data)
{
	struct record *record = data;
	str_char(&record->text, 'D');
	loop_defer(record->loop, note_deferred, record);
}

static void defer_two(void *data, uint32_t events)
{
	struct record *record = data;
	loop_defer(record->loop, defer_more, record);
	loop_defer(record->loop, note_deferred, record);
	drain(record, 0, events);
}

static void deferred_calls_come_after_their_callback_and_before_the_next(void **state)
{
	struct record *record = *state;
	record->sources[0] = loop_add_fd(record->loop, record->fds[0], EPOLLIN, defer_two, record);
	make_ready(record, 0);
	loop_add_timer(record->loop, 0, note_timer, record);
	loop_turn(record->loop);
	assert_string_equal(str_text(&record->text), "0Dddt");
}

static void what_is_deferred_before_the_loop_runs_is_called(void **state)
{
	struct record *record = *state;
	loop_defer(record->loop, note_deferred, record);
	loop_defer(record->loop, quit, record);
	loop_run(record->loop);   // without a source: quitting must not wait
	assert_string_equal(str_text(&record->text), "dq");
}

static void quitting_before_the_loop_runs_ends_it_once(void **state)
{
	struct record *record = *state;
	loop_quit(record->loop);
	loop_run(record->loop);   // without a source it would wait for ever
	loop_add_timer(record->loop, 0, quit, record);
	loop_run(record->loop);
	assert_string_equal(str_text(&record->text), "q");
}

static void quit_then_drain(void *data, uint32_t events)
{
	(void)events;
	quit(data);
}

// Whoever quits may be gone when the next callback would run.
static void nothing_is_called_once_the_loop_is_quitting(void **state)
{
	struct record *record = *state;
	for (int i = 0; i < 2; i++) {
		record->sources[i] = loop_add_fd(record->loop, record->fds[i], EPOLLIN, quit_then_drain, record);
		make_ready(record, i);
	}
	loop_add_timer(record->loop, 0, note_timer, record);
	loop_run(record->loop);
	assert_string_equal(str_text(&record->text), "q");
}

static void what_has_not_fired_dies_with_the_loop(void **state)
{
	struct record *record = *state;
	loop_add_timer(record->loop, 0, note_timer, record);
	loop_defer(record->loop, note_deferred, record);
	assert_string_equal(str_text(&record->text), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ready_fd_is_called),
		TEST(a_regular_file_is_refused),
		TEST(a_source_removed_by_another_callback_is_not_called),
		TEST(a_callback_may_replace_its_own_source),
		TEST(events_can_be_switched_off_and_on),
		TEST(timers_fire_once_in_the_order_they_are_due),
		TEST(a_cancelled_timer_does_not_fire),
		TEST(a_timer_may_start_the_next_one),
		TEST(deferred_calls_come_after_their_callback_and_before_the_next),
		TEST(what_is_deferred_before_the_loop_runs_is_called),
		TEST(quitting_before_the_loop_runs_ends_it_once),
		TEST(nothing_is_called_once_the_loop_is_quitting),
		TEST(what_has_not_fired_dies_with_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

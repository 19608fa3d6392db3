#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/vec.h"

struct loop_source {
	struct loop *loop;
	int fd;
	bool is_removed;
	loop_fd_fn fn;
	void *data;
	struct loop_source *next_removed;
};

struct loop_timer {
	struct loop *loop;
	uint64_t due_us;
	loop_fn fn;
	void *data;
};

struct deferred {
	loop_fn fn;
	void *data;
};

struct loop {
	int epoll_fd;
	bool is_quitting;
	struct loop_source *removed;   // freed when no epoll result can name them any more
	VEC(struct loop_timer *) timers;
	VEC(struct deferred) deferred;
};

static uint64_t now_us(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000;
}

struct loop *loop_create(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void free_removed(struct loop *loop)
{
	while (loop->removed) {
		struct loop_source *source = loop->removed;
		loop->removed = source->next_removed;
		free(source);
	}
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	free_removed(loop);
	vec_each(timer, &loop->timers)
		free(*timer);
	vec_deinit(&loop->timers);
	vec_deinit(&loop->deferred);
	close(loop->epoll_fd);
	free(loop);
}

struct loop_source *loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *data)
{
	struct loop_source *source = xcalloc(1, sizeof(*source));
	*source = (struct loop_source){ .loop = loop, .fd = fd, .fn = fn, .data = data };
	struct epoll_event event = { .events = events, .data.ptr = source };
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(source);
		return NULL;   // a regular file: epoll refuses those with EPERM
	}
	return source;
}

void loop_set_events(struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_remove(struct loop_source *source)
{
	if (!source)
		return;
	epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	source->is_removed = true;
	source->next_removed = source->loop->removed;
	source->loop->removed = source;
}

struct loop_timer *loop_add_timer_us(struct loop *loop, uint64_t timeout_us, loop_fn fn, void *data)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));
	*timer = (struct loop_timer){ loop, now_us() + timeout_us, fn, data };
	*vec_push(&loop->timers) = timer;
	return timer;
}

struct loop_timer *loop_add_timer(struct loop *loop, uint64_t timeout_ms, loop_fn fn, void *data)
{
	return loop_add_timer_us(loop, timeout_ms * 1000, fn, data);
}

static void timer_unlink(struct loop_timer *timer)
{
	struct loop *loop = timer->loop;
	for (size_t i = 0; i < loop->timers.count; i++) {
		if (loop->timers.items[i] == timer) {
			vec_remove(&loop->timers, i);
			return;
		}
	}
}

void loop_cancel_timer(struct loop_timer *timer)
{
	if (!timer)
		return;
	timer_unlink(timer);
	free(timer);
}

void loop_defer(struct loop *loop, loop_fn fn, void *data)
{
	*vec_push(&loop->deferred) = (struct deferred){ fn, data };
}

// The timer that is due first, or NULL.
static struct loop_timer *first_timer(struct loop *loop)
{
	struct loop_timer *first = NULL;
	vec_each(timer, &loop->timers)
		if (!first || (*timer)->due_us < first->due_us)
			first = *timer;
	return first;
}

static void run_deferred(struct loop *loop)
{
	for (size_t i = 0; i < loop->deferred.count; i++) {
		struct deferred deferred = loop->deferred.items[i];
		deferred.fn(deferred.data);
	}
	loop->deferred.count = 0;
}

static void run_timers(struct loop *loop)
{
	struct loop_timer *timer;
	uint64_t now = now_us();
	while ((timer = first_timer(loop)) && timer->due_us <= now) {
		timer_unlink(timer);
		struct loop_timer fired = *timer;
		free(timer);
		fired.fn(fired.data);
	}
}

// Rounded up: a wait that ends before the timer is due would be a busy one.
static int wait_ms(uint64_t left_us)
{
	return left_us < (uint64_t)INT_MAX * 1000 ? (int)((left_us + 999) / 1000) : INT_MAX;
}

static int wait_events(struct loop *loop, struct epoll_event *events, int most)
{
	struct loop_timer *timer = first_timer(loop);
	if (!timer)
		return epoll_wait(loop->epoll_fd, events, most, -1);
	uint64_t now = now_us();
	uint64_t left = timer->due_us <= now ? 0 : timer->due_us - now;
	struct timespec span = { .tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000) };
	int count = epoll_pwait2(loop->epoll_fd, events, most, &span, NULL);
	return count < 0 && errno != EINTR ? epoll_wait(loop->epoll_fd, events, most, wait_ms(left)) : count;   // before Linux 5.11, or not let through
}

void loop_turn(struct loop *loop)
{
	struct epoll_event events[16];
	run_deferred(loop);
	if (loop->is_quitting)
		return;
	int count = wait_events(loop, events, (int)ARRAY_SIZE(events));
	for (int i = 0; i < count && !loop->is_quitting; i++) {
		struct loop_source *source = events[i].data.ptr;
		if (!source->is_removed) {
			source->fn(source->data, events[i].events);
			run_deferred(loop);
		}
	}
	if (!loop->is_quitting) {
		run_timers(loop);
		run_deferred(loop);
	}
	free_removed(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->is_quitting)
		loop_turn(loop);
	loop->is_quitting = false;
}

void loop_quit(struct loop *loop)
{
	loop->is_quitting = true;
}

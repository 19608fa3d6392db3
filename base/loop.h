// The one event loop (epoll). Everything runs on the thread that calls loop_run: callbacks never nest
// and never block. Timers are one-shot. A callback may add and remove any source, its own too.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_source;   // dead after loop_remove(), which every source needs before loop_destroy()
struct loop_timer;    // owned by the loop; dead once it fired or was cancelled

// events: EPOLLIN | EPOLLOUT ... as given by epoll (7)
typedef void (*loop_fd_fn)(void *data, uint32_t events);
typedef void (*loop_fn)(void *data);

struct loop *loop_create(void);
void loop_destroy(struct loop *loop);

// The fd stays the caller's and must outlive the source.
struct loop_source *loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *data);
void loop_set_events(struct loop_source *source, uint32_t events);
void loop_remove(struct loop_source *source);   // NULL-safe

struct loop_timer *loop_add_timer(struct loop *loop, uint64_t timeout_ms, loop_fn fn, void *data);
struct loop_timer *loop_add_timer_us(struct loop *loop, uint64_t timeout_us, loop_fn fn, void *data);
void loop_cancel_timer(struct loop_timer *timer);   // NULL-safe; not after it fired

// Calls fn once, after the present callback returned and before the loop waits again.
void loop_defer(struct loop *loop, loop_fn fn, void *data);

void loop_run(struct loop *loop);    // until loop_quit, which may have come before
void loop_turn(struct loop *loop);   // one wait and its callbacks (tests)
void loop_quit(struct loop *loop);   // no fd's and no timer's callback is called any more

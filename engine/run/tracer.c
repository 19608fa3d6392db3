#include "engine/run/tracer.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "engine/run/state.h"

// Events handled in one turn of the loop, so that a request of the client gets through any storm.
enum { EVENT_BUDGET = 128 };
// How long the client and the debuggee's output wait at most while stops come fast.
enum { SLICE_MS = 1 };

struct tracer *tracer_create(struct loop *loop, struct target *target)
{
	struct tracer *tracer = xcalloc(1, sizeof(*tracer));
	tracer->loop = loop;
	tracer->target = target;
	if (target->event_fd >= 0)
		tracer->source = loop_add_fd(loop, target->event_fd, EPOLLIN, tracer_drain, tracer);
	return tracer;
}

// What was not stopped when the rest was let go. A parent in vfork, or one that exits, cannot be waited for: the kernel lets it go with us.
static void release_leaving(struct tracer *tracer)
{
	struct wait_event event;
	while (tracer->leaving.count && tracer->target->ops->wait(tracer->target, 0, false, &event))
		tracer_handle(tracer, &event);
	while (tracer->orphans.count) {
		struct map_entry *entry = map_next(&tracer->orphans, NULL);
		free(map_remove(&tracer->orphans, entry->key));
	}
}

static void tracer_destroy(struct tracer *tracer)
{
	tracer_end_kept(tracer);
	release_leaving(tracer);
	map_deinit(&tracer->threads);
	map_deinit(&tracer->orphans);
	map_deinit(&tracer->early_deaths);
	map_deinit(&tracer->leaving);
	vec_deinit(&tracer->late);
	vec_deinit(&tracer->debuggers);
	loop_remove(tracer->source);
	loop_cancel_timer(tracer->drain_timer);
	loop_cancel_timer(tracer->quiet_timer);
	tracer->target->ops->destroy(tracer->target);
	free(tracer);
}

void tracer_join(struct tracer *tracer, struct debugger *debugger)
{
	*vec_push(&tracer->debuggers) = debugger;
	debugger->tracer = tracer;
	debugger->target = tracer->target;
	debugger->loop = tracer->loop;
}

void tracer_leave(struct debugger *debugger)
{
	struct tracer *tracer = debugger->tracer;
	for (size_t i = tracer->debuggers.count; i-- > 0;)
		if (tracer->debuggers.items[i] == debugger)
			vec_remove(&tracer->debuggers, i);
	if (!tracer->debuggers.count)
		tracer_destroy(tracer);
}

// ---- events -----------------------------------------------------------------------------------------------------------

void tracer_handle(struct tracer *tracer, const struct wait_event *event)
{
	const struct thread *thread = map_get(&tracer->threads, (uint64_t)event->tid);
	LOG("engine", "wait: thread %d kind %d value %d", event->tid, (int)event->kind, event->value);
	if (thread)
		debugger_handle(thread->debugger, event);
	else
		tracer_handle_unknown(tracer, event);
}

bool tracer_knows(struct tracer *tracer, pid_t tid)
{
	if (map_get(&tracer->threads, (uint64_t)tid) || map_get(&tracer->leaving, (uint64_t)tid) || tracer_keeps(tracer, tid))
		return true;
	vec_each(debugger, &tracer->debuggers)
		if (map_get(&(*debugger)->copies, (uint64_t)tid))
			return true;
	return false;
}

static void drain_again(void *data)
{
	struct tracer *tracer = data;
	tracer->drain_timer = NULL;
	tracer_drain(tracer, 0);
}

static void drain_soon(struct tracer *tracer)
{
	if (!tracer->drain_timer)
		tracer->drain_timer = loop_add_timer(tracer->loop, 0, drain_again, tracer);
}

void tracer_handle_later(struct tracer *tracer, const struct wait_event *event)
{
	*vec_push(&tracer->late) = *event;
	drain_soon(tracer);
}

void tracer_handle_late(struct tracer *tracer)
{
	while (tracer->late.count) {
		struct wait_event event = tracer->late.items[0];
		vec_remove(&tracer->late, 0);
		tracer_handle(tracer, &event);
	}
}

// The only tracee is the one that had this event: nothing more can wait, and whatever it does next raises SIGCHLD anew. Saves two
// calls for each stop.
static bool is_alone(struct tracer *tracer, pid_t tid)
{
	const struct thread *thread = tracer->threads.count == 1 ? map_get(&tracer->threads, (uint64_t)tid) : NULL;
	if (!thread || (thread->state != THREAD_RUNNING && thread->state != THREAD_STOPPED) || tracer->orphans.count || tracer->leaving.count ||
	    tracer->kept.count)
		return false;
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->copies.count)
			return false;
	return true;
}

// After the end what else dies is not ours to reap.
static bool expects_events(struct tracer *tracer)
{
	if (tracer->leaving.count || tracer->kept.count)
		return true;
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->phase != PHASE_ENDED || (*debugger)->copies.count)
			return true;
	return false;
}

static bool may_wait_for_stops(struct tracer *tracer)
{
	if (!tracer_is_hot(tracer) || tracer->late.count)
		return false;
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->phase == PHASE_RUNNING || (*debugger)->is_guest)
			return true;
	return false;
}

// Stops come fast: the next ones are awaited here, and the loop gets its turn at the end of the slice.
static void wait_for_stops(struct tracer *tracer)
{
	const struct target_ops *ops = tracer->target->ops;
	struct wait_event event;
	if (!may_wait_for_stops(tracer) || !ops->begin_slice || !ops->begin_slice(tracer->target, SLICE_MS))
		return;
	for (int budget = EVENT_BUDGET; budget && may_wait_for_stops(tracer) && ops->wait(tracer->target, 0, true, &event); budget--)
		tracer_handle(tracer, &event);
	ops->end_slice(tracer->target);
	drain_soon(tracer);
}

void tracer_drain(void *data, uint32_t events)
{
	(void)events;
	struct tracer *tracer = data;
	struct wait_event event;
	tracer_handle_late(tracer);
	for (int budget = EVENT_BUDGET; expects_events(tracer) && tracer->target->ops->wait(tracer->target, 0, false, &event); budget--) {
		tracer_handle(tracer, &event);
		if (is_alone(tracer, event.tid))
			break;
		if (!budget) {
			drain_soon(tracer);
			return;
		}
	}
	wait_for_stops(tracer);
}

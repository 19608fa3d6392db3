// Children that inherit the filter of a launched program. Without a tracer their chosen calls would fail with ENOSYS, so instead of being
// detached they stay ours and every stop is answered at once.
#include <stdlib.h>

#include "engine/run/state.h"
#include "engine/run/tracer.h"
#include "engine/syscalls/filter.h"

static void keep(struct tracer *tracer, pid_t tid)
{
	map_set(&tracer->kept, (uint64_t)tid, tracer);
}

bool tracer_keeps(const struct tracer *tracer, pid_t tid)
{
	return map_get(&tracer->kept, (uint64_t)tid);
}

bool debugger_has_kept(const struct debugger *debugger)
{
	return debugger->tracer->kept.count;
}

static void resume(struct tracer *tracer, pid_t tid, enum target_resume how, int signo)
{
	error_destroy(tracer->target->ops->resume(tracer->target, tid, how, signo));   // gone: its death will be reported
}

void tracer_free_thread(struct tracer *tracer, pid_t tid, int signo)
{
	if (!tracer->has_filter) {
		error_destroy(tracer->target->ops->detach(tracer->target, tid, signo));
		return;
	}
	keep(tracer, tid);
	resume(tracer, tid, RESUME_CONTINUE, signo);
}

// Its first stop may have come before.
static void has_child(struct tracer *tracer, pid_t parent)
{
	unsigned long child = 0;
	error_destroy(tracer->target->ops->event_message(tracer->target, parent, &child));
	bool has_died = map_remove(&tracer->early_deaths, child) && !tracer->target->ops->process_of(tracer->target, (pid_t)child);
	if (!child || has_died || tracer_keeps(tracer, (pid_t)child))
		return;
	keep(tracer, (pid_t)child);
	struct wait_event *early = map_remove(&tracer->orphans, child);
	if (early)
		resume(tracer, (pid_t)child, RESUME_CONTINUE, 0);
	free(early);
}

// The thread that did it is the leader now; the others have told their end.
static void has_executed(struct tracer *tracer, pid_t tid)
{
	unsigned long former = 0;
	error_destroy(tracer->target->ops->event_message(tracer->target, tid, &former));
	if (former && (pid_t)former != tid)
		map_remove(&tracer->kept, former);
}

// A call that a filter of the program's own gives to a tracer: there would be none.
static void met_filter(struct tracer *tracer, pid_t tid)
{
	struct target *target = tracer->target;
	struct target_syscall_info info;
	struct user_regs_struct registers;
	struct error *error = target->ops->syscall_info(target, tid, &info);
	if (!error && info.filter_data != SYSCALL_FILTER_DATA) {
		error = target->ops->get_registers(target, tid, &registers);
		filter_refuse(&registers);
		if (!error)
			error = target->ops->set_registers(target, tid, &registers);
	}
	error_destroy(error);
}

static void has_ended(struct tracer *tracer, pid_t tid)
{
	map_remove(&tracer->kept, (uint64_t)tid);
	if (tracer->kept.count)
		return;
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->listener->kept_ended)
			(*debugger)->listener->kept_ended((*debugger)->data);
}

void tracer_handle_kept(struct tracer *tracer, const struct wait_event *event)
{
	switch (event->kind) {
	case WAIT_EXITED:
	case WAIT_KILLED: has_ended(tracer, event->tid); return;
	case WAIT_SIGNAL: resume(tracer, event->tid, RESUME_CONTINUE, event->value); return;
	case WAIT_GROUP_STOP: resume(tracer, event->tid, RESUME_LISTEN, 0); return;
	case WAIT_CLONE:
	case WAIT_FORK:
	case WAIT_VFORK: has_child(tracer, event->tid); break;
	case WAIT_EXEC: has_executed(tracer, event->tid); break;
	case WAIT_SECCOMP: met_filter(tracer, event->tid); break;
	default: break;
	}
	resume(tracer, event->tid, RESUME_CONTINUE, 0);
}

void tracer_end_kept(struct tracer *tracer)
{
	struct target *target = tracer->target;
	struct wait_event event;
	for (struct map_entry *entry = map_next(&tracer->kept, NULL); entry; entry = map_next(&tracer->kept, entry))
		error_destroy(target->ops->signal(target, (pid_t)entry->key, 0, SIGKILL));
	while (tracer->kept.count && target->ops->wait(target, 0, true, &event)) {
		tracer_handle(tracer, &event);
		if (tracer_keeps(tracer, event.tid))   // it was made meanwhile
			error_destroy(target->ops->signal(target, event.tid, 0, SIGKILL));
	}
	map_deinit(&tracer->kept);
}

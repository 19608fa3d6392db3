// One CPU for tracer and tracee: a stop then costs 3 us instead of 60 to 150. What the debuggee has chosen itself must survive that:
// what it makes meanwhile gets the mask that its maker had, and a mask that it sets stays.
#include <string.h>

#include "engine/target/linux/private.h"

static struct confined_thread *find(struct target_linux *backend, pid_t tid)
{
	vec_each(thread, &backend->confined)
		if (thread->tid == tid)
			return thread;
	return NULL;
}

static void only(int cpu, cpu_set_t *set_ret)
{
	CPU_ZERO(set_ret);
	CPU_SET(cpu, set_ret);
}

void linux_confine(struct target *target, pid_t tid)
{
	struct target_linux *backend = (struct target_linux *)target;
	if (find(backend, tid))
		return;
	struct confined_thread thread = { .tid = tid };
	if (sched_getaffinity(tid, sizeof(thread.mask), &thread.mask) < 0)
		return;
	if (!backend->is_confined && sched_getaffinity(0, sizeof(backend->own_mask), &backend->own_mask) < 0)
		return;
	int cpu = backend->is_confined ? backend->confined_cpu : sched_getcpu();
	if (cpu < 0 || !CPU_ISSET(cpu, &thread.mask))
		return;
	cpu_set_t one;
	only(cpu, &one);
	if (sched_setaffinity(tid, sizeof(one), &one) < 0)
		return;
	if (!backend->is_confined)
		sched_setaffinity(0, sizeof(one), &one);
	backend->is_confined = true;
	backend->confined_cpu = cpu;
	CPU_SET(cpu, &backend->confined_cpus);
	*vec_push(&backend->confined) = thread;
}

// One that is not ours any more was set by the debuggee. That it chose the very CPU that we had chosen cannot be seen here.
static void give_back(const struct target_linux *backend, const struct confined_thread *thread)
{
	cpu_set_t one;
	cpu_set_t now;
	only(backend->confined_cpu, &one);
	if (sched_getaffinity(thread->tid, sizeof(now), &now) == 0 && CPU_EQUAL(&now, &one))
		sched_setaffinity(thread->tid, sizeof(thread->mask), &thread->mask);
}

void linux_release(struct target *target)
{
	struct target_linux *backend = (struct target_linux *)target;
	if (!backend->is_confined)
		return;
	vec_each(thread, &backend->confined)
		give_back(backend, thread);
	backend->confined.count = 0;
	sched_setaffinity(0, sizeof(backend->own_mask), &backend->own_mask);
	backend->is_confined = false;
}

// The event that tells of a new thread may be handled when the confinement, under which it was made, has ended.
static bool is_ours(const struct target_linux *backend, const cpu_set_t *mask)
{
	cpu_set_t common;
	CPU_AND(&common, mask, &backend->confined_cpus);
	return CPU_COUNT(mask) == 1 && CPU_COUNT(&common) == 1;
}

void linux_inherit_cpus(struct target *target, pid_t from, pid_t to)
{
	struct target_linux *backend = (struct target_linux *)target;
	if (!CPU_COUNT(&backend->confined_cpus))
		return;
	struct confined_thread *maker = find(backend, from);
	cpu_set_t mask;
	cpu_set_t now;
	if (maker)
		mask = maker->mask;
	else if (sched_getaffinity(from, sizeof(mask), &mask) < 0)
		return;
	struct confined_thread *known = find(backend, to);
	if (known)   // another one had this id before
		vec_remove(&backend->confined, known - backend->confined.items);
	if (sched_getaffinity(to, sizeof(now), &now) == 0 && is_ours(backend, &now))
		sched_setaffinity(to, sizeof(mask), &mask);
}

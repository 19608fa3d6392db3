// What the debuggee makes. A thread is a thread of ours. A process with a copy of the memory has our int3s in it and gets the original
// bytes; one that shares the memory (vfork, CLONE_VM) is a guest: it meets our sites and passes them until its exec. Followed, each
// becomes a debuggee of its own: the copy at its first stop, the guest at its exec; else it is let go then.
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/run/rules.h"
#include "engine/run/site.h"
#include "engine/run/state.h"
#include "engine/run/terminal.h"

static const struct debugger_listener deaf_listener;

struct debugger *thread_process(const struct thread *thread)
{
	return thread->follower ? thread->follower : thread->debugger;
}

// ---- debuggees of their own -------------------------------------------------------------------------------------------

void debugger_follow_children(struct debugger *debugger, bool follows)
{
	debugger->follows_children = follows;
}

void debugger_listen(struct debugger *debugger, const struct debugger_listener *listener, void *data)
{
	debugger->listener = listener ? listener : &deaf_listener;
	debugger->data = data;
}

static bool follows(const struct debugger *debugger)
{
	return debugger->follows_children && debugger->listener->child;
}

// What was chosen for the parent is chosen for the child.
static void inherit_choices(struct debugger *child, struct debugger *parent)
{
	child->is_attached = parent->is_attached;
	child->follows_children = parent->follows_children;
	child->catches = parent->catches;
	rules_inherit(child, parent);
	child->syscall_display = parent->syscall_display;
	child->filter = parent->filter;
}

static struct debugger *create_child(struct debugger *parent, pid_t pid)
{
	struct debugger *child = debugger_create_in(parent->tracer, &deaf_listener, NULL);
	child->pid = pid;
	child->program = xstrdup(parent->program ? parent->program : "");
	inherit_choices(child, parent);
	LOG("engine", "child %d is followed", pid);
	return child;
}

static void unpatch_copy(struct debugger *debugger, pid_t child)
{
	struct target *target = debugger->target;
	struct memory_io io = target->ops->memory_open(target, child);
	memory_unpatch_copy(debugger->space.memory, io);
	target->ops->memory_close(target, io);
	struct user_regs_struct registers;
	struct error *error = target->ops->get_registers(target, child, &registers);
	if (!error) {
		uint64_t pc = slot_original_pc(&debugger->space, registers.rip);
		if (pc != registers.rip)
			error = target->ops->set_pc(target, child, pc);
	}
	error_destroy(error);
}

static void adopt_copy(struct debugger *debugger, pid_t pid, pid_t parent)
{
	struct debugger *child = create_child(debugger, pid);
	error_destroy(address_space_init(&child->space, child->target, pid));
	struct thread *thread = thread_create(child, pid, THREAD_MEMBER);
	thread->state = THREAD_STOPPED;
	thread->is_at_event_stop = true;
	child->phase = PHASE_STOPPED;
	memory_set_caching(child->space.memory, true);
	library_start(child);
	debugger->listener->child(debugger->data, child, parent);
	debugger_started(child);
}

// Its first event: `parent` made it with a copy of our memory.
static void copy_stands(struct debugger *debugger, const struct wait_event *event, pid_t parent)
{
	struct target *target = debugger->target;
	pid_t child = event->tid;
	if (event->kind == WAIT_EXITED || event->kind == WAIT_KILLED)
		return;
	if (event->kind == WAIT_EXITING && debugger->follows_children) {   // killed before it ran anything
		map_set(&debugger->copies, (uint64_t)child, (void *)(uintptr_t)parent);
		error_destroy(target->ops->resume(target, child, RESUME_CONTINUE, 0));
		return;
	}
	unpatch_copy(debugger, child);
	if (follows(debugger)) {
		adopt_copy(debugger, child, parent);
		return;
	}
	// What we have launched dies with us, and so does what we follow of it.
	if (debugger->follows_children && !debugger->is_attached)
		error_destroy(target->ops->signal(target, child, 0, SIGKILL));
	LOG("engine", "child %d runs free", child);
	tracer_free_thread(debugger->tracer, child, 0);
}

// Their parent was killed before it could tell: nobody else can have made them.
static void claim_orphans(struct debugger *debugger)
{
	struct tracer *tracer = debugger->tracer;
	vec_each(other, &tracer->debuggers)
		if (*other != debugger && (*other)->phase != PHASE_ENDED)
			return;
	while (tracer->orphans.count) {
		_cleanup_free_ struct wait_event *first = map_remove(&tracer->orphans, map_next(&tracer->orphans, NULL)->key);
		copy_stands(debugger, first, debugger->pid);
	}
}

// Its copy of the memory has patches as ours had when it was made, which is why it must be awaited before they are forgotten. The
// first stop of a new child comes by itself, so this may wait for it.
void debugger_release_children(struct debugger *debugger)
{
	claim_orphans(debugger);
	while (debugger->copies.count) {
		struct map_entry *entry = map_next(&debugger->copies, NULL);
		pid_t child = (pid_t)entry->key;
		pid_t parent = (pid_t)(uintptr_t)map_remove(&debugger->copies, entry->key);
		struct wait_event event;
		if (target_of(debugger)->wait(debugger->target, child, true, &event))
			copy_stands(debugger, &event, parent);
	}
}

// ---- guests -----------------------------------------------------------------------------------------------------------

static void await_guest(struct tracer *tracer, struct thread *thread)
{
	map_set(&tracer->leaving, (uint64_t)thread->tid, tracer);
	error_destroy(tracer->target->ops->interrupt(tracer->target, thread->tid));
}

static void release_guest(struct thread *thread)
{
	struct debugger *debugger = thread->debugger;
	if (thread->state == THREAD_STOPPED)
		tracer_free_thread(debugger->tracer, thread->tid, 0);
	else
		await_guest(debugger->tracer, thread);
	thread_destroy(thread);
}

static void move_thread(struct thread *thread, struct debugger *to)
{
	map_remove(&thread->debugger->threads, (uint64_t)thread->tid);
	map_set(&to->threads, (uint64_t)thread->tid, thread);
	thread->debugger = to;
	if (thread->follower != to)
		return;
	thread->follower = NULL;
	thread->role = THREAD_MEMBER;
}

// The sites are taken out of the memory; a hit of one may be on its way.
static void inherit_lifted(struct address_space *heir, const struct address_space *space)
{
	for (struct map_entry *entry = map_next(&space->sites, NULL); entry; entry = map_next(&space->sites, entry))
		map_set(&heir->lifted, entry->key, heir);
	for (struct map_entry *entry = map_next(&space->lifted, NULL); entry; entry = map_next(&space->lifted, entry))
		map_set(&heir->lifted, entry->key, heir);
}

static struct thread *next_guest(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread->role == THREAD_SHARING_CHILD)
			return thread;
	}
	return NULL;
}

static struct debugger *heir_of(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		if (((struct thread *)entry->value)->follower)
			return ((struct thread *)entry->value)->follower;
	return NULL;
}

// The memory is the heir's now; it is stopped once, as an attach does, to begin with it.
static void begin_own_memory(struct debugger *heir)
{
	heir->is_guest = false;
	heir->phase = PHASE_STARTING;
	for (struct map_entry *entry = map_next(&heir->threads, NULL); entry; entry = map_next(&heir->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread->role == THREAD_MEMBER && !thread_is_quiet(thread))
			error_destroy(target_of(heir)->interrupt(heir->target, thread->tid));
	}
	debugger_check_all_quiet(heir);
}

// Processes that share the memory may outlive the debuggee: their code gets its bytes back. One that is followed takes the memory over,
// with the others as its guests; else each is let go when it stops.
void debugger_release_guests(struct debugger *debugger)
{
	struct debugger *heir = heir_of(debugger);
	struct thread *thread = next_guest(debugger);
	if (!thread)
		return;
	if (heir) {
		error_destroy(address_space_init(&heir->space, heir->target, heir->pid));
		memory_set_caching(heir->space.memory, false);
		inherit_lifted(&heir->space, &debugger->space);
	}
	sites_lift(&debugger->space);
	for (; thread; thread = next_guest(debugger)) {
		if (heir)
			move_thread(thread, heir);
		else
			release_guest(thread);
	}
	if (heir)
		begin_own_memory(heir);
}

void debugger_bequeath_memory(struct debugger *debugger)
{
	if (heir_of(debugger))
		debugger_release_guests(debugger);
}

// It goes on as another program in a memory of its own: the debugger that has it now; NULL: none, it was let go.
struct debugger *thread_leave_host(struct thread *thread)
{
	struct debugger *host = thread->debugger;
	struct debugger *child = thread->follower;
	if (!child) {
		tracer_free_thread(host->tracer, thread->tid, 0);
		thread_destroy(thread);
	} else {
		for (struct map_entry *entry = map_next(&host->threads, NULL); entry; entry = map_next(&host->threads, entry)) {
			struct thread *other = entry->value;
			if (other != thread && other->follower == child)   // the exec has ended it
				thread_destroy(other);
		}
		move_thread(thread, child);
		child->is_guest = false;
		child->phase = child->is_start_wanted ? PHASE_RUNNING : PHASE_STOPPED;
	}
	debugger_check_all_quiet(host);
	return child;
}

// The guests stay where they are and pass our sites, but nobody watches them any more.
void debugger_abandon_guest(struct debugger *child)
{
	for (struct map_entry *entry = map_next(&child->tracer->threads, NULL); entry; entry = map_next(&child->tracer->threads, entry)) {
		struct thread *thread = entry->value;
		if (thread->follower == child)
			thread->follower = NULL;
	}
	child->is_guest = false;
	child->phase = PHASE_ENDED;
}

static void follow_guest(struct thread *thread, pid_t parent)
{
	struct debugger *host = thread->debugger;
	struct debugger *child = create_child(host, thread->tid);
	child->phase = PHASE_STARTING;
	child->is_guest = true;
	thread->follower = child;
	host->listener->child(host->data, child, parent);
}

// ---- whose child is it ------------------------------------------------------------------------------------------------

static struct wait_event *take_orphan(struct tracer *tracer, pid_t tid)
{
	return map_remove(&tracer->orphans, (uint64_t)tid);
}

enum child_kind { CHILD_THREAD, CHILD_GUEST, CHILD_COPY };

static enum child_kind child_kind(const struct thread *parent, enum wait_kind event, pid_t child)
{
	struct target *target = parent->debugger->target;
	if (event == WAIT_VFORK)
		return CHILD_GUEST;
	pid_t process = target->ops->process_of(target, child);
	if (process == thread_process(parent)->pid || (!process && event == WAIT_CLONE))
		return CHILD_THREAD;
	return target->ops->shares_memory(target, parent->tid, child) ? CHILD_GUEST : CHILD_COPY;
}

// The tid may belong to another one meanwhile.
static bool died_early(struct tracer *tracer, pid_t child)
{
	return map_remove(&tracer->early_deaths, (uint64_t)child) && !tracer->target->ops->process_of(tracer->target, child);
}

static void child_appeared(struct thread *parent, enum wait_kind event, pid_t child)
{
	struct debugger *debugger = parent->debugger;
	pid_t process = thread_process(parent)->pid;
	// Its first stop came before its parent's event, and perhaps its end, too.
	if (map_remove(&debugger->early, (uint64_t)child) || map_get(&debugger->tracer->threads, (uint64_t)child) ||
	    died_early(debugger->tracer, child))
		return;
	_cleanup_free_ struct wait_event *first = take_orphan(debugger->tracer, child);
	enum child_kind kind = child_kind(parent, event, child);
	if (kind == CHILD_COPY) {
		if (first)
			copy_stands(debugger, first, process);
		else
			map_set(&debugger->copies, (uint64_t)child, (void *)(uintptr_t)process);
		return;
	}
	struct thread *thread = thread_create(debugger, child, kind == CHILD_THREAD ? parent->role : THREAD_SHARING_CHILD);
	if (kind == CHILD_THREAD)
		thread->follower = parent->follower;
	else if (follows(debugger))
		follow_guest(thread, process);
	thread_announce(thread, true);
	if (first) {
		thread->state = THREAD_STOPPED;
		thread_go_on(thread);
	}
}

void thread_made_child(struct thread *thread, const struct wait_event *event)
{
	struct debugger *debugger = thread->debugger;
	unsigned long child = 0;
	error_destroy(target_of(debugger)->event_message(debugger->target, thread->tid, &child));
	if (child) {
		target_of(debugger)->inherit_cpus(debugger->target, thread->tid, (pid_t)child);
		child_appeared(thread, event->kind, (pid_t)child);
	}
	if (event->kind == WAIT_VFORK)
		thread->is_in_vfork = true;
}

// It is killed: of a child that it was making it will not tell.
void thread_tell_children(struct thread *thread)
{
	struct target *target = thread->debugger->target;
	_cleanup_free_ pid_t *children = NULL;
	size_t count = target->ops->children_of ? target->ops->children_of(target, thread->tid, &children) : 0;
	for (size_t i = 0; i < count; i++)
		if (!tracer_knows(thread->debugger->tracer, children[i]))
			child_appeared(thread, WAIT_FORK, children[i]);
}

// ---- events of nobody's threads -----------------------------------------------------------------------------------------

// It met an int3 that is not there any more.
static bool is_past_lifted_site(struct target *target, pid_t tid, uint64_t *address_ret)
{
	siginfo_t info = { 0 };
	struct user_regs_struct registers;
	struct error *error = target->ops->get_siginfo(target, tid, &info);
	if (!error && info.si_code == SI_KERNEL)
		error = target->ops->get_registers(target, tid, &registers);
	bool is_known = !error && info.si_code == SI_KERNEL;
	error_destroy(error);
	if (!is_known)
		return false;
	uint8_t byte = 0xcc;
	struct memory_io io = target->ops->memory_open(target, tid);
	io.read(io.data, registers.rip - 1, &byte, 1);
	target->ops->memory_close(target, io);
	*address_ret = registers.rip - 1;
	return byte != 0xcc && byte != 3;
}

void tracer_let_go(struct tracer *tracer, const struct wait_event *event)
{
	struct target *target = tracer->target;
	int signo = event->kind == WAIT_SIGNAL ? event->value : 0;
	uint64_t address;
	map_remove(&tracer->leaving, (uint64_t)event->tid);
	if (event->kind == WAIT_EXITED || event->kind == WAIT_KILLED)
		return;
	if (signo == SIGTRAP && is_past_lifted_site(target, event->tid, &address)) {
		error_destroy(target->ops->set_pc(target, event->tid, address));
		signo = 0;
	}
	tracer_free_thread(tracer, event->tid, signo);
}

// The debugger whose process has this id, or that waits for this child; NULL: none.
static struct debugger *debugger_of_process(struct tracer *tracer, pid_t pid)
{
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->pid == pid && pid && (*debugger)->phase != PHASE_ENDED)
			return *debugger;
	return NULL;
}

static struct debugger *debugger_awaiting(struct tracer *tracer, pid_t child)
{
	vec_each(debugger, &tracer->debuggers)
		if (map_get(&(*debugger)->copies, (uint64_t)child))
			return *debugger;
	return NULL;
}

static bool is_over(struct tracer *tracer)
{
	vec_each(debugger, &tracer->debuggers)
		if ((*debugger)->phase != PHASE_ENDED)
			return false;
	return true;
}

static void awaited_child(struct debugger *debugger, const struct wait_event *event)
{
	pid_t parent = (pid_t)(uintptr_t)map_remove(&debugger->copies, (uint64_t)event->tid);
	copy_stands(debugger, event, parent);
	debugger_check_all_quiet(debugger);
}

// Its first stop came before its parent's event. A guest's thread is its host's.
static void early_thread(struct debugger *debugger, const struct wait_event *event)
{
	const struct thread *leader = map_get(&debugger->tracer->threads, (uint64_t)debugger->pid);
	struct debugger *host = leader ? leader->debugger : debugger;
	struct thread *thread = thread_create(host, event->tid, host == debugger ? THREAD_MEMBER : THREAD_SHARING_CHILD);
	thread->follower = host == debugger ? NULL : debugger;
	map_set(&host->early, (uint64_t)event->tid, host);
	target_of(host)->inherit_cpus(host->target, host->pid, event->tid);   // who made it is not known yet
	thread_announce(thread, true);
	debugger_handle(host, event);
}

static void unknown_orphan(struct tracer *tracer, const struct wait_event *event)
{
	free(take_orphan(tracer, event->tid));
	map_set(&tracer->orphans, (uint64_t)event->tid, xmemdup(event, sizeof(*event)));
}

void tracer_handle_unknown(struct tracer *tracer, const struct wait_event *event)
{
	bool is_death = event->kind == WAIT_EXITED || event->kind == WAIT_KILLED;
	struct debugger *debugger = debugger_of_process(tracer, event->tid);
	if (debugger && debugger->stand_in.is_traced) {
		terminal_handle(debugger, event);
		return;
	}
	debugger = debugger_awaiting(tracer, event->tid);
	if (tracer_keeps(tracer, event->tid)) {
		tracer_handle_kept(tracer, event);
		return;
	}
	if (map_get(&tracer->leaving, (uint64_t)event->tid) || (!debugger && is_over(tracer))) {
		tracer_let_go(tracer, event);
		return;
	}
	if (debugger) {
		awaited_child(debugger, event);
		return;
	}
	if (is_death) {
		free(take_orphan(tracer, event->tid));
		map_set(&tracer->early_deaths, (uint64_t)event->tid, tracer);
		debugger = debugger_of_process(tracer, event->tid);
		if (debugger && debugger->is_free)
			debugger_handle(debugger, event);
		return;
	}
	debugger = debugger_of_process(tracer, tracer->target->ops->process_of(tracer->target, event->tid));
	if (debugger)
		early_thread(debugger, event);
	else
		unknown_orphan(tracer, event);
}

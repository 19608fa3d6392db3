// Launch, attach, detach, kill.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "engine/run/output.h"
#include "engine/run/plan.h"
#include "engine/run/program.h"
#include "engine/run/site.h"
#include "engine/run/state.h"
#include "engine/run/syscall_edit.h"
#include "engine/run/terminal.h"
#include "engine/target/linux/linux.h"

// ---- launch -----------------------------------------------------------------------------------------------------------

void debugger_finish_start(struct debugger *debugger, struct error *error)
{
	debugger_done_fn done = debugger->done;
	debugger->done = NULL;
	if (done)
		done(debugger->done_data, error);
	else
		error_destroy(error);
}

static void captured(void *data, enum output_category category, const char *bytes, size_t length)
{
	struct debugger *debugger = data;
	if (debugger->listener->output)
		debugger->listener->output(debugger->data, category, bytes, length, NULL, 0);
}

static struct error *spawn(struct debugger *debugger, const struct launch_spec *spec)
{
	struct target_spawn how = { .program = debugger->program, .cwd = spec->cwd, .stdio = { -1, -1, -1 }, .terminal = -1,
				    .disable_aslr = spec->disable_aslr, .is_traced = !spec->no_debug, .kill_on_exit = true };
	struct error *error = NULL;
	if (!spec->inherits_stdio) {
		error = output_create(debugger->loop, spec->stdio, captured, debugger, &debugger->output);
		if (error)
			return error;
		output_child_fds(debugger->output, how.stdio, &how.terminal);
	}
	// A name that was searched for in PATH stays what it was, as from a shell.
	how.argv = program_argv(strchr(spec->program, '/') ? debugger->program : spec->program, spec->arguments);
	how.envp = program_environment(spec->environment);
	error = target_of(debugger)->spawn(debugger->target, &how, &debugger->pid);
	free((void *)how.argv);
	free((void *)how.envp);
	if (!error && debugger->output)
		output_started(debugger->output);
	return error;
}

// The process stands at the first instruction of its program, or of the run-time linker.
struct error *debugger_take_over(struct debugger *debugger)
{
	struct error *error = address_space_init(&debugger->space, debugger->target, debugger->pid);
	if (error)
		return error;
	struct thread *thread = thread_create(debugger, debugger->pid, THREAD_MEMBER);
	thread->state = THREAD_STOPPED;
	thread->is_launching = true;
	debugger->phase = PHASE_STOPPED;
	memory_set_caching(debugger->space.memory, true);
	library_start(debugger);
	return NULL;
}

void debugger_started(struct debugger *debugger)
{
	if (debugger->listener->started)
		debugger->listener->started(debugger->data,
					    &(struct process_info){ debugger->pid, debugger->program, debugger->is_attached });
	debugger_announce_threads(debugger);
}

static struct error *launch(struct debugger *debugger, const struct launch_spec *spec)
{
	char *program;
	struct error *error = program_find(spec, &program);
	if (error)
		return error;
	free(debugger->program);
	debugger->program = program;
	debugger->is_attached = false;
	debugger->is_free = spec->no_debug;
	debugger->stop_on_entry = spec->stop_on_entry;
	debugger->stop_at_main = spec->stop_at_main;
	filter_reset(debugger);
	debugger->filter.wanted = spec->syscall_filter;
	error = spec->terminal ? terminal_launch(debugger, spec) : spawn(debugger, spec);
	if (error || spec->terminal)
		return error;
	LOG("engine", "launched %s as process %d", program, debugger->pid);
	if (!spec->no_debug)
		return debugger_take_over(debugger);
	debugger->phase = PHASE_RUNNING;
	return NULL;
}

static void release_speakers(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		bool waited = thread->waits_for_client;
		thread->waits_for_client = false;
		if (waited && thread->state == THREAD_STOPPED)
			thread_go_on(thread);
	}
}

void debugger_hold_output(struct debugger *debugger, bool is_held)
{
	debugger->is_output_held = is_held;
	output_hold(debugger->output, is_held);
	if (!is_held)
		release_speakers(debugger);
}

void debugger_leave_output(struct debugger *debugger)
{
	if (debugger->is_let_go && debugger->output)
		output_leave(debugger->output);
	debugger->is_let_go = false;
}

// A debugger that ended is launched again: restart.
static struct error *make_idle(struct debugger *debugger)
{
	if (debugger->phase == PHASE_ENDED) {
		debugger_leave_output(debugger);
		output_destroy(debugger->output);
		debugger->output = NULL;
		terminal_forget(debugger);
		breakpoints_unbind(debugger);
		address_space_deinit(&debugger->space, debugger->target);
		debugger->pid = 0;
		debugger->is_terminating = false;
		debugger->is_output_held = false;
		debugger->has_lost_leader = false;
		debugger->phase = PHASE_IDLE;
	}
	if (debugger->phase != PHASE_IDLE)
		return error_create(ERROR_STATE, "a program is being debugged already");
	return NULL;
}

void debugger_launch(struct debugger *debugger, const struct launch_spec *spec, debugger_done_fn done, void *data)
{
	struct error *error = make_idle(debugger);
	if (!error) {
		debugger->done = done;
		debugger->done_data = data;
		error = launch(debugger, spec);
		if (!error && spec->terminal)
			return;   // a stand-in tells when it has become the program
		debugger->done = NULL;
		if (error) {
			output_destroy(debugger->output);
			debugger->output = NULL;
		}
	}
	done(data, error);
	if (!error)
		debugger_started(debugger);
}

// ---- attach -----------------------------------------------------------------------------------------------------------

static bool is_our_users(pid_t pid)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	return stat(path, &status) == 0 && status.st_uid == geteuid();
}

struct error *debugger_explain_tracing(pid_t pid, struct error *error)
{
	char scope = '0';
	_cleanup_close_ int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	if (!error || error->code != ERROR_PERMISSION || !error->system_errno)
		return error;
	if (fd >= 0 && read(fd, &scope, 1) == 1 && scope != '0')
		return error_wrap(error,
				  "attaching to process %d is forbidden by /proc/sys/kernel/yama/ptrace_scope = %c; "
				  "`sudo sysctl kernel.yama.ptrace_scope=0` permits it until the next boot",
				  pid, scope);
	if (geteuid() == 0)
		return error_wrap(error,
				  "not even root may attach to process %d here: it has rights that ptdap lacks; in a container, CAP_SYS_PTRACE "
				  "is needed (docker run --cap-add=SYS_PTRACE)",
				  pid);
	if (is_our_users(pid))
		return error_wrap(error, "process %d has more rights than its user or is not dumpable; attach as root, or launch it", pid);
	return error_wrap(error, "process %d belongs to another user or is set-user-ID; attach as root, or launch it", pid);
}

// Every thread that is there now and not yet ours. *found_ret: how many.
static struct error *seize_threads(struct debugger *debugger, pid_t pid, size_t *found_ret)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	if (!tasks)
		return error_create(ERROR_NOT_FOUND, "there is no process %d", pid);
	struct error *error = NULL;
	struct dirent *entry;
	*found_ret = 0;
	while (!error && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)atoi(entry->d_name);
		if (tid <= 0 || debugger_thread(debugger, tid))
			continue;
		error = target_of(debugger)->seize(debugger->target, tid, false);
		if (error_catch(&error, ERROR_GONE)) {
			debugger->has_lost_leader = debugger->has_lost_leader || tid == pid;
			continue;
		}
		// A new thread of one that we have is ours by itself; it may also be gone again.
		pid_t tracer = error && debugger->threads.count ? linux_tracer_of(tid) : -1;
		if (tracer == gettid() || !tracer)
			error_catch(&error, ERROR_PERMISSION);
		if (!error) {
			thread_create(debugger, tid, THREAD_MEMBER);
			error_destroy(target_of(debugger)->interrupt(debugger->target, tid));
			(*found_ret)++;
		}
	}
	closedir(tasks);
	return error;
}

// The leader of a process may have exited and wait as a zombie for the others to end.
static bool has_living_thread(pid_t pid)
{
	char path[320];
	char exe[16];
	bool is_found = false;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	for (struct dirent *entry; tasks && !is_found && (entry = readdir(tasks));) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/exe", pid, entry->d_name);
		is_found = readlink(path, exe, sizeof(exe)) > 0;
	}
	if (tasks)
		closedir(tasks);
	return is_found;
}

// proc (5): the state, and the flags of the kernel's own threads, in /proc/PID/stat.
static const char *lifeless_kind(pid_t pid)
{
	enum { PF_KTHREAD = 0x200000 };
	char path[64];
	char text[1024];
	char state = '?';
	unsigned flags = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	const char *behind_name = strrchr(text, ')');
	if (behind_name)
		sscanf(behind_name, ") %c %*d %*d %*d %*d %*d %u", &state, &flags);
	if (state == 'Z' || state == 'X')
		return "a zombie: it has ended, and its parent has not asked for its exit code yet";
	return flags & PF_KTHREAD ? "a kernel thread" : "a process without a program";
}

static struct error *check_attachable(pid_t pid)
{
	char path[64];
	char exe[16];
	if (pid <= 0)
		return error_create(ERROR_INVALID, "%d is not a process id", pid);
	if (pid == getpid())
		return error_create(ERROR_INVALID, "process %d is the debugger itself", pid);
	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (access(path, F_OK) < 0)
		return error_create(ERROR_NOT_FOUND, "there is no process %d", pid);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (readlink(path, exe, sizeof(exe)) < 0 && errno == ENOENT && !has_living_thread(pid))
		return error_create(ERROR_INVALID, "process %d is %s; there is nothing to debug", pid, lifeless_kind(pid));
	return NULL;
}

static void release_seized(struct debugger *debugger)
{
	// Nothing was changed in any of them; those that did not stop yet go free with the tracer, which gives up its hold here.
	while (debugger->threads.count) {
		struct thread *thread = map_next(&debugger->threads, NULL)->value;
		struct wait_event event;
		error_destroy(target_of(debugger)->interrupt(debugger->target, thread->tid));
		if (target_of(debugger)->wait(debugger->target, thread->tid, true, &event))
			tracer_let_go(debugger->tracer, &event);
		thread_destroy(thread);
	}
}

static struct error *attach(struct debugger *debugger, pid_t pid)
{
	struct error *error = check_attachable(pid);
	if (error)
		return error;
	pid_t process = target_of(debugger)->process_of(debugger->target, pid);
	if (process > 0)
		pid = process;   // a thread's id names its process
	size_t found;
	do {   // threads that were made meanwhile; those of a seized parent are ours by themselves
		error = seize_threads(debugger, pid, &found);
	} while (!error && found);
	if (!error && !debugger->threads.count)
		error = error_create(ERROR_GONE, "process %d ended", pid);
	if (!error) {
		debugger->pid = pid;
		error = address_space_init(&debugger->space, debugger->target, debugger_any_thread(debugger)->tid);
	}
	if (error) {
		error = debugger_explain_tracing(pid, error);
		release_seized(debugger);
		debugger->pid = 0;
	}
	return error;
}

void debugger_name_program(struct debugger *debugger)
{
	char path[64];
	char program[4096];
	snprintf(path, sizeof(path), "/proc/%d/exe", debugger->space.pid);
	ssize_t length = readlink(path, program, sizeof(program) - 1);
	if (length <= 0 && debugger->program)
		return;
	free(debugger->program);
	debugger->program = xstrndup(program, length > 0 ? (size_t)length : 0);
}

void debugger_attach(struct debugger *debugger, pid_t pid, bool stop_on_entry, debugger_done_fn done, void *data)
{
	struct error *error = make_idle(debugger);
	if (!error)
		error = attach(debugger, pid);
	if (error) {
		done(data, error);
		return;
	}
	debugger_name_program(debugger);
	debugger->is_attached = true;
	filter_reset(debugger);
	debugger->stop_on_entry = stop_on_entry;
	debugger->stop_at_main = false;
	debugger->done = done;
	debugger->done_data = data;
	debugger->phase = PHASE_STARTING;
	LOG("engine", "attaching to process %d: %zu threads", debugger->pid, debugger->threads.count);
	debugger_check_all_quiet(debugger);
}

// All that we know stand still. A thread that was in the middle of clone (2) when it was seized has made one that is not ours.
void debugger_finish_attach(struct debugger *debugger)
{
	size_t found = 0;
	error_destroy(seize_threads(debugger, debugger->pid, &found));
	if (found)
		return;
	debugger->phase = PHASE_STOPPED;
	memory_set_caching(debugger->space.memory, true);
	library_start(debugger);
	debugger_finish_start(debugger, NULL);
	debugger_started(debugger);
	if (debugger->is_start_wanted)
		error_destroy(debugger_start(debugger));
}

struct error *debugger_start(struct debugger *debugger)
{
	if (debugger->is_free)
		return NULL;
	if (debugger->phase == PHASE_STARTING && !debugger->done) {
		debugger->is_start_wanted = true;
		return NULL;
	}
	if (debugger->phase != PHASE_STOPPED)
		return error_create(ERROR_STATE, "nothing was launched or attached yet");
	debugger->is_start_wanted = false;
	filter_install(debugger);
	struct thread *thread = debugger_any_thread(debugger);
	if (debugger->stop_on_entry && thread) {
		debugger->phase = PHASE_RUNNING;   // all are quiet: it is reported at once
		debugger_report(debugger, &(struct stop){ .reason = debugger->is_attached ? STOP_PAUSE : STOP_ENTRY, .tid = thread->tid });
		return NULL;
	}
	if (debugger->stop_at_main)
		library_stop_at_main(debugger);
	debugger_resume_all(debugger);
	return NULL;
}

// ---- the end ----------------------------------------------------------------------------------------------------------

void debugger_kill(struct debugger *debugger)
{
	bool has_process = debugger->pid > 0 || debugger->stand_in.source;
	if (!has_process || debugger->phase == PHASE_ENDED)
		return;
	debugger->is_terminating = true;
	if (debugger->pid <= 0)
		terminal_cancel(debugger);
	else
		error_destroy(target_of(debugger)->signal(debugger->target, debugger->pid, 0, SIGKILL));
	if (debugger->stand_in.source)   // it may be stopped (^Z), and could not tell of the end
		error_destroy(target_of(debugger)->signal(debugger->target, debugger->stand_in.pid, 0, SIGCONT));
}

// The signal that a thread was about to get when it was stopped for us.
static int pending_signal(struct thread *thread)
{
	if (thread->has_deferred && thread->deferred.kind == WAIT_SIGNAL)
		return thread->deferred.value;
	return thread->signal;
}

static void detach_thread(struct debugger *debugger, struct thread *thread)
{
	bool is_detached = false;
	if (thread->state == THREAD_STOPPED) {
		int signo = pending_signal(thread);
		error_destroy(thread_flush(thread));
		struct error *error = target_of(debugger)->detach(debugger->target, thread->tid, signo);
		is_detached = !error;
		error_destroy(error);
	}
	if (!is_detached)   // in vfork, exiting or killed
		map_set(&debugger->tracer->leaving, (uint64_t)thread->tid, debugger);
	thread_destroy(thread);
}

// All threads stand still. They get back everything that was changed: text, pcs, pages, and go on as they were.
void debugger_finish_detach(struct debugger *debugger)
{
	struct thread *host = NULL;
	bool is_all_here = true;   // what waits in vfork may have made that call from a slot
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry)) {
		struct thread *thread = entry->value;
		plan_end(thread);
		thread_normalise_pc(thread);
		is_all_here = is_all_here && !(thread->is_in_vfork && thread->state != THREAD_STOPPED);
		bool can_host = thread->role == THREAD_MEMBER && thread->state == THREAD_STOPPED && !pending_signal(thread) &&
				!thread->is_in_vfork && !thread->has_deferred && !thread->is_inside_call &&
				!(thread->is_at_syscall && thread->syscall.phase == SYSCALL_ENTRY);
		if (can_host && !host)
			host = thread;
	}
	target_of(debugger)->release(debugger->target);
	debugger_bequeath_memory(debugger);
	sites_lift(&debugger->space);
	if (host && is_all_here)
		slots_unmap(host);
	if (host)
		scratch_unmap(host);
	target_of(debugger)->release(debugger->target);
	if (debugger->leave_stopped)
		error_destroy(target_of(debugger)->signal(debugger->target, debugger->pid, 0, SIGSTOP));
	while (debugger->threads.count)
		detach_thread(debugger, map_next(&debugger->threads, NULL)->value);
	sites_drop(&debugger->space);
	debugger->phase = PHASE_ENDED;
	debugger->is_let_go = !debugger->is_attached;
	LOG("engine", "detached from process %d", debugger->pid);
	debugger_finish_start(debugger, NULL);
}

// Nothing of a program that runs free is ours but its terminals.
static void let_free_go(struct debugger *debugger, bool leave_stopped)
{
	if (leave_stopped)
		error_destroy(target_of(debugger)->signal(debugger->target, debugger->pid, 0, SIGSTOP));
	debugger->phase = PHASE_ENDED;
	debugger->is_let_go = true;
}

void debugger_detach(struct debugger *debugger, bool leave_stopped, debugger_done_fn done, void *data)
{
	if (debugger->phase == PHASE_RUNNING && debugger->is_free)
		let_free_go(debugger, leave_stopped);
	if (debugger->is_guest)
		debugger_abandon_guest(debugger);
	if (debugger->phase == PHASE_IDLE || debugger->phase == PHASE_ENDED) {
		done(data, NULL);
		return;
	}
	if (debugger->filter.is_installed) {
		done(data, error_create(ERROR_UNSUPPORTED,
					"the program was launched with a filter of syscalls and cannot go on without ptdap: its chosen calls would fail; "
					"terminate it, or launch it without syscallFilter"));
		return;
	}
	if (debugger->done)   // an attach that is still under way ends here
		debugger_finish_start(debugger, error_create(ERROR_CANCELLED, "detached"));
	debugger->leave_stopped = leave_stopped;
	debugger->done = done;
	debugger->done_data = data;
	debugger_stop_for_detach(debugger);
}

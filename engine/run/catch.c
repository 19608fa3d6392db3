// Which signals and syscalls stop visibly.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/run/rules.h"

static uint64_t signal_bit(int signo)
{
	return signo >= 1 && signo <= 64 ? (uint64_t)1 << (signo - 1) : 0;
}

// Faults of the program itself: shown even if it handles them.
static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };

static bool is_fault(int signo)
{
	for (size_t i = 0; i < ARRAY_SIZE(fault_signals); i++)
		if (fault_signals[i] == signo)
			return true;
	return false;
}

// Signals whose default action does not end the process: signal (7).
static bool is_harmless_by_default(int signo)
{
	switch (signo) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU: return true;
	default: return false;
	}
}

static uint64_t status_mask(const char *status, const char *field)
{
	const char *line = strstr(status, field);
	return line ? strtoull(line + strlen(field), NULL, 16) : 0;
}

// Neither caught nor ignored, and its default action ends the process.
bool debugger_signal_would_kill(const struct debugger *debugger, int signo)
{
	char path[64];
	char status[4096];
	if (is_harmless_by_default(signo))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", debugger->pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, status, sizeof(status) - 1);
	status[length > 0 ? length : 0] = '\0';
	return !((status_mask(status, "\nSigIgn:") | status_mask(status, "\nSigCgt:")) & signal_bit(signo));
}

bool debugger_catches_signal(struct debugger *debugger, struct thread *thread, const siginfo_t *info)
{
	(void)thread;
	const struct catches *catches = &debugger->catches;
	if (!catches->signals || debugger->is_terminating)
		return false;
	if (catches->has_signal_set)
		return catches->signal_mask & signal_bit(info->si_signo);
	return is_fault(info->si_signo) || debugger_signal_would_kill(debugger, info->si_signo);
}

// "SEGV,ABRT" or "!CHLD" (all but).
static struct error *parse_signals(const char *text, uint64_t *mask_ret)
{
	uint64_t mask = 0;
	bool is_first = true;
	for (const char *at = text; *at;) {
		size_t skip = strspn(at, " \t,");
		at += skip;
		size_t length = strcspn(at, " \t,");
		if (!length)
			break;
		bool is_negated = *at == '!';
		_cleanup_free_ char *name = xstrndup(at + is_negated, length - is_negated);
		int signo = signal_number(name);
		bool is_all = str_equal(name, "all");
		if (signo < 1 && !is_all)
			return error_create(ERROR_INVALID, "column %zu: there is no signal \"%s\"; names are like SEGV or SIGSEGV, several separated by commas",
					    (size_t)(at - text) + 1 + is_negated, name);
		if (is_first && is_negated)
			mask = UINT64_MAX;
		uint64_t bits = is_all ? UINT64_MAX : signal_bit(signo);
		mask = is_negated ? mask & ~bits : mask | bits;
		is_first = false;
		at += length;
	}
	*mask_ret = mask;
	return NULL;
}

// A filter's rules are checked before anything changes.
static struct error *parse_filter(struct debugger *debugger, bool is_on, const char *text, enum rule_use use, struct rule_list *rules)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct frame_context context;
	return is_on ? rule_list_parse(text ? text : "", use, rules_names(debugger, &context, arena), rules) : NULL;
}

struct error *debugger_set_catches(struct debugger *debugger, const struct debugger_catches *wanted, const char **filter_ret)
{
	struct catches catches = { .signals = wanted->signals, .exec = wanted->exec };
	struct rule_list entry = { 0 }, back = { 0 };
	*filter_ret = "syscallEntry";
	struct error *error = parse_filter(debugger, wanted->syscall_entry, wanted->syscall_entry_set, RULE_OF_ENTRY_FILTER, &entry);
	if (!error) {
		*filter_ret = "syscallReturn";
		error = parse_filter(debugger, wanted->syscall_return, wanted->syscall_return_set, RULE_OF_RETURN_FILTER, &back);
	}
	if (!error) {
		*filter_ret = "signal";
		catches.has_signal_set = wanted->signals && wanted->signal_set && wanted->signal_set[strspn(wanted->signal_set, " \t")];
		error = catches.has_signal_set ? parse_signals(wanted->signal_set, &catches.signal_mask) : NULL;
	}
	if (error) {
		rule_list_deinit(&entry);
		rule_list_deinit(&back);
		return error;
	}
	*filter_ret = NULL;
	debugger->catches = catches;
	rule_list_replace(&debugger->rules->entry_filter, &entry);
	rule_list_replace(&debugger->rules->return_filter, &back);
	rules_changed(debugger);
	return NULL;
}

void debugger_syscall_context(struct debugger *debugger, pid_t tid, struct syscall_context *context_ret)
{
	const struct thread *thread = map_get(&debugger->tracer->threads, (uint64_t)tid);
	const struct syscall_display *display = &debugger->syscall_display;
	*context_ret = (struct syscall_context){
		.memory = thread ? thread->debugger->space.memory : debugger->space.memory,   // a guest is in its host's
		.pid = debugger->pid,
		.tid = tid,
		.string_limit = display->string_limit,
		.show_fd_paths = !display->hide_fd_paths,
		.show_sockets = display->show_sockets,
		.is_verbose = display->is_verbose,
		.entry = thread ? &thread->entry : NULL,
	};
}

void debugger_set_syscall_display(struct debugger *debugger, const struct syscall_display *display)
{
	debugger->syscall_display = *display;
}

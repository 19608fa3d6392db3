// Processes that a test starts itself, to attach to: talked to through pipes, so that waiting is for what they say, never for time.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/session.h"

struct child {
	pid_t pid;
	int to;
	FILE *from;
};

static inline void child_start(struct child *child, const char *const argv[])
{
	int in[2];
	int out[2];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	child->pid = fork();
	if (!child->pid) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	child->to = in[1];
	child->from = fdopen(out[0], "r");
}

static inline void child_expect(struct child *child, const char *wanted)
{
	char line[256] = "";
	if (!fgets(line, sizeof(line), child->from))
		fail_msg("the process ended where it should say \"%s\"", wanted);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, wanted);
}

static inline void child_say(struct child *child)
{
	assert_int_equal(write(child->to, "x", 1), 1);
}

static inline void child_close(struct child *child)
{
	if (child->to >= 0)
		close(child->to);
	child->to = -1;
}

// The wait status. Nobody else may have reaped it.
static inline int child_end(struct child *child)
{
	int status = -1;
	child_close(child);
	fclose(child->from);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	return status;
}

static inline void child_kill(struct child *child)
{
	kill(child->pid, SIGKILL);
	child_end(child);
}

// A field of /proc/TID/status, such as "State:"; valid until the next call.
static inline const char *status_of(pid_t tid, const char *field)
{
	static char line[256];
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, field, strlen(field)) == 0) {
			fclose(file);
			line[strcspn(line, "\n")] = '\0';
			return line + strlen(field) + strspn(line + strlen(field), " \t");
		}
	}
	if (file)
		fclose(file);
	return "";
}

static inline char state_of(pid_t tid)
{
	return status_of(tid, "State:")[0];
}

// The threads of a process, by rising tid; at most 64.
static inline size_t tasks_of(pid_t pid, pid_t tids[64])
{
	char path[64];
	size_t count = 0;
	struct dirent **entries;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	int found = scandir(path, &entries, NULL, versionsort);
	for (int i = 0; i < found; i++) {
		if (entries[i]->d_name[0] != '.' && count < 64)
			tids[count++] = atoi(entries[i]->d_name);
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}

// Spins until the kernel shows that state: for what no event tells (a thread that sleeps in its call).
static inline void await_state(pid_t tid, char state)
{
	for (long turns = 0; state_of(tid) != state; turns++) {
		if (turns > 2000000)
			fail_msg("thread %d is in state %c, not %c", tid, state_of(tid), state);
		usleep(50);
	}
}

static inline void await_all(pid_t pid, char state)
{
	pid_t tids[64];
	size_t count = tasks_of(pid, tids);
	for (size_t i = 0; i < count; i++)
		await_state(tids[i], state);
}

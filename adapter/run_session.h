// A process that serves one client: its own loop, one session, signals that end it.
#pragma once

// Returns the exit code. Takes the fds.
int run_session(int in_fd, int out_fd);

// Signals that end us become one readable fd: handlers do not outlive exec, unlike a mask or SIG_IGN, so the debuggee sees
// nothing of them.
int ending_signals_open(void);
// The signal that came.
int ending_signals_read(int fd);

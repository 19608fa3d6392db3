// ptdap trace [-e LIST] [-o FILE] -- PROGRAM ARGS: no client; every syscall as it returns, and how the program ended.
#pragma once

// arguments: behind "trace", NULL-terminated. Returns the program's status (128 + n for a signal), 1 or 2 for our own failure.
int trace_run(char **arguments);

// The debuggee's standard streams. stdout goes through a pseudo terminal of its own (so that programs buffer it by lines) and stderr
// through another, so that the two stay apart; no CR is added; stdin is empty or a file.
#pragma once

#include "base/loop.h"
#include "engine/debugger.h"

struct output;
typedef void (*output_fn)(void *data, enum output_category category, const char *bytes, size_t length);

// Opens files and terminals. stdio: paths, NULL for the default. ERROR_* names the path that cannot be opened.
struct error *output_create(struct loop *loop, const char *const stdio[3], output_fn fn, void *data, struct output **output_ret);
void output_destroy(struct output *output);   // NULL-safe
// The files alone, for a program whose other streams are somebody else's terminal. fds_ret: -1 where there is none; closed by the caller,
// also after an error.
struct error *output_open_files(const char *const stdio[3], int fds_ret[3]);
// What the child gets as 0, 1, 2, and its controlling terminal (-1: none). Valid until output_started().
void output_child_fds(const struct output *output, int fds_ret[3], int *terminal_ret);
// The child has its own copies: ours are closed, reading begins.
void output_started(struct output *output);
// Held, what the program writes stays in the terminals, and it waits when they are full.
void output_hold(struct output *output, bool is_held);   // NULL-safe
// Delivers what was written so far: before each stopped and exited event.
void output_drain(struct output *output);
// The debuggee goes on without us: a small process of its own stays behind and empties the terminals until nobody writes to
// them any more. Without it the program would get SIGHUP when we end, and errors for what it writes.
void output_leave(struct output *output);

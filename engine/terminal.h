// A program in a terminal that somebody else opens, an editor for one. There our own program is started as a stand-in, `ptdap --in-terminal
// ADDRESS`: it connects to us, permits us to trace it, and becomes the program with the arguments that debugger_launch() sends it. So the
// program is the child of whoever opened the terminal, with that one's environment and job control, and traced from its first instruction.
//
// The connection is a socket with an abstract name: nothing is left in the file system. Both ends refuse one of another user.
#pragma once

#include "base/error.h"
#include "base/loop.h"

struct terminal;

// A stand-in is ready (launch_spec.terminal), or the one that came cannot be used. Takes the error. Called once, from the loop.
typedef void (*terminal_fn)(void *data, struct error *error);

struct error *terminal_create(struct loop *loop, terminal_fn fn, void *data, struct terminal **terminal_ret);
// A stand-in that waits shows `words` in its terminal and ends. NULL-safe.
void terminal_destroy(struct terminal *terminal, const char *words);
const char *terminal_address(const struct terminal *terminal);
// Who came and was turned away; NULL: nobody. Valid until the next turn of the loop.
const char *terminal_refused(const struct terminal *terminal);

// The stand-in's main(). Returns its exit code if it does not become the program.
int terminal_stand_in(const char *address);

// Both ends of the connection between a debugger and the stand-in in a terminal: terminal.c is the debugger's, stand_in.c the other.
// They are the same build of the same program, so that structs go over the socket (SOCK_SEQPACKET: one a message).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/debugger.h"
#include "engine/target/target.h"
#include "engine/terminal.h"

// From the stand-in, once it may be traced.
struct stand_in_hello {
	char version[32];
	pid_t pid;             // as it sees itself: another one for us if it lives in another PID namespace
};

enum stand_in_order { STAND_IN_LEAVE, STAND_IN_RUN };

// To the stand-in. RUN comes with descriptors: of a memfd, and of each stream that is not the terminal. The memfd has texts, each with its NUL:
// program, working directory, argv, and the environment's changes (launch_spec.environment).
struct stand_in_orders {
	enum stand_in_order order;
	char words[512];       // LEAVE: why
	bool is_traced, disable_aslr, has_stdio[3];
	uint32_t argument_count, change_count;
};
enum { STAND_IN_FDS = 4 };

// From the stand-in: why it did not become the program; or, of one that is not traced, what its child does.
enum stand_in_news { STAND_IN_FAILED_CWD, STAND_IN_FAILED_EXEC, STAND_IN_STARTED, STAND_IN_ENDED };
struct stand_in_report {
	enum stand_in_news news;
	int system_errno;      // FAILED
	pid_t pid;             // STARTED
	int exit_code, signo;  // ENDED
};
struct error *stand_in_failure(const struct stand_in_report *report, const char *program, const char *cwd);

// Where an address is: in the abstract namespace. Returns the length for bind and connect.
struct sockaddr_un;
unsigned stand_in_sockaddr(const char *address, struct sockaddr_un *sockaddr_ret);

// debugger_launch() goes on here: sends the stand-in its orders. On success `done` is answered later.
struct error *terminal_launch(struct debugger *debugger, const struct launch_spec *spec);
// A wait event of a stand-in that is on its way to its exec.
void terminal_handle(struct debugger *debugger, const struct wait_event *event);
void terminal_cancel(struct debugger *debugger);   // of one that is not traced: it is to start nothing any more, and the launch has failed
void terminal_forget(struct debugger *debugger);   // closes the connection

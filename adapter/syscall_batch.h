// Traced calls on their way to the client as events ptdap/syscallTrace: collected while they come and sent together, a moment later or
// before the next stop or end. Of a client that does not read, calls are dropped and counted; the program is never held up.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "engine/debugger.h"

struct session;

struct syscall_batch {
	struct str calls;            // objects, with commas between them
	uint64_t dropped;            // before the first of them
	struct loop_timer *timer;    // sends them; NULL: nothing is there
};

void syscall_batch_deinit(struct syscall_batch *batch);
void syscall_batch_add(struct session *session, pid_t tid, const struct syscall_event *event, const struct syscall_context *context);
// Sends what there is now.
void syscall_batch_send(struct session *session);

// ptdap --listen: one session a connection, each in a process of its own, because a tracer is bound to its debuggee.
#pragma once

#include "base/error.h"

// "127.0.0.1:PORT" (0: any free one) or "unix:PATH". Prints "listening on ..." to stdout; returns when a signal ends it.
struct error *server_run(const char *address);

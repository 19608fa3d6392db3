// Launching in a terminal of the client (`console`): it is asked to start ptdap there (runInTerminal), and the program begins when that one has
// come. Meanwhile the session is WHEN_OPENING: launch or restart wait for the terminal, everything else goes on.
#pragma once

#include "adapter/session.h"

// Ends in session_started().
void terminal_start(struct session *session, enum terminal_kind kind);
// The launch fails with this error, which is taken. False: none waits for a terminal.
bool terminal_abandon(struct session *session, struct error *error);
void terminal_end(struct session *session);   // the session is over

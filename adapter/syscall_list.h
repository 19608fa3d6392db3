// `ptdap --list-syscalls`: what rules choose from, for an editor's pickers and completion (docs/protocol.md).
#pragma once

#include "base/str.h"

// Appends one JSON object: {"syscalls": [...], "groups": [...], "errors": [...]}.
void syscall_list_json(struct str *text);

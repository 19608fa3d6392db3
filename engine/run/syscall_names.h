// Private to engine/run: the callbacks of an eval_context whose data is a struct frame_context.
#pragma once

#include "engine/run/state.h"

bool syscall_special(void *data, const char *name, struct value *value_ret, struct error **error_ret);
bool syscall_named_constant(void *data, const char *name, uint64_t *number_ret);
bool syscall_function(void *data, const char *name, struct value *arguments, size_t count, struct value *value_ret, struct error **error_ret);
// The paths of the call as they are now, for path() at its return: by then a descriptor may be closed.
void syscall_keep_paths(struct thread *thread);

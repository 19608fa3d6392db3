// What next, stepIn and stepOut share.
#pragma once

#include "adapter/request.h"

// singleThread is not announced: the other threads always run, or a step that waits for one of them would never end.
#define STEP_ARGUMENTS(X) \
	X(integer, threadId, REQUIRED) \
	X(choice, granularity, OPTIONAL, "line", "statement", "instruction") \
	X(integer, targetId, OPTIONAL)
ARGUMENTS(step, STEP_ARGUMENTS)

struct error *step_start(struct call *call, const struct step_arguments *arguments, enum step_kind kind);

// What the three breakpoint requests share.
#pragma once

#include "adapter/request.h"

// An array of `count` results for the response, in the scratch arena.
struct breakpoint_info *breakpoints_results(struct call *call, size_t count);
void breakpoints_answer(struct call *call, const struct breakpoint_info *infos, size_t count, const char *client_path);

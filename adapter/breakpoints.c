#include "adapter/breakpoints.h"

#include "adapter/show.h"

struct breakpoint_info *breakpoints_results(struct call *call, size_t count)
{
	return arena_array(call->scratch, struct breakpoint_info, count + 1);
}

void breakpoints_answer(struct call *call, const struct breakpoint_info *infos, size_t count, const char *client_path)
{
	writer_open_array(call->body, "breakpoints");
	for (size_t i = 0; i < count; i++)
		show_breakpoint(call->session, call->body, NULL, &infos[i], client_path);
	writer_close_array(call->body);
}

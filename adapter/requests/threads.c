#include "adapter/request.h"

static struct error *handle(struct call *call, const void *data)
{
	(void)data;
	struct thread_info *threads = NULL;
	size_t count = 0;
	if (session_state(call->session) & WHEN_STARTED)
		count = debugger_threads(call->session->debugger, call->scratch, &threads);
	writer_open_array(call->body, "threads");
	for (size_t i = 0; i < count; i++) {
		writer_open_object(call->body, NULL);
		writer_integer(call->body, "id", threads[i].tid);
		writer_string(call->body, "name", threads[i].name);
		writer_close_object(call->body);
	}
	writer_close_array(call->body);
	return NULL;
}

// Some clients ask right after the end; nobody is helped by an error then.
REQUEST(.command = "threads", .states = WHEN_STARTED | WHEN_ENDED, .handle = handle)

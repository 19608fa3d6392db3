#include "adapter/request.h"
#include "adapter/show.h"

static struct error *handle(struct call *call, const void *data)
{
	struct source_info *sources;
	(void)data;
	size_t count = debugger_sources(call->session->debugger, call->scratch, &sources);
	writer_open_array(call->body, "sources");
	for (size_t i = 0; i < count; i++)
		show_source(call->session, call->body, NULL, sources[i].path, !sources[i].is_present);
	writer_close_array(call->body);
	return NULL;
}

REQUEST(.command = "loadedSources", .capabilities = CAPABILITIES("supportsLoadedSourcesRequest"), .states = WHEN_STARTED,
	.handle = handle)

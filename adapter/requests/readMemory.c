#include "adapter/request.h"
#include "adapter/show.h"

#define READ_MEMORY_ARGUMENTS(X) \
	X(string, memoryReference, REQUIRED) \
	X(integer, offset, OPTIONAL) \
	X(integer, count, REQUIRED)
ARGUMENTS(read_memory, READ_MEMORY_ARGUMENTS)

enum { COUNT_MAX = 16 * 1024 * 1024 };

// The client is told when what it looks at may have changed. The oldest view gives way.
static void remember_view(struct session *session, uint64_t reference, int64_t offset, size_t count)
{
	vec_each(view, &session->memory_views) {
		if (view->reference == reference && view->offset == offset) {
			view->count = count;
			return;
		}
	}
	if (session->memory_views.count == MEMORY_VIEW_MAX)
		vec_remove(&session->memory_views, 0);
	*vec_push(&session->memory_views) = (struct memory_view){ reference, offset, count };
}

static struct error *handle(struct call *call, const void *data)
{
	const struct read_memory_arguments *arguments = data;
	struct debugger *debugger = call->session->debugger;
	uint64_t reference;
	struct error *error = address_parse(arguments->memoryReference, "arguments.memoryReference", &reference);
	if (error)
		return error;
	if (arguments->count < 0 || arguments->count > COUNT_MAX)
		return error_create(ERROR_INVALID, "arguments.count: expected 0 to %d bytes", COUNT_MAX);
	uint64_t address = reference + (uint64_t)arguments->offset;
	size_t asked = (size_t)arguments->count, got = 0;
	size_t count = asked > UINT64_MAX - address ? (size_t)(UINT64_MAX - address) : asked;   // the address space ends
	_cleanup_free_ uint8_t *bytes = xmalloc(count + 1);
	if (count)
		error = debugger_read_memory(debugger, address, bytes, count, &got);
	if (error && !error_catch(&error, ERROR_FAULT))
		return error;
	if (count)
		remember_view(call->session, reference, arguments->offset, count);
	writer_address(call->body, "address", address);
	if (got < asked)
		writer_integer(call->body, "unreadableBytes",
			       (int64_t)(debugger_next_readable(debugger, address + got, address + count) - (address + got)) +
				       (int64_t)(asked - count));
	if (got)
		writer_base64(call->body, "data", bytes, got);
	return NULL;
}

REQUEST(.command = "readMemory", .capabilities = CAPABILITIES("supportsReadMemoryRequest"), .states = WHEN_STARTED,
	.arguments = read_memory_arguments_table, .handle = handle)

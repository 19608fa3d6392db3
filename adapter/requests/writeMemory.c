#include "adapter/request.h"
#include "adapter/show.h"
#include "dap/base64.h"

#define WRITE_MEMORY_ARGUMENTS(X) \
	X(string, memoryReference, REQUIRED) \
	X(integer, offset, OPTIONAL) \
	X(boolean, allowPartial, OPTIONAL) \
	X(string, data, REQUIRED)
ARGUMENTS(write_memory, WRITE_MEMORY_ARGUMENTS)

static struct error *handle(struct call *call, const void *data)
{
	const struct write_memory_arguments *arguments = data;
	uint64_t address;
	_cleanup_str_ struct str bytes = STR_INIT;
	struct error *error = address_parse(arguments->memoryReference, "arguments.memoryReference", &address);
	if (!error)
		error = error_wrap(base64_decode(arguments->data, &bytes), "arguments.data");
	size_t written = 0;
	if (!error && bytes.length)
		error = debugger_write_memory(call->session->debugger, address + (uint64_t)arguments->offset, bytes.data, bytes.length,
					      arguments->allowPartial, &written);
	if (error)
		return error;
	writer_integer(call->body, "bytesWritten", (int64_t)written);
	return NULL;
}

REQUEST(.command = "writeMemory", .capabilities = CAPABILITIES("supportsWriteMemoryRequest"), .states = WHEN_STARTED,
	.arguments = write_memory_arguments_table, .is_shown = true, .handle = handle)

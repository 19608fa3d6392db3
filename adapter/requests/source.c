// The text behind a sourceReference: the disassembly of a function without source.
#include "adapter/request.h"

#define SOURCE_ARGUMENTS(X) \
	X(object, source, OPTIONAL) \
	X(integer, sourceReference, OPTIONAL)
ARGUMENTS(source, SOURCE_ARGUMENTS)

static struct error *read_reference(const struct source_arguments *arguments, int64_t *reference_ret)
{
	// source.sourceReference is the newer place of it.
	const cJSON *nested = cJSON_GetObjectItemCaseSensitive(arguments->source, "sourceReference");
	if (cJSON_IsNumber(nested) && nested->valuedouble > 0)
		return argument_decode_value(ARGUMENT_integer, NULL, nested, "arguments.source.sourceReference", NULL, reference_ret);
	if (!arguments->sourceReference)
		return error_create(ERROR_INVALID, "arguments.sourceReference: 0 is no reference; the file is to be read at its path");
	*reference_ret = arguments->sourceReference;
	return NULL;
}

static struct error *handle(struct call *call, const void *data)
{
	int64_t reference;
	const struct source_ref *source;
	struct error *error = read_reference(data, &reference);
	if (!error)
		error = refs_source(&call->session->refs, reference, &source);
	if (error)
		return error;
	char *text;
	unsigned line;
	uint64_t start;
	error = debugger_disassembly_text(call->session->debugger, source->pc, &text, &line, &start);
	if (error)
		return error;
	writer_string(call->body, "content", text);
	writer_string(call->body, "mimeType", "text/x-asm");
	free(text);
	return NULL;
}

REQUEST(.command = "source", .states = WHEN_STARTED, .arguments = source_arguments_table, .handle = handle)

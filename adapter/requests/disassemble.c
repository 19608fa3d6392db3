#include "adapter/request.h"
#include "adapter/show.h"

#define DISASSEMBLE_ARGUMENTS(X) \
	X(string, memoryReference, REQUIRED) \
	X(integer, offset, OPTIONAL) \
	X(integer, instructionOffset, OPTIONAL) \
	X(integer, instructionCount, REQUIRED) \
	X(boolean, resolveSymbols, OPTIONAL)
ARGUMENTS(disassemble, DISASSEMBLE_ARGUMENTS)

enum { COUNT_MAX = 100000, OFFSET_MAX = 1000000 };

static void show_row(struct session *session, struct writer *body, const struct disassembly_row *row)
{
	writer_open_object(body, NULL);
	writer_address(body, "address", row->address);
	if (row->size) {
		_cleanup_str_ struct str bytes = STR_INIT;
		for (unsigned i = 0; i < row->size; i++)
			str_printf(&bytes, "%s%02x", i ? " " : "", row->bytes[i]);
		writer_string(body, "instructionBytes", str_text(&bytes));
	}
	writer_string(body, "instruction", row->text ? row->text : "");
	writer_optional(body, "symbol", row->symbol);
	if (row->source_path) {
		show_source(session, body, "location", row->source_path, false);
		writer_integer(body, "line", show_line(session, row->line));
		if (row->column)
			writer_integer(body, "column", show_column(session, row->column));
		if (row->end_line)
			writer_integer(body, "endLine", show_line(session, row->end_line));
	}
	if (!row->size)
		writer_string(body, "presentationHint", "invalid");
	writer_close_object(body);
}

static struct error *handle(struct call *call, const void *data)
{
	const struct disassemble_arguments *arguments = data;
	uint64_t address;
	struct error *error = address_parse(arguments->memoryReference, "arguments.memoryReference", &address);
	if (error)
		return error;
	if (arguments->instructionCount < 0 || arguments->instructionCount > COUNT_MAX)
		return error_create(ERROR_INVALID, "arguments.instructionCount: expected 0 to %d", COUNT_MAX);
	if (arguments->instructionOffset < -OFFSET_MAX || arguments->instructionOffset > OFFSET_MAX)
		return error_create(ERROR_INVALID, "arguments.instructionOffset: expected %d to %d", -OFFSET_MAX, OFFSET_MAX);
	size_t count = (size_t)arguments->instructionCount;
	struct disassembly_row *rows = NULL;
	if (count)
		error = debugger_disassemble(call->session->debugger, address + (uint64_t)arguments->offset,
					     arguments->instructionOffset, count, !arguments->has_resolveSymbols || arguments->resolveSymbols,
					     call->scratch, &rows);
	if (error)
		return error;
	writer_open_array(call->body, "instructions");
	for (size_t i = 0; i < count; i++) {
		if (i % CANCEL_STRIDE == CANCEL_STRIDE - 1 && call_is_cancelled(call))
			return call_cancelled();
		show_row(call->session, call->body, &rows[i]);
	}
	writer_close_array(call->body);
	return NULL;
}

REQUEST(.command = "disassemble", .capabilities = CAPABILITIES("supportsDisassembleRequest"), .states = WHEN_STARTED,
	.arguments = disassemble_arguments_table, .handle = handle)

// links: ptdap_dap
// The client's bytes: framing in two chunks, then envelopes, a decode table and the writer's escapes on what came out.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "dap/arguments.h"
#include "dap/base64.h"
#include "dap/framing.h"
#include "dap/message.h"
#include "dap/writer.h"

#define FUZZED_ARGUMENTS(X) \
	X(integer, threadId, OPTIONAL) \
	X(string, data, OPTIONAL) \
	X(strings, filters, OPTIONAL) \
	X(objects, breakpoints, OPTIONAL) \
	X(choice, granularity, OPTIONAL, "line", "instruction")
ARGUMENTS(fuzzed, FUZZED_ARGUMENTS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_arguments(const struct message *message)
{
	struct fuzzed_arguments arguments;
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_str_ struct str bytes = STR_INIT;
	error_destroy(arguments_decode(fuzzed_arguments_table(), message->arguments, "arguments", arena, &arguments));
	if (arguments.has_data)
		error_destroy(base64_decode(arguments.data, &bytes));
}

static void use_message(const char *body, size_t length)
{
	struct message message;
	_cleanup_str_ struct str text = STR_INIT;
	struct writer writer = WRITER_INIT(&text);
	writer_text(&writer, NULL, body, length);
	if (writer_whole_characters(body, length) > length)
		abort();
	struct error *error = message_parse(body, length, &message);
	if (!error)
		use_arguments(&message);
	error_destroy(error);
	message_deinit(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framing framing = FRAMING_INIT;
	size_t cut = size ? data[0] % size : 0;
	struct error *error = NULL;
	for (int part = 0; part < 2 && !error; part++) {
		char *body = NULL;
		size_t length;
		framing_feed(&framing, part ? data + cut : data, part ? size - cut : cut);
		while (!(error = framing_next(&framing, &body, &length)) && body)
			use_message(body, length);
	}
	error_destroy(error);
	framing_deinit(&framing);
	return 0;
}

// ValueFormat, which several requests take.
#pragma once

#include "dap/arguments.h"

#define VALUE_FORMAT_ARGUMENTS(X) X(boolean, hex, OPTIONAL)
ARGUMENTS(value_format, VALUE_FORMAT_ARGUMENTS)

static inline struct error *value_format_decode(const cJSON *format, struct arena *arena, bool *is_hex_ret)
{
	struct value_format_arguments arguments;
	struct error *error = arguments_decode(value_format_arguments_table(), format, "arguments.format", arena, &arguments);
	if (!error)
		*is_hex_ret = arguments.hex;
	return error;
}

// Disassembly as source text, for frames without one: sourceReferences and where in the text a pc is.
#pragma once

#include "adapter/session.h"
#include "dap/writer.h"

// NULL if there is no text (no memory there). Valid until the next call.
const struct text_position *texts_find(struct session *session, uint64_t pc, const char *function_name);
void texts_show_source(struct session *session, struct writer *body, int source_id, bool is_deemphasized);

#include "adapter/texts.h"

#include "base/log.h"

enum { POSITION_MAX = 4096 };

static struct text_position *make_position(struct session *session, uint64_t pc, const char *function_name)
{
	unsigned line;
	uint64_t start;
	struct error *error = debugger_disassembly_text(session->debugger, pc, NULL, &line, &start);
	if (error) {
		LOG("dap", "no disassembly for %#llx: %s", (unsigned long long)pc, error->message);
		error_destroy(error);
		return NULL;
	}
	struct text_position *position = xcalloc(1, sizeof(*position));
	*position = (struct text_position){ refs_add_source(&session->refs, start, pc, function_name), line };
	return position;
}

const struct text_position *texts_find(struct session *session, uint64_t pc, const char *function_name)
{
	struct text_position *position = map_get(&session->text_positions, pc);
	if (position)
		return position;
	if (session->text_positions.count >= POSITION_MAX)
		session_forget_texts(session);
	position = make_position(session, pc, function_name);
	if (position)
		map_set(&session->text_positions, pc, position);
	return position;
}

void texts_show_source(struct session *session, struct writer *body, int source_id, bool is_deemphasized)
{
	const struct source_ref *source = &session->refs.sources.items[source_id - 1];
	writer_open_object(body, "source");
	writer_format(body, "name", "%s (disassembly)", source->name);
	writer_integer(body, "sourceReference", source_id);
	writer_string(body, "origin", "disassembly");
	if (is_deemphasized)
		writer_string(body, "presentationHint", "deemphasize");
	writer_close_object(body);
}

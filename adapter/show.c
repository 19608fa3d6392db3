#include "adapter/show.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/memory.h"

int64_t show_line(const struct session *session, unsigned line)
{
	return line ? (int64_t)line - session->client.lines_start_at_0 : 0;
}

int64_t show_column(const struct session *session, unsigned column)
{
	return column ? (int64_t)column - session->client.columns_start_at_0 : 0;
}

static unsigned number_of_client(int64_t number, bool starts_at_0)
{
	number += starts_at_0;
	return number >= 1 && number <= INT_MAX ? (unsigned)number : 0;
}

unsigned line_of_client(const struct session *session, int64_t line)
{
	return number_of_client(line, session->client.lines_start_at_0);
}

unsigned column_of_client(const struct session *session, int64_t column)
{
	return number_of_client(column, session->client.columns_start_at_0);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static void source_body(struct writer *body, const char *name, const char *base, const char *path, bool is_deemphasized)
{
	writer_open_object(body, name);
	writer_string(body, "name", base_name(base));
	writer_string(body, "path", path);
	if (is_deemphasized)
		writer_string(body, "presentationHint", "deemphasize");
	writer_close_object(body);
}

void show_source(struct session *session, struct writer *body, const char *name, const char *path, bool is_deemphasized)
{
	bool is_mapped;
	if (!session->paths.is_uri && !session->paths.map_count) {
		source_body(body, name, path, path, is_deemphasized);
		return;
	}
	_cleanup_arena_ struct arena *arena = arena_create();
	const char *client_path = paths_to_client(&session->paths, arena, path, &is_mapped);
	// A mapped file is judged by where the client has it.
	bool is_here = is_mapped && access(session->paths.is_uri ? paths_from_client(&(struct paths){ 0 }, arena, client_path) :
								   client_path, R_OK) == 0;
	source_body(body, name, path, client_path, is_deemphasized && !is_here);
}

void show_module(struct session *session, struct writer *body, const char *name, const struct module_info *module)
{
	(void)session;
	writer_open_object(body, name);
	writer_integer(body, "id", module->id);
	writer_string(body, "name", module->name ? module->name : "");
	writer_optional(body, "path", module->path);
	writer_boolean(body, "isUserCode", !module->is_system);
	writer_optional(body, "version", module->build_id);
	writer_optional(body, "symbolStatus", module->symbol_status);
	writer_optional(body, "symbolFilePath", module->symbol_file);
	_cleanup_str_ struct str range = STR_INIT;
	str_hex(&range, module->start);
	str_char(&range, '-');
	str_hex(&range, module->end);
	writer_string(body, "addressRange", range.data);
	writer_close_object(body);
}

void show_breakpoint(struct session *session, struct writer *body, const char *name, const struct breakpoint_info *breakpoint,
		     const char *client_path)
{
	writer_open_object(body, name);
	if (breakpoint->id > 0)
		writer_integer(body, "id", breakpoint->id);
	writer_boolean(body, "verified", breakpoint->is_verified);
	writer_optional(body, "message", breakpoint->message);
	if (client_path)
		source_body(body, "source", client_path, client_path, false);
	else if (breakpoint->path)
		show_source(session, body, "source", breakpoint->path, false);
	if (breakpoint->line)
		writer_integer(body, "line", show_line(session, breakpoint->line));
	if (breakpoint->line && breakpoint->column)
		writer_integer(body, "column", show_column(session, breakpoint->column));
	if (breakpoint->address)
		writer_address(body, "instructionReference", breakpoint->address);
	writer_close_object(body);
}

void show_node_hints(struct writer *body, unsigned hints)
{
	static const struct {
		unsigned hint;
		const char *attribute;
	} attributes[] = {
		{ NODE_HINT_READ_ONLY, "readOnly" },
		{ NODE_HINT_STATIC, "static" },
		{ NODE_HINT_CONSTANT, "constant" },
		{ NODE_HINT_FAILED, "failedEvaluation" },
	};
	if (!hints)
		return;
	writer_open_object(body, "presentationHint");
	if (hints & NODE_HINT_BASE_CLASS)
		writer_string(body, "kind", "baseClass");
	else if (hints & NODE_HINT_ARTIFICIAL)
		writer_string(body, "kind", "virtual");
	writer_open_array(body, "attributes");
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (hints & attributes[i].hint)
			writer_string(body, NULL, attributes[i].attribute);
	writer_close_array(body);
	if (hints & NODE_HINT_LAZY)
		writer_boolean(body, "lazy", true);
	writer_close_object(body);
}

struct error *show_variable(struct session *session, struct writer *body, const char *value_name, const struct variable_ref *variable,
			    const struct format_rules *rules)
{
	struct node_display display = { .is_hex = format_is_hex(session, variable, rules) };
	struct node_view view = { .value = "" };
	struct error *error = node_describe(variable->node, &display, &view);
	if (error)
		return error;
	bool has_children = view.named_children || view.indexed_children;
	writer_string(body, value_name, view.value);
	writer_optional(body, "type", view.type);
	writer_integer(body, "variablesReference", has_children ? refs_add_variable(&session->refs, variable) : 0);
	if (view.named_children)
		writer_integer(body, "namedVariables", (int64_t)view.named_children);
	if (view.indexed_children)
		writer_integer(body, "indexedVariables", (int64_t)view.indexed_children);
	if (view.has_memory)
		writer_address(body, "memoryReference", view.memory);
	show_node_hints(body, view.hints);
	return NULL;
}

static struct error *find_among(struct node *parent, bool is_indexed, uint64_t start, uint64_t count, const char *name,
				struct node **node_ret)
{
	struct node **nodes;
	size_t got;
	struct error *error = node_children(parent, is_indexed, start, count, &nodes, &got);
	for (size_t i = 0; !error && i < got; i++) {
		if (str_equal(nodes[i]->name, name)) {
			*node_ret = nodes[i];
			break;
		}
	}
	return error;
}

struct error *show_find_child(struct node *parent, const char *name, struct node **node_ret)
{
	struct node_display display = { false };
	struct node_view view = { .value = "" };
	struct node *found = NULL;
	uint64_t index;
	struct error *error = node_describe(parent, &display, &view);
	// An element is asked for alone: its array may have millions.
	if (!error && sscanf(name, "[%" SCNu64 "]", &index) == 1 && index < view.indexed_children)
		error = find_among(parent, true, index, 1, name, &found);
	if (!error && !found && view.named_children)
		error = find_among(parent, false, 0, 0, name, &found);
	if (!error && !found)
		error = error_create(ERROR_NOT_FOUND, "arguments.name: there is no variable \"%.80s\" there", name);
	if (!error)
		*node_ret = found;
	return error;
}

struct error *address_parse(const char *text, const char *what, uint64_t *address_ret)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno)
		return error_create(ERROR_INVALID, "%s: \"%.60s\" is not an address such as 0x401136", what, text);
	*address_ret = value;
	return NULL;
}

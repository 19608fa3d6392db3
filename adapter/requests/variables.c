#include "adapter/request.h"
#include "adapter/show.h"

#define VARIABLES_ARGUMENTS(X) \
	X(integer, variablesReference, REQUIRED) \
	X(choice, filter, OPTIONAL, "named", "indexed") \
	X(integer, start, OPTIONAL) \
	X(integer, count, OPTIONAL) \
	X(object, format, OPTIONAL)
ARGUMENTS(variables, VARIABLES_ARGUMENTS)

enum { ANSWER_MAX = 100000 };   // more at once nobody reads; the rest is to be had by paging

struct page {
	struct call *call;
	int id;
	struct variable_ref parent;
	struct format_rules rules;
	uint64_t skip, room;       // of what is still to come
	bool is_cut;               // the end was left out though nobody asked for a page
};

static struct error *show_child(struct page *page, struct node *node)
{
	struct variable_ref child = refs_child(&page->parent, page->id, node);
	struct writer *body = page->call->body;
	writer_open_object(body, NULL);
	writer_string(body, "name", node->name);
	writer_optional(body, "evaluateName", node->expression);
	size_t length = body->text->length;
	struct error *error = show_variable(page->call->session, body, "value", &child, &page->rules);
	if (error) {
		// One that cannot be read is shown so among the others.
		str_truncate(body->text, length);
		body->needs_comma = true;
		writer_format(body, "value", "<%s>", error->message);
		writer_integer(body, "variablesReference", 0);
		show_node_hints(body, NODE_HINT_FAILED);
		error_destroy(error);
	}
	writer_close_object(body);
	return NULL;
}

// The named or the indexed children, of which there are `available`, as far as they belong to the page.
static struct error *show_children(struct page *page, bool is_indexed, uint64_t available)
{
	if (page->skip >= available) {
		page->skip -= available;
		return NULL;
	}
	uint64_t count = available - page->skip < page->room ? available - page->skip : page->room;
	page->is_cut |= count < available - page->skip;
	if (!count)
		return NULL;
	struct node **nodes;
	size_t got;
	struct error *error = node_children(page->parent.node, is_indexed, page->skip, count, &nodes, &got);
	for (size_t i = 0; !error && i < got; i++) {
		bool is_asked = i % CANCEL_STRIDE == CANCEL_STRIDE - 1;
		error = is_asked && call_is_cancelled(page->call) ? call_cancelled() : show_child(page, nodes[i]);
	}
	page->skip = 0;
	page->room -= count;
	return error;
}

static void show_rest(struct page *page)
{
	struct writer *body = page->call->body;
	writer_open_object(body, NULL);
	writer_string(body, "name", "[...]");
	writer_format(body, "value", "only the first %d are shown", ANSWER_MAX);
	writer_integer(body, "variablesReference", 0);
	show_node_hints(body, NODE_HINT_READ_ONLY);
	writer_close_object(body);
}

static struct error *show_page(struct page *page, const struct variables_arguments *arguments)
{
	struct node_display display = { false };
	struct node_view view = { .value = "" };
	struct error *error = node_describe(page->parent.node, &display, &view);
	bool wants_named = !arguments->has_filter || arguments->filter == 0;
	bool wants_indexed = !arguments->has_filter || arguments->filter == 1;
	writer_open_array(page->call->body, "variables");
	if (!error && wants_named)
		error = show_children(page, false, view.named_children);
	if (!error && wants_indexed)
		error = show_children(page, true, view.indexed_children);
	if (!error && page->is_cut && !arguments->count)
		show_rest(page);
	writer_close_array(page->call->body);
	return error;
}

static struct error *handle(struct call *call, const void *data)
{
	const struct variables_arguments *arguments = data;
	if (arguments->start < 0 || arguments->count < 0)
		return error_create(ERROR_INVALID, "arguments.%s: expected 0 or more", arguments->count < 0 ? "count" : "start");
	struct session *session = call->session;
	struct page page = { .call = call, .id = (int)arguments->variablesReference, .skip = (uint64_t)arguments->start, .room = ANSWER_MAX };
	if (arguments->count && arguments->count < ANSWER_MAX)
		page.room = (uint64_t)arguments->count;
	struct error *error = refs_variable(&session->refs, arguments->variablesReference, &page.parent);
	if (!error)
		error = format_rules_init(session, arguments->format, &page.parent.frame, &page.rules);
	if (error)
		return error;
	format_rules_enter(session, &page.parent, &page.rules);
	return show_page(&page, arguments);
}

REQUEST(.command = "variables", .capabilities = CAPABILITIES("supportsValueFormattingOptions"), .states = WHEN_INSPECTABLE,
	.arguments = variables_arguments_table, .handle = handle)

#include "dap/message.h"

#include <math.h>

#include "base/log.h"
#include "dap/framing.h"
#include "dap/writer.h"

// cJSON recurses, and makes a node of 64 bytes of every value: both are bounded before it sees the text.
static struct error *check_size(const char *text, size_t length)
{
	size_t depth = 0, values = 1;
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		in_string = c == '"';
		values += c == ',' || c == '[' || c == '{';
		if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth)
			depth--;
		if (depth > MESSAGE_DEPTH_LIMIT)
			return error_create(ERROR_FORMAT, "JSON nested deeper than %d levels", MESSAGE_DEPTH_LIMIT);
	}
	if (values > MESSAGE_VALUE_LIMIT)
		return error_create(ERROR_FORMAT, "JSON of more than %d values", MESSAGE_VALUE_LIMIT);
	return NULL;
}

static struct error *parse_json(const char *text, size_t length, cJSON **root_ret)
{
	struct error *error = check_size(text, length);
	if (error)
		return error;
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(text, length, &end, false);
	while (root && end < text + length && strchr(" \t\r\n", *end) && *end)
		end++;
	if (root && end == text + length) {
		*root_ret = root;
		return NULL;
	}
	cJSON_Delete(root);
	return error_create(ERROR_FORMAT, "not JSON: unexpected input at byte %zu", end ? (size_t)(end - text) + 1 : 1);
}

static int64_t sequence_number(const cJSON *root, const char *name)
{
	const cJSON *seq = cJSON_GetObjectItemCaseSensitive(root, name);
	if (!cJSON_IsNumber(seq) || !(fabs(seq->valuedouble) <= 0x1p53))
		return 0;
	return (int64_t)seq->valuedouble;
}

// cJSON cuts a string off there.
static bool has_nul(const char *text, size_t length)
{
	const char *at = text;
	while ((at = memmem(at, length - (size_t)(at - text), "\\u0000", 6))) {
		size_t backslashes = 0;
		while (at - backslashes > text && at[-(ptrdiff_t)backslashes - 1] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return true;
		at += 6;
	}
	return false;
}

// `message` may be a mere keyword; the words for the user are in the body then.
static const char *failure_words(const cJSON *root, const cJSON *body)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(body, "error");
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "format"));
	return words ? words : cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "message"));
}

static void read_response(const cJSON *root, struct message *message_ret)
{
	const cJSON *body = cJSON_GetObjectItemCaseSensitive(root, "body");
	message_ret->request_seq = sequence_number(root, "request_seq");
	message_ret->success = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "success"));
	message_ret->body = cJSON_IsNull(body) ? NULL : body;
	if (!message_ret->success)
		message_ret->failure = failure_words(root, body);
}

static struct error *read_envelope(const cJSON *root, struct message *message_ret)
{
	if (!cJSON_IsObject(root))
		return error_create(ERROR_FORMAT, "a message is a JSON object");
	message_ret->seq = sequence_number(root, "seq");
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "type"));
	if (!type)
		return error_create(ERROR_FORMAT, "type: expected \"request\", \"response\" or \"event\"");
	if (!str_equal(type, "request") && !str_equal(type, "response") && !str_equal(type, "event"))
		return error_create(ERROR_FORMAT, "type: expected \"request\", \"response\" or \"event\", got \"%.40s\"", type);
	message_ret->type = *type == 'e' ? MESSAGE_EVENT : str_equal(type, "request") ? MESSAGE_REQUEST : MESSAGE_RESPONSE;
	message_ret->command = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "command"));
	if (message_ret->type == MESSAGE_REQUEST && !message_ret->command)
		return error_create(ERROR_FORMAT, "command: expected a string");
	if (message_ret->type == MESSAGE_RESPONSE)
		read_response(root, message_ret);
	const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(root, "arguments");
	// An empty list is what some encoders make of an empty table.
	bool is_nothing = cJSON_IsNull(arguments) || (cJSON_IsArray(arguments) && !arguments->child);
	message_ret->arguments = is_nothing ? NULL : arguments;
	return NULL;
}

struct error *message_parse(const char *text, size_t length, struct message *message_ret)
{
	*message_ret = (struct message){ .seq = 0 };
	cJSON *root;
	struct error *error = parse_json(text, length, &root);
	if (error)
		return error;
	error = read_envelope(root, message_ret);
	if (error) {
		*message_ret = (struct message){ .seq = message_ret->seq };
		cJSON_Delete(root);
		return error;
	}
	message_ret->root = root;
	message_ret->has_nul = has_nul(text, length);
	return NULL;
}

void message_deinit(struct message *message)
{
	cJSON_Delete(message->root);
	*message = (struct message){ .seq = 0 };
}

static void open_envelope(struct writer *writer, int64_t seq, const char *type)
{
	writer_open_object(writer, NULL);
	writer_integer(writer, "seq", seq);
	writer_string(writer, "type", type);
}

static void open_response(struct writer *writer, int64_t seq, int64_t request_seq, const char *command, bool success)
{
	open_envelope(writer, seq, "response");
	writer_integer(writer, "request_seq", request_seq);
	writer_boolean(writer, "success", success);
	writer_string(writer, "command", command);
}

// The envelope in `head` is closed behind a member that is appended to `out` directly: big bodies are copied once.
static void send_with(struct str *out, struct writer *writer, const char *name, const char *json, size_t length)
{
	size_t named = length ? sizeof(",\"\":") - 1 + strlen(name) + length : 0;
	framing_write_header(out, writer->text->length + named + 1);
	str_append(out, writer->text->data, writer->text->length);
	if (length) {
		str_printf(out, ",\"%s\":", name);
		str_append(out, json, length);
	}
	str_char(out, '}');
}

static void send_around(struct str *out, struct writer *writer, const char *body, size_t length)
{
	send_with(out, writer, "body", body, length);
}

void message_log(const struct str *out, size_t start)
{
	const char *header = out->data + start;
	const char *body = memmem(header, out->length - start, "\r\n\r\n", 4);
	if (body)
		log_bytes("dap ->", body + 4, out->length - start - (size_t)(body + 4 - header));
}

void message_write_request(struct str *out, int64_t seq, const char *command, const struct str *arguments)
{
	_cleanup_str_ struct str head = STR_INIT;
	struct writer writer = WRITER_INIT(&head);
	open_envelope(&writer, seq, "request");
	writer_string(&writer, "command", command);
	send_with(out, &writer, "arguments", str_text(arguments), arguments->length);
}

void message_write_response(struct str *out, int64_t seq, int64_t request_seq, const char *command, const struct str *body)
{
	_cleanup_str_ struct str head = STR_INIT;
	struct writer writer = WRITER_INIT(&head);
	open_response(&writer, seq, request_seq, command, true);
	send_around(out, &writer, str_text(body), body->length);
}

void message_write_event(struct str *out, int64_t seq, const char *event, const char *body, size_t length)
{
	_cleanup_str_ struct str head = STR_INIT;
	struct writer writer = WRITER_INIT(&head);
	open_envelope(&writer, seq, "event");
	writer_string(&writer, "event", event);
	send_around(out, &writer, body, length);
}

void message_write_failure(struct str *out, int64_t seq, int64_t request_seq, const char *command,
			   const struct message_failure *failure)
{
	_cleanup_str_ struct str head = STR_INIT, body = STR_INIT;
	struct writer writer = WRITER_INIT(&head), inner = WRITER_INIT(&body);
	open_response(&writer, seq, request_seq, command, false);
	writer_string(&writer, "message", failure->message);
	writer_open_object(&inner, NULL);
	writer_open_object(&inner, "error");
	writer_integer(&inner, "id", failure->id);
	writer_string(&inner, "format", failure->words);
	writer_boolean(&inner, "showUser", failure->is_shown);
	writer_close_object(&inner);
	writer_close_object(&inner);
	send_around(out, &writer, body.data, body.length);
}

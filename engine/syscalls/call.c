// One whole call: its arguments as they were at the entry and as they are now, its result.
#include "engine/syscalls/decode.h"
#include "engine/syscalls/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct call {
	struct signature signature;
	uint64_t arguments[SYSCALL_ARGUMENT_MAX];
	struct decode decode;
};

// Registers of a 32-bit program hold 32 bits.
static void open_call(struct call *call, const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++)
		call->arguments[i] = event->abi == SYSCALL_ABI_I386 ? (uint32_t)event->arguments[i] : event->arguments[i];
	syscall_signature(event, &call->signature);
	call->decode = (struct decode){ .event = event, .context = context, .arguments = call->arguments, .text = text };
}

static bool is_image_replaced(const struct syscall_event *event, const struct signature *signature)
{
	if (event->phase != SYSCALL_RETURN || event->is_error || !signature->row)
		return false;
	return str_equal(signature->row->name, "execve") || str_equal(signature->row->name, "execveat");
}

static bool is_restart(const struct syscall_event *event)
{
	int64_t result = event->result;
	return result <= -512 && result >= -516 && result != -515;
}

static bool is_interrupted(const struct syscall_event *event)
{
	return event->is_error && (is_restart(event) || event->result == -EINTR);
}

// Is it only an address here: not filled yet, or not there any more?
static bool is_opaque(const struct call *call, const struct argument *argument)
{
	const struct syscall_event *event = call->decode.event;
	if (!kind_is_pointer(argument->kind))
		return false;
	if (is_image_replaced(event, &call->signature))
		return true;
	if (argument->direction != DIRECTION_OUT)
		return false;
	if (event->phase == SYSCALL_ENTRY)
		return true;
	if (argument->is_filled_if_interrupted)
		return !is_interrupted(event);
	return event->is_error && argument->kind != KIND_iovec;
}

static void format_now(struct call *call, unsigned index)
{
	static const struct argument address = { .name = "", .kind = KIND_address };
	const struct argument *argument = call->signature.arguments[index];
	call->decode.index = index;
	uint64_t of_image = is_image_replaced(call->decode.event, &call->signature) ? image_argument(&call->decode, argument->kind) : 0;
	if (of_image || !is_opaque(call, argument)) {
		decode_value(&call->decode, argument, of_image ? of_image : call->arguments[index], 0);
		return;
	}
	struct argument opaque = address;
	opaque.name = argument->name;
	decode_value(&call->decode, &opaque, call->arguments[index], 0);
}

// ---- the entry, kept ------------------------------------------------------------------------------------------------------

static bool has_entry(const struct call *call)
{
	const struct syscall_event *event = call->decode.event;
	const struct syscall_entry *entry = call->decode.context->entry;
	return entry && entry->is_valid && event->phase == SYSCALL_RETURN && entry->number == event->number && entry->abi == event->abi;
}

// "[128]" and "[16]" make "[128 => 16]" if joined, "[128] => [16]" if not.
static void add_change(struct str *text, const char *before, size_t before_length, size_t start, bool is_joined)
{
	size_t length = text->length - start;
	if (length == before_length && memcmp(text->data + start, before, length) == 0)
		return;
	_cleanup_str_ struct str now = STR_INIT;
	str_append(&now, text->data + start, length);
	str_truncate(text, start);
	bool is_bracketed = is_joined && before_length > 2 && length > 2 && before[0] == '[' && now.data[0] == '[';
	str_append(text, before, before_length - is_bracketed);
	str_add(text, " => ");
	str_add(text, now.data + is_bracketed);
}

// " => {parent_tid=[4711]}", if there is anything.
static void add_written(struct call *call, unsigned index)
{
	struct argument written = *call->signature.arguments[index];
	size_t start = call->decode.text->length;
	written.detail = written.then;
	str_add(call->decode.text, " => ");
	size_t from = call->decode.text->length;
	decode_value(&call->decode, &written, call->arguments[index], 0);
	if (str_equal(str_text(call->decode.text) + from, "{}"))
		str_truncate(call->decode.text, start);
}

static void format_with_entry(struct call *call, unsigned index)
{
	const struct argument *argument = call->signature.arguments[index];
	const struct syscall_entry *entry = call->decode.context->entry;
	size_t from = index ? entry->ends[index - 1] : 0;
	const char *before = str_text(&entry->text) + from;
	size_t length = entry->ends[index] - from;
	size_t start = call->decode.text->length;
	if (argument->direction == DIRECTION_OUT || argument->is_late) {
		format_now(call, index);
	} else if (argument->direction == DIRECTION_IN || call->decode.event->is_error) {
		str_append(call->decode.text, before, length);
	} else if (argument->then) {
		str_append(call->decode.text, before, length);
		add_written(call, index);
	} else {
		format_now(call, index);
		add_change(call->decode.text, before, length, start, argument->is_joined);
	}
}

void syscall_entry_take(struct syscall_entry *entry, const struct syscall_event *event, const struct syscall_context *context)
{
	struct call call;
	struct syscall_context bare = *context;
	bare.entry = NULL;
	str_clear(&entry->text);
	open_call(&call, event, &bare, &entry->text);
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++) {
		bool is_wanted = i < call.signature.count && call.signature.arguments[i]->direction != DIRECTION_OUT;
		if (is_wanted && decode_condition(&call.decode, call.signature.arguments[i]->condition))
			format_now(&call, i);
		entry->ends[i] = (uint32_t)entry->text.length;
	}
	entry->name_length = 0;
	if (call.signature.count > 1 && call.signature.arguments[1]->detail == LAYOUT_msghdr && call.signature.arguments[1]->kind == KIND_structure)
		decode_read(&call.decode, call.arguments[1] + decode_word_size(&call.decode), &entry->name_length, sizeof(entry->name_length));
	entry->number = event->number;
	entry->abi = event->abi;
	entry->is_valid = true;
}

void syscall_entry_drop(struct syscall_entry *entry)
{
	entry->is_valid = false;
}

void syscall_entry_deinit(struct syscall_entry *entry)
{
	str_deinit(&entry->text);
	entry->is_valid = false;
}

// ---- the result -----------------------------------------------------------------------------------------------------------

static const char *restart_words(int64_t number)
{
	switch (number) {
	case 512: return "To be restarted if SA_RESTART is set";
	case 513: return "To be restarted";
	case 514: return "To be restarted if no handler";
	default: return "Interrupted by signal";
	}
}

static void format_error(const struct syscall_event *event, struct str *text)
{
	int number = event->result < 0 && event->result >= -ERRNO_MAX ? (int)-event->result : 0;
	const char *name = errno_name(number);
	if (is_restart(event)) {
		str_printf(text, "? %s (%s)", name, restart_words(number));
		return;
	}
	const char *words = errno_description(number);
	if (name)
		str_printf(text, "-1 %s", name);
	else
		str_printf(text, "-1 (errno %" PRIu64 ")", -(uint64_t)event->result);
	if (name && words)
		str_printf(text, " (%s)", words);
}

static void format_result(struct call *call)
{
	const struct syscall_event *event = call->decode.event;
	if (call->signature.result->kind == KIND_none)
		str_char(call->decode.text, '?');
	else if (event->is_error)
		format_error(event, call->decode.text);
	else
		decode_value(&call->decode, call->signature.result, (uint64_t)event->result, 0);
}

// ---- the facade -----------------------------------------------------------------------------------------------------------

void syscall_format_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context, struct str *text)
{
	struct call call;
	if (index >= SYSCALL_ARGUMENT_MAX)
		return;
	open_call(&call, event, context, text);
	format_now(&call, index);
}

bool syscall_has_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context)
{
	struct call call;
	_cleanup_str_ struct str text = STR_INIT;
	open_call(&call, event, context, &text);
	return index < call.signature.count && decode_condition(&call.decode, call.signature.arguments[index]->condition);
}

void syscall_format_result(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	struct call call;
	open_call(&call, event, context, text);
	format_result(&call);
}

static void format_continued(const struct syscall_event *event, struct str *text)
{
	const char *name = syscall_continued_name(event);
	if (name)
		str_printf(text, "/* goes on with %s */", name);
}

void syscall_format(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	struct call call;
	open_call(&call, event, context, text);
	str_add(text, syscall_name(event->abi, event->number));
	str_add(text, syscall_abi_suffix(event->abi));
	str_char(text, '(');
	bool is_first = true, is_kept = has_entry(&call);
	uint32_t order = call.signature.result->order;
	for (unsigned place = 0; place < call.signature.count; place++) {
		unsigned i = order ? order >> 4 * place & 15 : place;
		const struct argument *argument = call.signature.arguments[i];
		if (!decode_condition(&call.decode, argument->condition))
			continue;
		if (!is_first)
			str_append(text, ", ", 2);
		is_first = false;
		if (argument->is_named)
			str_printf(text, "%s=", argument->name);
		if (is_kept)
			format_with_entry(&call, i);
		else
			format_now(&call, i);
	}
	format_continued(event, text);
	str_char(text, ')');
	if (event->phase == SYSCALL_ENTRY)
		return;
	str_append(text, " = ", 3);
	format_result(&call);
	if (event->is_injected)
		str_add(text, " (INJECTED)");
	if (event->is_delayed)
		str_add(text, " (DELAYED)");
}

static struct syscall_value *finish(struct tree *tree, const char *name, const char *words, uint64_t value)
{
	if (tree->root)
		return tree->root;
	struct syscall_value *root = arena_new(tree->arena, struct syscall_value);
	*root = (struct syscall_value){ .name = arena_strdup(tree->arena, name), .text = arena_strdup(tree->arena, words), .value = value };
	return root;
}

struct syscall_value *syscall_argument_value(const struct syscall_event *event, unsigned index, const struct syscall_context *context,
					     struct arena *arena)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct call call;
	struct tree tree = { .arena = arena };
	tree.tail = &tree.root;
	open_call(&call, event, context, &text);
	call.decode.tree = &tree;
	if (index < SYSCALL_ARGUMENT_MAX)
		format_now(&call, index);
	return finish(&tree, "", str_text(&text), index < SYSCALL_ARGUMENT_MAX ? call.arguments[index] : 0);
}

struct syscall_value *syscall_result_value(const struct syscall_event *event, const struct syscall_context *context, struct arena *arena)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct call call;
	struct tree tree = { .arena = arena };
	tree.tail = &tree.root;
	open_call(&call, event, context, &text);
	call.decode.tree = &tree;
	format_result(&call);
	return finish(&tree, "result", str_text(&text), (uint64_t)event->result);
}

bool syscall_argument_memory(const struct syscall_event *event, unsigned index, uint64_t *address_ret, uint64_t *size_ret)
{
	static const struct syscall_context nowhere = { 0 };
	struct str unused = STR_INIT;
	struct call call;
	open_call(&call, event, &nowhere, &unused);
	if (index >= call.signature.count || !call.arguments[index])
		return false;
	const struct argument *argument = call.signature.arguments[index];
	if (!kind_is_pointer(argument->kind) && argument->kind != KIND_address && argument->kind != KIND_rseq)
		return false;
	call.decode.argument = argument;
	*address_ret = call.arguments[index];
	*size_ret = tree_memory_size(&call.decode);
	return true;
}

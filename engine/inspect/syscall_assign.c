// Changing what the Syscall scope shows: words in registers and in memory, single bits, text.
#include <inttypes.h>

#include "base/str.h"
#include "engine/inspect/syscall_node.h"
#include "engine/run/syscall_edit.h"
#include "engine/syscalls/notation.h"

static bool is_entry(const struct syscall_node *node)
{
	return syscall_node_event(node)->phase == SYSCALL_ENTRY;
}

static bool is_argument(const struct syscall_node *node)
{
	return !node->parent && !node->is_result;
}

static const char *register_obstacle(const struct syscall_node *node)
{
	if (node->parent)
		return "it is computed, and stands nowhere by itself";
	if (node->is_result)
		return is_entry(node) || syscall_returns(syscall_node_event(node)) ? NULL : "the call does not return";
	return is_entry(node) ? NULL : "the call has returned; its arguments can be changed at the entry only";
}

static const char *bit_obstacle(struct syscall_node *node)
{
	const struct syscall_value *holder = node->parent ? syscall_node_value(node->parent) : NULL;
	if (!holder)
		return "it is part of nothing";
	if (holder->form == SYSCALL_VALUE_POINTER)
		return NULL;
	return syscall_node_obstacle(node->parent);
}

const char *syscall_node_obstacle(struct syscall_node *node)
{
	const struct syscall_value *value = syscall_node_value(node);
	bool is_text = notation_text_of(value) != NOTATION_NO_TEXT;
	switch (value->form) {
	case SYSCALL_VALUE_NOTE: return value->child_count ? "its parts can be changed, each by itself" : "it is what the kernel says of it";
	case SYSCALL_VALUE_EMBEDDED: return is_text ? NULL : "its parts can be changed, each by itself";
	case SYSCALL_VALUE_BIT: return bit_obstacle(node);
	case SYSCALL_VALUE_WORD: return value->address ? NULL : register_obstacle(node);
	case SYSCALL_VALUE_POINTER: return value->address || is_text ? NULL : register_obstacle(node);
	}
	return NULL;
}

// ---- words ----------------------------------------------------------------------------------------------------------------

static struct error *write_memory(struct syscall_node *node, uint64_t address, const void *bytes, size_t size)
{
	struct error *error = memory_write(node->context->debugger->space.memory, address, bytes, size);
	if (!error)
		frame_context_wrote(node->context, address, size);
	return error;
}

static struct error *check_fits(uint64_t word, unsigned size)
{
	int64_t number = (int64_t)word;
	if (size >= sizeof(word) || !size)
		return NULL;
	int64_t end = INT64_C(1) << 8 * size;
	if (number < -end / 2 || number >= end)
		return error_create(ERROR_INVALID, "%" PRId64 " does not fit into %u byte%s", number, size, size == 1 ? "" : "s");
	return NULL;
}

static struct error *store_in_register(struct syscall_node *node, uint64_t word)
{
	struct thread *thread = node->context->thread;
	bool is_pair = syscall_node_value(node)->is_pair;
	struct error *error = node->is_result ? syscall_edit_result(thread, (int64_t)word)
			      : syscall_edit_argument(thread, node->index, is_pair ? (uint32_t)word : word);
	if (!error && is_pair)
		error = syscall_edit_argument(thread, node->index + 1, word >> 32);
	if (!error)
		frame_context_wrote(node->context, 0, 0);
	return error;
}

static struct error *store_word(struct syscall_node *node, uint64_t word)
{
	const struct syscall_value *value = syscall_node_value(node);
	const char *obstacle = value->address ? NULL : register_obstacle(node);
	if (obstacle)
		return error_create(ERROR_STATE, "%s cannot be changed: %s", node->node.name, obstacle);
	struct error *error = node->is_result || value->is_pair ? NULL : check_fits(word, value->size);
	if (error)
		return error;
	return value->address ? write_memory(node, value->address, &word, value->size < 8 ? value->size : 8) : store_in_register(node, word);
}

static struct error *assign_word(struct syscall_node *node, const char *text)
{
	_cleanup_str_ struct str expression = STR_INIT;
	const struct syscall_value *value = syscall_node_value(node);
	uint64_t word;
	if (node->is_result && !node->parent)
		notation_result(value, text, &expression);
	else
		notation_expression(value, text, &expression);
	struct error *error = inspect_integer(node->context, str_text(&expression), &word);
	if (error && notation_text_of(value) != NOTATION_NO_TEXT)
		return error_wrap(error, "neither text in quotes nor an address");
	if (error && value->type)
		return error_wrap(error, "neither a name for %s (%s) nor an expression", node->node.name, value->type);
	return error ? error : store_word(node, word);
}

static struct error *assign_bit(struct syscall_node *node, const char *text)
{
	struct syscall_node *parent = node->parent;
	const struct syscall_value *bit = syscall_node_value(node), *holder = syscall_node_value(parent);
	uint64_t flag, word = holder->value;
	struct error *error = inspect_integer(node->context, text, &flag);
	if (error)
		return error;
	if (holder->form != SYSCALL_VALUE_POINTER)
		return store_word(parent, notation_with_bit(holder, bit, word, flag));
	word = 0;   // a set of bits that the pointer points to
	size_t size = holder->memory_size && holder->memory_size < sizeof(word) ? (size_t)holder->memory_size : sizeof(word);
	error = memory_read(node->context->debugger->space.memory, holder->memory, &word, size);
	word = notation_with_bit(holder, bit, word, flag);
	return error ? error : write_memory(node, holder->memory, &word, size);
}

// ---- text -----------------------------------------------------------------------------------------------------------------

// How much may be written where the value is now, without the NUL.
static struct error *room_of(struct syscall_node *node, const struct syscall_value *value, size_t *room_ret)
{
	enum { STRING_MAX = 1 << 16 };
	_cleanup_str_ struct str now = STR_INIT;
	*room_ret = (size_t)value->memory_size;
	if (*room_ret)
		return NULL;
	struct error *error = memory_read_string(node->context->debugger->space.memory, value->memory, STRING_MAX, &now, NULL);
	*room_ret = now.length;
	return error;
}

static struct error *write_text_in_place(struct syscall_node *node, const struct syscall_value *value, const struct str *bytes)
{
	size_t room = 0, size = bytes->length;
	bool is_string = notation_text_of(value) == NOTATION_STRING;
	struct error *error = room_of(node, value, &room);
	if (!error && size > room)
		error = error_create(ERROR_INVALID, "there is room for %zu bytes, and this is %zu long", room, size);
	// Of a string that tells its own end the NUL stands behind `room`.
	bool is_ended = is_string && (size < room || !value->memory_size);
	return error ? error : write_memory(node, value->memory, str_text(bytes), size + is_ended);
}

// The program's own text stays as it is: other calls may use it, it may be a literal. A buffer keeps its tail.
static struct error *write_text_elsewhere(struct syscall_node *node, const struct syscall_value *value, const struct str *bytes)
{
	_cleanup_str_ struct str whole = STR_INIT;
	uint64_t address;
	str_append(&whole, str_text(bytes), bytes->length);
	struct error *error = NULL;
	if (value->memory_size > bytes->length && value->memory_size <= SCRATCH_SIZE / 4) {
		size_t tail = (size_t)value->memory_size - bytes->length;
		str_reserve(&whole, tail);
		error = memory_read(node->context->debugger->space.memory, value->memory + bytes->length, whole.data + whole.length, tail);
		whole.length += error ? 0 : tail;
	}
	if (!error)
		error = scratch_write(node->context->thread, whole.data ? whole.data : "", whole.length, &address);
	return error ? error : store_in_register(node, address);
}

static struct error *assign_text(struct syscall_node *node, const char *text)
{
	_cleanup_str_ struct str bytes = STR_INIT;
	const struct syscall_value *value = syscall_node_value(node);
	struct error *error = notation_parse_text(text, &bytes);
	if (error)
		return error;
	bool is_string = notation_text_of(value) == NOTATION_STRING;
	bool is_abstract = bytes.length && !bytes.data[0];   // a name of an abstract socket
	if (is_string && !is_abstract && memchr(str_text(&bytes), '\0', bytes.length))
		return error_create(ERROR_INVALID, "a string cannot contain \\0");
	bool is_movable = is_argument(node) && is_entry(node) && !value->is_output && !value->address && value->memory_size <= SCRATCH_SIZE / 4;
	if (!is_movable)
		return write_text_in_place(node, value, &bytes);
	error = write_text_elsewhere(node, value, &bytes);
	struct error *second = error ? write_text_in_place(node, value, &bytes) : NULL;
	if (second) {
		error_destroy(second);
		return error;
	}
	error_destroy(error);
	return NULL;
}

struct error *syscall_node_assign(struct node *base, const char *text)
{
	struct syscall_node *node = (struct syscall_node *)base;
	const struct syscall_value *value = syscall_node_value(node);
	const char *obstacle = syscall_node_obstacle(node);
	if (obstacle)
		return error_create(ERROR_STATE, "%s cannot be changed: %s", base->name, obstacle);
	if (value->form == SYSCALL_VALUE_BIT)
		return assign_bit(node, text);
	bool is_compound = value->form == SYSCALL_VALUE_POINTER && notation_text_of(value) == NOTATION_NO_TEXT;
	if (is_compound && str_equal(value->text, text))
		return NULL;   // an editor gives back what it was shown
	if (notation_text_of(value) != NOTATION_NO_TEXT && notation_is_text(text))
		return assign_text(node, text);
	if (value->form == SYSCALL_VALUE_EMBEDDED)
		return error_create(ERROR_INVALID, "%s is text: write it in quotes", base->name);
	if (is_compound && strchr("[{~", text[strspn(text, " ")]) && *text)
		return error_create(ERROR_INVALID, "%s is a pointer: give an address, or change its parts, each by itself", base->name);
	return assign_word(node, text);
}

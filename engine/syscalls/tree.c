// The parts of a value, collected while its words are made.
#include "engine/syscalls/decode.h"
#include "engine/syscalls/tree.h"

#include <stdio.h>

enum { PARTS_MAX = 20000 };

static struct syscall_value *add(struct tree *tree, const char *name, const char *type)
{
	if (tree->count >= PARTS_MAX)
		return NULL;
	struct syscall_value *value = arena_new(tree->arena, struct syscall_value);
	*value = (struct syscall_value){ .name = arena_strdup(tree->arena, name), .text = "", .type = type, .form = SYSCALL_VALUE_NOTE };
	*tree->tail = value;
	tree->tail = &value->next;
	if (tree->parent)
		tree->parent->child_count++;
	else
		tree->root = value;
	tree->count++;
	return value;
}

static struct part begin(const struct decode *decode, const char *name, const char *type)
{
	struct tree *tree = decode->tree;
	struct part part = { .start = decode->text->length };
	part.value = add(tree, name, type);
	part.parent = tree->parent;
	part.tail = tree->tail;
	if (part.value) {
		tree->parent = part.value;
		tree->tail = &part.value->children;
	}
	return part;
}

struct part decode_part(const struct decode *decode, const char *name, const char *type)
{
	return decode->tree ? begin(decode, name, type) : (struct part){ 0 };
}

void decode_part_end(const struct decode *decode, const struct part *part)
{
	struct tree *tree = decode->tree;
	if (!part->value)
		return;
	const char *words = decode->text->length > part->start ? decode->text->data + part->start : "";
	part->value->text = arena_strndup(tree->arena, words, decode->text->length - part->start);
	tree->parent = part->parent;
	tree->tail = part->tail;
}

void decode_note(const struct decode *decode, const char *name, const char *type, const char *text)
{
	struct syscall_value *value = decode->tree ? add(decode->tree, name, type) : NULL;
	if (value)
		value->text = arena_strdup(decode->tree->arena, text);
}

void decode_bit(const struct decode *decode, const char *name, uint64_t mask, bool is_set)
{
	struct syscall_value *value = decode->tree ? add(decode->tree, name, NULL) : NULL;
	if (!value)
		return;
	value->form = SYSCALL_VALUE_BIT;
	value->text = is_set ? "1" : "0";
	value->value = is_set;
	value->mask = mask;
}

static const char *kind_word(enum kind_id kind)
{
	static const char *const words[] = {
#define KIND(name, is_pointer) #name,
#include "engine/syscalls/kinds.def"
#undef KIND
	};
	return words[kind];
}

static const char *type_of(struct arena *arena, const struct argument *argument)
{
	const char *prefix;
	switch ((enum kind_id)argument->kind) {
	case KIND_structure: case KIND_sized: case KIND_moment: return arena_printf(arena, "struct %s", layouts[argument->detail].name);
	case KIND_structures: case KIND_moments: return arena_printf(arena, "struct %s[]", layouts[argument->detail].name);
	case KIND_array: return arena_printf(arena, "%s[]", kind_word(argument->element));
	case KIND_flags: case KIND_flags64: case KIND_choice: case KIND_result_flags:
		prefix = flag_sets[argument->detail].prefix;
		return prefix[0] ? arena_printf(arena, "%.*s*", (int)strcspn(prefix, "?"), prefix) : "flags";
	default: return kind_word(argument->kind);
	}
}

struct part tree_begin_value(const struct decode *decode, const char *name, uint64_t word, uint64_t place)
{
	const struct argument *argument = decode->argument;
	struct part part = begin(decode, name, type_of(decode->tree->arena, argument));
	struct syscall_value *value = part.value;
	if (!value)
		return part;
	bool is_pointer = kind_is_pointer(argument->kind);
	value->form = argument->is_embedded ? SYSCALL_VALUE_EMBEDDED : is_pointer ? SYSCALL_VALUE_POINTER : SYSCALL_VALUE_WORD;
	value->value = word;
	value->kind = argument->kind;
	value->detail = argument->detail;
	value->is_output = argument->direction != DIRECTION_IN;
	value->address = place;
	value->size = place && argument->size ? argument->size : decode_word_size(decode);
	value->is_pair = argument->kind == KIND_pair && !place;
	bool is_address = is_pointer || argument->kind == KIND_address || argument->kind == KIND_rseq;
	value->memory = is_address ? word : 0;
	value->memory_size = is_address && word ? tree_memory_size(decode) : 0;
	return part;
}

// What the value points to, in bytes; 0: unknown.
uint64_t tree_memory_size(const struct decode *decode)
{
	const struct argument *argument = decode->argument;
	bool is_of_result = argument->length_source == LENGTH_OF_RESULT;
	if (is_of_result && (decode->event->phase != SYSCALL_RETURN || decode->event->is_error))
		return 0;
	const struct layout *layout;
	uint64_t count = decode_length(decode), each;
	switch ((enum kind_id)argument->kind) {
	case KIND_structure: case KIND_moment:
		layout = decode_layout(decode, argument->detail);
		return layout ? layout->size : 0;
	case KIND_structures: case KIND_moments:
		layout = decode_layout(decode, argument->detail);
		each = layout ? layout->size : 0;
		break;
	case KIND_array: each = decode_element_size(decode, argument); break;
	case KIND_iovec: case KIND_iovec_bare: each = 2 * decode_word_size(decode); break;
	case KIND_characters: return argument->size;
	case KIND_unix_path: case KIND_address_data: return decode->base_size > argument->offset ? decode->base_size - argument->offset : 0;
	case KIND_wait_status: return 4;
	case KIND_siginfo: return 128;
	case KIND_path: case KIND_string: case KIND_string_list: case KIND_environment: case KIND_fd_set: return 0;
	default: each = 1; break;
	}
	return count > UINT32_MAX ? 0 : count * each;
}

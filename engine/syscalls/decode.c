// What every kind uses: reading, lengths, conditions, this ABI's sizes.
#include "engine/syscalls/decode.h"
#include "engine/syscalls/tree.h"

#include <stdio.h>

typedef void (*kind_fn)(const struct decode *decode, uint64_t value);

static const kind_fn kind_functions[] = {
#define KIND(name, is_pointer) kind_##name,
#include "engine/syscalls/kinds.def"
#undef KIND
};

bool decode_read(const struct decode *decode, uint64_t address, void *bytes, size_t size)
{
	struct memory *memory = decode->context->memory;
	return memory && memory_read_some(memory, address, bytes, size) == size;
}

unsigned decode_word_size(const struct decode *decode)
{
	return decode->event->abi == SYSCALL_ABI_X86_64 ? 8 : 4;
}

bool decode_read_word(const struct decode *decode, uint64_t address, uint64_t *word_ret)
{
	*word_ret = 0;
	return decode_read(decode, address, word_ret, decode_word_size(decode));
}

unsigned decode_element_size(const struct decode *decode, const struct argument *array)
{
	return array->element_size ? array->element_size : decode_word_size(decode);
}

const struct layout *decode_layout(const struct decode *decode, enum layout_id id)
{
	if (decode->event->abi == SYSCALL_ABI_X86_64)
		return &layouts[id];
	return layout_of_abi(decode->event->abi, id);
}

bool decode_is_verbose(const struct decode *decode)
{
	return decode->context->is_verbose;
}

unsigned decode_elements_max(const struct decode *decode)
{
	return decode->tree || decode_is_verbose(decode) ? DECODE_ELEMENTS_VERBOSE : DECODE_ELEMENTS_MAX;
}

bool decode_is_full(const struct decode *decode)
{
	return decode->text->length > DECODE_TEXT_MAX;
}

static void pointed_length(const struct decode *decode, uint64_t address, uint64_t *length)
{
	int32_t count = 0;
	if (decode_read(decode, address, &count, sizeof(count)) && count > 0)
		*length = (uint64_t)count;
}

uint64_t decode_length(const struct decode *decode)
{
	const struct argument *argument = decode->argument;
	uint64_t length = 0;
	switch ((enum length_source)argument->length_source) {
	case LENGTH_NONE: break;
	case LENGTH_LITERAL: length = argument->length; break;
	case LENGTH_ARGUMENT: length = decode->arguments[argument->length]; break;
	case LENGTH_POINTED: pointed_length(decode, decode->arguments[argument->length], &length); break;
	case LENGTH_OF_RESULT: length = (uint64_t)decode->event->result; break;
	case LENGTH_FIELD: memcpy(&length, decode->base + argument->length, argument->length_bytes); break;
	}
	if ((int64_t)length < 0)   // as long as may be; a failed call has left nothing
		return argument->length_source == LENGTH_OF_RESULT ? 0 : INT64_MAX;
	return length;
}

#define ARGUMENT(index) (decode->arguments[index])
#define FIELD(type, offset) (*(const type *)(const void *)(decode->base + (offset)))
#define IS_VERBOSE decode_is_verbose(decode)
#define IS_RETURN (decode->event->phase == SYSCALL_RETURN)
#define IN_TREE (decode->tree != NULL)
bool decode_condition(const struct decode *decode, enum condition_id condition)
{
	switch (condition) {
	case CONDITION_always: return true;
#define CONDITION(name, expression) \
	case CONDITION_##name: return (expression);
#include "engine/syscalls/conditions.def"
#undef CONDITION
	}
	return true;
}

static void decode_named(const struct decode *decode, const char *name, uint64_t value, uint64_t place)
{
	struct part part = tree_begin_value(decode, name, value, place);
	kind_functions[decode->argument->kind](decode, value);
	decode_part_end(decode, &part);
}

void decode_value(const struct decode *decode, const struct argument *argument, uint64_t value, uint64_t place)
{
	struct decode inner = *decode;
	inner.argument = argument;
	if (decode_is_full(decode))
		text_address(decode->text, value);
	else if (decode->tree)
		decode_named(&inner, argument->name, value, place);
	else
		kind_functions[argument->kind](&inner, value);
}

void decode_element(const struct decode *decode, const struct argument *argument, uint64_t position, uint64_t value, uint64_t place)
{
	struct decode inner = *decode;
	inner.argument = argument;
	if (!decode->tree) {
		decode_value(decode, argument, value, place);
		return;
	}
	char name[32];
	snprintf(name, sizeof(name), "[%llu]", (unsigned long long)position);
	decode_named(&inner, name, value, place);
}

void decode_flag_parts(const struct decode *decode, const struct flag_set *set, uint64_t value)
{
	if (!decode->tree || set->style == STYLE_ENUM || set->style == STYLE_SORTED)
		return;
	for (unsigned i = 0; i < set->count; i++) {
		uint64_t bits = set->flags[i].value;
		bool is_of_enum = set->style == STYLE_MIXED && (bits & ~set->mask) == 0;
		if (is_of_enum && bits == (value & set->mask))
			decode_bit(decode, set->flags[i].name, set->mask, true);
		else if (!is_of_enum && bits)
			decode_bit(decode, set->flags[i].name, bits, (value & bits) == bits);
	}
}

#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <stdio.h>


typedef void (*kind_fn)(const struct decode *decode, uint64_t value);

static const kind_fn kind_functions[] = {
#define KIND(name, is_portable) kind_##name,
#include "engine/syscalls/kinds.def"
#undef KIND
};

bool decode_read(const struct decode *decode, uint64_t address, void *bytes, size_t size)
{
	struct memory *memory = decode->context->memory;
	return memory && memory_read_some(memory, address, bytes, size) == size;
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
	}
	return (int64_t)length < 0 ? 0 : length;
}

#define ARGUMENT(index) (decode->arguments[index])
#define FIELD(type, offset) (*(const type *)(const void *)(decode->base + (offset)))
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

void decode_value(const struct decode *decode, const struct argument *argument, uint64_t value)
{
	struct decode inner = *decode;
	inner.argument = argument;
	kind_functions[argument->kind](&inner, value);
}

// Registers of a 32-bit program hold 32 bits.
static void fill_arguments(const struct syscall_event *event, uint64_t *arguments)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++)
		arguments[i] = event->abi == SYSCALL_ABI_I386 ? (uint32_t)event->arguments[i] : event->arguments[i];
}

static bool is_image_replaced(const struct syscall_event *event, const struct signature *signature)
{
	if (event->phase != SYSCALL_RETURN || event->is_error || !signature->row)
		return false;
	return str_equal(signature->row->name, "execve") || str_equal(signature->row->name, "execveat");
}

static bool is_pointer_kind(enum kind_id kind)
{
	switch (kind) {
	case KIND_path: case KIND_string: case KIND_buffer: case KIND_hex_buffer: case KIND_option: case KIND_array: case KIND_sigset:
	case KIND_structure: case KIND_structures: case KIND_fd_set: case KIND_cpu_set: case KIND_iovec: case KIND_iovec_bare:
	case KIND_string_list: case KIND_environment: case KIND_wait_status: case KIND_sockaddr: case KIND_dirents: return true;
	default: return false;
	}
}

// Is it only a word here: not filled yet or any more, or laid out for another ABI?
static bool is_opaque(const struct syscall_event *event, const struct signature *signature, const struct argument *argument)
{
	if (event->abi != SYSCALL_ABI_X86_64 && !kind_is_portable(argument->kind))
		return true;
	if (!is_pointer_kind(argument->kind))
		return false;
	if (is_image_replaced(event, signature))
		return true;
	if (argument->direction != DIRECTION_OUT)
		return false;
	if (event->phase == SYSCALL_ENTRY)
		return true;
	return event->is_error && !argument->is_filled_on_error;
}

static void format_argument(const struct decode *decode, const struct signature *signature, unsigned index)
{
	const struct argument *argument = signature->arguments[index];
	if (is_opaque(decode->event, signature, argument))
		text_address(decode->text, decode->arguments[index]);
	else
		decode_value(decode, argument, decode->arguments[index]);
}

void syscall_format_argument(const struct syscall_event *event, unsigned index, const struct syscall_context *context, struct str *text)
{
	if (index >= SYSCALL_ARGUMENT_MAX)
		return;
	struct signature signature;
	uint64_t arguments[SYSCALL_ARGUMENT_MAX];
	fill_arguments(event, arguments);
	syscall_signature(event, &signature);
	struct decode decode = { .event = event, .context = context, .arguments = arguments, .text = text };
	format_argument(&decode, &signature, index);
}

static bool is_restart(const struct syscall_event *event)
{
	int64_t result = event->result;
	return result <= -512 && result >= -516 && result != -515;
}

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
	int number = event->result < 0 && event->result >= -4095 ? (int)-event->result : 0;
	const char *name = errno_name(number);
	if (is_restart(event)) {
		str_printf(text, "? %s (%s)", name, restart_words(number));
		return;
	}
	const char *words = number < 512 ? strerrordesc_np(number) : NULL;
	if (name)
		str_printf(text, "-1 %s", name);
	else
		str_printf(text, "-1 (errno %" PRIu64 ")", -(uint64_t)event->result);
	if (name && words)
		str_printf(text, " (%s)", words);
}

static void format_result(const struct decode *decode, const struct signature *signature)
{
	const struct syscall_event *event = decode->event;
	if (signature->result->kind == KIND_none) {
		str_char(decode->text, '?');
	} else if (event->is_error) {
		format_error(event, decode->text);
	} else {
		decode_value(decode, signature->result, (uint64_t)event->result);
	}
}

void syscall_format_result(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	struct signature signature;
	uint64_t arguments[SYSCALL_ARGUMENT_MAX];
	fill_arguments(event, arguments);
	syscall_signature(event, &signature);
	struct decode decode = { .event = event, .context = context, .arguments = arguments, .text = text };
	format_result(&decode, &signature);
}

void syscall_format(const struct syscall_event *event, const struct syscall_context *context, struct str *text)
{
	struct signature signature;
	uint64_t arguments[SYSCALL_ARGUMENT_MAX];
	fill_arguments(event, arguments);
	syscall_signature(event, &signature);
	struct decode decode = { .event = event, .context = context, .arguments = arguments, .text = text };
	str_add(text, signature.row ? signature.row->name : syscall_name(event->abi, event->number));
	str_char(text, '(');
	bool is_first = true;
	for (unsigned i = 0; i < signature.count; i++) {
		if (!decode_condition(&decode, signature.arguments[i]->condition))
			continue;
		if (!is_first)
			str_add(text, ", ");
		is_first = false;
		format_argument(&decode, &signature, i);
	}
	str_char(text, ')');
	if (event->phase == SYSCALL_ENTRY)
		return;
	str_add(text, " = ");
	format_result(&decode, &signature);
}

static uint64_t memory_size(const struct decode *decode, const struct argument *argument)
{
	struct decode inner = *decode;
	inner.argument = argument;
	uint64_t count = decode_length(&inner);
	switch ((enum kind_id)argument->kind) {
	case KIND_structure: return layouts[argument->detail].size;
	case KIND_structures: return count > UINT32_MAX ? 0 : count * layouts[argument->detail].size;
	case KIND_array: return count > UINT32_MAX ? 0 : count * argument->size;
	case KIND_iovec: case KIND_iovec_bare: return count > 1024 ? 0 : count * 16;
	case KIND_wait_status: return 4;
	case KIND_path: case KIND_string: case KIND_string_list: case KIND_environment: case KIND_fd_set: return 0;
	default: return count;
	}
}

bool syscall_argument_memory(const struct syscall_event *event, unsigned index, uint64_t *address_ret, uint64_t *size_ret)
{
	struct signature signature;
	syscall_signature(event, &signature);
	if (index >= signature.count)
		return false;
	const struct argument *argument = signature.arguments[index];
	uint64_t arguments[SYSCALL_ARGUMENT_MAX];
	fill_arguments(event, arguments);
	bool is_pointer = is_pointer_kind(argument->kind) || argument->kind == KIND_address || argument->kind == KIND_rseq;
	if (!is_pointer || !arguments[index])
		return false;
	static const struct syscall_context nowhere = { 0 };
	struct decode decode = { .event = event, .context = &nowhere, .arguments = arguments };
	*address_ret = arguments[index];
	bool is_count_known = argument->length_source != LENGTH_OF_RESULT || (event->phase == SYSCALL_RETURN && !event->is_error);
	*size_ret = is_count_known ? memory_size(&decode, argument) : 0;
	return true;
}

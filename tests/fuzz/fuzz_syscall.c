// links: ptdap_syscalls
// Hostile arguments and memory through every decoder: the input is an event, then the debuggee's memory.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/syscalls/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct image {
	const uint8_t *bytes;
	size_t size;
};
#define BASE UINT64_C(0x10000)
enum { PICK_NUMBERS = 480 };

static size_t image_read(void *data, uint64_t address, void *bytes, size_t size)
{
	const struct image *image = data;
	if (address < BASE || address - BASE >= image->size)
		return 0;
	size_t there = image->size - (size_t)(address - BASE);
	size_t count = size < there ? size : there;
	memcpy(bytes, image->bytes + (address - BASE), count);
	return count;
}

static size_t image_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data, (void)address, (void)bytes, (void)size;
	return 0;
}

static void check_tree(const struct syscall_value *value, unsigned depth)
{
	size_t count = 0;
	for (const struct syscall_value *child = value->children; child; child = child->next, count++)
		check_tree(child, depth + 1);
	if (count != value->child_count || depth > 32 || !value->name || !value->text)
		__builtin_trap();
}

static void build_trees(const struct syscall_event *event, const struct syscall_context *context)
{
	struct arena *arena = arena_create();
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++)
		check_tree(syscall_argument_value(event, i, context, arena), 0);
	check_tree(syscall_result_value(event, context, arena), 0);
	arena_destroy(arena);
}

static void format_all(struct syscall_event *event, struct syscall_context *context)
{
	struct syscall_entry entry = { 0 };
	for (int phase = 0; phase < 3; phase++) {
		struct str text = STR_INIT;
		event->phase = phase ? SYSCALL_RETURN : SYSCALL_ENTRY;
		context->entry = phase == 2 ? &entry : NULL;
		if (!phase)
			syscall_entry_take(&entry, event, context);
		syscall_format(event, context, &text);
		for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++) {
			uint64_t address, length;
			syscall_format_argument(event, i, context, &text);
			syscall_argument_memory(event, i, &address, &length);
		}
		if (text.length > 32u << 20)
			__builtin_trap();
		str_deinit(&text);
		build_trees(event, context);
	}
	syscall_entry_deinit(&entry);
}

// Header: number (2), abi and error (1), which arguments point into memory (1), limit (1), result (8), six arguments (48).
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { HEADER = 61 };
	if (size < HEADER)
		return 0;
	struct image image = { data + HEADER, size - HEADER };
	struct syscall_event event = { .number = (uint64_t)(data[0] | data[1] << 8) % PICK_NUMBERS, .abi = data[2] % 3, .is_error = data[2] & 64 };
	if (event.abi == SYSCALL_ABI_X32 && data[2] & 32)
		event.number = 512 + event.number % 40;
	memcpy(&event.result, data + 5, 8);
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++) {
		memcpy(&event.arguments[i], data + 13 + 8 * i, 8);
		if (data[3] >> i & 1)
			event.arguments[i] = BASE + event.arguments[i] % 8192;
	}
	struct memory *memory = memory_create((struct memory_io){ image_read, image_write, &image });
	struct syscall_context context = { .memory = memory, .string_limit = data[4], .is_verbose = data[2] & 16 };
	format_all(&event, &context);
	memory_destroy(memory);
	return 0;
}

// A debuggee's memory made of one buffer at BASE; everything around it is unmapped.
#pragma once

#include <string.h>

#include "engine/syscalls/syscall.h"

enum { FIXTURE_SIZE = 8192 };
#define BASE UINT64_C(0x10000)

struct fixture {
	uint8_t bytes[FIXTURE_SIZE];
	struct memory *memory;
	struct syscall_context context;
	struct str text;
};

static size_t fixture_read(void *data, uint64_t address, void *bytes, size_t size)
{
	struct fixture *fixture = data;
	if (address < BASE || address >= BASE + FIXTURE_SIZE)
		return 0;
	size_t there = (size_t)(BASE + FIXTURE_SIZE - address);
	size_t count = size < there ? size : there;
	memcpy(bytes, fixture->bytes + (address - BASE), count);
	return count;
}

static size_t fixture_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data, (void)address, (void)bytes, (void)size;
	return 0;
}

static inline void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->memory = memory_create((struct memory_io){ fixture_read, fixture_write, fixture });
	fixture->context.memory = fixture->memory;
}

static inline void fixture_deinit(struct fixture *fixture)
{
	memory_destroy(fixture->memory);
	str_deinit(&fixture->text);
}

static inline uint64_t fixture_put(struct fixture *fixture, unsigned offset, const void *bytes, size_t size)
{
	memcpy(fixture->bytes + offset, bytes, size);
	memory_forget(fixture->memory);
	return BASE + offset;
}

static inline uint64_t fixture_put_text(struct fixture *fixture, unsigned offset, const char *text)
{
	return fixture_put(fixture, offset, text, strlen(text) + 1);
}

static inline const char *fixture_format(struct fixture *fixture, const struct syscall_event *event)
{
	str_clear(&fixture->text);
	syscall_format(event, &fixture->context, &fixture->text);
	return str_text(&fixture->text);
}

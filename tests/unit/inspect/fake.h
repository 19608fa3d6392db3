// A struct debugger made by hand: fabricated memory, registers and signals, no process. Regions that overlap: the newest counts.
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/debugger.h"
#include "engine/run/tracer.h"
#include "engine/run/state.h"

enum { FAKE_PID = 1 << 30 };   // more than any kernel gives

struct fake_region {
	uint64_t start;
	size_t size;
	uint8_t *bytes;
	bool is_read_only;
};

struct fake {
	struct debugger debugger;
	struct tracer tracer;
	struct target target;
	struct target_ops ops;
	struct debugger_listener listener;
	struct user_regs_struct registers;   // of every thread
	VEC(struct fake_region) regions;
	struct arena *arena;                 // for results
	uint64_t changed_address;            // of the last changed() call
	size_t changed_size;
	unsigned changed_count;
};

static struct fake_region *fake_find(struct fake *fake, uint64_t address)
{
	for (size_t i = fake->regions.count; i--;)
		if (address - fake->regions.items[i].start < fake->regions.items[i].size)
			return &fake->regions.items[i];
	return NULL;
}

static size_t fake_move(struct fake *fake, uint64_t address, uint8_t *out, const uint8_t *in, size_t size)
{
	size_t done = 0;
	for (; done < size; done++) {
		struct fake_region *region = fake_find(fake, address + done);
		if (!region || (in && region->is_read_only))
			break;
		uint8_t *byte = &region->bytes[address + done - region->start];
		if (in)
			*byte = in[done];
		else
			out[done] = *byte;
	}
	return done;
}

static size_t fake_read(void *data, uint64_t address, void *bytes, size_t size)
{
	return fake_move(data, address, bytes, NULL, size);
}

static size_t fake_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	return fake_move(data, address, NULL, bytes, size);
}

static struct error *fake_get_registers(struct target *target, pid_t tid, struct user_regs_struct *registers_ret)
{
	(void)tid;
	*registers_ret = ((struct fake *)((char *)target - offsetof(struct fake, target)))->registers;
	return NULL;
}

static void fake_changed(void *data, uint64_t address, size_t size)
{
	struct fake *fake = data;
	fake->changed_address = address;
	fake->changed_size = size;
	fake->changed_count++;
}

// Whole pages, filled with `fill`; gives the bytes.
static uint8_t *fake_map(struct fake *fake, uint64_t start, size_t size, uint8_t fill)
{
	uint8_t *bytes = xmalloc(size);
	memset(bytes, fill, size);
	*vec_push(&fake->regions) = (struct fake_region){ start, size, bytes, false };
	return bytes;
}

static struct thread *fake_thread(struct fake *fake, pid_t tid)
{
	struct thread *thread = thread_create(&fake->debugger, tid, THREAD_MEMBER);
	thread->state = THREAD_STOPPED;
	return thread;
}

// Stopped with one thread, nothing mapped.
static struct fake *fake_create(void)
{
	struct fake *fake = xcalloc(1, sizeof(*fake));
	struct debugger *debugger = &fake->debugger;
	fake->ops.get_registers = fake_get_registers;
	fake->target = (struct target){ &fake->ops, -1 };
	fake->listener.changed = fake_changed;
	fake->arena = arena_create();
	fake->tracer.target = &fake->target;
	debugger->tracer = &fake->tracer;
	debugger->target = &fake->target;
	debugger->listener = &fake->listener;
	debugger->data = fake;
	debugger->pid = FAKE_PID;
	debugger->phase = PHASE_STOPPED;
	debugger->stop_arena = arena_create();
	debugger->space.memory = memory_create((struct memory_io){ fake_read, fake_write, fake });
	debugger->space.modules = modules_create();
	fake_thread(fake, FAKE_PID);
	return fake;
}

static void fake_destroy(struct fake *fake)
{
	struct debugger *debugger = &fake->debugger;
	while (debugger->threads.count)
		thread_destroy(map_next(&debugger->threads, NULL)->value);
	map_deinit(&fake->tracer.threads);
	map_deinit(&debugger->threads);
	memory_destroy(debugger->space.memory);
	modules_destroy(debugger->space.modules);
	strmap_deinit(&debugger->sources_present);
	strmap_deinit(&debugger->sources_absent);
	arena_destroy(debugger->stop_arena);
	arena_destroy(fake->arena);
	vec_each(region, &fake->regions)
		free(region->bytes);
	vec_deinit(&fake->regions);
	free(fake);
}

// Maps the program's segments as the kernel would, at `bias`, and adds the module.
static inline struct module *fake_load(struct fake *fake, const char *path, uint64_t bias)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	uint8_t *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(file, MAP_FAILED);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(file + header->e_phoff);
	struct module_spec spec = { .path = path, .file_path = path, .start = UINT64_MAX, .is_executable = true };
	for (unsigned i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type != PT_LOAD)
			continue;
		uint64_t start = (segments[i].p_vaddr & ~UINT64_C(4095)) + bias;
		uint64_t end = ((segments[i].p_vaddr + segments[i].p_memsz + 4095) & ~UINT64_C(4095)) + bias;
		uint8_t *bytes = fake_map(fake, start, end - start, 0);
		memcpy(bytes + segments[i].p_vaddr % 4096, file + segments[i].p_offset, segments[i].p_filesz);
		spec.start = start < spec.start ? start : spec.start;
		spec.end = end;
	}
	munmap(file, (size_t)status.st_size);
	struct module *module;
	assert_null(modules_add(fake->debugger.space.modules, &spec, &module));
	return module;
}

static int fake_setup(void **state)
{
	*state = fake_create();
	return 0;
}

static int fake_teardown(void **state)
{
	fake_destroy(*state);
	return 0;
}

static inline void assert_fails(struct error *error, enum error_code code, const char *words)
{
	assert_non_null(error);
	assert_int_equal(error->code, code);
	if (words && !strstr(error->message, words))
		fail_msg("\"%s\" does not say \"%s\"", error->message, words);
	error_destroy(error);
}

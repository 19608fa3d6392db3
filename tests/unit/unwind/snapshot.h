// A process seen through what tests/programs/unwind_snapshot.h writes: modules, memory and registers for the unwinder, and what
// the program says must come out.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/vec.h"
#include "engine/unwind/frame.h"

struct snapshot_region {
	uint64_t start, size;
	const uint8_t *bytes;
	bool is_mapped;          // munmap instead of free
};

struct snapshot_map {
	uint64_t start, end, offset;
	char path[256];
};

struct snapshot_expectation {
	char name[32];
	uint64_t value;
};

struct snapshot {
	FILE *pipe;
	char *line;
	size_t line_capacity;
	VEC(struct snapshot_map) maps;
	VEC(struct snapshot_region) regions;   // the newest first when reading
	VEC(struct snapshot_expectation) expectations;
	struct user_regs_struct registers;
	struct modules *modules;
	struct memory *memory;
};

static size_t snapshot_read_memory(void *data, uint64_t address, void *bytes, size_t size)
{
	const struct snapshot *snapshot = data;
	size_t done = 0;
	while (done < size) {
		const struct snapshot_region *found = NULL;
		for (size_t i = snapshot->regions.count; i-- && !found;)
			if (address + done - snapshot->regions.items[i].start < snapshot->regions.items[i].size)
				found = &snapshot->regions.items[i];
		if (!found)
			break;
		uint64_t offset = address + done - found->start;
		size_t part = size - done < found->size - offset ? size - done : found->size - offset;
		memcpy((uint8_t *)bytes + done, found->bytes + offset, part);
		done += part;
	}
	return done;
}

static size_t snapshot_write_memory(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data, (void)address, (void)bytes, (void)size;
	return 0;
}

static void snapshot_parse_registers(struct snapshot *snapshot, const char *text)
{
	for (int i = 0; i < DWARF_REGISTER_COUNT; i++) {
		char *end;
		registers_set_dwarf(&snapshot->registers, i, strtoull(text, &end, 16));
		assert_ptr_not_equal(end, text);
		text = end;
	}
}

static void snapshot_parse_memory(struct snapshot *snapshot, const char *text)
{
	struct snapshot_region *region = vec_push(&snapshot->regions);
	assert_int_equal(sscanf(text, "%lx %lx", &region->start, &region->size), 2);
	uint8_t *bytes = xmalloc(region->size);
	assert_int_equal(fread(bytes, 1, region->size, snapshot->pipe), region->size);
	assert_int_equal(fgetc(snapshot->pipe), '\n');
	region->bytes = bytes;
}

// Reads lines until one that begins with `last` was taken in. False at "end".
static bool snapshot_read(struct snapshot *snapshot, const char *last)
{
	while (getline(&snapshot->line, &snapshot->line_capacity, snapshot->pipe) > 0) {
		const char *line = snapshot->line;
		struct snapshot_map map = { 0 };
		struct snapshot_expectation expectation;
		if (sscanf(line, "map %lx-%lx %*s %lx %*s %*s %255s", &map.start, &map.end, &map.offset, map.path) == 4)
			*vec_push(&snapshot->maps) = map;
		else if (sscanf(line, "expect %31s %lx", expectation.name, &expectation.value) == 2)
			*vec_push(&snapshot->expectations) = expectation;
		else if (str_starts(line, "registers "))
			snapshot_parse_registers(snapshot, line + strlen("registers "));
		else if (str_starts(line, "memory "))
			snapshot_parse_memory(snapshot, line + strlen("memory "));
		else if (str_starts(line, "end"))
			return false;
		if (str_starts(line, last))
			return true;
	}
	fail_msg("the program's output ends too early");
	return false;
}

static void snapshot_map_file(struct snapshot *snapshot, const struct snapshot_map *map)
{
	_cleanup_close_ int fd = open(map->path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct stat status;
	assert_int_equal(fstat(fd, &status), 0);
	uint64_t size = map->end - map->start;
	if ((uint64_t)status.st_size <= map->offset)
		return;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)map->offset);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	uint64_t in_file = (uint64_t)status.st_size - map->offset;
	uint64_t readable = (in_file + 4095) & ~UINT64_C(4095);
	*vec_push(&snapshot->regions) = (struct snapshot_region){ map->start, readable < size ? readable : size, bytes, true };
}

static void snapshot_add_module(struct snapshot *snapshot, size_t first)
{
	const struct snapshot_map *map = &snapshot->maps.items[first];
	struct module_spec spec = { .path = map->path, .start = map->start, .is_executable = first == 0 };
	for (size_t i = first; i < snapshot->maps.count && str_equal(snapshot->maps.items[i].path, map->path); i++)
		spec.end = snapshot->maps.items[i].end;
	if (map->path[0] == '/')
		spec.file_path = map->path;
	for (size_t i = 0; i < snapshot->regions.count && !spec.file_path && !spec.image; i++) {
		if (snapshot->regions.items[i].start == map->start) {
			spec.image = snapshot->regions.items[i].bytes;
			spec.image_size = snapshot->regions.items[i].size;
		}
	}
	struct module *module;
	assert_null(modules_add(snapshot->modules, &spec, &module));
}

// Makes modules and the files' part of memory from the map lines read so far.
static void snapshot_load(struct snapshot *snapshot)
{
	snapshot->modules = modules_create();
	for (size_t i = 0; i < snapshot->maps.count; i++) {
		const struct snapshot_map *map = &snapshot->maps.items[i];
		bool is_first = !i || !str_equal(map->path, snapshot->maps.items[i - 1].path);
		if (map->path[0] == '/')
			snapshot_map_file(snapshot, map);
		if (is_first && (map->path[0] == '/' || str_equal(map->path, "[vdso]")))
			snapshot_add_module(snapshot, i);
	}
	snapshot->memory = memory_create((struct memory_io){ snapshot_read_memory, snapshot_write_memory, snapshot });
}

static void snapshot_open(struct snapshot *snapshot, const char *command)
{
	*snapshot = (struct snapshot){ .pipe = popen(command, "r") };
	assert_non_null(snapshot->pipe);
}

static void snapshot_close(struct snapshot *snapshot)
{
	assert_int_equal(pclose(snapshot->pipe), 0);
	memory_destroy(snapshot->memory);
	modules_destroy(snapshot->modules);
	vec_each(region, &snapshot->regions) {
		if (region->is_mapped)
			munmap((void *)region->bytes, region->size);
		else
			free((void *)region->bytes);
	}
	vec_deinit(&snapshot->regions);
	vec_deinit(&snapshot->maps);
	vec_deinit(&snapshot->expectations);
	free(snapshot->line);
}

// The value expected under a name; `index` counts those of the same name.
static bool snapshot_expects(const struct snapshot *snapshot, const char *name, size_t index, uint64_t *value_ret)
{
	for (size_t i = 0; i < snapshot->expectations.count; i++) {
		if (str_equal(snapshot->expectations.items[i].name, name) && !index--) {
			*value_ret = snapshot->expectations.items[i].value;
			return true;
		}
	}
	return false;
}

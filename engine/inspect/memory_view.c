// Raw memory for the client: reading, writing, and where it is mapped.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/inspect/code_walk.h"

struct error *inspect_require_memory(const struct debugger *debugger)
{
	switch (debugger->phase) {
	case PHASE_IDLE: return error_create(ERROR_STATE, "nothing is being debugged yet");
	case PHASE_ENDED: return error_create(ERROR_STATE, "the program has ended");
	default: break;
	}
	if (debugger->is_free)
		return error_create(ERROR_STATE, "the program runs without debugging (noDebug)");
	if (!debugger->space.memory || !debugger->space.modules)
		return error_create(ERROR_STATE, "the program is not started yet");
	return NULL;
}

struct error *debugger_read_memory(struct debugger *debugger, uint64_t address, void *bytes, size_t size, size_t *read_ret)
{
	struct error *error = inspect_require_memory(debugger);
	if (!error)
		*read_ret = memory_read_some(debugger->space.memory, address, bytes, size);
	return error;
}

// ---- writing --------------------------------------------------------------------------------------------------------------

static struct error *write_all(struct memory *memory, uint64_t address, const void *bytes, size_t size)
{
	_cleanup_free_ uint8_t *before = xmalloc(size);
	struct error *error = memory_read(memory, address, before, size);
	if (error)
		return error_wrap(error, "cannot write all of it");
	size_t done = memory_write_some(memory, address, bytes, size);
	if (done == size)
		return NULL;
	memory_write_some(memory, address, before, done);   // all or nothing
	return error_fault(address + done, "cannot write memory at 0x%" PRIx64 "; nothing was changed", address + done);
}

static struct error *write_some(struct memory *memory, uint64_t address, const void *bytes, size_t size, size_t *written_ret)
{
	size_t done = memory_write_some(memory, address, bytes, size);
	if (!done)
		return error_fault(address, "cannot write memory at 0x%" PRIx64, address);
	*written_ret = done;
	return NULL;
}

struct error *debugger_write_memory(struct debugger *debugger, uint64_t address, const void *bytes, size_t size, bool allow_partial,
				    size_t *written_ret)
{
	size_t written = size;
	struct error *error = inspect_require_memory(debugger);
	if (!error && size)
		error = allow_partial ? write_some(debugger->space.memory, address, bytes, size, &written)
				      : write_all(debugger->space.memory, address, bytes, size);
	if (error)
		return error;
	*written_ret = written;
	debugger->changes++;
	if (written && debugger->listener->changed)
		debugger->listener->changed(debugger->data, address, written);
	return NULL;
}

// ---- what is mapped -------------------------------------------------------------------------------------------------------

enum { PROBE_MAX = 65536 };

static bool is_readable(struct debugger *debugger, uint64_t address)
{
	uint8_t byte;
	return memory_read_some(debugger->space.memory, address, &byte, 1) == 1;
}

// The first mapping, at its start or at `address` inside it, that can really be read ([vvar] cannot, nor pages behind a file's end).
static uint64_t readable_in_maps(struct debugger *debugger, FILE *maps, uint64_t address, uint64_t limit, bool *is_any_ret)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	uint64_t found = limit;
	while (found == limit && getline(&line, &capacity, maps) > 0) {
		uint64_t start;
		uint64_t end;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		*is_any_ret = true;
		uint64_t first = start > address ? start : address;
		if (first >= limit)
			break;
		if (first < end && is_readable(debugger, first))
			found = first;
	}
	return found;
}

// Without a list of mappings.
static uint64_t readable_by_probing(struct debugger *debugger, uint64_t address, uint64_t limit)
{
	for (unsigned i = 0; i < PROBE_MAX && address < limit; i++) {
		if (is_readable(debugger, address))
			return address;
		uint64_t next = (address & ~(uint64_t)(CODE_PAGE - 1)) + CODE_PAGE;
		if (next < address)
			break;
		address = next;
	}
	return limit;
}

uint64_t debugger_next_readable(struct debugger *debugger, uint64_t address, uint64_t limit)
{
	struct error *error = inspect_require_memory(debugger);
	if (error || address >= limit) {
		error_destroy(error);
		return limit;
	}
	// A leader that has exited while other threads live has no mappings to show; any other thread does.
	struct thread *thread = debugger_any_thread(debugger);
	pid_t tid = thread ? thread->tid : debugger->pid;
	_cleanup_free_ char *path = xasprintf("/proc/%d/task/%d/maps", debugger->pid, tid);
	FILE *maps = fopen(path, "re");
	bool is_any = false;
	uint64_t found = maps ? readable_in_maps(debugger, maps, address, limit, &is_any) : limit;
	if (maps)
		fclose(maps);
	return is_any ? found : readable_by_probing(debugger, address, limit);
}

// Memory of our own in the debuggee, for text that a call is to read.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "engine/run/site.h"
#include "engine/run/syscall_edit.h"

static struct error *map_scratch(struct thread *thread)
{
	struct address_space *space = &thread->debugger->space;
	// Below 2 GiB: a call of a 32-bit ABI reaches it, too.
	uint64_t arguments[6] = { 0, SCRATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, (uint64_t)-1, 0 };
	int64_t result;
	struct error *error = inject_syscall(thread, SYS_mmap, arguments, &result);
	if (error)
		return error;
	if (result < 0 && result > -4096)
		return error_system((int)-result, "mapping memory in the debuggee");
	// A seccomp filter of the program may have answered for the kernel.
	if (!result || result % 4096 || result >= INT64_C(1) << 32)
		return error_create(ERROR_UNAVAILABLE, "the debuggee does not let memory be mapped");
	LOG("engine", "scratch memory at 0x%llx", (unsigned long long)result);
	space->scratch = (uint64_t)result;
	space->scratch_used = 0;
	return NULL;
}

struct error *scratch_write(struct thread *thread, const void *bytes, size_t size, uint64_t *address_ret)
{
	enum { ALIGNMENT = 16 };
	struct address_space *space = &thread->debugger->space;
	if (size > SCRATCH_SIZE / 4)
		return error_create(ERROR_INVALID, "%zu bytes are too long; %d is the most", size, SCRATCH_SIZE / 4);
	struct error *error = space->scratch ? NULL : map_scratch(thread);
	if (error)
		return error;
	size_t room = (size / ALIGNMENT + 1) * ALIGNMENT;
	if (space->scratch_used + room > SCRATCH_SIZE)
		space->scratch_used = 0;
	uint64_t address = space->scratch + space->scratch_used;
	uint8_t *padded = xcalloc(1, room);
	memcpy(padded, bytes, size);
	error = memory_write(space->memory, address, padded, room);
	free(padded);
	if (error)
		return error;
	space->scratch_used += (uint32_t)room;
	*address_ret = address;
	return NULL;
}

static bool is_in_use(struct debugger *debugger)
{
	for (struct map_entry *entry = map_next(&debugger->threads, NULL); entry; entry = map_next(&debugger->threads, entry))
		if (((struct thread *)entry->value)->edits.mask)
			return true;
	return false;
}

void scratch_unmap(struct thread *thread)
{
	struct address_space *space = &thread->debugger->space;
	uint64_t arguments[6] = { space->scratch, SCRATCH_SIZE };
	int64_t result;
	if (space->scratch && !is_in_use(thread->debugger))
		error_destroy(inject_syscall(thread, SYS_munmap, arguments, &result));   // at worst unused memory stays
	space->scratch = 0;
}

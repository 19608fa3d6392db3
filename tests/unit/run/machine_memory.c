// The memory of the fabricated processes.
#include "tests/unit/run/machine_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/memory.h"

struct machine_page *machine_find_page(struct machine *machine, pid_t process, uint64_t address)
{
	vec_each(page, &machine->pages)
		if (page->process == process && page->address == address)
			return page;
	return NULL;
}

struct machine_page *machine_add_page(struct machine *machine, pid_t process, uint64_t address)
{
	struct machine_page *page = vec_push(&machine->pages);
	*page = (struct machine_page){ process, address, xcalloc(1, PAGE) };
	return page;
}

static bool read_original(const struct machine *machine, uint64_t address, uint8_t *bytes)
{
	struct iovec to = { bytes, PAGE };
	struct iovec from = { (void *)address, PAGE };
	return process_vm_readv(machine->pid, &to, 1, &from, 1, 0) == PAGE;
}

// Pages of the real process are copied when they are first touched.
static struct machine_page *touch_page(struct machine *machine, pid_t process, uint64_t address)
{
	uint8_t bytes[PAGE];
	struct machine_page *page = machine_find_page(machine, process, address);
	if (page)
		return page;
	bool is_stack = address >= STACK_TOP - STACK_BYTES && address < STACK_TOP;
	if (!is_stack && !read_original(machine, address, bytes))
		return NULL;
	page = machine_add_page(machine, process, address);
	if (!is_stack)
		memcpy(page->bytes, bytes, PAGE);
	return page;
}

size_t machine_move(struct machine *machine, pid_t process, uint64_t address, uint8_t *out, const uint8_t *in, size_t size)
{
	size_t done = 0;
	while (done < size) {
		uint64_t at = address + done;
		struct machine_page *page = touch_page(machine, process, at & ~(uint64_t)(PAGE - 1));
		size_t part = PAGE - at % PAGE;
		if (!page)
			break;
		if (part > size - done)
			part = size - done;
		if (in)
			memcpy(page->bytes + at % PAGE, in + done, part);
		else
			memcpy(out + done, page->bytes + at % PAGE, part);
		done += part;
	}
	return done;
}

void machine_drop_pages(struct machine *machine, pid_t process)
{
	for (size_t i = machine->pages.count; i-- > 0;) {
		if (machine->pages.items[i].process != process)
			continue;
		free(machine->pages.items[i].bytes);
		vec_remove(&machine->pages, i);
	}
}

void machine_copy_pages(struct machine *machine, pid_t from, pid_t to)
{
	size_t count = machine->pages.count;
	for (size_t i = 0; i < count; i++) {
		if (machine->pages.items[i].process != from)
			continue;
		const uint8_t *bytes = machine->pages.items[i].bytes;
		memcpy(machine_add_page(machine, to, machine->pages.items[i].address)->bytes, bytes, PAGE);
	}
}

const char *machine_page_traces(struct machine *machine, const struct machine_page *page)
{
	uint8_t original[PAGE];
	bool is_stack = page->address >= STACK_TOP - STACK_BYTES && page->address < STACK_TOP;
	if (is_stack)
		return NULL;
	if (!read_original(machine, page->address, original))
		return "a page of the debugger is left";
	return memcmp(original, page->bytes, PAGE) == 0 ? NULL : "bytes are patched";
}

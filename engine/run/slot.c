// Out-of-line copies of displaced instructions, in pages of the debuggee that we map near its code.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "engine/run/site.h"

enum { SLOT_PAGE_SIZE = 4096, SLOTS_IN_PAGE = SLOT_PAGE_SIZE / INSTRUCTION_SLOT_MAX };

// rip-relative operands must reach what they reached before, from a place up to this far away: half of +-2 GiB is left to them.
static const uint64_t slot_reach = 1u << 30;

static bool is_near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) < slot_reach;
}

// The free gap in the address space that is nearest to `address`.
static struct error *find_gap(pid_t pid, uint64_t address, uint64_t *gap_ret)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	if (!maps)
		return error_system(errno, "reading %s", path);
	uint64_t previous_end = 0x10000;   // below: vm.mmap_min_addr
	uint64_t best = 0;
	uint64_t best_distance = UINT64_MAX;
	char line[4096 + 256];
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start;
		uint64_t end;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (start >= previous_end + 2 * SLOT_PAGE_SIZE) {
			// A page is left free at both ends: the heap and stacks grow.
			uint64_t candidates[] = { previous_end + SLOT_PAGE_SIZE, start - 2 * SLOT_PAGE_SIZE };
			for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
				uint64_t distance = candidates[i] > address ? candidates[i] - address : address - candidates[i];
				if (distance < best_distance) {
					best_distance = distance;
					best = candidates[i];
				}
			}
		}
		previous_end = end;
	}
	fclose(maps);
	if (!best || best_distance >= slot_reach)
		return error_create(ERROR_UNAVAILABLE, "no free memory near 0x%" PRIx64, address);
	*gap_ret = best;
	return NULL;
}

static struct error *add_page(struct thread *thread, uint64_t address, struct slot_page **page_ret)
{
	struct address_space *space = &thread->debugger->space;
	uint64_t gap;
	struct error *error = find_gap(space->pid, address, &gap);
	if (error)
		return error;
	uint64_t arguments[6] = { gap, SLOT_PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
				  (uint64_t)-1, 0 };
	int64_t result;
	error = inject_syscall(thread, SYS_mmap, arguments, &result);
	if (error)
		return error;
	if (result < 0 && result > -4096)
		return error_system((int)-result, "mapping a page in the debuggee");
	if ((uint64_t)result != gap)   // a seccomp filter of the program has answered for the kernel
		return error_create(ERROR_UNAVAILABLE, "the debuggee does not let a page be mapped at 0x%" PRIx64, gap);
	LOG("engine", "slot page at 0x%" PRIx64 " for 0x%" PRIx64, (uint64_t)result, address);
	struct slot_page *page = vec_push(&space->slot_pages);
	page->address = (uint64_t)result;
	*page_ret = page;
	return NULL;
}

static struct error *page_for(struct thread *thread, uint64_t address, struct slot_page **page_ret)
{
	struct address_space *space = &thread->debugger->space;
	vec_each(page, &space->slot_pages) {
		if (page->used < SLOTS_IN_PAGE && is_near(page->address, address)) {
			*page_ret = page;
			return NULL;
		}
	}
	return add_page(thread, address, page_ret);
}

// A site that was given up and came back finds its old slot.
static struct site *abandoned_slot(struct address_space *space, uint64_t address)
{
	for (struct map_entry *entry = map_next(&space->slots, NULL); entry; entry = map_next(&space->slots, entry)) {
		struct site *site = entry->value;
		if (site->address == address && site_at(space, address) != site)
			return site;
	}
	return NULL;
}

struct error *slot_create(struct thread *thread, struct site *site)
{
	struct address_space *space = &thread->debugger->space;
	struct site *old = abandoned_slot(space, site->address);
	if (old && old->instruction.length == site->instruction.length &&
	    memcmp(old->instruction.bytes, site->instruction.bytes, site->instruction.length) == 0) {
		site->slot = old->slot;
		site->slot_body = old->slot_body;
		map_set(&space->slots, site->slot, site);
		vec_deinit(&old->owners);
		free(old);
		return NULL;
	}
	struct slot_page *page;
	struct error *error = page_for(thread, site->address, &page);
	if (error)
		return error;
	uint64_t address = page->address + (uint64_t)page->used * INSTRUCTION_SLOT_MAX;
	uint8_t code[INSTRUCTION_SLOT_MAX];
	size_t body;
	size_t size;
	error = instruction_relocate(&site->instruction, address, code, &body, &size);
	if (error)
		return error;
	error = memory_write(space->memory, address, code, size);
	if (error)
		return error;
	page->used++;
	site->slot = address;
	site->slot_body = body;
	map_set(&space->slots, address, site);
	return NULL;
}

struct site *slot_owner(struct address_space *space, uint64_t pc, uint64_t *offset_ret)
{
	for (size_t i = 0; i < space->slot_pages.count; i++) {
		uint64_t page = space->slot_pages.items[i].address;
		if (pc < page || pc >= page + SLOT_PAGE_SIZE)
			continue;
		uint64_t slot = pc - (pc - page) % INSTRUCTION_SLOT_MAX;
		*offset_ret = pc - slot;
		return map_get(&space->slots, slot);
	}
	return NULL;
}

uint64_t slot_original_pc(struct address_space *space, uint64_t pc)
{
	uint64_t offset;
	struct site *site = slot_owner(space, pc, &offset);
	if (!site)
		return pc;
	return site->address + (offset >= site->slot_body ? site->instruction.length : 0);
}

void slots_unmap(struct thread *thread)
{
	struct address_space *space = &thread->debugger->space;
	vec_each(page, &space->slot_pages) {
		uint64_t arguments[6] = { page->address, SLOT_PAGE_SIZE };
		int64_t result;
		error_destroy(inject_syscall(thread, SYS_munmap, arguments, &result));   // at worst an unused page stays
	}
	space->slot_pages.count = 0;
}

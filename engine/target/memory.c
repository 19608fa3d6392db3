#include "engine/target/memory.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

enum {
	PAGE_SIZE = 4096,
	PAGES_MAX = 512,             // 2 MiB; a full cache starts anew
	BIG_READ = 4 * PAGE_SIZE,    // from here on one read of everything is cheaper than one a page
};

struct page {
	uint64_t number;
	uint8_t bytes[PAGE_SIZE];    // patches hidden
};

struct patch {
	uint64_t address;
	uint8_t byte;
	uint8_t original;
};

struct patches {
	VEC(struct patch) list;
};

struct memory {
	struct memory_io io;
	bool is_caching;
	struct map pages;            // page number + 1 -> struct page
	struct page *last;           // the page asked for last
	VEC(struct page *) pool;     // the first pages.count of them are in use
	struct patches patches;      // by address
	struct patches lifted;       // by address: may still stand in a copy of the memory that a fork made
};

struct memory *memory_create(struct memory_io io)
{
	struct memory *memory = xcalloc(1, sizeof(*memory));
	memory->io = io;
	memory->is_caching = true;
	return memory;
}

void memory_destroy(struct memory *memory)
{
	if (!memory)
		return;
	map_deinit(&memory->pages);
	vec_each(page, &memory->pool)
		free(*page);
	vec_deinit(&memory->pool);
	vec_deinit(&memory->patches.list);
	vec_deinit(&memory->lifted.list);
	free(memory);
}

void memory_set_caching(struct memory *memory, bool is_caching)
{
	memory_forget(memory);
	memory->is_caching = is_caching;
}

void memory_forget(struct memory *memory)
{
	if (!memory->pages.count)
		return;
	map_deinit(&memory->pages);
	memory->last = NULL;
}

// ---- Patches -----------------------------------------------------------------------------------------------------

// Index of the first patch at or behind the address.
static size_t patches_from(const struct patches *patches, uint64_t address)
{
	size_t low = 0, high = patches->list.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (patches->list.items[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct patch *patch_at(const struct memory *memory, uint64_t address)
{
	size_t i = patches_from(&memory->patches, address);
	if (i == memory->patches.list.count || memory->patches.list.items[i].address != address)
		return NULL;
	return &memory->patches.list.items[i];
}

// A byte that is not ours any more was overwritten by the debuggee itself (a JIT, a loader): then its byte is the truth.
static void patches_hide(const struct memory *memory, uint64_t address, uint8_t *bytes, size_t size)
{
	for (size_t i = patches_from(&memory->patches, address); i < memory->patches.list.count; i++) {
		const struct patch *patch = &memory->patches.list.items[i];
		if (patch->address - address >= size)
			break;
		uint8_t *byte = &bytes[patch->address - address];
		if (*byte == patch->byte)
			*byte = patch->original;
	}
}

static void patches_insert(struct patches *patches, size_t at, struct patch patch)
{
	vec_push(&patches->list);
	struct patch *place = &patches->list.items[at];
	memmove(place + 1, place, (patches->list.count - 1 - at) * sizeof(*place));
	*place = patch;
}

static void remember_lifted(struct memory *memory, struct patch patch)
{
	size_t at = patches_from(&memory->lifted, patch.address);
	if (at == memory->lifted.list.count || memory->lifted.list.items[at].address != patch.address)
		patches_insert(&memory->lifted, at, patch);
}

void memory_forget_lifted(struct memory *memory)
{
	memory->lifted.list.count = 0;
}

struct error *memory_patch(struct memory *memory, uint64_t address, uint8_t byte)
{
	size_t at = patches_from(&memory->patches, address);
	assert(at == memory->patches.list.count || memory->patches.list.items[at].address != address);
	uint8_t original;
	if (memory->io.read(memory->io.data, address, &original, 1) != 1)
		return error_fault(address, "cannot read memory at 0x%lx", address);
	if (memory->io.write(memory->io.data, address, &byte, 1) != 1)
		return error_fault(address, "cannot write memory at 0x%lx", address);
	patches_insert(&memory->patches, at, (struct patch){ .address = address, .byte = byte, .original = original });
	return NULL;
}

// False if memory cannot be written there.
static bool patch_undo(const struct patch *patch, struct memory_io io)
{
	uint8_t byte;
	if (io.read(io.data, patch->address, &byte, 1) != 1)
		return false;
	return byte != patch->byte || io.write(io.data, patch->address, &patch->original, 1) == 1;
}

struct error *memory_unpatch(struct memory *memory, uint64_t address)
{
	struct patch *found = patch_at(memory, address);
	assert(found);
	struct patch patch = *found;
	remember_lifted(memory, patch);
	vec_remove(&memory->patches.list, found - memory->patches.list.items);
	if (!patch_undo(&patch, memory->io))
		return error_fault(address, "cannot write memory at 0x%lx", address);
	return NULL;
}

bool memory_is_patched(const struct memory *memory, uint64_t address)
{
	return patch_at(memory, address);
}

void memory_drop_patches(struct memory *memory)
{
	memory_forget_lifted(memory);
	memory->patches.list.count = 0;
	memory_forget(memory);
}

void memory_unpatch_copy(const struct memory *memory, struct memory_io io)
{
	for (size_t i = 0; i < memory->patches.list.count; i++)
		patch_undo(&memory->patches.list.items[i], io);
	for (size_t i = 0; i < memory->lifted.list.count; i++)
		patch_undo(&memory->lifted.list.items[i], io);
}

// ---- Reading -----------------------------------------------------------------------------------------------------

// Clips a range that would wrap around the end of the address space.
static size_t size_to_end(uint64_t address, size_t size)
{
	return address && size > -address ? (size_t)-address : size;
}

size_t memory_read_raw(struct memory *memory, uint64_t address, void *bytes, size_t size)
{
	size = size_to_end(address, size);
	return size ? memory->io.read(memory->io.data, address, bytes, size) : 0;
}

static size_t read_uncached(struct memory *memory, uint64_t address, void *bytes, size_t size)
{
	size_t done = memory_read_raw(memory, address, bytes, size);
	patches_hide(memory, address, bytes, done);
	return done;
}

static struct page *page_cached(struct memory *memory, uint64_t number)
{
	if (memory->last && memory->last->number == number)
		return memory->last;
	struct page *page = map_get(&memory->pages, number + 1);
	if (page)
		memory->last = page;
	return page;
}

// NULL if not all of the page can be read (it may still be readable in part: a core file, a short last page).
static struct page *page_read(struct memory *memory, uint64_t number)
{
	struct page *page = page_cached(memory, number);
	if (page)
		return page;
	if (memory->pages.count == PAGES_MAX)
		memory_forget(memory);
	size_t used = memory->pages.count;
	if (used == memory->pool.count)
		*vec_push(&memory->pool) = xmalloc(sizeof(struct page));
	page = memory->pool.items[used];
	page->number = number;
	if (read_uncached(memory, number * PAGE_SIZE, page->bytes, PAGE_SIZE) != PAGE_SIZE)
		return NULL;
	map_set(&memory->pages, number + 1, page);
	memory->last = page;
	return page;
}

size_t memory_read_some(struct memory *memory, uint64_t address, void *bytes, size_t size)
{
	if (!memory->is_caching || size >= BIG_READ)
		return read_uncached(memory, address, bytes, size);
	size = size_to_end(address, size);
	for (size_t done = 0; done < size;) {
		size_t offset = (address + done) % PAGE_SIZE;
		size_t part = PAGE_SIZE - offset < size - done ? PAGE_SIZE - offset : size - done;
		const struct page *page = page_read(memory, (address + done) / PAGE_SIZE);
		if (!page) {
			size_t read = read_uncached(memory, address + done, (uint8_t *)bytes + done, part);
			if (read < part)
				return done + read;
		} else {
			memcpy((uint8_t *)bytes + done, page->bytes + offset, part);
		}
		done += part;
	}
	return size;
}

struct error *memory_read(struct memory *memory, uint64_t address, void *bytes, size_t size)
{
	size_t done = memory_read_some(memory, address, bytes, size);
	if (done == size)
		return NULL;
	return error_fault(address + done, "cannot read memory at 0x%lx", address + done);
}

struct error *memory_read_string(struct memory *memory, uint64_t address, size_t limit, struct str *text, bool *is_cut_ret)
{
	uint8_t bytes[PAGE_SIZE];
	bool is_cut = true;
	for (size_t done = 0; done < limit;) {
		size_t to_page_end = PAGE_SIZE - (address + done) % PAGE_SIZE;
		size_t part = to_page_end < limit - done ? to_page_end : limit - done;
		size_t read = memory_read_some(memory, address + done, bytes, part);
		if (!read && !done)
			return error_fault(address, "cannot read memory at 0x%lx", address);
		const uint8_t *end = memchr(bytes, 0, read);
		if (end || read)
			str_append(text, bytes, end ? (size_t)(end - bytes) : read);
		is_cut = !end;
		if (end || read < part)
			break;
		done += part;
	}
	if (is_cut_ret)
		*is_cut_ret = is_cut;
	return NULL;
}

// ---- Writing -----------------------------------------------------------------------------------------------------

// Brings the originals of patches and the cached page up to date; all of it lies in one page.
static void note_written(struct memory *memory, uint64_t address, const uint8_t *bytes, size_t size)
{
	for (size_t i = patches_from(&memory->patches, address); i < memory->patches.list.count; i++) {
		struct patch *patch = &memory->patches.list.items[i];
		if (patch->address - address >= size)
			break;
		patch->original = bytes[patch->address - address];
	}
	struct page *page = page_cached(memory, address / PAGE_SIZE);
	if (page)
		memcpy(page->bytes + address % PAGE_SIZE, bytes, size);
}

static size_t write_in_page(struct memory *memory, uint64_t address, const uint8_t *bytes, size_t size)
{
	uint8_t patched[PAGE_SIZE];
	size_t first = patches_from(&memory->patches, address);
	const uint8_t *source = bytes;
	for (size_t i = first; i < memory->patches.list.count && memory->patches.list.items[i].address - address < size; i++) {
		if (source == bytes)
			source = memcpy(patched, bytes, size);
		patched[memory->patches.list.items[i].address - address] = memory->patches.list.items[i].byte;
	}
	size_t done = memory->io.write(memory->io.data, address, source, size);
	note_written(memory, address, bytes, done);
	return done;
}

size_t memory_write_some(struct memory *memory, uint64_t address, const void *bytes, size_t size)
{
	size = size_to_end(address, size);
	for (size_t done = 0; done < size;) {
		size_t to_page_end = PAGE_SIZE - (address + done) % PAGE_SIZE;
		size_t part = to_page_end < size - done ? to_page_end : size - done;
		size_t written = write_in_page(memory, address + done, (const uint8_t *)bytes + done, part);
		if (written < part)
			return done + written;
		done += part;
	}
	return size;
}

struct error *memory_write(struct memory *memory, uint64_t address, const void *bytes, size_t size)
{
	size_t done = memory_write_some(memory, address, bytes, size);
	if (done == size)
		return NULL;
	return error_fault(address + done, "cannot write memory at 0x%lx", address + done);
}

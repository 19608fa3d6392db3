// The debuggee's memory: reads by whole pages that are kept until the debuggee runs on, and patches (our int3s)
// that nobody sees: reads give the original bytes, writes go under the patch. One per address space.
//
// Works while threads run, too (then nothing is cached: memory_set_caching).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

// How bytes move. Each returns the bytes moved (a short count at the first unreadable byte), 0 if none, never an error.
struct memory_io {
	size_t (*read)(void *data, uint64_t address, void *bytes, size_t size);
	size_t (*write)(void *data, uint64_t address, const void *bytes, size_t size);
	void *data;
};

struct memory;
struct memory *memory_create(struct memory_io io);
void memory_destroy(struct memory *memory);   // removes no patch from the debuggee
void memory_set_caching(struct memory *memory, bool is_caching);   // off while any thread runs
void memory_forget(struct memory *memory);    // drops what is cached: before each resume

// All of it, or ERROR_FAULT with the first unreadable address.
struct error *memory_read(struct memory *memory, uint64_t address, void *bytes, size_t size);
// As much as can be read from the start; the count.
size_t memory_read_some(struct memory *memory, uint64_t address, void *bytes, size_t size);
// Up to `limit` bytes of a NUL-terminated string, appended to `text` without the NUL. *is_cut_ret (may be NULL): no
// NUL within the limit, or unreadable memory before it. ERROR_FAULT if not even the first byte can be read.
struct error *memory_read_string(struct memory *memory, uint64_t address, size_t limit, struct str *text, bool *is_cut_ret);
// All of it, or ERROR_FAULT with the first address that could not be written. Patches stay in place.
struct error *memory_write(struct memory *memory, uint64_t address, const void *bytes, size_t size);
size_t memory_write_some(struct memory *memory, uint64_t address, const void *bytes, size_t size);

// Puts `byte` at address and remembers what was there. At most one patch an address (asserted).
struct error *memory_patch(struct memory *memory, uint64_t address, uint8_t byte);
// Puts the original byte back. ERROR_FAULT if the page is gone (the patch is forgotten all the same).
struct error *memory_unpatch(struct memory *memory, uint64_t address);
bool memory_is_patched(const struct memory *memory, uint64_t address);
// After exec: the address space is new, nothing is patched any more.
void memory_drop_patches(struct memory *memory);
// Patches that were undone are remembered until this call: a copy made by a fork shortly before may still have them. To be called when no
// such copy can be under way.
void memory_forget_lifted(struct memory *memory);
// Writes the original bytes of all patches (and of those undone since memory_forget_lifted) through `io` into another address space with the same contents (a forked child).
void memory_unpatch_copy(const struct memory *memory, struct memory_io io);
// What really stands in memory, patches included.
size_t memory_read_raw(struct memory *memory, uint64_t address, void *bytes, size_t size);

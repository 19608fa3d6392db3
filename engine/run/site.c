#include "engine/run/site.h"

#include <stdlib.h>

enum { INT3 = 0xcc };

struct site *site_at(struct address_space *space, uint64_t address)
{
	return map_get(&space->sites, address);
}

static bool owner_equals(const struct site_owner *owner, enum site_owner_kind kind, const void *who)
{
	return owner->kind == kind && owner->owner == who;
}

bool site_has_owner(const struct site *site, enum site_owner_kind kind, const void *owner)
{
	for (size_t i = 0; i < site->owners.count; i++)
		if (owner_equals(&site->owners.items[i], kind, owner))
			return true;
	return false;
}

struct error *site_acquire(struct address_space *space, uint64_t address, struct site_owner owner, struct site **site_ret)
{
	struct site *site = site_at(space, address);
	if (!site) {
		struct error *error = memory_patch(space->memory, address, INT3);
		if (error)
			return error;
		site = xcalloc(1, sizeof(*site));
		site->address = address;
		map_set(&space->sites, address, site);
	}
	if (!site_has_owner(site, owner.kind, owner.owner))
		*vec_push(&site->owners) = owner;
	if (site_ret)
		*site_ret = site;
	return NULL;
}

static void site_free(struct address_space *space, struct site *site)
{
	map_remove(&space->sites, site->address);
	// The slot itself stays: a thread may still be inside. What it maps back to is kept in a site without owners.
	if (site->slot)
		return;
	vec_deinit(&site->owners);
	free(site);
}

void site_release(struct address_space *space, uint64_t address, enum site_owner_kind kind, const void *owner)
{
	struct site *site = site_at(space, address);
	if (!site)
		return;
	for (size_t i = 0; i < site->owners.count; i++) {
		if (owner_equals(&site->owners.items[i], kind, owner)) {
			vec_remove(&site->owners, i);
			break;
		}
	}
	if (site->owners.count)
		return;
	if (memory_is_patched(space->memory, address))   // not while it is lifted for a step
		error_destroy(memory_unpatch(space->memory, address));   // the page may be gone (dlclose)
	map_set(&space->lifted, address, space);
	site_free(space, site);
}

static void destroy_all(struct map *map)
{
	for (struct map_entry *entry = map_next(map, NULL); entry; entry = map_next(map, entry)) {
		struct site *site = entry->value;
		vec_deinit(&site->owners);
		free(site);
	}
	map_deinit(map);
}

// A site with a slot is in both maps; those that have lost their owners are in `slots` alone.
void sites_drop(struct address_space *space)
{
	for (struct map_entry *entry = map_next(&space->slots, NULL); entry; entry = map_next(&space->slots, entry)) {
		struct site *site = entry->value;
		if (site_at(space, site->address) == site)
			map_remove(&space->sites, site->address);
	}
	destroy_all(&space->slots);
	destroy_all(&space->sites);
	map_deinit(&space->lifted);
	space->slot_pages.count = 0;
	space->scratch = 0;
	if (space->memory)
		memory_drop_patches(space->memory);
}

void sites_lift(struct address_space *space)
{
	for (struct map_entry *entry = map_next(&space->sites, NULL); entry; entry = map_next(&space->sites, entry)) {
		uint64_t address = ((struct site *)entry->value)->address;
		if (memory_is_patched(space->memory, address))
			error_destroy(memory_unpatch(space->memory, address));
	}
}

static struct error *emulator_read(void *data, uint64_t address, void *bytes, size_t size)
{
	return memory_read(data, address, bytes, size);
}

static struct error *emulator_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	return memory_write(data, address, bytes, size);
}

struct instruction_memory site_memory(struct address_space *space)
{
	return (struct instruction_memory){ space->memory, emulator_read, emulator_write };
}

static bool site_decode(struct address_space *space, struct site *site)
{
	if (site->is_decoded || site->is_undecodable)
		return site->is_decoded;
	uint8_t bytes[INSTRUCTION_MAX];
	size_t count = memory_read_some(space->memory, site->address, bytes, sizeof(bytes));
	struct error *error = instruction_decode(bytes, count, site->address, &site->instruction);
	site->is_decoded = !error;
	site->is_undecodable = error;
	error_destroy(error);
	return site->is_decoded;
}

static bool site_emulate(struct thread *thread, struct site *site)
{
	struct address_space *space = &thread->debugger->space;
	const struct user_regs_struct *now = thread_registers(thread);
	if (!now)
		return false;
	struct user_regs_struct registers = *now;
	struct instruction_memory memory = site_memory(space);
	bool is_done = false;
	struct error *error = instruction_emulate(&site->instruction, &registers, &memory, &is_done);
	bool is_faulting = error;
	error_destroy(error);
	if (is_faulting || !is_done)
		return false;
	thread_set_registers(thread, &registers);
	return true;
}

bool site_pass(struct thread *thread, struct site *site)
{
	struct address_space *space = &thread->debugger->space;
	if (!site_decode(space, site))
		return false;
	if (site_emulate(thread, site))
		return true;
	if (!site->slot) {
		struct error *error = slot_create(thread, site);
		if (error) {
			error_destroy(error);
			return false;
		}
	}
	thread_set_pc(thread, site->slot);
	return true;
}

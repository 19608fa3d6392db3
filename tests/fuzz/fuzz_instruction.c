// links: ptdap_arch
// Any bytes as code: decode, format, relocate, emulate over a memory that fails now and then, decode backwards.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arch/instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The first bytes of the input: registers and which memory accesses fail.
struct setting {
	uint64_t address;
	uint64_t slot_distance;
	uint64_t failures;
	struct user_regs_struct registers;
};

struct fake_memory {
	uint64_t failures;   // a bit an access
	unsigned writes;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool next_fails(struct fake_memory *memory)
{
	bool fails = memory->failures & 1;
	memory->failures = memory->failures >> 1 | memory->failures << 63;
	return fails;
}

static struct error *fake_read(void *data, uint64_t address, void *bytes, size_t size)
{
	if (next_fails(data))
		return error_fault(address, "no");
	require(size <= 8);
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)((address + i) * 0x9d >> 3);
	return NULL;
}

static struct error *fake_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	struct fake_memory *memory = data;
	uint8_t copy[8];
	if (next_fails(memory))
		return error_fault(address, "no");
	require(size <= 8);
	memcpy(copy, bytes, size);
	memory->writes++;
	return NULL;
}

static bool symbolise(void *data, uint64_t address, struct str *text)
{
	(void)data;
	str_add(text, "name");
	return address & 1;
}

static void check_emulation(const struct instruction *instruction, const struct setting *setting)
{
	struct user_regs_struct registers = setting->registers;
	struct fake_memory memory = { setting->failures, 0 };
	const struct instruction_memory callbacks = { &memory, fake_read, fake_write };
	bool done = false;
	struct error *error = instruction_emulate(instruction, &registers, &callbacks, &done);
	bool unchanged = memcmp(&registers, &setting->registers, sizeof(registers)) == 0;
	require(memory.writes <= 1);
	require(!error || (!done && memory.writes == 0));
	require(done || unchanged);
	error_destroy(error);
	uint64_t successor = 0;
	memory = (struct fake_memory){ setting->failures, 0 };
	struct error *unknown = instruction_successor(instruction, &setting->registers, &callbacks, &successor);
	require(memory.writes == 0);
	if (done && !unknown)
		require(successor == registers.rip);
	error_destroy(unknown);
	if (instruction->class == INSTRUCTION_BRANCH && done && instruction_branch_taken(instruction, &setting->registers))
		require(registers.rip == instruction->target);
}

// Moving there and back again gives the same bytes.
static void check_relocation(const struct instruction *instruction, uint64_t slot_address)
{
	uint8_t slot[INSTRUCTION_SLOT_MAX], back[INSTRUCTION_SLOT_MAX];
	size_t body, size;
	struct instruction moved;
	struct error *error = instruction_relocate(instruction, slot_address, slot, &body, &size);
	if (error) {
		error_destroy(error);
		return;
	}
	require(body == instruction->length && size <= sizeof(slot));
	require(!instruction_decode(slot, body, slot_address, &moved));
	require(moved.length == instruction->length && moved.class == instruction->class);
	error = instruction_relocate(&moved, instruction->address, back, &body, &size);
	if (!error)
		require(memcmp(back, instruction->bytes, instruction->length) == 0);
	error_destroy(error);
}

static void check_text(const struct instruction *instruction)
{
	struct str text = STR_INIT;
	instruction_format(instruction, SYNTAX_INTEL, symbolise, NULL, &text);
	require(text.length > 0 && !str_equal(str_text(&text), "(bad)"));
	str_clear(&text);
	instruction_format(instruction, SYNTAX_ATT, NULL, NULL, &text);
	require(text.length > 0 && !str_equal(str_text(&text), "(bad)"));
	str_deinit(&text);
}

static void check_instructions(const struct setting *setting, const uint8_t *code, size_t size)
{
	for (size_t offset = 0; offset < size;) {
		struct instruction instruction;
		struct error *error = instruction_decode(code + offset, size - offset, setting->address + offset, &instruction);
		if (error) {
			error_destroy(error);
			offset++;
			continue;
		}
		require(instruction.length > 0 && instruction.length <= size - offset);
		check_text(&instruction);
		check_relocation(&instruction, instruction.address + setting->slot_distance);
		check_relocation(&instruction, instruction.address + (uint64_t)(int64_t)(int32_t)setting->slot_distance);
		check_emulation(&instruction, setting);
		offset += instruction.length;
	}
}

static void check_starts(const uint8_t *code, size_t size, uint64_t start)
{
	uint64_t starts[8];
	size_t count = instruction_starts_before(code, start, start + size, starts, 8);
	require(count <= 8 && (size > 0 || count == 0));
	for (size_t i = 0; i < count; i++)
		require(starts[i] - start < size && (i == 0 || starts[i] > starts[i - 1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setting setting = { 0 };
	size_t head = size < sizeof(setting) ? size : sizeof(setting);
	memcpy(&setting, data, head);
	check_instructions(&setting, data + head, size - head);
	check_starts(data + head, size - head, 0x400000);
	return 0;
}

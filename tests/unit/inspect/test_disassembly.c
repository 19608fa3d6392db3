#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/inspect/fake.h"

enum { BIAS = 0x55550000 };

static struct disassembly_row *rows_of(struct fake *fake, uint64_t address, int64_t offset, size_t count)
{
	struct disassembly_row *rows;
	struct error *error = debugger_disassemble(&fake->debugger, address, offset, count, true, fake->arena, &rows);
	if (error)
		fail_msg("%s", error->message);
	return rows;
}

// What code.h promises of any answer: the address is where it belongs, and rows follow each other without gap or overlap.
static struct disassembly_row *checked_rows(struct fake *fake, uint64_t address, int64_t offset, size_t count)
{
	struct disassembly_row *rows = rows_of(fake, address, offset, count);
	if (offset <= 0 && (uint64_t)-offset < count)
		assert_int_equal(rows[-offset].address, address);
	for (size_t i = 0; i + 1 < count; i++)
		assert_int_equal(rows[i + 1].address - rows[i].address, rows[i].size ? rows[i].size : 1);
	return rows;
}

static uint64_t symbol_address(struct fake *fake, const char *name, uint64_t *size_ret)
{
	struct symbol symbol;
	assert_true(modules_symbol_named(fake->debugger.space.modules, name, &symbol));
	if (size_ret)
		*size_ret = symbol.size;
	return symbol.address;
}

static void unmapped_memory_gives_invalid_rows(void **state)
{
	struct disassembly_row *rows = checked_rows(*state, 0x10000, -200, 400);
	for (size_t i = 0; i < 400; i++)
		assert_int_equal(rows[i].size, 0);
}

static void rows_around_address_zero_are_as_many_as_asked_for(void **state)
{
	checked_rows(*state, 0, -50, 100);
	checked_rows(*state, UINT64_MAX - 5, -50, 100);
	checked_rows(*state, 10, -50, 20);
}

static void rows_before_a_mapping_pad(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, 0x10000, 8192, 0x90);
	struct disassembly_row *rows = checked_rows(fake, 0x10005, -200, 210);
	assert_int_equal(rows[194].size, 0);
	assert_int_equal(rows[194].address, 0xffff);
	assert_int_equal(rows[195].size, 1);
	assert_string_equal(rows[195].text, "nop");
	rows = checked_rows(fake, 0x11ffe, 0, 4);
	assert_int_equal(rows[1].size, 1);
	assert_int_equal(rows[2].size, 0);
}

static void instruction_cut_by_the_end_of_memory_is_bad(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, 0x10000, 4096, 0x90)[4095] = 0xe8;
	struct disassembly_row *rows = checked_rows(fake, 0x10fff, 0, 2);
	assert_string_equal(rows[0].text, "(bad)");
	assert_int_equal(rows[0].size, 1);
	assert_int_equal(rows[1].size, 0);
}

static void undecodable_bytes_are_rows_of_one_byte(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, 0x10000, 4096, 0x06);   // push es: gone in 64-bit mode
	struct disassembly_row *rows = checked_rows(fake, 0x10800, -3000, 4000);
	for (size_t i = 0; i < 4000; i++) {
		bool is_mapped = rows[i].address >= 0x10000 && rows[i].address < 0x11000;
		assert_int_equal(rows[i].size, is_mapped);
		assert_string_equal(rows[i].text, is_mapped ? "(bad)" : "(no memory)");
	}
}

static void breakpoints_do_not_show(void **state)
{
	struct fake *fake = *state;
	memcpy(fake_map(fake, 0x10000, 4096, 0x90) + 8, "\xb8\x01\x00\x00\x00", 5);
	assert_null(memory_patch(fake->debugger.space.memory, 0x10008, 0xcc));
	struct disassembly_row *rows = checked_rows(fake, 0x10008, -2, 4);
	assert_memory_equal(rows[2].bytes, "\xb8\x01\x00\x00\x00", 5);
	assert_string_equal(rows[2].text, "mov    eax, 0x1");
}

// Without any symbol: code of one kind falls into step.
static void backwards_without_symbols_finds_the_instructions(void **state)
{
	struct fake *fake = *state;
	uint8_t *code = fake_map(fake, 0x10000, 3 * 4096, 0x90);
	for (size_t i = 0; i + 8 <= 3 * 4096; i += 8)
		memcpy(code + i, "\x48\x8b\x84\x24\x80\x00\x00\x00", 8);   // mov rax, [rsp+0x80]
	struct disassembly_row *rows = checked_rows(fake, 0x12000, -1000, 1010);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(rows[i].size, 8);
}

static void every_start_of_an_instruction_is_found_backwards(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps", BIAS);
	uint64_t first = symbol_address(fake, "twice", NULL);
	uint64_t size;
	uint64_t end = symbol_address(fake, "main", &size) + size;
	struct disassembly_row *forward = checked_rows(fake, first, 0, 1000);
	size_t count = 0;
	while (forward[count].address < end)
		count++;
	assert_true(count > 50);
	assert_int_equal(forward[count].address, end);
	for (size_t i = 0; i < count; i++) {
		struct disassembly_row *rows = checked_rows(fake, forward[i].address, -(int64_t)i - 30, i + 60);
		for (size_t k = 0; k <= i; k++)
			assert_int_equal(rows[30 + k].address, forward[k].address);
	}
}

// The paging of a client: each window is the same piece of one listing.
static void windows_far_away_agree(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps-static", 0);
	uint64_t address = symbol_address(fake, "printf", NULL);
	struct disassembly_row *all = checked_rows(fake, address, -3000, 6000);
	for (int64_t offset = -3000; offset <= 2000; offset += 500) {
		struct disassembly_row *rows = checked_rows(fake, address, offset, 100);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(rows[i].address, all[offset + 3000 + (int64_t)i].address);
	}
}

static void middle_of_an_instruction_keeps_its_place(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps-static", 0);
	uint64_t address = symbol_address(fake, "printf", NULL);
	for (uint64_t i = 0; i < 300; i++) {
		struct disassembly_row *rows = checked_rows(fake, address + i, -40, 80);
		assert_true(rows[0].size > 0);
	}
}

static void symbols_and_lines_stand_where_they_begin(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps", BIAS);
	uint64_t main_address = symbol_address(fake, "main", NULL);
	struct disassembly_row *rows = checked_rows(fake, main_address, -10, 40);
	assert_string_equal(rows[10].symbol, "main");
	assert_non_null(strstr(rows[10].source_path, "steps.c"));
	unsigned positions = 0, symbols = 0, calls = 0;
	for (size_t i = 10; i < 40; i++) {
		positions += rows[i].source_path != NULL;
		symbols += rows[i].symbol != NULL;
		calls += strstr(rows[i].text, "<twice>") != NULL;
	}
	assert_in_range(positions, 4, 15);
	assert_int_equal(symbols, 1);
	assert_int_equal(calls, 1);
	assert_null(debugger_disassemble(&fake->debugger, main_address, 0, 30, false, fake->arena, &rows));
	for (size_t i = 0; i < 30; i++) {
		assert_null(rows[i].symbol);
		assert_null(strchr(rows[i].text, '<'));
	}
}

static void stubs_are_named_after_their_function(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps", BIAS);
	struct disassembly_row *rows = checked_rows(fake, symbol_address(fake, "main", NULL), -400, 500);
	unsigned found = 0, called = 0;
	for (size_t i = 0; i < 500; i++) {
		found += rows[i].symbol && strcmp(rows[i].symbol, "puts@plt") == 0;
		called += strstr(rows[i].text, "<puts@plt>") != NULL;
	}
	assert_int_equal(found, 1);
	assert_int_equal(called, 1);
}

static void nothing_is_disassembled_without_a_debuggee(void **state)
{
	struct fake *fake = *state;
	struct disassembly_row *rows;
	char *text;
	unsigned line;
	uint64_t start;
	assert_fails(debugger_disassembly_text(&fake->debugger, 0x10000, &text, &line, &start), ERROR_FAULT, NULL);
	fake->debugger.phase = PHASE_IDLE;
	assert_fails(debugger_disassemble(&fake->debugger, 0, 0, 1, true, fake->arena, &rows), ERROR_STATE, NULL);
	assert_fails(debugger_disassembly_text(&fake->debugger, 0x10000, &text, &line, &start), ERROR_STATE, NULL);
}

// ---- texts ----------------------------------------------------------------------------------------------------------------

struct text {
	char *text;
	unsigned line;
	uint64_t start;
};

// The text at pc; checks that the cheap way finds the same line.
static struct text text_at(struct fake *fake, uint64_t pc)
{
	struct text text;
	unsigned line;
	uint64_t start;
	assert_null(debugger_disassembly_text(&fake->debugger, pc, &text.text, &text.line, &text.start));
	assert_null(debugger_disassembly_text(&fake->debugger, pc, NULL, &line, &start));
	assert_int_equal(line, text.line);
	assert_int_equal(start, text.start);
	return text;
}

static const char *line_of(const char *text, unsigned line)
{
	while (line-- > 1)
		text = strchr(text, '\n') + 1;
	return text;
}

static void assert_line_shows(const struct text *text, uint64_t pc)
{
	unsigned long shown;
	assert_int_equal(sscanf(line_of(text->text, text->line), "0x%lx", &shown), 1);
	assert_int_equal(shown, pc);
}

static void text_is_the_function_with_a_line_an_instruction(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps", BIAS);
	uint64_t size;
	uint64_t address = symbol_address(fake, "main", &size);
	struct disassembly_row *rows = checked_rows(fake, address, 0, 200);
	struct text first = text_at(fake, address);
	assert_int_equal(first.line, 2);
	assert_int_equal(first.start, address);
	assert_int_equal(strncmp(first.text, "main in ", 8), 0);
	for (size_t i = 0; rows[i].address < address + size; i++) {
		struct text text = text_at(fake, rows[i].address);
		assert_int_equal(text.line, i + 2);
		assert_int_equal(text.start, address);
		assert_string_equal(text.text, first.text);
		assert_line_shows(&text, rows[i].address);
		free(text.text);
	}
	free(first.text);
}

static void code_without_symbols_is_shown_in_parts_that_agree(void **state)
{
	struct fake *fake = *state;
	uint64_t base = 0x20000000;
	uint8_t *code = fake_map(fake, base, 1 << 20, 0x90);
	for (size_t i = 0; i + 5 <= 1 << 20; i += 5)
		memcpy(code + i, "\xb8\x90\x90\x90\x90", 5);
	struct text one = text_at(fake, base + 5 * 20000);
	struct text other = text_at(fake, base + 5 * 20001);
	assert_int_equal(one.start, other.start);
	assert_string_equal(one.text, other.text);
	assert_int_equal(one.line + 1, other.line);
	assert_line_shows(&one, base + 5 * 20000);
	assert_true(strlen(one.text) < 100000);
	free(one.text);
	free(other.text);
}

static void code_of_no_function_does_not_reach_into_the_next(void **state)
{
	struct fake *fake = *state;
	fake_load(fake, PROGRAMS_DIR "/steps", BIAS);
	uint64_t plt = symbol_address(fake, "main", NULL);
	struct disassembly_row *rows = checked_rows(fake, plt, -400, 400);
	for (size_t i = 0; i < 400; i++) {
		struct symbol symbol;
		if (!rows[i].size || modules_symbol_at(fake->debugger.space.modules, rows[i].address, &symbol))
			continue;
		struct text text = text_at(fake, rows[i].address);
		assert_true(text.start <= rows[i].address);
		assert_false(modules_symbol_at(fake->debugger.space.modules, text.start, &symbol));
		free(text.text);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(unmapped_memory_gives_invalid_rows),
		TEST(rows_around_address_zero_are_as_many_as_asked_for),
		TEST(rows_before_a_mapping_pad),
		TEST(instruction_cut_by_the_end_of_memory_is_bad),
		TEST(undecodable_bytes_are_rows_of_one_byte),
		TEST(breakpoints_do_not_show),
		TEST(backwards_without_symbols_finds_the_instructions),
		TEST(every_start_of_an_instruction_is_found_backwards),
		TEST(windows_far_away_agree),
		TEST(middle_of_an_instruction_keeps_its_place),
		TEST(symbols_and_lines_stand_where_they_begin),
		TEST(stubs_are_named_after_their_function),
		TEST(nothing_is_disassembled_without_a_debuggee),
		TEST(text_is_the_function_with_a_line_an_instruction),
		TEST(code_without_symbols_is_shown_in_parts_that_agree),
		TEST(code_of_no_function_does_not_reach_into_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

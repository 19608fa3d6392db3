// Registers against fabricated register blocks: XSAVE areas built by hand, and one that this process saved of itself.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cpuid.h>
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "engine/arch/registers.h"

enum { AREA_SIZE = 4096, XCR0_AT = 464, XSTATE_BV_AT = 512 };
enum { X87 = 1, SSE = 2, AVX = 4, AVX512 = 0xe0 };

static uint64_t supported_features(void)
{
	unsigned eax, ebx, ecx, edx;
	if (!__get_cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx))
		return X87 | SSE;
	return eax & (X87 | SSE | AVX | AVX512);
}

static size_t component_offset(unsigned component)
{
	unsigned eax, ebx, ecx, edx;
	return __get_cpuid_count(0xd, component, &eax, &ebx, &ecx, &edx) ? ebx : 0;
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof(value));
	return value;
}

static struct register_block block_create(uint64_t features, uint64_t live)
{
	struct register_block block = { .xstate = xcalloc(1, AREA_SIZE), .xstate_size = AREA_SIZE, .has_debug = true };
	put64(block.xstate + XCR0_AT, features);
	put64(block.xstate + XSTATE_BV_AT, live);
	return block;
}

static void block_destroy(struct register_block *block)
{
	free(block->xstate);
}

static const struct register_desc *find(const char *name)
{
	const struct register_desc *desc = register_find(name);
	assert_non_null(desc);
	return desc;
}

static uint64_t value_of(const struct register_block *block, const char *name)
{
	uint64_t value = 0;
	assert_in_range(find(name)->size, 1, 8);
	assert_null(register_get(block, find(name), &value));
	return value;
}

static void set_value(struct register_block *block, const char *name, uint64_t value)
{
	assert_null(register_set(block, find(name), &value));
}

static void every_description_is_consistent(void **state)
{
	(void)state;
	for (int i = 0; i < REGISTER_COUNT; i++) {
		const struct register_desc *desc = &register_descs[i];
		assert_int_equal(desc->id, i);
		assert_ptr_equal(register_find(desc->name), desc);
		assert_in_range(desc->size, 1, 64);
		assert_in_range(desc->group, 0, REGISTER_GROUP_COUNT - 1);
		if (desc->dwarf >= 0)
			assert_ptr_equal(register_by_dwarf(desc->dwarf), desc);
		if (desc->whole == REGISTER_NONE)
			continue;
		const struct register_desc *whole = &register_descs[desc->whole];
		assert_int_equal(whole->whole, REGISTER_NONE);
		assert_true(desc->part_offset + desc->size <= whole->size);
		assert_int_equal(desc->store, whole->store);
	}
}

static void names_and_aliases(void **state)
{
	(void)state;
	assert_int_equal(find("pc")->id, REGISTER_RIP);
	assert_int_equal(find("sp")->id, REGISTER_RSP);
	assert_int_equal(find("fp")->id, REGISTER_RBP);
	assert_int_equal(find("flags")->id, REGISTER_EFLAGS);
	assert_int_equal(find("ah")->part_offset, 1);
	assert_int_equal(find("xmm7")->whole, REGISTER_ZMM7);
	assert_int_equal(find("st3")->size, 10);
	assert_null(register_find("rax "));
	assert_null(register_find(""));
	assert_null(register_by_dwarf(-1));
	assert_null(register_by_dwarf(9999));
	assert_ptr_equal(register_by_dwarf(17), find("xmm0"));
	assert_ptr_equal(register_by_dwarf(33), find("st0"));
	assert_ptr_equal(register_by_dwarf(58), find("fs_base"));
}

static void round_trip(struct register_block *block, const struct register_desc *desc, uint8_t seed)
{
	uint8_t in[64], out[66], zero[64] = { 0 };
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(seed + 37 * i + 1);
	memset(out, 0xee, sizeof(out));
	assert_null(register_set(block, desc, in));
	assert_null(register_get(block, desc, out));
	assert_memory_equal(in, out, desc->size);
	assert_int_equal(out[desc->size], 0xee);   // not a byte more
	assert_null(register_set(block, desc, zero));
	assert_null(register_get(block, desc, out));
	assert_memory_equal(zero, out, desc->size);
}

static void every_register_round_trips(void **state)
{
	(void)state;
	uint64_t features = supported_features();
	size_t count = 0;
	for (int i = 0; i < REGISTER_COUNT; i++) {
		if (register_descs[i].xcr0 & ~features)
			continue;
		struct register_block block = block_create(features, 0);
		round_trip(&block, &register_descs[i], (uint8_t)i);
		block_destroy(&block);
		count++;
	}
	assert_true(count > 100);
}

// Writes each whole register with its own pattern, then reads all: none may share bytes with another.
static void whole_registers_do_not_overlap(void **state)
{
	(void)state;
	uint64_t features = supported_features();
	struct register_block block = block_create(features, 0);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < REGISTER_COUNT; i++) {
			const struct register_desc *desc = &register_descs[i];
			uint8_t pattern[64], bytes[64];
			if (desc->whole != REGISTER_NONE || (desc->xcr0 & ~features))
				continue;
			memset(pattern, i + 1, sizeof(pattern));
			if (pass == 0) {
				assert_null(register_set(&block, desc, pattern));
				continue;
			}
			assert_null(register_get(&block, desc, bytes));
			assert_memory_equal(bytes, pattern, desc->size);
		}
	}
	block_destroy(&block);
}

static void parts_are_bytes_of_their_wholes(void **state)
{
	(void)state;
	uint64_t features = supported_features();
	for (int i = 0; i < REGISTER_COUNT; i++) {
		const struct register_desc *desc = &register_descs[i];
		if (desc->whole == REGISTER_NONE || (register_descs[desc->whole].xcr0 & ~features))
			continue;
		struct register_block block = block_create(features, 0);
		uint8_t whole[64], part[64];
		for (size_t j = 0; j < sizeof(whole); j++)
			whole[j] = (uint8_t)(j + 1);
		assert_null(register_set(&block, &register_descs[desc->whole], whole));
		assert_null(register_get(&block, desc, part));
		assert_memory_equal(part, whole + desc->part_offset, desc->size);
		block_destroy(&block);
	}
}

static void sub_registers_leave_the_rest_alone(void **state)
{
	(void)state;
	struct register_block block = { .general.rax = 0x1122334455667788 };
	set_value(&block, "ah", 0xaa);
	assert_int_equal(block.general.rax, 0x112233445566aa88);
	set_value(&block, "eax", 0xdeadbeef);
	assert_int_equal(block.general.rax, 0x11223344deadbeef);
	assert_int_equal(value_of(&block, "ax"), 0xbeef);
	assert_int_equal(value_of(&block, "al"), 0xef);
}

static void wide_vectors_are_gathered_from_their_pieces(void **state)
{
	(void)state;
	if (~supported_features() & (AVX | AVX512))
		skip();
	struct register_block block = block_create(X87 | SSE | AVX | AVX512, SSE | AVX | AVX512);
	memset(block.xstate + 160 + 16 * 3, 0x11, 16);
	memset(block.xstate + component_offset(2) + 16 * 3, 0x22, 16);
	memset(block.xstate + component_offset(6) + 32 * 3, 0x33, 32);
	memset(block.xstate + component_offset(7) + 64 * 4, 0x44, 64);
	put64(block.xstate + component_offset(5) + 8 * 6, 0x123456789abcdef0);
	uint8_t bytes[64];
	assert_null(register_get(&block, find("zmm3"), bytes));
	assert_int_equal(bytes[15], 0x11);
	assert_int_equal(bytes[16], 0x22);
	assert_int_equal(bytes[31], 0x22);
	assert_int_equal(bytes[32], 0x33);
	assert_int_equal(bytes[63], 0x33);
	assert_null(register_get(&block, find("ymm20"), bytes));
	assert_int_equal(bytes[31], 0x44);
	assert_int_equal(value_of(&block, "k6"), 0x123456789abcdef0);
	block_destroy(&block);
}

static void components_in_init_state_read_as_initial_values(void **state)
{
	(void)state;
	struct register_block block = block_create(supported_features(), 0);
	memset(block.xstate, 0x5a, XCR0_AT);   // stale bytes that mean nothing while XSTATE_BV is clear
	uint8_t bytes[64], zero[64] = { 0 };
	assert_int_equal(value_of(&block, "mxcsr"), 0x1f80);
	assert_int_equal(value_of(&block, "fctrl"), 0x37f);
	assert_int_equal(value_of(&block, "fstat"), 0);
	assert_int_equal(value_of(&block, "ftag"), 0);
	assert_int_equal(value_of(&block, "mm5"), 0);
	assert_null(register_get(&block, find("st0"), bytes));
	assert_memory_equal(bytes, zero, 10);
	assert_null(register_get(&block, find("xmm15"), bytes));
	assert_memory_equal(bytes, zero, 16);
	block_destroy(&block);
}

static void writing_brings_only_its_component_to_life(void **state)
{
	(void)state;
	struct register_block block = block_create(supported_features(), 0);
	memset(block.xstate, 0x5a, XCR0_AT);
	uint8_t ones[64], bytes[64], zero[64] = { 0 };
	memset(ones, 0xff, sizeof(ones));
	assert_null(register_set(&block, find("xmm1"), ones));
	assert_int_equal(get64(block.xstate + XSTATE_BV_AT), SSE);
	assert_null(register_get(&block, find("xmm2"), bytes));   // its stale bytes became zeros
	assert_memory_equal(bytes, zero, 16);
	assert_int_equal(value_of(&block, "mxcsr"), 0x1f80);
	set_value(&block, "fstat", 0x3800);
	assert_int_equal(get64(block.xstate + XSTATE_BV_AT), SSE | X87);
	assert_int_equal(value_of(&block, "fctrl"), 0x37f);
	assert_int_equal(value_of(&block, "mxcsr"), 0x1f80);
	assert_null(register_get(&block, find("xmm1"), bytes));
	assert_memory_equal(bytes, ones, 16);
	block_destroy(&block);
}

static void mxcsr_lives_with_sse_or_avx(void **state)
{
	(void)state;
	struct register_block block = block_create(X87 | SSE | AVX, AVX);
	const uint32_t flush = 0x9f80;
	memcpy(block.xstate + 24, &flush, sizeof(flush));
	assert_int_equal(value_of(&block, "mxcsr"), 0x9f80);
	uint8_t ones[16];
	memset(ones, 0xff, sizeof(ones));
	assert_null(register_set(&block, find("xmm0"), ones));
	assert_int_equal(value_of(&block, "mxcsr"), 0x9f80);
	block_destroy(&block);
}

static void mmx_registers_follow_the_top_of_the_stack(void **state)
{
	(void)state;
	struct register_block block = block_create(X87 | SSE, X87);
	set_value(&block, "fstat", 6 << 11);   // st0 is physical register 6
	put64(block.xstate + 32, 0x1234);
	put64(block.xstate + 32 + 16, 0x5678);
	assert_int_equal(value_of(&block, "mm6"), 0x1234);
	assert_int_equal(value_of(&block, "mm7"), 0x5678);
	block_destroy(&block);
}

static void expect_get_error(const struct register_block *block, const char *name, enum error_code code)
{
	uint8_t bytes[64] = { 0x77 };
	struct error *error = register_get(block, find(name), bytes);
	assert_non_null(error);
	assert_int_equal(error->code, code);
	assert_int_equal(bytes[0], 0x77);
	error_destroy(error);
}

static void what_is_not_there_is_an_error(void **state)
{
	(void)state;
	struct register_block empty = { .xstate = NULL };
	expect_get_error(&empty, "xmm0", ERROR_STATE);
	expect_get_error(&empty, "dr7", ERROR_STATE);
	assert_int_equal(xstate_features(&empty), X87 | SSE);
	struct register_block block = block_create(X87 | SSE, X87 | SSE);
	expect_get_error(&block, "ymm0", ERROR_UNSUPPORTED);
	expect_get_error(&block, "zmm31", ERROR_UNSUPPORTED);
	expect_get_error(&block, "xmm16", ERROR_UNSUPPORTED);
	expect_get_error(&block, "k0", ERROR_UNSUPPORTED);
	put64(block.xstate + XCR0_AT, UINT64_MAX);   // a core file may claim anything
	block.xstate_size = 600;
	expect_get_error(&block, "ymm15", ERROR_UNSUPPORTED);
	expect_get_error(&block, "zmm31", ERROR_UNSUPPORTED);
	block.xstate_size = 100;
	expect_get_error(&block, "xmm0", ERROR_STATE);
	block_destroy(&block);
}

static void a_bare_fxsave_image_will_do(void **state)
{
	(void)state;
	struct register_block block = { .xstate = xcalloc(1, 512), .xstate_size = 512 };
	set_value(&block, "mxcsr", 0x1fa0);
	assert_int_equal(value_of(&block, "mxcsr"), 0x1fa0);
	expect_get_error(&block, "ymm1", ERROR_UNSUPPORTED);
	block_destroy(&block);
}

__attribute__((target("xsave"))) static void save_state(uint8_t *area, uint64_t *features_ret)
{
	*features_ret = _xgetbv(0);
	_xsave64(area, ~0ull);
}

__attribute__((target("avx"))) static void load_and_save(const uint8_t *value, uint8_t *area, uint64_t *features_ret)
{
	__asm__ volatile("vmovups %0, %%ymm9" ::"m"(*(const uint8_t(*)[32])value) : "xmm9");
	__asm__ volatile("fninit; fldpi; fld1");
	save_state(area, features_ret);
	__asm__ volatile("fninit; vzeroupper");
}

static void the_processors_own_image_is_understood(void **state)
{
	(void)state;
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx"))
		skip();
	static uint8_t area[16384] __attribute__((aligned(64)));
	uint8_t value[32], bytes[64];
	uint64_t features;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(0xc0 + i);
	load_and_save(value, area, &features);
	put64(area + XCR0_AT, features);   // as the kernel does
	struct register_block block = { .xstate = area, .xstate_size = sizeof(area) };
	assert_int_equal(xstate_features(&block), features);
	assert_null(register_get(&block, find("ymm9"), bytes));
	assert_memory_equal(bytes, value, 32);
	const uint8_t one[10] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f };
	assert_null(register_get(&block, find("st0"), bytes));
	assert_memory_equal(bytes, one, 10);
	assert_int_equal(value_of(&block, "ftag"), 0xc0);
	assert_int_equal(value_of(&block, "fctrl"), 0x37f);
	assert_int_equal(value_of(&block, "fstat") >> 11 & 7, 6);
	assert_int_equal(value_of(&block, "mm7"), UINT64_C(0xc90fdaa22168c235));   // the mantissa of pi
}

static void dwarf_numbers_reach_the_right_fields(void **state)
{
	(void)state;
	struct user_regs_struct general = { 0 };
	for (int i = 0; i < DWARF_REGISTER_COUNT; i++)
		registers_set_dwarf(&general, i, (uint64_t)i + 100);
	assert_int_equal(general.rdx, 101);
	assert_int_equal(general.rcx, 102);
	assert_int_equal(general.rsi, 104);
	assert_int_equal(general.rbp, 100 + DWARF_RBP);
	assert_int_equal(general.rsp, 100 + DWARF_RSP);
	assert_int_equal(general.r15, 115);
	assert_int_equal(general.rip, 100 + DWARF_RIP);
	struct register_block block = { .general = general };
	for (int i = 0; i < DWARF_REGISTER_COUNT; i++) {
		uint64_t value;
		assert_null(register_get(&block, register_by_dwarf(i), &value));
		assert_int_equal(value, registers_get_dwarf(&general, i));
	}
}

static void bits_are_named_and_do_not_overlap(void **state)
{
	(void)state;
	const char *const names[] = { "eflags", "mxcsr", "fctrl", "fstat", "dr6", "dr7" };
	size_t count;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct register_bit *bits = register_bits(find(names[i]), &count);
		uint64_t seen = 0;
		assert_true(count > 5);
		for (size_t j = 0; j < count; j++) {
			uint64_t mask = ((UINT64_C(1) << bits[j].width) - 1) << bits[j].shift;
			assert_int_equal(seen & mask, 0);
			assert_true(bits[j].shift + bits[j].width <= 8 * find(names[i])->size);
			seen |= mask;
		}
	}
	const struct register_bit *bits = register_bits(find("eflags"), &count);
	assert_string_equal(bits[3].name, "ZF");
	assert_int_equal(bits[3].shift, 6);
	assert_null(register_bits(find("rax"), &count));
	assert_int_equal(count, 0);
}

static void lanes_divide_every_vector(void **state)
{
	(void)state;
	size_t count;
	const struct register_lane_kind *kinds = register_lane_kinds(&count);
	assert_int_equal(count, 12);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(16 % kinds[i].size, 0);
		assert_int_equal(kinds[i].is_float, str_equal(kinds[i].element, "float") || str_equal(kinds[i].element, "double"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_description_is_consistent),
		cmocka_unit_test(names_and_aliases),
		cmocka_unit_test(every_register_round_trips),
		cmocka_unit_test(whole_registers_do_not_overlap),
		cmocka_unit_test(parts_are_bytes_of_their_wholes),
		cmocka_unit_test(sub_registers_leave_the_rest_alone),
		cmocka_unit_test(wide_vectors_are_gathered_from_their_pieces),
		cmocka_unit_test(components_in_init_state_read_as_initial_values),
		cmocka_unit_test(writing_brings_only_its_component_to_life),
		cmocka_unit_test(mxcsr_lives_with_sse_or_avx),
		cmocka_unit_test(mmx_registers_follow_the_top_of_the_stack),
		cmocka_unit_test(what_is_not_there_is_an_error),
		cmocka_unit_test(a_bare_fxsave_image_will_do),
		cmocka_unit_test(the_processors_own_image_is_understood),
		cmocka_unit_test(dwarf_numbers_reach_the_right_fields),
		cmocka_unit_test(bits_are_named_and_do_not_overlap),
		cmocka_unit_test(lanes_divide_every_vector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

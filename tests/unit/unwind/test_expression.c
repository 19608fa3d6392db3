#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <string.h>

#include "engine/unwind/private.h"

static uint64_t words[4] = { 0x1122334455667788, 7, 8, 9 };
enum { WORDS_AT = 0x1000, CFA = 0x7000, BIAS = 0x100000 };

static size_t read_words(void *data, uint64_t address, void *bytes, size_t size)
{
	(void)data;
	if (address - WORDS_AT >= sizeof(words))
		return 0;
	size_t left = sizeof(words) - (address - WORDS_AT);
	size = size < left ? size : left;
	memcpy(bytes, (uint8_t *)words + (address - WORDS_AT), size);
	return size;
}

static struct error *evaluate_with(const Dwarf_Op *ops, size_t count, const uint64_t *cfa, uint64_t *value_ret)
{
	struct frame_registers registers = { .known = 1u << DWARF_RSP | 1u << DWARF_RIP };
	registers.value[DWARF_RSP] = WORDS_AT;
	registers.value[DWARF_RIP] = 0x40102b;
	struct memory *memory = memory_create((struct memory_io){ .read = read_words });
	struct error *error = cfi_evaluate(ops, count, &registers, cfa, memory, BIAS, value_ret);
	memory_destroy(memory);
	return error;
}

static const uint64_t the_cfa = CFA;

#define ASSERT_VALUE(wanted, ...) \
	do { \
		const Dwarf_Op ops_[] = { __VA_ARGS__ }; \
		uint64_t value_; \
		assert_null(evaluate_with(ops_, ARRAY_SIZE(ops_), &the_cfa, &value_)); \
		assert_int_equal(value_, wanted); \
	} while (0)

#define ASSERT_ERROR(wanted_code, cfa, ...) \
	do { \
		const Dwarf_Op ops_[] = { __VA_ARGS__ }; \
		uint64_t value_ = 77; \
		struct error *error_ = evaluate_with(ops_, ARRAY_SIZE(ops_), cfa, &value_); \
		assert_non_null(error_); \
		assert_int_equal(error_->code, wanted_code); \
		assert_int_equal(value_, 77); \
		error_destroy(error_); \
	} while (0)

#define OP(name, ...) { .atom = DW_OP_##name, ##__VA_ARGS__ }
#define PUSH(value) { .atom = DW_OP_constu, .number = (Dwarf_Word)(value) }

// ld's rule for .plt: CFA = rsp + 8 + ((rip & 15) >= 11) * 8.
static void the_linkers_plt_rule(void **state)
{
	(void)state;
	ASSERT_VALUE(WORDS_AT + 16, OP(breg7, .number = 8), OP(breg16), OP(lit15), OP(and), OP(lit11), OP(ge), OP(lit3), OP(shl), OP(plus));
}

static void memory_registers_and_cfa(void **state)
{
	(void)state;
	ASSERT_VALUE(8, OP(breg7, .number = 16), OP(deref));
	ASSERT_VALUE(0x7788, OP(bregx, .number = 7), OP(deref_size, .number = 2));
	ASSERT_VALUE(CFA - 8, OP(call_frame_cfa), OP(plus_uconst, .number = (Dwarf_Word)-8));
	ASSERT_VALUE(BIAS + 0x40, OP(addr, .number = 0x40));
}

static void arithmetic(void **state)
{
	(void)state;
	ASSERT_VALUE((uint64_t)-3, PUSH(-7), PUSH(2), OP(div));
	ASSERT_VALUE((uint64_t)INT64_MIN, PUSH(INT64_MIN), PUSH(-1), OP(div));
	ASSERT_VALUE(1, PUSH(7), PUSH(2), OP(mod));
	ASSERT_VALUE((uint64_t)-2, PUSH(-7), PUSH(2), OP(shra));
	ASSERT_VALUE((uint64_t)-1, PUSH(-7), PUSH(1000), OP(shra));
	ASSERT_VALUE(0, PUSH(1), PUSH(64), OP(shl));
	ASSERT_VALUE(5, PUSH(-5), OP(abs));
	ASSERT_VALUE(1, PUSH(-5), PUSH(4), OP(lt));
	ASSERT_VALUE(9, PUSH(2), PUSH(7), OP(swap), OP(drop), OP(lit2), OP(plus));
	ASSERT_VALUE(3 * 100 + 1 * 10 + 2, OP(lit1), OP(lit2), OP(lit3), OP(rot),   // 3 1 2, the top last
		     OP(swap), PUSH(10), OP(mul), OP(plus), OP(swap), PUSH(100), OP(mul), OP(plus));
	ASSERT_VALUE(4, OP(lit4), OP(lit5), OP(pick, .number = 1));
}

static void branches(void **state)
{
	(void)state;
	// Counts 5 down to 0.
	ASSERT_VALUE(0, OP(lit5, .offset = 0), OP(lit1, .offset = 1), OP(minus, .offset = 2), OP(dup, .offset = 3),
		     OP(bra, .number = (Dwarf_Word)-6, .offset = 4));
	ASSERT_VALUE(3, OP(lit3, .offset = 0), OP(skip, .number = 1, .offset = 1), OP(lit9, .offset = 4));
}

static void broken_expressions_are_errors(void **state)
{
	(void)state;
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(plus));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(lit1), OP(rot));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(lit1), OP(pick, .number = 1));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(drop));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(nop));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(lit1), OP(lit0), OP(div));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(lit1), OP(deref_size, .number = 16));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(skip, .number = (Dwarf_Word)-3, .offset = 0));      // for ever
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(dup, .offset = 0), OP(lit1, .offset = 1));
	ASSERT_ERROR(ERROR_FORMAT, &the_cfa, OP(lit1, .offset = 0), OP(skip, .number = (Dwarf_Word)-4, .offset = 1));   // the stack fills
	ASSERT_ERROR(ERROR_FORMAT, NULL, OP(call_frame_cfa));
	ASSERT_ERROR(ERROR_UNAVAILABLE, &the_cfa, OP(breg3));
	ASSERT_ERROR(ERROR_UNAVAILABLE, &the_cfa, OP(bregx, .number = 1000));
	ASSERT_ERROR(ERROR_FAULT, &the_cfa, OP(lit8), OP(deref));
	ASSERT_ERROR(ERROR_UNSUPPORTED, &the_cfa, OP(push_object_address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_linkers_plt_rule),
		cmocka_unit_test(memory_registers_and_cfa),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(branches),
		cmocka_unit_test(broken_expressions_are_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

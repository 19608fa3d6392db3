// How far instructions move the stack pointer.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "engine/arch/stack_effect.h"

enum { UNKNOWN = 1 << 20 };

static const struct {
	const char *bytes;
	uint8_t length;
	int moved, saves, restores;
} table[] = {
	{ "\x53", 1, -8, 3, -1 },                          // push rbx
	{ "\x41\x54", 2, -8, 12, -1 },                     // push r12
	{ "\x56", 1, -8, 4, -1 },                          // push rsi
	{ "\x6a\x05", 2, -8, -1, -1 },                     // push 5
	{ "\x66\x50", 2, -2, -1, -1 },                     // push ax
	{ "\xff\x37", 2, -8, -1, -1 },                     // push [rdi]
	{ "\x5d", 1, 8, -1, 6 },                           // pop rbp
	{ "\x8f\x07", 2, 8, -1, -1 },                      // pop [rdi]
	{ "\x5c", 1, UNKNOWN, -1, -1 },                    // pop rsp
	{ "\x9c", 1, -8, -1, -1 },                         // pushf
	{ "\x9d", 1, 8, -1, -1 },                          // popf
	{ "\x48\x83\xec\x18", 4, -24, -1, -1 },            // sub rsp, 24
	{ "\x48\x81\xc4\0\x01\0\0", 7, 256, -1, -1 },      // add rsp, 256
	{ "\x48\x83\xc4\x80", 4, -128, -1, -1 },           // add rsp, -128
	{ "\x48\x8d\x64\x24\xd8", 5, -40, -1, -1 },        // lea rsp, [rsp - 40]
	{ "\x48\x8d\x65\xd8", 4, UNKNOWN, -1, -1 },        // lea rsp, [rbp - 40]
	{ "\x48\x29\xc4", 3, UNKNOWN, -1, -1 },            // sub rsp, rax
	{ "\x48\x83\xe4\xc0", 4, UNKNOWN, -1, -1 },        // and rsp, -64
	{ "\x48\x89\xec", 3, UNKNOWN, -1, -1 },            // mov rsp, rbp
	{ "\x48\x89\xe5", 3, 0, -1, -1 },                  // mov rbp, rsp
	{ "\xc9", 1, UNKNOWN, -1, -1 },                    // leave
	{ "\xe8\0\0\0\0", 5, 0, -1, -1 },                  // call
	{ "\x48\x83\xc0\x08", 4, 0, -1, -1 },              // add rax, 8
};

static void pushes_pops_and_constants_are_known_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct instruction instruction;
		struct stack_effect effect;
		assert_null(instruction_decode((const uint8_t *)table[i].bytes, table[i].length, 0x1000, &instruction));
		assert_int_equal(instruction.length, table[i].length);
		bool is_known = instruction_stack_effect(&instruction, &effect);
		assert_int_equal(is_known, table[i].moved != UNKNOWN);
		if (!is_known)
			continue;
		assert_int_equal(effect.moved, table[i].moved);
		assert_int_equal(effect.saves, table[i].saves);
		assert_int_equal(effect.restores, table[i].restores);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pushes_pops_and_constants_are_known_and_nothing_else) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

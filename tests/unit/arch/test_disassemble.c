// The text of instructions: some by hand, and all of a real program's .text against objdump.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>

#include "base/memory.h"
#include "engine/arch/instruction.h"
#include "tests/unit/arch/objdump.h"

static bool symbolise(void *data, uint64_t address, struct str *text)
{
	(void)data;
	if (address == 0x401136)
		str_add(text, "square");
	else if (address == 0x402004)
		str_add(text, "fmt");
	else
		return false;
	return true;
}

static void expect_text(const uint8_t *bytes, size_t size, uint64_t address, enum instruction_syntax syntax, const char *expected)
{
	struct instruction instruction;
	_cleanup_str_ struct str text = STR_INIT;
	assert_null(instruction_decode(bytes, size, address, &instruction));
	instruction_format(&instruction, syntax, symbolise, NULL, &text);
	assert_string_equal(str_text(&text), expected);
}

#define EXPECT(address, syntax, expected, ...) \
	expect_text((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), address, syntax, expected)

static void intel_syntax(void **state)
{
	(void)state;
	EXPECT(0x401200, SYNTAX_INTEL, "call   0x401136 <square>", 0xe8, 0x31, 0xff, 0xff, 0xff);
	EXPECT(0x401200, SYNTAX_INTEL, "je     0x401206", 0x74, 0x04);
	EXPECT(0x401162, SYNTAX_INTEL, "lea    rdi, [rip+0xe9b]  # 0x402004 <fmt>", 0x48, 0x8d, 0x3d, 0x9b, 0x0e, 0x00, 0x00);
	EXPECT(0x401200, SYNTAX_INTEL, "mov    eax, dword ptr [rip+0x10]  # 0x401216", 0x8b, 0x05, 0x10, 0, 0, 0);
	EXPECT(0, SYNTAX_INTEL, "mov    rax, qword ptr fs:[0x28]", 0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0);
	EXPECT(0, SYNTAX_INTEL, "ret", 0xc3);
	EXPECT(0, SYNTAX_INTEL, "endbr64", 0xf3, 0x0f, 0x1e, 0xfa);
	EXPECT(0, SYNTAX_INTEL, "sub    rsp, 0x8", 0x48, 0x83, 0xec, 0x08);
	EXPECT(0, SYNTAX_INTEL, "nop    word ptr [rax+rax*1]", 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0);
	EXPECT(0, SYNTAX_INTEL, "movabs rax, 0x807060504030201", 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8);
	EXPECT(0, SYNTAX_INTEL, "lock cmpxchg dword ptr [rdi], ecx", 0xf0, 0x0f, 0xb1, 0x0f);
	EXPECT(0, SYNTAX_INTEL, "rep stosq", 0xf3, 0x48, 0xab);
	EXPECT(0, SYNTAX_INTEL, "vaddps zmm1 {k1} {z}, zmm2, zmm3", 0x62, 0xf1, 0x6c, 0xc9, 0x58, 0xcb);
}

static void att_syntax(void **state)
{
	(void)state;
	EXPECT(0x401200, SYNTAX_ATT, "call   0x401136 <square>", 0xe8, 0x31, 0xff, 0xff, 0xff);
	EXPECT(0x401162, SYNTAX_ATT, "lea    0xe9b(%rip), %rdi  # 0x402004 <fmt>", 0x48, 0x8d, 0x3d, 0x9b, 0x0e, 0x00, 0x00);
	EXPECT(0x401200, SYNTAX_ATT, "jne    0x401206", 0x75, 0x04);
	EXPECT(0, SYNTAX_ATT, "sub    $0x8, %rsp", 0x48, 0x83, 0xec, 0x08);
	EXPECT(0, SYNTAX_ATT, "mov    %eax, -0x14(%rbp)", 0x89, 0x45, 0xec);
	EXPECT(0, SYNTAX_ATT, "movl   $0x1, (%rax)", 0xc7, 0x00, 1, 0, 0, 0);
	EXPECT(0, SYNTAX_ATT, "movabs $0x807060504030201, %rax", 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8);
}

static void text_is_appended(void **state)
{
	(void)state;
	struct instruction instruction;
	_cleanup_str_ struct str text = STR_INIT;
	str_add(&text, "main+4: ");
	assert_null(instruction_decode((const uint8_t[]){ 0x55 }, 1, 0, &instruction));
	instruction_format(&instruction, SYNTAX_INTEL, NULL, NULL, &text);
	assert_string_equal(str_text(&text), "main+4: push   rbp");
}

static char *remove_all(char *text, const char *what)
{
	for (char *at = text; (at = strstr(at, what));)
		memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
	return text;
}

// The ways in which objdump words the same thing differently, on purpose left so:
// - prefixes without effect are shown (data16, cs, rex.W, repz before ret)
// - string instructions have operands instead of a size suffix
// - 66 90 is "xchg ax,ax"
static bool is_wording(const char *theirs, const char *ours)
{
	static const char *const strings[] = { "stos", "movs", "cmps", "scas", "lods" };
	if (str_starts(theirs, "xchg   ax,ax") || str_starts(theirs, "repz ret"))
		return str_starts(ours, "nop") || str_starts(ours, "ret");
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (strstr(theirs, strings[i]) && strstr(ours, strings[i]))
			return true;
	return false;
}

// Lower case, no spaces, no comment; objdump's "+0x0" is left out, and so are "ds:" and the brackets behind "fs:".
static void normalise(const char *text, char *result, size_t size)
{
	static const char *const noise[] = { "data16", "cs nop", "ds nop", "+0x0]", "ds:", " ", "[", "]", "cs:" };
	char copy[300];
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "#<")] = 0;
	for (size_t i = 0; copy[i]; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	char *nop = strstr(copy, "cs nop");
	if (nop)
		memmove(nop, nop + 3, strlen(nop + 3) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		remove_all(copy, noise[i]);
	snprintf(result, size, "%s", copy);
}

static bool same_mnemonic(const char *theirs, const char *ours)
{
	while (str_starts(theirs, "data16 ") || str_starts(theirs, "cs "))
		theirs = strchr(theirs, ' ') + 1;
	size_t length = strcspn(theirs, " ");
	return length == strcspn(ours, " ") && strncmp(theirs, ours, length) == 0;
}

// objdump writes targets without 0x: "call   2020 <free@plt-0x10>", "# 8fc8 <x>".
static bool same_target(const struct objdump_line *line, const struct instruction *instruction, const char *ours)
{
	const char *theirs_comment = strchr(line->text, '#'), *ours_comment = strchr(ours, '#');
	if (instruction->has_target) {
		const char *operand = strrchr(line->text, '<') ? strrchr(line->text, '<') - 1 : line->text + strlen(line->text);
		while (operand > line->text && operand[-1] != ' ')
			operand--;
		return strtoull(operand, NULL, 16) == instruction->target;
	}
	if (!theirs_comment || !ours_comment)
		return !theirs_comment && !ours_comment;
	return strtoull(theirs_comment + 1, NULL, 16) == strtoull(ours_comment + 1, NULL, 16);
}

struct agreement {
	size_t total;
	size_t wording;
	size_t mnemonics;
	size_t targets;
	size_t operands;
};

static void compare_line(const struct objdump_line *line, struct agreement *agreement)
{
	struct instruction instruction;
	char theirs[300], ours[300];
	agreement->total++;
	_cleanup_error_ struct error *error = instruction_decode(line->bytes, line->length, line->address, &instruction);
	if (error || instruction.length != line->length)
		return;
	_cleanup_str_ struct str text = STR_INIT;
	instruction_format(&instruction, SYNTAX_INTEL, NULL, NULL, &text);
	agreement->targets += same_target(line, &instruction, str_text(&text));
	if (is_wording(line->text, str_text(&text))) {
		agreement->wording++;
		return;
	}
	if (same_mnemonic(line->text, str_text(&text)))
		agreement->mnemonics++;
	else
		fprintf(stderr, "%s | %s\n", line->text, str_text(&text));
	normalise(line->text, theirs, sizeof(theirs));
	normalise(str_text(&text), ours, sizeof(ours));
	agreement->operands += instruction.has_target || instruction.is_rip_relative || str_equal(theirs, ours);
}

static void a_real_program_reads_as_in_objdump(void **state)
{
	(void)state;
	struct agreement agreement = { 0 };
	struct objdump_line line;
	FILE *file = objdump_open("/bin/true");
	assert_non_null(file);
	while (objdump_next(file, &line))
		compare_line(&line, &agreement);
	pclose(file);
	if (agreement.total == 0)
		skip();   // no objdump here
	size_t enough = agreement.total * 995 / 1000;
	assert_true(agreement.total > 1000);
	assert_true(agreement.targets == agreement.total);
	assert_true(agreement.mnemonics + agreement.wording > enough);
	assert_true(agreement.operands + agreement.wording > enough);
	assert_true(agreement.wording < agreement.total / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intel_syntax),
		cmocka_unit_test(att_syntax),
		cmocka_unit_test(text_is_appended),
		cmocka_unit_test(a_real_program_reads_as_in_objdump),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

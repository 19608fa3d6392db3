// The expression machine, on expressions written by hand: an assembler makes a module with one variable for each, and a frame and memory
// that exist only here answer what they ask.
#include "support.h"

#include "engine/symbols/location.h"

#include <time.h>
#include <unistd.h>

#define MEMORY_START 0x5000u
#define CFA 0x7000u
#define FUNCTION_START 0x10000u

static const struct {
	const char *name;
	const char *type;          // int, long, double, uchar, triple (12 bytes)
	const char *expression;    // assembler
	const char *expected;
} cases[] = {
	// Literals and registers
	{ "lit", "int", ".byte 0x30 + 31", "memory 0x1f" },
	{ "const1s", "int", ".byte 0x09, 0xff", "memory 0xffffffffffffffff" },
	{ "const2u", "int", ".byte 0x0a; .short 0xfffe", "memory 0xfffe" },
	{ "const2s", "int", ".byte 0x0b; .short 0xfffe", "memory 0xfffffffffffffffe" },
	{ "const4u", "int", ".byte 0x0c; .long 0xfffffffe", "memory 0xfffffffe" },
	{ "const4s", "int", ".byte 0x0d; .long 0xfffffffe", "memory 0xfffffffffffffffe" },
	{ "const8u", "int", ".byte 0x0e; .quad 0x123456789abcdef0", "memory 0x123456789abcdef0" },
	{ "constu", "int", ".byte 0x10; .uleb128 300", "memory 0x12c" },
	{ "consts", "int", ".byte 0x11; .sleb128 -300", "memory 0xfffffffffffffed4" },
	{ "breg", "int", ".byte 0x76; .sleb128 -8", "memory 0x3e6" },
	{ "bregx", "int", ".byte 0x92; .uleb128 7; .sleb128 16", "memory 0x3ff" },
	{ "reg", "int", ".byte 0x53", "register 3" },
	{ "regx", "int", ".byte 0x90; .uleb128 17", "register 17" },
	{ "fbreg", "int", ".byte 0x91; .sleb128 -20", "memory 0x6fec" },
	{ "cfa", "int", ".byte 0x9c", "memory 0x7000" },
	{ "addr", "int", ".byte 0x03; .quad 0x1234", "memory 0x1234" },
	// The stack
	{ "dup", "int", ".byte 0x35, 0x12, 0x22", "memory 0xa" },
	{ "over", "int", ".byte 0x35, 0x37, 0x14, 0x1c, 0x1c", "memory 0x3" },
	{ "pick", "int", ".byte 0x31, 0x32, 0x33, 0x15, 2", "memory 0x1" },
	{ "swap", "int", ".byte 0x32, 0x39, 0x16, 0x1c", "memory 0x7" },
	{ "rot", "int", ".byte 0x31, 0x32, 0x33, 0x17", "memory 0x2" },
	{ "drop", "int", ".byte 0x31, 0x32, 0x13", "memory 0x1" },
	{ "deref", "int", ".byte 0x0a; .short 0x5000; .byte 0x06", "memory 0x807060504030201" },
	{ "deref_size", "int", ".byte 0x0a; .short 0x5002; .byte 0x94, 2", "memory 0x403" },
	{ "xderef", "int", ".byte 0x30, 0x0a; .short 0x5000; .byte 0x95, 1", "memory 0x1" },
	// Arithmetic
	{ "minus", "int", ".byte 0x33, 0x35, 0x1c", "memory 0xfffffffffffffffe" },
	{ "mul", "int", ".byte 0x36, 0x37, 0x1e", "memory 0x2a" },
	{ "div", "int", ".byte 0x09, 0xf8, 0x33, 0x1b", "memory 0xfffffffffffffffe" },
	{ "div_least", "int", ".byte 0x0f; .quad 0x8000000000000000; .byte 0x09, 0xff, 0x1b", "memory 0x8000000000000000" },
	{ "mod", "int", ".byte 0x41, 0x35, 0x1d", "memory 0x2" },
	{ "and_or_xor", "int", ".byte 0x3c, 0x3a, 0x1a, 0x31, 0x21, 0x33, 0x27", "memory 0xa" },
	{ "not", "int", ".byte 0x30, 0x20", "memory 0xffffffffffffffff" },
	{ "neg_abs", "int", ".byte 0x35, 0x1f, 0x19", "memory 0x5" },
	{ "shl", "int", ".byte 0x31, 0x34, 0x24", "memory 0x10" },
	{ "shr", "int", ".byte 0x09, 0xf0, 0x08, 60, 0x25", "memory 0xf" },
	{ "shra", "int", ".byte 0x09, 0xf0, 0x34, 0x26", "memory 0xffffffffffffffff" },
	{ "shift_far", "int", ".byte 0x31, 0x08, 200, 0x24", "memory 0x0" },
	{ "plus_uconst", "int", ".byte 0x31, 0x23; .uleb128 300", "memory 0x12d" },
	{ "less", "int", ".byte 0x09, 0xff, 0x31, 0x2d", "memory 0x1" },
	{ "greater_equal", "int", ".byte 0x31, 0x31, 0x2a", "memory 0x1" },
	{ "not_equal", "int", ".byte 0x31, 0x31, 0x2e", "memory 0x0" },
	// Control flow
	{ "skip", "int", ".byte 0x31, 0x2f; .short 1; .byte 0x32, 0x96", "memory 0x1" },
	{ "bra", "int", ".byte 0x35, 0x31, 0x28; .short 1; .byte 0x36, 0x31, 0x22", "memory 0x6" },
	{ "skip_to_end", "int", ".byte 0x31, 0x2f; .short 1; .byte 0x32", "memory 0x1" },
	// Counts 5 down to 0, adding 3 each time: lit0 lit5 | swap lit3 plus swap lit1 minus dup bra | drop
	{ "loop", "int", ".byte 0x30, 0x35, 0x16, 0x33, 0x22, 0x16, 0x31, 0x1c, 0x12, 0x28; .short -10; .byte 0x13", "memory 0xf" },
	// Values
	{ "stack_value", "int", ".byte 0x08, 42, 0x9f", "bytes 2a000000" },
	{ "implicit_value", "int", ".byte 0x9e, 4, 1, 2, 3, 4", "bytes 01020304" },
	{ "implicit_short", "long", ".byte 0x9e, 2, 1, 2", "bytes 0102000000000000" },
	{ "implicit_pointer", "long", ".byte 0xa0; .long L_lit; .sleb128 4", "pointer +4" },
	{ "entry_value", "long", ".byte 0xa3, 1, 0x55, 0x9f", "bytes f901000000000000" },
	{ "gnu_entry_value", "long", ".byte 0xf3, 1, 0x55, 0x9f", "bytes f901000000000000" },
	{ "tls", "int", ".byte 0x0e; .quad 8; .byte 0x9b", "memory 0x9008" },
	{ "gnu_tls", "int", ".byte 0x0e; .quad 16; .byte 0xe0", "memory 0x9010" },
	{ "call4", "int", ".byte 0x99; .long L_const1s - L_unit; .byte 0x31, 0x22", "memory 0x0" },
	{ "call_ref", "int", ".byte 0x9a; .long L_lit", "memory 0x1f" },
	{ "variable_value", "int", ".byte 0xfd; .long L_reg; .byte 0x9f", "bytes eb030000" },
	// Typed values
	{ "regval_double", "double", ".byte 0xa5; .uleb128 17; .uleb128 T_double - L_unit; .byte 0x9f", "bytes 0000000000000440" },
	{ "const_type", "double", ".byte 0xa4; .uleb128 T_double - L_unit; .byte 8; .double 1.5; .byte 0x12, 0x22, 0x9f", "bytes 0000000000000840" },
	{ "convert", "int", ".byte 0xa4; .uleb128 T_double - L_unit; .byte 8; .double -7.9; .byte 0xa8; .uleb128 T_int - L_unit; .byte 0x9f",
	  "bytes f9ffffff" },
	{ "convert_narrow", "int", ".byte 0x0a; .short 0x1ff; .byte 0xa8; .uleb128 T_uchar - L_unit; .byte 0xa8, 0, 0x9f", "bytes ff000000" },
	{ "reinterpret", "double", ".byte 0x0e; .quad 0x3ff0000000000000; .byte 0xa9; .uleb128 T_double - L_unit; .byte 0x9f",
	  "bytes 000000000000f03f" },
	{ "deref_type", "int", ".byte 0x0a; .short 0x5000; .byte 0xa6, 4; .uleb128 T_int - L_unit; .byte 0x9f", "bytes 01020304" },
	{ "float_sum", "double", ".byte 0xa4; .uleb128 T_float - L_unit; .byte 4; .float 0.5; .byte 0xa8; .uleb128 T_double - L_unit; .byte 0x1f, 0x9f",
	  "bytes 000000000000e0bf" },
	{ "long_double", "ldouble", ".byte 0x31, 0xa8; .uleb128 T_ldouble - L_unit; .byte 0x9f", "bytes 0000000000000080ff3f000000000000" },
	// Pieces
	{ "pieces", "triple", ".byte 0x53, 0x93, 4, 0x0a; .short 0x5000; .byte 0x93, 4, 0x93, 4", "register 3:32 memory 0x5000:32 none:32" },
	{ "bit_pieces", "int", ".byte 0x50, 0x9d, 5, 3, 0x37, 0x9f, 0x93, 1", "register 0:5+3 bytes 07:8" },
	// What goes wrong
	{ "empty_pieces", "int", ".byte 0x93, 4", "error 8" },
	{ "underflow", "int", ".byte 0x22", "error 10" },
	{ "overflow", "int", ".byte 0x31, 0x12, 0x2f; .short -4", "error 10" },
	{ "endless", "int", ".byte 0x2f; .short -3", "error 10" },
	{ "jump_astray", "int", ".byte 0x2f; .short 1; .byte 0x08, 1, 0x31", "error 10" },
	{ "jump_before", "int", ".byte 0x31, 0x2f; .short -30", "error 10" },
	{ "by_zero", "int", ".byte 0x31, 0x30, 0x1b", "error 10" },
	{ "fault", "int", ".byte 0x31, 0x06", "error 5" },
	{ "unknown_register", "int", ".byte 0x7f, 0, 0x90; .uleb128 99", "error 8" },
	{ "goes_on", "int", ".byte 0x53, 0x31", "error 10" },
	{ "calls_itself", "int", ".byte 0x99; .long L_calls_itself - L_unit", "error 10" },
	{ "parameter_ref", "int", ".byte 0xfa; .long T_int - L_unit; .byte 0x9f", "error 8" },
	{ "float_address", "int", ".byte 0xa4; .uleb128 T_double - L_unit; .byte 8; .double 1.5", "error 10" },
	{ "other_space", "int", ".byte 0x31, 0x31, 0x18", "error 7" },
};

// ---- The module --------------------------------------------------------------------------------------------------

static const char header[] =
	".text; .globl code; .type code, @function; code: .skip 64, 0x90; .size code, 64\n"
	".section .debug_abbrev,\"\",@progbits; L_abbrev:\n"
	".byte 1, 0x11, 1, 0x13, 0x0b, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0\n"
	".byte 2, 0x24, 0, 0x03, 0x08, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0\n"
	".byte 3, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0\n"
	".byte 4, 0x2e, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x40, 0x18, 0, 0\n"
	".byte 5, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x1c, 0x0d, 0, 0\n"
	".byte 6, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x1c, 0x08, 0, 0\n"
	".byte 7, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x1c, 0x0a, 0, 0\n"
	".byte 8, 0x13, 0, 0x03, 0x08, 0x0b, 0x0b, 0, 0\n"
	".byte 0\n"
	".section .debug_info,\"\",@progbits; L_unit: .long L_end - L_start; L_start: .short 5; .byte 1, 8; .long 0\n"
	".uleb128 1; .byte 0x0c; .string \"hand.c\"; .quad code, 64\n"
	"T_int: .uleb128 2; .string \"int\"; .byte 5, 4\n"
	"T_long: .uleb128 2; .string \"long\"; .byte 5, 8\n"
	"T_double: .uleb128 2; .string \"double\"; .byte 4, 8\n"
	"T_float: .uleb128 2; .string \"float\"; .byte 4, 4\n"
	"T_ldouble: .uleb128 2; .string \"long double\"; .byte 4, 16\n"
	"T_uchar: .uleb128 2; .string \"unsigned char\"; .byte 8, 1\n"
	"T_triple: .uleb128 8; .string \"triple\"; .byte 12\n"
	".uleb128 4; .string \"code\"; .quad code, 64; .byte 1, 0x9c\n"
	".uleb128 5; .string \"constant\"; .long T_int - L_unit; .sleb128 -3\n"
	".uleb128 6; .string \"phrase\"; .long T_triple - L_unit; .string \"hello\"\n"
	".uleb128 7; .string \"block\"; .long T_int - L_unit; .byte 4, 9, 8, 7, 6\n";

struct fixture {
	char path[64];
	struct modules *modules;
	struct module *module;
	struct arena *arena;
	struct memory *memory;
	uint8_t bytes[64];
	struct location_context context;
	unsigned register_reads;
};

static size_t read_bytes(void *data, uint64_t address, void *bytes, size_t size)
{
	const struct fixture *fixture = data;
	uint64_t end = MEMORY_START + sizeof(fixture->bytes);
	if (address < MEMORY_START || address >= end)
		return 0;
	if (size > end - address)
		size = end - address;
	memcpy(bytes, fixture->bytes + (address - MEMORY_START), size);
	return size;
}

static size_t write_nothing(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data, (void)address, (void)bytes, (void)size;
	return 0;
}

static struct error *read_register(void *data, int number, uint64_t *value_ret)
{
	struct fixture *fixture = data;
	double lanes = 2.5;
	fixture->register_reads++;
	if (number > 32 || number == 15)
		return error_create(ERROR_UNAVAILABLE, "not saved");
	*value_ret = 1000 + (uint64_t)number;
	if (number == 17)
		memcpy(value_ret, &lanes, sizeof(lanes));
	return NULL;
}

static struct error *frame_cfa(void *data, uint64_t *cfa_ret)
{
	(void)data;
	*cfa_ret = CFA;
	return NULL;
}

static struct error *tls_address(void *data, struct module *module, uint64_t offset, uint64_t *address_ret)
{
	(void)data, (void)module;
	*address_ret = 0x9000 + offset;
	return NULL;
}

static struct error *entry_register(void *data, int number, uint64_t *value_ret)
{
	(void)data;
	*value_ret = 500 + (uint64_t)number;
	return NULL;
}

static void write_source(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(header, file);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fprintf(file, "L_%s: .uleb128 3; .string \"%s\"; .long T_%s - L_unit; .uleb128 E_%s - B_%s; B_%s: %s; E_%s:\n",
			cases[i].name, cases[i].name, cases[i].type, cases[i].name, cases[i].name, cases[i].name, cases[i].expression, cases[i].name);
	}
	fputs(".byte 0; L_end:\n", file);
	fclose(file);
}

static int fixture_setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	strcpy(fixture->path, "/tmp/ptdap-location-XXXXXX");
	close(mkstemp(fixture->path));
	_cleanup_free_ char *source = xasprintf("%s.s", fixture->path);
	write_source(source);
	_cleanup_free_ char *text = output_of("as -o %s.o %s 2>&1 && ld -Ttext=0x10000 -e code -o %s %s.o 2>&1; rm -f %s.o %s",
					      fixture->path, source, fixture->path, fixture->path, fixture->path, source);
	assert_string_equal(text, "");
	fixture->modules = modules_create();
	fixture->module = add_program(fixture->modules, fixture->path);
	fixture->arena = arena_create();
	for (size_t i = 0; i < sizeof(fixture->bytes); i++)
		fixture->bytes[i] = (uint8_t)(i + 1);
	fixture->memory = memory_create((struct memory_io){ read_bytes, write_nothing, fixture });
	memory_set_caching(fixture->memory, false);
	uint64_t pc = FUNCTION_START + 8;
	fixture->context = (struct location_context){
		.data = fixture, .memory = fixture->memory, .pc = pc, .function = modules_function_at(fixture->modules, pc),
		.read_register = read_register, .frame_cfa = frame_cfa, .tls_address = tls_address, .entry_register = entry_register,
	};
	*state = fixture;
	return fixture->context.function ? 0 : -1;
}

static int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	unlink(fixture->path);
	memory_destroy(fixture->memory);
	arena_destroy(fixture->arena);
	modules_destroy(fixture->modules);
	free(fixture);
	return 0;
}

// ---- Results as text ---------------------------------------------------------------------------------------------

static void print_piece(struct str *text, const struct location_piece *piece, uint64_t size)
{
	switch (piece->kind) {
	case LOCATION_MEMORY: str_printf(text, "memory 0x%llx", (unsigned long long)piece->address); break;
	case LOCATION_REGISTER: str_printf(text, "register %d", piece->dwarf_register); break;
	case LOCATION_NONE: str_add(text, "none"); break;
	case LOCATION_IMPLICIT_POINTER: str_printf(text, "pointer +%lld", (long long)piece->address); break;
	case LOCATION_BYTES:
		str_add(text, "bytes ");
		for (uint64_t i = 0; i < (piece->bit_size ? (piece->bit_size + 7) / 8 : size); i++)
			str_printf(text, "%02x", piece->bytes[i]);
	}
	if (piece->bit_size)
		str_printf(text, ":%u", piece->bit_size);
	if (piece->bit_offset)
		str_printf(text, "+%u", piece->bit_offset);
}

static char *locate(struct fixture *fixture, const char *name, const struct location_context *context)
{
	const struct variable *variable = modules_find_variable(fixture->modules, name, 0);
	struct location location;
	struct str text = STR_INIT;
	assert_non_null(variable);
	struct error *error = variable_locate(variable, context, fixture->arena, &location);
	if (error)
		str_printf(&text, "error %d", error->code);
	for (size_t i = 0; !error && i < location.count; i++) {
		str_add(&text, i ? " " : "");
		print_piece(&text, &location.pieces[i], variable->type->size);
	}
	error_destroy(error);
	return str_take(&text);
}

static void each_operation_gives_what_dwarf_says(void **state)
{
	struct fixture *fixture = *state;
	unsigned wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = locate(fixture, cases[i].name, &fixture->context);
		if (str_equal(text, cases[i].expected))
			continue;
		print_error("%s: \"%s\", expected \"%s\"\n", cases[i].name, text, cases[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void constants_are_bytes(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[][2] = {
		{ "constant", "bytes fdffffff" }, { "phrase", "bytes 68656c6c6f00000000000000" }, { "block", "bytes 09080706" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = locate(fixture, names[i][0], NULL);
		assert_string_equal(text, names[i][1]);
	}
	assert_int_equal(modules_find_variable(fixture->modules, "constant", 0)->kind, VARIABLE_CONSTANT);
}

static void without_a_frame_only_what_needs_none_is_found(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[][2] = {
		{ "addr", "memory 0x1234" }, { "fbreg", "error 8" }, { "breg", "error 8" }, { "deref", "error 8" },
		{ "cfa", "error 8" }, { "tls", "error 8" }, { "entry_value", "error 8" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = locate(fixture, names[i][0], NULL);
		assert_string_equal(text, names[i][1]);
	}
}

static void entry_values_are_the_registers_at_the_entry(void **state)
{
	struct fixture *fixture = *state;
	struct location_context context = fixture->context;
	context.pc = FUNCTION_START;
	context.entry_register = NULL;
	_cleanup_free_ char *at_entry = locate(fixture, "entry_value", &context);
	assert_string_equal(at_entry, "bytes ed03000000000000");
	context.pc++;
	_cleanup_free_ char *later = locate(fixture, "entry_value", &context);
	assert_string_equal(later, "error 8");
}

// Relocated modules: DW_OP_addr is a link-time address.
static void addresses_move_with_the_module(void **state)
{
	struct fixture *fixture = *state;
	fixture->module->bias += 0x100000;
	_cleanup_free_ char *text = locate(fixture, "addr", NULL);
	fixture->module->bias -= 0x100000;
	assert_string_equal(text, "memory 0x101234");
}

static void looking_again_takes_well_under_a_microsecond(void **state)
{
	struct fixture *fixture = *state;
	const struct variable *variable = modules_find_variable(fixture->modules, "fbreg", 0);
	struct timespec start, end;
	const unsigned rounds = 20000;
	double best = 1e9;
	for (int attempt = 0; attempt < 5; attempt++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
		for (unsigned i = 0; i < rounds; i++) {
			struct location location;
			assert_null(variable_locate(variable, &fixture->context, fixture->arena, &location));
		}
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
		arena_reset(fixture->arena);
		double ns = ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / rounds;
		best = ns < best ? ns : best;
	}
	print_message("%.0f ns\n", best);
	// Generous: sanitizers and cmocka's own bookkeeping are in it.
	assert_true(best < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_gives_what_dwarf_says),
		cmocka_unit_test(constants_are_bytes),
		cmocka_unit_test(without_a_frame_only_what_needs_none_is_found),
		cmocka_unit_test(entry_values_are_the_registers_at_the_entry),
		cmocka_unit_test(addresses_move_with_the_module),
		cmocka_unit_test(looking_again_takes_well_under_a_microsecond),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}

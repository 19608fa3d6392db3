// Variables of real frames: gdb stops a program and gives away its registers and memory; what we make of them is compared with what gdb
// prints for the same names.
#include "support.h"

#include <unistd.h>

#include "engine/symbols/location.h"

#define PROGRAM(name) PROGRAMS_DIR "/" name
#define REGISTER_COUNT 17

// The process as gdb left it, in files and text.
struct snapshot {
	uint64_t registers[REGISTER_COUNT], xmm0, cfa;
	uint64_t stack_start, data_start;
	uint8_t *stack, *data;
	size_t stack_size, data_size;
	char *text;                // "@name=value" lines
	struct modules *modules;
	struct module *module;
	struct memory *memory;
	struct arena *arena;
	struct location_context context;
};

static size_t copy_range(const uint8_t *bytes, size_t length, uint64_t start, uint64_t address, void *to, size_t size)
{
	if (address < start || address >= start + length)
		return 0;
	if (size > start + length - address)
		size = start + length - address;
	memcpy(to, bytes + (address - start), size);
	return size;
}

static size_t read_snapshot(void *data, uint64_t address, void *bytes, size_t size)
{
	const struct snapshot *snapshot = data;
	size_t count = copy_range(snapshot->stack, snapshot->stack_size, snapshot->stack_start, address, bytes, size);
	return count ? count : copy_range(snapshot->data, snapshot->data_size, snapshot->data_start, address, bytes, size);
}

static size_t write_nothing(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data, (void)address, (void)bytes, (void)size;
	return 0;
}

static struct error *read_register(void *data, int number, uint64_t *value_ret)
{
	const struct snapshot *snapshot = data;
	if (number != 17 && number >= REGISTER_COUNT)
		return error_create(ERROR_UNAVAILABLE, "not kept");
	*value_ret = number == 17 ? snapshot->xmm0 : snapshot->registers[number];
	return NULL;
}

static struct error *frame_cfa(void *data, uint64_t *cfa_ret)
{
	*cfa_ret = ((const struct snapshot *)data)->cfa;
	return NULL;
}

static const char *printed(const struct snapshot *snapshot, const char *name)
{
	_cleanup_free_ char *key = xasprintf("@%s=", name);
	const char *found = strstr(snapshot->text, key);
	if (!found)
		fail_msg("gdb said nothing about %s:\n%s", name, snapshot->text);
	return found + strlen(key);
}

static uint64_t printed_number(const struct snapshot *snapshot, const char *name)
{
	return strtoull(printed(snapshot, name), NULL, 0);
}

static uint8_t *slurp(const char *path, size_t *size_ret)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	uint8_t *bytes = xmalloc(1 << 20);
	*size_ret = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	unlink(path);
	return bytes;
}

static void add_output(struct str *commands, const char *key, const char *expression)
{
	str_printf(commands, " -ex 'echo @%s=' -ex 'output%s' -ex 'echo \\n'", key, expression);
}

static const char *const register_names[REGISTER_COUNT] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9",
							    "r10", "r11", "r12", "r13", "r14", "r15", "rip" };

static void run_gdb(struct snapshot *snapshot, const char *path, const char *stop, const char *const *names, size_t count)
{
	char folder[] = "/tmp/ptdap-variable-XXXXXX";
	assert_non_null(mkdtemp(folder));
	_cleanup_str_ struct str commands = STR_INIT;
	str_printf(&commands, " -ex 'set startup-with-shell off' -ex 'break %s' -ex run", stop);
	for (size_t i = 0; i < REGISTER_COUNT; i++) {
		_cleanup_free_ char *expression = xasprintf("/x (long)$%s", register_names[i]);
		add_output(&commands, register_names[i], expression);
	}
	add_output(&commands, "xmm0", "/x $xmm0.v2_int64[0]");
	add_output(&commands, "data", "/x (long)&__data_start");
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *expression = xasprintf(" %s", names[i]);
		add_output(&commands, names[i], expression);
	}
	str_printf(&commands, " -ex 'dump binary memory %s/stack (long)$rsp-256 (long)$rsp+1024' ", folder);
	str_printf(&commands, " -ex 'dump binary memory %s/data (char*)&__data_start (char*)&_end' -ex 'info frame' -ex kill", folder);
	snapshot->text = output_of("LD_PRELOAD= gdb -nx -batch %s '%s' 2>&1", str_text(&commands), path);
	_cleanup_free_ char *stack = xasprintf("%s/stack", folder), *data = xasprintf("%s/data", folder);
	snapshot->stack = slurp(stack, &snapshot->stack_size);
	snapshot->data = slurp(data, &snapshot->data_size);
	rmdir(folder);
}

static void snapshot_take(struct snapshot *snapshot, const char *path, const char *stop, const char *const *names, size_t count)
{
	*snapshot = (struct snapshot){ 0 };
	run_gdb(snapshot, path, stop, names, count);
	for (size_t i = 0; i < REGISTER_COUNT; i++)
		snapshot->registers[i] = printed_number(snapshot, register_names[i]);
	snapshot->xmm0 = printed_number(snapshot, "xmm0");
	snapshot->stack_start = snapshot->registers[7] - 256;
	snapshot->data_start = printed_number(snapshot, "data");
	const char *cfa = strstr(snapshot->text, "frame at ");
	assert_non_null(cfa);
	snapshot->cfa = strtoull(cfa + strlen("frame at "), NULL, 0);
	snapshot->modules = modules_create();
	snapshot->module = add_program(snapshot->modules, path);
	snapshot->arena = arena_create();
	snapshot->memory = memory_create((struct memory_io){ read_snapshot, write_nothing, snapshot });
	memory_set_caching(snapshot->memory, false);
	uint64_t pc = snapshot->registers[16];
	snapshot->context = (struct location_context){ .data = snapshot, .memory = snapshot->memory, .pc = pc,
						       .function = modules_function_at(snapshot->modules, pc),
						       .read_register = read_register, .frame_cfa = frame_cfa };
	assert_non_null(snapshot->context.function);
}

static void snapshot_drop(struct snapshot *snapshot)
{
	memory_destroy(snapshot->memory);
	arena_destroy(snapshot->arena);
	modules_destroy(snapshot->modules);
	free(snapshot->stack);
	free(snapshot->data);
	free(snapshot->text);
}

// The innermost of that name, in the instance at the pc or those around it.
static const struct variable *find_visible(struct snapshot *snapshot, const char *name)
{
	for (const struct function *function = snapshot->context.function; function; function = function->outer) {
		const struct variable **list = NULL;
		size_t count = function_variables(function, snapshot->context.pc, snapshot->arena, &list);
		while (count--)
			if (str_equal(list[count]->name, name))
				return list[count];
	}
	return modules_find_variable(snapshot->modules, name, snapshot->context.pc);
}

static void read_piece(struct snapshot *snapshot, const struct location_piece *piece, uint8_t *bytes, size_t size)
{
	uint64_t value = 0;
	switch (piece->kind) {
	case LOCATION_MEMORY: assert_null(memory_read(snapshot->memory, piece->address, bytes, size)); break;
	case LOCATION_REGISTER:
		assert_null(read_register(snapshot, piece->dwarf_register, &value));
		memcpy(bytes, &value, size < 8 ? size : 8);
		break;
	case LOCATION_BYTES: memcpy(bytes, piece->bytes, size); break;
	default: fail_msg("piece of kind %d", piece->kind);
	}
}

// As gdb prints it: decimal, %g, or "<optimized out>".
static char *value_text(struct snapshot *snapshot, const struct variable *variable)
{
	struct location location;
	uint8_t bytes[16] = { 0 };
	const struct type *type = type_strip(variable->type);
	struct error *error = variable_locate(variable, &snapshot->context, snapshot->arena, &location);
	if (error) {
		bool is_away = error_catch(&error, ERROR_UNAVAILABLE);
		return is_away ? xstrdup("<optimized out>") : xasprintf("%s", error->message);
	}
	if (type->size > 8 || location.count != 1)
		return xstrdup("<big>");
	read_piece(snapshot, &location.pieces[0], bytes, type->size);
	int64_t number = 0;
	double real = 0;
	memcpy(&number, bytes, 8);
	memcpy(&real, bytes, 8);
	unsigned shift = (unsigned)(64 - type->size * 8);
	if (type->kind == TYPE_FLOAT)
		return xasprintf("%g", real);
	return xasprintf("%lld", (long long)((int64_t)((uint64_t)number << shift) >> shift));
}

static void compare(const char *path, const char *stop, const char *const *names, size_t count)
{
	if (!is_installed("gdb"))
		skip();
	struct snapshot snapshot;
	snapshot_take(&snapshot, path, stop, names, count);
	for (size_t i = 0; i < count; i++) {
		const struct variable *variable = find_visible(&snapshot, names[i]);
		if (!variable)
			fail_msg("%s not visible", names[i]);
		_cleanup_free_ char *ours = value_text(&snapshot, variable);
		const char *theirs = printed(&snapshot, names[i]);
		if (strncmp(ours, theirs, strlen(ours)) || theirs[strlen(ours)] != '\n')
			fail_msg("%s at %s: %s is %s, gdb says %.40s", path, stop, names[i], ours, theirs);
	}
	snapshot_drop(&snapshot);
}

static char *line_at(const char *source, const char *text)
{
	_cleanup_free_ char *path = xasprintf("tests/programs/%s", source);
	return xasprintf("%s:%u", source, line_of(path, text));
}

// ---- Values ------------------------------------------------------------------------------------------------------

static void unoptimised_locals_have_gdbs_values(void **state)
{
	(void)state;
	static const char *const names[] = { "n", "calls", "spin", "hidden_count" };
	_cleanup_free_ char *stop = line_at("symbols_types.c", "// all alive");
	compare(PROGRAM("symbols_types"), stop, names, ARRAY_SIZE(names));
	compare(PROGRAM("symbols_types-dwarf4"), stop, names, ARRAY_SIZE(names));
	compare(PROGRAM("symbols_types-dwarf3"), stop, names, ARRAY_SIZE(names));
}

static void optimised_locals_have_gdbs_values(void **state)
{
	(void)state;
	static const char *const looping[] = { "count", "total", "i", "fixed" }, *const printing[] = { "count", "total", "fixed", "factor" };
	_cleanup_free_ char *loop = line_at("symbols_optimised.c", "// loops"), *print = line_at("symbols_optimised.c", "// prints");
	compare(PROGRAM("symbols_optimised"), loop, looping, ARRAY_SIZE(looping));
	compare(PROGRAM("symbols_optimised"), print, printing, ARRAY_SIZE(printing));
	compare(PROGRAM("symbols_optimised-dwarf4"), loop, looping, ARRAY_SIZE(looping));
	compare(PROGRAM("symbols_optimised-dwarf4"), print, printing, ARRAY_SIZE(printing));
}

static void clangs_locals_have_gdbs_values(void **state)
{
	(void)state;
	static const char *const names[] = { "count", "total", "i", "fixed", "factor" }, *const plain[] = { "n", "calls", "hidden_count" };
	if (!is_installed("clang"))
		skip();
	char optimised[] = "/tmp/ptdap-variable-O2-XXXXXX", unoptimised[] = "/tmp/ptdap-variable-O0-XXXXXX";
	close(mkstemp(optimised));
	close(mkstemp(unoptimised));
	_cleanup_free_ char *text = output_of("cd " SOURCE_DIR "/tests/programs; clang -w -g -O2 -no-pie -o %s symbols_optimised.c 2>&1;"
					      "clang -w -g -O0 -no-pie -o %s symbols_types.c 2>&1", optimised, unoptimised);
	assert_string_equal(text, "");
	_cleanup_free_ char *loop = line_at("symbols_optimised.c", "// loops"), *alive = line_at("symbols_types.c", "// all alive");
	compare(optimised, loop, names, ARRAY_SIZE(names));
	compare(unoptimised, alive, plain, ARRAY_SIZE(plain));
	unlink(optimised);
	unlink(unoptimised);
}

static void bounds_known_at_run_time_are_counted(void **state)
{
	(void)state;
	static const char *const names[] = { "sizeof(sizes)", "sizeof(pairs)", "sizeof(pairs[0])" };
	if (!is_installed("gdb"))
		skip();
	struct snapshot snapshot;
	_cleanup_free_ char *stop = line_at("symbols_types.c", "// all alive");
	snapshot_take(&snapshot, PROGRAM("symbols_types"), stop, names, ARRAY_SIZE(names));
	const struct type *sizes = find_visible(&snapshot, "sizes")->type, *pairs = find_visible(&snapshot, "pairs")->type;
	uint64_t count = 0, rows = 0, columns = 0;
	assert_false(sizes->has_count);
	assert_null(type_runtime_count(sizes, &snapshot.context, &count));
	assert_int_equal(count * sizeof(int), printed_number(&snapshot, names[0]));
	assert_null(type_runtime_count(pairs, &snapshot.context, &rows));
	assert_null(type_runtime_count(pairs->target, &snapshot.context, &columns));
	assert_int_equal(rows * columns * sizeof(int), printed_number(&snapshot, names[1]));
	assert_int_equal(columns * sizeof(int), printed_number(&snapshot, names[2]));
	snapshot_drop(&snapshot);
}

static void virtual_bases_are_located_through_the_object(void **state)
{
	(void)state;
	static const char *const names[] = { "(long)&chimera", "(long)(zoo::Being*)&chimera", "(long)*(long*)&chimera" };
	if (!is_installed("gdb"))
		skip();
	struct snapshot snapshot;
	snapshot_take(&snapshot, PROGRAM("symbols_classes"), "main", names, ARRAY_SIZE(names));
	const struct type *chimera = modules_find_variable(snapshot.modules, "chimera", 0)->type;
	size_t count = 0, inner_count = 0;
	const struct type_member *winged = type_members(chimera, &count);
	const struct type_member *being = type_members(winged[0].type, &inner_count);
	// The offset stands in the vtable, which lies in .rodata: taken from the file.
	uint64_t object = printed_number(&snapshot, names[0]), address = 0, vtable = printed_number(&snapshot, names[2]);
	struct error *error = member_locate(&being[0], object, &snapshot.context, &address);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_FAULT);
	assert_int_equal(error->address, vtable - 24);
	error_destroy(error);
	assert_null(member_locate(&winged[1], object, &snapshot.context, &address));
	assert_int_equal(address, object + winged[1].offset);
	snapshot_drop(&snapshot);
}

static struct error *no_register(void *data, int number, uint64_t *value_ret)
{
	(void)data, (void)number, (void)value_ret;
	return error_create(ERROR_UNAVAILABLE, "not kept");
}

// What main() was called with: argc is 1.
static struct error *entry_of_main(void *data, int number, uint64_t *value_ret)
{
	(void)data;
	*value_ret = 1;
	return number == 5 ? NULL : error_create(ERROR_UNAVAILABLE, "not kept");
}

static void entry_values_come_from_the_callers_record(void **state)
{
	(void)state;
	static const char *const names[] = { "*(long *)($rsp + 0)" };
	if (!is_installed("gdb"))
		skip();
	struct snapshot snapshot;
	snapshot_take(&snapshot, PROGRAM("symbols_optimised"), "*combine", names, ARRAY_SIZE(names));
	uint64_t back = printed_number(&snapshot, names[0]), value = 0;
	struct location_context caller = { .pc = back - 1, .function = modules_function_at(snapshot.modules, back - 1),
					   .read_register = no_register, .entry_register = entry_of_main };
	assert_non_null(caller.function);
	assert_null(location_entry_register(snapshot.modules, snapshot.context.function, back, 5, &caller, &value));
	assert_int_equal((uint32_t)value, snapshot.registers[5]);
	// Another callee (a tail call), another address, a register that is not passed.
	struct error *error = location_entry_register(snapshot.modules, caller.function, back, 5, &caller, &value);
	assert_true(error && error_catch(&error, ERROR_UNAVAILABLE));
	error = location_entry_register(snapshot.modules, snapshot.context.function, back + 1, 5, &caller, &value);
	assert_true(error && error_catch(&error, ERROR_UNAVAILABLE));
	error = location_entry_register(snapshot.modules, snapshot.context.function, back, 12, &caller, &value);
	assert_true(error && error_catch(&error, ERROR_UNAVAILABLE));
	snapshot_drop(&snapshot);
}

// ---- What is visible ---------------------------------------------------------------------------------------------

static struct module *open_program(struct modules **modules, const char *path)
{
	*modules = modules_create();
	return add_program(*modules, path);
}

static uint64_t address_of_line(struct modules *modules, const char *path, unsigned line)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct code_location *locations = NULL;
	size_t count = 0;
	assert_null(modules_resolve_line(modules, NULL, path, line, 0, arena, &locations, &count));
	assert_true(count > 0);
	return locations[0].address;
}

static void inner_blocks_come_after_outer_ones(void **state)
{
	(void)state;
	struct modules *modules;
	open_program(&modules, PROGRAM("variable_kinds"));
	_cleanup_arena_ struct arena *arena = arena_create();
	uint64_t inside = address_of_line(modules, "variable_kinds.c", line_of("tests/programs/variable_kinds.c", "// the shadow"));
	const struct function *function = modules_function_at(modules, inside);
	const struct variable **list = NULL;
	size_t count = function_variables(function, inside, arena, &list);
	assert_true(count > 30);
	assert_string_equal(list[0]->name, "first");
	assert_string_equal(list[2]->name, "third");
	assert_int_equal(list[2]->kind, VARIABLE_ARGUMENT);
	assert_int_equal(list[3]->kind, VARIABLE_LOCAL);
	assert_string_equal(list[count - 1]->name, "first");
	assert_true(list[count - 1]->depth > list[0]->depth);
	assert_ptr_equal(list[0]->function, function);
	assert_int_equal(list[3]->declared_line, line_of("tests/programs/variable_kinds.c", "char letter"));
	const struct variable **again = NULL;
	// Without the shadow; `i` is in another block.
	assert_int_equal(function_variables(function, function->entry, arena, &again), count - 1);
	assert_ptr_equal(again[0], list[0]);
	modules_destroy(modules);
}

static void kinds_tell_storage_apart(void **state)
{
	(void)state;
	struct modules *modules;
	open_program(&modules, PROGRAM("symbols_types"));
	_cleanup_arena_ struct arena *arena = arena_create();
	uint64_t address = address_of_line(modules, "symbols_types.c", line_of("tests/programs/symbols_types.c", "// all alive"));
	const struct variable **list = NULL;
	size_t count = function_variables(modules_function_at(modules, address), address, arena, &list);
	unsigned statics = 0;
	for (size_t i = 0; i < count; i++)
		statics += list[i]->kind == VARIABLE_STATIC_LOCAL && str_equal(list[i]->name, "calls");
	assert_int_equal(statics, 1);
	const struct variable *tls = modules_find_variable(modules, "per_thread", address);
	assert_true(tls->is_thread_local && tls->kind == VARIABLE_GLOBAL && tls->is_external);
	assert_false(modules_find_variable(modules, "hidden_count", address)->is_external);
	modules_destroy(modules);
}

// `dropped` of the inlined copy is nowhere, but it is shown.
static void inlined_copies_keep_the_variables_that_the_optimiser_dropped(void **state)
{
	(void)state;
	struct modules *modules;
	struct module *module = open_program(&modules, PROGRAM("symbols_optimised"));
	_cleanup_arena_ struct arena *arena = arena_create();
	_cleanup_free_ char *range = output_of("nm -S '%s' | awk '$4 == \"combine\" { print $1, $2 }'", PROGRAM("symbols_optimised"));
	char *rest = NULL;
	uint64_t start = strtoull(range, &rest, 16), size = strtoull(rest, NULL, 16);
	unsigned copies = 0;
	for (uint64_t address = start; address < start + size; address++) {
		const struct function *function = modules_function_at(modules, address);
		if (!function || !function->is_inlined || !str_equal(function->name, "twice"))
			continue;
		const struct variable **list = NULL;
		size_t count = function_variables(function, address, arena, &list);
		assert_int_equal(count, 4);
		assert_string_equal(list[0]->name, "value");
		assert_string_equal(list[1]->name, "unused");
		assert_string_equal(list[3]->name, "dropped");
		copies++;
	}
	assert_true(copies > 0);
	assert_non_null(module);
	modules_destroy(modules);
}

static void unit_globals_are_sorted_definitions(void **state)
{
	(void)state;
	struct modules *modules;
	open_program(&modules, PROGRAM("symbols_types"));
	_cleanup_arena_ struct arena *arena = arena_create();
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "main", &symbol));
	const struct variable **list = NULL;
	size_t count = modules_unit_globals(modules, symbol.address, arena, &list);
	assert_true(count > 35);
	for (size_t i = 1; i < count; i++)
		assert_true(strcmp(list[i - 1]->qualified_name, list[i]->qualified_name) <= 0);
	for (size_t i = 0; i < count; i++)
		assert_false(str_equal(list[i]->name, "whole_elsewhere") || str_equal(list[i]->name, "calls"));
	assert_int_equal(modules_unit_globals(modules, 1, arena, &list), 0);
	modules_destroy(modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unoptimised_locals_have_gdbs_values),
		cmocka_unit_test(optimised_locals_have_gdbs_values),
		cmocka_unit_test(clangs_locals_have_gdbs_values),
		cmocka_unit_test(bounds_known_at_run_time_are_counted),
		cmocka_unit_test(virtual_bases_are_located_through_the_object),
		cmocka_unit_test(entry_values_come_from_the_callers_record),
		cmocka_unit_test(inner_blocks_come_after_outer_ones),
		cmocka_unit_test(kinds_tell_storage_apart),
		cmocka_unit_test(inlined_copies_keep_the_variables_that_the_optimiser_dropped),
		cmocka_unit_test(unit_globals_are_sorted_definitions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

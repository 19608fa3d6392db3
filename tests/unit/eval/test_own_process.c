// Real debug information: this test's own globals, evaluated through the DWARF of its own executable.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <link.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/eval/expression.h"

enum own_color { OWN_RED, OWN_GREEN = 5 };
struct own_inner {
	int x;
	unsigned narrow : 3;
	int wide : 20;
};
struct own_object {
	struct own_inner inner;
	const char *text;
	char name[8];
	enum own_color color;
	double numbers[2][2];
	struct own_object *self;
	union {
		int whole;
		unsigned char bytes[4];
	};
};
extern struct own_object own_object;
extern int own_array[1000];
int own_array[1000];
struct own_object own_object = { .inner = { 7, 5, -3 }, .text = "hello", .name = "abc", .color = OWN_GREEN,
				 .numbers = { { 1, 2.5 }, { 3, 4 } }, .self = &own_object, .whole = 0x01020304 };

static size_t own_read(void *data, uint64_t address, void *bytes, size_t size)
{
	(void)data;
	struct iovec to = { bytes, size };
	struct iovec from = { (void *)(uintptr_t)address, size };
	ssize_t moved = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	return moved < 0 ? 0 : (size_t)moved;
}

static size_t own_write(void *data, uint64_t address, const void *bytes, size_t size)
{
	(void)data;
	struct iovec from = { (void *)(uintptr_t)bytes, size };
	struct iovec to = { (void *)(uintptr_t)address, size };
	ssize_t moved = process_vm_writev(getpid(), &from, 1, &to, 1, 0);
	return moved < 0 ? 0 : (size_t)moved;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	struct module_spec *spec = data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type != PT_LOAD)
			continue;
		uint64_t start = info->dlpi_addr + (header->p_vaddr & ~(uint64_t)0xfff);
		uint64_t end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
		spec->start = spec->start && spec->start < start ? spec->start : start;
		spec->end = spec->end > end ? spec->end : end;
	}
	return 1;
}

static struct eval_context context;

static int setup(void **state)
{
	(void)state;
	static char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	assert_true(length > 0);
	struct module_spec spec = { .path = path, .file_path = path, .is_executable = true };
	struct module *module;
	dl_iterate_phdr(first_object, &spec);
	context = (struct eval_context){ .arena = arena_create(), .modules = modules_create(), .may_have_side_effects = true };
	context.memory = memory_create((struct memory_io){ .read = own_read, .write = own_write });
	memory_set_caching(context.memory, false);
	context.pc = (uint64_t)(uintptr_t)setup;
	assert_null(modules_add(context.modules, &spec, &module));
	assert_int_equal(module_debug_info(module), MODULE_DEBUG_LOADED);
	for (int i = 0; i < 1000; i++)
		own_array[i] = i;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	modules_destroy(context.modules);
	memory_destroy(context.memory);
	arena_destroy(context.arena);
	type_forget_derived(NULL);
	return 0;
}

static void check(const char *expression, const char *expected)
{
	struct value value;
	struct value_format format;
	_cleanup_str_ struct str text = STR_INIT;
	struct error *error = evaluate_text(expression, &context, &value, &format);
	if (error)
		str_printf(&text, "! %s", error->message);
	else
		value_format(&context, &value, &format, &text);
	error_destroy(error);
	if (!str_equal(str_text(&text), expected))
		fail_msg("%s: %s instead of %s", expression, str_text(&text), expected);
}

static void globals_through_dwarf(void **state)
{
	(void)state;
	check("own_object.inner", "{x = 7, narrow = 5, wide = -3}");
	check("own_object.self->self->name", "\"abc\"");
	check("own_object.color == OWN_GREEN", "1");
	check("own_object.color", "OWN_GREEN");
	check("own_object.numbers", "[2] {{1, 2.5}, {3, 4}}");
	check("own_object.bytes[3]", "1 '\\1'");
	check("own_object.text == \"hello\"", "1");
	check("own_array[999] + sizeof own_array", "4999");
	check("((struct own_object *)&own_object)->inner.x * 2", "14");
	_cleanup_free_ char *size = xasprintf("%zu", sizeof(struct own_object));
	check("sizeof(struct own_object)", size);
	check("(enum own_color)5", "OWN_GREEN");
	check("own_object.inner.wide = 77, own_object.inner", "{x = 7, narrow = 5, wide = 77}");
	assert_int_equal(own_object.inner.wide, 77);
	check("nowhere_to_be_found", "! no symbol \"nowhere_to_be_found\" in scope");
}

static void check_children(const char *expression, struct value *value, unsigned depth, unsigned *visited)
{
	uint64_t counts[2];
	assert_null(value_child_counts(&context, value, &counts[0], &counts[1]));
	for (int is_indexed = 0; is_indexed < 2 && depth < 4; is_indexed++) {
		struct value_child *children;
		size_t count;
		assert_null(value_children(&context, value, is_indexed, 0, counts[is_indexed], &children, &count));
		for (size_t i = 0; i < count; i++) {
			assert_null(children[i].error);
			char *again = value_child_expression(&context, expression, value, &children[i]);
			_cleanup_str_ struct str words = STR_INIT;
			value_format(&context, &children[i].value, NULL, &words);
			check(again, str_text(&words));
			(*visited)++;
			check_children(again, &children[i].value, depth + 1, visited);
		}
	}
}

static void children_through_dwarf(void **state)
{
	(void)state;
	struct value value;
	unsigned visited = 0;
	assert_null(evaluate_text("own_object", &context, &value, NULL));
	check_children("own_object", &value, 0, &visited);
	assert_true(visited > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(globals_through_dwarf, setup, teardown),
		cmocka_unit_test_setup_teardown(children_through_dwarf, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

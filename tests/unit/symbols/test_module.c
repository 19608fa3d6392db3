// Modules: what ELF headers say, separate debug files, memory images, broken files.
#include "support.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "engine/symbols/private.h"

#define LIBC "/lib/x86_64-linux-gnu/libc.so.6"

static uint64_t readelf_number(const char *path, const char *options, const char *expression)
{
	_cleanup_free_ char *text = output_of("readelf -W %s '%s' | sed -n 's/%s/\\1/p' | head -1", options, path, expression);
	assert_true(*text);
	return strtoull(text, NULL, 16);
}

static void headers_are_read(const char *path, bool is_dynamic)
{
	struct modules *modules = modules_create();
	struct module *module = NULL;
	_cleanup_free_ char *type = output_of("readelf -h '%s' | grep -o 'EXEC\\|DYN'", path);
	uint64_t bias = str_starts(type, "DYN") ? 0x7f0000000000 : 0;
	struct module_spec spec = { .path = path, .start = bias ? bias : 0x400000, .is_executable = true };
	assert_null(modules_add(modules, &spec, &module));
	assert_true(module->bias == bias);
	assert_true(module_entry(module) == bias + readelf_number(path, "-h", ".*Entry point address: *0x\\([0-9a-f]*\\).*"));
	if (is_dynamic) {
		assert_string_equal(module_interpreter(module), "/lib64/ld-linux-x86-64.so.2");
		assert_true(module_dynamic(module) == bias + readelf_number(path, "-l", " *DYNAMIC *0x[0-9a-f]* 0x\\([0-9a-f]*\\).*"));
	} else {
		assert_null(module_interpreter(module));
	}
	_cleanup_free_ char *build_id = output_of("readelf -n '%s' | sed -n 's/.*Build ID: //p' | tr -d '\\n'", path);
	if (*build_id)
		assert_string_equal(module_build_id(module), build_id);
	else
		assert_null(module_build_id(module));
	assert_ptr_equal(modules_find(modules, module_entry(module)), module);
	assert_string_equal(module_section_name(module, module_entry(module)), ".text");
	modules_destroy(modules);
}

static void headers_of_real_programs_are_read(void **state)
{
	(void)state;
	headers_are_read(PROGRAMS_DIR "/steps", true);
	headers_are_read(PROGRAMS_DIR "/symbols_overloads-nopie", true);
	headers_are_read(PROGRAMS_DIR "/steps-static", false);
	headers_are_read("/bin/ls", true);
	headers_are_read("/bin/bash", true);
	headers_are_read("/usr/bin/python3", true);
}

static void the_tls_segment_is_known(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	uint64_t size = 0, align = 0;
	assert_true(module_tls(add_program(modules, LIBC), &size, &align));
	assert_true(size == readelf_number(LIBC, "-l", " *TLS *0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x\\([0-9a-f]*\\).*"));
	assert_true(align >= 8);
	modules_destroy(modules);
}

static void plt_stubs_are_told_from_code(void **state)
{
	(void)state;
	const char *path = PROGRAMS_DIR "/steps";
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, path);
	uint64_t plt = readelf_number(path, "-S", ".* \\.plt *PROGBITS *\\([0-9a-f]*\\).*");
	assert_true(module_is_plt(module, plt));
	assert_string_equal(module_section_name(module, plt), ".plt");
	assert_false(module_is_plt(module, module_entry(module)));
	assert_null(module_section_name(module, 3));
	modules_destroy(modules);
}

static void modules_are_found_by_address(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	struct module *list[3];
	static const uint64_t starts[] = { 0x7f0000000000, 0x550000000000, 0x7e0000000000 };
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct module_spec spec = { .path = PROGRAMS_DIR "/steps", .start = starts[i] };
		assert_null(modules_add(modules, &spec, &list[i]));
	}
	assert_int_equal(modules_count(modules), 3);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		assert_ptr_equal(modules_at(modules, i), list[i]);
		assert_ptr_equal(modules_find(modules, starts[i]), list[i]);
		assert_ptr_equal(modules_find(modules, list[i]->end - 1), list[i]);
		assert_null(modules_find(modules, list[i]->end));
		assert_null(modules_find(modules, starts[i] - 1));
		assert_true(module_link(list[i], starts[i] + 5).value == 5);
	}
	assert_true(list[0]->id != list[1]->id);
	modules_remove(modules, list[2]);
	assert_null(modules_find(modules, starts[2]));
	assert_ptr_equal(modules_find(modules, starts[0]), list[0]);
	assert_int_equal(modules_count(modules), 2);
	modules_destroy(modules);
}

// ---- Debug files -------------------------------------------------------------------------------------------------

struct debug_files {
	char *folder, *program, *debug;
};

static void split_program(struct debug_files *files, const char *name, const char *flags)
{
	files->folder = xasprintf(PROGRAMS_DIR "/split_%s.%d", name, getpid());
	files->program = xasprintf("%s/program", files->folder);
	files->debug = xasprintf("%s/program.debug", files->folder);
	free(output_of("mkdir -p '%s' && cd '%s' && gcc -g %s -o program " SOURCE_DIR "/tests/programs/steps.c && "
		       "objcopy --only-keep-debug program program.debug && strip program && "
		       "objcopy --add-gnu-debuglink=program.debug program", files->folder, files->folder, flags));
}

static void debug_files_deinit(struct debug_files *files)
{
	free(output_of("rm -r '%s'", files->folder));
	free(files->folder);
	free(files->program);
	free(files->debug);
}

static enum module_debug_info debug_info_of(const char *program, const char *expected_status)
{
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, program);
	enum module_debug_info info = module_debug_info(module);
	struct symbol symbol;
	bool has_static_symbol = modules_symbol_named(modules, "factorial", &symbol);
	_cleanup_arena_ struct arena *arena = arena_create();
	struct code_location *locations = NULL;
	size_t count = 0;
	error_destroy(modules_resolve_line(modules, NULL, "steps.c", 20, 0, arena, &locations, &count));
	assert_int_equal(has_static_symbol, info == MODULE_DEBUG_LOADED);
	assert_int_equal(count, info == MODULE_DEBUG_LOADED);
	if (expected_status && info == MODULE_DEBUG_LOADED)
		assert_true(str_ends(module_debug_status(module), expected_status));
	modules_destroy(modules);
	return info;
}

static void a_debuglink_leads_to_the_debug_file(void **state)
{
	(void)state;
	struct debug_files files;
	split_program(&files, "link", "");
	assert_int_equal(debug_info_of(files.program, "/program.debug"), MODULE_DEBUG_LOADED);
	free(output_of("cd '%s' && mkdir .debug && mv program.debug .debug", files.folder));
	assert_int_equal(debug_info_of(files.program, "/.debug/program.debug"), MODULE_DEBUG_LOADED);
	debug_files_deinit(&files);
}

static void a_debuglink_is_checked_by_its_checksum(void **state)
{
	(void)state;
	struct debug_files files;
	split_program(&files, "crc", "-Wl,--build-id=none");
	assert_int_equal(debug_info_of(files.program, "/program.debug"), MODULE_DEBUG_LOADED);
	free(output_of("printf x >> '%s'", files.debug));
	assert_int_equal(debug_info_of(files.program, NULL), MODULE_DEBUG_NONE);
	debug_files_deinit(&files);
}

static void another_builds_debug_file_is_refused(void **state)
{
	(void)state;
	struct debug_files files;
	split_program(&files, "other", "");
	free(output_of("cd '%s' && gcc -g -O2 -o other " SOURCE_DIR "/tests/programs/steps.c && objcopy --only-keep-debug other program.debug",
		       files.folder));
	assert_int_equal(debug_info_of(files.program, NULL), MODULE_DEBUG_NONE);
	debug_files_deinit(&files);
}

static void a_build_id_leads_to_the_system_debug_file(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, LIBC);
	const char *id = module_build_id(module);
	_cleanup_free_ char *path = xasprintf("/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
	if (access(path, R_OK) != 0) {
		modules_destroy(modules);
		free(TAKE(path));   // skip() leaps over the clean-up
		skip();
	}
	assert_int_equal(module_debug_info(module), MODULE_DEBUG_LOADED);
	assert_string_equal(module_debug_status(module), path);
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "puts", &symbol));
	const struct function *function = modules_function_at(modules, symbol.address);
	assert_non_null(function);
	assert_string_equal(function->name, "_IO_puts");
	struct line_position position;
	assert_true(modules_line_at(modules, symbol.address, &position));
	assert_true(str_ends(position.file->path, "/ioputs.c"));
	modules_destroy(modules);
}

static void shared_dwz_information_is_followed(void **state)
{
	(void)state;
	if (!is_installed("dwz"))
		skip();
	_cleanup_free_ char *folder = xasprintf(PROGRAMS_DIR "/dwz.%d", getpid());
	free(output_of("mkdir -p '%s' && cd '%s' && cp " PROGRAMS_DIR "/symbols_overloads a && cp " PROGRAMS_DIR "/symbols_overloads-nopie b && "
		       "dwz -m common.debug -M common.debug a b", folder, folder));
	_cleanup_free_ char *program = xasprintf("%s/a", folder);
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, program);
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "outer::box::get", &symbol));
	const struct function *function = modules_function_at(modules, symbol.address);
	bool has_alt = module->symbols->alt_dwarf != NULL;
	free(output_of("rm -r '%s'", folder));
	assert_true(has_alt);
	assert_string_equal(function->qualified_name, "outer::box::get");
	modules_destroy(modules);
}

// ---- Images and broken files -------------------------------------------------------------------------------------

static void the_vdso_is_a_module(void **state)
{
	(void)state;
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	if (!start)
		skip();
	struct modules *modules = modules_create();
	struct module *module = NULL;
	struct module_spec spec = { .path = "[vdso]", .start = start, .image = (void *)start, .image_size = 4096 };
	assert_null(modules_add(modules, &spec, &module));
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "__vdso_clock_gettime", &symbol));
	assert_true(symbol.address > start && symbol.address < module->end);
	assert_null(module->file_path);
	assert_int_equal(module_debug_info(module), MODULE_DEBUG_NONE);
	modules_destroy(modules);
}

static void expect_refusal(const char *path, enum error_code code)
{
	struct modules *modules = modules_create();
	struct module *module = NULL;
	struct error *error = modules_add(modules, &(struct module_spec){ .path = path }, &module);
	assert_non_null(error);
	assert_int_equal(error->code, code);
	assert_null(module);
	assert_int_equal(modules_count(modules), 0);
	error_destroy(error);
	modules_destroy(modules);
}

static void what_is_no_program_is_refused(void **state)
{
	(void)state;
	expect_refusal("/no/such/file", ERROR_NOT_FOUND);
	expect_refusal("/usr/bin", ERROR_FORMAT);
	expect_refusal("/etc/passwd", ERROR_FORMAT);
	expect_refusal("/dev/null", ERROR_FORMAT);
	_cleanup_free_ char *object = xasprintf(PROGRAMS_DIR "/object.%d.o", getpid());
	free(output_of("gcc -c -o '%s' " SOURCE_DIR "/tests/programs/spins.c", object));
	expect_refusal(object, ERROR_UNSUPPORTED);
	unlink(object);
}

static char *read_file(const char *path, size_t *size_ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	char *bytes = xmalloc((size_t)status.st_size);
	assert_true(read(fd, bytes, (size_t)status.st_size) == status.st_size);
	close(fd);
	*size_ret = (size_t)status.st_size;
	return bytes;
}

static void use_everything(struct modules *modules, struct module *module)
{
	_cleanup_arena_ struct arena *arena = arena_create();
	struct symbol symbol;
	struct line_position position;
	struct code_location *locations = NULL;
	const struct source_file **files = NULL;
	size_t count = 0;
	uint64_t size = 0, align = 0;
	module_build_id(module);
	module_tls(module, &size, &align);
	module_debug_info(module);
	module_sources(module, arena, &files);
	for (uint64_t at = module->start + 0x1000; at < module->start + 0x1400; at += 16) {
		modules_symbol_at(modules, at, &symbol);
		modules_line_at(modules, at, &position);
		modules_function_at(modules, at);
		module_section_name(module, at);
		modules_after_prologue(modules, at);
	}
	modules_symbol_named(modules, "outer::box::get", &symbol);
	error_destroy(modules_resolve_line(modules, NULL, "symbols_overloads.cpp", 20, 0, arena, &locations, &count));
	error_destroy(modules_resolve_function(modules, NULL, "outer::f", arena, &locations, &count));
}

static void break_and_use(const char *program, uint32_t seed)
{
	size_t size = 0;
	_cleanup_free_ char *bytes = read_file(program, &size);
	for (int round = 0; round < 1000; round++) {
		_cleanup_free_ uint8_t *copy = xmemdup(bytes, size);
		// Headers, then anything; at last files that end too soon.
		size_t reach = round < 100 ? 0x400 : size, length = round < 900 ? size : 64 + (size_t)round * 37 % (size - 64);
		for (int change = 0; change < 20; change++) {
			seed = seed * 1664525 + 1013904223;
			copy[4 + (seed >> 8) % (reach - 4)] = (uint8_t)(seed >> 16);
		}
		struct modules *modules = modules_create();
		struct module *module = NULL;
		struct module_spec spec = { .path = "/broken", .image = copy, .image_size = length };
		struct error *error = modules_add(modules, &spec, &module);
		assert_true((error == NULL) == (module != NULL));
		if (module)
			use_everything(modules, module);
		error_destroy(error);
		modules_destroy(modules);
	}
}

static void broken_files_give_errors_or_nothing(void **state)
{
	(void)state;
	break_and_use(PROGRAMS_DIR "/symbols_overloads", 99);
	break_and_use(PROGRAMS_DIR "/symbols_overloads-O2", 7);
	break_and_use(PROGRAMS_DIR "/steps-dwarf4", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_real_programs_are_read),
		cmocka_unit_test(the_tls_segment_is_known),
		cmocka_unit_test(plt_stubs_are_told_from_code),
		cmocka_unit_test(modules_are_found_by_address),
		cmocka_unit_test(a_debuglink_leads_to_the_debug_file),
		cmocka_unit_test(a_debuglink_is_checked_by_its_checksum),
		cmocka_unit_test(another_builds_debug_file_is_refused),
		cmocka_unit_test(a_build_id_leads_to_the_system_debug_file),
		cmocka_unit_test(shared_dwz_information_is_followed),
		cmocka_unit_test(the_vdso_is_a_module),
		cmocka_unit_test(what_is_no_program_is_refused),
		cmocka_unit_test(broken_files_give_errors_or_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

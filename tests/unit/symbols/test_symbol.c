// ELF symbols: compared with readelf on programs with and without symbol tables, and without section headers.
#include "support.h"

#include "engine/symbols/names.h"

static const char *const mixed_programs[] = { PROGRAMS_DIR "/steps", PROGRAMS_DIR "/steps-static", PROGRAMS_DIR "/symbols_overloads",
					      "/bin/bash", "/usr/bin/python3", "/lib/x86_64-linux-gnu/libc.so.6" };

// Every sized function and object that readelf lists is found by its address and by its name.
static void compare_symbols(const char *path)
{
	_cleanup_free_ char *text = output_of("readelf -sW '%s' | awk '$3 > 0 && $7 ~ /^[0-9]+$/ && ($4 == \"FUNC\" || $4 == \"OBJECT\") "
					      "{ sub(/@.*/, \"\", $8); print $2, $3, $8 }'", path);
	struct modules *modules = modules_create();
	add_program(modules, path);
	size_t count = 0;
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
		uint64_t address = 0;
		char size_text[32], name[4096];
		assert_int_equal(sscanf(at, "%lx %31s %4095s", &address, size_text, name), 3);
		uint64_t size = strtoull(size_text, NULL, 0);
		struct symbol symbol;
		for (uint64_t into = 0; into < size; into += size - 1 ? size - 1 : 1) {
			assert_true(modules_symbol_at(modules, address + into, &symbol));
			assert_true(symbol.address <= address + into && address + into < symbol.address + symbol.size);
		}
		_cleanup_arena_ struct arena *arena = arena_create();
		struct symbol *symbols = NULL;
		size_t found = count < 500 ? modules_symbols_named(modules, name, arena, &symbols) : 0;
		bool has_it = count >= 500;
		for (size_t i = 0; i < found; i++)
			has_it = has_it || symbols[i].address == address;
		if (!has_it)
			fail_msg("%s of %s", name, path);
		count++;
	}
	modules_destroy(modules);
	assert_true(count > 5);
}

static void every_symbol_is_found_by_address_and_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixed_programs); i++)
		compare_symbols(mixed_programs[i]);
}

static void an_address_reads_as_symbol_and_offset(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	const char *path = PROGRAMS_DIR "/steps";
	add_program(modules, path);
	uint64_t address = nm_address(path, "factorial");
	struct str text = STR_INIT;
	assert_true(modules_symbolise(modules, address, &text));
	assert_string_equal(str_text(&text), "factorial");
	str_clear(&text);
	assert_true(modules_symbolise(modules, address + 4, &text));
	assert_string_equal(str_text(&text), "factorial+4");
	assert_false(modules_symbolise(modules, 0x7fff00000000, &text));
	assert_string_equal(str_text(&text), "factorial+4");
	str_deinit(&text);
	modules_destroy(modules);
}

static void an_address_in_a_loaded_module_is_biased(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	const char *path = PROGRAMS_DIR "/steps";
	struct module *module = NULL;
	struct module_spec spec = { .path = path, .start = 0x555555554000, .is_executable = true };
	assert_null(modules_add(modules, &spec, &module));
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "factorial", &symbol));
	assert_true(symbol.address == nm_address(path, "factorial") + 0x555555554000);
	assert_true(symbol.is_function);
	assert_ptr_equal(symbol.module, module);
	assert_ptr_equal(modules_find(modules, symbol.address), module);
	assert_null(modules_find(modules, 0x555555553fff));
	modules_destroy(modules);
}

static void a_size_less_label_reaches_to_the_next_symbol(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	const char *path = PROGRAMS_DIR "/steps";
	add_program(modules, path);
	uint64_t address = nm_address(path, "deregister_tm_clones");
	assert_true(address != 0);
	struct symbol symbol;
	assert_true(modules_symbol_at(modules, address + 5, &symbol));
	assert_string_equal(symbol.name, "deregister_tm_clones");
	modules_destroy(modules);
}

static void names_are_found_demangled(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, PROGRAMS_DIR "/symbols_overloads");
	struct symbol symbol, *symbols = NULL;
	assert_true(modules_symbol_named(modules, "outer::box::get", &symbol));
	assert_string_equal(symbol_demangle(module, symbol.name), "outer::box::get() const");
	assert_ptr_equal(symbol_demangle(module, symbol.name), symbol_demangle(module, symbol.name));
	assert_int_equal(modules_symbols_named(modules, "outer::f", arena, &symbols), 2);
	assert_string_equal(symbol_demangle(module, "main"), "main");
	assert_string_equal(symbol_demangle(module, "_Znonsense"), "_Znonsense");
	assert_string_equal(symbol_demangle(module, "_RNvCs1234_7mycrate3foo"), "mycrate::foo");
	assert_false(modules_symbol_named(modules, "outer::nothing", &symbol));
	modules_destroy(modules);
}

// _Z1fI...: each substitution doubles what the ones before say.
static void a_name_that_explodes_stays_mangled(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	struct module *module = add_program(modules, PROGRAMS_DIR "/steps");
	struct str name = STR_INIT;
	str_add(&name, "_Z1fSt4pairIiiE");
	for (int i = 0; i < 34; i++)
		str_printf(&name, "St4pairIS%c_S%c_E", i < 10 ? '0' + i : 'A' + i - 10, i < 10 ? '0' + i : 'A' + i - 10);
	const char *demangled = symbol_demangle(module, str_text(&name));
	assert_true(strlen(demangled) <= 16384);
	str_deinit(&name);
	modules_destroy(modules);
}

static void a_file_without_section_headers_has_its_dynamic_symbols(void **state)
{
	(void)state;
	_cleanup_free_ char *path = xasprintf(PROGRAMS_DIR "/headless.%d", getpid());
	free(output_of("cp /lib/x86_64-linux-gnu/libm.so.6 '%s'", path));
	// e_shoff, e_shnum, e_shstrndx
	free(output_of("printf '\\0\\0\\0\\0\\0\\0\\0\\0' | dd of='%s' bs=1 seek=40 conv=notrunc 2>/dev/null; "
		       "printf '\\0\\0\\0\\0' | dd of='%s' bs=1 seek=60 conv=notrunc 2>/dev/null", path, path));
	_cleanup_free_ char *address = output_of("readelf -sW --dyn-syms /lib/x86_64-linux-gnu/libm.so.6 | awk '$8 ~ /^cbrt@/ { print $2; exit }'");
	struct modules *modules = modules_create();
	// A build-id would lead to the separate debug file.
	add_program(modules, path);
	struct symbol symbol;
	bool is_found = modules_symbol_named(modules, "cbrt", &symbol);
	unlink(path);
	assert_true(is_found);
	assert_true(symbol.address == strtoull(address, NULL, 16));
	modules_destroy(modules);
}

static void thread_local_symbols_are_offsets(void **state)
{
	(void)state;
	struct modules *modules = modules_create();
	add_program(modules, "/lib/x86_64-linux-gnu/libc.so.6");
	_cleanup_free_ char *offset = output_of("readelf -sW --dyn-syms /lib/x86_64-linux-gnu/libc.so.6 | awk '$4 == \"TLS\" && $8 ~ /^errno@/ { print $2 }'");
	struct symbol symbol;
	assert_true(modules_symbol_named(modules, "errno", &symbol));
	assert_true(symbol.is_tls);
	assert_true(symbol.address == strtoull(offset, NULL, 16));
	modules_destroy(modules);
}

static void names_match_by_components(void **state)
{
	(void)state;
	assert_true(name_matches("a::b::f", "a::b::f", false));
	assert_true(name_matches("a::b::f", "b::f", true));
	assert_true(name_matches("a::b::f", "f", true));
	assert_false(name_matches("a::b::f", "f", false));
	assert_false(name_matches("a::b::f", "::f", true));
	assert_true(name_matches("a::b::f", "::a::b::f", true));
	assert_false(name_matches("a::bf", "f", true));
	assert_true(name_matches("a::f<int, b::c>", "f", true));
	assert_true(name_matches("a<int>::f<int>", "a::f", false));
	assert_true(name_matches("a<int>::f<int>", "a<int>::f<int>", false));
	assert_false(name_matches("a<int>::f<int>", "a<char>::f", false));
	assert_true(name_matches("a::operator<<", "operator<<", true));
	assert_true(name_matches("a::operator<", "a::operator<", true));
	assert_false(name_matches("a::operator<", "a::operator<<", true));
	assert_true(name_matches("a::operator()", "operator()", true));
	assert_true(name_matches("(anonymous namespace)::f", "f", true));
	assert_false(name_matches("g<a::f>", "f", true));
}

static void names_split_into_parts(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *arena = arena_create();
	const char *plain = NULL, *parameters = NULL;
	assert_string_equal(name_identifier("a::f<b::c>", arena), "f");
	assert_string_equal(name_identifier("a::~f", arena), "f");
	assert_string_equal(name_identifier("a::operator()", arena), "");
	assert_string_equal(name_last_component("a::operator<<", arena), "operator<<");
	assert_string_equal(name_last_component("a::f<b::c>", arena), "f");
	name_split_parameters("(anonymous namespace)::f(int (*)(char), b<c>)", arena, &plain, &parameters);
	assert_string_equal(plain, "(anonymous namespace)::f");
	assert_string_equal(parameters, "int (*)(char), b<c>");
	name_split_parameters("operator()(int) const", arena, &plain, &parameters);
	assert_string_equal(plain, "operator()");
	assert_string_equal(parameters, "int");
	name_split_parameters("f", arena, &plain, &parameters);
	assert_string_equal(plain, "f");
	assert_null(parameters);
	name_split_parameters("f(", arena, &plain, &parameters);
	assert_string_equal(plain, "f");
	assert_true(names_equal_loosely("unsigned int,char *", "unsigned int, char*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_symbol_is_found_by_address_and_name),
		cmocka_unit_test(an_address_reads_as_symbol_and_offset),
		cmocka_unit_test(an_address_in_a_loaded_module_is_biased),
		cmocka_unit_test(a_size_less_label_reaches_to_the_next_symbol),
		cmocka_unit_test(names_are_found_demangled),
		cmocka_unit_test(a_name_that_explodes_stays_mangled),
		cmocka_unit_test(a_file_without_section_headers_has_its_dynamic_symbols),
		cmocka_unit_test(thread_local_symbols_are_offsets),
		cmocka_unit_test(names_match_by_components),
		cmocka_unit_test(names_split_into_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <seccomp.h>
#include <signal.h>
#include <stdio.h>

#include "engine/syscalls/table.h"

static void numbers_rise_and_names_are_unique(void **state)
{
	(void)state;
	unsigned i = 0;
	for (const struct syscall_row *row; (row = syscall_table_at(i)); i++) {
		if (i)
			assert_true(row->number > syscall_table_at(i - 1)->number);
		assert_ptr_equal(syscall_row_by_name(row->name), row);
		assert_ptr_equal(syscall_row_by_number(row->number), row);
		assert_true(row->count <= SYSCALL_ARGUMENT_MAX);
	}
	assert_int_equal(i, 335 + 48);
}

static void libseccomp_agrees_on_every_number(void **state)
{
	(void)state;
	unsigned compared = 0;
	for (unsigned number = 0; number < SYSCALL_SET_SIZE; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, (int)number);
		if (!name)
			continue;
		assert_string_equal(syscall_name(SYSCALL_ABI_X86_64, number), name);
		assert_int_equal(syscall_number(SYSCALL_ABI_X86_64, name), number);
		free(name);
		compared++;
	}
	assert_true(compared >= 360);
}

// The kernel's header, read as text: it must not matter which one we were built with.
static void kernel_header_agrees_on_every_number(void **state)
{
	(void)state;
	FILE *file = fopen("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "re");
	if (!file)
		file = fopen("/usr/include/asm/unistd_64.h", "re");
	if (!file)
		skip();
	char line[256], name[64];
	unsigned number, compared = 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "#define __NR_%63s %u", name, &number) != 2 || str_starts(name, "upro") || str_starts(name, "uret"))
			continue;
		assert_string_equal(syscall_name(SYSCALL_ABI_X86_64, number), name);
		compared++;
	}
	fclose(file);
	assert_true(compared >= 350);
}

static void check_argument(const struct argument *argument, unsigned count)
{
	assert_true(argument->name && argument->name[0]);
	assert_true(argument->kind < KIND_COUNT);
	if (argument->length_source == LENGTH_ARGUMENT || argument->length_source == LENGTH_POINTED)
		assert_true(argument->length < count);
	if (argument->kind == KIND_structure || argument->kind == KIND_structures)
		assert_true(argument->detail > LAYOUT_nothing && argument->detail < LAYOUT_COUNT);
	if (argument->kind == KIND_flags || argument->kind == KIND_choice)
		assert_true(flag_sets[argument->detail].count > 0);
	if (argument->kind == KIND_array)
		assert_true(argument->element_size <= 8);
}

static void arguments_are_consistent(void **state)
{
	(void)state;
	for (unsigned i = 0; syscall_table_at(i); i++) {
		const struct syscall_row *row = syscall_table_at(i);
		for (unsigned j = 0; j < row->count; j++)
			check_argument(&row->arguments[j], row->count);
		for (unsigned j = 0; row->variants && j < variant_sets[row->variants].count; j++) {
			const struct variant *variant = &variant_sets[row->variants].variants[j];
			assert_true(row->selector + 1 + variant->count <= SYSCALL_ARGUMENT_MAX);
			for (unsigned k = 0; k < variant->count; k++)
				check_argument(&variant->arguments[k], SYSCALL_ARGUMENT_MAX);
		}
	}
}

static void fields_lie_inside_their_struct(void **state)
{
	(void)state;
	for (unsigned i = LAYOUT_nothing + 1; i < LAYOUT_COUNT; i++)
		for (unsigned j = 0; j < layouts[i].count; j++) {
			const struct argument *field = &layouts[i].fields[j];
			unsigned size = field->kind == KIND_array && field->is_embedded ? field->element_size * field->length : field->size;
			assert_true(field->offset + size <= layouts[i].size);
			assert_true(layouts[i].size <= 512);
		}
}

static void codes_and_signals_have_names(void **state)
{
	(void)state;
	assert_string_equal(signal_name(SIGSEGV), "SIGSEGV");
	assert_string_equal(signal_name(35), "SIGRTMIN+1");
	assert_string_equal(signal_description(SIGSEGV), "Segmentation fault");
	assert_int_equal(signal_number("SEGV"), 11);
	assert_int_equal(signal_number("SIGRTMIN+1"), 35);
	assert_int_equal(signal_number("11"), 11);
	assert_int_equal(signal_number("SIGCLD"), 17);
	assert_int_equal(signal_number("65"), -1);
	assert_int_equal(signal_number("99999999999999"), -1);
	assert_int_equal(signal_number("FOO"), -1);
	assert_int_equal(signal_number(""), -1);
	assert_string_equal(signal_code_name(SIGSEGV, 1), "SEGV_MAPERR");
	assert_string_equal(signal_code_description(SIGSEGV, 1), "address not mapped to object");
	assert_string_equal(signal_code_name(SIGFPE, FPE_INTDIV), "FPE_INTDIV");
	assert_string_equal(signal_code_description(SIGTERM, SI_USER), "sent by kill");
	assert_string_equal(signal_code_name(SIGTERM, SI_TKILL), "SI_TKILL");
	assert_null(signal_code_name(SIGTERM, 1));
	for (int signo = 1; signo <= 64; signo++)
		assert_int_equal(signal_number(signal_name(signo)), signo);
	assert_string_equal(errno_name(2), "ENOENT");
	assert_string_equal(errno_name(95), "EOPNOTSUPP");
	assert_string_equal(errno_name(512), "ERESTARTSYS");
	assert_null(errno_name(400));
	assert_null(errno_name(-1));
	assert_string_equal(errno_description(2), "No such file or directory");
	assert_null(errno_description(400));
	assert_null(errno_description(512));
	assert_null(errno_description(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_rise_and_names_are_unique), cmocka_unit_test(libseccomp_agrees_on_every_number),
		cmocka_unit_test(kernel_header_agrees_on_every_number), cmocka_unit_test(arguments_are_consistent),
		cmocka_unit_test(fields_lie_inside_their_struct), cmocka_unit_test(codes_and_signals_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

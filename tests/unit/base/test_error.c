#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/error.h"

static void wrapping_puts_words_before_the_cause(void **state)
{
	(void)state;
	_cleanup_error_ struct error *error = error_wrap(error_fault(0x10, "address %s is not readable", "0x10"), "reading frame %d", 3);
	assert_string_equal(error->message, "reading frame 3: address 0x10 is not readable");
	assert_int_equal(error->code, ERROR_FAULT);
	assert_int_equal(error->address, 0x10);
	assert_null(error_wrap(NULL, "nothing"));
}

static void errno_gives_code_and_words(void **state)
{
	(void)state;
	static const struct { int number; enum error_code code; } cases[] = {
		{ ESRCH, ERROR_GONE }, { EPERM, ERROR_PERMISSION }, { EACCES, ERROR_PERMISSION }, { ENOENT, ERROR_NOT_FOUND }, { EIO, ERROR_IO },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_error_ struct error *error = error_system(cases[i].number, "opening");
		assert_int_equal(error->code, cases[i].code);
		assert_int_equal(error->system_errno, cases[i].number);
	}
	_cleanup_error_ struct error *error = error_system(ENOENT, "opening %s", "x");
	assert_string_equal(error->message, "opening x: No such file or directory");
}

static void only_the_named_code_is_caught(void **state)
{
	(void)state;
	struct error *error = error_create(ERROR_GONE, "it died");
	assert_false(error_catch(&error, ERROR_FAULT));
	assert_non_null(error);
	assert_true(error_catch(&error, ERROR_GONE));
	assert_null(error);
	assert_false(error_catch(&error, ERROR_GONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrapping_puts_words_before_the_cause),
		cmocka_unit_test(errno_gives_code_and_words),
		cmocka_unit_test(only_the_named_code_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// docs/protocol.md says of every request of our own what it is.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "adapter/request.h"
#include "tests/unit/adapter/fake_debugger.c"

static void every_request_of_our_own_has_its_section(void **state)
{
	_cleanup_str_ struct str document = STR_INIT;
	char bytes[4096];
	size_t count;
	unsigned own = 0;
	(void)state;
	FILE *file = fopen(SOURCE_DIR "/docs/protocol.md", "r");
	assert_non_null(file);
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		str_append(&document, bytes, count);
	fclose(file);
	for (const struct request *request = request_first(); request; request = request->next) {
		_cleanup_str_ struct str heading = STR_INIT;
		if (!str_starts(request->command, "ptdap/"))
			continue;
		own++;
		str_printf(&heading, "\n## %s\n", request->command);
		if (!strstr(str_text(&document), str_text(&heading)))
			fail_msg("docs/protocol.md does not have the request %s", request->command);
	}
	assert_true(own >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_of_our_own_has_its_section),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Launch, stops and the end of real processes.
#include <elf.h>

#include "tests/engine/session.h"

#define STEPS_C SOURCE_DIR "/tests/programs/steps.c"

static void program_runs_to_its_end_and_reports_its_exit_code(void **state)
{
	struct session session;
	static const char *const arguments[] = { "7", NULL };
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("exits_with_code"), arguments);
	session_start(&session);
	session_wait_exit(&session);
	assert_int_equal(session.exit_code, 7);
	assert_int_equal(session.signo, 0);
	session_deinit(&session);
}

static void stop_on_entry(struct session *session, const char *program)
{
	struct launch_spec spec = { .program = program, .disable_aslr = true, .stop_on_entry = true };
	session_init(session);
	session_launch_spec(session, &spec);
	session_start(session);
	session_wait_stop(session);
	assert_int_equal(session->stop.reason, STOP_ENTRY);
}

static uint64_t auxiliary_value(pid_t pid, uint64_t type)
{
	char path[64];
	uint64_t entry[2] = { 0 };
	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fread(entry, sizeof(entry), 1, file) == 1 && entry[0] != type && entry[0] != AT_NULL)
		;
	fclose(file);
	assert_int_equal(entry[0], type);
	return entry[1];
}

static uint64_t entry_of_file(const char *path)
{
	Elf64_Ehdr header;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(&header, sizeof(header), 1, file), 1);
	fclose(file);
	return header.e_entry;
}

static void entry_stop_is_at_the_first_instruction(void **state)
{
	struct session session;
	(void)state;
	stop_on_entry(&session, PROGRAM("steps-static"));
	assert_string_equal(session_function(&session, 0), "_start");
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void entry_stop_of_a_dynamic_program_is_in_the_linker(void **state)
{
	struct session session;
	(void)state;
	stop_on_entry(&session, PROGRAM("steps"));
	uint64_t base = auxiliary_value(debugger_pid(session.debugger), AT_BASE);
	assert_int_equal(session.stop.pc, base + entry_of_file("/lib64/ld-linux-x86-64.so.2"));
	session_continue_to_exit(&session);
	session_deinit(&session);
}

static void line_breakpoint_stops_where_it_is_set(void **state)
{
	struct session session;
	unsigned line = line_of(STEPS_C, "in twice");
	(void)state;
	session_init(&session);
	session_launch(&session, PROGRAM("steps"), NULL);
	int id = session_break_line(&session, STEPS_C, line, NULL, NULL, NULL);
	session_start(&session);
	session_wait_stop(&session);
	assert_int_equal(session.stop.reason, STOP_BREAKPOINT);
	assert_int_equal(session.stop.breakpoint_ids[0], id);
	assert_string_equal(session_function(&session, 0), "twice");
	assert_int_equal(session_line(&session, 0), line);
	session_deinit(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_runs_to_its_end_and_reports_its_exit_code),
		cmocka_unit_test(entry_stop_is_at_the_first_instruction),
		cmocka_unit_test(entry_stop_of_a_dynamic_program_is_in_the_linker),
		cmocka_unit_test(line_breakpoint_stops_where_it_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "adapter/launch_options.h"
#include "tests/unit/adapter/fake_debugger.c"

static struct error *decode(const char *json, bool is_attach, struct launch_options **options_ret)
{
	cJSON *arguments = cJSON_Parse(json);
	assert_non_null(arguments);
	struct error *error = launch_options_decode(arguments, is_attach, options_ret);
	cJSON_Delete(arguments);   // nothing may point into it
	return error;
}

static struct launch_options *launch(const char *json)
{
	struct launch_options *options = NULL;
	struct error *error = decode(json, false, &options);
	if (error)
		fail_msg("%s: %s", json, error->message);
	return options;
}

static void refused(const char *json, bool is_attach, const char *words)
{
	struct launch_options *options;
	struct error *error = decode(json, is_attach, &options);
	assert_non_null(error);
	assert_string_equal(error->message, words);
	error_destroy(error);
}

static void what_is_not_given_has_its_default(void **state)
{
	struct launch_spec spec;
	(void)state;
	struct launch_options *options = launch("{\"program\":\"/bin/ls\",\"type\":\"ptdap\",\"name\":\"x\",\"__sessionId\":\"1\",\"cwd\":null}");
	launch_options_spec(options, &spec);
	assert_string_equal(spec.program, "/bin/ls");
	assert_null(spec.cwd);
	assert_true(spec.disable_aslr);
	assert_false(spec.stop_on_entry || spec.stop_at_main || spec.no_debug || spec.inherits_stdio);
	assert_int_equal(spec.syscall_filter, SYSCALL_FILTER_OFF);
	assert_null(spec.environment[0]);
	assert_null(spec.stdio[0]);
	assert_true(options->disassembly_as_source);
	assert_int_equal(options->notes.count, 0);
	launch_options_destroy(options);
}

static void aliases_of_other_adapters_are_known(void **state)
{
	struct launch_spec spec;
	(void)state;
	struct launch_options *options = launch("{\"program\":\"p\",\"stopAtEntry\":true,\"stopAtBeginningOfMainSubprogram\":true,"
						"\"environment\":[{\"name\":\"A\",\"value\":\"1\"},\"B=2\"],\"disableASLR\":false}");
	launch_options_spec(options, &spec);
	assert_true(spec.stop_on_entry && spec.stop_at_main && !spec.disable_aslr);
	assert_string_equal(spec.environment[0], "A=1");
	assert_string_equal(spec.environment[1], "B=2");
	assert_null(spec.environment[2]);
	launch_options_destroy(options);
}

static void arguments_are_a_list_or_a_line(void **state)
{
	(void)state;
	struct launch_options *options = launch("{\"program\":\"p\",\"args\":[\"a b\",\"\"]}");
	assert_string_equal(options->args[0], "a b");
	assert_string_equal(options->args[1], "");
	assert_null(options->args[2]);
	launch_options_destroy(options);
	options = launch("{\"program\":\"p\",\"args\":\" one 'two three' \\\"fo\\\\\\\"ur\\\" '' a\\\\ b\"}");
	static const char *const expected[] = { "one", "two three", "fo\"ur", "", "a b" };
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(options->args[i], expected[i]);
	assert_null(options->args[ARRAY_SIZE(expected)]);
	launch_options_destroy(options);
}

static void null_unsets_a_variable(void **state)
{
	(void)state;
	struct launch_options *options = launch("{\"program\":\"p\",\"env\":{\"A\":\"x=y\",\"B\":null}}");
	assert_string_equal(options->env.entries.items[0], "A=x=y");
	assert_string_equal(options->env.entries.items[1], "B");
	launch_options_destroy(options);
}

static void stdio_is_one_file_or_three(void **state)
{
	(void)state;
	struct launch_options *options = launch("{\"program\":\"p\",\"stdio\":\"t\"}");
	assert_string_equal(options->stdio.files[0], "t");
	assert_string_equal(options->stdio.files[2], "t");
	launch_options_destroy(options);
	options = launch("{\"program\":\"p\",\"stdio\":[\"in\",null]}");
	assert_string_equal(options->stdio.files[0], "in");
	assert_null(options->stdio.files[1]);
	assert_null(options->stdio.files[2]);
	launch_options_destroy(options);
}

static void wrong_values_name_the_attribute(void **state)
{
	(void)state;
	refused("{}", false, "program is missing: which program should be launched?");
	refused("[]", false, "arguments: expected an object, got an array");
	refused("{\"program\":1}", false, "program: expected a string, got a number");
	refused("{\"program\":\"p\",\"args\":[\"a\",5]}", false, "args[1]: expected a string, got a number");
	refused("{\"program\":\"p\",\"args\":\"'x\"}", false, "args: the closing quote is missing");
	refused("{\"program\":\"p\",\"env\":{\"A\":5}}", false, "env.A: expected a string or null, got a number");
	refused("{\"program\":\"p\",\"env\":\"A=5\"}", false, "env: expected an object, got a string");
	refused("{\"program\":\"p\",\"env\":{\"\":\"5\"}}", false, "env: \"\" cannot be the name of a variable");
	refused("{\"program\":\"p\",\"stopAtEntry\":\"yes\"}", false, "stopAtEntry: expected a boolean, got a string");
	refused("{\"program\":\"p\",\"breakpointMode\":\"x\"}", false, "breakpointMode: expected \"software\" or \"hardware\", got \"x\"");
	refused("{\"program\":\"p\",\"stdio\":[1]}", false, "stdio[0]: expected a string or null, got a number");
	refused("{\"program\":\"p\",\"stdio\":[\"a\",\"b\",\"c\",\"d\"]}", false, "stdio: expected at most three files");
	refused("{\"program\":\"p\",\"envFile\":\"/nonexistent\"}", false, "envFile: /nonexistent: No such file or directory");
	refused("{\"program\":\"p\",\"syscalls\":[\"read\"]}", false, "syscalls: expected an object or a string, got an array");
	refused("{\"program\":\"p\",\"syscalls\":\"opennat\"}", false, "syscalls: no syscall 'opennat'");
	refused("{\"program\":\"p\",\"syscalls\":{\"stop\":\"opennat\"}}", false, "syscalls.stop: no syscall 'opennat'");
	refused("{}", true, "pid is missing: which process should be attached to?");
	refused("{\"pid\":\"12x\"}", true, "pid: \"12x\" is not a process id");
	refused("{\"processId\":0}", true, "processId: 0 is not a process id");
	refused("{\"pid\":1,\"waitFor\":true}", true, "waitFor: waiting for a process is not supported yet");
	refused("{\"coreFile\":\"c\"}", true, "coreFile: looking at core files is not supported yet");
}

static void a_process_id_may_be_a_string(void **state)
{
	struct launch_options *options = NULL;
	(void)state;
	assert_null(decode("{\"processId\":\"4711\",\"stopOnEntry\":true}", true, &options));
	assert_int_equal(options->pid, 4711);
	assert_true(options->stop_on_entry);
	launch_options_destroy(options);
}

static void a_rule_of_syscalls_alone_is_where_to_stop(void **state)
{
	(void)state;
	struct launch_options *text = launch("{\"program\":\"p\",\"syscalls\":\"openat if $errno != 0\"}");
	struct launch_options *object = launch("{\"program\":\"p\",\"syscalls\":{\"stop\":\"openat if $errno != 0\"}}");
	assert_true(text->syscalls.has_stop);
	assert_string_equal(text->syscalls.stop, "openat if $errno != 0");
	assert_true(syscall_settings_equal(&text->syscalls, &object->syscalls));
	launch_options_destroy(text);
	launch_options_destroy(object);
}

static void what_has_no_effect_is_noted(void **state)
{
	(void)state;
	struct launch_options *options = launch("{\"program\":\"p\",\"progam\":1,\"pid\":5,\"breakpointMode\":\"hardware\","
						"\"visualizerFile\":{}}");
	assert_int_equal(options->notes.count, 4);
	assert_string_equal(options->notes.items[0], "the attribute \"progam\" is unknown and ignored");
	assert_string_equal(options->notes.items[1], "the attribute \"pid\" has no effect in launch");
	launch_options_destroy(options);
}

static void source_maps_come_in_three_shapes(void **state)
{
	static const char *const shapes[] = {
		"{\"program\":\"p\",\"sourceMap\":{\"/built\":\"/here\"}}",
		"{\"program\":\"p\",\"sourceMap\":[[\"/built\",\"/here\"]]}",
		"{\"program\":\"p\",\"substitutePath\":[{\"from\":\"/here\",\"to\":\"/built/\"}]}",
		"{\"program\":\"p\",\"sourceFileMap\":{\"/built\":{\"editorPath\":\"/here/\",\"useForBreakpoints\":true}}}",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct launch_options *options = launch(shapes[i]);
		struct paths paths = { false, options->source_map.items, options->source_map.count };
		bool is_mapped;
		assert_string_equal(paths_to_client(&paths, options->arena, "/built/a/b.c", &is_mapped), "/here/a/b.c");
		assert_true(is_mapped);
		assert_string_equal(paths_from_client(&paths, options->arena, "/here/a/b.c"), "/built/a/b.c");
		assert_string_equal(paths_from_client(&paths, options->arena, "/hereafter/b.c"), "/hereafter/b.c");
		launch_options_destroy(options);
	}
}

static void uris_are_decoded_and_encoded(void **state)
{
	struct paths paths = { .is_uri = true };
	bool is_mapped;
	(void)state;
	struct arena *arena = arena_create();
	assert_string_equal(paths_from_client(&paths, arena, "file:///a%20b/%C3%A4.c"), "/a b/\xc3\xa4.c");
	assert_string_equal(paths_from_client(&paths, arena, "file://localhost/a%2"), "/a%2");
	assert_string_equal(paths_from_client(&paths, arena, "/plain%20"), "/plain%20");
	assert_string_equal(paths_to_client(&paths, arena, "/a b/\xc3\xa4#.c", &is_mapped), "file:///a%20b/%C3%A4%23.c");
	assert_string_equal(paths_to_client(&paths, arena, "relative.c", &is_mapped), "relative.c");
	arena_destroy(arena);
}

static void env_files_are_read_line_by_line(void **state)
{
	static const char text[] = "# comment\r\n\nA=1\nexport  B = two words # not this\nC='$x #\\n'\nD=\"a\\tb\\\"\" # c\nE=\nF=#\nG=a#b";
	static const char *const expected[] = { "A=1", "B=two words", "C=$x #\\n", "D=a\tb\"", "E=", "F=", "G=a#b" };
	struct string_vec entries = VEC_INIT;
	(void)state;
	struct arena *arena = arena_create();
	assert_null(env_file_parse(text, "f", arena, &entries));
	assert_int_equal(entries.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < entries.count; i++)
		assert_string_equal(entries.items[i], expected[i]);
	vec_deinit(&entries);
	arena_destroy(arena);
}

static void env_file_faults_name_the_line(void **state)
{
	static const char *const bad[][2] = {
		{ "A=1\nnonsense\n", "f:2: expected NAME=VALUE" },
		{ "=1", "f:1: expected NAME=VALUE" },
		{ "\n\nA='x", "f:3: the closing quote is missing" },
		{ "A=\"x\" y", "f:1: unexpected text after the closing quote" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct string_vec entries = VEC_INIT;
		struct arena *arena = arena_create();
		struct error *error = env_file_parse(bad[i][0], "f", arena, &entries);
		assert_string_equal(error->message, bad[i][1]);
		error_destroy(error);
		vec_deinit(&entries);
		arena_destroy(arena);
	}
}

static void the_documentation_has_the_table(void **state)
{
	_cleanup_str_ struct str table = STR_INIT, document = STR_INIT;
	char bytes[4096];
	size_t count;
	(void)state;
	FILE *file = fopen(SOURCE_DIR "/docs/launch.md", "r");
	assert_non_null(file);
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		str_append(&document, bytes, count);
	fclose(file);
	launch_options_help(&table);
	if (!strstr(str_text(&document), str_text(&table)))
		fail_msg("docs/launch.md does not have the table that `ptdap --help-launch` prints");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(aliases_of_other_adapters_are_known),
		cmocka_unit_test(arguments_are_a_list_or_a_line),
		cmocka_unit_test(null_unsets_a_variable),
		cmocka_unit_test(stdio_is_one_file_or_three),
		cmocka_unit_test(wrong_values_name_the_attribute),
		cmocka_unit_test(a_process_id_may_be_a_string),
		cmocka_unit_test(a_rule_of_syscalls_alone_is_where_to_stop),
		cmocka_unit_test(what_has_no_effect_is_noted),
		cmocka_unit_test(source_maps_come_in_three_shapes),
		cmocka_unit_test(uris_are_decoded_and_encoded),
		cmocka_unit_test(env_files_are_read_line_by_line),
		cmocka_unit_test(env_file_faults_name_the_line),
		cmocka_unit_test(the_documentation_has_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

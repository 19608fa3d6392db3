#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "tests/unit/adapter/client.c"
#include "tests/unit/adapter/fake_debugger.c"

#define CALLED(words) \
	do { \
		if (!strstr(str_text(&fake.calls), (words))) \
			fail_msg("\"%s\" was not called: %s", (words), str_text(&fake.calls)); \
	} while (0)

static void start_session(void)
{
	client_launch("{\"program\":\"/bin/fake\",\"stopOnEntry\":true}");
	assert_string_equal(client_text(client_event("stopped"), "reason"), "entry");
}

// ---- Arguments and states -------------------------------------------------------------------------------------------

static void a_wrong_type_names_the_member(void **state)
{
	(void)state;
	start_session();
	assert_string_equal(client_refused("scopes", "{\"frameId\":\"x\"}"), "arguments.frameId: expected a number, got a string");
	assert_string_equal(client_refused("stackTrace", NULL), "arguments.threadId is missing");
	assert_string_equal(client_refused("next", "{\"threadId\":100,\"granularity\":\"word\"}"),
			    "arguments.granularity: expected \"line\", \"statement\" or \"instruction\", got \"word\"");
}

static void an_unknown_request_is_not_supported(void **state)
{
	(void)state;
	client_ask("initialize", "{}");
	assert_string_equal(client_refused("gotoTargets", "{}"), "the request \"gotoTargets\" is not supported by ptdap");
}

static void each_state_says_what_is_needed(void **state)
{
	(void)state;
	assert_string_equal(client_refused("threads", NULL), "threads: send initialize first");
	client_ask("initialize", "{}");
	assert_string_equal(client_refused("initialize", NULL), "initialize: the session is initialized already");
	assert_string_equal(client_refused("continue", "{\"threadId\":1}"),
			    "continue: nothing is being debugged yet; launch a program or attach to one first");
	client_ask("launch", "{\"program\":\"/bin/fake\"}");
	assert_string_equal(client_refused("continue", "{\"threadId\":100}"),
			    "continue: the program has not been let go yet; send configurationDone first");
	client_ask("configurationDone", NULL);
	assert_string_equal(client_refused("stackTrace", "{\"threadId\":100}"), "stackTrace: the program is running; pause it first");
	assert_string_equal(client_refused("configurationDone", NULL), "configurationDone: the configuration is done already");
	fake_stop(STOP_PAUSE, FAKE_MAIN);
	assert_string_equal(client_refused("pause", "{\"threadId\":100}"), "pause: the program is stopped already");
	assert_string_equal(client_refused("launch", "{\"program\":\"x\"}"),
			    "launch: a program is being debugged already; disconnect or restart instead");
	fake_exit(0, 0);
	assert_string_equal(client_refused("continue", "{\"threadId\":100}"), "continue: the program has ended");
}

static void an_unknown_thread_is_refused(void **state)
{
	(void)state;
	start_session();
	assert_string_equal(client_refused("continue", "{\"threadId\":99}"), "arguments.threadId: there is no thread 99");
	client_refused("next", "{\"threadId\":0}");
	client_refused("stackTrace", "{\"threadId\":1e15}");
	assert_null(strstr(str_text(&fake.calls), "continue"));
	client_ask("continue", "{\"threadId\":101}");
}

static void only_what_is_built_is_announced(void **state)
{
	(void)state;
	const cJSON *body = client_ask("initialize", "{}");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(body, "supportsConfigurationDoneRequest")));
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(body, "supportsDisassembleRequest")));
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(body, "supportSuspendDebuggee")));
	assert_null(cJSON_GetObjectItem(body, "supportsStepBack"));
	assert_null(cJSON_GetObjectItem(body, "supportsSingleThreadExecutionRequests"));
	const cJSON *filters = cJSON_GetObjectItem(body, "exceptionBreakpointFilters");
	assert_int_equal(cJSON_GetArraySize(filters), 4);
	assert_string_equal(client_text(cJSON_GetArrayItem(filters, 0), "filter"), "syscallEntry");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(filters, 2), "default")));
}

// ---- Order ----------------------------------------------------------------------------------------------------------

static void a_stop_within_a_step_comes_after_its_response(void **state)
{
	(void)state;
	start_session();
	fake.stops_within_step = true;
	int64_t seq = client_send("next", "{\"threadId\":100}");
	cJSON *message = client_receive();
	assert_string_equal(client_text(message, "type"), "response");
	assert_true(client_number(message, "request_seq") == (double)seq);
	const cJSON *body = client_event("stopped");
	assert_string_equal(client_text(body, "reason"), "step");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(body, "allThreadsStopped")));
	assert_string_equal(client_text(client_ask("threads", NULL), ""), "");
	assert_int_equal(client.skipped.length, 0);
}

static void requests_behind_a_slow_launch_wait_for_it(void **state)
{
	(void)state;
	fake.starts_later = true;
	client_ask("initialize", "{}");
	int64_t launch = client_send("launch", "{\"program\":\"/bin/fake\"}");
	int64_t threads = client_send("threads", NULL);
	int64_t done = client_send("configurationDone", NULL);
	client_expect_silence();
	fake_finish_start();
	assert_true(client_number(client_receive(), "request_seq") == (double)launch);
	client_event("process");
	client_event("initialized");
	assert_true(client_number(client_receive(), "request_seq") == (double)threads);
	assert_true(client_number(client_receive(), "request_seq") == (double)done);
	CALLED("start; ");
}

static void a_waiting_request_can_be_cancelled(void **state)
{
	(void)state;
	fake.starts_later = true;
	client_ask("initialize", "{}");
	client_send("launch", "{\"program\":\"/bin/fake\"}");
	int64_t threads = client_send("threads", NULL);
	char arguments[64];
	snprintf(arguments, sizeof(arguments), "{\"requestId\":%d}", (int)threads);
	client_send("cancel", arguments);
	cJSON *message = client_receive();
	assert_true(client_number(message, "request_seq") == (double)threads);
	assert_string_equal(client_text(message, "message"), "cancelled");
	assert_string_equal(client_text(client_receive(), "command"), "cancel");
	fake_finish_start();
	assert_string_equal(client_text(client_receive(), "command"), "launch");
}

static void send_cancel_of_last(void)
{
	_cleanup_free_ char *arguments = xasprintf("{\"requestId\":%lld}", (long long)client.seq);
	client_send("cancel", arguments);
	fake.within_frames = NULL;
}

static void a_request_under_way_can_be_cancelled(void **state)
{
	(void)state;
	start_session();
	fake.within_frames = send_cancel_of_last;
	int64_t stack = client_send("stackTrace", "{\"threadId\":100}");
	cJSON *message = client_receive();
	assert_true(client_number(message, "request_seq") == (double)stack);
	assert_string_equal(client_text(message, "message"), "cancelled");
	message = client_receive();
	assert_string_equal(client_text(message, "command"), "cancel");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(message, "success")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(client_ask("stackTrace", "{\"threadId\":100}"), "stackFrames")), 3);
}

static void disconnect_does_not_wait_for_a_launch(void **state)
{
	(void)state;
	fake.starts_later = true;
	client_ask("initialize", "{}");
	client_send("launch", "{\"program\":\"/bin/fake\"}");
	client_send("threads", NULL);
	client_ask("disconnect", NULL);
	assert_string_equal(client_text(client_receive(), "message"), "cancelled");   // threads
	assert_string_equal(client_text(client_receive(), "message"), "cancelled");   // launch
	assert_true(session_is_over(client.session));
	fake_finish_start();   // the last thread stood still in the same turn: nobody waits for that any more
	assert_null(client.session->start_reply);
	assert_false(client.session->sent_initialized);
}

static void initialized_comes_once_and_after_a_launch_that_worked(void **state)
{
	(void)state;
	client_ask("initialize", "{}");
	fake.launch_error = "no such program: x";
	assert_string_equal(client_refused("launch", "{\"program\":\"x\"}"), "no such program: x");
	client_expect_silence();
	fake.launch_error = NULL;
	client_ask("launch", "{\"program\":\"/bin/fake\",\"typo\":1}");
	client_event("process");
	assert_string_equal(client_text(client_event("output"), "category"), "console");
	client_event("initialized");
	client_ask("configurationDone", NULL);
	client_ask("restart", NULL);
	client_event("process");
	client_event("output");
	client_expect_silence();
}

// ---- Looking --------------------------------------------------------------------------------------------------------

static int top_frame(void)
{
	const cJSON *frames = cJSON_GetObjectItem(client_ask("stackTrace", "{\"threadId\":100}"), "stackFrames");
	return (int)client_number(cJSON_GetArrayItem(frames, 0), "id");
}

static void frames_without_source_have_a_text(void **state)
{
	(void)state;
	start_session();
	const cJSON *body = client_ask("stackTrace", "{\"threadId\":100,\"startFrame\":0,\"levels\":1}");
	assert_true(client_number(body, "totalFrames") == 3);
	const cJSON *frame = cJSON_GetArrayItem(cJSON_GetObjectItem(body, "stackFrames"), 0);
	const cJSON *source = cJSON_GetObjectItem(frame, "source");
	assert_string_equal(client_text(frame, "presentationHint"), "subtle");
	assert_string_equal(client_text(frame, "instructionPointerReference"), "0x1010");
	assert_string_equal(client_text(source, "name"), "raise (disassembly)");
	assert_string_equal(client_text(source, "presentationHint"), "deemphasize");   // the user's frame is below
	assert_true(client_number(frame, "line") == 2);
	assert_true(client_number(source, "sourceReference") == 1);
	assert_string_equal(client_text(client_ask("source", "{\"sourceReference\":1}"), "content"), "nop\nnop\n");
	client_refused("source", "{\"sourceReference\":2}");
	client_refused("source", "{\"sourceReference\":0}");
}

static void lines_and_paths_are_the_clients(void **state)
{
	(void)state;
	client_ask("initialize", "{\"linesStartAt1\":false,\"columnsStartAt1\":false,\"pathFormat\":\"uri\"}");
	client_ask("launch", "{\"program\":\"/bin/fake\"}");
	const cJSON *frames = cJSON_GetObjectItem(client_ask("stackTrace", "{\"threadId\":100}"), "stackFrames");
	const cJSON *frame = cJSON_GetArrayItem(frames, 2);
	assert_string_equal(client_text(cJSON_GetObjectItem(frame, "source"), "path"), "file:///src/a%20b.c");
	assert_true(client_number(frame, "line") == 29 && client_number(frame, "column") == 1);
	const cJSON *body = client_ask("setBreakpoints", "{\"source\":{\"path\":\"file:///src/a%20b.c\"},\"breakpoints\":[{\"line\":4}]}");
	CALLED("set 1 /src/a b.c; ");
	const cJSON *breakpoint = cJSON_GetArrayItem(cJSON_GetObjectItem(body, "breakpoints"), 0);
	assert_true(client_number(breakpoint, "line") == 4);
	assert_string_equal(client_text(breakpoint, "instructionReference"), "0x1005");
	assert_string_equal(client_text(cJSON_GetObjectItem(breakpoint, "source"), "path"), "file:///src/a%20b.c");
}

static void variables_are_paged_and_a_bad_one_spoils_nothing(void **state)
{
	char arguments[128];
	(void)state;
	start_session();
	snprintf(arguments, sizeof(arguments), "{\"frameId\":%d}", top_frame());
	const cJSON *scopes = cJSON_GetObjectItem(client_ask("scopes", arguments), "scopes");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(scopes, 1), "expensive")));
	int locals = (int)client_number(cJSON_GetArrayItem(scopes, 0), "variablesReference");
	snprintf(arguments, sizeof(arguments), "{\"variablesReference\":%d,\"format\":{\"hex\":true}}", locals);
	const cJSON *variables = cJSON_GetObjectItem(client_ask("variables", arguments), "variables");
	assert_int_equal(cJSON_GetArraySize(variables), 3);
	assert_string_equal(client_text(cJSON_GetArrayItem(variables, 0), "value"), "0x3");
	assert_string_equal(client_text(cJSON_GetArrayItem(variables, 1), "value"), "<cannot read 0x0>");
	assert_true(client_number(cJSON_GetArrayItem(variables, 2), "indexedVariables") == 1000000);
	int array = (int)client_number(cJSON_GetArrayItem(variables, 2), "variablesReference");
	snprintf(arguments, sizeof(arguments), "{\"variablesReference\":%d,\"filter\":\"indexed\",\"start\":500,\"count\":2}", array);
	variables = cJSON_GetObjectItem(client_ask("variables", arguments), "variables");
	assert_int_equal(cJSON_GetArraySize(variables), 2);
	assert_string_equal(client_text(cJSON_GetArrayItem(variables, 1), "name"), "[501]");
	assert_string_equal(client_text(cJSON_GetArrayItem(variables, 1), "memoryReference"), "0x11f5");
	snprintf(arguments, sizeof(arguments), "{\"variablesReference\":%d,\"filter\":\"indexed\",\"start\":2000000,\"count\":2}", array);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(client_ask("variables", arguments), "variables")), 0);
}

static void old_numbers_are_stale_after_a_step(void **state)
{
	char arguments[128];
	(void)state;
	start_session();
	snprintf(arguments, sizeof(arguments), "{\"frameId\":%d}", top_frame());
	fake.stops_within_step = true;
	client_ask("stepIn", "{\"threadId\":100,\"granularity\":\"instruction\"}");
	CALLED("step 100 in instruction; ");
	client_event("stopped");
	assert_non_null(strstr(client_refused("scopes", arguments), "belongs to an earlier stop"));
}

static void a_set_variable_is_answered_before_its_events(void **state)
{
	char arguments[128];
	(void)state;
	start_session();
	snprintf(arguments, sizeof(arguments), "{\"frameId\":%d}", top_frame());
	const cJSON *scopes = cJSON_GetObjectItem(client_ask("scopes", arguments), "scopes");
	int locals = (int)client_number(cJSON_GetArrayItem(scopes, 0), "variablesReference");
	snprintf(arguments, sizeof(arguments), "{\"variablesReference\":%d,\"name\":\"x\",\"value\":\"42\"}", locals);
	const cJSON *body = client_ask("setVariable", arguments);
	assert_string_equal(client_text(body, "value"), "42");
	assert_string_equal(client_text(body, "type"), "int");
	assert_int_equal(client.skipped.length, 0);
	assert_string_equal(client_text(client_event("memory"), "memoryReference"), "0x1008");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(client_event("invalidated"), "areas")), 1);
	snprintf(arguments, sizeof(arguments), "{\"variablesReference\":%d,\"name\":\"y\",\"value\":\"1\"}", locals);
	assert_string_equal(client_refused("setVariable", arguments), "arguments.name: there is no variable \"y\" there");
}

static void evaluate_knows_contexts_and_goes_without(void **state)
{
	char arguments[128];
	(void)state;
	start_session();
	int frame = top_frame();
	snprintf(arguments, sizeof(arguments), "{\"expression\":\"x\",\"frameId\":%d,\"context\":\"hover\"}", frame);
	assert_string_equal(client_text(client_ask("evaluate", arguments), "result"), "3");
	CALLED("evaluate 100 0 x 1; ");
	const cJSON *body = client_ask("evaluate", "{\"expression\":\"array\",\"context\":\"something new\"}");
	CALLED("evaluate 0 0 array 0; ");
	assert_true(client_number(body, "variablesReference") >= 1 << 30);
	assert_string_equal(client_refused("evaluate", "{\"expression\":\"?\",\"context\":\"repl\"}"), "column 1: expected an expression");
}

static void memory_that_is_not_there_is_counted(void **state)
{
	(void)state;
	start_session();
	const cJSON *body = client_ask("readMemory", "{\"memoryReference\":\"0x1ffe\",\"count\":10}");
	assert_string_equal(client_text(body, "address"), "0x1ffe");
	assert_string_equal(client_text(body, "data"), "/v8=");
	assert_true(client_number(body, "unreadableBytes") == 8);
	body = client_ask("readMemory", "{\"memoryReference\":\"0xFF0\",\"count\":32}");
	assert_string_equal(client_text(body, "address"), "0xff0");
	assert_true(client_number(body, "unreadableBytes") == 16);
	assert_null(cJSON_GetObjectItem(body, "data"));
	client_refused("readMemory", "{\"memoryReference\":\"x\",\"count\":1}");
	client_refused("readMemory", "{\"memoryReference\":\"0x1000\",\"count\":-1}");
	client_refused("readMemory", "{\"memoryReference\":\"0x1000\",\"count\":99999999999}");
}

static void views_of_memory_are_told_of_writes_and_stops(void **state)
{
	(void)state;
	start_session();
	client_ask("readMemory", "{\"memoryReference\":\"0x1000\",\"offset\":16,\"count\":16}");
	const cJSON *body = client_ask("writeMemory", "{\"memoryReference\":\"0x1010\",\"data\":\"AAAA\"}");
	assert_true(client_number(body, "bytesWritten") == 3);
	body = client_event("memory");
	assert_string_equal(client_text(body, "memoryReference"), "0x1000");
	assert_true(client_number(body, "offset") == 16 && client_number(body, "count") == 3);
	assert_string_equal(client_text(client_event("memory"), "memoryReference"), "0x1010");
	client_event("invalidated");
	client_ask("continue", "{\"threadId\":100}");
	fake_stop(STOP_BREAKPOINT, FAKE_WORKER);
	body = client_event("stopped");
	assert_true(client_number(cJSON_GetObjectItem(body, "hitBreakpointIds"), "") == -1);
	assert_int_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(body, "hitBreakpointIds"), 0)->valueint, 7);
	assert_string_equal(client_text(client_event("memory"), "memoryReference"), "0x1000");
	assert_string_equal(client_refused("writeMemory", "{\"memoryReference\":\"0x1fff\",\"data\":\"AAAA\"}"), "cannot write to 0x1fff");
	client_refused("writeMemory", "{\"memoryReference\":\"0x1000\",\"data\":\"?\"}");
}

static void disassembly_pads_with_invalid_rows(void **state)
{
	(void)state;
	start_session();
	const cJSON *rows = cJSON_GetObjectItem(
		client_ask("disassemble", "{\"memoryReference\":\"0x1000\",\"instructionOffset\":-2,\"instructionCount\":4}"), "instructions");
	assert_int_equal(cJSON_GetArraySize(rows), 4);
	assert_string_equal(client_text(cJSON_GetArrayItem(rows, 1), "presentationHint"), "invalid");
	assert_string_equal(client_text(cJSON_GetArrayItem(rows, 2), "address"), "0x1000");
	assert_string_equal(client_text(cJSON_GetArrayItem(rows, 2), "instructionBytes"), "90");
}

static void stops_are_described(void **state)
{
	static const struct {
		enum stop_reason reason;
		const char *name, *description;
	} stops[] = {
		{ STOP_SIGNAL, "exception", "SIGSEGV: Segmentation fault" },
		{ STOP_SYSCALL, "syscall", "getpid() = 100 \u2014 entry" },
		{ STOP_MAIN, "entry", "Paused at main" },
		{ STOP_FUNCTION_BREAKPOINT, "function breakpoint", "Paused on function breakpoint" },
		{ STOP_INSTRUCTION_BREAKPOINT, "instruction breakpoint", "Paused on instruction breakpoint" },
		{ STOP_EXEC, "exec", "Paused after exec" },
	};
	(void)state;
	start_session();
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		client_ask("continue", "{\"threadId\":100}");
		fake_stop(stops[i].reason, FAKE_MAIN);
		const cJSON *body = client_event("stopped");
		assert_string_equal(client_text(body, "reason"), stops[i].name);
		assert_string_equal(client_text(body, "description"), stops[i].description);
	}
	assert_string_equal(client_text(client_ask("exceptionInfo", "{\"threadId\":100}"), "breakMode"), "unhandled");
}

// ---- Breakpoints ----------------------------------------------------------------------------------------------------

static void breakpoints_are_answered_in_order_even_if_refused(void **state)
{
	(void)state;
	start_session();
	const cJSON *list = cJSON_GetObjectItem(
		client_ask("setBreakpoints", "{\"source\":{\"path\":\"/src/a.c\"},\"breakpoints\":[{\"line\":99},{\"line\":7,\"condition\":\"\"}]}"),
		"breakpoints");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "verified")));
	assert_string_equal(client_text(cJSON_GetArrayItem(list, 0), "message"), "no code there");
	assert_true(client_number(cJSON_GetArrayItem(list, 1), "line") == 7);
	list = cJSON_GetObjectItem(client_ask("setBreakpoints", "{\"source\":{\"path\":\"/src/a.c\"},\"lines\":[3,4,5]}"), "breakpoints");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	list = cJSON_GetObjectItem(client_ask("setBreakpoints", "{\"source\":{\"path\":\"/src/a.c\"}}"), "breakpoints");
	assert_int_equal(cJSON_GetArraySize(list), 0);
	CALLED("set 0 /src/a.c; ");
	assert_string_equal(client_refused("setBreakpoints", "{\"source\":{\"path\":\"a\"},\"breakpoints\":[{\"line\":\"1\"}]}"),
			    "arguments.breakpoints[0].line: expected a number, got a string");
	client_ask("setInstructionBreakpoints", "{\"breakpoints\":[{\"instructionReference\":\"0x10\",\"offset\":-4}]}");
	client_ask("setFunctionBreakpoints", "{\"breakpoints\":[{\"name\":\"main\"}]}");
}

static void a_bad_filter_leaves_the_last_good_one(void **state)
{
	(void)state;
	start_session();
	fake.bad_signal_set = "BAD";
	client_ask("setExceptionBreakpoints", "{\"filters\":[],\"filterOptions\":[{\"filterId\":\"signal\",\"condition\":\"SEGV\"}]}");
	CALLED("catch signals SEGV; ");
	const cJSON *list = cJSON_GetObjectItem(
		client_ask("setExceptionBreakpoints", "{\"filters\":[\"syscallEntry\",\"nonsense\"],"
						      "\"filterOptions\":[{\"filterId\":\"signal\",\"condition\":\"BAD\"}]}"),
		"breakpoints");
	CALLED("catch entry signals SEGV; ");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "verified")));
	assert_string_equal(client_text(cJSON_GetArrayItem(list, 1), "message"), "there is no filter \"nonsense\"");
	assert_string_equal(client_text(cJSON_GetArrayItem(list, 2), "message"), "there is no signal \"BAD\"");
}

// ---- Ends -----------------------------------------------------------------------------------------------------------

static void expect_end(int exit_code)
{
	assert_true(str_equal(client_text(client_event("exited"), ""), ""));
	assert_true(client_number(cJSON_GetObjectItem(client.message, "body"), "exitCode") == exit_code);
	client_event("terminated");
}

static void an_exit_is_told_once(void **state)
{
	(void)state;
	client_launch("{\"program\":\"/bin/fake\"}");
	fake_exit(3, 0);
	assert_string_equal(client_text(client_event("output"), "output"), "The program ended with exit code 3.\n");
	expect_end(3);
	client_ask("threads", NULL);
	client_ask("disconnect", NULL);
	assert_int_equal(client.skipped.length, 0);
	assert_true(session_is_over(client.session));
	client_expect_silence();
}

static void death_by_signal_is_128_and_more(void **state)
{
	(void)state;
	client_launch("{\"program\":\"/bin/fake\"}");
	fake_exit(0, SIGSEGV);
	assert_string_equal(client_text(client_event("output"), "output"), "The program was killed by SIGSEGV (Segmentation fault).\n");
	expect_end(128 + SIGSEGV);
}

static void disconnect_kills_what_was_launched(void **state)
{
	(void)state;
	start_session();
	client_ask("disconnect", "{}");
	CALLED("kill; ");
	expect_end(128 + SIGKILL);
	assert_true(session_is_over(client.session));
}

static void disconnect_detaches_what_was_attached(void **state)
{
	(void)state;
	client_ask("initialize", "{}");
	client_ask("attach", "{\"processId\":\"4711\"}");
	CALLED("attach 4711; ");
	client_ask("configurationDone", NULL);
	client_ask("disconnect", NULL);
	CALLED("detach; ");
	client_event("terminated");
}

static void disconnect_does_as_it_is_told(void **state)
{
	(void)state;
	start_session();
	client_ask("disconnect", "{\"suspendDebuggee\":true}");
	CALLED("detach stopped; ");
	assert_null(strstr(str_text(&fake.calls), "kill"));
}

static void terminate_asks_and_a_second_one_kills(void **state)
{
	(void)state;
	start_session();
	fake.survives_signals = true;
	client_ask("terminate", NULL);
	CALLED("signal 15; ");
	assert_null(strstr(str_text(&fake.calls), "kill"));
	client_ask("terminate", NULL);
	CALLED("kill; ");
	client_event("output");
	expect_end(128 + SIGKILL);
}

static void a_restart_is_quiet_about_the_old_end(void **state)
{
	(void)state;
	start_session();
	client_ask("restart", "{\"arguments\":{\"program\":\"/bin/other\",\"stopOnEntry\":true}}");
	CALLED("kill; launch /bin/other; start; ");
	client_event("continued");
	client_event("process");
	assert_string_equal(client_text(client_event("stopped"), "reason"), "entry");
	fake_exit(0, 0);
	expect_end(0);
	client_ask("restart", NULL);
	client_event("process");
	client_event("stopped");
	assert_string_equal(client_refused("restart", "{\"arguments\":{}}"),
			    "arguments.arguments: program is missing: which program should be launched?");
	assert_string_equal(client_refused("restart", "{\"program\":7}"), "program: expected a string, got a number");
}

static void the_end_of_input_ends_the_session(void **state)
{
	(void)state;
	start_session();
	shutdown(client.fd, SHUT_WR);
	assert_null(client_receive_end());
	assert_int_equal(client.exit_code, 0);
}

static void garbage_is_answered_and_ends_the_session(void **state)
{
	(void)state;
	start_session();
	client_send_bytes("garbage\r\n");
	cJSON *message = client_receive();
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(message, "success")));
	assert_non_null(strstr(client_text(message, "message"), "garbage"));
	assert_null(client_receive_end());
	assert_int_equal(client.exit_code, 1);
}

static void broken_json_is_answered_and_the_session_goes_on(void **state)
{
	(void)state;
	client_send_bytes("Content-Length: 3\r\n\r\n{x}");
	assert_true(client_number(client_receive(), "request_seq") == 0);
	client_ask("initialize", "{}");
}

static void output_is_not_cut_within_a_character(void **state)
{
	(void)state;
	client_launch("{\"program\":\"/bin/fake\"}");
	fake.listener->output(fake.data, OUTPUT_STDOUT, "a\xe2\x82", 3, NULL, 0);
	fake.listener->output(fake.data, OUTPUT_STDERR, "e", 1, NULL, 0);
	fake.listener->output(fake.data, OUTPUT_STDOUT, "\xac\xc3", 2, NULL, 0);
	assert_string_equal(client_text(client_event("output"), "output"), "a");
	assert_string_equal(client_text(client_event("output"), "category"), "stderr");
	assert_string_equal(client_text(client_event("output"), "output"), "\xe2\x82\xac");
	fake_exit(0, 0);
	assert_string_equal(client_text(client_event("output"), "output"), "\xef\xbf\xbd");
	expect_end(0);
}

// A client that does not read makes us wait with it, never block: the session still ends when it hangs up.
static void a_client_that_does_not_read_blocks_nothing(void **state)
{
	static char bytes[65536];
	(void)state;
	client_launch("{\"program\":\"/bin/fake\"}");
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 100; i++)
		fake.listener->output(fake.data, OUTPUT_STDOUT, bytes, sizeof(bytes), NULL, 0);
	CALLED("hold output; ");
	assert_null(strstr(str_text(&fake.calls), "release output; "));
	for (int i = 0; i < 100; i++)
		assert_int_equal(strlen(client_text(client_event("output"), "output")), sizeof(bytes));
	CALLED("release output; ");
	fake.listener->output(fake.data, OUTPUT_STDOUT, bytes, sizeof(bytes), NULL, 0);
	close(client.fd);
	client.fd = -1;
	for (int i = 0; i < 100 && !session_is_over(client.session); i++)
		turn();
	assert_true(session_is_over(client.session));
}

// Much at once is not too much for one that takes it at once: nothing would be held, since nobody would tell of its end.
static void a_client_that_takes_everything_is_not_behind(void **state)
{
	static char bytes[65536];
	int in[2], file = memfd_create("out", MFD_CLOEXEC);
	(void)state;
	assert_true(file >= 0 && pipe2(in, O_CLOEXEC) == 0);
	struct session *session = session_create(client.loop, in[0], file);
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 100; i++) {
		fake.listener->output(session, OUTPUT_STDOUT, bytes, sizeof(bytes), NULL, 0);
		fake.listener->output(session, OUTPUT_CONSOLE, "a log message\n", 14, NULL, 0);
	}
	assert_null(strstr(str_text(&fake.calls), "hold output; "));
	session_destroy(session);
	close(in[1]);
}

// Log points wait as the program's own output does: none is lost.
static void log_messages_that_nobody_reads_hold_the_program(void **state)
{
	static char bytes[65536];
	(void)state;
	client_launch("{\"program\":\"/bin/fake\"}");
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 100; i++)
		fake.listener->output(fake.data, OUTPUT_CONSOLE, bytes, sizeof(bytes), NULL, 0);
	CALLED("hold output; ");
	for (int i = 0; i < 100; i++)
		assert_int_equal(strlen(client_text(client_event("output"), "output")), sizeof(bytes));
	while (!strstr(str_text(&fake.calls), "release output; "))
		turn();
}

// ---- A terminal of the client ---------------------------------------------------------------------------------------

static void answer(int64_t request_seq, const char *rest)
{
	_cleanup_str_ struct str body = STR_INIT, text = STR_INIT;
	str_printf(&body, "{\"seq\":%lld,\"type\":\"response\",\"command\":\"runInTerminal\",\"request_seq\":%lld,%s}", (long long)++client.seq,
		   (long long)request_seq, rest);
	framing_write_header(&text, body.length);
	str_add(&text, body.data);
	client_send_bytes(text.data);
}

// The seq of runInTerminal.
static int64_t launch_in_terminal(const char *launch)
{
	client_ask("initialize", "{\"supportsRunInTerminalRequest\":true}");
	client_send("launch", launch);
	const cJSON *message = client_receive();
	assert_string_equal(client_text(message, "type"), "request");
	assert_string_equal(client_text(message, "command"), "runInTerminal");
	return (int64_t)client_number(message, "seq");
}

static const char in_terminal[] = "{\"program\":\"/bin/fake\",\"console\":\"integratedTerminal\"}";

static const char *failed_launch(void)
{
	cJSON *message = client_receive();
	assert_string_equal(client_text(message, "command"), "launch");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(message, "success")));
	return client_text(cJSON_GetObjectItem(cJSON_GetObjectItem(message, "body"), "error"), "format");
}

static void a_launch_waits_for_its_terminal(void **state)
{
	(void)state;
	int64_t seq = launch_in_terminal(in_terminal);
	const cJSON *arguments = cJSON_GetObjectItem(client.message, "arguments");
	assert_string_equal(client_text(arguments, "kind"), "integrated");
	assert_string_equal(client_text(arguments, "title"), "fake");
	const cJSON *args = cJSON_GetObjectItem(arguments, "args");
	assert_int_equal(cJSON_GetArraySize(args), 3);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(args, 1)), "--in-terminal");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(args, 2)), "the-address");
	answer(seq + 1000, "\"success\":false");   // to nothing
	answer(seq, "\"success\":true,\"body\":{\"shellProcessId\":1}");
	client_expect_silence();
	CALLED("terminal; ");
	assert_null(strstr(str_text(&fake.calls), "launch"));
	fake_arrive(NULL);
	CALLED("launch /bin/fake; ");
	assert_non_null(fake.spec.terminal);
	assert_string_equal(client_text(client_receive(), "command"), "launch");
	client_event("process");
	client_event("initialized");
}

static void an_answer_that_comes_too_late_does_not_matter(void **state)
{
	(void)state;
	int64_t seq = launch_in_terminal(in_terminal);
	fake_arrive(NULL);
	answer(seq, "\"success\":false,\"message\":\"late\"");
	client_receive();
	client_event("process");
	client_event("initialized");
	client_expect_silence();
}

static void a_terminal_that_cannot_be_had_fails_the_launch(void **state)
{
	(void)state;
	answer(launch_in_terminal(in_terminal), "\"success\":false,\"message\":\"none left\"");
	assert_string_equal(failed_launch(), "the client refused runInTerminal: none left");
	client_send("launch", in_terminal);
	client_receive();
	fake_arrive("the terminal was closed");
	assert_string_equal(failed_launch(), "the terminal was closed");
	CALLED("terminal ends: the terminal was closed; ");
	client_send("launch", in_terminal);
	client_receive();
	fake.launch_error = "cannot be traced";
	fake_arrive(NULL);
	assert_string_equal(failed_launch(), "cannot be traced");
	CALLED("terminal ends: cannot be traced; ");
}

static void a_terminal_that_nobody_opens_is_not_awaited_for_ever(void **state)
{
	(void)state;
	setenv("PTDAP_TERMINAL_TIMEOUT_MS", "1", 1);
	launch_in_terminal(in_terminal);
	assert_non_null(strstr(failed_launch(), "the terminal did not start the program within 0.001 s; "));
	fake.refused = "a process of user 1000";
	client_send("launch", in_terminal);
	client_receive();
	assert_non_null(strstr(failed_launch(), "a process of user 1000 answered from the terminal, and was refused; "));
	unsetenv("PTDAP_TERMINAL_TIMEOUT_MS");
}

static void a_client_without_terminals_gets_a_note(void **state)
{
	(void)state;
	client_ask("initialize", "{}");
	client_ask("launch", in_terminal);
	assert_null(fake.spec.terminal);
	client_event("process");
	assert_non_null(strstr(client_text(client_event("output"), "output"), "console: this client cannot run programs in a terminal"));
	client_event("initialized");
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(a_wrong_type_names_the_member),
		SESSION_TEST(an_unknown_request_is_not_supported),
		SESSION_TEST(each_state_says_what_is_needed),
		SESSION_TEST(an_unknown_thread_is_refused),
		SESSION_TEST(only_what_is_built_is_announced),
		SESSION_TEST(a_stop_within_a_step_comes_after_its_response),
		SESSION_TEST(requests_behind_a_slow_launch_wait_for_it),
		SESSION_TEST(a_waiting_request_can_be_cancelled),
		SESSION_TEST(a_request_under_way_can_be_cancelled),
		SESSION_TEST(disconnect_does_not_wait_for_a_launch),
		SESSION_TEST(initialized_comes_once_and_after_a_launch_that_worked),
		SESSION_TEST(frames_without_source_have_a_text),
		SESSION_TEST(lines_and_paths_are_the_clients),
		SESSION_TEST(variables_are_paged_and_a_bad_one_spoils_nothing),
		SESSION_TEST(old_numbers_are_stale_after_a_step),
		SESSION_TEST(a_set_variable_is_answered_before_its_events),
		SESSION_TEST(evaluate_knows_contexts_and_goes_without),
		SESSION_TEST(memory_that_is_not_there_is_counted),
		SESSION_TEST(views_of_memory_are_told_of_writes_and_stops),
		SESSION_TEST(disassembly_pads_with_invalid_rows),
		SESSION_TEST(stops_are_described),
		SESSION_TEST(breakpoints_are_answered_in_order_even_if_refused),
		SESSION_TEST(a_bad_filter_leaves_the_last_good_one),
		SESSION_TEST(an_exit_is_told_once),
		SESSION_TEST(death_by_signal_is_128_and_more),
		SESSION_TEST(disconnect_kills_what_was_launched),
		SESSION_TEST(disconnect_detaches_what_was_attached),
		SESSION_TEST(disconnect_does_as_it_is_told),
		SESSION_TEST(terminate_asks_and_a_second_one_kills),
		SESSION_TEST(a_restart_is_quiet_about_the_old_end),
		SESSION_TEST(the_end_of_input_ends_the_session),
		SESSION_TEST(garbage_is_answered_and_ends_the_session),
		SESSION_TEST(broken_json_is_answered_and_the_session_goes_on),
		SESSION_TEST(output_is_not_cut_within_a_character),
		SESSION_TEST(a_client_that_does_not_read_blocks_nothing),
		SESSION_TEST(a_client_that_takes_everything_is_not_behind),
		SESSION_TEST(log_messages_that_nobody_reads_hold_the_program),
		SESSION_TEST(a_launch_waits_for_its_terminal),
		SESSION_TEST(an_answer_that_comes_too_late_does_not_matter),
		SESSION_TEST(a_terminal_that_cannot_be_had_fails_the_launch),
		SESSION_TEST(a_terminal_that_nobody_opens_is_not_awaited_for_ever),
		SESSION_TEST(a_client_without_terminals_gets_a_note),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

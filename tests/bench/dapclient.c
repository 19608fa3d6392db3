// A DAP client whose own time does not count: one process, raw pipes, no JSON tree. Runs one scenario against one adapter and prints its
// figure: microseconds, or KiB for the scenario "memory".
//
// dapclient ADAPTER SCENARIO PROGRAM SOURCE LINE [COUNT] [EXTRA]
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 120000, FINISH_MS = 300 };

static struct {
	const char *adapter, *scenario, *program, *source;
	int line;
	long count;
	const char *extra;
	bool is_lldb;
} options;

static struct {
	pid_t pid;
	int in, out;
	int seq;
	char *buffer;                // bytes read and not yet consumed
	size_t length, capacity;
	size_t consumed;
	char *message;               // the last message, terminated
	bool is_initialized, is_terminated;
	long stops, outputs;
	long thread;
	pid_t debuggee;
} dap;

static void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "dapclient %s: ", options.scenario);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	if (dap.debuggee > 0)
		kill(dap.debuggee, SIGKILL);
	if (dap.pid > 0)
		kill(dap.pid, SIGKILL);
	exit(1);
}

static double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void spawn_adapter(void)
{
	int in[2], out[2];

	if (pipe(in) < 0 || pipe(out) < 0)
		fail("pipe");
	dap.pid = vfork();
	if (dap.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		execlp(options.adapter, options.adapter, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	dap.in = in[1];
	dap.out = out[0];
}

static void write_all(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(dap.in, bytes, length);
		if (written <= 0)
			fail("the adapter does not read");
		bytes += written;
		length -= (size_t)written;
	}
}

__attribute__((format(printf, 2, 3))) static int send_request(const char *command, const char *format, ...)
{
	char arguments[8192], body[9000], whole[9100];
	va_list list;

	va_start(list, format);
	vsnprintf(arguments, sizeof arguments, format, list);
	va_end(list);
	int length = snprintf(body, sizeof body, "{\"seq\":%d,\"type\":\"request\",\"command\":\"%s\",\"arguments\":{%s}}", ++dap.seq, command, arguments);
	length = snprintf(whole, sizeof whole, "Content-Length: %d\r\n\r\n%s", length, body);
	write_all(whole, (size_t)length);
	return dap.seq;
}

static void read_more(void)
{
	struct pollfd ready = { .fd = dap.out, .events = POLLIN };

	if (dap.consumed > 0) {
		memmove(dap.buffer, dap.buffer + dap.consumed, dap.length - dap.consumed);
		dap.length -= dap.consumed;
		dap.consumed = 0;
	}
	if (dap.capacity - dap.length < 65536) {
		dap.capacity = dap.capacity * 2 + 131072;
		dap.buffer = realloc(dap.buffer, dap.capacity);
	}
	if (poll(&ready, 1, DEADLINE_MS) <= 0)
		fail("nothing within %d ms", DEADLINE_MS);
	ssize_t got = read(dap.out, dap.buffer + dap.length, dap.capacity - dap.length - 1);
	if (got <= 0)
		fail("the adapter ended");
	dap.length += (size_t)got;
	dap.buffer[dap.length] = '\0';
}

// Behind the colon of "key": in the text, or NULL. Good enough for messages that we know.
static const char *value_of(const char *text, const char *key)
{
	char pattern[64];

	snprintf(pattern, sizeof pattern, "\"%s\":", key);
	const char *found = text ? strstr(text, pattern) : NULL;
	if (!found)
		return NULL;
	found += strlen(pattern);
	while (*found == ' ')
		found++;
	return found;
}

static long number_of(const char *text, const char *key)
{
	const char *value = value_of(text, key);

	return value ? atol(value) : -1;
}

static bool is_value(const char *text, const char *key, const char *string)
{
	const char *value = value_of(text, key);
	size_t length = strlen(string);

	return value && *value == '"' && strncmp(value + 1, string, length) == 0 && value[length + 1] == '"';
}

// The next whole message, cut out of the buffer; valid until the next call.
static const char *next_message(void)
{
	static char *copy;
	static size_t size;

	for (;;) {
		char *start = dap.buffer + dap.consumed, *end = dap.length > dap.consumed ? strstr(start, "\r\n\r\n") : NULL;
		if (end) {
			size_t length = (size_t)atol(start + strlen("Content-Length: "));
			if (dap.length - dap.consumed >= (size_t)(end + 4 - start) + length) {
				if (length + 1 > size)
					copy = realloc(copy, size = length * 2 + 1);
				memcpy(copy, end + 4, length);
				copy[length] = '\0';
				dap.consumed += (size_t)(end + 4 - start) + length;
				return copy;
			}
		}
		read_more();
	}
}

// Takes one message; true if it is the response to the request.
static bool take(int seq)
{
	const char *message = next_message();

	// The value of "type" of the envelope: "event" may only be a key of it.
	if (value_of(message, "request_seq")) {
		if (number_of(message, "request_seq") != seq)
			return false;
		free(dap.message);
		dap.message = strdup(message);
		const char *success = value_of(message, "success");
		if (!success || *success != 't')
			fail("request failed: %.300s", message);
		return true;
	}
	if (is_value(message, "event", "stopped")) {
		dap.stops++;
		dap.thread = number_of(message, "threadId");
	} else if (is_value(message, "event", "output")) {
		dap.outputs++;
	} else if (is_value(message, "event", "initialized")) {
		dap.is_initialized = true;
	} else if (is_value(message, "event", "terminated")) {
		dap.is_terminated = true;
	} else if (is_value(message, "event", "process")) {
		dap.debuggee = (pid_t)number_of(message, "systemProcessId");
	}
	return false;
}

static const char *await(int seq)
{
	while (!take(seq))
		;
	return dap.message;
}

#define request(command, ...) await(send_request(command, __VA_ARGS__))

static void await_stop(long stops)
{
	while (dap.stops < stops) {
		if (dap.is_terminated)
			fail("the program ended instead of stopping");
		take(-1);
	}
}

static void initialize(void)
{
	request("initialize", "\"adapterID\":\"bench\",\"linesStartAt1\":true,\"columnsStartAt1\":true,\"pathFormat\":\"path\","
		"\"supportsVariableType\":true,\"supportsVariablePaging\":true,\"supportsMemoryReferences\":true");
}

// initialize ... configurationDone, with one line breakpoint if the line is not 0; `fields` are members of the breakpoint.
static void launch(const char *fields)
{
	initialize();
	int launched = send_request("launch", "\"program\":\"%s\",\"args\":[\"%ld\"]", options.program, options.count);
	bool is_launched = false;
	while (!dap.is_initialized)
		is_launched |= take(launched);
	if (options.line > 0)
		request("setBreakpoints", "\"source\":{\"path\":\"%s\"},\"breakpoints\":[{\"line\":%d%s}]", options.source, options.line, fields);
	// Its response and that of launch come in either order, and nobody needs to wait for them.
	send_request("configurationDone", "%s", "");
	while (!is_launched && dap.stops == 0)
		is_launched = take(launched);
}

static void finish(void)
{
	send_request("disconnect", "\"terminateDebuggee\":true");
	close(dap.in);
	char rest[65536];
	struct pollfd ready = { .fd = dap.out, .events = POLLIN };
	while (poll(&ready, 1, FINISH_MS) > 0 && read(dap.out, rest, sizeof rest) > 0)
		;
	if (dap.debuggee > 0)
		kill(dap.debuggee, SIGKILL);
	kill(dap.pid, SIGKILL);   // lldb-dap without a target does not end by itself
}

// The variablesReference of the object in the last message whose "name" is this.
static long reference_of(const char *name)
{
	char pattern[128];

	snprintf(pattern, sizeof pattern, "\"name\":\"%s\"", name);
	const char *found = strstr(dap.message, pattern);
	if (!found)
		fail("no %s in %.500s", name, dap.message);
	while (found > dap.message && *found != '{')
		found--;
	return number_of(found, "variablesReference");
}

static long top_frame(long levels)
{
	request("stackTrace", "\"threadId\":%ld,\"startFrame\":0,\"levels\":%ld", dap.thread, levels);
	return number_of(strstr(dap.message, "\"stackFrames\""), "id");
}

static void show_locals(void)
{
	long frame = top_frame(20);

	request("scopes", "\"frameId\":%ld", frame);
	request("variables", "\"variablesReference\":%ld", reference_of("Locals"));
}

static double scenario_initialize(void)
{
	double start = now_us();

	spawn_adapter();
	initialize();
	return now_us() - start;
}

static double scenario_locals(void)
{
	double start = now_us();

	spawn_adapter();
	launch("");
	await_stop(1);
	show_locals();
	return now_us() - start;
}

static void step(const char *fields)
{
	long stops = dap.stops;

	request("next", "\"threadId\":%ld%s", dap.thread, fields);
	await_stop(stops + 1);
}

static void start_stopped(void)
{
	spawn_adapter();
	launch("");
	await_stop(1);
	request("setBreakpoints", "\"source\":{\"path\":\"%s\"},\"breakpoints\":[]", options.source);
}

static double scenario_next(void)
{
	enum { STEPS = 100 };

	start_stopped();
	step("");
	double start = now_us();
	for (int i = 0; i < STEPS; i++) {
		step("");
		request("threads", "%s", "");
		show_locals();
	}
	return (now_us() - start) / STEPS;
}

static double scenario_instruction(void)
{
	enum { STEPS = 200 };

	start_stopped();
	step("");
	double start = now_us();
	for (int i = 0; i < STEPS; i++) {
		if (options.is_lldb) {
			// lldb-dap-19 does not know granularity: its console does the step, and no more.
			long stops = dap.stops;
			send_request("evaluate", "\"expression\":\"`thread step-inst\",\"context\":\"repl\"");
			await_stop(stops + 1);
		} else {
			step(",\"granularity\":\"instruction\"");
		}
	}
	return (now_us() - start) / STEPS;
}

// From configurationDone to the end of the program; the caller subtracts runs of two counts.
static double scenario_run(void)
{
	spawn_adapter();
	launch(options.extra);
	double start = now_us();
	while (!dap.is_terminated) {
		take(-1);
		if (dap.stops > 0)
			fail("stopped");
	}
	return now_us() - start;
}

// A stop at each of the chosen calls, each with its Syscall scope read.
static double scenario_syscalls(void)
{
	enum { STOPS = 500 };

	spawn_adapter();
	initialize();
	int launched = send_request("launch", "\"program\":\"%s\",\"args\":[\"%ld\"]", options.program, options.count);
	while (!dap.is_initialized)
		take(launched);
	request("setExceptionBreakpoints", "\"filters\":[],\"filterOptions\":[{\"filterId\":\"syscallEntry\",\"condition\":\"getppid\"}]");
	send_request("configurationDone", "%s", "");
	await_stop(1);
	double start = now_us();
	for (int i = 0; i < STOPS; i++) {
		long stops = dap.stops;
		request("continue", "\"threadId\":%ld", dap.thread);
		await_stop(stops + 1);
		request("scopes", "\"frameId\":%ld", top_frame(1));
		request("variables", "\"variablesReference\":%ld", reference_of("Syscall"));
	}
	return (now_us() - start) / STOPS;
}

static double scenario_frames(void)
{
	start_stopped();
	double start = now_us();
	request("stackTrace", "\"threadId\":%ld", dap.thread);
	double took = now_us() - start;
	long frames = 0;
	for (const char *at = dap.message; (at = strstr(at, "\"instructionPointerReference\"")); at++)
		frames++;
	if (frames < 10000)
		fail("%ld frames", frames);
	return took;
}

static double scenario_array(void)
{
	start_stopped();
	long frame = top_frame(1);
	request("evaluate", "\"expression\":\"big\",\"context\":\"watch\",\"frameId\":%ld", frame);
	long reference = number_of(dap.message, "variablesReference");
	double start = now_us();
	request("variables", "\"variablesReference\":%ld,\"filter\":\"indexed\",\"start\":40000,\"count\":5000", reference);
	double took = now_us() - start;
	if (!strstr(dap.message, "[44999]"))
		fail("the page is not there: %.300s", dap.message);
	return took;
}

static double scenario_registers(void)
{
	start_stopped();
	long frame = top_frame(1);
	request("scopes", "\"frameId\":%ld", frame);
	double start = now_us();
	request("variables", "\"variablesReference\":%ld", reference_of("Registers"));
	char *groups = strdup(dap.message);
	for (const char *at = groups; (at = strstr(at, "\"variablesReference\":")); at++) {
		long reference = number_of(at, "variablesReference");
		if (reference > 0)
			request("variables", "\"variablesReference\":%ld", reference);
	}
	free(groups);
	return now_us() - start;
}

static double scenario_attach(void)
{
	spawn_adapter();
	initialize();
	double start = now_us();
	int attached = send_request("attach", "\"pid\":%ld,\"stopOnEntry\":true", options.count);
	while (!dap.is_initialized)
		take(attached);
	send_request("configurationDone", "%s", "");
	await_stop(1);
	request("threads", "%s", "");
	double took = now_us() - start;
	long threads = 0;
	for (const char *at = dap.message; (at = strstr(at, "\"id\":")); at++)
		threads++;
	if (threads < 65)
		fail("%ld threads", threads);
	dap.debuggee = 0;
	send_request("disconnect", "\"terminateDebuggee\":false");
	return took;
}

static long status_number(pid_t pid, const char *key)
{
	char path[64], line[256];
	long value = 0;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, key, strlen(key)) == 0)
			value = atol(line + strlen(key));
	if (file)
		fclose(file);
	return value;
}

// The peak of a process and of its descendants, the debuggee excepted.
static long peak_kib(pid_t pid)
{
	long sum = pid == dap.debuggee ? 0 : status_number(pid, "VmHWM:");
	DIR *processes = opendir("/proc");

	for (struct dirent *entry; (entry = readdir(processes));)
		if (isdigit(entry->d_name[0]) && status_number(atoi(entry->d_name), "PPid:") == pid)
			sum += peak_kib(atoi(entry->d_name));
	closedir(processes);
	return sum;
}

static double scenario_memory(void)
{
	scenario_registers();
	for (int i = 0; i < 20; i++) {
		step("");
		show_locals();
	}
	return (double)peak_kib(dap.pid);
}

static const struct { const char *name; double (*run)(void); } scenarios[] = {
	{ "initialize", scenario_initialize }, { "locals", scenario_locals }, { "next", scenario_next }, { "instruction", scenario_instruction },
	{ "syscalls", scenario_syscalls }, { "run", scenario_run }, { "frames", scenario_frames }, { "array", scenario_array }, { "registers", scenario_registers },
	{ "attach", scenario_attach }, { "memory", scenario_memory },
};

int main(int argc, char **argv)
{
	if (argc < 6)
		return fputs("dapclient ADAPTER SCENARIO PROGRAM SOURCE LINE [COUNT] [EXTRA]\n", stderr), 2;
	options.adapter = argv[1];
	options.scenario = argv[2];
	options.program = argv[3];
	options.source = argv[4];
	options.line = atoi(argv[5]);
	options.count = argc > 6 ? atol(argv[6]) : 1000;
	options.extra = argc > 7 ? argv[7] : "";
	options.is_lldb = strstr(argv[1], "lldb") != NULL;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		if (strcmp(scenarios[i].name, options.scenario) == 0) {
			printf("%.3f\n", scenarios[i].run());
			fflush(stdout);
			finish();
			return 0;
		}
	}
	return fprintf(stderr, "no scenario %s\n", options.scenario), 2;
}

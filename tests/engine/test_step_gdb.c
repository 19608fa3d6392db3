// Whole walks by `step` and `next` against those of gdb, where it is installed (without debug information of the C library, whose source
// is not here: gdb would enter it). Explained differences, which the comparison allows:
// - Back from a call into the middle of a line, we stop there (the value is there, and another call of the line can be entered); gdb goes on
//   to the next line. So ours may have extra stops, each in the caller of the one before it.
// - gdb stops in the C library behind main; we run to the end.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "tests/engine/session.h"

struct walk_stop {
	char function[64];
	unsigned line;
	bool is_in_caller;   // of the stop before it
};

struct walk {
	VEC(struct walk_stop) stops;
};

static void add(struct walk *walk, const char *function, unsigned line, bool is_in_caller)
{
	struct walk_stop *stop = vec_push(&walk->stops);
	snprintf(stop->function, sizeof(stop->function), "%s", function);
	stop->line = line;
	stop->is_in_caller = is_in_caller;
}

static void walk_ourselves(struct walk *walk, const char *program, enum step_kind kind, unsigned steps)
{
	struct session session;
	session_init(&session);
	session_launch(&session, program, NULL);
	session_break_function(&session, "main");
	session_start(&session);
	session_wait_stop(&session);
	session_clear_breakpoints(&session, NULL);
	size_t depth = session_depth(&session);
	add(walk, session_function(&session, 0), session_line(&session, 0), false);
	for (unsigned i = 0; i < steps; i++) {
		session.is_stopped = false;
		assert_null(debugger_step(session.debugger, session.stop.tid, kind, STEP_LINE));
		session_wait_stop_or_exit(&session);
		if (session.has_ended)
			break;
		size_t now = session_depth(&session);
		add(walk, session_function(&session, 0), session_line(&session, 0), now < depth);
		depth = now;
	}
	session_deinit(&session);
}

static void write_commands(const char *path, const char *command, unsigned steps)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("set debug-file-directory /nonexistent\nset confirm off\nset pagination off\nset width 0\nbreak main\nrun\nframe\n", file);
	for (unsigned i = 0; i < steps; i++)
		fprintf(file, "%s\nframe\n", command);
	fclose(file);
}

// "#0  0x401136 in main (argc=1) at /path/file.c:12", or without source.
static bool parse_frame(char *text, struct walk *walk)
{
	if (strncmp(text, "#0 ", 3) != 0)
		return true;
	char *at = strstr(text, ") at ");
	char *colon = strrchr(text, ':');
	if (!at || !colon)
		return false;
	char *name = text + 2 + strspn(text + 2, " ");
	char *in = strncmp(name, "0x", 2) == 0 ? strstr(name, " in ") : NULL;
	name = in ? in + 4 : name;
	name[strcspn(name, " (")] = '\0';
	add(walk, name, (unsigned)atoi(colon + 1), false);
	return true;
}

static void walk_with_gdb(struct walk *walk, const char *program, const char *command, unsigned steps)
{
	char path[] = "/tmp/ptdap-walk-XXXXXX";
	char shell[512];
	char line[1024];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	write_commands(path, command, steps);
	snprintf(shell, sizeof(shell), "gdb -batch -nx -x %s %s 2>/dev/null </dev/null", path, program);
	FILE *gdb = popen(shell, "r");
	assert_non_null(gdb);
	bool goes_on = true;
	while (fgets(line, sizeof(line), gdb))
		goes_on = goes_on && parse_frame(line, walk);
	pclose(gdb);
	unlink(path);
}

static bool is_same(const struct walk_stop *ours, const struct walk_stop *theirs)
{
	return ours->line == theirs->line && strcmp(ours->function, theirs->function) == 0;
}

static void compare(const char *program, enum step_kind kind, unsigned steps, size_t at_least)
{
	struct walk ours = { 0 };
	struct walk theirs = { 0 };
	if (system("gdb --version >/dev/null 2>&1") != 0)
		skip();
	walk_with_gdb(&theirs, program, kind == STEP_IN ? "step" : "next", steps);
	walk_ourselves(&ours, program, kind, 2 * steps);
	size_t at = 0;
	for (size_t i = 0; i < theirs.stops.count; i++, at++) {
		while (at < ours.stops.count && !is_same(&ours.stops.items[at], &theirs.stops.items[i]) && ours.stops.items[at].is_in_caller)
			at++;
		if (at == ours.stops.count || !is_same(&ours.stops.items[at], &theirs.stops.items[i]))
			fail_msg("%s, stop %zu: gdb is in %s:%u, we are in %s:%u", program, i, theirs.stops.items[i].function,
				 theirs.stops.items[i].line, at < ours.stops.count ? ours.stops.items[at].function : "?",
				 at < ours.stops.count ? ours.stops.items[at].line : 0);
	}
	assert_true(theirs.stops.count >= at_least);
	vec_deinit(&ours.stops);
	vec_deinit(&theirs.stops);
}

static void step_walks_as_gdb_does(void **state)
{
	(void)state;
	compare(PROGRAM("steps"), STEP_IN, 200, 30);
	compare(PROGRAM("steps-dwarf4"), STEP_IN, 200, 30);
	compare(PROGRAM("step_kinds"), STEP_IN, 200, 30);
	compare(PROGRAM("step_kinds-now"), STEP_IN, 200, 30);
	compare(PROGRAM("step_kinds-O2"), STEP_IN, 200, 15);
	compare(PROGRAM("step_walk"), STEP_IN, 200, 200);
}

static void next_walks_as_gdb_does(void **state)
{
	(void)state;
	compare(PROGRAM("steps"), STEP_OVER, 200, 7);
	compare(PROGRAM("step_kinds"), STEP_OVER, 200, 18);
	compare(PROGRAM("step_kinds-static"), STEP_OVER, 200, 18);
	compare(PROGRAM("step_kinds-O2"), STEP_OVER, 200, 9);
	compare(PROGRAM("step_walk"), STEP_OVER, 200, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_walks_as_gdb_does),
		cmocka_unit_test(next_walks_as_gdb_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

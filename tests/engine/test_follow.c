// Whole trees of processes: each child is a debuggee of its own, and nothing of them is left at the end.
#include "tests/engine/child.h"

#include <sys/syscall.h>

#include "base/vec.h"

#define FAMILY_C SOURCE_DIR "/tests/programs/makes_family.c"

struct tree;

struct member {
	struct tree *tree;
	struct debugger *debugger;
	pid_t pid, parent;
	unsigned calls, execs, exits, made;
	bool has_ended, is_held;
	int exit_code, signo;
};

struct tree {
	struct loop *loop;
	VEC(struct member *) members;   // the first one is the root
	bool holds_children;            // they are started later
	bool is_over, is_done, is_timed_out;
	char *error;
};

static const struct debugger_listener listener;

static struct member *add_member(struct tree *tree, struct debugger *debugger, pid_t parent)
{
	struct member *member = xcalloc(1, sizeof(*member));
	member->tree = tree;
	member->debugger = debugger;
	member->parent = parent;
	member->pid = debugger ? debugger_pid(debugger) : 0;
	*vec_push(&tree->members) = member;
	return member;
}

static void on_child(void *data, struct debugger *child, pid_t parent)
{
	struct tree *tree = ((struct member *)data)->tree;
	struct member *member = add_member(tree, child, parent);
	assert_true(debugger_state(child) == DEBUGGER_STOPPED || debugger_state(child) == DEBUGGER_STARTING);
	debugger_listen(child, &listener, member);
	member->is_held = tree->holds_children;
	if (!member->is_held)
		assert_null(debugger_start(child));
}

static void on_exited(void *data, int exit_code, int signo)
{
	struct member *member = data;
	assert_false(member->has_ended);
	member->has_ended = true;
	member->exit_code = exit_code;
	member->signo = signo;
	for (size_t i = 0; i < member->tree->members.count; i++)
		if (!member->tree->members.items[i]->has_ended)
			return;
	member->tree->is_over = true;
}

static bool is_making(uint64_t number)
{
	return number == SYS_fork || number == SYS_vfork || number == SYS_clone || number == SYS_clone3;
}

static void on_syscall(void *data, pid_t tid, const struct syscall_event *event)
{
	struct member *member = data;
	(void)tid;
	member->calls++;
	member->execs += event->number == SYS_execve && event->phase == SYSCALL_RETURN && !event->is_error;
	member->exits += event->number == SYS_exit_group;
	member->made += is_making(event->number) && !event->is_error;
}

static void on_stopped(void *data, const struct stop *stop)
{
	(void)data;
	fail_msg("thread %d stopped, reason %d", stop->tid, (int)stop->reason);
}

static const struct debugger_listener listener = { .child = on_child, .exited = on_exited, .syscall = on_syscall, .stopped = on_stopped };

static void on_done(void *data, struct error *error)
{
	struct tree *tree = data;
	tree->is_done = true;
	tree->error = error ? xstrdup(error->message) : NULL;
	error_destroy(error);
}

static void out_of_patience(void *data)
{
	((struct tree *)data)->is_timed_out = true;
}

static void turn_until(struct tree *tree, const bool *flag)
{
	struct loop_timer *timer = loop_add_timer(tree->loop, 60000, out_of_patience, tree);
	while (!*flag && !tree->is_timed_out)
		loop_turn(tree->loop);
	if (tree->is_timed_out)
		fail_msg("nothing happened for a minute; %zu processes", tree->members.count);
	loop_cancel_timer(timer);
}

static struct member *tree_init(struct tree *tree)
{
	static const struct syscall_rule_spec all = { SYSCALL_ACTION_TRACE, "" };
	size_t bad;
	struct debugger_catches catches = { 0 };
	const char *filter;
	*tree = (struct tree){ .loop = loop_create() };
	struct member *root = add_member(tree, NULL, 0);
	root->debugger = debugger_create(tree->loop, &listener, root);
	assert_null(debugger_set_catches(root->debugger, &catches, &filter));
	assert_null(debugger_set_syscall_rules(root->debugger, &all, 1, &bad));
	debugger_follow_children(root->debugger, true);
	return root;
}

static void tree_launch(struct tree *tree, const char *program, const char *const *arguments)
{
	struct member *root = tree_init(tree);
	// Not in a session of its own: the end of its leader would send SIGHUP to those that outlive it.
	struct launch_spec spec = { .program = program, .arguments = arguments, .inherits_stdio = true };
	debugger_launch(root->debugger, &spec, on_done, tree);
	if (tree->error)
		fail_msg("launch: %s", tree->error);
	root->pid = debugger_pid(root->debugger);
}

// A breakpoint that is never to stop anything is in the text of the root.
static void tree_patch(struct tree *tree)
{
	struct session session = { .loop = tree->loop, .debugger = tree->members.items[0]->debugger };
	session_break_line(&session, FAMILY_C, line_of(FAMILY_C, "// number"), "x == 12345", NULL, NULL);
}

static void tree_run(struct tree *tree)
{
	assert_null(debugger_start(tree->members.items[0]->debugger));
	turn_until(tree, &tree->is_over);
}

static void tree_destroy(struct tree *tree)
{
	for (size_t i = 0; i < tree->members.count; i++)   // their number may grow
		debugger_destroy(tree->members.items[i]->debugger);
	vec_each(member, &tree->members)
		free(*member);
	vec_deinit(&tree->members);
	loop_destroy(tree->loop);
	free(tree->error);
}

static void tree_deinit(struct tree *tree)
{
	tree_destroy(tree);
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void run_family(struct tree *tree, const char *kind)
{
	const char *const arguments[] = { kind, NULL };
	tree_launch(tree, PROGRAM("makes_family"), arguments);
	tree_patch(tree);
	tree_run(tree);
}

static struct member *with_code(struct tree *tree, int exit_code)
{
	for (size_t i = 0; i < tree->members.count; i++)
		if (tree->members.items[i]->exit_code == exit_code && !tree->members.items[i]->signo)
			return tree->members.items[i];
	fail_msg("nobody exited with %d", exit_code);
	return NULL;
}

static void children_of_children_are_debuggees(void **state)
{
	struct tree tree;
	(void)state;
	run_family(&tree, "generations");
	assert_int_equal(tree.members.count, 5);
	for (size_t i = 1; i < 5; i++) {
		assert_int_equal(tree.members.items[i]->parent, tree.members.items[i - 1]->pid);
		assert_int_equal(tree.members.items[i]->exits, 1);
	}
	assert_int_equal(tree.members.items[4]->exit_code, 0);
	assert_int_equal(tree.members.items[0]->exit_code, 10);
	tree_deinit(&tree);
}

static void a_thread_of_a_child_execs(void **state)
{
	struct tree tree;
	(void)state;
	run_family(&tree, "thread-execs");
	assert_int_equal(tree.members.count, 2);
	assert_int_equal(tree.members.items[1]->exit_code, 9);
	assert_int_equal(tree.members.items[1]->execs, 1);
	assert_int_equal(tree.members.items[0]->exit_code, 0);
	tree_deinit(&tree);
}

static void a_guest_outlives_its_host(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		struct tree tree;
		run_family(&tree, i % 2 ? "vfork-execs" : "vfork-exits");
		assert_int_equal(tree.members.count, 2);
		assert_int_equal(tree.members.items[0]->signo, SIGKILL);
		assert_int_equal(tree.members.items[1]->signo, 0);
		assert_int_equal(tree.members.items[1]->exit_code, 5);
		assert_int_equal(tree.members.items[1]->execs, i % 2);
		tree_deinit(&tree);
	}
}

static void storms_leave_nothing(void **state)
{
	static const char *const kinds[] = { "storm-fork", "storm-spawn", "storm-kill" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct tree tree;
		run_family(&tree, kinds[i]);
		assert_int_equal(tree.members.items[0]->exit_code, 0);
		assert_int_equal(tree.members.items[0]->made, 100);
		for (size_t k = 1; k < tree.members.count; k++) {
			const struct member *child = tree.members.items[k];
			assert_int_equal(child->signo, kinds[i][6] == 'k' ? SIGKILL : 0);
			assert_int_equal(child->exit_code, 0);
			assert_int_equal(child->execs, kinds[i][6] == 's');
		}
		if (kinds[i][6] != 'k')   // one that is killed before it ran is not told of
			assert_int_equal(tree.members.count, 101);
		tree_deinit(&tree);
	}
}

// Children whose parent was killed before it could tell of them die of no int3.
static void parents_are_killed_while_they_fork(void **state)
{
	struct tree tree;
	(void)state;
	run_family(&tree, "killed");
	assert_int_equal(tree.members.items[0]->exit_code, 0);
	for (size_t i = 1; i < tree.members.count; i++) {
		const struct member *member = tree.members.items[i];
		if (member->signo)
			assert_int_equal(member->signo, SIGKILL);
	}
	tree_deinit(&tree);
}

static void run_shell(struct tree *tree, const char *script)
{
	const char *const arguments[] = { "-c", script, NULL };
	tree_launch(tree, "/bin/sh", arguments);
	tree_run(tree);
}

static void a_daemon_outlives_its_parents(void **state)
{
	struct tree tree;
	(void)state;
	run_shell(&tree, "(setsid sh -c 'while kill -0 $1 2>/dev/null; do sleep 0.01; done; exit 7' - $$ &) ; exit 3");
	assert_int_equal(tree.members.items[0]->exit_code, 3);
	assert_true(with_code(&tree, 7)->execs >= 1);
	tree_deinit(&tree);
}

static unsigned count_lines(const char *path, const char *text, const char *other)
{
	char line[4096];
	unsigned count = 0;
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, text) && (!other || strstr(line, other));
	fclose(file);
	return count;
}

static const char script[] = "i=0; while [ $i -lt 20 ]; do /bin/true; i=$((i+1)); done\n"
			     "ls / | cat | wc -l >/dev/null; x=$(/bin/echo a; (exit 3)); (sleep 0 & wait) | cat\n"
			     "if which make >/dev/null; then printf 'a b c:\\n\\t@true; /bin/true | cat\\n' | make -s -j3 -f - a b c; fi\n"
			     "which git >/dev/null && git --version >/dev/null; exit 0";

static void counts_are_those_of_strace(void **state)
{
	char path[] = "/tmp/test_follow.XXXXXX";
	struct tree tree;
	unsigned execs = 0;
	unsigned failures = 0;
	(void)state;
	if (system("strace -o /dev/null true 2>/dev/null") != 0)
		skip();
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	char *command = xasprintf("strace -f -o %s -e trace=execve sh -c \"$SCRIPT\" >/dev/null 2>&1", path);
	setenv("SCRIPT", script, 1);
	assert_int_equal(system(command), 0);
	free(command);
	run_shell(&tree, script);
	for (size_t i = 0; i < tree.members.count; i++) {
		execs += tree.members.items[i]->execs;
		failures += tree.members.items[i]->exit_code != 0;
	}
	assert_int_equal(tree.members.count, count_lines(path, "+++ exited with", NULL));
	assert_int_equal(failures, count_lines(path, "+++ exited with", NULL) - count_lines(path, "+++ exited with 0", NULL));
	assert_int_equal(execs, count_lines(path, "execve", " = 0") );
	tree_deinit(&tree);
	unlink(path);
}

static bool is_gone(pid_t pid)
{
	char state = state_of(pid);
	return !state || state == 'Z';
}

static void await_members(struct tree *tree, size_t count)
{
	struct session session = { .loop = tree->loop };
	while (tree->members.count < count)
		session_turn_briefly(&session);
}

static void what_was_launched_dies_with_us(void **state)
{
	static const char *const arguments[] = { "-c", "sleep 1000 & (setsid sleep 1000 &); sleep 1000 & wait", NULL };
	struct tree tree;
	(void)state;
	tree_launch(&tree, "/bin/sh", arguments);
	assert_null(debugger_start(tree.members.items[0]->debugger));
	await_members(&tree, 4);
	pid_t pids[5] = { 0 };
	for (size_t i = 0; i < tree.members.count && i < 5; i++)
		pids[i] = tree.members.items[i]->pid;
	tree_deinit(&tree);
	for (size_t i = 0; i < 5 && pids[i]; i++)
		assert_true(is_gone(pids[i]));
}

static void what_was_attached_goes_on(void **state)
{
	static const char *const argv[] = { "/bin/sh", "-c", "echo ready; read x; cat; read x", NULL };
	struct child child;
	struct tree tree;
	(void)state;
	child_start(&child, argv);
	child_expect(&child, "ready");
	await_state(child.pid, 'S');
	struct member *root = tree_init(&tree);
	debugger_attach(root->debugger, child.pid, false, on_done, &tree);
	turn_until(&tree, &tree.is_done);
	assert_null(tree.error);
	assert_null(debugger_start(root->debugger));
	assert_int_equal(write(child.to, "\n", 1), 1);
	await_members(&tree, 2);
	pid_t cat = tree.members.items[1]->pid;
	tree_destroy(&tree);
	assert_string_equal(status_of(child.pid, "TracerPid:"), "0");
	assert_string_equal(status_of(cat, "TracerPid:"), "0");
	assert_int_equal(write(child.to, "hello\n", 6), 6);
	child_expect(&child, "hello");
	child_close(&child);
	int status = child_end(&child);
	assert_true(WIFEXITED(status));
}

// A child is started when its listener is ready, as a second session of an editor.
static void children_wait_to_be_started(void **state)
{
	struct tree tree;
	static const char *const arguments[] = { "generations", NULL };
	(void)state;
	tree_launch(&tree, PROGRAM("makes_family"), arguments);
	tree.holds_children = true;
	assert_null(debugger_start(tree.members.items[0]->debugger));
	for (size_t i = 1; i < 5; i++) {
		await_members(&tree, i + 1);
		struct member *child = tree.members.items[i];
		assert_int_equal(debugger_state(child->debugger), DEBUGGER_STOPPED);
		assert_int_equal(child->calls, 0);
		assert_null(debugger_start(child->debugger));
	}
	turn_until(&tree, &tree.is_over);
	assert_int_equal(tree.members.items[0]->exit_code, 10);
	tree_deinit(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_of_children_are_debuggees),
		cmocka_unit_test(a_thread_of_a_child_execs),
		cmocka_unit_test(a_guest_outlives_its_host),
		cmocka_unit_test(storms_leave_nothing),
		cmocka_unit_test(parents_are_killed_while_they_fork),
		cmocka_unit_test(a_daemon_outlives_its_parents),
		cmocka_unit_test(counts_are_those_of_strace),
		cmocka_unit_test(what_was_launched_dies_with_us),
		cmocka_unit_test(what_was_attached_goes_on),
		cmocka_unit_test(children_wait_to_be_started),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

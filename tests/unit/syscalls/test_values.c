// The parts of decoded values, and what a return keeps of its entry.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine/syscalls/value.h"
#include "tests/unit/syscalls/fixture.h"

struct state {
	struct fixture fixture;
	struct arena *arena;
};

static int setup(void **state)
{
	struct state *s = xcalloc(1, sizeof(*s));
	fixture_init(&s->fixture);
	s->arena = arena_create();
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct state *s = *state;
	fixture_deinit(&s->fixture);
	arena_destroy(s->arena);
	free(s);
	return 0;
}

static struct syscall_event event_of(const char *name, enum syscall_phase phase, int64_t result)
{
	struct syscall_event event = { .phase = phase, .result = result, .is_error = result < 0 && result > -4096 };
	event.number = (uint64_t)syscall_number(SYSCALL_ABI_X86_64, name);
	return event;
}

static const struct syscall_value *child(const struct syscall_value *value, const char *name)
{
	for (const struct syscall_value *at = value->children; at; at = at->next)
		if (str_equal(at->name, name))
			return at;
	fail_msg("%s has no %s", value->name, name);
	return NULL;
}

static struct syscall_value *argument(struct state *s, const struct syscall_event *event, unsigned index)
{
	return syscall_argument_value(event, index, &s->fixture.context, s->arena);
}

static void struct_has_its_fields(void **state)
{
	struct state *s = *state;
	struct stat status = { .st_mode = S_IFREG | 0644, .st_size = 158, .st_ino = 77 };
	struct syscall_event event = event_of("fstat", SYSCALL_RETURN, 0);
	event.arguments[1] = fixture_put(&s->fixture, 64, &status, sizeof(status));
	struct syscall_value *value = argument(s, &event, 1);
	assert_string_equal(value->name, "statbuf");
	assert_string_equal(value->text, "{st_mode=S_IFREG|0644, st_size=158, ...}");
	assert_string_equal(value->type, "struct stat");
	assert_int_equal(value->form, SYSCALL_VALUE_POINTER);
	assert_int_equal(value->memory, BASE + 64);
	assert_int_equal(value->memory_size, sizeof(status));
	const struct syscall_value *size = child(value, "st_size");
	assert_string_equal(size->text, "158");
	assert_int_equal(size->address, BASE + 64 + offsetof(struct stat, st_size));
	assert_int_equal(size->size, 8);
	assert_string_equal(child(value, "st_ino")->text, "77");   // left out of the line
	assert_int_equal(child(value, "st_mode")->value, S_IFREG | 0644);
}

static void flags_have_their_bits(void **state)
{
	struct state *s = *state;
	struct syscall_event event = event_of("openat", SYSCALL_ENTRY, 0);
	event.arguments[2] = O_WRONLY | O_CLOEXEC;
	struct syscall_value *value = argument(s, &event, 2);
	assert_string_equal(value->text, "O_WRONLY|O_CLOEXEC");
	assert_string_equal(value->type, "O_*");
	assert_int_equal(value->address, 0);   // in a register
	const struct syscall_value *bit = child(value, "O_CLOEXEC");
	assert_int_equal(bit->form, SYSCALL_VALUE_BIT);
	assert_int_equal(bit->mask, O_CLOEXEC);
	assert_string_equal(bit->text, "1");
	assert_string_equal(child(value, "O_TRUNC")->text, "0");
	assert_int_equal(child(value, "O_WRONLY")->mask, O_ACCMODE);
}

static void arrays_and_nested_structs(void **state)
{
	struct state *s = *state;
	uint64_t times[4] = { 1, 2, 3, 4 };
	struct syscall_event event = event_of("timerfd_settime", SYSCALL_ENTRY, 0);
	event.arguments[2] = fixture_put(&s->fixture, 0, times, sizeof(times));
	const struct syscall_value *second = child(argument(s, &event, 2), "it_value");
	assert_int_equal(second->form, SYSCALL_VALUE_EMBEDDED);
	assert_int_equal(child(second, "tv_nsec")->address, BASE + 24);
	assert_string_equal(child(second, "tv_nsec")->text, "4");
	int fds[2] = { 3, 4 };
	event = event_of("pipe", SYSCALL_RETURN, 0);
	event.arguments[0] = fixture_put(&s->fixture, 0, fds, sizeof(fds));
	struct syscall_value *array = argument(s, &event, 0);
	assert_int_equal(array->child_count, 2);
	assert_int_equal(child(array, "[1]")->value, 4);
	assert_int_equal(child(array, "[1]")->address, BASE + 4);
}

static void buffers_have_their_bytes(void **state)
{
	struct state *s = *state;
	struct syscall_event event = event_of("read", SYSCALL_RETURN, 3);
	event.arguments[1] = fixture_put(&s->fixture, 0, "abc", 3);
	struct syscall_value *buffer = argument(s, &event, 1);
	assert_string_equal(buffer->text, "\"abc\"");
	assert_int_equal(buffer->memory_size, 3);
	assert_int_equal(buffer->child_count, 3);
	assert_string_equal(child(buffer, "[2]")->text, "0x63");
	event.phase = SYSCALL_ENTRY;   // nothing there yet
	buffer = argument(s, &event, 1);
	assert_int_equal(buffer->child_count, 0);
	assert_int_equal(buffer->memory, BASE);
}

static void descriptors_tell_what_proc_says(void **state)
{
	struct state *s = *state;
	s->fixture.context.show_fd_paths = true;
	s->fixture.context.tid = getpid();
	struct syscall_event event = event_of("close", SYSCALL_ENTRY, 0);
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	event.arguments[0] = (uint64_t)fd;
	struct syscall_value *value = argument(s, &event, 0);
	assert_string_equal(child(value, "target")->text, "/etc/passwd");
	assert_string_equal(child(value, "pos")->text, "0");
	assert_non_null(strstr(child(value, "flags")->text, "O_CLOEXEC"));
	close(fd);
}

static void hostile_pointers_have_no_parts(void **state)
{
	struct state *s = *state;
	struct syscall_event event = event_of("fstat", SYSCALL_RETURN, 0);
	event.arguments[1] = BASE + FIXTURE_SIZE - 8;
	struct syscall_value *value = argument(s, &event, 1);
	assert_string_equal(value->text, "0x11ff8");
	assert_int_equal(value->child_count, 0);
	value = argument(s, &event, 99);
	assert_string_equal(value->text, "");
	value = syscall_result_value(&event, &s->fixture.context, s->arena);
	assert_string_equal(value->text, "0");
}

// ---- entries --------------------------------------------------------------------------------------------------------------

static const char *format_after(struct state *s, struct syscall_event event, int64_t result)
{
	s->fixture.context.entry = NULL;
	event.phase = SYSCALL_RETURN;
	event.result = result;
	event.is_error = result < 0 && result > -4096;
	return fixture_format(&s->fixture, &event);
}

static void return_keeps_what_the_entry_showed(void **state)
{
	struct state *s = *state;
	struct fixture *f = &s->fixture;
	struct syscall_entry entry = { 0 };
	struct syscall_event event = event_of("rename", SYSCALL_ENTRY, 0);
	event.arguments[0] = fixture_put_text(f, 0, "/old");
	event.arguments[1] = fixture_put_text(f, 100, "/new");
	syscall_entry_take(&entry, &event, &f->context);
	fixture_put_text(f, 0, "/overwritten");
	event.phase = SYSCALL_RETURN;
	f->context.entry = &entry;
	assert_string_equal(fixture_format(f, &event), "rename(\"/old\", \"/new\") = 0");
	syscall_entry_drop(&entry);
	assert_string_equal(fixture_format(f, &event), "rename(\"/overwritten\", \"/new\") = 0");
	syscall_entry_deinit(&entry);
}

static void execve_without_its_entry_shows_the_new_image(void **state)
{
	struct state *s = *state;
	struct fixture *f = &s->fixture;
	uint64_t name = fixture_put_text(f, 512, "/bin/ls"), option = fixture_put_text(f, 600, "-l");
	uint64_t stack[] = { 2, name, option, 0, option, 0, 6, 4096, 31, name, 0, 0 };   // argc, argv, envp, auxv
	struct syscall_event event = event_of("execve", SYSCALL_RETURN, 0);
	event.sp = fixture_put(f, 0, stack, sizeof(stack));
	assert_string_equal(fixture_format(f, &event), "execve(\"/bin/ls\", [\"/bin/ls\", \"-l\"], 0x10020 /* 1 var */) = 0");
	event.sp = BASE + FIXTURE_SIZE - 8;
	assert_string_equal(fixture_format(f, &event), "execve(NULL, NULL, NULL) = 0");
}

static void inout_shows_the_change(void **state)
{
	struct state *s = *state;
	struct fixture *f = &s->fixture;
	struct syscall_entry entry = { 0 };
	struct syscall_event event = event_of("getsockname", SYSCALL_ENTRY, 0);
	int length = 128;
	event.arguments[0] = 3;
	event.arguments[1] = BASE + 64;
	event.arguments[2] = fixture_put(f, 0, &length, sizeof(length));
	syscall_entry_take(&entry, &event, &f->context);
	length = 2;
	fixture_put(f, 0, &length, sizeof(length));
	fixture_put(f, 64, "\1\0", 2);
	event.phase = SYSCALL_RETURN;
	f->context.entry = &entry;
	assert_string_equal(fixture_format(f, &event), "getsockname(3, {sa_family=AF_UNIX}, [128 => 2]) = 0");
	event.result = -9;
	event.is_error = true;
	assert_string_equal(fixture_format(f, &event), "getsockname(3, 0x10040, [128]) = -1 EBADF (Bad file descriptor)");

	event = event_of("sendfile", SYSCALL_ENTRY, 0);
	int64_t offset = 0;
	event.arguments[0] = 1;
	event.arguments[1] = 3;
	event.arguments[2] = fixture_put(f, 0, &offset, sizeof(offset));
	event.arguments[3] = 100;
	syscall_entry_take(&entry, &event, &f->context);
	assert_string_equal(format_after(s, event, 100), "sendfile(1, 3, [0], 100) = 100");
	offset = 100;
	fixture_put(f, 0, &offset, sizeof(offset));
	f->context.entry = &entry;
	event.phase = SYSCALL_RETURN;
	event.result = 100;
	assert_string_equal(fixture_format(f, &event), "sendfile(1, 3, [0] => [100], 100) = 100");
	syscall_entry_deinit(&entry);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(struct_has_its_fields), TEST(flags_have_their_bits), TEST(arrays_and_nested_structs), TEST(buffers_have_their_bytes),
		TEST(descriptors_tell_what_proc_says), TEST(hostile_pointers_have_no_parts), TEST(return_keeps_what_the_entry_showed),
		TEST(execve_without_its_entry_shows_the_new_image),
		TEST(inout_shows_the_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Calls made others: arguments, number, no call at all; calls of our own in front of one of the program's.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/run/site.h"
#include "engine/run/syscall_edit.h"
#include "tests/engine/session.h"

static void stop_at(struct session *session, const char *entry, const char *returned)
{
	struct debugger_catches catches = { .syscall_entry = entry, .syscall_entry_set = entry, .syscall_return = returned,
					    .syscall_return_set = returned };
	const char *filter;
	assert_null(debugger_set_catches(session->debugger, &catches, &filter));
}

static struct thread *start(struct session *session, const char *entry, const char *returned)
{
	session_init(session);
	session_launch(session, PROGRAM("edits_calls"), NULL);
	stop_at(session, entry, returned);
	session_start(session);
	session_wait_stop(session);
	return debugger_thread(session->debugger, session->stop.tid);
}

static void end(struct session *session)
{
	stop_at(session, NULL, NULL);
	session_continue_to_exit(session);
	session_deinit(session);
}

static void next(struct session *session, const char *entry, const char *returned)
{
	stop_at(session, entry, returned);
	session_continue(session);
}

static void a_skipped_call_has_the_result_given(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	(void)state;
	assert_null(syscall_edit_result(thread, -EXDEV));
	assert_true(thread->syscall.is_skipped);
	next(&session, NULL, "getppid");
	assert_true(session.stop.syscall.is_skipped);
	assert_int_equal(session.stop.syscall.number, SYS_getppid);
	assert_int_equal(session.stop.syscall.result, -EXDEV);
	assert_true(session.stop.syscall.is_error);
	end(&session);
}

static void a_skip_is_taken_back_by_a_number(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	(void)state;
	assert_null(syscall_edit_result(thread, 5));
	assert_null(syscall_edit_number(thread, SYS_getpid));
	assert_false(thread->syscall.is_skipped);
	next(&session, NULL, "getpid");
	assert_int_equal(session.stop.syscall.result, session.stop.tid);
	end(&session);
}

static void a_call_is_injected_in_front_of_another(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	int64_t result = 0;
	(void)state;
	for (int i = 0; i < 50; i++) {
		const uint64_t arguments[6] = { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0 };
		const uint64_t none[6] = { 0 };
		struct user_regs_struct before = *thread_registers(thread);
		assert_null(inject_syscall(thread, i % 2 ? SYS_mmap : SYS_getpid, i % 2 ? arguments : none, &result));
		assert_true(i % 2 ? result > 0 && result % 4096 == 0 : result == session.stop.tid);
		thread_forget(thread);
		assert_memory_equal(&before, thread_registers(thread), sizeof(before));
	}
	next(&session, NULL, "getppid");
	assert_int_equal(session.stop.syscall.result, getpid());
	end(&session);
}

// The i386 getpid is 20; its own instruction takes the thread back to it.
static void a_call_is_injected_in_front_of_one_of_i386(void **state)
{
	const uint64_t none[6] = { 0 };
	struct session session;
	struct thread *thread = start(&session, "nanosleep", NULL);
	int64_t result = 0;
	(void)state;
	assert_null(syscall_edit_result(thread, 0));
	stop_at(&session, "all", NULL);
	while (thread->syscall.abi != SYSCALL_ABI_I386)
		session_continue(&session);
	struct user_regs_struct before = *thread_registers(thread);
	assert_null(inject_syscall(thread, SYS_getpid, none, &result));
	assert_int_equal(result, session.stop.tid);
	thread_forget(thread);
	assert_memory_equal(&before, thread_registers(thread), sizeof(before));
	assert_null(syscall_edit_number(thread, 64));   // getppid
	next(&session, NULL, "all");
	assert_int_equal(session.stop.syscall.abi, SYSCALL_ABI_I386);
	assert_int_equal(session.stop.syscall.result, getpid());
	end(&session);
}

static void argument_registers_come_back(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	struct user_regs_struct before = *thread_registers(thread);
	(void)state;
	for (unsigned i = 0; i < SYSCALL_ARGUMENT_MAX; i++)
		assert_null(syscall_edit_argument(thread, i, 4711 + i));
	assert_null(syscall_edit_argument(thread, 2, 1));
	assert_int_equal(thread->syscall.arguments[1], 4712);
	next(&session, NULL, "getppid");
	assert_int_equal(session.stop.syscall.arguments[2], 1);
	const struct user_regs_struct *after = thread_registers(thread);
	assert_int_equal(after->rdi, before.rdi);
	assert_int_equal(after->rsi, before.rsi);
	assert_int_equal(after->rdx, before.rdx);
	assert_int_equal(after->r10, before.r10);
	assert_int_equal(after->r8, before.r8);
	assert_int_equal(after->r9, before.r9);
	struct error *error = syscall_edit_argument(thread, 0, 1);
	assert_non_null(error);
	error_destroy(error);
	end(&session);
}

// Nobody watches the return: the registers come back all the same.
static void argument_registers_come_back_unseen(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	uint64_t before = thread_registers(thread)->rdi;
	(void)state;
	assert_null(syscall_edit_argument(thread, 0, before + 1));
	next(&session, "nanosleep", NULL);
	assert_int_equal(thread->edits.mask, 0);
	assert_null(syscall_edit_result(thread, 0));
	end(&session);
}

static void scratch_wraps_around(void **state)
{
	struct session session;
	struct thread *thread = start(&session, "getppid", NULL);
	char text[4096], back[4096];
	uint64_t first = 0, address;
	(void)state;
	for (int i = 0; i < 40; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		assert_null(scratch_write(thread, text, sizeof(text), &address));
		first = first ? first : address;
		assert_true(address >= first && address + sizeof(text) < first + SCRATCH_SIZE);
		assert_null(memory_read(session.debugger->space.memory, address, back, sizeof(back)));
		assert_memory_equal(text, back, sizeof(text));
	}
	struct error *error = scratch_write(thread, text, SCRATCH_SIZE, &address);
	assert_non_null(error);
	error_destroy(error);
	end(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_skipped_call_has_the_result_given),
		cmocka_unit_test(a_skip_is_taken_back_by_a_number),
		cmocka_unit_test(a_call_is_injected_in_front_of_another),
		cmocka_unit_test(a_call_is_injected_in_front_of_one_of_i386),
		cmocka_unit_test(argument_registers_come_back),
		cmocka_unit_test(argument_registers_come_back_unseen),
		cmocka_unit_test(scratch_wraps_around),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/audit.h>
#include <sys/syscall.h>

#include "tests/unit/inspect/fake.h"

static struct exception_info info_for(struct fake *fake, const siginfo_t *info)
{
	struct thread *thread = debugger_thread(&fake->debugger, FAKE_PID);
	struct exception_info exception;
	thread->siginfo = *info;
	thread->has_siginfo = true;
	thread->signal = info->si_signo;
	struct error *error = debugger_exception_info(&fake->debugger, FAKE_PID, fake->arena, &exception);
	if (error)
		fail_msg("%s", error->message);
	return exception;
}

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void fault_names_code_and_address(void **state)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	info.si_addr = (void *)0x10;
	struct exception_info exception = info_for(*state, &info);
	assert_string_equal(exception.id, "SIGSEGV");
	assert_string_equal(exception.description, "Segmentation fault: address not mapped to object, at 0x10");
	assert_has(exception.details, "SEGV_MAPERR (1)");
	assert_has(exception.details, "Fault address: 0x10\n");
	assert_true(exception.is_fatal);
}

static void general_protection_fault_shows_no_address(void **state)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };
	struct exception_info exception = info_for(*state, &info);
	assert_has(exception.description, "general protection fault");
	assert_null(strstr(exception.description, "0x0"));
	assert_null(strstr(exception.details, "Fault address"));
}

static void sender_is_named_with_its_user(void **state)
{
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_USER };
	info.si_pid = getpid();
	info.si_uid = 1234;
	_cleanup_free_ char *expected = xasprintf("Terminated: sent by process %d (", getpid());
	struct exception_info exception = info_for(*state, &info);
	assert_has(exception.description, expected);
	assert_has(exception.description, "), user 1234");
	assert_null(strchr(exception.description, '\n'));
	assert_has(exception.details, "Sender: process ");
}

static void sender_that_ended_is_a_number(void **state)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	info.si_pid = FAKE_PID + 1;
	info.si_value.sival_int = 0x77;
	struct exception_info exception = info_for(*state, &info);
	_cleanup_free_ char *expected = xasprintf("sent by process %d, user 0", FAKE_PID + 1);
	assert_has(exception.description, expected);
	assert_has(exception.details, "Value: 0x");
}

static void abort_is_sent_by_the_program_itself(void **state)
{
	siginfo_t info = { .si_signo = SIGABRT, .si_code = SI_TKILL };
	info.si_pid = FAKE_PID;
	struct exception_info exception = info_for(*state, &info);
	assert_string_equal(exception.id, "SIGABRT");
	assert_has(exception.description, "Aborted: sent by the program itself");
}

static void seccomp_names_the_system_call(void **state)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = 1 };   // SYS_SECCOMP
	info.si_syscall = SYS_openat;
	info.si_arch = AUDIT_ARCH_X86_64;
	struct exception_info exception = info_for(*state, &info);
	assert_has(exception.description, "system call openat (257)");
	info.si_syscall = 5;
	info.si_arch = AUDIT_ARCH_I386;
	exception = info_for(*state, &info);
	assert_has(exception.description, "system call open (5)");
}

static void details_show_the_faulting_instruction(void **state)
{
	struct fake *fake = *state;
	uint8_t *code = fake_map(fake, 0x10000, 4096, 0x90);
	memcpy(code + 16, "\xf7\xf9", 2);
	fake->registers.rip = 0x10010;
	siginfo_t info = { .si_signo = SIGFPE, .si_code = FPE_INTDIV };
	info.si_addr = (void *)0x10010;
	struct exception_info exception = info_for(fake, &info);
	assert_string_equal(exception.description, "Floating point exception: integer divide by zero, at 0x10010");
	assert_has(exception.details, "Instruction: idiv   ecx\n");
	assert_has(exception.details, "pc: 0x10010\n");
}

static void jump_into_nothing_says_so(void **state)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	assert_has(info_for(*state, &info).details, "there is no memory at pc");
}

static void own_breakpoint_instruction_is_the_one_before_pc(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, 0x10000, 4096, 0x90)[16] = 0xcc;
	fake->registers.rip = 0x10011;
	siginfo_t info = { .si_signo = SIGTRAP, .si_code = SI_KERNEL };
	struct exception_info exception = info_for(fake, &info);
	assert_has(exception.description, "breakpoint instruction of the program itself");
	assert_has(exception.details, "Instruction: int3\n");
}

static void symbol_and_line_of_pc_are_in_the_details(void **state)
{
	struct fake *fake = *state;
	struct symbol symbol;
	fake_load(fake, PROGRAMS_DIR "/steps", 0x555555554000);
	assert_true(modules_symbol_named(fake->debugger.space.modules, "twice", &symbol));
	fake->registers.rip = symbol.address + 4;
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_ACCERR };
	struct exception_info exception = info_for(fake, &info);
	assert_has(exception.details, "<twice+4>");
	assert_has(exception.details, "/steps.c:1");
}

static void handled_and_harmless_signals_are_not_fatal(void **state)
{
	struct fake *fake = *state;
	fake->debugger.pid = getpid();
	assert_ptr_not_equal(signal(SIGUSR1, SIG_IGN), SIG_ERR);
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_USER };
	assert_false(info_for(fake, &info).is_fatal);
	info.si_signo = SIGUSR2;
	assert_true(info_for(fake, &info).is_fatal);
	info.si_signo = SIGCHLD;
	assert_false(info_for(fake, &info).is_fatal);
}

static void thread_without_signal_says_why_it_stopped(void **state)
{
	struct fake *fake = *state;
	struct thread *thread = debugger_thread(&fake->debugger, FAKE_PID);
	struct exception_info exception;
	fake->registers.rip = 0x1234;
	thread->stop = (struct stop){ .reason = STOP_STEP, .pc = 0x1234 };
	assert_fails(debugger_exception_info(&fake->debugger, FAKE_PID, fake->arena, &exception), ERROR_STATE, "after a step");
	thread->stop = (struct stop){ .reason = STOP_SIGNAL, .pc = 0x9999 };
	assert_fails(debugger_exception_info(&fake->debugger, FAKE_PID, fake->arena, &exception), ERROR_STATE, "another thread");
	assert_fails(debugger_exception_info(&fake->debugger, 7, fake->arena, &exception), ERROR_NOT_FOUND, NULL);
	fake->debugger.phase = PHASE_RUNNING;
	assert_fails(debugger_exception_info(&fake->debugger, FAKE_PID, fake->arena, &exception), ERROR_STATE, "running");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(fault_names_code_and_address),
		TEST(general_protection_fault_shows_no_address),
		TEST(sender_is_named_with_its_user),
		TEST(sender_that_ended_is_a_number),
		TEST(abort_is_sent_by_the_program_itself),
		TEST(seccomp_names_the_system_call),
		TEST(details_show_the_faulting_instruction),
		TEST(jump_into_nothing_says_so),
		TEST(own_breakpoint_instruction_is_the_one_before_pc),
		TEST(symbol_and_line_of_pc_are_in_the_details),
		TEST(handled_and_harmless_signals_are_not_fatal),
		TEST(thread_without_signal_says_why_it_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

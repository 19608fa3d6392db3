// Only chosen calls of a launched program stop: a seccomp filter, installed by a call that the program is made to do before its first
// instruction, when all that is chosen so far is known. Where it does not help, all calls stop (PTRACE_SYSCALL):
// it is there for good and does not grow, and a filter of the program's own may deny a call before ours is asked.
#include "engine/syscalls/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "engine/run/site.h"
#include "engine/run/state.h"

static void wanted_calls(const struct debugger *debugger, struct syscall_set *set_ret)
{
	const struct syscall_wants *wants = debugger_wanted_syscalls(debugger);
	*set_ret = wants->entry;
	syscall_set_add(set_ret, &wants->exit);
}

void filter_update(struct debugger *debugger)
{
	struct syscall_set wanted;
	wanted_calls(debugger, &wanted);
	debugger->filter.is_asked = !syscall_set_is_empty(&wanted);
	debugger->filter.is_enough = debugger->filter.is_installed && syscall_set_covers(&debugger->filter.set, &wanted);
}

void filter_reset(struct debugger *debugger)
{
	debugger->filter = (struct filter){ 0 };
	debugger->tracer->has_filter = debugger->tracer->kept.count;
	filter_update(debugger);
}

// ---- installing -------------------------------------------------------------------------------------------------------

static struct error *call(struct thread *thread, long number, uint64_t first, uint64_t second, uint64_t third, int64_t *result_ret)
{
	const uint64_t arguments[6] = { first, second, third };
	return inject_syscall(thread, number, arguments, result_ret);
}

// `description`: where its struct sock_fprog stands.
static struct error *install(struct thread *thread, uint64_t description, bool may_give_up_privileges)
{
	// Without this flag older kernels turn on mitigations that slow the program down.
	uint64_t flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int64_t result = 0;
	struct error *error = call(thread, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, description, &result);
	if (!error && result == -EACCES && may_give_up_privileges) {
		error = call(thread, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, &result);
		if (!error && !result)
			error = call(thread, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, description, &result);
	}
	return !error && result ? error_system((int)-result, "seccomp") : error;
}

// What is below the stack, beyond the red zone, is nobody's; all the same it is as before afterwards.
static struct error *install_program(struct thread *thread, const struct str *program, bool may_give_up_privileges)
{
	enum { RED_ZONE = 128 };
	struct memory *memory = thread->debugger->space.memory;
	const struct user_regs_struct *registers;
	struct error *error = thread_read_registers(thread, &registers);
	if (error)
		return error;
	size_t size = sizeof(struct sock_fprog) + program->length;
	uint64_t address = (registers->rsp - RED_ZONE - size) & ~UINT64_C(15);
	struct sock_fprog description = { .len = (unsigned short)(program->length / sizeof(struct sock_filter)),
					  .filter = (void *)(address + sizeof(description)) };
	_cleanup_free_ uint8_t *saved = xmalloc(size);
	error = memory_read(memory, address, saved, size);
	if (!error)
		error = memory_write(memory, address, &description, sizeof(description));
	if (!error)
		error = memory_write(memory, address + sizeof(description), program->data, program->length);
	if (error)
		return error;
	error = target_of(thread->debugger)->watch_filters(thread->debugger->target, thread->tid);
	if (!error)
		error = install(thread, address, may_give_up_privileges);
	error_destroy(memory_write(memory, address, saved, size));
	return error;
}

void filter_install(struct debugger *debugger)
{
	struct filter *filter = &debugger->filter;
	struct thread *thread = debugger_any_thread(debugger);
	struct syscall_set wanted;
	_cleanup_str_ struct str program = STR_INIT;
	wanted_calls(debugger, &wanted);
	bool is_of_use = !syscall_set_is_empty(&wanted) && !syscall_set_is_full(&wanted);
	if (filter->wanted == SYSCALL_FILTER_OFF || filter->is_installed || !is_of_use || !thread || !target_of(debugger)->watch_filters)
		return;
	struct error *error = syscall_filter_build(&wanted, &program);
	if (!error)
		error = install_program(thread, &program, filter->wanted == SYSCALL_FILTER_ON);
	if (!error) {
		filter->is_installed = debugger->tracer->has_filter = true;
		filter->set = wanted;
		filter_update(debugger);
	}
	LOG("engine", "filter of syscalls: %s", error ? error->message : "installed");
	error_destroy(error);
}

// ---- at a stop --------------------------------------------------------------------------------------------------------

// As the kernel has it: seccomp (2), SECCOMP_RET_TRACE without a tracer.
void filter_refuse(struct user_regs_struct *registers)
{
	registers->orig_rax = (unsigned long long)-1;
	registers->rax = (unsigned long long)-ENOSYS;
}

void filter_watch_program(struct thread *thread)
{
	struct debugger *debugger = thread_process(thread);
	bool is_its_own = thread->role == THREAD_MEMBER || thread->follower;
	if (!debugger->filter.is_installed || debugger->filter.is_hidden || !is_its_own || !syscall_installs_filter(&thread->syscall))
		return;
	bool did_stop = debugger_stops_at_all_calls(debugger);
	debugger->filter.is_hidden = true;
	if (!did_stop && debugger_stops_at_all_calls(debugger))
		debugger_change_resume_mode(debugger);
}

bool filter_settle(struct thread *thread, const struct target_syscall_info *info)
{
	const struct user_regs_struct *now = info->filter_data != SYSCALL_FILTER_DATA ? thread_registers(thread) : NULL;
	if (now) {
		struct user_regs_struct registers = *now;
		filter_refuse(&registers);
		thread_set_registers(thread, &registers);
	}
	return !thread->is_in_syscall;
}

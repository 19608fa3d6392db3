// What rules do to calls: at the entry it is decided, for the whole call. A delayed thread alone stays stopped, in front of its resume:
// for everybody else it is a thread that stands still.
#include "engine/run/rules.h"
#include "engine/run/syscall_edit.h"
#include "engine/run/tracer.h"

// Several rules for one call: the later one's word counts, as in strace.
static void add_injection(struct injection *all, const struct injection *injection)
{
	if (injection->parts & (INJECT_ERROR | INJECT_RETVAL))
		all->result = injection->result;
	if (injection->parts & INJECT_SIGNAL)
		all->signo = injection->signo;
	if (injection->parts & INJECT_DELAY_ENTER)
		all->delay_enter_us = injection->delay_enter_us;
	if (injection->parts & INJECT_DELAY_EXIT)
		all->delay_exit_us = injection->delay_exit_us;
	all->parts |= injection->parts;
}

static void skip_call(struct thread *thread, int64_t result)
{
	struct error *error = syscall_edit_result(thread, result);
	thread->syscall.is_injected = !error;
	error_destroy(error);   // gone: its death will be reported
}

void tamper_begin(struct thread *thread)
{
	struct debugger *process = thread_process(thread);
	struct injection all = { 0 };
	thread->call.delay_exit_us = 0;
	vec_each(item, &process->rules->listed)
		if ((*item)->use == RULE_INJECTS && rule_holds(*item, thread, RULE_ENTRY))
			add_injection(&all, (*item)->injection);
	if (all.parts & (INJECT_ERROR | INJECT_RETVAL))
		skip_call(thread, all.result);
	// Not with the resume: the kernel takes no signal from a stop by a filter.
	if (all.signo)
		error_destroy(target_of(process)->signal(process->target, process->pid, thread->tid, all.signo));
	thread->syscall.is_delayed = all.delay_enter_us || all.delay_exit_us;
	thread->delay_us = all.delay_enter_us;
	thread->call.delay_exit_us = all.delay_exit_us;
}

void tamper_end(struct thread *thread)
{
	thread->delay_us = thread->call.delay_exit_us;
	thread->call.delay_exit_us = 0;
}

// ---- delays ---------------------------------------------------------------------------------------------------------------

static void delay_is_over(void *data)
{
	struct thread *thread = data;
	thread->delay_timer = NULL;
	thread->delay_us = 0;
	thread_go_on(thread);
}

bool thread_is_delayed(struct thread *thread)
{
	if (thread->delay_us && !thread->delay_timer)
		thread->delay_timer = loop_add_timer_us(thread->debugger->tracer->loop, thread->delay_us, delay_is_over, thread);
	return thread->delay_us;
}

void thread_end_delay(struct thread *thread)
{
	loop_cancel_timer(thread->delay_timer);
	thread->delay_timer = NULL;
	thread->delay_us = 0;
}

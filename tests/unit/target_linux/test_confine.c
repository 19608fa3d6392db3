// Which CPUs threads may use, that were confined to the tracer's or made by one that was. Any thread may be asked and told: nothing is
// traced here, the test's own threads are what is confined. It needs two CPUs.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/target/linux/private.h"

static cpu_set_t all;
static int first, second;              // two of them
static struct target *target;

struct idler {
	pthread_t thread;
	pid_t tid;
	pthread_barrier_t begun, over;
};

static void *idle(void *data)
{
	struct idler *idler = data;
	idler->tid = gettid();
	pthread_barrier_wait(&idler->begun);
	pthread_barrier_wait(&idler->over);
	return NULL;
}

static void be_on(pid_t tid, int cpu)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(tid, sizeof(one), &one), 0);
}

static void be_anywhere(pid_t tid)
{
	assert_int_equal(sched_setaffinity(tid, sizeof(all), &all), 0);
}

static void begin(struct idler *idler)
{
	pthread_barrier_init(&idler->begun, NULL, 2);
	pthread_barrier_init(&idler->over, NULL, 2);
	assert_int_equal(pthread_create(&idler->thread, NULL, idle, idler), 0);
	pthread_barrier_wait(&idler->begun);
	be_anywhere(idler->tid);
}

static void end(struct idler *idler)
{
	pthread_barrier_wait(&idler->over);
	pthread_join(idler->thread, NULL);
	pthread_barrier_destroy(&idler->begun);
	pthread_barrier_destroy(&idler->over);
}

static void assert_on(pid_t tid, int cpu)
{
	cpu_set_t now;
	assert_int_equal(sched_getaffinity(tid, sizeof(now), &now), 0);
	assert_int_equal(CPU_COUNT(&now), 1);
	assert_true(CPU_ISSET(cpu, &now));
}

static void assert_anywhere(pid_t tid)
{
	cpu_set_t now;
	assert_int_equal(sched_getaffinity(tid, sizeof(now), &now), 0);
	assert_true(CPU_EQUAL(&now, &all));
}

static void confine_and_release(pid_t tid, int cpu)
{
	be_on(0, cpu);
	target->ops->confine(target, tid);
	assert_on(tid, cpu);
	target->ops->release(target);
	be_anywhere(0);
}

static struct idler maker, made, other;

static int set_up(void **state)
{
	(void)state;
	assert_null(target_linux_create(&target));
	begin(&maker);
	begin(&made);
	begin(&other);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	target->ops->destroy(target);
	be_anywhere(0);
	end(&maker);
	end(&made);
	end(&other);
	return 0;
}

static void both_get_back_what_they_had(void **state)
{
	(void)state;
	be_on(0, first);
	target->ops->confine(target, maker.tid);
	assert_on(maker.tid, first);
	target->ops->release(target);
	assert_anywhere(maker.tid);
	assert_on(0, first);
}

static void what_a_confined_thread_made_has_its_makers_cpus(void **state)
{
	(void)state;
	be_on(0, first);
	target->ops->confine(target, maker.tid);
	be_on(made.tid, first);   // as the kernel makes it
	target->ops->inherit_cpus(target, maker.tid, made.tid);
	assert_anywhere(made.tid);
	target->ops->release(target);
}

// The event that tells of it may be handled when all have their CPUs again, and others may have been confined meanwhile, or not.
static void it_has_them_also_when_it_is_told_of_late(void **state)
{
	(void)state;
	confine_and_release(maker.tid, first);
	be_on(made.tid, first);
	confine_and_release(other.tid, second);
	target->ops->inherit_cpus(target, maker.tid, made.tid);
	assert_anywhere(made.tid);
}

static void it_has_them_also_when_another_could_not_be_confined(void **state)
{
	(void)state;
	confine_and_release(maker.tid, first);
	be_on(made.tid, first);
	be_on(other.tid, first);
	be_on(0, second);
	target->ops->confine(target, other.tid);   // which has chosen another CPU than the tracer's
	assert_on(other.tid, first);
	target->ops->inherit_cpus(target, maker.tid, made.tid);
	assert_anywhere(made.tid);
}

static void what_the_maker_chose_itself_is_left_to_it(void **state)
{
	(void)state;
	be_on(maker.tid, second);
	be_on(made.tid, second);
	confine_and_release(other.tid, first);
	target->ops->inherit_cpus(target, maker.tid, made.tid);
	assert_on(made.tid, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_get_back_what_they_had, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_confined_thread_made_has_its_makers_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_has_them_also_when_it_is_told_of_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_has_them_also_when_another_could_not_be_confined, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_maker_chose_itself_is_left_to_it, set_up, tear_down),
	};
	if (sched_getaffinity(0, sizeof(all), &all) < 0 || CPU_COUNT(&all) < 2)
		return 0;
	while (!CPU_ISSET(first, &all))
		first++;
	for (second = first + 1; !CPU_ISSET(second, &all);)
		second++;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

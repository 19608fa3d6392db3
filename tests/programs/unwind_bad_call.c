// build: -g -O2 -DTARGET=0 -- -pthread
// variant: data -g -O2 -DTARGET=numbers -- -pthread
// variant: restorer -g -O2 -DTARGET=0 -DOWN_RESTORER -- -pthread
#include "unwind_snapshot.h"
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

// In a thread: a call through a bad pointer, whose SIGSEGV handler takes the snapshot. With OWN_RESTORER the kernel's way back is
// a trampoline that has no call-frame information.
void own_restorer(void);
__asm__(".text; .p2align 4; own_restorer: mov $15, %eax; syscall");
__attribute__((unused)) static long numbers[4];
static void *volatile target = (void *)(TARGET);

static void on_fault(int signal)
{
	(void)signal;
	snapshot_take();
	exit(0);
}

__attribute__((noinline)) static void *caller(void *argument)
{
	snapshot_expect("caller", caller);
	((void (*)(void))target)();
	return argument;
}

int main(void)
{
	struct { // the kernel's struct sigaction
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} own = { on_fault, 0x04000000, own_restorer, 0 };
	signal(SIGSEGV, on_fault);
#ifdef OWN_RESTORER
	syscall(SYS_rt_sigaction, SIGSEGV, &own, NULL, 8);
#endif
	pthread_t thread;
	pthread_create(&thread, NULL, caller, &own);
	pthread_join(thread, NULL);
	return 1;
}

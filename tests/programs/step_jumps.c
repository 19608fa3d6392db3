// Jumps out of signal handlers and out of several frames.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static sigjmp_buf from_handler, from_depth, inside;
static volatile int count;

static void jump(int signo)
{
	siglongjmp(from_handler, signo);	// jumps out
}

__attribute__((noinline)) static void deep(int n)
{
	if (n)
		deep(n - 1);	// deeper
	else
		siglongjmp(from_depth, 1);	// out of depth
}

__attribute__((noinline)) static int jumps_inside(void)
{
	for (volatile int i = 0; i < 3; i++)
		if (sigsetjmp(inside, 0) == 0)
			siglongjmp(inside, 1);
	return 3;
}

int main(void)
{
	signal(SIGSEGV, jump);	// sets handler
	if (sigsetjmp(from_handler, 1) == 0)	// sets place
		*(volatile int *)8 = 1;	// faults
	else
		count++;	// back from handler
	if (sigsetjmp(from_depth, 0) == 0)	// sets depth
		deep(5);	// goes deep
	else
		count++;	// back from depth
	count += jumps_inside();	// jumps inside
	printf("%d\n", count);	// prints
	return 0;	// last
}

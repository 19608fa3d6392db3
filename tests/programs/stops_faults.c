// Handlers that note where they interrupted the program: a fault in a line with a breakpoint, and a timer in a loop with one.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

extern char fault_at[], fault_end[], loop_at[], loop_end[];
volatile int inside, elsewhere, ticks, in_loop;

static void on_fault(int signo, siginfo_t *info, void *data)
{
	ucontext_t *context = data;
	char *pc = (char *)context->uc_mcontext.gregs[REG_RIP];

	inside = pc == fault_at && (signo == SIGSEGV || info->si_addr == pc);
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)fault_end;
}

static void on_tick(int signo, siginfo_t *info, void *data)
{
	char *pc = (char *)((ucontext_t *)data)->uc_mcontext.gregs[REG_RIP];

	(void)signo, (void)info;
	elsewhere += in_loop && ticks < 50 && !(pc >= loop_at && pc <= loop_end);   // before and behind the loop it may come anywhere
	ticks++;
}

int main(int argc, char **argv)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct sigaction tick = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO };
	long x = 1, zero = 0;

	sigaction(SIGSEGV, &fault, NULL), sigaction(SIGFPE, &fault, NULL), sigaction(SIGALRM, &tick, NULL);
	if (argc > 1 && strcmp(argv[1], "divide") == 0)
		__asm__ volatile(".globl fault_at\nfault_at: idivq %1\n.globl fault_end\nfault_end:" : "+a"(x) : "r"(zero) : "rdx");	// faults: divides
	else if (argc > 1)
		return 1;
	printf("%d\n", inside), fflush(stdout);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 1000 }, { 0, 1000 } }, NULL);
	__asm__ volatile(".globl loop_at\nloop_at: incq %0\n movl $1, in_loop(%%rip)\n cpuid\n cmpl $50, ticks(%%rip)\n jl loop_at\n.globl loop_end\nloop_end: nop"
			 : "+r"(x) : : "rax", "rbx", "rcx", "rdx");	// ticks
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	printf("%d\n", elsewhere), fflush(stdout);	// tells
	return 0;
}

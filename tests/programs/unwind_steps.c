// build: -g -O2 -Wl,-z,lazy -fomit-frame-pointer
// variant: now -g -O1 -Wl,-z,now -fcf-protection=full
// variant: static -g -O1 -static
// variant: nocfi -O0 -Wl,-z,lazy -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables -Wl,--no-ld-generated-unwind-info
#include "unwind_snapshot.h"
#include <signal.h>

// Single-steps itself (trap flag) through PLT stubs, lazy binding, libc and a callback. At every instruction: registers and the
// stack up to main's frame, whose CFA is known.
#ifdef __GCC_HAVE_DWARF2_CFI_ASM
#define SET_FLAGS(operation) \
	__asm__ volatile("pushf; .cfi_adjust_cfa_offset 8; " operation ", (%%rsp); popf; .cfi_adjust_cfa_offset -8" ::: "memory", "cc")
#else
#define SET_FLAGS(operation) __asm__ volatile("pushf; " operation ", (%%rsp); popf" ::: "memory", "cc")
#endif

static char alternate[1 << 16] __attribute__((aligned(16)));
static uintptr_t outer_cfa;
static int steps;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	uintptr_t sp = (uintptr_t)registers[REG_RSP];
	(void)signal;
	(void)info;
	if (sp >= outer_cfa || outer_cfa - sp > 65536 || steps++ > 6000)
		return;
	snapshot_registers(registers);
	snapshot_memory(sp - 256, outer_cfa + 64);   // popped registers are still said to be below sp
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(void)
{
	int numbers[] = { 3, 1, 2 };
	sigaltstack(&(stack_t){ .ss_sp = alternate, .ss_size = sizeof(alternate) }, NULL);
	sigaction(SIGTRAP, &(struct sigaction){ .sa_sigaction = on_trap, .sa_flags = SA_ONSTACK | SA_SIGINFO }, NULL);
	snapshot_expect("main", main);
	outer_cfa = (uintptr_t)__builtin_dwarf_cfa();
	snapshot_expect("cfa", (void *)outer_cfa);
	snapshot_maps(NULL, 0);
	fflush(stdout);
	SET_FLAGS("orq $0x100");
	qsort(numbers, 3, sizeof(int), compare);
	char *end = strdup("42 apples");
	numbers[0] += (int)strtol(end, &end, 10);
	SET_FLAGS("andq $~0x100");
	printf("end\n");
	return numbers[1] - 2;
}

// build: -g -O2 -fomit-frame-pointer -- -lm
// variant: fp -g -O0 -fno-omit-frame-pointer
// variant: debugframe -g -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables -fomit-frame-pointer
// variant: nocfi -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none
#include "unwind_snapshot.h"
#include <alloca.h>
#include <signal.h>

// unwind_calls DEPTH: recursion, qsort's callback, alloca, a signal handler on its own stack and a call that does not return.
static char alternate[1 << 16] __attribute__((aligned(16)));
static volatile int sink;

__attribute__((noinline, noreturn)) static void finish(void)
{
	snapshot_take();
	exit(sink & 0);
}

__attribute__((noinline)) static void at_end(int signal)
{
	sink = signal;
	finish();
}

__attribute__((noinline)) static int with_alloca(int size)
{
	char *bytes = alloca(size);
	memset(bytes, size, size);
	sink = bytes[size / 2];
	raise(SIGUSR1);
	return bytes[size - 1];
}

static int compare(const void *a, const void *b)
{
	sink += with_alloca(1000 + sink % 7);
	return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static int recurse(int depth)
{
	int numbers[] = { 3, 1, 2 };
	if (!depth)
		qsort(numbers, 3, sizeof(int), compare);
	else
		sink += recurse(depth - 1);
	return numbers[0] + sink;
}

int main(int argc, char **argv)
{
	sigaltstack(&(stack_t){ .ss_sp = alternate, .ss_size = sizeof(alternate) }, NULL);
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = at_end, .sa_flags = SA_ONSTACK }, NULL);
	snapshot_expect("recurse", recurse);
	return recurse(argc > 1 ? atoi(argv[1]) : 10) & 1;
}

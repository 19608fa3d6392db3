// Instructions of many kinds, one a line, each of which a breakpoint must not disturb.
#include <stdio.h>

volatile long word = 7, zero;

int main(void)
{
	long a = 0, b = 0, length = 20;
	char from[64] = "the quick brown fox", to[64] = "";
	char *source = from, *target = to;

	__asm__ volatile("movq word(%%rip), %0" : "=r"(a));	// kind relative
	__asm__ volatile("addq $5, word(%%rip)" : : : "memory");	// kind relative write
	__asm__ volatile("pushq $12" : : : "memory");	// kind push
	__asm__ volatile("popq %0" : "=r"(b) : : "memory");	// kind pop
	a += b;	// kind plain
	__asm__ volatile("testq %0, %0\n jz 1f\n incq %0\n 1:" : "+r"(a));	// kind test
	__asm__ volatile("rep movsb" : "+S"(source), "+D"(target), "+c"(length) : : "memory");	// kind rep
	__asm__ volatile("cpuid" : "+a"(b) : : "rbx", "rcx", "rdx");	// kind cpuid
	__asm__ volatile("syscall" : "=a"(b) : "a"(39) : "rcx", "r11", "memory");	// kind syscall
	for (int i = 0; i < 3; i++)
		__asm__ volatile("lock incq %0" : "+m"(zero));	// kind lock
	__asm__ volatile("call 1f\n jmp 2f\n 1: ret\n 2:" : : : "memory");	// kind call
	__asm__ volatile("pushfq\n popq %0" : "=r"(source));	// kind flags
	printf("%ld %ld %s %ld %d\n", a, word, to, zero, b > 0), fflush(stdout);	// tells
	return (long)source & 0x100 ? 1 : 0;
}

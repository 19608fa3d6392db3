// Instructions with a life of their own, each at a symbol; and a function without line information or call-frame information.
#include <stdio.h>

void plain(void);
__asm__(".globl plain\n.type plain,@function\nplain: push %rbx\n mov $3,%ebx\n nop\n pop %rbx\n ret\n.size plain,.-plain");

static char from[64] = "source", to[64];

int main(void)
{
	unsigned long saved = 0, flags = 0, result = 39;	// first
	__asm__ volatile(".globl at_syscall\nat_syscall: syscall\n.globl after_syscall\nafter_syscall: mov %%r11,%1"
			 : "+a"(result), "=r"(saved) : : "rcx", "r11", "memory");	// syscall line
	__asm__ volatile("sub $128,%%rsp\n.globl at_pushf\nat_pushf: pushf\n.globl after_pushf\nafter_pushf: pop %0\npush %0\n"
			 ".globl at_popf\nat_popf: popf\n.globl after_popf\nafter_popf: add $128,%%rsp" : "=r"(flags) : : "memory", "cc");
	void *rdi = to, *rsi = from;	// before copy
	unsigned long rcx = sizeof(to);
	__asm__ volatile(".globl at_movs\nat_movs: rep movsb\n.globl after_movs\nafter_movs: nop"
			 : "+D"(rdi), "+S"(rsi), "+c"(rcx) : : "memory");	// copy line
	plain();	// calls plain
	printf("%lx %lx %s\n", saved & 0x100, flags & 0x100, to);	// prints
	return 0;	// last
}

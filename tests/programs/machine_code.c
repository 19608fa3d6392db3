// build: -g -O0 -static -nostdlib -no-pie -fcf-protection=none -fno-stack-protector
// Code for the fabricated machine of tests/unit/run, in instructions that it knows; rbx says which function. As a real process
// (rcx is 0 then) it only pauses.
#define CALL(number) "lea " #number ", %rax\n syscall"

__asm__(".globl _start\n.type _start,@function\n_start: jrcxz 1f\n call *%rbx\n lea 7, %rdi\n" CALL(231) "\n1: " CALL(34)
	"\n jmp 1b\n.size _start,.-_start\n"
	".globl restorer\n.type restorer,@function\nrestorer: " CALL(15) "\n.size restorer,.-restorer");

void handler(void)
{
	asm("nop");	// handles
}

void leaf(void)
{
	asm("nop");	// in leaf
}

void steps(void)
{
	asm("nop");	// first
	leaf();	// calls
	leaf(); leaf();	// calls twice
	asm("nop");	// behind
	asm(CALL(39));	// asks
	asm("nop");	// last
}

void recurs(void)
{
	asm("lea -1(%rcx), %rcx");	// counts
	asm("jrcxz 1f\n call recurs\n 1:");	// recurs
	asm("nop");	// returns
}

void recursion(void)
{
	asm("lea 4, %rcx");	// depth
	recurs();	// calls recurs
	asm("nop");	// recursed
}

void loops(void)
{
	asm("lea 40, %rcx");	// begins
	asm("1: nop\n loop 1b");	// rounds
	asm("nop");	// looped
}

void passes(void)
{
	asm("lea 20, %rcx\n jmp 2f");
	asm("1: nop");	// passes
	asm("2: loop 1b");
}

void copies(void)
{
	asm("lea 5, %rcx");
	asm("1: cpuid");	// has no emulation
	asm("loop 1b");
}

void traps(void)
{
	asm("int3");	// own int3
	asm("ud2");	// faults
}

void spins(void)
{
	asm("1: jmp 1b");	// spins
}

void body(void)
{
	asm("nop");	// in thread
	asm("lea 0, %rdi\n" CALL(60));
}

void threads(void)
{
	asm("lea -0x10000(%rsp), %rsi\n lea body, %rdx\n" CALL(56));	// makes one
	asm("lea -0x20000(%rsp), %rsi\n lea body, %rdx\n" CALL(56));	// makes another
	asm("nop");	// made
}

void forks(void)
{
	asm(CALL(57));	// forks
	asm(CALL(58));	// vforks
	asm("nop");	// forked
	asm(CALL(59));	// execs
}

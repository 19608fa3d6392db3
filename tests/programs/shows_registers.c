// build: -g -O0 -mavx512f -mavx512bw
// Stops in the middle of assembly and writes the registers that it finds then: what somebody has changed shows.
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t general[16], flags, mask;
static uint32_t mxcsr;
static uint16_t control, status;
static long double top;
static uint8_t low[16], wide[32], whole[64], high[64];

static void show(const char *name, const uint8_t *bytes, int size)
{
	printf("%s ", name);
	while (size--)
		printf("%02x", *bytes++);
	puts("");
}

int main(void)
{
	unsigned a, b = 0, c, d;
	int has512 = __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 16 & 1;
	__asm__ volatile("fninit\n fld1\n fldpi\n nop\n .globl changes\nchanges: nop\n"
			 "mov %%rax,(%0)\n mov %%rbx,8(%0)\n mov %%rdx,16(%0)\n mov %%rsi,24(%0)\n mov %%r12,32(%0)\n mov %%r15,40(%0)\n"
			 "pushfq\n pop %1\n cld\n" : : "c"(general), "m"(flags)
			 : "rax", "rbx", "rdx", "rsi", "rdi", "r8", "r12", "r15", "memory", "cc");
	__asm__ volatile("movups %%xmm0,%0\n stmxcsr %1\n fstcw %2\n fstsw %3\n fstpt %4\n"
			 : "=m"(low), "=m"(mxcsr), "=m"(control), "=m"(status), "=m"(top));
	if (has512)
		__asm__ volatile("vmovdqu %%ymm3,%0\n vmovdqu64 %%zmm5,%1\n vmovdqu64 %%zmm20,%2\n kmovq %%k1,%%rax\n mov %%rax,%3"
				 : "=m"(wide), "=m"(whole), "=m"(high), "=m"(mask) : : "rax");
	printf("rax %lx\nrbx %lx\nrdx %lx\nrsi %lx\nr12 %lx\nr15 %lx\nflags %lx\n", general[0], general[1], general[2], general[3], general[4], general[5], flags);
	printf("mxcsr %x\nfctrl %x\nfstat %x\nst0 %Lg\nk1 %lx\n", mxcsr, control, status, top, mask);
	show("xmm0", low, 16);
	show("ymm3", wide, 32);
	show("zmm5", whole, 64);
	show("zmm20", high, 64);
}

// build: -g -O2
// Hand-written assembly without call-frame information: registers pushed, room on the stack, two ways out, rbp for other uses.
#include <stdio.h>

static volatile int calls;

__attribute__((noipa)) void callback(void)
{
	calls++;	// in callback
}

void pushes(void), two_ways(int), uses_rbp(void), has_frame(void);

__asm__(".text\n"
	".type pushes,@function\npushes: push %rbx\n push %r12\n mov $77,%ebx\n sub $24,%rsp\n call callback\n add $24,%rsp\n"
	" pop %r12\n pop %rbx\n ret\n.size pushes,.-pushes\n"
	".type two_ways,@function\ntwo_ways: test %edi,%edi\n jz 1f\n push %rbx\n mov $1,%ebx\n call callback\n pop %rbx\n ret\n"
	"1: lea -40(%rsp),%rsp\n call callback\n lea 40(%rsp),%rsp\n ret\n.size two_ways,.-two_ways\n"
	".type uses_rbp,@function\nuses_rbp: push %rbp\n mov $1234,%ebp\n pushf\n push $5\n call callback\n pop %rax\n popf\n pop %rbp\n ret\n"
	".size uses_rbp,.-uses_rbp\n"
	".type has_frame,@function\nhas_frame: push %rbp\n mov %rsp,%rbp\n sub $200,%rsp\n and $-64,%rsp\n call callback\n leave\n ret\n"
	".size has_frame,.-has_frame\n");

int main(void)
{
	register long kept __asm__("rbx") = 4321;
	__asm__ volatile("" : "+r"(kept));
	pushes();	// first
	two_ways(0);
	two_ways(1);
	uses_rbp();
	has_frame();
	printf("%d %ld\n", calls, kept);	// last
	return 0;
}

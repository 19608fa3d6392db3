// Bytes of known content at known names, and a function to disassemble.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

unsigned char pattern[256];
char page_text[] = "The quick brown fox";
char *edge;

__attribute__((noinline)) static int adds(int a, int b)
{
	return a + b;	// adds
}

int main(void)
{
	for (int i = 0; i < 256; i++)
		pattern[i] = (unsigned char)i;
	edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + 4096, 4096);
	memset(edge, 0x5a, 4096);	// filled
	printf("%d %s\n", adds(pattern[1], 2), page_text);	// mapped
	return pattern[16];	// end
}

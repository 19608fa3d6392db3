// Writes to stdout and stderr in turn, without flushing; a long line, UTF-8 and a line without an end at the end.
#include <stdio.h>

int main(void)
{
	for (int i = 0; i < 5; i++) {
		printf("out %d\n", i);
		fprintf(stderr, "err %d\n", i);
	}
	for (int i = 0; i < 20000; i++)
		putchar('x');
	puts("");
	puts("\303\244\342\202\254\360\237\220\236");
	fputs("no newline", stdout);
	return 0;
}

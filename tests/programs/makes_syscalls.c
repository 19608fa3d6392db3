// A fixed row of system calls with known arguments and results.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char text[64];

	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY | O_CLOEXEC, 0);	// opens
	long got = syscall(SYS_read, fd, text, 16L);	// reads
	syscall(SYS_close, fd);	// closes
	syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDWR | O_CREAT | O_EXCL, 0640);	// fails
	syscall(SYS_write, 1, "hello\n", 6L);	// writes
	syscall(SYS_getpid);	// pid
	return got < 0 || errno != ENOENT;	// done
}

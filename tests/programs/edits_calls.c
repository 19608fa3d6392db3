// One call of each kind whose arguments or result somebody may edit; what came of it is printed, a line each, at the end.
// edits_calls OPENED UNLINKED
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char report[4096];
static size_t reported;

static void say(const char *name, long value)
{
	reported += (size_t)snprintf(report + reported, sizeof(report) - reported, "%s %ld\n", name, value);
}

// The compiler relies on the kernel leaving the argument registers alone: so may the program.
static int opens(const char *path, int *is_kept)
{
	register const char *kept __asm__("rsi") = path;
	register long mode __asm__("r10") = 0600;
	long result;
	__asm__ volatile("syscall" : "=a"(result), "+r"(kept), "+r"(mode) : "a"((long)SYS_openat), "D"((long)AT_FDCWD), "d"(0L)
			 : "rcx", "r11", "memory");
	*is_kept = kept == path && mode == 0600;
	return (int)result;
}

static long old_call(long number, long first)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first) : "r8", "r9", "r10", "r11", "memory");
	return result;
}

int main(int count, char **arguments)
{
	const char *opened = count > 1 ? arguments[1] : "/etc/hostname";
	char text[32] = "";
	int is_kept = 0;
	int pipes[2];
	struct stat status;
	struct timespec span = { 0, 1000 };
	struct iovec parts[2] = { { "he", 2 }, { "llo\n", 4 } };

	int fd = opens(opened, &is_kept);
	say("opened", fd);
	say("kept", is_kept);
	say("path", strcmp(opened, count > 1 ? arguments[1] : "/etc/hostname") == 0);
	long got = syscall(SYS_read, fd, text, 8L);
	say("read", got);
	reported += (size_t)snprintf(report + reported, sizeof(report) - reported, "text %.8s\n", text);
	say("unlinked", syscall(SYS_unlink, count > 2 ? arguments[2] : "/no/such/file"));
	say("unlinked_errno", errno);
	syscall(SYS_pipe2, pipes, O_NONBLOCK);
	say("flags", fcntl(pipes[0], F_GETFD) | fcntl(pipes[0], F_GETFL) << 8);
	say("written", syscall(SYS_write, pipes[1], "abcdefgh", 8L));
	say("piped", read(pipes[0], text, sizeof(text)));
	say("vector", syscall(SYS_writev, pipes[1], parts, 2));
	say("vector_piped", read(pipes[0], text, sizeof(text)));
	reported += (size_t)snprintf(report + reported, sizeof(report) - reported, "vector_text %.1s\n", text);
	say("parent", syscall(SYS_getppid) == getppid());
	say("own", getpid());
	say("slept", syscall(SYS_nanosleep, &span, NULL));
	say("stat", syscall(SYS_stat, "/", &status));
	say("mode", status.st_mode);
	say("size", status.st_size);
	say("uid", status.st_uid);
	say("old", old_call(20, 0) == getpid());
	say("old_dup", old_call(41, pipes[0]));
	say("mapped", syscall(SYS_mmap, NULL, 4096L, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L) != -1);
	fputs(report, stdout);
	return 0;
}

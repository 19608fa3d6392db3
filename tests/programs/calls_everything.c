// Makes every syscall there is with bad and good arguments, each number in a child of its own so that what it does stays there. What would
// harm the machine, never returns or waits for ever is left out (`left_out`). Nothing here checks results: two tracers are compared by it.
// Arguments: nothing. Makes files in the current folder.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST_CALL = 471, PER_CHILD = 4, PATIENCE = 60, FILE_FD = 10, FOLDER_FD = 11, SOCKET_FD = 12 };
enum { BAD = 0xdead000 };
// Patterns: a set bit leaves that one out.
enum {
	MINUS = 1, ZERO = 2, WILD = 4, ON_FD = 8, ON_PATH = 16, ON_AT = 32, ON_BUFFER = 64, ON_SMALL = 128, ON_TWO = 256, ON_SOCKET = 512,
	GOOD = ON_FD | ON_PATH | ON_AT | ON_BUFFER | ON_SMALL | ON_TWO | ON_SOCKET, ALL = MINUS | ZERO | WILD | GOOD,
};

static const struct {
	uint16_t number, patterns;
} left_out[] = {
	// They end, replace or double the process, or wait for ever.
	{ SYS_exit, ALL }, { SYS_exit_group, ALL }, { SYS_fork, ALL }, { SYS_vfork, ALL }, { SYS_clone, ALL }, { SYS_clone3, ALL },
	{ SYS_rt_sigreturn, ALL }, { SYS_pause, ALL }, { SYS_select, ALL & ~(MINUS | WILD) }, { SYS_pselect6, ALL & ~(MINUS | WILD) },
	{ SYS_ppoll, ALL & ~(MINUS | WILD) }, { SYS_poll, GOOD }, { SYS_nanosleep, ON_PATH }, { SYS_futex, GOOD }, { SYS_rt_sigsuspend, GOOD },
	{ SYS_rt_sigtimedwait, GOOD }, { SYS_seccomp, ALL & ~(MINUS | WILD) }, { SYS_setrlimit, ALL & ~(MINUS | WILD) },
	{ SYS_prlimit64, ALL & ~(MINUS | WILD) }, { SYS_alarm, ALL }, { SYS_setitimer, GOOD }, { SYS_restart_syscall, ALL },
	{ SYS_munmap, ON_BUFFER }, { 455, GOOD }, { 449, GOOD }, { 471, ALL }, { SYS_landlock_restrict_self, GOOD },
	{ SYS_execve, ON_PATH }, { SYS_execveat, ON_AT | ON_TWO },
	// They reach other processes.
	{ SYS_kill, ALL }, { SYS_tkill, ALL & ~(MINUS | ZERO) }, { SYS_tgkill, ALL & ~(MINUS | ZERO) }, { SYS_rt_sigqueueinfo, GOOD | ZERO },
	{ SYS_rt_tgsigqueueinfo, GOOD | ZERO }, { SYS_ptrace, ALL & ~(MINUS | WILD) }, { SYS_process_vm_writev, GOOD },
	{ SYS_setpriority, GOOD | ZERO }, { SYS_sched_setscheduler, GOOD | ZERO }, { SYS_ioprio_set, GOOD | ZERO }, { SYS_msgget, ALL },
	{ SYS_semget, GOOD | ZERO }, { SYS_shmget, GOOD | ZERO }, { SYS_shmctl, GOOD | ZERO }, { SYS_semctl, GOOD | ZERO },
	{ SYS_msgctl, GOOD | ZERO }, { SYS_migrate_pages, GOOD }, { SYS_move_pages, GOOD },
	// They reach the machine.
	{ SYS_reboot, ALL }, { SYS_kexec_load, ALL }, { SYS_kexec_file_load, ALL }, { SYS_sethostname, ALL }, { SYS_setdomainname, ALL },
	{ SYS_swapon, ALL }, { SYS_swapoff, ALL }, { SYS_mount, ALL }, { SYS_umount2, ALL }, { SYS_pivot_root, ALL }, { SYS_chroot, GOOD },
	{ SYS_acct, ALL }, { SYS_settimeofday, ALL }, { SYS_clock_settime, ALL }, { SYS_adjtimex, ALL }, { SYS_clock_adjtime, ALL },
	{ SYS_init_module, ALL }, { SYS_delete_module, ALL }, { SYS_finit_module, ALL }, { SYS_vhangup, ALL }, { SYS_syslog, ALL },
	{ SYS_iopl, ALL }, { SYS_ioperm, ALL }, { SYS_sync, ALL }, { SYS_syncfs, ALL }, { SYS_quotactl, GOOD }, { SYS_quotactl_fd, GOOD },
	{ SYS_move_mount, GOOD }, { SYS_mount_setattr, GOOD }, { SYS_bpf, GOOD }, { SYS_keyctl, ALL & ~(MINUS | WILD) },
	{ SYS_add_key, GOOD }, { SYS_request_key, GOOD },
};

static union {
	char bytes[4096];
	uint64_t words[512];
} buffer, other;

static char path[64] = "file", made[64] = "made";

static unsigned patterns_of(unsigned number)
{
	unsigned patterns = ALL;
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		if (left_out[i].number == number)
			patterns &= ~(unsigned)left_out[i].patterns;
	return patterns;
}

static void call_with(unsigned number, unsigned pattern)
{
	const long at = (long)&buffer, two = (long)&other, name = (long)path, new_name = (long)made;
	const struct {
		unsigned pattern;
		long a[6];
	} rows[] = {
		{ MINUS, { -1, -1, -1, -1, -1, -1 } }, { ZERO, { 0 } }, { WILD, { BAD, BAD, BAD, BAD, BAD, BAD } },
		{ ON_FD, { FILE_FD, at, 16, 0, 0, 0 } }, { ON_PATH, { name, at, 16, 0, 0, 0 } }, { ON_AT, { AT_FDCWD, name, at, 0, 0, 0 } },
		{ ON_BUFFER, { 0, at, two, 8, 0, 0 } }, { ON_SMALL, { 1, 1, at, two, 8, 0 } },
		{ ON_TWO, { FOLDER_FD, name, FOLDER_FD, new_name, 0, 0 } }, { ON_SOCKET, { SOCKET_FD, at, 16, 0, 0, 0 } },
	};
	memset(&buffer, 0, sizeof(buffer));
	memset(&other, 0, sizeof(other));
	if (pattern == ON_SOCKET)
		*(struct sockaddr_in *)buffer.words = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].pattern == pattern)
			syscall(number, rows[i].a[0], rows[i].a[1], rows[i].a[2], rows[i].a[3], rows[i].a[4], rows[i].a[5]);
}

// Each child has a folder of its own: what one does to modes and names is not the next one's.
static void make_files(unsigned number)
{
	char name[16];
	snprintf(name, sizeof(name), "%u", number);
	if (mkdir(name, 0755) != 0 || chdir(name) != 0)
		_exit(1);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	int folder = open(".", O_RDONLY | O_DIRECTORY);
	int stream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (write(file, "some text\n", 10) != 10)
		_exit(1);
	dup2(file, FILE_FD);
	dup2(folder, FOLDER_FD);
	dup2(stream, SOCKET_FD);
}

static void call_all_ways(unsigned number)
{
	unsigned patterns = patterns_of(number);
	for (unsigned pattern = 1; pattern <= ALL; pattern <<= 1)
		if (patterns & pattern)
			call_with(number, pattern);
}

// uretprobe (335) kills whoever makes it from elsewhere; up to 424 there are no others.
static int is_unused(unsigned number)
{
	return number >= 335 && number < 424;
}

// What the calls do to the first descriptors must not reach what we were started with: fchmod(0, 0) on /dev/null, as root.
static bool take_own_stdio(void)
{
	int own = open("stdio", O_RDWR | O_CREAT | O_TRUNC, 0600);
	return own >= 0 && dup2(own, 0) == 0 && dup2(own, 1) == 1 && dup2(own, 2) == 2;
}

static void in_child(unsigned first)
{
	pid_t child = fork();
	if (child == 0) {
		alarm(PATIENCE);   // nothing here should wait
		signal(SIGPIPE, SIG_IGN);
		make_files(first);
		for (unsigned number = first; number < first + PER_CHILD && number <= LAST_CALL; number++)
			if (!is_unused(number))
				call_all_ways(number);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(name);
	close(fd);
}

// As nobody's own namespaces it would be the machine's that are touched.
static int has_own_namespaces(void)
{
	char users[32], groups[32];
	snprintf(users, sizeof(users), "0 %d 1", (int)getuid());
	snprintf(groups, sizeof(groups), "0 %d 1", (int)getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) != 0)
		return 0;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", users);
	write_file("/proc/self/gid_map", groups);
	return 1;
}

int main(int argc, char **argv)
{
	// One child alone: for looking at what it does.
	unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 0, last = argc > 1 ? first : LAST_CALL;
	if (!has_own_namespaces() || !take_own_stdio())
		return 77;
	for (unsigned number = first; number <= last; number += PER_CHILD)
		if (!is_unused(number))
			in_child(number);
	return 0;
}

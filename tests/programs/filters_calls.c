// A program with a seccomp filter of its own, and children: "own", "fork", "vfork", "threads", "exec", "daemon"; "leaf" is what they become.
// Tells what the calls gave; a call that fails for want of a tracer (ENOSYS) ends it with 3.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;

static void calls(int count)
{
	for (int i = 0; i < count; i++)
		if (syscall(SYS_getppid) < 0)
			_exit(3);
}

static void become(const char *mode)
{
	execl(self, self, mode, NULL);
	_exit(4);
}

// getuid fails with EPERM, geteuid is for a tracer, getgid kills.
static void install_own(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_geteuid, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 7),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getgid, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(5);
}

static int own(void)
{
	int status = 0;

	calls(2);
	install_own();
	calls(2);
	long denied = syscall(SYS_getuid) < 0 ? errno : 0;
	long traced = syscall(SYS_geteuid) < 0 ? errno : 0;
	long lone = syscall(SYS_getppid) > 0;
	pid_t child = fork();

	if (!child) {
		long refused = syscall(SYS_geteuid) < 0 ? errno : 0;
		calls(refused == ENOSYS ? 1 : 0);
		syscall(SYS_getgid);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("%ld %ld %ld %d\n", denied, traced, lone, WTERMSIG(status)), fflush(stdout);
	syscall(SYS_getgid);
	return 0;
}

static void *thread(void *unused)
{
	calls(20);
	return unused;
}

static void threads(void)
{
	pthread_t all[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&all[i], NULL, thread, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(all[i], NULL);
}

static void child_of_fork(void)
{
	calls(5);
	threads();
	raise(SIGCONT);
	if (fork() == 0)
		become("leaf");
	int status;
	wait(&status);
	_exit(status ? 1 : 0);
}

// It goes on when its parent has ended, and makes the file; without one it waits for ever.
static void leave_daemon(const char *file)
{
	int ends[2];
	char byte;

	signal(SIGHUP, SIG_IGN);
	if (pipe(ends) || fork())
		return;
	close(ends[1]);
	if (read(ends[0], &byte, 1) == 0)
		calls(10);
	if (file)
		_exit(!fopen(file, "w"));
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "leaf";
	int status = 0;
	pid_t child = 0;

	self = argv[0];
	signal(SIGCONT, SIG_IGN);
	if (strcmp(mode, "own") == 0)
		return own();
	if (strcmp(mode, "threads") == 0)
		threads();
	if (strcmp(mode, "exec") == 0)
		calls(1), become("leaf");
	if (strcmp(mode, "leaf") == 0)
		calls(3);
	if (strcmp(mode, "fork") == 0) {
		if ((child = fork()) == 0)
			child_of_fork();
		calls(5);
	}
	if (strcmp(mode, "vfork") == 0 && (child = vfork()) == 0) {
		calls(1);
		become("fork");
	}
	if (strcmp(mode, "daemon") == 0)
		leave_daemon(argc > 2 ? argv[2] : NULL);
	if (child)
		waitpid(child, &status, 0);
	if (strcmp(mode, "leaf") != 0)
		printf("%d\n", status), fflush(stdout);
	return status ? 1 : 0;
}

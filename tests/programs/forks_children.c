// fork, vfork and a child each that passes the line where the test has a breakpoint; the parent tells their exit codes.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int shared(int x)
{
	return x + 1;	// shared
}

int main(void)
{
	int forked_status = 0, vforked_status = 0;
	pid_t forked = fork();

	if (forked == 0)
		_exit(shared(40));
	waitpid(forked, &forked_status, 0);
	pid_t vforked = vfork();
	if (vforked == 0) {
		execl("/bin/sh", "sh", "-c", "exit 9", (char *)NULL);
		_exit(127);
	}
	waitpid(vforked, &vforked_status, 0);
	int mine = shared(1);	// parent
	printf("%d %d %d\n", WEXITSTATUS(forked_status), WEXITSTATUS(vforked_status), mine);
	return 0;
}

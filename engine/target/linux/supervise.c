// A child that runs untraced in somebody's terminal, with us between it and the shell. For the shell we are the job: we stop when the child stops and
// end as it ends; what the terminal sends (^C, ^\) reaches the whole process group, and is the child's to deal with.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/target/linux/linux.h"

static const int ignored[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };
enum { IGNORED_COUNT = ARRAY_SIZE(ignored) };
// What may be sent to us alone: as the leader of the terminal's session, or by somebody who means the job.
static const int forwarded[] = { SIGTERM, SIGHUP };

static volatile pid_t forwards_to;

static void forward(int signo)
{
	int saved = errno;
	if (forwards_to > 0)
		kill(forwards_to, signo);
	errno = saved;
}

bool linux_child_start(struct linux_child *child)
{
	struct sigaction before[IGNORED_COUNT];
	for (int i = 0; i < IGNORED_COUNT; i++)
		sigaction(ignored[i], &(struct sigaction){ .sa_handler = SIG_IGN }, &before[i]);
	pid_t parent = getpid();
	pid_t pid = vfork();
	if (pid == 0) {
		for (int i = 0; i < IGNORED_COUNT; i++)
			sigaction(ignored[i], &before[i], NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		child->exit_code = getppid() == parent ? child->run(child->data) : 0;
		_exit(child->exit_code);
	}
	child->pid = pid;
	if (pid > 0 && child->exit_code == 0) {
		forwards_to = pid;
		for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
			sigaction(forwarded[i], &(struct sigaction){ .sa_handler = forward, .sa_flags = SA_RESTART }, NULL);
		return true;
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return false;
}

static bool has_state(const struct linux_child *child, int state)
{
	siginfo_t info = { 0 };
	return waitid(P_PID, (id_t)child->pid, &info, state | WNOHANG) == 0 && info.si_pid;
}

// As the terminal's SIGTSTP would: the shell sees why, and takes the terminal back. Somebody may kill the child in this moment and then let us go on.
// If that was before the child is looked at here, it is not stopped any more; if later, SIGCONT takes back our signal, or ends our stop.
// (SIGSTOP cannot be held back, so it stops us in any case.)
static void stop_like(const struct linux_child *child, int signo)
{
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, signo);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(signo, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	raise(signo);
	bool is_stopped = has_state(child, WSTOPPED);
	if (!is_stopped)
		sigaction(signo, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);   // drops it
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigaction(signo, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	// Whoever let us go on has usually let the whole job go on.
	if (is_stopped && !has_state(child, WCONTINUED | WNOWAIT))
		kill(child->pid, SIGCONT);
}

void linux_child_wait(struct linux_child *child)
{
	siginfo_t info;
	for (;;) {
		if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WSTOPPED | WNOWAIT) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (info.si_code != CLD_STOPPED)
			break;
		stop_like(child, info.si_status);
	}
	waitid(P_PID, (id_t)child->pid, &info, WEXITED);
	forwards_to = 0;
	child->exit_code = info.si_code == CLD_EXITED ? info.si_status : 0;
	child->signo = info.si_code == CLD_EXITED ? 0 : info.si_status;
}

void linux_die_like(const struct linux_child *child)
{
	if (!child->signo)
		return;
	struct rlimit no_core = { 0, 0 };
	sigset_t all;
	sigfillset(&all);
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(child->signo, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	raise(child->signo);
}

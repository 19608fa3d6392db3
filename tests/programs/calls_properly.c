// Calls as programs make them, with what they are about filled in: structs, sets, messages, flags. Compared between two tracers.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)info, (void)context;
}

static void signals(void)
{
	static char stack[1 << 16];
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART }, old;
	sigset_t set, previous;
	siginfo_t info;
	struct timespec none = { 0, 1 };
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &action, &old);
	sigaction(SIGRTMIN + 3, &action, NULL);
	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) }, NULL);
	raise(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &previous);
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 42 });
	sigpending(&previous);
	sigtimedwait(&set, &info, NULL);
	sigtimedwait(&set, &info, &none);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	kill(getpid(), SIGUSR2);
	struct signalfd_siginfo got;
	(void)!read(fd, &got, 4);
	sigtimedwait(&set, &info, &none);
	close(fd);
}

static void waiting(void)
{
	int pair[2], event = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), waits = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET | EPOLLRDHUP, .data.u64 = 7 }, got[4];
	struct timespec shortly = { 0, 1000 };
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) != 0)
		return;
	epoll_ctl(waits, EPOLL_CTL_ADD, event, &wanted);
	epoll_ctl(waits, EPOLL_CTL_MOD, event, &wanted);
	epoll_wait(waits, got, 4, 10);
	epoll_ctl(waits, EPOLL_CTL_DEL, event, NULL);
	epoll_pwait(waits, got, 4, 0, &(sigset_t){ 0 });
	struct pollfd polled[] = { { pair[0], POLLIN | POLLPRI, 0 }, { pair[1], POLLOUT, 0 }, { -1, POLLIN, 0 } };
	poll(polled, 3, 0);
	ppoll(polled, 1, &shortly, &(sigset_t){ 0 });
	fd_set reads, writes;
	FD_ZERO(&reads);
	FD_ZERO(&writes);
	FD_SET(pair[0], &reads);
	FD_SET(event, &reads);
	FD_SET(pair[1], &writes);
	select(32, &reads, &writes, NULL, &(struct timeval){ 0, 0 });
	pselect(32, &reads, NULL, NULL, &shortly, NULL);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	timerfd_settime(timer, 0, &(struct itimerspec){ { 1, 2 }, { 1000, 0 } }, &(struct itimerspec){ 0 });
	timerfd_settime(timer, 0, &(struct itimerspec){ 0 }, NULL);
	(void)!write(pair[1], "to pipe", 7);
	int waiting_bytes;
	ioctl(pair[0], FIONREAD, &waiting_bytes);
	fcntl(pair[0], F_GETPIPE_SZ);
	fcntl(pair[0], F_SETFL, O_NONBLOCK | O_APPEND);
	fcntl(pair[0], F_DUPFD_CLOEXEC, 100);
	nanosleep(&shortly, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &shortly, NULL);
	syscall(SYS_futex, &waiting_bytes, FUTEX_WAKE_PRIVATE, 1);
	syscall(SYS_futex, &waiting_bytes, FUTEX_WAIT, 0, &shortly, NULL, 0);
}

static void pass_descriptors(int socket, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char bytes[16] = "with descriptor";
	struct iovec parts[] = { { bytes, 4 }, { bytes + 4, 11 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control) };
	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
	sendmsg(socket, &message, MSG_NOSIGNAL);
}

static void sockets(void)
{
	int pair[2], one = 1, size;
	socklen_t length = sizeof(size);
	char room[128], bytes[64];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct ucred peer;
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" }, abstract = { .sun_family = AF_UNIX, .sun_path = "\0ptdap-nowhere" };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = 0 };
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	pass_descriptors(pair[0], 2);
	recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC);
	length = sizeof(peer);
	getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length);
	int listening = socket(AF_UNIX, SOCK_STREAM, 0), tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP), udp = socket(AF_INET6, SOCK_DGRAM, 0);
	bind(listening, (struct sockaddr *)&name, sizeof(name));
	listen(listening, 5);
	connect(pair[0], (struct sockaddr *)&abstract, sizeof(abstract.sun_family) + 14);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(tcp, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 2 }, sizeof(struct linger));
	setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 1, 5 }, sizeof(struct timeval));
	setsockopt(tcp, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
	length = sizeof(size);
	getsockopt(tcp, SOL_SOCKET, SO_TYPE, &size, &length);
	getsockopt(tcp, SOL_SOCKET, SO_ERROR, &size, &length);
	bind(udp, (struct sockaddr *)&six, sizeof(six));
	sendto(udp, "datagram", 8, MSG_DONTWAIT, (struct sockaddr *)&(struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons(9) }, sizeof(six));
	recv(tcp, bytes, 4, MSG_PEEK | MSG_DONTWAIT);
	shutdown(pair[0], SHUT_RDWR);
}

static void files(void)
{
	char bytes[64];
	struct statx extended;
	struct statfs system;
	struct iovec parts[] = { { bytes, 5 }, { bytes + 8, 20 } };
	struct timespec moments[2] = { { 1000000000, 5 }, { 0, UTIME_OMIT } };
	int file = open("proper", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), folder = open(".", O_RDONLY | O_DIRECTORY);
	(void)!pwrite(file, "some \"quoted\"\ttext\n\001\377", 21, 0);
	preadv(file, parts, 2, 0);
	pwritev(file, parts, 2, 4096);
	fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 8192);
	fcntl(file, F_SETLK, &(struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 });
	flock(file, LOCK_EX | LOCK_NB);
	statx(folder, "proper", AT_SYMLINK_NOFOLLOW, STATX_SIZE | STATX_MODE, &extended);
	fstatfs(file, &system);
	futimens(file, moments);
	fchmodat(folder, "proper", 0600, 0);
	faccessat(folder, "proper", R_OK | W_OK, AT_EACCESS);
	setxattr("proper", "user.name", "value", 5, XATTR_CREATE);
	listxattr("proper", bytes, sizeof(bytes));
	renameat2(folder, "proper", folder, "renamed", RENAME_NOREPLACE);
	symlinkat("renamed", folder, "link");
	(void)!readlinkat(folder, "link", bytes, sizeof(bytes));
	lseek(file, -3, SEEK_END);
	int notes = inotify_init1(IN_NONBLOCK);
	inotify_add_watch(notes, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	unlinkat(folder, "link", 0);
	(void)!read(notes, bytes, sizeof(bytes));
	void *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	madvise(mapped, 4096, MADV_WILLNEED);
	msync(mapped, 4096, MS_SYNC);
	mremap(mapped, 8192, 4096, MREMAP_MAYMOVE);
	syscall(SYS_getdents64, folder, bytes, 8);
}

static void processes(void)
{
	struct rlimit limit;
	struct rusage usage;
	struct utsname name;
	struct sched_param parameter = { 0 };
	cpu_set_t cpus;
	siginfo_t info;
	timer_t timer;
	prctl(PR_SET_NAME, "properly");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	getrlimit(RLIMIT_NOFILE, &limit);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, RLIM_INFINITY });
	getrusage(RUSAGE_SELF, &usage);
	uname(&name);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	sched_setscheduler(0, SCHED_BATCH, &parameter);
	getpriority(PRIO_PROCESS, 0);
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ { 0, 5 }, { 1000, 0 } }, NULL);
	timer_create(CLOCK_REALTIME, &(struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 3 }, &timer);
	timer_settime(timer, TIMER_ABSTIME, &(struct itimerspec){ { 0, 0 }, { 4000000000, 0 } }, NULL);
	timer_delete(timer);
	pid_t child = fork();
	if (child == 0)
		_exit(3);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	wait4(child, NULL, 0, &usage);
	child = fork();
	if (child == 0)
		abort();
	int status;
	waitpid(child, &status, WUNTRACED);
}

static void terminals(void)
{
	int master, slave;
	struct termios modes;
	struct winsize window = { 24, 80, 0, 0 };
	if (openpty(&master, &slave, NULL, NULL, &window) != 0)
		return;
	tcgetattr(slave, &modes);
	modes.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	tcsetattr(slave, TCSADRAIN, &modes);
	ioctl(master, TIOCGWINSZ, &window);
}

int main(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signals();
	waiting();
	sockets();
	files();
	processes();
	terminals();
	return 0;
}

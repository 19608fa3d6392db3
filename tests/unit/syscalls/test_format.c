#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "tests/unit/syscalls/fixture.h"

static int setup(void **state)
{
	struct fixture *fixture = xmalloc(sizeof(*fixture));
	fixture_init(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_deinit(*state);
	free(*state);
	return 0;
}

static uint64_t number(const char *name)
{
	int found = syscall_number(SYSCALL_ABI_X86_64, name);
	assert_true(found >= 0);
	return (uint64_t)found;
}

#define ENTRY(name, ...) (&(struct syscall_event){ .phase = SYSCALL_ENTRY, .number = number(name), .arguments = { __VA_ARGS__ } })
#define RETURN(name, result_, ...) \
	(&(struct syscall_event){ .phase = SYSCALL_RETURN, .number = number(name), .result = (result_), \
				  .is_error = (result_) < 0 && (result_) > -4096, .arguments = { __VA_ARGS__ } })
#define assert_reads(event, expected) assert_string_equal(fixture_format(f, (event)), (expected))

static void paths_flags_and_modes(void **state)
{
	struct fixture *f = *state;
	uint64_t path = fixture_put_text(f, 0, "/etc/hosts");
	assert_reads(RETURN("openat", 3, (uint32_t)AT_FDCWD, path, O_RDONLY | O_CLOEXEC), "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_CLOEXEC) = 3");
	assert_reads(ENTRY("openat", 5, path, O_WRONLY | O_CREAT | O_TRUNC, 0644), "openat(5, \"/etc/hosts\", O_WRONLY|O_CREAT|O_TRUNC, 0644)");
	assert_reads(RETURN("openat", -2, (uint32_t)AT_FDCWD, path, 0), "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY) = -1 ENOENT (No such file or directory)");
	assert_reads(ENTRY("open", path, O_TMPFILE | O_RDWR, 0), "open(\"/etc/hosts\", O_RDWR|O_TMPFILE, 000)");
	assert_reads(RETURN("access", 0, path, 4), "access(\"/etc/hosts\", R_OK) = 0");
	assert_reads(ENTRY("access", path, 64), "access(\"/etc/hosts\", 0x40 /* ?_OK */)");
	assert_reads(ENTRY("open", path, 0x40000000), "open(\"/etc/hosts\", O_RDONLY|0x40000000)");
	assert_reads(RETURN("umask", 022, 0), "umask(000) = 022");
}

static void null_and_unreadable_pointers(void **state)
{
	struct fixture *f = *state;
	assert_reads(ENTRY("open", 0, 0), "open(NULL, O_RDONLY)");
	assert_reads(ENTRY("open", 0x10, 0), "open(0x10, O_RDONLY)");
	memset(f->bytes, 'a', FIXTURE_SIZE);
	assert_reads(ENTRY("unlink", BASE + FIXTURE_SIZE - 4), "unlink(0x11ffc)");   // runs off the end of the last page
	assert_reads(ENTRY("write", 1, BASE + FIXTURE_SIZE - 4, 5), "write(1, 0x11ffc, 5)");
	assert_reads(RETURN("fstat", 0, 1, BASE + FIXTURE_SIZE - 100), "fstat(1, 0x11f9c) = 0");
	assert_reads(ENTRY("nanosleep", UINT64_MAX, 0), "nanosleep(0xffffffffffffffff, NULL)");
}

static void strings_are_escaped_and_cut(void **state)
{
	struct fixture *f = *state;
	uint64_t bytes = fixture_put(f, 4090, "a\n\t\0011\001x\"\\\377", 11);   // over the edge of a page
	assert_reads(ENTRY("write", 1, bytes, 10), "write(1, \"a\\n\\t\\0011\\1x\\\"\\\\\\377\", 10)");
	f->context.string_limit = 3;
	assert_reads(ENTRY("write", 1, bytes, 10), "write(1, \"a\\n\\t\"..., 10)");
	assert_reads(ENTRY("write", 1, bytes, 3), "write(1, \"a\\n\\t\", 3)");
	assert_reads(ENTRY("write", 1, bytes, UINT64_MAX), "write(1, \"a\\n\\t\"..., 18446744073709551615)");
	uint64_t path = fixture_put_text(f, 0, "/a/long/path");
	assert_reads(ENTRY("unlink", path), "unlink(\"/a/long/path\")");
	assert_reads(ENTRY("memfd_create", path, 1), "memfd_create(\"/a/\"..., MFD_CLOEXEC)");
}

static void out_buffers_appear_at_the_return(void **state)
{
	struct fixture *f = *state;
	uint64_t buffer = fixture_put_text(f, 64, "hello");
	assert_reads(ENTRY("read", 0, buffer, 100), "read(0, 0x10040, 100)");
	assert_reads(RETURN("read", 5, 0, buffer, 100), "read(0, \"hello\", 100) = 5");
	assert_reads(RETURN("read", 0, 0, buffer, 100), "read(0, \"\", 100) = 0");
	assert_reads(RETURN("read", -11, 0, buffer, 100), "read(0, 0x10040, 100) = -1 EAGAIN (Resource temporarily unavailable)");
	assert_reads(RETURN("read", -512, 0, buffer, 100), "read(0, 0x10040, 100) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
	int fds[2] = { 3, 4 };
	assert_reads(RETURN("pipe2", 0, fixture_put(f, 0, fds, sizeof(fds)), O_CLOEXEC), "pipe2([3, 4], O_CLOEXEC) = 0");
	assert_reads(RETURN("getrandom", 2, fixture_put(f, 0, "\1\377", 2), 2, 1), "getrandom(\"\\x01\\xff\", 2, GRND_NONBLOCK) = 2");
}

static void stat_is_summarised(void **state)
{
	struct fixture *f = *state;
	struct stat status = { .st_mode = S_IFREG | 0644, .st_size = 158 };
	uint64_t path = fixture_put_text(f, 0, "x");
	uint64_t at = fixture_put(f, 64, &status, sizeof(status));
	assert_reads(RETURN("newfstatat", 0, (uint32_t)AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW),
		     "newfstatat(AT_FDCWD, \"x\", {st_mode=S_IFREG|0644, st_size=158, ...}, AT_SYMLINK_NOFOLLOW) = 0");
	status = (struct stat){ .st_mode = S_IFCHR | 0620, .st_rdev = 0x8800 };
	fixture_put(f, 64, &status, sizeof(status));
	assert_reads(RETURN("fstat", 0, 1, at), "fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0), ...}) = 0");
}

static void memory_calls(void **state)
{
	struct fixture *f = *state;
	assert_reads(RETURN("mmap", 0x7f0000000000, 0, 4096, 3, 0x22, (uint32_t)-1, 0),
		     "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000");
	assert_reads(RETURN("mprotect", 0, 0x1000, 4096, 0), "mprotect(0x1000, 4096, PROT_NONE) = 0");
	assert_reads(RETURN("brk", 0x5000, 0), "brk(NULL) = 0x5000");
	assert_reads(RETURN("madvise", 0, 0x1000, 1, 4), "madvise(0x1000, 1, MADV_DONTNEED) = 0");
	assert_reads(ENTRY("mremap", 0x1000, 1, 2, 1, 99), "mremap(0x1000, 1, 2, MREMAP_MAYMOVE)");
}

static void signals_and_waiting(void **state)
{
	struct fixture *f = *state;
	uint64_t action[4] = { 1, 0x14000000, 0x99, 0x10002 };   // handler, flags, restorer, mask
	uint64_t at = fixture_put(f, 0, action, sizeof(action));
	assert_reads(ENTRY("rt_sigaction", SIGINT, at, 0, 8),
		     "rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT CHLD], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x99}, NULL, 8)");
	uint64_t mask = ~UINT64_C(0x180000000);
	at = fixture_put(f, 0, &mask, sizeof(mask));
	assert_reads(ENTRY("rt_sigprocmask", 0, at, 0, 8), "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], NULL, 8)");
	int status = 3 << 8;
	at = fixture_put(f, 0, &status, sizeof(status));
	assert_reads(RETURN("wait4", 77, (uint64_t)-1, at, 1, 0), "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL) = 77");
	status = SIGSEGV | 0x80;
	fixture_put(f, 0, &status, sizeof(status));
	assert_reads(RETURN("wait4", 77, 77, at, 0, 0), "wait4(77, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 77");
	assert_reads(RETURN("kill", 0, 5, 34), "kill(5, SIGRT_2) = 0");
}

static void socket_addresses(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x7f000001) };
	uint64_t at = fixture_put(f, 0, &in, sizeof(in));
	assert_reads(ENTRY("connect", 3, at, 16), "connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16)");
	struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/run/s" };
	at = fixture_put(f, 0, &local, sizeof(local));
	assert_reads(ENTRY("bind", 3, at, 110), "bind(3, {sa_family=AF_UNIX, sun_path=\"/run/s\"}, 110)");
	fixture_put(f, 2, "\0abs", 4);
	assert_reads(ENTRY("bind", 3, at, 6), "bind(3, {sa_family=AF_UNIX, sun_path=@\"abs\"}, 6)");
	assert_reads(ENTRY("bind", 3, at, 1), "bind(3, 0x10000, 1)");
	assert_reads(ENTRY("socket", 2, 02000001, 6), "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP)");
	int one = 1;
	at = fixture_put(f, 0, &one, sizeof(one));
	assert_reads(ENTRY("setsockopt", 3, 1, 2, at, 4), "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4)");
}

static void polls_and_vectors(void **state)
{
	struct fixture *f = *state;
	struct pollfd polls[2] = { { 3, POLLIN, 0 }, { 4, POLLOUT, POLLOUT } };
	uint64_t at = fixture_put(f, 0, polls, sizeof(polls));
	assert_reads(RETURN("poll", 1, at, 2, (uint64_t)-1),
		     "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, -1) = 1 ([{fd=4, revents=POLLOUT}])");
	assert_reads(RETURN("poll", 0, 0, 0, 5), "poll(NULL, 0, 5) = 0 (Timeout)");
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 7 };
	at = fixture_put(f, 0, &event, sizeof(event));
	assert_reads(ENTRY("epoll_ctl", 5, 1, 6, at), "epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLIN|EPOLLET, data={u32=7, u64=7}})");
	assert_reads(RETURN("epoll_wait", 1, 5, at, 64, 0), "epoll_wait(5, [{events=EPOLLIN|EPOLLET, data={u32=7, u64=7}}], 64, 0) = 1");
	fixture_put_text(f, 100, "abcd");
	uint64_t vectors[4] = { BASE + 100, 2, BASE + 102, 2 };
	at = fixture_put(f, 0, vectors, sizeof(vectors));
	assert_reads(ENTRY("writev", 1, at, 2), "writev(1, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cd\", iov_len=2}], 2)");
	assert_reads(RETURN("readv", 3, 1, at, 2), "readv(1, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\", iov_len=2}], 2) = 3");
}

static void argument_selects_the_others(void **state)
{
	struct fixture *f = *state;
	assert_reads(RETURN("fcntl", 1, 3, F_GETFD, 99), "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
	assert_reads(RETURN("fcntl", 0x8002, 3, F_GETFL), "fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)");
	assert_reads(ENTRY("fcntl", 3, F_SETFL, O_RDONLY | O_NONBLOCK), "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK)");
	assert_reads(ENTRY("fcntl", 3, 9999, 1), "fcntl(3, 0x270f /* F_??? */, 0x1)");
	assert_reads(RETURN("futex", 1, 0x1000, 129, 1, 5, 6, 7), "futex(0x1000, FUTEX_WAKE_PRIVATE, 1) = 1");
	assert_reads(ENTRY("futex", 0x1000, 393, 0, 0, 0, 0xffffffff),
		     "futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY)");
	assert_reads(ENTRY("ioctl", 0, 0x5401, 0x20), "ioctl(0, TCGETS, 0x20)");
	assert_reads(ENTRY("arch_prctl", 0x1002, 0x20), "arch_prctl(ARCH_SET_FS, 0x20)");
	uint64_t name = fixture_put_text(f, 0, "worker");
	assert_reads(ENTRY("prctl", 15, name), "prctl(PR_SET_NAME, \"worker\")");
}

static void argument_vectors(void **state)
{
	struct fixture *f = *state;
	uint64_t path = fixture_put_text(f, 0, "/bin/ls");
	uint64_t list[3] = { path, path, 0 };
	uint64_t at = fixture_put(f, 64, list, sizeof(list));
	assert_reads(ENTRY("execve", path, at, at), "execve(\"/bin/ls\", [\"/bin/ls\", \"/bin/ls\"], 0x10040 /* 2 vars */)");
	assert_reads(RETURN("execve", 0, path, at, at), "execve(0x10000, 0x10040, 0x10040) = 0");   // that memory is gone
	assert_false(syscall_returns(RETURN("execve", 0, 0)));
	assert_true(syscall_returns(RETURN("execve", -2, 0)));
	assert_reads(RETURN("exit_group", 0, 3), "exit_group(3) = ?");
}

static void directory_entries_are_counted(void **state)
{
	struct fixture *f = *state;
	uint16_t length = 24;
	fixture_put(f, 16, &length, sizeof(length));
	fixture_put(f, 40, &length, sizeof(length));
	assert_reads(RETURN("getdents64", 48, 3, BASE, 32768), "getdents64(3, 0x10000 /* 2 entries */, 32768) = 48");
	length = 0;   // would never end
	fixture_put(f, 40, &length, sizeof(length));
	assert_reads(RETURN("getdents64", 48, 3, BASE, 32768), "getdents64(3, 0x10000, 32768) = 48");
}

static void unknown_and_foreign_calls(void **state)
{
	struct fixture *f = *state;
	struct syscall_event event = { .number = 999, .arguments = { 1, 0 } };
	assert_reads(&event, "syscall_0x3e7(0x1, 0, 0, 0, 0, 0)");
	assert_int_equal(syscall_argument_count(&event), 6);
	uint64_t path = fixture_put_text(f, 0, "/x");
	event = (struct syscall_event){ .abi = SYSCALL_ABI_I386, .number = 5, .arguments = { path, 0 } };
	assert_reads(&event, "open@32(\"/x\", O_RDONLY)");
	uint32_t time[2] = { 5, 7 };   // a timespec of 32-bit words
	event = (struct syscall_event){ .abi = SYSCALL_ABI_I386, .number = 162, .arguments = { fixture_put(f, 0, time, sizeof(time)), 0 } };
	assert_reads(&event, "nanosleep@32({tv_sec=5, tv_nsec=7}, NULL)");
	assert_string_equal(syscall_name(SYSCALL_ABI_X32, 512), "rt_sigaction");
	assert_string_equal(syscall_argument_register(SYSCALL_ABI_I386, 5), "ebp");
	assert_string_equal(syscall_argument_register(SYSCALL_ABI_X86_64, 3), "r10");
}

static void pointers_tell_their_size(void **state)
{
	(void)state;
	uint64_t address, size;
	assert_true(syscall_argument_memory(RETURN("read", 5, 0, 0x1000, 100), 1, &address, &size));
	assert_int_equal(address, 0x1000);
	assert_int_equal(size, 5);
	assert_true(syscall_argument_memory(ENTRY("fstat", 0, 0x2000), 1, &address, &size));
	assert_int_equal(size, 144);
	assert_false(syscall_argument_memory(ENTRY("read", 0, 0x1000, 100), 0, &address, &size));
	assert_false(syscall_argument_memory(ENTRY("read", 0, 0, 100), 1, &address, &size));
}

static void descriptors_show_their_path(void **state)
{
	struct fixture *f = *state;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	f->context.tid = getpid();
	f->context.show_fd_paths = true;
	char expected[64];
	snprintf(expected, sizeof(expected), "dup(%d</etc/passwd>) = 9999", fd);
	assert_reads(RETURN("dup", 9999, fd), expected);
	close(fd);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(paths_flags_and_modes), TEST(null_and_unreadable_pointers), TEST(strings_are_escaped_and_cut),
		TEST(out_buffers_appear_at_the_return), TEST(stat_is_summarised), TEST(memory_calls), TEST(signals_and_waiting),
		TEST(socket_addresses), TEST(polls_and_vectors), TEST(argument_selects_the_others), TEST(argument_vectors),
		TEST(directory_entries_are_counted), TEST(unknown_and_foreign_calls), TEST(pointers_tell_their_size),
		TEST(descriptors_show_their_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// Calls whose arguments are more than words: one or two of each family, of all three ABIs.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/landlock.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/ioctl.h>

#include "engine/syscalls/table.h"
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

static uint64_t number(enum syscall_abi abi, const char *name)
{
	int found = syscall_number(abi, name);
	assert_true(found >= 0);
	return (uint64_t)found;
}

#define CALL(abi_, phase_, name, result_, ...) \
	(&(struct syscall_event){ .abi = (abi_), .phase = (phase_), .number = number(abi_, name), .result = (result_), \
				  .is_error = (result_) < 0 && (result_) > -4096, .arguments = { __VA_ARGS__ } })
#define ENTRY(name, ...) CALL(SYSCALL_ABI_X86_64, SYSCALL_ENTRY, name, 0, __VA_ARGS__)
#define RETURN(name, result, ...) CALL(SYSCALL_ABI_X86_64, SYSCALL_RETURN, name, result, __VA_ARGS__)
#define ENTRY32(name, ...) CALL(SYSCALL_ABI_I386, SYSCALL_ENTRY, name, 0, __VA_ARGS__)
#define RETURN32(name, result, ...) CALL(SYSCALL_ABI_I386, SYSCALL_RETURN, name, result, __VA_ARGS__)
#define assert_reads(event, expected) assert_string_equal(fixture_format(f, (event)), (expected))

static void control_messages(void **state)
{
	struct fixture *f = *state;
	struct {
		uint64_t length;
		int level, type, fds[2];
	} rights = { CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS, { 5, 6 } };
	struct iovec vector = { (void *)fixture_put_text(f, 0, "xyz"), 3 };
	struct msghdr message = { .msg_iovlen = 1, .msg_controllen = sizeof(rights) };
	message.msg_iov = (void *)fixture_put(f, 64, &vector, sizeof(vector));
	message.msg_control = (void *)fixture_put(f, 128, &rights, sizeof(rights));
	uint64_t at = fixture_put(f, 256, &message, sizeof(message));
	assert_reads(ENTRY("sendmsg", 3, at, MSG_NOSIGNAL),
		     "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"xyz\", iov_len=3}], msg_iovlen=1, msg_control=[{cmsg_len=24, "
		     "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5, 6]}], msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL)");
	rights.length = 3;   // shorter than its own head
	fixture_put(f, 128, &rights, sizeof(rights));
	assert_non_null(strstr(fixture_format(f, ENTRY("sendmsg", 3, at, 0)), "[{cmsg_len=3, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}]"));
}

static void socket_options(void **state)
{
	struct fixture *f = *state;
	struct linger linger = { 1, 5 };
	uint64_t at = fixture_put(f, 0, &linger, sizeof(linger));
	assert_reads(ENTRY("setsockopt", 3, 1, 13, at, 8), "setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8)");
	assert_reads(ENTRY("setsockopt", 3, 6, 1, at, 4), "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4)");
	assert_reads(ENTRY("setsockopt", 3, 270, 11, at, 4), "setsockopt(3, SOL_NETLINK, NETLINK_EXT_ACK, [1], 4)");
	assert_reads(ENTRY("setsockopt", 3, 999, 7, at, 4), "setsockopt(3, 0x3e7 /* SOL_??? */, 7, [1], 4)");
}

static void ipv6_and_packet_addresses(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(99), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	assert_reads(ENTRY("connect", 3, fixture_put(f, 0, &in6, sizeof(in6)), 28),
		     "connect(3, {sa_family=AF_INET6, sin6_port=htons(99), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", &sin6_addr), "
		     "sin6_scope_id=0}, 28)");
	static const uint8_t link[20] = { 17, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 6, 1, 2, 3, 4, 5, 6 };
	assert_reads(ENTRY("bind", 3, fixture_put(f, 0, link, sizeof(link)), 20),
		     "bind(3, {sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), sll_ifindex=0, sll_hatype=ARPHRD_ETHER, sll_pkttype=PACKET_HOST, "
		     "sll_halen=6, sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6]}, 20)");
	assert_reads(ENTRY("bind", 3, fixture_put(f, 0, "\x63\0ab", 4), 4), "bind(3, {sa_family=0x63 /* AF_??? */, sa_data=\"ab\"}, 4)");
}

static void ioctl_requests(void **state)
{
	struct fixture *f = *state;
	uint16_t size[4] = { 24, 80, 0, 0 };
	uint64_t at = fixture_put(f, 0, size, sizeof(size));
	assert_reads(RETURN("ioctl", 0, 1, TIOCGWINSZ, at), "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0");
	assert_reads(RETURN("ioctl", -25, 1, TCGETS, at), "ioctl(1, TCGETS, 0x10000) = -1 ENOTTY (Inappropriate ioctl for device)");
	assert_reads(ENTRY("ioctl", 3, 0xdeadbeef, 1), "ioctl(3, _IOC(_IOC_READ|_IOC_WRITE, 0xbe, 0xef, 0x1ead), 0x1)");
	assert_reads(ENTRY("ioctl", 3, 0x40049409, 4), "ioctl(3, BTRFS_IOC_CLONE or FICLONE, 4)");
}

static void signal_information(void **state)
{
	struct fixture *f = *state;
	siginfo_t info = { 0 };
	info.si_signo = SIGCHLD;
	info.si_code = CLD_EXITED;
	info.si_pid = 77;
	info.si_status = 3;
	uint64_t at = fixture_put(f, 0, &info, sizeof(info));
	assert_reads(RETURN("waitid", 0, 1, 77, at, 4, 0),
		     "waitid(P_PID, 77, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=77, si_uid=0, si_status=3, si_utime=0, si_stime=0}, WEXITED, NULL) = 0");
	info = (siginfo_t){ .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	info.si_addr = (void *)16;
	fixture_put(f, 0, &info, sizeof(info));
	assert_reads(RETURN("rt_sigqueueinfo", 0, 5, SIGSEGV, at),
		     "rt_sigqueueinfo(5, SIGSEGV, {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}) = 0");
	info = (siginfo_t){ 0 };
	fixture_put(f, 0, &info, sizeof(info));
	assert_reads(RETURN("waitid", 0, 0, 0, at, 5, 0), "waitid(P_ALL, 0, {}, WNOHANG|WEXITED, NULL) = 0");
}

static void semaphores_and_messages(void **state)
{
	struct fixture *f = *state;
	struct sembuf operations[2] = { { 0, 1, 0 }, { 1, -2, SEM_UNDO | IPC_NOWAIT } };
	assert_reads(ENTRY("semop", 3, fixture_put(f, 0, operations, sizeof(operations)), 2),
		     "semop(3, [{sem_num=0, sem_op=1, sem_flg=0}, {sem_num=1, sem_op=-2, sem_flg=SEM_UNDO|IPC_NOWAIT}], 2)");
	uint64_t message[2] = { 5 };
	memcpy(&message[1], "payload", 8);
	assert_reads(ENTRY("msgsnd", 3, fixture_put(f, 0, message, sizeof(message)), 7, 04000),
		     "msgsnd(3, {mtype=5, mtext=\"payload\"}, 7, IPC_NOWAIT)");
	assert_reads(ENTRY("shmget", 0, 4096, 01600), "shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600)");
}

static void newer_interfaces(void **state)
{
	struct fixture *f = *state;
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_DIR };
	assert_reads(ENTRY("landlock_create_ruleset", fixture_put(f, 0, &rules, sizeof(rules)), 8, 0),
		     "landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE|LANDLOCK_ACCESS_FS_READ_DIR}, 8, 0)");
	assert_reads(RETURN("landlock_create_ruleset", 4, 0, 0, 1), "landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) = 4");
	uint32_t map[4] = { 2, 4, 8, 16 };
	assert_reads(ENTRY("bpf", 0, fixture_put(f, 0, map, sizeof(map)), 16),
		     "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=16}, 16)");
	assert_reads(ENTRY("futex", 0x1000, 5, 1, 2, 0x2000, 0x1001003), "futex(0x1000, FUTEX_WAKE_OP, 1, 2, 0x2000, FUTEX_OP_SET<<28|0x1<<12|FUTEX_OP_CMP_NE<<24|0x3)");
	assert_reads(ENTRY("keyctl", 0, (uint32_t)-2, 0), "keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0)");
	assert_reads(ENTRY("mount_setattr", 3, 0, 0x1000, UINT64_MAX, 32), "mount_setattr(3, NULL, AT_EMPTY_PATH, 0xffffffffffffffff, 32)");
}

static void children(void **state)
{
	struct fixture *f = *state;
	uint32_t tid = 4711;
	uint64_t tid_at = fixture_put(f, 512, &tid, sizeof(tid));
	assert_reads(RETURN("clone", 4711, CLONE_PARENT_SETTID | SIGCHLD, 0, tid_at, 0, 0),
		     "clone(child_stack=NULL, flags=CLONE_PARENT_SETTID|SIGCHLD, parent_tid=[4711]) = 4711");
	struct clone_args arguments = { .flags = CLONE_PARENT_SETTID, .parent_tid = tid_at, .exit_signal = SIGCHLD };
	struct syscall_entry entry = { 0 };
	uint64_t at = fixture_put(f, 0, &arguments, sizeof(arguments));
	syscall_entry_take(&entry, ENTRY("clone3", at, sizeof(arguments)), &f->context);
	f->context.entry = &entry;
	assert_reads(RETURN("clone3", 4711, at, sizeof(arguments)),
		     "clone3({flags=CLONE_PARENT_SETTID, parent_tid=0x10200, exit_signal=SIGCHLD, stack=NULL, stack_size=0} => {parent_tid=[4711]}, 88) = 4711");
	f->context.entry = NULL;
	syscall_entry_deinit(&entry);
}

static void times_that_are_left(void **state)
{
	struct fixture *f = *state;
	uint64_t left[2] = { 1, 5 };
	uint64_t at = fixture_put(f, 0, left, sizeof(left));
	assert_reads(RETURN("nanosleep", 0, at, at), "nanosleep({tv_sec=1, tv_nsec=5}, 0x10000) = 0");
	assert_reads(RETURN("nanosleep", -516, at, at),
		     "nanosleep({tv_sec=1, tv_nsec=5}, {tv_sec=1, tv_nsec=5}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)");
	uint64_t bits = 1 << 3;
	uint64_t set = fixture_put(f, 64, &bits, sizeof(bits));
	assert_reads(RETURN("select", 1, 4, set, 0, 0, at), "select(4, [3], NULL, NULL, {tv_sec=1, tv_usec=5}) = 1 (in [3], left {tv_sec=1, tv_usec=5})");
}

static void programs_of_32_bits(void **state)
{
	struct fixture *f = *state;
	uint32_t action[5] = { 1, 0x14000000, 0x99, 2, 0 };
	assert_reads(ENTRY32("rt_sigaction", SIGINT, fixture_put(f, 0, action, sizeof(action)), 0, 8),
		     "rt_sigaction@32(SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x99}, NULL, 8)");
	uint32_t vector[2] = { (uint32_t)fixture_put_text(f, 100, "ab"), 2 };
	uint64_t at = fixture_put(f, 0, vector, sizeof(vector));
	assert_reads(ENTRY32("writev", 1, at, 1), "writev@32(1, [{iov_base=\"ab\", iov_len=2}], 1)");
	assert_reads(ENTRY32("pread64", 3, at, 5, 3, 1), "pread64@32(3, 0x10000, 5, 4294967299)");
	uint32_t list[2] = { (uint32_t)(BASE + 100), 0 };
	fixture_put(f, 0, list, sizeof(list));
	assert_reads(ENTRY32("execve", BASE + 100, BASE, BASE), "execve@32(\"ab\", [\"ab\"], 0x10000 /* 1 var */)");
	uint64_t time[2] = { 5, 7 };
	fixture_put(f, 0, time, sizeof(time));
	assert_reads(RETURN32("clock_gettime64", 0, 1, BASE), "clock_gettime64@32(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=7}) = 0");
	assert_reads(RETURN32("mmap2", (int64_t)(int32_t)0xf7fa2000, 0, 4096, 1, 0x22, (uint32_t)-1, 0),
		     "mmap2@32(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7fa2000");
	assert_reads(CALL(SYSCALL_ABI_X32, SYSCALL_ENTRY, "writev", 0, 1, fixture_put(f, 0, vector, sizeof(vector)), 1),
		     "writev@x32(1, [{iov_base=\"ab\", iov_len=2}], 1)");
	assert_int_equal(syscall_number(SYSCALL_ABI_X32, "execve"), 520);
}

static void all_is_shown_if_wanted(void **state)
{
	struct fixture *f = *state;
	f->context.is_verbose = true;
	uint64_t list[2] = { fixture_put_text(f, 100, "A=1"), 0 };
	uint64_t at = fixture_put(f, 0, list, sizeof(list));
	assert_reads(ENTRY("execve", BASE + 100, at, at), "execve(\"A=1\", [\"A=1\"], [\"A=1\"])");
	struct {
		uint64_t inode, offset;
		uint16_t length;
		uint8_t type;
		char name[5];
	} entry = { 7, 8, 24, 4, "dir" };
	assert_reads(RETURN("getdents64", 24, 3, fixture_put(f, 0, &entry, 24), 100),
		     "getdents64(3, [{d_ino=7, d_off=8, d_reclen=24, d_type=DT_DIR, d_name=\"dir\"}], 100) = 24");
}

// ---- the tables -----------------------------------------------------------------------------------------------------------

static void sorted_sets_rise(void **state)
{
	(void)state;
	unsigned sorted = 0;
	for (unsigned i = FLAGS_nothing; i <= FLAGS_cloexec; i++) {
		sorted += flag_sets[i].style == STYLE_SORTED;
		for (unsigned j = 1; flag_sets[i].style == STYLE_SORTED && j < flag_sets[i].count; j++)
			assert_true(flag_sets[i].flags[j - 1].value <= flag_sets[i].flags[j].value);
	}
	assert_true(sorted >= 2);
}

static void every_call_of_the_other_abis_has_a_row(void **state)
{
	(void)state;
	unsigned known = 0;
	for (unsigned i = 0; i < 512; i++) {
		const struct syscall_row *row = syscall_i386_row(i);
		known += row != NULL;
		assert_true(!row || (row->number == i && row->name && row->result.name));
	}
	assert_int_equal(known, 461);
	for (unsigned i = 512; i < 548; i++)
		assert_non_null(syscall_x32_row(i)->arguments);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(control_messages), TEST(socket_options), TEST(ipv6_and_packet_addresses), TEST(ioctl_requests), TEST(signal_information),
		TEST(semaphores_and_messages), TEST(newer_interfaces), TEST(children), TEST(times_that_are_left), TEST(programs_of_32_bits),
		TEST(all_is_shown_if_wanted), cmocka_unit_test(sorted_sets_rise), cmocka_unit_test(every_call_of_the_other_abis_has_a_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum { KERNEL_SIGRTMIN = 32, KERNEL_SIGNALS = 64 };

// As strace has them: real-time signals counted from the kernel's 32, not from the C library's 34.
void text_signal(struct str *text, int signo)
{
	if (signo > 0 && signo < KERNEL_SIGRTMIN)
		str_add(text, signal_name(signo));
	else if (signo == KERNEL_SIGRTMIN)
		str_add(text, "SIGRTMIN");
	else if (signo > KERNEL_SIGRTMIN && signo <= KERNEL_SIGNALS)
		str_printf(text, "SIGRT_%d", signo - KERNEL_SIGRTMIN);
	else
		str_printf(text, "%d", signo);
}

static void add_short_name(struct str *text, int signo)
{
	size_t start = text->length;
	text_signal(text, signo);
	if (str_starts(text->data + start, "SIG")) {
		memmove(text->data + start, text->data + start + 3, text->length - start - 3);
		str_truncate(text, text->length - 3);
	}
}

// More than two thirds set reads better as what is missing.
void text_sigset(struct str *text, uint64_t bits, int signals)
{
	bool is_inverse = __builtin_popcountll(bits) >= signals * 2 / 3;
	str_add(text, is_inverse ? "~[" : "[");
	bool is_first = true;
	for (int signo = 1; signo <= signals; signo++) {
		bool is_set = bits >> (signo - 1) & 1;
		if (is_set == is_inverse)
			continue;
		if (!is_first)
			str_char(text, ' ');
		is_first = false;
		add_short_name(text, signo);
	}
	str_char(text, ']');
}

void kind_signal(const struct decode *decode, uint64_t value)
{
	text_signal(decode->text, (int)value);
}

// "12 (SIGUSR2)"
void kind_result_signal(const struct decode *decode, uint64_t value)
{
	text_signed(decode->text, (int)value);
	if (!(int)value)
		return;
	str_add(decode->text, " (");
	text_signal(decode->text, (int)value);
	str_char(decode->text, ')');
}

void kind_handler(const struct decode *decode, uint64_t value)
{
	if (value == 0)
		str_add(decode->text, "SIG_DFL");
	else if (value == 1)
		str_add(decode->text, "SIG_IGN");
	else
		str_hex(decode->text, value);
}

static void add_signal_bits(const struct decode *decode, uint64_t bits, int signals)
{
	_cleanup_str_ struct str name = STR_INIT;
	for (int signo = 1; decode->tree && signo <= signals; signo++) {
		str_clear(&name);
		text_signal(&name, signo);
		decode_bit(decode, str_text(&name), UINT64_C(1) << (signo - 1), bits >> (signo - 1) & 1);
	}
}

void kind_sigset(const struct decode *decode, uint64_t value)
{
	uint64_t bits = 0, size = decode_length(decode);
	if (!value || size == 0 || size > sizeof(bits) || !decode_read(decode, value, &bits, (size_t)size)) {
		text_address(decode->text, value);
		return;
	}
	text_sigset(decode->text, bits, (int)size * 8);
	add_signal_bits(decode, bits, (int)size * 8);
}

// What rt_sigreturn restores stands on the stack, not in a register: the mask in the ucontext_t that sp points to at the entry.
void kind_signal_frame(const struct decode *decode, uint64_t value)
{
	enum { MASK = 296, MASK_X32 = 280 };
	const struct syscall_event *event = decode->event;
	uint64_t bits;
	(void)value;
	if (event->phase != SYSCALL_ENTRY || event->abi == SYSCALL_ABI_I386)
		return;
	if (decode_read(decode, event->sp + (event->abi == SYSCALL_ABI_X32 ? MASK_X32 : MASK), &bits, sizeof(bits))) {
		str_add(decode->text, "{mask=");
		text_sigset(decode->text, bits, KERNEL_SIGNALS);
		str_char(decode->text, '}');
	} else {
		text_address(decode->text, event->sp);
	}
}

void kind_signal_code(const struct decode *decode, uint64_t value)
{
	int32_t signo = 0;
	if (decode->base)
		memcpy(&signo, decode->base, sizeof(signo));
	const char *name = signal_code_name(signo, (int)value);
	if (name)
		str_add(decode->text, name);
	else
		text_signed(decode->text, (int)value);
}

// Which member of the union holds: sigaction (2). Positive codes are the signal's own, others say who sent it.
static enum layout_id siginfo_layout(int signo, int code)
{
	switch (code) {
	case SI_USER: case SI_TKILL: return LAYOUT_siginfo_kill;
	case SI_TIMER: return LAYOUT_siginfo_timer;
	default: break;
	}
	if (code < 0)
		return LAYOUT_siginfo_queue;
	switch (signo) {
	case SIGCHLD: return LAYOUT_siginfo_child;
	case SIGILL: case SIGFPE: case SIGSEGV: case SIGBUS: case SIGTRAP: return LAYOUT_siginfo_fault;
	case SIGPOLL: return LAYOUT_siginfo_poll;
	case SIGSYS: return LAYOUT_siginfo_sys;
	default: return code == SI_KERNEL ? LAYOUT_siginfo : LAYOUT_siginfo_kill;
	}
}

void kind_siginfo(const struct decode *decode, uint64_t value)
{
	int32_t head[3];
	if (!value || !decode_read(decode, value, head, sizeof(head))) {
		text_address(decode->text, value);
		return;
	}
	decode_struct(decode, decode_layout(decode, head[0] ? siginfo_layout(head[0], head[2]) : LAYOUT_siginfo_none), value, UINT64_MAX);
}

static void add_stopped(struct str *text, int status)
{
	int event = status >> 16;
	str_add(text, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
	text_signal(text, WSTOPSIG(status) & 0x7f);
	str_add(text, WSTOPSIG(status) & 0x80 ? " | 0x80}" : "}");
	if (event)
		str_printf(text, " | %d << 16", event);
}

void kind_wait_status(const struct decode *decode, uint64_t value)
{
	int status;
	struct str *text = decode->text;
	if (!value || !decode_read(decode, value, &status, sizeof(status))) {
		text_address(text, value);
		return;
	}
	if (decode->event->phase == SYSCALL_RETURN && decode->event->result == 0) {
		text_address(text, value);
		return;
	}
	str_char(text, '[');
	if (WIFEXITED(status)) {
		str_printf(text, "{WIFEXITED(s) && WEXITSTATUS(s) == %d}", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		str_add(text, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
		text_signal(text, WTERMSIG(status));
		str_add(text, WCOREDUMP(status) ? " && WCOREDUMP(s)}" : "}");
	} else if (WIFCONTINUED(status)) {
		str_add(text, "{WIFCONTINUED(s)}");
	} else if (WIFSTOPPED(status)) {
		add_stopped(text, status);
	} else {
		str_hex(text, (unsigned)status);
	}
	str_char(text, ']');
}

enum { NOTIFY_THREAD = 2, NOTIFY_THREAD_ID = 4 };   // SIGEV_THREAD, SIGEV_THREAD_ID

// struct sigevent: which member of its union holds says sigev_notify.
void kind_sigevent(const struct decode *decode, uint64_t value)
{
	int32_t notify = 0;
	uint64_t place = value + decode_word_size(decode) + 4;
	if (!value || !decode_read(decode, place, &notify, sizeof(notify))) {
		text_address(decode->text, value);
		return;
	}
	enum layout_id id = notify == NOTIFY_THREAD_ID ? LAYOUT_sigevent_tid : notify == NOTIFY_THREAD ? LAYOUT_sigevent_thread : LAYOUT_sigevent;
	decode_struct(decode, decode_layout(decode, id), value, UINT64_MAX);
}

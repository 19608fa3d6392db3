#include "engine/syscalls/decode.h"

#include <inttypes.h>
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
void text_sigset(struct str *text, const uint8_t *bytes, size_t size)
{
	uint64_t bits = 0;
	memcpy(&bits, bytes, size < sizeof(bits) ? size : sizeof(bits));
	int signals = (int)(size < sizeof(bits) ? size * 8 : KERNEL_SIGNALS);
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

void kind_handler(const struct decode *decode, uint64_t value)
{
	if (value == 0)
		str_add(decode->text, "SIG_DFL");
	else if (value == 1)
		str_add(decode->text, "SIG_IGN");
	else
		str_hex(decode->text, value);
}

void kind_sigset(const struct decode *decode, uint64_t value)
{
	uint8_t bytes[8];
	uint64_t size = decode_length(decode);
	if (!value || size == 0 || size > sizeof(bytes) || !decode_read(decode, value, bytes, (size_t)size))
		text_address(decode->text, value);
	else
		text_sigset(decode->text, bytes, (size_t)size);
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

// Names of signals and of their codes. Real-time signals count from the C library's SIGRTMIN (34), as kill -l does.
#include "engine/syscalls/syscall.h"

#include <ctype.h>
#include <stdio.h>

enum { SIGNALS = 65, REALTIME_FIRST = 34 };

static const char *const names[REALTIME_FIRST] = {
	[1] = "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
	"SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
	"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS", "SIG32", "SIG33",
};

static const char *realtime_name(int signo)
{
	static char texts[SIGNALS][16];
	char *text = texts[signo];
	if (!text[0] && signo == REALTIME_FIRST)
		snprintf(text, sizeof(texts[0]), "SIGRTMIN");
	else if (!text[0])
		snprintf(text, sizeof(texts[0]), "SIGRTMIN+%d", signo - REALTIME_FIRST);
	return text;
}

const char *signal_name(int signo)
{
	if (signo > 0 && signo < REALTIME_FIRST)
		return names[signo];
	if (signo >= REALTIME_FIRST && signo < SIGNALS)
		return realtime_name(signo);
	return "unknown signal";
}

const char *signal_description(int signo)
{
	const char *words = sigdescr_np(signo);
	if (words)
		return words;
	return signo >= 32 && signo < SIGNALS ? "Real-time signal" : "Unknown signal";
}

static int number_from_digits(const char *text)
{
	int number = 0;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text) || number >= SIGNALS)
			return -1;
		number = number * 10 + (*text - '0');
	}
	return number > 0 && number < SIGNALS ? number : -1;
}

static int alias_number(const char *bare)
{
	static const struct {
		const char *name;
		int number;
	} aliases[] = { { "IOT", 6 }, { "CLD", 17 }, { "POLL", 29 }, { "UNUSED", 31 }, { "RTMAX", 64 } };
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_equal(bare, aliases[i].name))
			return aliases[i].number;
	return -1;
}

int signal_number(const char *name)
{
	if (isdigit((unsigned char)name[0]))
		return number_from_digits(name);
	const char *bare = str_starts(name, "SIG") ? name + 3 : name;
	for (int signo = 1; signo < SIGNALS; signo++)
		if (str_equal(bare, signal_name(signo) + 3))
			return signo;
	return alias_number(bare);
}

struct code {
	int signo;
	int code;
	const char *name, *words;
};

static const struct code codes[] = {
#define CODE(signo, name, code, words) { signo, code, #name, words },
#include "engine/syscalls/signal_codes.def"
#undef CODE
};

static const struct code *find_code(int signo, int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code && (codes[i].signo == 0 || codes[i].signo == signo))
			return &codes[i];
	return NULL;
}

const char *signal_code_name(int signo, int code)
{
	const struct code *found = find_code(signo, code);
	return found ? found->name : NULL;
}

const char *signal_code_description(int signo, int code)
{
	const struct code *found = find_code(signo, code);
	return found ? found->words : NULL;
}

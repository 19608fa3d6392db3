#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"

bool log_is_open;
static int log_fd = -1;
static uint64_t log_start_ns;

struct error *log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_system(errno, "opening the log file %s", path);
	log_close();
	log_start_ns = clock_ns(CLOCK_MONOTONIC);
	log_fd = fd;
	log_is_open = true;
	return NULL;
}

void log_close(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
	log_is_open = false;
}

static void begin_line(struct str *line, const char *topic)
{
	long long us = (long long)(clock_ns(CLOCK_MONOTONIC) - log_start_ns) / 1000;
	str_printf(line, "%lld.%06lld %d %s ", us / 1000000, us % 1000000, getpid(), topic);
}

// One write a line: sessions of --listen, which are processes of their own, share the file. A full disk loses the line.
static void end_line(struct str *line)
{
	str_char(line, '\n');
	ssize_t ignored = write(log_fd, line->data, line->length);
	(void)ignored;
}

void log_write(const char *topic, const char *format, ...)
{
	if (!log_is_open)
		return;
	_cleanup_str_ struct str line = STR_INIT;
	begin_line(&line, topic);
	va_list args;
	va_start(args, format);
	str_vprintf(&line, format, args);
	va_end(args);
	end_line(&line);
}

void log_bytes(const char *topic, const char *bytes, size_t length)
{
	if (!log_is_open)
		return;
	_cleanup_str_ struct str line = STR_INIT;
	begin_line(&line, topic);
	str_append(&line, bytes, length);
	end_line(&line);
}

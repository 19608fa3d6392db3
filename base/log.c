#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

bool log_is_open;
static FILE *log_file;
static struct timespec log_start;

struct error *log_open(const char *path)
{
	FILE *file = fopen(path, "ae");
	if (!file)
		return error_system(errno, "opening the log file %s", path);
	log_close();
	setvbuf(file, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_MONOTONIC, &log_start);
	log_file = file;
	log_is_open = true;
	return NULL;
}

void log_close(void)
{
	if (log_file)
		fclose(log_file);
	log_file = NULL;
	log_is_open = false;
}

static void log_prefix(const char *topic)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	long long us = (long long)(now.tv_sec - log_start.tv_sec) * 1000000 + (now.tv_nsec - log_start.tv_nsec) / 1000;
	fprintf(log_file, "%lld.%06lld %s ", us / 1000000, us % 1000000, topic);
}

void log_write(const char *topic, const char *format, ...)
{
	if (!log_is_open)
		return;
	log_prefix(topic);
	va_list args;
	va_start(args, format);
	vfprintf(log_file, format, args);
	va_end(args);
	fputc('\n', log_file);
}

void log_bytes(const char *topic, const char *bytes, size_t length)
{
	if (!log_is_open)
		return;
	log_prefix(topic);
	fwrite(bytes, 1, length, log_file);
	fputc('\n', log_file);
}

// The log that --log FILE switches on: one line an event, with a monotonic timestamp in microseconds and the process that writes.
// Libraries return errors and do not log failures; what is logged here is traffic and engine events.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Starts logging to `path` (appends, close-on-exec). Until then logging costs one test of a flag.
struct error *log_open(const char *path);
void log_close(void);

extern bool log_is_open;

void log_write(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_bytes(const char *topic, const char *bytes, size_t length);

// topic: "dap", "engine", "loop"
#define LOG(topic, ...) \
	do { \
		if (log_is_open) \
			log_write((topic), __VA_ARGS__); \
	} while (0)

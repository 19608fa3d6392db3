// Bounds-checked little-endian reading of a piece of a file. After a failure everything reads as 0 and `is_bad` is set.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at, *end;
	bool is_bad;
};

static inline bool reader_take(struct reader *reader, uint64_t size, const uint8_t **bytes_ret)
{
	if (reader->is_bad || size > (uint64_t)(reader->end - reader->at)) {
		reader->is_bad = true;
		return false;
	}
	*bytes_ret = reader->at;
	reader->at += size;
	return true;
}

static inline uint64_t read_fixed(struct reader *reader, unsigned size)
{
	const uint8_t *bytes = NULL;
	uint64_t value = 0;
	if (size <= 8 && reader_take(reader, size, &bytes))
		memcpy(&value, bytes, size);
	return value;
}

static inline uint8_t read_u8(struct reader *reader)
{
	if (reader->is_bad || reader->at == reader->end) {
		reader->is_bad = true;
		return 0;
	}
	return *reader->at++;
}

static inline uint64_t read_uleb(struct reader *reader)
{
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = read_u8(reader);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
}

static inline int64_t read_sleb(struct reader *reader)
{
	uint64_t value = 0;
	for (unsigned shift = 0;;) {
		uint8_t byte = read_u8(reader);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80)) {
			if (shift < 64 && (byte & 0x40))
				value |= ~(uint64_t)0 << shift;
			return (int64_t)value;
		}
	}
}

// NULL at a missing terminator.
static inline const char *read_string(struct reader *reader)
{
	const uint8_t *end = reader->is_bad ? NULL : memchr(reader->at, 0, (size_t)(reader->end - reader->at));
	if (!end) {
		reader->is_bad = true;
		return NULL;
	}
	const char *text = (const char *)reader->at;
	reader->at = end + 1;
	return text;
}

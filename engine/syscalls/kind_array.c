#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <stdio.h>

static void add_element(const struct decode *decode, const uint8_t *bytes)
{
	const struct argument *array = decode->argument;
	struct argument element = { .name = "", .kind = array->element, .size = array->size, .detail = array->detail };
	decode_value(decode, &element, decode_field(&element, bytes));
}

void kind_array(const struct decode *decode, uint64_t value)
{
	uint64_t count = decode_length(decode);
	unsigned size = decode->argument->size;
	uint8_t bytes[8];
	if (!value || size > sizeof(bytes) || (count && !decode_read(decode, value, bytes, size))) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			str_add(decode->text, ", ");
		if (i >= DECODE_ELEMENTS_MAX) {
			str_add(decode->text, "...");
			break;
		}
		if (!decode_read(decode, value + i * size, bytes, size)) {
			str_printf(decode->text, "... /* 0x%" PRIx64 " */", value + i * size);
			break;
		}
		add_element(decode, bytes);
	}
	str_char(decode->text, ']');
}

// A socket option: an int where it is as long as one, bytes otherwise.
void kind_option(const struct decode *decode, uint64_t value)
{
	uint64_t length = decode_length(decode);
	int32_t number;
	uint64_t level = decode->arguments[1], name = decode->arguments[2];
	struct argument known = { .name = "", .kind = KIND_structure };
	if (level == 1 && name == 13 && length == 8)
		known.detail = LAYOUT_linger;
	else if (level == 1 && name == 17 && length == 12)
		known.detail = LAYOUT_ucred;
	else if (level == 1 && (name == 20 || name == 21) && length == 16)
		known.detail = LAYOUT_timeval;
	if (known.detail && decode->event->abi == SYSCALL_ABI_X86_64)
		decode_value(decode, &known, value);
	else if (length == sizeof(number) && value && decode_read(decode, value, &number, sizeof(number)))
		str_printf(decode->text, "[%d]", number);
	else
		decode_bytes(decode, value, length);
}

enum { CPU_SET_BYTES = 1024 };

void kind_cpu_set(const struct decode *decode, uint64_t value)
{
	uint8_t bits[CPU_SET_BYTES];
	uint64_t length = decode_length(decode);
	size_t bytes = length < CPU_SET_BYTES ? (size_t)length : CPU_SET_BYTES;
	if (!value || !decode_read(decode, value, bits, bytes)) {
		text_address(decode->text, value);
		return;
	}
	bool is_first = true;
	str_char(decode->text, '[');
	for (unsigned i = 0; i < bytes * 8; i++) {
		if (!(bits[i / 8] & 1u << i % 8))
			continue;
		str_printf(decode->text, "%s%u", is_first ? "" : " ", i);
		is_first = false;
	}
	str_char(decode->text, ']');
}

void decode_iovec(const struct decode *decode, uint64_t address, uint64_t count, uint64_t bytes, bool has_contents)
{
	struct {
		uint64_t base, length;
	} item;
	if (!address || (count && !decode_read(decode, address, &item, sizeof(item)))) {
		text_address(decode->text, address);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			str_add(decode->text, ", ");
		if (i >= DECODE_ELEMENTS_MAX || !decode_read(decode, address + i * sizeof(item), &item, sizeof(item))) {
			str_add(decode->text, "...");
			break;
		}
		uint64_t filled = item.length < bytes ? item.length : bytes;
		bytes -= filled;
		str_add(decode->text, "{iov_base=");
		if (has_contents)
			decode_bytes(decode, item.base, filled);
		else
			text_address(decode->text, item.base);
		str_printf(decode->text, ", iov_len=%" PRIu64 "}", item.length);
	}
	str_char(decode->text, ']');
}

static bool is_receiving(const struct decode *decode)
{
	const struct syscall_row *row = syscall_row_of(decode->event);
	if (!row)
		return false;
	for (unsigned i = 0; i < row->count; i++)
		if (row->arguments[i].direction == DIRECTION_OUT)
			return true;
	return false;
}

// In a msghdr the count is the field behind; otherwise it is an argument. A reading call filled as much as it returned.
void kind_iovec(const struct decode *decode, uint64_t value)
{
	uint64_t count = decode_length(decode), bytes = UINT64_MAX;
	if (decode->base)
		memcpy(&count, decode->base + decode->argument->offset + 8, sizeof(count));
	if (decode->event->phase == SYSCALL_RETURN && is_receiving(decode))
		bytes = decode->event->result < 0 ? 0 : (uint64_t)decode->event->result;
	decode_iovec(decode, value, count, bytes, true);
}

void kind_iovec_bare(const struct decode *decode, uint64_t value)
{
	decode_iovec(decode, value, decode_length(decode), 0, false);
}

enum { DIRENTS_READ_MAX = 1 << 20, DIRENT_LENGTH_AT = 16 };

// As strace does without -v: how many entries, not which.
void kind_dirents(const struct decode *decode, uint64_t value)
{
	uint64_t total = decode_length(decode), offset = 0;
	unsigned count = 0;
	text_address(decode->text, value);
	if (total > DIRENTS_READ_MAX)
		return;
	while (offset < total) {
		uint16_t length = 0;
		if (!decode_read(decode, value + offset + DIRENT_LENGTH_AT, &length, sizeof(length)) || length < DIRENT_LENGTH_AT)
			return;
		offset += length;
		count++;
	}
	str_printf(decode->text, " /* %u entr%s */", count, count == 1 ? "y" : "ies");
}

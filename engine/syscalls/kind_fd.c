#include "engine/syscalls/decode.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void add_link(struct str *text, const char *path, size_t length)
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof(deleted) - 1;
	bool is_deleted = length > tail && memcmp(path + length - tail, deleted, tail) == 0;
	if (is_deleted)
		length -= tail;
	str_char(text, '<');
	for (size_t i = 0; i < length; i++) {
		if (path[i] == '<' || path[i] == '>')
			str_printf(text, "\\%o", (unsigned)path[i]);
		else
			text_escape(text, path + i, 1, i + 1 < length && path[i + 1] >= '0' && path[i + 1] <= '9');
	}
	str_add(text, is_deleted ? ">(deleted)" : ">");
}

void kind_fd(const struct decode *decode, uint64_t value)
{
	int fd = (int)value;
	str_printf(decode->text, "%d", fd);
	if (fd < 0 || !decode->context->show_fd_paths || !decode->context->tid)
		return;
	char link[64], path[DECODE_PATH_MAX];
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", decode->context->tid, fd);
	ssize_t length = readlink(link, path, sizeof(path));
	if (length > 0)
		add_link(decode->text, path, (size_t)length);
}

void kind_dirfd(const struct decode *decode, uint64_t value)
{
	if ((int)value == AT_FDCWD)
		str_add(decode->text, "AT_FDCWD");
	else
		kind_fd(decode, value);
}

enum { FD_SET_BYTES = 128 };

// At most the 1024 descriptors of an fd_set, and only as many as the call looks at.
static bool read_fd_set(const struct decode *decode, uint64_t address, uint64_t count, uint8_t *bits)
{
	size_t bytes = (size_t)(count < FD_SET_BYTES * 8 ? (count + 7) / 8 : FD_SET_BYTES);
	memset(bits, 0, FD_SET_BYTES);
	return decode_read(decode, address, bits, bytes);
}

static void add_fd_set(const struct decode *decode, const uint8_t *bits, uint64_t count, bool has_paths)
{
	unsigned end = count < FD_SET_BYTES * 8 ? (unsigned)count : FD_SET_BYTES * 8;
	struct syscall_context context = *decode->context;
	context.show_fd_paths = has_paths && context.show_fd_paths;
	struct decode inner = *decode;
	inner.context = &context;
	bool is_first = true;
	str_char(decode->text, '[');
	for (unsigned fd = 0; fd < end; fd++) {
		if (!(bits[fd / 8] & 1u << fd % 8))
			continue;
		if (!is_first)
			str_char(decode->text, ' ');
		is_first = false;
		kind_fd(&inner, fd);
	}
	str_char(decode->text, ']');
}

void kind_fd_set(const struct decode *decode, uint64_t value)
{
	uint8_t bits[FD_SET_BYTES];
	uint64_t count = decode_length(decode);
	if (!value || !read_fd_set(decode, value, count, bits))
		text_address(decode->text, value);
	else
		add_fd_set(decode, bits, count, true);
}

static bool has_bits(const uint8_t *bits)
{
	for (unsigned i = 0; i < FD_SET_BYTES; i++)
		if (bits[i])
			return true;
	return false;
}

static void add_ready_sets(const struct decode *decode)
{
	static const char *const names[] = { "in", "out", "except" };
	bool is_first = true;
	for (unsigned i = 0; i < 3; i++) {
		uint8_t bits[FD_SET_BYTES];
		uint64_t count = decode->arguments[0], address = decode->arguments[i + 1];
		if (!address || (int)count < 0 || !read_fd_set(decode, address, (uint32_t)count, bits) || !has_bits(bits))
			continue;
		str_printf(decode->text, "%s%s ", is_first ? " (" : ", ", names[i]);
		is_first = false;
		add_fd_set(decode, bits, (uint32_t)count, false);
	}
	if (!is_first)
		str_char(decode->text, ')');
}

enum { POLLS_LOOKED_AT = 1 << 16 };

static void add_ready_polls(const struct decode *decode)
{
	uint64_t count = (uint32_t)decode->arguments[1];
	unsigned shown = 0;
	struct syscall_context context = *decode->context;
	context.show_fd_paths = false;
	struct decode inner = *decode;
	inner.context = &context;
	const struct layout *layout = &layouts[LAYOUT_pollfd_ready];
	str_add(decode->text, " ([");
	for (uint64_t i = 0; i < count && i < POLLS_LOOKED_AT && shown < DECODE_ELEMENTS_MAX; i++) {
		_Alignas(8) uint8_t bytes[8];
		uint64_t address = decode->arguments[0] + i * sizeof(bytes);
		if (!decode_read(decode, address, bytes, sizeof(bytes)))
			break;
		if (!bytes[6] && !bytes[7])
			continue;
		if (shown++)
			str_add(decode->text, ", ");
		decode_fields(&inner, layout, bytes, address);
	}
	str_add(decode->text, "])");
}

// What select and poll found: "1 ([{fd=3, revents=POLLIN}])", "2 (in [3 4])", "0 (Timeout)".
void kind_ready(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "%d", (int)value);
	const struct syscall_row *row = syscall_row_of(decode->event);
	if (!value)
		str_add(decode->text, " (Timeout)");
	else if (row && row->arguments[0].kind == KIND_structures)
		add_ready_polls(decode);
	else if (row)
		add_ready_sets(decode);
}

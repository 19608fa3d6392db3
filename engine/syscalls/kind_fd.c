#include "engine/syscalls/decode.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

static void add_escaped(struct str *text, const char *path, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (path[i] == '<' || path[i] == '>')
			str_printf(text, "\\%o", (unsigned)path[i]);
		else
			text_escape(text, path + i, 1, i + 1 < length && path[i + 1] >= '0' && path[i + 1] <= '9');
	}
}

static void add_link(struct str *text, const char *path, size_t length)
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof(deleted) - 1;
	bool is_deleted = length > tail && memcmp(path + length - tail, deleted, tail) == 0;
	str_char(text, '<');
	add_escaped(text, path, is_deleted ? length - tail : length);
	str_add(text, is_deleted ? ">(deleted)" : ">");
}

static ssize_t read_link(const struct decode *decode, const char *name, int fd, char *path, size_t size)
{
	char link[64];
	if (!decode->context->tid)
		return -1;
	if (name)
		snprintf(link, sizeof(link), "/proc/%d/%s", decode->context->tid, name);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", decode->context->tid, fd);
	ssize_t length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = '\0';
	return length;
}

static bool socket_inode(const char *path, uint64_t *inode_ret)
{
	unsigned long long inode;
	if (sscanf(path, "socket:[%llu]", &inode) != 1)
		return false;
	*inode_ret = inode;
	return true;
}

// "TCP:[4711]": one that is neither bound nor connected stands in no table, but tells its protocol (sockfs in net/socket.c of the kernel).
static bool socket_protocol(const struct decode *decode, int fd, uint64_t inode, struct str *text)
{
	char link[64], protocol[32];
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", decode->context->tid, fd);
	ssize_t length = getxattr(link, "system.sockprotoname", protocol, sizeof(protocol) - 1);
	if (length <= 0)
		return false;
	protocol[length] = '\0';
	str_printf(text, "%s:[%llu]", protocol, (unsigned long long)inode);
	return true;
}

static bool describe_socket(const struct decode *decode, int fd, const char *path, struct str *text)
{
	uint64_t inode;
	return socket_inode(path, &inode) &&
	       (socket_words(decode->context->tid, inode, text) || socket_protocol(decode, fd, inode, text));
}

static void add_target(const struct decode *decode, int fd, const char *path, size_t length)
{
	_cleanup_str_ struct str words = STR_INIT;
	if (decode->context->show_sockets && describe_socket(decode, fd, path, &words))
		str_printf(decode->text, "<%s>", str_text(&words));
	else
		add_link(decode->text, path, length);
}

// Names of parts are unique: an epoll has a line "tfd" for each descriptor.
static void add_info_line(const struct decode *decode, const char *name, const char *words, unsigned repetition)
{
	char unique[128];
	snprintf(unique, sizeof(unique), repetition ? "%s [%u]" : "%s", name, repetition);
	decode_note(decode, unique, NULL, words);
}

// The lines of /proc/TID/fdinfo/FD, "pos:\t0", "flags:\t02": each a part.
static void add_fd_info(const struct decode *decode, int fd)
{
	char path[64], line[256], last[64] = "";
	unsigned repetition = 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", decode->context->tid, fd);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		char *value = colon + 1 + strspn(colon + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		_cleanup_str_ struct str words = STR_INIT;
		if (str_equal(line, "flags"))
			text_flags(&words, &flag_sets[FLAGS_open], strtoul(value, NULL, 8));
		repetition = str_equal(line, last) ? repetition + 1 : 0;
		snprintf(last, sizeof(last), "%.*s", (int)sizeof(last) - 1, line);
		add_info_line(decode, line, words.length ? str_text(&words) : value, repetition);
	}
	if (file)
		fclose(file);
}

static void add_fd_parts(const struct decode *decode, int fd)
{
	char path[DECODE_PATH_MAX];
	_cleanup_str_ struct str words = STR_INIT;
	if (!decode->tree || fd < 0 || read_link(decode, NULL, fd, path, sizeof(path)) <= 0)
		return;
	decode_note(decode, "target", NULL, path);
	if (describe_socket(decode, fd, path, &words))
		decode_note(decode, "socket", NULL, str_text(&words));
	add_fd_info(decode, fd);
}

void kind_fd(const struct decode *decode, uint64_t value)
{
	int fd = (int)value;
	char path[DECODE_PATH_MAX];
	text_signed(decode->text, fd);
	if (fd < 0 || !decode->context->show_fd_paths)
		return;
	ssize_t length = read_link(decode, NULL, fd, path, sizeof(path));
	if (length > 0)
		add_target(decode, fd, path, (size_t)length);
	add_fd_parts(decode, fd);
}

void kind_dirfd(const struct decode *decode, uint64_t value)
{
	char path[DECODE_PATH_MAX];
	if ((int)value != AT_FDCWD) {
		kind_fd(decode, value);
		return;
	}
	str_add(decode->text, "AT_FDCWD");
	ssize_t length = decode->context->show_fd_paths ? read_link(decode, "cwd", 0, path, sizeof(path)) : 0;
	if (length > 0)
		add_link(decode->text, path, (size_t)length);
}

// ---- select and poll ------------------------------------------------------------------------------------------------------

enum { FD_SET_BYTES = 128 };

// At most the 1024 descriptors of an fd_set, and only as many as the call looks at, in whole words as the kernel does.
static bool read_fd_set(const struct decode *decode, uint64_t address, uint64_t count, uint8_t *bits)
{
	size_t word = decode_word_size(decode);
	size_t bytes = (size_t)(count < FD_SET_BYTES * 8 ? (count + 8 * word - 1) / (8 * word) * word : FD_SET_BYTES);
	memset(bits, 0, FD_SET_BYTES);
	return decode_read(decode, address, bits, bytes);
}

static void add_fd_set(const struct decode *decode, const uint8_t *bits, uint64_t count, bool has_paths)
{
	static const struct argument descriptor = { .name = "", .kind = KIND_fd };
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
		decode_element(&inner, &descriptor, fd, fd, 0);
	}
	str_char(decode->text, ']');
}

void kind_fd_set(const struct decode *decode, uint64_t value)
{
	uint8_t bits[FD_SET_BYTES];
	uint64_t count = decode_length(decode);
	if (!value || (int)count < 0 || !read_fd_set(decode, value, count, bits))
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

// ", left {...}": what is not used up of the timeout, where the kernel writes it back.
static void add_left(const struct decode *decode, unsigned index, bool *is_first)
{
	const struct syscall_row *row = syscall_row_of(decode->event);
	uint64_t address = decode->arguments[index];
	const struct layout *layout = row && index < row->count ? decode_layout(decode, row->arguments[index].detail) : NULL;
	if (!layout || !address || row->arguments[index].kind != KIND_structure)
		return;
	str_add(decode->text, *is_first ? " (left " : ", left ");
	*is_first = false;
	decode_struct(decode, layout, address, UINT64_MAX);
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
		add_fd_set(decode, bits, (uint32_t)count, true);
	}
	add_left(decode, 4, &is_first);
	if (!is_first)
		str_char(decode->text, ')');
}

enum { POLLS_LOOKED_AT = 1 << 16 };

static void add_ready_polls(const struct decode *decode)
{
	uint64_t count = (uint32_t)decode->arguments[1];
	unsigned shown = 0;
	const struct layout *layout = &layouts[LAYOUT_pollfd_ready];
	struct decode inner = *decode;
	inner.tree = NULL;
	str_add(decode->text, " ([");
	for (uint64_t i = 0; i < count && i < POLLS_LOOKED_AT && shown < decode_elements_max(decode); i++) {
		_Alignas(8) uint8_t bytes[8];
		uint64_t address = decode->arguments[0] + i * sizeof(bytes);
		if (!decode_read(decode, address, bytes, sizeof(bytes)))
			break;
		if (!bytes[6] && !bytes[7])
			continue;
		if (shown++)
			str_add(decode->text, ", ");
		decode_fields(&inner, layout, bytes, address, sizeof(bytes));
	}
	str_char(decode->text, ']');
	bool is_first = false;
	add_left(&inner, 2, &is_first);
	str_char(decode->text, ')');
}

// What select and poll found: "1 ([{fd=3, revents=POLLIN}])", "2 (in [3 4])", "0 (Timeout)".
void kind_ready(const struct decode *decode, uint64_t value)
{
	text_signed(decode->text, (int)value);
	const struct syscall_row *row = syscall_row_of(decode->event);
	struct decode inner = *decode;
	struct syscall_context context = *decode->context;
	context.show_fd_paths = false;
	inner.context = &context;
	inner.tree = NULL;
	if (!value)
		str_add(decode->text, " (Timeout)");
	else if (row && row->arguments[0].kind == KIND_structures)
		add_ready_polls(&inner);
	else if (row)
		add_ready_sets(&inner);
}

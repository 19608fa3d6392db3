#include "engine/syscalls/decode.h"

#include <inttypes.h>
#include <stdio.h>

static void add_elements(const struct decode *decode, uint64_t address, uint64_t count)
{
	const struct argument *array = decode->argument;
	unsigned size = decode_element_size(decode, array), limit = decode_elements_max(decode);
	struct argument element = { .name = "", .kind = array->element, .size = (uint16_t)size, .detail = array->detail,
				    .is_unsigned = array->is_unsigned };
	for (uint64_t i = 0; i < count; i++, address += size) {
		uint8_t bytes[8];
		if (i)
			str_add(decode->text, ", ");
		if (i >= limit || decode_is_full(decode)) {
			str_add(decode->text, "...");
			return;
		}
		if (!decode_read(decode, address, bytes, size)) {
			text_rest(decode->text, address);
			return;
		}
		decode_element(decode, &element, i, decode_field(&element, bytes), address);
	}
}

void kind_array(const struct decode *decode, uint64_t value)
{
	uint64_t count = decode_length(decode);
	unsigned size = decode_element_size(decode, decode->argument);
	uint8_t bytes[8];
	if (!value || size > sizeof(bytes) || (count && !decode_read(decode, value, bytes, size))) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	add_elements(decode, value, count);
	str_char(decode->text, ']');
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

// ---- iovec ----------------------------------------------------------------------------------------------------------------

struct transfer {
	uint64_t address, count;
	uint64_t bytes;          // how many of them hold something
	bool has_contents;
};

static void add_iovec(const struct decode *decode, const struct transfer *transfer, uint64_t position, uint64_t base, uint64_t length,
		      uint64_t filled)
{
	unsigned word = decode_word_size(decode);
	struct argument contents = { .name = "iov_base", .kind = transfer->has_contents ? KIND_buffer : KIND_address, .size = (uint16_t)word,
				     .length_source = LENGTH_ARGUMENT };
	struct argument size = { .name = "iov_len", .kind = KIND_ulong, .size = (uint16_t)word };
	uint64_t place = transfer->address + position * 2 * word;
	uint64_t lengths[1] = { filled };
	struct decode inner = *decode;
	inner.arguments = lengths;
	char name[32] = "";
	if (decode->tree)
		snprintf(name, sizeof(name), "[%" PRIu64 "]", position);
	struct part part = decode_part(decode, name, "struct iovec");
	str_add(decode->text, "{iov_base=");
	decode_value(&inner, &contents, base, place);
	str_add(decode->text, ", iov_len=");
	decode_value(&inner, &size, length, place + word);
	str_char(decode->text, '}');
	decode_part_end(decode, &part);
}

static bool read_iovec(const struct decode *decode, uint64_t address, uint64_t *base, uint64_t *length)
{
	return decode_read_word(decode, address, base) && decode_read_word(decode, address + decode_word_size(decode), length);
}

static void add_transfer(const struct decode *decode, const struct transfer *transfer)
{
	uint64_t base, length, bytes = transfer->bytes, address = transfer->address;
	unsigned limit = decode_elements_max(decode);
	for (uint64_t i = 0; i < transfer->count; i++, address += 2 * decode_word_size(decode)) {
		if (i)
			str_add(decode->text, ", ");
		if (i >= limit || decode_is_full(decode)) {
			str_add(decode->text, "...");
			return;
		}
		if (!read_iovec(decode, address, &base, &length)) {
			text_rest(decode->text, address);
			return;
		}
		uint64_t filled = length < bytes ? length : bytes;
		bytes -= filled;
		add_iovec(decode, transfer, i, base, length, filled);
	}
}

static void decode_iovec(const struct decode *decode, const struct transfer *transfer)
{
	uint64_t base, length;
	if (!transfer->address || (transfer->count && !read_iovec(decode, transfer->address, &base, &length))) {
		text_address(decode->text, transfer->address);
		return;
	}
	str_char(decode->text, '[');
	add_transfer(decode, transfer);
	str_char(decode->text, ']');
}

static bool is_receiving(const struct decode *decode)
{
	const struct syscall_row *row = syscall_row_of(decode->event);
	for (unsigned i = 0; row && i < row->count; i++)
		if (row->arguments[i].direction == DIRECTION_OUT)
			return true;
	return false;
}

// How many bytes the call filled: what it returned, or in a mmsghdr what stands behind the msghdr.
static uint64_t bytes_moved(const struct decode *decode)
{
	if (decode->event->phase != SYSCALL_RETURN || !is_receiving(decode))
		return UINT64_MAX;
	if (decode->has_moved)
		return decode->moved;
	return decode->event->result < 0 ? 0 : (uint64_t)decode->event->result;
}

void kind_iovec(const struct decode *decode, uint64_t value)
{
	bool is_empty = decode->event->is_error && is_receiving(decode);   // a call that failed filled nothing
	struct transfer transfer = { .address = value, .count = decode_length(decode), .bytes = bytes_moved(decode), .has_contents = !is_empty };
	decode_iovec(decode, &transfer);
}

void kind_iovec_bare(const struct decode *decode, uint64_t value)
{
	struct transfer transfer = { .address = value, .count = decode_length(decode) };
	decode_iovec(decode, &transfer);
}

// ---- directory entries ----------------------------------------------------------------------------------------------------

enum { DIRENTS_READ_MAX = 1 << 20, DIRENT_LENGTH_AT = 16 };

// The old struct has its type behind the name, the new one before it: getdents (2).
static void add_dirent(const struct decode *decode, uint64_t address, unsigned length, bool is_new)
{
	unsigned word = is_new ? 8 : decode_word_size(decode), name_at = 2 * word + 2 + is_new;
	uint64_t inode = 0, offset = 0;
	uint8_t type = 0;
	bool is_read = decode_read(decode, address, &inode, word) && decode_read(decode, address + word, &offset, word) &&
		       decode_read(decode, is_new ? address + name_at - 1 : address + length - 1, &type, 1);
	if (!is_read || length <= name_at) {
		text_address(decode->text, address);
		return;
	}
	str_printf(decode->text, "{d_ino=%" PRIu64 ", d_off=%" PRId64 ", d_reclen=%u, ", inode, (int64_t)offset, length);
	if (is_new) {
		str_add(decode->text, "d_type=");
		text_choice(decode->text, &flag_sets[FLAGS_directory_type], type);
		str_add(decode->text, ", ");
	}
	str_add(decode->text, "d_name=");
	decode_text(decode, address + name_at, length - name_at);
	if (!is_new) {
		str_add(decode->text, ", d_type=");
		text_choice(decode->text, &flag_sets[FLAGS_directory_type], type);
	}
	str_char(decode->text, '}');
}

// How many entries; false if one of them cannot be read.
static bool walk_dirents(const struct decode *decode, uint64_t address, uint64_t total, bool is_shown, unsigned *count_ret)
{
	bool is_new = decode->argument->detail;
	unsigned word = is_new ? 8 : decode_word_size(decode), count = 0;
	uint64_t offset = 0;
	for (; offset < total && total <= DIRENTS_READ_MAX; count++) {
		uint16_t length = 0;
		if (!decode_read(decode, address + offset + 2 * word, &length, sizeof(length)) || length < 2 * word + 3 || decode_is_full(decode))
			break;
		if (is_shown) {
			char name[32] = "";
			if (decode->tree)
				snprintf(name, sizeof(name), "[%u]", count);
			str_add(decode->text, count ? ", " : "");
			struct part part = decode_part(decode, name, is_new ? "struct dirent64" : "struct dirent");
			add_dirent(decode, address + offset, length, is_new);
			decode_part_end(decode, &part);
		}
		offset += length;
	}
	*count_ret = count;
	return offset >= total;
}

// How many entries, not which, unless all is wanted.
void kind_dirents(const struct decode *decode, uint64_t value)
{
	uint64_t total = decode_length(decode);
	unsigned count = 0;
	size_t start = decode->text->length;
	bool is_verbose = decode_is_verbose(decode);
	if (is_verbose)
		str_char(decode->text, '[');
	bool is_whole = walk_dirents(decode, value, total, is_verbose || decode->tree, &count);
	if (is_verbose && (is_whole || count)) {
		str_char(decode->text, ']');
		return;
	}
	str_truncate(decode->text, start);
	text_address(decode->text, value);
	if (is_whole)
		str_printf(decode->text, " /* %u entr%s */", count, count == 1 ? "y" : "ies");
}

// ---- other lists ----------------------------------------------------------------------------------------------------------

// An array of pointers to structs.
void kind_pointers(const struct decode *decode, uint64_t value)
{
	const struct layout *layout = decode_layout(decode, decode->argument->detail);
	uint64_t count = decode_length(decode), item;
	unsigned word = decode_word_size(decode), limit = decode_elements_max(decode);
	if (!value || !layout || (count && !decode_read_word(decode, value, &item))) {
		text_address(decode->text, value);
		return;
	}
	struct argument element = { .name = "", .kind = KIND_structure, .detail = decode->argument->detail, .size = (uint16_t)word };
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < count; i++) {
		str_add(decode->text, i ? ", " : "");
		if (i >= limit || decode_is_full(decode)) {
			str_add(decode->text, "...");
			break;
		}
		if (!decode_read_word(decode, value + i * word, &item)) {
			text_rest(decode->text, value + i * word);
			break;
		}
		decode_element(decode, &element, i, item, value + i * word);
	}
	str_char(decode->text, ']');
}

enum { NODE_WORDS_MAX = 16 };

// A mask of memory nodes: the length counts bits, one more than are looked at.
void kind_node_mask(const struct decode *decode, uint64_t value)
{
	uint64_t bits = decode_length(decode), words = (bits + 63) / 64, word;
	if (!value || !bits || words > NODE_WORDS_MAX || !decode_read(decode, value, &word, sizeof(word))) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < words; i++) {
		str_add(decode->text, i ? ", " : "");
		if (!decode_read(decode, value + i * sizeof(word), &word, sizeof(word))) {
			text_rest(decode->text, value + i * sizeof(word));
			break;
		}
		str_printf(decode->text, "0x%016" PRIx64, word);
	}
	str_char(decode->text, ']');
}

enum { PAGE_BYTES = 4096 };

// One byte a page, its lowest bit whether it is in memory: mincore (2).
void kind_mincore(const struct decode *decode, uint64_t value)
{
	uint64_t pages = (decode->arguments[1] + PAGE_BYTES - 1) / PAGE_BYTES;
	unsigned limit = decode_elements_max(decode);
	uint8_t byte;
	if (!value || !pages || !decode_read(decode, value, &byte, 1)) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < pages; i++) {
		str_add(decode->text, i ? ", " : "");
		if (i >= limit) {
			str_add(decode->text, "...");
			break;
		}
		if (!decode_read(decode, value + i, &byte, 1)) {
			text_rest(decode->text, value + i);
			break;
		}
		text_unsigned(decode->text, byte & 1);
	}
	str_char(decode->text, ']');
}

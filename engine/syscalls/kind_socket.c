// Socket options and control messages: what they hold says options.def.
#include "engine/syscalls/decode.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

struct option {
	uint32_t level, name;
	bool is_message;         // a control message, not an option
	struct argument value;
};

// clang-format off
static const struct option options[] = {
#define OPTION(level_, name_, kind_, ...) { .level = (level_), .name = (name_), .value = { .name = "", .kind = KIND_##kind_, ##__VA_ARGS__ } },
#define MESSAGE(level_, name_, kind_, ...) { .level = (level_), .name = (name_), .is_message = true, .value = { .name = "", .kind = KIND_##kind_, ##__VA_ARGS__ } },
#include "engine/syscalls/options.def"
#undef OPTION
#undef MESSAGE
};
// clang-format on

static const struct option *find_option(uint64_t level, uint64_t name, bool is_message)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].level == (uint32_t)level && options[i].name == (uint32_t)name && options[i].is_message == is_message)
			return &options[i];
	return NULL;
}

// `known` with `length` bytes at `address`; as many elements of an array as fit.
static void add_known(const struct decode *decode, const struct option *option, uint64_t address, uint64_t length)
{
	struct argument known = option->value;
	uint64_t lengths[1] = { length };
	struct decode inner = *decode;
	inner.arguments = lengths;
	inner.argument = &known;
	known.length_source = LENGTH_ARGUMENT;
	known.length = 0;
	if (known.kind == KIND_array)
		lengths[0] = length / decode_element_size(decode, &known);
	decode_value(&inner, &known, address, 0);
}

void kind_option(const struct decode *decode, uint64_t value)
{
	uint64_t length = decode_length(decode);
	const struct option *option = find_option(decode->arguments[1], decode->arguments[2], false);
	int32_t number;
	if (option)
		add_known(decode, option, value, length);
	else if (length == sizeof(number) && value && decode_read(decode, value, &number, sizeof(number)))
		str_printf(decode->text, "[%d]", number);
	else
		decode_bytes(decode, value, length);
}

// ---- control messages -----------------------------------------------------------------------------------------------------

static const struct flag_set *message_names(unsigned level)
{
	switch (level) {
	case 0: return &flag_sets[FLAGS_ip_option];
	case 1: return &flag_sets[FLAGS_scm];
	case 41: return &flag_sets[FLAGS_ipv6_option];
	default: return &flag_sets[FLAGS_nothing];
	}
}

struct message_head {
	uint64_t length;
	uint32_t level, type;
};

static bool read_head(const struct decode *decode, uint64_t address, struct message_head *head)
{
	unsigned word = decode_word_size(decode);
	return decode_read_word(decode, address, &head->length) && decode_read(decode, address + word, &head->level, 4) &&
	       decode_read(decode, address + word + 4, &head->type, 4);
}

static void add_message(const struct decode *decode, uint64_t address, const struct message_head *head, uint64_t room)
{
	unsigned size = decode_word_size(decode) + 8;
	uint64_t length = head->length < room ? head->length : room;
	str_add(decode->text, "{cmsg_len=");
	text_unsigned(decode->text, head->length);
	str_add(decode->text, ", cmsg_level=");
	text_choice(decode->text, &flag_sets[FLAGS_socket_level], head->level);
	str_add(decode->text, ", cmsg_type=");
	text_choice(decode->text, message_names(head->level), head->type);
	if (length > size) {
		const struct option *option = find_option(head->level, head->type, true);
		str_add(decode->text, ", cmsg_data=");
		if (option)
			add_known(decode, option, address + size, length - size);
		else
			decode_bytes(decode, address + size, length - size);
	}
	str_char(decode->text, '}');
}

enum { MESSAGES_MAX = 64 };

void kind_message_control(const struct decode *decode, uint64_t value)
{
	uint64_t total = decode_length(decode), offset = 0;
	unsigned word = decode_word_size(decode), size = word + 8;
	struct message_head head;
	if (!value || total < size || !read_head(decode, value, &head)) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (unsigned i = 0; total - offset >= size && i < MESSAGES_MAX; i++) {
		char name[32] = "";
		if (!read_head(decode, value + offset, &head))
			break;
		if (decode->tree)
			snprintf(name, sizeof(name), "[%u]", i);
		str_add(decode->text, i ? ", " : "");
		struct part part = decode_part(decode, name, "struct cmsghdr");
		add_message(decode, value + offset, &head, total - offset);
		decode_part_end(decode, &part);
		uint64_t step = (head.length + word - 1) / word * word;
		if (head.length < size || step > total - offset)
			break;
		offset += step;
	}
	str_char(decode->text, ']');
}

// "110 => 16": what there was room for, and how long the address is that came.
void kind_name_length(const struct decode *decode, uint64_t value)
{
	const struct syscall_entry *entry = decode->context->entry;
	bool is_changed = entry && entry->is_valid && decode->depth == 1 && entry->name_length && entry->name_length != (int32_t)value;
	if (is_changed && decode->event->phase == SYSCALL_RETURN && !decode->event->is_error) {
		text_signed(decode->text, entry->name_length);
		str_add(decode->text, " => ");
	}
	text_signed(decode->text, (int32_t)value);
}

// ---- classic filters ------------------------------------------------------------------------------------------------------

enum { FILTER_MAX = 4096 };

static void add_instruction(const struct decode *decode, const struct sock_filter *instruction)
{
	bool is_jump = BPF_CLASS(instruction->code) == BPF_JMP;
	str_add(decode->text, is_jump ? "BPF_JUMP(" : "BPF_STMT(");
	text_choice(decode->text, &flag_sets[FLAGS_bpf_code], instruction->code);
	str_printf(decode->text, ", %#x", instruction->k);
	if (is_jump)
		str_printf(decode->text, ", %#x, %#x", instruction->jt, instruction->jf);
	str_char(decode->text, ')');
}

// A program of seccomp or SO_ATTACH_FILTER: its address, its instructions where all is wanted.
void kind_bpf_filter(const struct decode *decode, uint64_t value)
{
	uint64_t count = decode_length(decode);
	struct sock_filter instruction;
	bool is_shown = value && count && count <= FILTER_MAX && (decode_is_verbose(decode) || decode->tree);
	if (!is_shown || !decode_read(decode, value, &instruction, sizeof(instruction))) {
		text_address(decode->text, value);
		return;
	}
	str_char(decode->text, '[');
	for (uint64_t i = 0; i < count; i++) {
		uint64_t address = value + i * sizeof(instruction);
		char name[32] = "";
		str_add(decode->text, i ? ", " : "");
		if (!decode_read(decode, address, &instruction, sizeof(instruction))) {
			text_rest(decode->text, address);
			break;
		}
		if (decode->tree)
			snprintf(name, sizeof(name), "[%u]", (unsigned)i);
		struct part part = decode_part(decode, name, "struct sock_filter");
		add_instruction(decode, &instruction);
		decode_part_end(decode, &part);
	}
	str_char(decode->text, ']');
}

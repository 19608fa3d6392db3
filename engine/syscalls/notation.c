#include "engine/syscalls/notation.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/syscalls/table.h"

// ---- names ----------------------------------------------------------------------------------------------------------------

struct constant {
	const char *name;
	uint64_t value;
};

static const struct constant modes[] = {
	{ "S_IFREG", S_IFREG }, { "S_IFSOCK", S_IFSOCK }, { "S_IFIFO", S_IFIFO }, { "S_IFLNK", S_IFLNK }, { "S_IFBLK", S_IFBLK },
	{ "S_IFDIR", S_IFDIR }, { "S_IFCHR", S_IFCHR },   { "S_ISUID", S_ISUID }, { "S_ISGID", S_ISGID }, { "S_ISVTX", S_ISVTX },
	{ "S_IRWXU", S_IRWXU }, { "S_IRUSR", S_IRUSR },   { "S_IWUSR", S_IWUSR }, { "S_IXUSR", S_IXUSR }, { "S_IRWXG", S_IRWXG },
	{ "S_IRGRP", S_IRGRP }, { "S_IWGRP", S_IWGRP },   { "S_IXGRP", S_IXGRP }, { "S_IRWXO", S_IRWXO }, { "S_IROTH", S_IROTH },
	{ "S_IWOTH", S_IWOTH }, { "S_IXOTH", S_IXOTH },   { NULL, 0 },
};
static const struct constant directories[] = { { "AT_FDCWD", (uint64_t)AT_FDCWD }, { NULL, 0 } };
static const struct constant handlers[] = { { "SIG_DFL", 0 }, { "SIG_IGN", 1 }, { NULL, 0 } };
static const struct constant moments[] = { { "UTIME_NOW", 0x3fffffff }, { "UTIME_OMIT", 0x3ffffffe }, { NULL, 0 } };
static const struct constant limits[] = { { "RLIM_INFINITY", UINT64_MAX }, { "RLIM64_INFINITY", UINT64_MAX }, { NULL, 0 } };
static const struct constant pointers[] = { { "NULL", 0 }, { NULL, 0 } };

static const struct constant *constants_of(enum kind_id kind)
{
	switch (kind) {
	case KIND_mode: case KIND_file_mode: return modes;
	case KIND_fd: case KIND_dirfd: return directories;
	case KIND_handler: return handlers;
	case KIND_utime_nsec: return moments;
	case KIND_rlim: return limits;
	default: return kind_is_pointer(kind) || kind == KIND_address ? pointers : NULL;
	}
}

static const struct flag_set *set_of(const struct syscall_value *value)
{
	switch ((enum kind_id)value->kind) {
	case KIND_flags: case KIND_flags64: case KIND_choice: case KIND_request: case KIND_result_flags: case KIND_ipc_flags: case KIND_persona:
		return &flag_sets[value->detail];
	case KIND_clone_flags: return &flag_sets[FLAGS_clone];
	case KIND_clock: return &flag_sets[FLAGS_clock];
	case KIND_protocol: return &flag_sets[FLAGS_ethernet_protocol];
	default: return NULL;
	}
}

static bool find_flag(const struct syscall_value *value, const char *name, uint64_t *number_ret)
{
	const struct flag_set *set = set_of(value);
	for (unsigned i = 0; set && i < set->count; i++) {
		if (str_equal(set->flags[i].name, name)) {
			*number_ret = set->flags[i].value;
			return true;
		}
	}
	return false;
}

static bool find_constant(const struct syscall_value *value, const char *name, uint64_t *number_ret)
{
	const struct constant *at = constants_of((enum kind_id)value->kind);
	for (; at && at->name; at++) {
		if (str_equal(at->name, name)) {
			*number_ret = at->value;
			return true;
		}
	}
	return false;
}

// As text_signal() writes them.
static bool find_signal(const struct syscall_value *value, const char *name, uint64_t *number_ret)
{
	enum { REALTIME = 32 };
	bool is_signal = value->kind == KIND_signal || value->kind == KIND_clone_flags;
	int number;
	if (!is_signal || isdigit((unsigned char)name[0]))
		return false;
	if (str_equal(name, "SIGRTMIN"))
		number = REALTIME;
	else if (sscanf(name, "SIGRT_%d", &number) == 1)
		number += REALTIME;
	else
		number = signal_number(name);
	*number_ret = (uint64_t)number;
	return number > 0;
}

static bool find_name(const struct syscall_value *value, const char *name, uint64_t *number_ret)
{
	return find_flag(value, name, number_ret) || find_constant(value, name, number_ret) || find_signal(value, name, number_ret);
}

int notation_errno(const char *name)
{
	static const struct constant aliases[] = { { "EWOULDBLOCK", EAGAIN }, { "ENOTSUP", EOPNOTSUPP }, { "EDEADLOCK", EDEADLK } };
	enum { ERRNO_END = 200 };   // those that programs see
	for (int number = 1; number < ERRNO_END; number++) {
		const char *known = errno_name(number);
		if (known && str_equal(known, name))
			return number;
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_equal(aliases[i].name, name))
			return (int)aliases[i].value;
	return 0;
}

// ---- functions ------------------------------------------------------------------------------------------------------------

struct call_text {
	const struct syscall_value *value;
	char argument[128];
};

static uint64_t number_or_name(const struct call_text *call, bool *is_good)
{
	char *end;
	uint64_t number = strtoull(call->argument, &end, 0);
	*is_good = end != call->argument && !*end;
	if (!*is_good)
		*is_good = find_name(call->value, call->argument, &number);
	return number;
}

static bool call_htons(const struct call_text *call, uint64_t *number_ret)
{
	bool is_good;
	*number_ret = htons((uint16_t)number_or_name(call, &is_good));
	return is_good;
}

static bool call_htonl(const struct call_text *call, uint64_t *number_ret)
{
	bool is_good;
	*number_ret = htonl((uint32_t)number_or_name(call, &is_good));
	return is_good;
}

static bool call_makedev(const struct call_text *call, uint64_t *number_ret)
{
	char *end, *last;
	unsigned long major_number = strtoul(call->argument, &end, 0);
	if (end == call->argument || *end != ',')
		return false;
	unsigned long minor_number = strtoul(end + 1, &last, 0);
	*number_ret = makedev((unsigned)major_number, (unsigned)minor_number);
	return last != end + 1 && !*last;
}

static bool call_inet_addr(const struct call_text *call, uint64_t *number_ret)
{
	struct in_addr address;
	char name[INET_ADDRSTRLEN + 2];
	size_t length = strlen(call->argument);
	bool is_quoted = length >= 2 && call->argument[0] == '"' && call->argument[length - 1] == '"';
	snprintf(name, sizeof(name), "%.*s", (int)(length - 2 * is_quoted), call->argument + is_quoted);
	*number_ret = 0;
	bool is_good = inet_pton(AF_INET, name, &address) == 1;
	if (is_good)
		*number_ret = address.s_addr;
	return is_good;
}

static const struct {
	const char *name;
	bool (*call)(const struct call_text *call, uint64_t *number_ret);
} functions[] = { { "htons", call_htons }, { "htonl", call_htonl }, { "makedev", call_makedev }, { "inet_addr", call_inet_addr } };

// "htons(80)" at `text`, `length` being that of the name: its value, and how long all of it is.
static bool find_call(const struct syscall_value *value, const char *text, size_t length, uint64_t *number_ret, size_t *all_ret)
{
	struct call_text call = { .value = value };
	const char *open = text + length;
	const char *close = *open == '(' ? strchr(open, ')') : NULL;
	if (!close || (size_t)(close - open) >= sizeof(call.argument))
		return false;
	memcpy(call.argument, open + 1, (size_t)(close - open - 1));
	*all_ret = (size_t)(close - text) + 1;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == length && strncmp(functions[i].name, text, length) == 0)
			return functions[i].call(&call, number_ret);
	return false;
}

// ---- the whole ------------------------------------------------------------------------------------------------------------

static size_t name_length(const char *text)
{
	size_t length = 0;
	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length;
}

static size_t comment_length(const char *text)
{
	const char *end = str_starts(text, "/*") ? strstr(text, "*/") : NULL;
	return end ? (size_t)(end - text) + 2 : 0;
}

static size_t add_name(const struct syscall_value *value, const char *text, struct str *expression)
{
	char name[128];
	uint64_t number;
	size_t length = name_length(text), all = length;
	if (length < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)length, text);
		if (find_name(value, name, &number) || find_call(value, text, length, &number, &all)) {
			str_hex(expression, number);
			return all;
		}
	}
	str_append(expression, text, length);
	return length;
}

static void add_names(const struct syscall_value *value, const char *text, struct str *expression)
{
	while (*text) {
		bool is_name = (isalpha((unsigned char)*text) || *text == '_');
		size_t length = comment_length(text);
		if (length) {
			text += length;
		} else if (is_name) {
			text += add_name(value, text, expression);
		} else if (isdigit((unsigned char)*text)) {   // with its suffix, or as 0x1f
			length = name_length(text);
			str_append(expression, text, length);
			text += length;
		} else {
			str_char(expression, *text++);
		}
	}
}

// "3</etc/hosts>": the file is told, not part of the number.
static size_t descriptor_length(const char *text)
{
	size_t digits = text[0] == '-';
	size_t length = digits + name_length(text + digits);
	return text[length] == '<' && strrchr(text, '>') ? length : strlen(text);
}

// A port or an address in network order, written as people do: 8080, 127.0.0.1.
static bool add_network(const struct syscall_value *value, const char *text, struct str *expression)
{
	struct call_text call = { .value = value };
	uint64_t number;
	bool is_good = false;
	snprintf(call.argument, sizeof(call.argument), "%s", text);
	switch ((enum kind_id)value->kind) {
	case KIND_port: case KIND_protocol: is_good = call_htons(&call, &number); break;
	case KIND_big32: is_good = call_htonl(&call, &number); break;
	case KIND_inet_address: is_good = strchr(text, '.') && call_inet_addr(&call, &number); break;
	case KIND_interface:
		number = if_nametoindex(text);
		is_good = number;
		break;
	default: break;
	}
	if (is_good)
		str_hex(expression, number);
	return is_good;
}

void notation_expression(const struct syscall_value *value, const char *text, struct str *expression)
{
	bool is_descriptor = value->kind == KIND_fd || value->kind == KIND_dirfd;
	text += strspn(text, " \t");
	const char *after = strstr(text, " => ");   // "110 => 16": what it is now
	text = after ? after + 4 : text;
	if (add_network(value, text, expression))
		return;
	size_t length = is_descriptor ? descriptor_length(text) : strlen(text);
	const char *other = value->kind == KIND_request ? strstr(text, " or ") : NULL;   // several drivers' names of one number
	if (other)
		length = (size_t)(other - text);
	_cleanup_free_ char *bare = xstrndup(text, length);
	add_names(value, bare, expression);
}

void notation_result(const struct syscall_value *value, const char *text, struct str *expression)
{
	char name[64];
	text += strspn(text, " \t");
	const char *at = str_starts(text, "-1 E") ? text + 3 : text + (*text == '-');
	size_t length = name_length(at);
	const char *rest = at + length + strspn(at + length, " \t");
	snprintf(name, sizeof(name), "%.*s", (int)length, at);
	bool is_told = *rest == '(' && rest > at + length;   // "1 (in [3])", "0x1 (flags FD_CLOEXEC)": the reader is told more
	int number = *rest == '\0' || is_told ? notation_errno(name) : 0;
	if (number)
		str_printf(expression, "-%d", number);
	else if (is_told && isdigit((unsigned char)*at))
		str_append(expression, text, (size_t)(at + length - text));
	else
		notation_expression(value, text, expression);
}

uint64_t notation_with_bit(const struct syscall_value *parent, const struct syscall_value *bit, uint64_t word, bool is_on)
{
	uint64_t named, on = bit->mask;
	if ((find_flag(parent, bit->name, &named) || find_constant(parent, bit->name, &named)) && !(named & ~bit->mask))
		on = named;   // one value of a field of several bits
	return (word & ~bit->mask) | (is_on ? on : 0);
}

// ---- text -----------------------------------------------------------------------------------------------------------------

enum notation_text notation_text_of(const struct syscall_value *value)
{
	if (!value->memory)
		return NOTATION_NO_TEXT;
	switch ((enum kind_id)value->kind) {
	case KIND_path: case KIND_string: case KIND_characters: case KIND_unix_path: return NOTATION_STRING;
	case KIND_buffer: case KIND_hex_buffer: case KIND_address_data: return NOTATION_BYTES;
	default: return NOTATION_NO_TEXT;
	}
}

bool notation_is_text(const char *text)
{
	text += strspn(text, " \t");
	return *text == '"' || str_starts(text, "@\"") || *text == '/' || str_starts(text, "./") || str_starts(text, "../");
}

static bool octal_digit(char character)
{
	return character >= '0' && character <= '7';
}

// What follows a backslash; the length of it, 0: no escape.
static size_t parse_escape(const char *text, char *byte_ret)
{
	static const char letters[] = "abefnrtv\\\"'?0", values[] = "\a\b\033\f\n\r\t\v\\\"'?";
	unsigned number = 0;
	size_t length = 0;
	if (*text == 'x' && isxdigit((unsigned char)text[1])) {
		char digits[3] = { text[1], isxdigit((unsigned char)text[2]) ? text[2] : '\0', '\0' };
		*byte_ret = (char)strtoul(digits, NULL, 16);
		return 1 + strlen(digits);
	}
	for (; length < 3 && octal_digit(text[length]); length++)
		number = number * 8 + (unsigned)(text[length] - '0');
	*byte_ret = (char)number;
	if (length)
		return length;
	const char *letter = *text ? strchr(letters, *text) : NULL;
	if (letter)
		*byte_ret = values[letter - letters];
	return letter != NULL;
}

static struct error *parse_quoted(const char *whole, const char *text, struct str *bytes)
{
	while (*text && *text != '"') {
		char byte = *text++;
		if (byte == '\\') {
			size_t length = parse_escape(text, &byte);
			if (!length)
				return error_create(ERROR_INVALID, "column %zu: \\%.1s is no escape sequence", (size_t)(text - whole), text);
			text += length;
		}
		str_char(bytes, byte);
	}
	if (!*text)
		return error_create(ERROR_INVALID, "column %zu: the closing quote is missing", (size_t)(text - whole) + 1);
	text++;
	text += strspn(text, " \t");
	if (str_starts(text, "..."))
		return error_create(ERROR_INVALID, "column %zu: ... stands for what was cut off; write the text in full, or change its bytes",
				    (size_t)(text - whole) + 1);
	if (*text)
		return error_create(ERROR_INVALID, "column %zu: there is something behind the text", (size_t)(text - whole) + 1);
	return NULL;
}

struct error *notation_parse_text(const char *text, struct str *bytes)
{
	const char *at = text + strspn(text, " \t");
	bool is_abstract = str_starts(at, "@\"");
	if (is_abstract) {
		str_char(bytes, '\0');
		at++;
	}
	if (*at == '"')
		return parse_quoted(text, at + 1, bytes);
	str_add(bytes, at);
	return NULL;
}

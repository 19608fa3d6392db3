#include "engine/syscalls/decode.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/un.h>

enum { ADDRESS_MAX = 128 };

static void add_inet(struct str *text, const uint8_t *bytes)
{
	struct sockaddr_in address;
	char name[INET_ADDRSTRLEN];
	memcpy(&address, bytes, sizeof(address));
	inet_ntop(AF_INET, &address.sin_addr, name, sizeof(name));
	str_printf(text, "sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(address.sin_port), name);
}

static void add_inet6(struct str *text, const uint8_t *bytes, size_t size)
{
	struct sockaddr_in6 address = { 0 };
	char name[INET6_ADDRSTRLEN];
	memcpy(&address, bytes, size < sizeof(address) ? size : sizeof(address));
	inet_ntop(AF_INET6, &address.sin6_addr, name, sizeof(name));
	str_printf(text, "sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=%u",
		   ntohs(address.sin6_port), ntohl(address.sin6_flowinfo), name, address.sin6_scope_id);
}

// An abstract name begins with NUL, written '@', and is as long as the length says.
static void add_unix(struct str *text, const uint8_t *bytes, size_t size)
{
	const char *path = (const char *)bytes + 2;
	size_t room = size - 2;
	bool is_abstract = room > 0 && path[0] == '\0';
	str_add(text, is_abstract ? "sun_path=@\"" : "sun_path=\"");
	if (is_abstract)
		text_escape(text, path + 1, room - 1, false);
	else
		text_escape(text, path, strnlen(path, room), false);
	str_char(text, '"');
}

static void add_netlink(struct str *text, const uint8_t *bytes)
{
	struct sockaddr_nl address;
	memcpy(&address, bytes, sizeof(address));
	str_printf(text, "nl_pid=%u, nl_groups=%08x", address.nl_pid, address.nl_groups);
}

static void add_vsock(struct str *text, const uint8_t *bytes)
{
	struct sockaddr_vm address;
	memcpy(&address, bytes, sizeof(address));
	str_printf(text, "svm_cid=%#x, svm_port=%#x", address.svm_cid, address.svm_port);
}

static void add_address(struct str *text, const uint8_t *bytes, size_t size)
{
	uint16_t family;
	memcpy(&family, bytes, sizeof(family));
	str_add(text, "{sa_family=");
	text_choice(text, &flag_sets[FLAGS_address_family], family);
	if (size > sizeof(family)) {
		str_add(text, ", ");
		if (family == AF_UNIX) {
			add_unix(text, bytes, size);
		} else if (family == AF_INET && size >= sizeof(struct sockaddr_in)) {
			add_inet(text, bytes);
		} else if (family == AF_INET6 && size >= 24) {
			add_inet6(text, bytes, size);
		} else if (family == AF_NETLINK && size >= sizeof(struct sockaddr_nl)) {
			add_netlink(text, bytes);
		} else if (family == AF_VSOCK && size >= sizeof(struct sockaddr_vm)) {
			add_vsock(text, bytes);
		} else {
			str_add(text, "sa_data=\"");
			text_escape(text, bytes + 2, size - 2, false);
			str_char(text, '"');
		}
	}
	str_char(text, '}');
}

// In a msghdr the length is the field behind.
void kind_sockaddr(const struct decode *decode, uint64_t value)
{
	uint8_t bytes[ADDRESS_MAX] = { 0 };
	uint64_t length = (uint32_t)decode_length(decode);
	if (decode->base) {
		uint32_t named;
		memcpy(&named, decode->base + decode->argument->offset + 8, sizeof(named));
		length = named;
	}
	size_t size = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);
	if (!value || size < 2 || !decode_read(decode, value, bytes, size))
		text_address(decode->text, value);
	else
		add_address(decode->text, bytes, size);
}

// Control messages come with the deepening; until then where they are.
void kind_message_control(const struct decode *decode, uint64_t value)
{
	text_address(decode->text, value);
}

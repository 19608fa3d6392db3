#include "engine/syscalls/decode.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

enum { ADDRESS_MAX = 128 };

// An abstract name begins with NUL, written '@', and is as long as the length says.
void kind_unix_path(const struct decode *decode, uint64_t value)
{
	(void)value;
	size_t offset = decode->argument->offset, room = decode->base_size > offset ? decode->base_size - offset : 0;
	const char *path = (const char *)decode->base + offset;
	bool is_abstract = room > 1 && path[0] == '\0';
	str_add(decode->text, is_abstract ? "@\"" : "\"");
	if (is_abstract)
		text_escape(decode->text, path + 1, room - 1, false);
	else
		text_escape(decode->text, path, strnlen(path, room), false);
	str_char(decode->text, '"');
}

void kind_inet6_address(const struct decode *decode, uint64_t value)
{
	uint8_t address[16];
	char name[INET6_ADDRSTRLEN] = "";
	if (decode_read(decode, value, address, sizeof(address)))
		inet_ntop(AF_INET6, address, name, sizeof(name));
	if (decode->argument->is_bare)
		str_printf(decode->text, "inet_pton(AF_INET6, \"%s\", &%s)", name, decode->argument->name);
	else
		str_printf(decode->text, "inet_pton(AF_INET6, \"%s\")", name);
}

void kind_protocol(const struct decode *decode, uint64_t value)
{
	str_add(decode->text, "htons(");
	text_choice(decode->text, &flag_sets[FLAGS_ethernet_protocol], ntohs((uint16_t)value));
	str_char(decode->text, ')');
}

void kind_interface(const struct decode *decode, uint64_t value)
{
	char name[IF_NAMESIZE];
	if ((unsigned)value && if_indextoname((unsigned)value, name))
		str_printf(decode->text, "if_nametoindex(\"%s\")", name);
	else
		text_unsigned(decode->text, (unsigned)value);
}

void kind_hex8(const struct decode *decode, uint64_t value)
{
	str_printf(decode->text, "0x%08x", (unsigned)value);
}

enum { LINK_ADDRESS_MAX = 32 };

// "00:11:22:33:44:55" where its length is known beforehand, a list of bytes where the struct says it.
void kind_link_address(const struct decode *decode, uint64_t value)
{
	uint8_t bytes[LINK_ADDRESS_MAX];
	uint64_t length = decode_length(decode);
	size_t size = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);
	if (!decode_read(decode, value, bytes, size)) {
		text_address(decode->text, value);
		return;
	}
	bool is_fixed = decode->argument->length_source == LENGTH_LITERAL;
	str_add(decode->text, is_fixed ? "" : "[");
	for (size_t i = 0; i < size; i++)
		str_printf(decode->text, is_fixed ? "%s%02x" : "%s%#x", i ? is_fixed ? ":" : ", " : "", bytes[i]);
	str_add(decode->text, is_fixed ? "" : "]");
}

static const struct {
	uint16_t family, layout, size_min;
} families[] = {
	{ AF_UNIX, LAYOUT_sockaddr_un, 3 },      { AF_INET, LAYOUT_sockaddr_in, 8 },    { AF_INET6, LAYOUT_sockaddr_in6, 24 },
	{ AF_NETLINK, LAYOUT_sockaddr_nl, 12 },  { AF_PACKET, LAYOUT_sockaddr_ll, 12 }, { AF_VSOCK, LAYOUT_sockaddr_vm, 16 },
	{ AF_ALG, LAYOUT_sockaddr_alg, 88 },     { AF_CAN, LAYOUT_sockaddr_can, 8 },    { AF_XDP, LAYOUT_sockaddr_xdp, 16 },
	{ AF_TIPC, LAYOUT_sockaddr_tipc, 16 },   { AF_APPLETALK, LAYOUT_sockaddr_at, 8 }, { AF_NFC, LAYOUT_sockaddr_nfc, 16 },
	{ AF_IPX, LAYOUT_sockaddr_ipx, 14 },     { AF_QIPCRTR, LAYOUT_sockaddr_qrtr, 12 }, { AF_KCM, LAYOUT_sockaddr_in, 8 },
};

static const struct layout *family_layout(unsigned family, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].family == family && size >= families[i].size_min)
			return &layouts[families[i].layout];
	return &layouts[size > 2 ? LAYOUT_sockaddr : LAYOUT_sockaddr_empty];
}

// Socket addresses are the same in all ABIs.
void kind_sockaddr(const struct decode *decode, uint64_t value)
{
	_Alignas(8) uint8_t bytes[ADDRESS_MAX] = { 0 };
	uint64_t length = (uint32_t)decode_length(decode);
	size_t size = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);
	if (!value || size < 2 || (int32_t)length < 0 || decode->depth >= DECODE_DEPTH_MAX || !decode_read(decode, value, bytes, size)) {
		text_address(decode->text, value);
		return;
	}
	uint16_t family;
	memcpy(&family, bytes, sizeof(family));
	decode_fields(decode, family_layout(family, size), bytes, value, size);
}

// The rest of an address whose family we do not take apart.
void kind_address_data(const struct decode *decode, uint64_t value)
{
	(void)value;
	str_char(decode->text, '"');
	if (decode->base_size > 2)
		text_escape(decode->text, decode->base + 2, decode->base_size - 2, false);
	str_char(decode->text, '"');
}

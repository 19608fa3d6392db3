// What a socket is connected to, as /proc/TID/net says it (proc (5)): in the debuggee's network namespace, without asking as it.
#include "engine/syscalls/decode.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_LENGTH = 512, WORDS_MAX = 16 };

static unsigned split(char *line, char **words)
{
	unsigned count = 0;
	char *rest = NULL;
	for (char *word = strtok_r(line, " \t\n", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, " \t\n", &rest))
		words[count++] = word;
	return count;
}

// "0100007F:1F90", the address in words of the host's order.
static bool add_endpoint(struct str *text, const char *word, bool is_v6)
{
	uint32_t parts[4] = { 0 };
	char name[INET6_ADDRSTRLEN] = "";
	unsigned port;
	const char *colon = strchr(word, ':');
	if (!colon || sscanf(colon + 1, "%x", &port) != 1)
		return false;
	for (unsigned i = 0; i < (is_v6 ? 4u : 1u); i++)
		if (sscanf(word + 8 * i, "%8" SCNx32, &parts[i]) != 1)
			return false;
	inet_ntop(is_v6 ? AF_INET6 : AF_INET, parts, name, sizeof(name));
	str_printf(text, is_v6 ? "[%s]:%u" : "%s:%u", name, port);
	return true;
}

static bool add_inet(struct str *text, char **words, unsigned count, uint64_t inode, bool is_v6)
{
	if (count < 10 || strtoull(words[9], NULL, 10) != inode)
		return false;
	add_endpoint(text, words[1], is_v6);
	if (strspn(words[2], "0:") != strlen(words[2])) {
		str_add(text, "->");
		add_endpoint(text, words[2], is_v6);
	}
	return true;
}

static bool add_unix(struct str *text, char **words, unsigned count, uint64_t inode)
{
	if (count < 7 || strtoull(words[6], NULL, 10) != inode)
		return false;
	str_printf(text, "%" PRIu64, inode);
	if (count > 7)
		str_printf(text, ",\"%s\"", words[7]);
	return true;
}

static bool add_netlink(struct str *text, char **words, unsigned count, uint64_t inode)
{
	if (count < 10 || strtoull(words[9], NULL, 10) != inode)
		return false;
	text_choice(text, &flag_sets[FLAGS_netlink_family], strtoul(words[1], NULL, 10));
	str_printf(text, ":%s", words[2]);
	return true;
}

static const struct {
	const char *file, *name;
	enum { FORM_V4, FORM_V6, FORM_UNIX, FORM_NETLINK } form;
} tables[] = {
	{ "tcp", "TCP", FORM_V4 },     { "unix", "UNIX", FORM_UNIX },   { "tcp6", "TCPv6", FORM_V6 }, { "udp", "UDP", FORM_V4 },
	{ "udp6", "UDPv6", FORM_V6 },  { "netlink", "NETLINK", FORM_NETLINK }, { "raw", "RAW", FORM_V4 }, { "raw6", "RAWv6", FORM_V6 },
	{ "icmp", "PING", FORM_V4 },
};

static bool find_in(FILE *file, size_t table, uint64_t inode, struct str *text)
{
	char line[LINE_MAX_LENGTH], *words[WORDS_MAX];
	size_t start = text->length;
	bool is_found = false;
	str_printf(text, "%s:[", tables[table].name);
	while (!is_found && fgets(line, sizeof(line), file)) {
		unsigned count = split(line, words);
		switch (tables[table].form) {
		case FORM_V4: is_found = add_inet(text, words, count, inode, false); break;
		case FORM_V6: is_found = add_inet(text, words, count, inode, true); break;
		case FORM_UNIX: is_found = add_unix(text, words, count, inode); break;
		case FORM_NETLINK: is_found = add_netlink(text, words, count, inode); break;
		}
	}
	if (is_found)
		str_char(text, ']');
	else
		str_truncate(text, start);
	return is_found;
}

bool socket_words(pid_t tid, uint64_t inode, struct str *text)
{
	char path[64];
	bool is_found = false;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !is_found; i++) {
		snprintf(path, sizeof(path), "/proc/%d/net/%s", tid, tables[i].file);
		FILE *file = fopen(path, "re");
		if (!file)
			continue;
		is_found = find_in(file, i, inode, text);
		fclose(file);
	}
	return is_found;
}
